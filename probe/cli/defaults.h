/* What option files say, as defaults for the command line. */
#ifndef PROBE_CLI_DEFAULTS_H
#define PROBE_CLI_DEFAULTS_H

#include "probe/cli/options.h"

/*
 * Reads the option files that `options->files` asks for into `options`, which has its defaults and
 * nothing from the command line yet. [client] and its relatives say host, port, user, password,
 * database and TLS; what else stands there is for other programs. [obprobe] takes every long option
 * but those that only make sense on the command line. 0, -EINVAL with the problem (CLI_PROBLEM
 * bytes), or -ENOMEM; options_clear() in any case.
 */
int defaults_read(struct options *options, char *ret_problem);

/* Completes what the command line left open: the target and the password of the files. */
void defaults_complete(struct options *options);

/* Says with -v what other programs take into account and this one does not. 0 or -ENOMEM. */
int defaults_mention(struct options *options);

#endif
