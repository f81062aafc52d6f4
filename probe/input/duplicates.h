/*
 * Which lines of a list mean a target that an earlier line means: it is probed once. The same text,
 * or the same host and port, is the same target.
 */
#ifndef PROBE_INPUT_DUPLICATES_H
#define PROBE_INPUT_DUPLICATES_H

#include "probe/input/target.h"

/* A line of a list. */
struct list_line {
    size_t at;        /* of its begin in the list's text */
    uint32_t number;  /* of the line, from 1 */
    uint32_t ordinal; /* of its target, from 0 */
};

struct duplicate {
    uint32_t first; /* ordinal of the target that is probed for it */
    struct list_line line;
};

/* While a list is read: every line's target is added. */
struct target_index;
int target_index_new(struct target_index **ret_index); /* 0 or -ENOMEM */
int target_index_add(struct target_index *index, const struct list_line *line, const char *text,
                     const struct target *target); /* likewise */

/* The duplicates in the order of `first`, then of the list; the index is used up. 0 or -ENOMEM. */
int target_index_finish(struct target_index *index, struct duplicate **ret_duplicates,
                        size_t *ret_count);
void target_index_free(struct target_index *index); /* NULL is fine */

#endif
