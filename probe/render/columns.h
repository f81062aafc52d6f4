/* Columns of a terminal. */
#ifndef PROBE_RENDER_COLUMNS_H
#define PROBE_RENDER_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the first character of a text in UTF-8 that is not empty. */
size_t character_length(const char *text);

/* What it takes: 2 of a Chinese character, 0 of a combining mark. */
unsigned character_columns(const char *text);

/* What the first `length` bytes of a text take. */
unsigned columns(const char *text, size_t length);
unsigned text_columns(const char *text);

/* Whether a line may end between these two characters, though there is no blank. */
bool may_part(const char *left, const char *right);

#endif
