/* A command line for options_parse(): argv made of copies, because values may be overwritten. */
#ifndef TESTS_UNIT_COMMAND_LINE_H
#define TESTS_UNIT_COMMAND_LINE_H

#include <stdlib.h>
#include <string.h>

enum { WORDS = 12 };

struct line {
    int argc;
    char *argv[WORDS + 2];
};

static inline struct line line_of(const char *const *words)
{
    struct line line = {.argc = 1, .argv = {strdup("obprobe")}};
    for (size_t i = 0; i < WORDS && words[i]; i++)
        line.argv[line.argc++] = strdup(words[i]);
    return line;
}

static inline void line_free(struct line *line)
{
    for (int i = 0; i < line->argc; i++)
        free(line->argv[i]);
}

#endif
