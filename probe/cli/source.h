/* Where the targets come from: the command line first, then the list. */
#ifndef PROBE_CLI_SOURCE_H
#define PROBE_CLI_SOURCE_H

#include "probe/cli/options.h"

enum { SOURCE_NAME = 4 * HOST_NAME + 16 };

struct source {
    struct target *given; /* of the command line; handed out one after the other */
    size_t given_count;
    size_t given_at;
    struct targets_file list;
    bool has_passwords; /* some of them bring their own */
    char *ignored; /* owned: names of parameters in them that are not honoured; NULL for none */
};

/* All targets checked, and what they need of files read, none handed out yet. 0, -EINVAL with the
 * problem, or -ENOMEM. */
int source_open(const struct options *options, struct source *ret_source, char *ret_problem);

/* 1 and the next target, 0 behind the last, or -ENOMEM. */
int source_next(struct source *source, struct target *ret_target);

/* A target of the list may stand there several times. How many more; 0 and the one of them as its
 * own line has it, or -ENOMEM. */
size_t source_repetitions(const struct source *source, const struct target *target);
int source_repetition(struct source *source, const struct target *target, size_t index,
                      struct target *ret_target);

/* For a question before the first is handed out: how many there are, and the first as "host:port"
 * or path, escaped, in `to` (SOURCE_NAME bytes). 0 or -ENOMEM. */
size_t source_count(const struct source *source);
int source_name_first(const struct source *source, char *to);

void source_close(struct source *source);

#endif
