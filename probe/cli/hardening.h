/* What the program does for the secrets it will hold, before it reads the first. */
#ifndef PROBE_CLI_HARDENING_H
#define PROBE_CLI_HARDENING_H

/* No core file, no debugger. 0, or -EPERM: the program has more rights than its user (AT_SECURE:
 * set-uid, file capabilities), for which it is not made. */
int harden(void);

/* Before libmariadb runs in this process: what is freed is overwritten from now on, because it
 * keeps the password in the heap for as long as a login takes, and frees it as it stands (not where
 * the heap is a sanitizer's). And its connections spare the system's store of authorities, which
 * they load and do not use where a fingerprint stands for it (25 ms of CPU each, measured
 * with 3.3.20); what is to be verified against that store must have been read before. */
void prepare_for_client(void);

#endif
