/* A file's bytes in pages of their own, for they may hold a password: kept out of core dumps and
 * locked where the system allows (see secret.h), wiped before they are given back. */
#ifndef PROBE_INPUT_OPTION_PAGES_H
#define PROBE_INPUT_OPTION_PAGES_H

#include <stddef.h>

enum { OPTION_FILE_MAX = 1 << 20 }; /* bytes */

struct option_pages {
    char *bytes; /* one more than `length` may be written */
    size_t length;
};

/* Reads to the end. 0, -EFBIG above OPTION_FILE_MAX, -ENOMEM, or read(2)'s negative errno. */
int option_pages_read(int fd, struct option_pages *ret_pages);

/* Wipes also what the reader left in registers and on the stack. */
void option_pages_free(struct option_pages *pages);

#endif
