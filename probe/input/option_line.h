/*
 * One line of an option file, as MySQL's clients read it (mysys/my_default.cc; measured with
 * my_print_defaults): white space around its parts does not count, '#' outside quotes begins a
 * comment wherever it stands, '_' in a key is '-'.
 */
#ifndef PROBE_INPUT_OPTION_LINE_H
#define PROBE_INPUT_OPTION_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum option_line_kind {
    OPTION_LINE_EMPTY, /* or a comment */
    OPTION_LINE_GROUP,
    OPTION_LINE_OPTION,
    OPTION_LINE_INCLUDE,
    OPTION_LINE_INCLUDE_FOLDER,
    OPTION_LINE_UNKNOWN_DIRECTIVE,
    OPTION_LINE_BAD,
};

/* The strings lie in the line; those of a kind that has none are NULL. */
struct option_line {
    enum option_line_kind kind;
    const char *name;  /* of the group or the option ("" for "=x"); the path; what is bad */
    const char *value; /* quotes and escapes resolved; NULL: without '=' */
    size_t value_length;
    bool loose;          /* "loose-" stood before the name: an unknown option is no error */
    bool cut_at_comment; /* the value ended at a '#' that has no white space before it */
};

/* Works in place on a string without its line feed. */
void option_line_parse(char *text, struct option_line *ret_line);

#endif
