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
#define TEXT_UP_TO(member, bytes)                                                                  \
    {                                                                                              \
        .apply = apply_text, .offset = offsetof(struct options, member), .most = (bytes)           \
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
#define SSL_MODE(mode)                                                                             \
    {                                                                                              \
        .apply = apply_ssl_mode, .least = (mode)                                                   \
    }
#define CALL_ON(function, member, most_)                                                           \
    {                                                                                              \
        .apply = (function), .offset = offsetof(struct options, member), .most = (most_)           \
    }
#define CALL(function)                                                                             \
    {                                                                                              \
        .apply = (function)                                                                        \
    }
#define NOT_BUILT                                                                                  \
    {                                                                                              \
        .apply = NULL                                                                              \
    }

#ifdef OBPROBE_CLIENT
#define WITH_CLIENT(choice) CHOICE(client, choice)
#else
#define WITH_CLIENT(choice) NOT_BUILT
#endif

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

enum { FIRST_LONG = 256 };

/* "-" in front: operands come in their place, argv stays as it is. ":": a missing value is told
 * from an unknown option (getopt(3)). */
void getopt_begin(struct getopt_tables *tables)
{
    static const char *const colons[] = {"", ":", "::"};
    size_t names = 0;
    *tables = (struct getopt_tables){.letters = "-:"};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        size_t used = strlen(tables->letters);
        if (row->letter)
            snprintf(tables->letters + used, sizeof tables->letters - used, "%c%s", row->letter,
                     colons[row->argument]);
        if (row->name)
            tables->names[names++] =
                (struct option){row->name, (int)row->argument, NULL, FIRST_LONG + (int)i};
    }
    optind = 0; /* starts anew, glibc's way */
    opterr = 0;
}

const struct option_row *option_by_code(int code)
{
    int found = code == ':' || code == '?' ? optopt : code;
    if (code == 1)
        return NULL;
    return found >= FIRST_LONG ? &option_rows[found - FIRST_LONG] : option_by_letter((char)found);
}

/* "-help" would be the host "elp", "-password=x" a password. */
const struct option_row *option_behind_one_dash(const char *word)
{
    if (word[0] != '-' || !word[1])
        return NULL;
    size_t length = strcspn(word + 1, "=");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *name = option_rows[i].name;
        if (name && strlen(name) == length && memcmp(name, word + 1, length) == 0)
            return &option_rows[i];
    }
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
