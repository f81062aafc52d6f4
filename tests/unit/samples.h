/* Reads tests/data/packets/packets.txt; its format is described there. */
#ifndef TESTS_UNIT_SAMPLES_H
#define TESTS_UNIT_SAMPLES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES_MAX = 64, SAMPLE_BYTES = 1024 };

struct sample {
    char name[64];
    char kind[16];
    uint8_t bytes[SAMPLE_BYTES];
    size_t length;
};

static struct sample samples[SAMPLES_MAX];
static size_t sample_count;

static inline void samples_add_hex(struct sample *sample, char *line)
{
    line[strcspn(line, "#\n")] = '\0';
    for (char *at = line, *end; strtoul(at, &end, 16) <= UINT8_MAX && end != at; at = end) {
        if (sample->length == SAMPLE_BYTES)
            abort();
        sample->bytes[sample->length++] = (uint8_t)strtoul(at, NULL, 16);
    }
}

static inline int samples_read(void **state)
{
    char line[256];
    FILE *file = fopen(TEST_DATA "/packets/packets.txt", "r");
    (void)state;
    if (!file)
        return -1;
    sample_count = 0;
    while (fgets(line, sizeof(line), file)) {
        struct sample next = {0};
        if (sscanf(line, "[%63[^]]] %15s", next.name, next.kind) == 2 && sample_count < SAMPLES_MAX)
            samples[sample_count++] = next;
        else if (sample_count)
            samples_add_hex(&samples[sample_count - 1], line);
    }
    fclose(file);
    return sample_count ? 0 : -1;
}

static inline const struct sample *sample(const char *name)
{
    for (size_t i = 0; i < sample_count; i++)
        if (strcmp(samples[i].name, name) == 0)
            return &samples[i];
    fprintf(stderr, "no sample %s\n", name);
    abort();
}

#endif
