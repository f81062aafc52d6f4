#include "probe/input/duplicates.h"
#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST = 16, SHA256_DIGEST = 32, FIRST_SIZE = 64 };

/* Lines are compared by a part of their target's SHA-256, which nobody can make equal. */
struct entry {
    uint8_t digest[DIGEST];
    struct list_line line;
};

struct target_index {
    EVP_MD *sha256;
    EVP_MD_CTX *context;
    struct entry *entries;
    size_t count;
    size_t size;
};

int target_index_new(struct target_index **ret_index)
{
    struct target_index *index = calloc(1, sizeof *index);
    if (!index)
        return -ENOMEM;
    index->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    index->context = EVP_MD_CTX_new();
    if (!index->sha256 || !index->context) {
        target_index_free(index);
        return -ENOMEM;
    }
    *ret_index = index;
    return 0;
}

void target_index_free(struct target_index *index)
{
    if (!index)
        return;
    EVP_MD_free(index->sha256);
    EVP_MD_CTX_free(index->context);
    free(index->entries);
    free(index);
}

static int make_room(struct target_index *index)
{
    if (index->count < index->size)
        return 0;
    size_t size = index->size ? 2 * index->size : FIRST_SIZE;
    struct entry *entries = realloc(index->entries, size * sizeof *entries);
    if (!entries)
        return -ENOMEM;
    index->entries = entries;
    index->size = size;
    return 0;
}

/* Names are the same in upper and lower case (RFC 4343). */
static size_t spell_endpoint(const struct target *target, char *to, size_t size)
{
    int length = snprintf(to, size, "%s %u", target->host, target->port);
    for (char *at = to; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return (size_t)length;
}

int target_index_add(struct target_index *index, const struct list_line *line, const char *text,
                     const struct target *target)
{
    char endpoint[HOST_NAME + 16];
    uint8_t digest[SHA256_DIGEST];
    bool plain = !target->settings && !target->socket;
    size_t length = plain ? spell_endpoint(target, endpoint, sizeof endpoint) : strlen(text);
    if (make_room(index) < 0 || !EVP_DigestInit_ex2(index->context, index->sha256, NULL) ||
        !EVP_DigestUpdate(index->context, plain ? endpoint : text, length) ||
        !EVP_DigestFinal_ex(index->context, digest, NULL))
        return -ENOMEM;
    struct entry *entry = &index->entries[index->count++];
    memcpy(entry->digest, digest, DIGEST);
    entry->line = *line;
    return 0;
}

static int by_digest(const void *a, const void *b)
{
    const struct entry *first = a, *second = b;
    int order = memcmp(first->digest, second->digest, DIGEST);
    if (order)
        return order;
    return first->line.ordinal < second->line.ordinal ? -1 : 1;
}

static int by_first(const void *a, const void *b)
{
    const struct duplicate *one = a, *other = b;
    if (one->first != other->first)
        return one->first < other->first ? -1 : 1;
    return one->line.ordinal < other->line.ordinal ? -1 : 1;
}

static bool same(const struct entry *a, const struct entry *b)
{
    return memcmp(a->digest, b->digest, DIGEST) == 0;
}

static size_t count_duplicates(const struct target_index *index)
{
    size_t count = 0;
    for (size_t i = 1; i < index->count; i++)
        count += same(&index->entries[i - 1], &index->entries[i]);
    return count;
}

int target_index_finish(struct target_index *index, struct duplicate **ret_duplicates,
                        size_t *ret_count)
{
    if (index->count)
        qsort(index->entries, index->count, sizeof *index->entries, by_digest);
    size_t count = count_duplicates(index), used = 0, first = 0;
    *ret_duplicates = NULL;
    *ret_count = 0;
    if (count == 0)
        return 0;
    struct duplicate *duplicates = calloc(count, sizeof *duplicates);
    if (!duplicates)
        return -ENOMEM;
    for (size_t i = 1; i < index->count; i++) {
        if (same(&index->entries[first], &index->entries[i]))
            duplicates[used++] =
                (struct duplicate){index->entries[first].line.ordinal, index->entries[i].line};
        else
            first = i;
    }
    qsort(duplicates, count, sizeof *duplicates, by_first);
    *ret_duplicates = duplicates;
    *ret_count = count;
    return 0;
}
