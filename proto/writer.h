/*
 * A cursor that writes, with a sticky error: a write that does not fit leaves the buffer as it is
 * and marks the writer. Ask writer_length() once at the end.
 */
#ifndef PROTO_WRITER_H
#define PROTO_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct writer {
    uint8_t *bytes;
    size_t size;
    size_t length;
    bool failed;
};

static inline struct writer writer_over(uint8_t *bytes, size_t size)
{
    return (struct writer){.bytes = bytes, .size = size};
}

static inline void writer_put(struct writer *writer, const void *bytes, size_t length)
{
    if (writer->failed || writer->size - writer->length < length) {
        writer->failed = true;
        return;
    }
    if (length)
        memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

/* A little-endian integer of `width` bytes, 1 to 8. */
static inline void writer_uint(struct writer *writer, uint64_t value, size_t width)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    writer_put(writer, bytes, width);
}

static inline void writer_zeros(struct writer *writer, size_t length)
{
    for (size_t i = 0; i < length; i++)
        writer_uint(writer, 0, 1);
}

/* The text and its terminating NUL. */
static inline void writer_text(struct writer *writer, const char *text)
{
    writer_put(writer, text, strlen(text) + 1);
}

/* What was written, or 0 when something did not fit. */
static inline size_t writer_length(const struct writer *writer)
{
    return writer->failed ? 0 : writer->length;
}

#endif
