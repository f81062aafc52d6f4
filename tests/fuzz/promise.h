/* What every parser of proto/ promises about growing input (proto/parse.h). */
#ifndef TESTS_FUZZ_PROMISE_H
#define TESTS_FUZZ_PROMISE_H

#include "proto/parse.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define PROMISE(holds_)                                                                            \
    do {                                                                                           \
        if (!(holds_))                                                                             \
            abort();                                                                               \
    } while (0)

/* Longer inputs would only repeat the prefixes' work. */
enum { PREFIXED_MAX = 512 };

/* Parses a copy of exactly this size; on PARSE_OK *ret_size is what it took of the stream. */
static inline enum parse parse_copy(enum parse (*parse)(const uint8_t *, size_t, size_t *),
                                    const uint8_t *bytes, size_t length, size_t *ret_size)
{
    uint8_t *copy = malloc(length ? length : 1);
    PROMISE(copy);
    if (length)
        memcpy(copy, bytes, length);
    enum parse answer = parse(copy, length, ret_size);
    free(copy);
    return answer;
}

/* Before the packet's last byte PARSE_MORE, from then on PARSE_OK with the same size; PARSE_BAD is
 * final. */
static inline void promise_growth(enum parse (*parse)(const uint8_t *, size_t, size_t *),
                                  const uint8_t *bytes, size_t length)
{
    enum parse before = PARSE_MORE;
    size_t size = 0;
    for (size_t i = 0; i <= length && i <= PREFIXED_MAX; i++) {
        size_t now = 0;
        enum parse answer = parse_copy(parse, bytes, i, &now);
        PROMISE(before == PARSE_MORE || answer == before);
        PROMISE(answer != PARSE_OK || (before == PARSE_OK ? now == size : now == i));
        before = answer;
        size = now;
    }
    if (length > PREFIXED_MAX)
        (void)parse_copy(parse, bytes, length, &size);
}

#endif
