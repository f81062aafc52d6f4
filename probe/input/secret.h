/*
 * Memory for a password: pages of its own, locked (mlock) and kept out of core dumps
 * (MADV_DONTDUMP) where the system allows, wiped before they are given back.
 */
#ifndef PROBE_INPUT_SECRET_H
#define PROBE_INPUT_SECRET_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SECRET_MAX = 1024,      /* bytes of a password; no server takes more than 256 */
    SECRET_TEXT_MAX = 4096, /* bytes of a text that holds one, as a URL */
};

struct secret;

/* A copy of `length` bytes. 0, -E2BIG above SECRET_MAX, or -ENOMEM. The caller wipes its own. */
int secret_new(const char *bytes, size_t length, struct secret **ret_secret);

/* The same for a text that holds a password, up to SECRET_TEXT_MAX. */
int secret_text_new(const char *text, size_t length, struct secret **ret_secret);

/* The same by reading the descriptor to its end: one line, whose line end (LF or CR LF) is taken
 * off. -E2BIG, -ENOMEM, -EINVAL for a NUL byte or a second line, or read(2)'s negative errno. */
int secret_read(int fd, struct secret **ret_secret);

/* The same by one read(2) from a terminal, which gives a line. -ECANCELED: its end was typed. */
int secret_read_typed(int fd, struct secret **ret_secret);

/* NUL-terminated; owned by the secret. */
const char *secret_bytes(const struct secret *secret);
char *secret_text(struct secret *secret); /* the same, to be changed in place */
size_t secret_length(const struct secret *secret);

void secret_free(struct secret *secret); /* NULL is fine */

#endif
