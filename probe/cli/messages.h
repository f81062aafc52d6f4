/* Lines for standard error that are said once all is read: only main.c writes. */
#ifndef PROBE_CLI_MESSAGES_H
#define PROBE_CLI_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { MESSAGES = 32, MESSAGE = 768 }; /* further ones are dropped */

struct messages {
    char *warnings[MESSAGES]; /* owned */
    size_t warning_count;
    char *remarks[MESSAGES]; /* owned; for -v */
    size_t remark_count;
};

/* 0 or -ENOMEM. */
int messages_warn(struct messages *messages, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int messages_remark(struct messages *messages, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void messages_clear(struct messages *messages);

#endif
