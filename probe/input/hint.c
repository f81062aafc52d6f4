#include "probe/input/hint.h"
#include "probe/input/conceal.h"
#include "probe/input/reading.h"
#include <stdio.h>
#include <string.h>

enum { HINT = 80 }; /* a mended text that is longer is not worth a hint */

static void copy(char *to, const char *text, size_t length)
{
    snprintf(to, HINT, "%.*s", (int)length, text);
}

/* "db1:2883/" */
static void mend_path(const char *text, char *to)
{
    if (strchr(text, '/'))
        copy(to, text, strcspn(text, "/"));
}

/* "db1 2883", "db1,2883", "db1;2883", "db1 : 2883" */
static void mend_separator(const char *text, char *to)
{
    static const char separators[] = " \t,;:";
    size_t host = strcspn(text, separators);
    const char *port = text + host + strspn(text + host, separators);
    if (host > 0 && text[host] && *port && strpbrk(text, " \t,;"))
        snprintf(to, HINT, "%.*s:%s", (int)host, text, port);
}

/* "db1:2883.", "db1:2883,", "db1:" */
static void mend_end(const char *text, char *to)
{
    size_t length = strlen(text);
    while (length > 0 && strchr(".,;:/", text[length - 1]))
        length--;
    if (text[length])
        copy(to, text, length);
}

/* "[db1]:2883" */
static void mend_brackets(const char *text, char *to)
{
    size_t host = strcspn(text, "]");
    if (*text == '[' && text[host])
        snprintf(to, HINT, "%.*s%s", (int)host - 1, text + 1, text + host + 1);
}

/* "fe80::1%eth0:2883" */
static void mend_ipv6(const char *text, char *to)
{
    const char *colon = strrchr(text, ':');
    if (colon && !strpbrk(text, "/@"))
        snprintf(to, HINT, "[%.*s]%s", (int)(colon - text), text, colon);
}

/* "//db1:2883", "http://db1:2883/", "tcp://db1:2883" */
static void mend_scheme(const char *text, char *to)
{
    static const char *const schemes[] = {"", "http:", "https:", "tcp:"};
    const char *slashes = strstr(text, "//");
    size_t length = slashes ? (size_t)(slashes - text) : 0;
    bool known = false;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        known |= strlen(schemes[i]) == length && strncasecmp(text, schemes[i], length) == 0;
    if (slashes && known)
        copy(to, slashes + 2, strcspn(slashes + 2, "/"));
}

/* "mysql:/db1", "mysql:db1", "mysql2://db1" */
static void mend_mysql(const char *text, char *to)
{
    const char *rest = text + strcspn(text, ":");
    if (strncmp(text, "mysql", 5) == 0 && *rest)
        snprintf(to, HINT, "mysql://%s", rest + 1 + strspn(rest + 1, "/"));
}

/* "app@db1:2883" */
static void mend_user(const char *text, char *to)
{
    if (strchr(text, '@'))
        snprintf(to, HINT, "mysql://%s", text);
}

/* Quotes left in. */
static void mend_quotes(const char *text, char *to)
{
    size_t length = strlen(text);
    if (length > 2 && strchr("\"'`", *text) && text[length - 1] == *text)
        copy(to, text + 1, length - 2);
}

/* "localhost:/run/mysqld.sock" */
static void mend_socket(const char *text, char *to)
{
    const char *path = strstr(text, ":/");
    if (path && path[2] != '/')
        copy(to, path + 1, strlen(path + 1));
}

/* "url=jdbc:mysql://db1/x", "spring.datasource.url=..." */
static void mend_property(const char *text, char *to)
{
    const char *equals = strchr(text, '=');
    if (equals && strstr(equals, "://"))
        copy(to, equals + 1, strlen(equals + 1));
}

/* "jdbc\:mysql\://db1/x", as java.util.Properties writes it. */
static void mend_backslashes(const char *text, char *to)
{
    size_t used = 0;
    if (!strchr(text, '\\'))
        return;
    for (; *text && used < HINT - 1; text++)
        if (*text != '\\')
            to[used++] = *text;
    to[used] = '\0';
}

/* The ASCII character that a full-width one of three bytes stands for, or the byte itself. */
static char narrow(const char *text, size_t *ret_length)
{
    const unsigned char *b = (const unsigned char *)text;
    bool wide = b[0] == 0xef && (b[1] == 0xbc || b[1] == 0xbd) && b[2] >= 0x80;
    bool stop = b[0] == 0xe3 && b[1] == 0x80 && b[2] == 0x82;
    if (!wide && !stop)
        return *text;
    *ret_length = 3;
    unsigned code = (b[1] - 0xbcu) * 64 + (b[2] - 0x80u) + 0x20u;
    return (char)(stop ? '.' : code);
}

/* Full-width forms of ASCII, as an input method for Chinese leaves them: U+FF01 to U+FF5E, and the
 * full stop U+3002. */
static void mend_width(const char *text, char *to)
{
    size_t used = 0;
    bool found = false;
    while (*text && used < HINT - 1) {
        size_t length = 1;
        to[used++] = narrow(text, &length);
        found |= length > 1;
        text += length;
    }
    to[found ? used : 0] = '\0';
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == '\x7f')
            return false;
    return true;
}

/* What is wrong with a URL is told at its place; no guess is better. */
static bool is_url(const char *text)
{
    static const char *const schemes[] = {"mysql://", "mariadb://", "oceanbase://", "jdbc:"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

/* A hint that was not a target itself would only be the next slip. */
static bool is_target(const char *text)
{
    static const struct ports ports = {.otherwise = DEFAULT_PORT};
    struct target target;
    char ignored[TARGET_PROBLEM];
    if (!*text || strchr(text, '\t') || conceal(text).count > 0 ||
        target_parse_unhinted(text, &ports, &target, ignored) < 0)
        return false;
    target_clear(&target);
    return true;
}

/* Frequent slips: the first mended text that is a target is the hint. */
void hint_add(const char *text, char *problem)
{
    static void (*const mends[])(const char *, char *) = {
        mend_quotes, mend_backslashes, mend_property, mend_width, mend_mysql,
        mend_scheme, mend_user,        mend_socket,   mend_path,  mend_separator,
        mend_end,    mend_brackets,    mend_ipv6};
    if (strlen(text) >= HINT - 16 || !is_printable(text) || is_url(text))
        return;
    for (size_t i = 0; i < sizeof mends / sizeof mends[0]; i++) {
        char mended[HINT] = "";
        mends[i](text, mended);
        if (strcmp(mended, text) == 0 || !is_target(mended))
            continue;
        size_t used = strlen(problem);
        snprintf(problem + used, TARGET_PROBLEM - used, "; did you mean %s?", mended);
        return;
    }
}
