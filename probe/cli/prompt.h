/* A question on the terminal that is answered without echo. */
#ifndef PROBE_CLI_PROMPT_H
#define PROBE_CLI_PROMPT_H

#include "probe/input/secret.h"

/*
 * Asks on /dev/tty, whatever the standard streams are, and reads one line into the secret. 0; the
 * number of a signal (SIGINT, SIGTERM, SIGHUP, SIGQUIT) that came instead, the terminal being as
 * before; or a negative errno: what secret_read_typed() says, -ENXIO without a terminal.
 */
int prompt_read(const char *question, struct secret **ret_secret);

#endif
