/* What the program does for the secrets it will hold, before it reads the first. */
#ifndef PROBE_CLI_HARDENING_H
#define PROBE_CLI_HARDENING_H

/* No core file, no debugger. 0, or -EPERM: the program has more rights than its user (AT_SECURE:
 * set-uid, file capabilities), for which it is not made. */
int harden(void);

#endif
