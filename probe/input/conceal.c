#include "probe/input/conceal.h"
#include <stdio.h>

enum { COPY = 1024 };

/* Names are compared without these. */
static bool is_separator(char c)
{
    return c == '-' || c == '_' || c == '.';
}

static bool begins_with(struct slice slice, const char *word)
{
    for (; slice.length && *word; slice = slice_skip(slice, 1)) {
        if (is_separator(*slice.at))
            continue;
        if (strncasecmp(slice.at, word, 1) != 0)
            return false;
        word++;
    }
    return !*word;
}

static bool holds(struct slice slice, const char *word)
{
    for (; slice.length; slice = slice_skip(slice, 1))
        if (begins_with(slice, word))
            return true;
    return false;
}

/* A name that is itself encoded is not looked through. */
bool is_secret_name(struct slice name)
{
    static const char *const words[] = {"pass", "pwd", "secret", "token", "%"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (holds(name, words[i]))
            return true;
    return false;
}

static void add(struct concealed *concealed, const char *begin, const char *end)
{
    if (begin == end)
        return;
    if (concealed->count == CONCEALED)
        concealed->part[0] = slice_of(concealed->part[0].at < begin ? concealed->part[0].at : begin,
                                      end + strlen(end));
    else
        concealed->part[concealed->count++] = slice_of(begin, end);
}

/* An '@' in "user=root@sys" ends no user and password. */
static bool is_in_user(const char *text, const char *at)
{
    const char *begin = at;
    while (begin > text && !strchr("?&(,", begin[-1]))
        begin--;
    struct slice word = slice_of(begin, at);
    return slice_begins(word, "user=") || slice_begins(word, "username=");
}

/* "mysql://user:password", "user@tenant:password", whose host was forgotten: what is no port may be
 * a password. */
static void add_odd_port(const char *host, struct concealed *concealed)
{
    size_t length = strcspn(host, ",)/?");
    const char *colon = *host == '[' ? NULL : memchr(host, ':', length);
    if (colon && strspn(colon + 1, "0123456789") < (size_t)(host + length - colon - 1))
        add(concealed, colon + 1, host + length);
}

/* "user:password@": from the first ':' behind the scheme to the last '@'. */
static void add_user_information(const char *text, struct concealed *concealed)
{
    const char *scheme = strstr(text, "://");
    const char *begin = scheme ? scheme + 3 : text;
    const char *at = strrchr(begin, '@');
    while (at && is_in_user(text, at))
        at = slice_find_last(slice_of(begin, at), '@');
    const char *colon = at ? slice_find(slice_of(begin, at), ':') : NULL;
    if (colon)
        add(concealed, colon + 1, at);
    if (scheme || at)
        add_odd_port(at ? at + 1 : begin, concealed);
}

/* "password=..." up to the next parameter, in parentheses up to their end. */
static void add_parameters(const char *text, struct concealed *concealed)
{
    for (const char *equals = strchr(text, '='); equals; equals = strchr(equals + 1, '=')) {
        const char *name = equals;
        while (name > text && !strchr("?&(,;", name[-1]))
            name--;
        if (!is_secret_name(slice_of(name, equals)))
            continue;
        bool in_query = name > text && (name[-1] == '?' || name[-1] == '&');
        add(concealed, equals + 1, equals + 1 + strcspn(equals + 1, in_query ? "&" : ")"));
    }
}

struct concealed conceal(const char *text)
{
    struct concealed concealed = {.count = 0};
    add_user_information(text, &concealed);
    add_parameters(text, &concealed);
    return concealed;
}

/* The end of the concealed part that `at` is in; NULL: in none. */
static const char *end_of_part(const struct concealed *concealed, const char *at)
{
    const char *end = NULL;
    for (size_t i = 0; i < concealed->count; i++) {
        const struct slice *part = &concealed->part[i];
        if (at >= part->at && at < slice_end(*part) && (!end || slice_end(*part) > end))
            end = slice_end(*part);
    }
    return end;
}

static const char *copy_one(const struct concealed *concealed, const char *at, char *to,
                            size_t *used)
{
    const char *end = end_of_part(concealed, at);
    if (end) {
        memset(to + *used, '*', 3);
        *used += 3;
        return end;
    }
    to[(*used)++] = (char)((unsigned char)*at < ' ' || *at == '\x7f' ? '?' : *at);
    return at + 1;
}

void conceal_copy(const char *text, const char *end, char *to, size_t size)
{
    char copy[COPY];
    size_t used = 0;
    struct concealed concealed = conceal(text);
    for (const char *at = text; at < end;) {
        if (used > COPY - 8) {
            memmove(copy, copy + COPY / 2, used - COPY / 2);
            used -= COPY / 2;
        }
        at = copy_one(&concealed, at, copy, &used);
    }
    bool cut = used >= size;
    if (cut)
        snprintf(to, size, "...%.*s", (int)(size - 4), copy + used - (size - 4));
    else
        snprintf(to, size, "%.*s", (int)used, copy);
}
