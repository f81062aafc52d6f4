/* The greetings among the samples of tests/data/packets/packets.txt, parsed. */
#ifndef TESTS_UNIT_GREETINGS_H
#define TESTS_UNIT_GREETINGS_H

#include "proto/product.h"
#include "tests/unit/samples.h"

enum { GREETINGS_MAX = 64 };

static struct {
    const char *name;
    struct greeting greeting;
} greetings[GREETINGS_MAX];
static size_t greeting_count;

static inline int greetings_read(void **state)
{
    struct opening opening;
    if (samples_read(state))
        return -1;
    greeting_count = 0;
    for (size_t i = 0; i < sample_count; i++) {
        if (opening_parse(samples[i].bytes, samples[i].length, &opening) != PARSE_OK ||
            opening.kind != OPENING_GREETING || strcmp(samples[i].kind, "opening") != 0)
            continue;
        greetings[greeting_count].name = samples[i].name;
        greetings[greeting_count++].greeting = opening.greeting;
    }
    return greeting_count ? 0 : -1;
}

static inline struct greeting greeting_of(const char *name)
{
    for (size_t i = 0; i < greeting_count; i++)
        if (strcmp(greetings[i].name, name) == 0)
            return greetings[i].greeting;
    fprintf(stderr, "no greeting %s\n", name);
    abort();
}

/* The set of one sign. */
#define S(sign_) SIGN_BIT(SIGN_##sign_)

#endif
