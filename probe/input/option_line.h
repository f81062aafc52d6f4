/* One line of an option file. */
#ifndef PROBE_INPUT_OPTION_LINE_H
#define PROBE_INPUT_OPTION_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum option_line_kind {
    OPTION_LINE_BLANK, /* or a comment */
    OPTION_LINE_GROUP,
    OPTION_LINE_INCLUDE,
    OPTION_LINE_INCLUDEDIR,
    OPTION_LINE_OPTION,
    OPTION_LINE_BAD
};

/* Texts lie in the line. */
struct option_line {
    enum option_line_kind kind;
    const char *name;    /* of the group, the included, the option; what is wrong with a bad line */
    const char *value;   /* decoded; NULL: the option has none */
    bool loose;          /* "loose-" stood in front of the name */
    bool cut_at_comment; /* a '#' that no white space precedes ended the value */
};

/*
 * Reads a line without its end as mysys/my_default.c of MySQL and MariaDB does (its results were
 * compared with those of my_print_defaults): white space around, '#' and ';' in front, '#' outside
 * of quotes anywhere, quotes around the whole value, escapes, '_' for '-' in names. The line is
 * changed in place.
 */
struct option_line option_line_read(char *line);

#endif
