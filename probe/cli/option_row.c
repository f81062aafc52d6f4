#include "probe/cli/option_row.h"
#include <string.h>

#define FLAG(member)                                                                               \
    {                                                                                              \
        .apply = apply_flag, .offset = offsetof(struct options, member)                            \
    }
#define COUNT(member)                                                                              \
    {                                                                                              \
        .apply = apply_count, .offset = offsetof(struct options, member)                           \
    }
#define TEXT(member)                                                                               \
    {                                                                                              \
        .apply = apply_text, .offset = offsetof(struct options, member)                            \
    }
#define SECONDS(member)                                                                            \
    {                                                                                              \
        .apply = apply_seconds, .offset = offsetof(struct options, member)                         \
    }
#define CHOICE(member, constant)                                                                   \
    {                                                                                              \
        .apply = apply_choice, .offset = offsetof(struct options, member), .least = (constant)     \
    }
#define NUMBER(member, least_, most_)                                                              \
    {                                                                                              \
        .apply = apply_number, .offset = offsetof(struct options, member), .least = (least_),      \
        .most = (most_)                                                                            \
    }
#define CALL(function)                                                                             \
    {                                                                                              \
        .apply = (function)                                                                        \
    }
#define NOT_BUILT                                                                                  \
    {                                                                                              \
        .apply = NULL                                                                              \
    }

const struct option_row option_rows[OPTION_COUNT] = {
/* NOLINT: an initialiser in parentheses would be none */
#define OPTION(name_, letter_, argument_, placeholder_, group_, action_, help_)                    \
    {.name = (name_),                                                                              \
     .letter = (letter_),                                                                          \
     .argument = ARGUMENT_##argument_,                                                             \
     .placeholder = (placeholder_),                                                                \
     .group = (group_),                                                                            \
     .action = action_, /* NOLINT(bugprone-macro-parentheses) */                                   \
     .help = (help_)},
#include "probe/options.def"
#undef OPTION
};

const struct option_row *option_by_letter(char letter)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (letter && option_rows[i].letter == letter)
            return &option_rows[i];
    return NULL;
}

enum { NAME_MAX_LENGTH = 32 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row of the table at a time; `b` is shorter than NAME_MAX_LENGTH. */
static size_t distance(const char *a, size_t a_length, const char *b)
{
    size_t row[NAME_MAX_LENGTH];
    size_t b_length = strlen(b);
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}

/* An abbreviation is as near as it gets: two slips at most, and less than half the name. */
const struct option_row *option_near(const char *name, size_t length)
{
    const struct option_row *nearest = NULL;
    size_t best = length < 5 ? 2 : 3;
    if (length >= NAME_MAX_LENGTH)
        return NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (!row->name || !row->action.apply)
            continue;
        bool abbreviated = length > 0 && strncmp(row->name, name, length) == 0;
        size_t slips = abbreviated ? 0 : distance(name, length, row->name);
        if (slips < best) {
            best = slips;
            nearest = row;
        }
    }
    return nearest;
}
