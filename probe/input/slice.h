/* A part of a text, which outlives it. */
#ifndef PROBE_INPUT_SLICE_H
#define PROBE_INPUT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct slice {
    const char *at;
    size_t length;
};

static inline struct slice slice_of(const char *begin, const char *end)
{
    return (struct slice){begin, (size_t)(end - begin)};
}

static inline const char *slice_end(struct slice slice)
{
    return slice.at + slice.length;
}

/* The first, the last such byte; NULL: none. */
static inline const char *slice_find(struct slice slice, char byte)
{
    return slice.length ? memchr(slice.at, byte, slice.length) : NULL;
}

static inline const char *slice_find_last(struct slice slice, char byte)
{
    return slice.length ? memrchr(slice.at, byte, slice.length) : NULL;
}

/* Up to the first of the bytes, or all. */
static inline struct slice slice_until(struct slice slice, const char *bytes)
{
    size_t length = 0;
    while (length < slice.length && !strchr(bytes, slice.at[length]))
        length++;
    return (struct slice){slice.at, length};
}

static inline struct slice slice_trim(struct slice slice)
{
    while (slice.length && (*slice.at == ' ' || *slice.at == '\t'))
        slice = (struct slice){slice.at + 1, slice.length - 1};
    while (slice.length &&
           (slice.at[slice.length - 1] == ' ' || slice.at[slice.length - 1] == '\t'))
        slice.length--;
    return slice;
}

/* ASCII letters in either case. */
static inline bool slice_is(struct slice slice, const char *text)
{
    return strlen(text) == slice.length && strncasecmp(slice.at, text, slice.length) == 0;
}

static inline bool slice_begins(struct slice slice, const char *text)
{
    size_t length = strlen(text);
    return slice.length >= length && strncasecmp(slice.at, text, length) == 0;
}

static inline struct slice slice_skip(struct slice slice, size_t length)
{
    return (struct slice){slice.at + length, slice.length - length};
}

#endif
