/* A list of targets, one a line: read and checked to its end before the first is handed out. */
#ifndef PROBE_INPUT_TARGETS_FILE_H
#define PROBE_INPUT_TARGETS_FILE_H

#include "probe/input/duplicates.h"
#include "probe/input/protected_text.h"

enum {
    TARGETS_FILE_LINE = 4096,          /* bytes of one line */
    TARGETS_FILE_SIZE = 256 * 1 << 20, /* bytes of a list: more is a device or a mistake */
    TARGETS_FILE_PROBLEM = TARGET_PROBLEM + 512,
};

/* The text is kept and read twice, so that a long list costs its text and no more. */
struct targets_file {
    struct protected_text text;
    struct list_line next; /* where the next line begins; number and ordinal of what was before */
    uint32_t count;        /* of all targets, duplicates included */
    struct ports ports;
    struct duplicate *duplicates; /* in the order of their firsts */
    size_t duplicate_count;
    uint8_t *repeated; /* a bit for each ordinal: it is a duplicate; NULL where there are none */
};

/* What else a list's targets are checked for: 0, or -EINVAL and the problem (TARGET_PROBLEM bytes),
 * or -ENOMEM. */
struct target_check {
    int (*check)(void *context, const struct target *target, char *ret_problem);
    void *context;
};

/*
 * Reads and checks `path` ("-": standard input). 0, or -EINVAL with one line in `ret_problem`
 * (TARGETS_FILE_PROBLEM bytes) that names the file, and the line where one is at fault: unreadable,
 * binary, a bad target, no target at all. Or -ENOMEM.
 */
int targets_file_read(const char *path, const struct ports *ports, const struct target_check *check,
                      struct targets_file *ret_file, char *ret_problem);

/* The same from text in memory, which is copied. */
int targets_file_take(const char *name, const char *text, size_t length, const struct ports *ports,
                      const struct target_check *check, struct targets_file *ret_file,
                      char *ret_problem);

/* 1 and the next target that is no duplicate, its index the ordinal in the list, 0 behind the last,
 * or -ENOMEM. Passwords in it point into the list. */
int targets_file_next(struct targets_file *file, struct target *ret_target);

/* The duplicates of the target with that ordinal. */
const struct duplicate *targets_file_duplicates(const struct targets_file *file, uint32_t first,
                                                size_t *ret_count);

/* The target of one of these, as its own line has it. 0 or -ENOMEM. */
int targets_file_duplicate(struct targets_file *file, const struct duplicate *duplicate,
                           struct target *ret_target);

/* From now on duplicates are handed out, too, in their places. */
void targets_file_keep_duplicates(struct targets_file *file);

void targets_file_clear(struct targets_file *file);

#endif
