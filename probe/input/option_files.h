/*
 * Which option files are read, in MySQL's order: /etc/my.cnf, /etc/mysql/my.cnf, the extra file,
 * ~/.my.cnf, each with what it includes where it stands. What comes later overrides.
 *
 * As with MySQL, a default file that does not exist is nothing, a regular file that all may write
 * is ignored with a warning, paths are relative to the working directory, "~/" is the home, and
 * an included file neither takes over nor changes the group of the one around it. Stricter than
 * MySQL: a named file that cannot be read, or is wrong, is an error where it is included too.
 */
#ifndef PROBE_INPUT_OPTION_FILES_H
#define PROBE_INPUT_OPTION_FILES_H

#include "probe/input/option_text.h"

enum {
    OPTION_FILES_MAX = 256, /* files, and folders listed, of one reading */
    OPTION_DEPTH_MAX = 10,  /* includes within each other; deeper ones are passed over */
};

struct option_files_request {
    bool none;         /* nothing is read */
    const char *file;  /* the only one; NULL: the default ones */
    const char *extra; /* NULL: none */
    const char *suffix;
    const char *home; /* NULL or empty: none */
    const char *etc;  /* "/etc" */
};

/* `option` ends the reading by a value that is not 0. A warning is one line. */
struct option_files_handler {
    void *context;
    int (*option)(void *context, const struct option_entry *entry);
    void (*warning)(void *context, const char *text);
};

/*
 * 0, -ENOMEM, what `option` returned, or -EINVAL with one line in `ret_problem` (OPTION_PROBLEM_MAX
 * bytes) that names the file, and the line where one is at fault. No value is told in it.
 */
int option_files_read(const struct option_files_request *request,
                      const struct option_files_handler *handler, char *ret_problem);

#endif
