/*
 * The text of an option file: groups of options and directives. Only the groups of clients and
 * obprobe's own are told, with the suffix as well; the case of their names does not count.
 *
 * Unlike MySQL's reader this one passes over a byte order mark, refuses a NUL byte and a line that
 * is too long instead of cutting, and leaves the byte A0 alone, which ends UTF-8 characters.
 */
#ifndef PROBE_INPUT_OPTION_TEXT_H
#define PROBE_INPUT_OPTION_TEXT_H

#include "probe/input/option_line.h"

enum {
    OPTION_LINE_MAX = 4096,   /* bytes of a line without its LF */
    OPTION_PROBLEM_MAX = 640, /* bytes of a problem or a warning, with its NUL */
};

enum option_group {
    OPTION_GROUP_CLIENT,  /* [client], [client-server], [client-mariadb] */
    OPTION_GROUP_OBPROBE, /* [obprobe] */
};

/* Valid during the call. The value may be a password: it stands in the text alone. Name, key and
 * value may hold any byte but NUL. */
struct option_entry {
    enum option_group group;
    const char *group_name;
    const char *key;   /* not empty; without '_' and "loose-" */
    const char *value; /* NULL: without '=' */
    size_t value_length;
    bool loose;          /* see option_line.h */
    bool cut_at_comment; /* see option_line.h */
    const char *path;
    unsigned line; /* from 1 */
};

/* An include, or a directive that is not known (no `argument`). Valid during the call. */
struct option_directive {
    enum option_line_kind kind;
    const char *argument;
    unsigned line;
};

/* In the text's order. What they return ends the reading unless it is 0. */
struct option_text_handler {
    void *context;
    int (*option)(void *context, const struct option_entry *entry);
    int (*directive)(void *context, const struct option_directive *directive);
};

struct option_text {
    const char *path; /* as it is to be told */
    char *bytes;      /* decoded in place; one byte behind the length is written too */
    size_t length;
    const char *suffix; /* of groups; NULL: none */
};

/* 0, what a handler returned, or -EINVAL with a problem (OPTION_PROBLEM_MAX bytes). */
int option_text_read(const struct option_text *text, const struct option_text_handler *handler,
                     char *ret_problem);

/* Writes one line, control characters as '?', into OPTION_PROBLEM_MAX bytes; -EINVAL. */
int option_problem(char *ret_problem, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says behind a problem where the file that it is about was included, as far as there is room. */
void option_problem_included(char *problem, const char *path, unsigned line);

#endif
