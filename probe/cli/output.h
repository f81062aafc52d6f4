/*
 * Where results go: standard output, or a file that is written whole or not at all.
 *
 * Results wait in memory until the descriptor takes them: a pager that is not read must not hold up
 * the probes, whose time goes on.
 */
#ifndef PROBE_CLI_OUTPUT_H
#define PROBE_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { OUTPUT_BACKLOG = 1 << 20 }; /* bytes waiting above which no more targets are begun */

struct output {
    int fd;
    char *path;      /* of the file at the end, NULL where fd is written to directly */
    char *temporary; /* beside it */
    char *waiting;
    size_t length; /* of `waiting`; what is before `at` is written */
    size_t at;
    size_t size;
};

/* `path` NULL: standard output. 0 or a negative errno. */
int output_open(const char *path, struct output *ret_output);

/* 0 or -ENOMEM. */
int output_add(struct output *output, const char *text, size_t length);

bool output_is_waiting(const struct output *output);
bool output_is_full(const struct output *output);

/* Writes what is possible without waiting (poll(2) decides). 0 or a negative errno. */
int output_drain(struct output *output);

/* Writes all of it, however long that takes. 0 or a negative errno. */
int output_wait(struct output *output);

/* All is written: a file is made durable and gets its name. 0 or a negative errno. */
int output_finish(struct output *output);

/* What is not finished is removed. */
void output_close(struct output *output);

#endif
