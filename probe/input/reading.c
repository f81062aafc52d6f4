#include "probe/input/reading.h"
#include "probe/input/conceal.h"
#include "probe/input/login.h"
#include "probe/input/problem.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 100 };

/* Behind an '@' that is still to come, what looks like host and port may be a password. */
static bool may_be_secret(const char *text, const char *end)
{
    struct concealed concealed = conceal(text);
    bool is_url = strstr(text, "://");
    for (size_t i = 0; i < concealed.count; i++) {
        struct slice part = concealed.part[i];
        bool begins_here = part.at == end && *slice_end(part) == '@' && is_url;
        if ((part.at < end || begins_here) && slice_end(part) > end)
            return true;
    }
    return false;
}

/* "user:pa/ss@": what stands behind '/' or '?' was not taken for a part of the password. */
static bool splits_password(const struct reading *reading, const char *end)
{
    struct concealed concealed = conceal(reading->text);
    for (size_t i = 0; i < concealed.count && reading->dialect != DIALECT_GO; i++) {
        struct slice part = concealed.part[i];
        if (end > slice_end(part) && part.at[-1] == ':' && *slice_end(part) == '@' &&
            (slice_find(part, '/') || slice_find(part, '?')))
            return true;
    }
    return false;
}

int reading_problem(const struct reading *reading, const char *end, const char *format, ...)
{
    char shown[SHOWN], what[TARGET_PROBLEM];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    conceal_copy(reading->text, end, shown, sizeof shown);
    if (may_be_secret(reading->text, end) || splits_password(reading, end))
        return target_problem(reading->problem,
                              "'%s' <-- here: not a target. In a password '/', '?', '@', ':' and "
                              "'%%' are written %%2F, %%3F, %%40, %%3A, %%25",
                              shown);
    return target_problem(reading->problem, "'%s' <-- here: %s", shown, what);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* The first '%' without two hexadecimal digits, NULL: none. */
static const char *bad_percent(struct slice part)
{
    const char *end = slice_end(part);
    for (const char *at = part.at; at < end; at++)
        if (*at == '%' && !(end - at > 2 && is_hex(at[1]) && is_hex(at[2])))
            return at;
    return NULL;
}

enum coding lenient(struct slice part)
{
    return bad_percent(part) ? CODING_RAW : CODING_PERCENT;
}

enum coding coding_of(enum dialect dialect)
{
    switch (dialect) {
    case DIALECT_MYSQL_J:
    case DIALECT_GO:
        return CODING_FORM;
    case DIALECT_MARIADB_J:
        return CODING_RAW;
    default:
        return CODING_PERCENT;
    }
}

static size_t decoded_length(struct slice part, enum coding coding)
{
    size_t length = 0;
    char byte;
    for (const char *at = part.at; at < slice_end(part); length++)
        at = decode_byte(at, coding, &byte);
    return length;
}

static int check_coding(const struct reading *reading, struct slice part, enum coding coding)
{
    const char *bad = coding == CODING_RAW ? NULL : bad_percent(part);
    if (!bad)
        return 0;
    return reading_problem(reading, bad + 1,
                           "two hexadecimal digits must follow; a '%%' itself is %%25");
}

int reading_text(const struct reading *reading, struct slice part, enum coding coding,
                 const char *what, size_t size, char **ret_text)
{
    int error = check_coding(reading, part, coding);
    if (error < 0)
        return error;
    size_t length = decoded_length(part, coding);
    if (length >= size)
        return reading_problem(reading, slice_end(part),
                               "%s of %zu bytes; at most %zu are possible", what, length, size - 1);
    char *text = malloc(length + 1);
    if (!text)
        return -ENOMEM;
    const char *at = part.at;
    for (size_t i = 0; i < length; i++) {
        at = decode_byte(at, coding, &text[i]);
        if ((unsigned char)text[i] < ' ' || text[i] == '\x7f') {
            free(text);
            return reading_problem(reading, at, "a control character in %s", what);
        }
    }
    text[length] = '\0';
    free(*ret_text);
    *ret_text = text;
    return 0;
}

static int add_cut(struct reading *reading, struct slice cut)
{
    if (reading->cut_count == CUTS)
        return target_problem(reading->problem, "a target with more than %d passwords", CUTS);
    reading->cuts[reading->cut_count++] = cut;
    return 0;
}

static bool holds_nul(struct slice part, enum coding coding)
{
    char byte = 1;
    for (const char *at = part.at; at < slice_end(part) && byte;)
        at = decode_byte(at, coding, &byte);
    return !byte;
}

int reading_password(struct reading *reading, struct slice part, enum coding coding,
                     struct slice cut, struct encoded *ret_password)
{
    int error = add_cut(reading, cut);
    if (error == 0)
        error = check_coding(reading, part, coding);
    if (error < 0)
        return error;
    if (decoded_length(part, coding) > SECRET_MAX)
        return target_problem(reading->problem, "a target with a password of more than %d bytes",
                              SECRET_MAX);
    if (holds_nul(part, coding))
        return target_problem(reading->problem, "a target with a NUL byte (%%00) in its password");
    *ret_password = (struct encoded){part.at, part.length, coding};
    return 0;
}

const char *user_end(struct slice part)
{
    bool bracketed = part.length && strchr(")]", slice_end(part)[-1]);
    return slice_find_last(bracketed ? slice_until(part, "([") : part, '@');
}

static enum coding coding_of_user(enum dialect dialect)
{
    return dialect == DIALECT_GO        ? CODING_RAW
           : dialect == DIALECT_MYSQL_J ? CODING_FORM
                                        : CODING_PERCENT;
}

int reading_user(struct reading *reading, struct slice part, struct target_settings *settings)
{
    const char *colon = slice_find(part, ':');
    struct slice user = colon ? slice_of(part.at, colon) : part;
    enum coding coding = reading->dialect == DIALECT_MYSQL_J ? CODING_FORM : lenient(user);
    int error = 0;
    if (user.length)
        error = reading_text(reading, user, coding, "a user name", LOGIN_USER,
                             &settings->texts[SETTING_USER]);
    if (error < 0 || !colon)
        return error;
    return reading_password(reading, slice_of(colon + 1, slice_end(part)),
                            coding_of_user(reading->dialect), slice_of(colon, slice_end(part)),
                            &settings->password);
}

int reading_add(struct reading *reading, const char *end, char *host, char *socket, uint16_t port,
                struct target_settings *settings)
{
    if (reading->host_count == GROUP_HOSTS) {
        free(host);
        free(socket);
        return reading_problem(reading, end, "more than %d hosts", GROUP_HOSTS);
    }
    reading->hosts[reading->host_count++] = (struct target){
        .host = host, .socket = socket, .port = port, .settings = settings_ref(settings)};
    return 0;
}
