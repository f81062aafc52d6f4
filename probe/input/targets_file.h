/* A list of targets, one a line: read and checked to its end before the first is handed out. */
#ifndef PROBE_INPUT_TARGETS_FILE_H
#define PROBE_INPUT_TARGETS_FILE_H

#include "probe/input/target.h"

enum {
    TARGETS_FILE_LINE = 4096,          /* bytes of one line */
    TARGETS_FILE_SIZE = 256 * 1 << 20, /* bytes of a list: more is a device or a mistake */
    TARGETS_FILE_PROBLEM = TARGET_PROBLEM + 512,
};

/* The text is kept and read twice, so that a long list costs its text and no more. */
struct targets_file {
    char *text;
    size_t length;
    size_t at;      /* of the next line */
    uint32_t line;  /* number of the line before `at` */
    uint32_t count; /* of all targets */
    struct ports ports;
};

/*
 * Reads and checks `path` ("-": standard input). 0, or -EINVAL with one line in `ret_problem`
 * (TARGETS_FILE_PROBLEM bytes) that names the file, and the line where one is at fault: unreadable,
 * binary, a bad target, no target at all. Or -ENOMEM.
 */
int targets_file_read(const char *path, const struct ports *ports, struct targets_file *ret_file,
                      char *ret_problem);

/* The same from malloc'ed text in memory, which is the list's, and freed on failure. */
int targets_file_take(const char *name, char *text, size_t length, const struct ports *ports,
                      struct targets_file *ret_file, char *ret_problem);

/* 1 and the next target, 0 behind the last, or -ENOMEM. */
int targets_file_next(struct targets_file *file, struct target *ret_target);

void targets_file_clear(struct targets_file *file);

#endif
