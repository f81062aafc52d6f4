/* One option of an option file. Shared by the readers of these, not for others. */
#ifndef PROBE_CLI_DEFAULTS_OPTION_H
#define PROBE_CLI_DEFAULTS_OPTION_H

#include "probe/cli/option_row.h"

enum { DEFAULTS_PLACE = 480 }; /* bytes of a path in a message */

/* An option of a file on its way to a row of the table. */
struct found {
    const struct option_entry *entry;
    const struct option_row *row;
    const char *value; /* kept by the options; NULL: none */
    bool off;          /* "skip-", "disable-", or a value that says no */
};

/* The row of that long name, NULL: none. */
const struct option_row *option_by_name(const char *name);

/* "FILE: line N: " and the problem. -EINVAL. */
int defaults_problem(char *ret_problem, const struct option_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Applies the option to what the files have said so far. 0, -EINVAL with the problem, -ENOMEM. */
int defaults_take(struct found *found, struct options *options, char *ret_problem);

#endif
