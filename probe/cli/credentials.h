/* From what the command line says of credentials to a login. */
#ifndef PROBE_CLI_CREDENTIALS_H
#define PROBE_CLI_CREDENTIALS_H

#include "probe/cli/source.h"

/*
 * Reads the password from where it is, once all targets are known and before anything is sent, and
 * completes `options->login`: a password without a user gets the user who runs this. With
 * --anonymous the login has no password, and none is read. 0; the number of a signal that ended the
 * prompt; or -EINVAL with the problem, or -ENOMEM. `ret_warning` (CLI_PROBLEM bytes): one line, or
 * "" for none.
 */
int credentials_read(struct options *options, const struct source *source, char *ret_warning,
                     char *ret_problem);

/* Finds the user of targets that have a password and no user, before these are read: whoever runs
 * this. 0 or -ENOMEM. */
int credentials_default_user(struct options *options);

#endif
