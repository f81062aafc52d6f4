/* Whether libmariadb is asked, and which it is. */
#ifndef PROBE_CLI_SECOND_OPINION_H
#define PROBE_CLI_SECOND_OPINION_H

#include "probe/cli/source.h"

/* Where somebody logs in: as asked for; else for the one target of somebody who reads the answer.
 */
bool second_opinion_wanted(const struct options *options, const struct source *source);

/* Whether it was asked for, and nobody will log in behind whom it could. */
bool second_opinion_in_vain(const struct options *options, const struct source *source);

/* --version: the program, and under -v the libraries that it runs with, with their licenses. */
void version_write(FILE *out, unsigned verbose);

#endif
