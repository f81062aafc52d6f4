/*
 * A cursor over bytes with a sticky error: read straight through, ask reader_failed() once at the
 * end. A read past the end yields zeros and marks the reader; nothing outside [at, end) is touched.
 */
#ifndef PROTO_READER_H
#define PROTO_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct reader reader_over(const uint8_t *bytes, size_t length)
{
    return (struct reader){.at = bytes, .end = length ? bytes + length : bytes};
}

static inline bool reader_failed(const struct reader *reader)
{
    return reader->failed;
}

static inline size_t reader_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* The next `length` bytes, or NULL (and the sticky error) when fewer are left. */
static inline const uint8_t *reader_take(struct reader *reader, size_t length)
{
    if (reader->failed || reader_left(reader) < length) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *taken = reader->at;
    reader->at += length;
    return taken;
}

static inline void reader_skip(struct reader *reader, size_t length)
{
    (void)reader_take(reader, length);
}

/* A little-endian integer of `width` bytes, 1 to 8. */
static inline uint64_t reader_uint(struct reader *reader, size_t width)
{
    const uint8_t *bytes = reader_take(reader, width);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static inline uint8_t reader_u8(struct reader *reader)
{
    return (uint8_t)reader_uint(reader, 1);
}

static inline uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)reader_uint(reader, 2);
}

static inline uint32_t reader_u32(struct reader *reader)
{
    return (uint32_t)reader_uint(reader, 4);
}

/* Bytes up to a NUL, which is consumed; their count goes to *ret_length. No NUL: sticky error. */
static inline const uint8_t *reader_until_nul(struct reader *reader, size_t *ret_length)
{
    const uint8_t *nul = reader_left(reader) ? memchr(reader->at, 0, reader_left(reader)) : NULL;
    if (reader->failed || !nul) {
        reader->failed = true;
        return NULL;
    }
    *ret_length = (size_t)(nul - reader->at);
    return reader_take(reader, *ret_length + 1);
}

#endif
