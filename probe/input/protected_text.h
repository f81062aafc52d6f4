/*
 * A text of a file that may hold passwords: in pages of its own that stay out of core dumps
 * (MADV_DONTDUMP), grow without leaving copies behind, and are wiped before they are given back.
 */
#ifndef PROBE_INPUT_PROTECTED_TEXT_H
#define PROBE_INPUT_PROTECTED_TEXT_H

#include <stddef.h>

struct protected_text {
    char *bytes; /* one more than `length`, for a NUL; NULL: nothing yet */
    size_t length;
    size_t size;
};

/* Reads to the end of the descriptor, or to the first NUL byte: an endless device is left early. 0,
 * -EFBIG above `most` bytes, -ENOMEM, or read(2)'s negative errno. protected_text_clear() in any
 * case. */
int protected_text_read(struct protected_text *text, int fd, size_t most);

/* A copy of bytes in memory. 0 or -ENOMEM. */
int protected_text_copy(struct protected_text *text, const char *bytes, size_t length);

void protected_text_clear(struct protected_text *text);

#endif
