#include "probe/input/parameter_values.h"
#include "probe/input/login.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUE = 4096, TIME_MAX_MS = 3600 * 1000 };

static void *member(const struct taken *taken)
{
    return (char *)taken->settings + taken->which;
}

static int bad_value(const struct taken *taken, const char *wanted)
{
    return reading_problem(taken->reading, slice_end(taken->value), "%.*s is not %s",
                           (int)(taken->name.length < 64 ? taken->name.length : 64), taken->name.at,
                           wanted);
}

static enum coding coding_for(const struct taken *taken)
{
    enum coding coding = coding_of(taken->reading->dialect);
    return coding == CODING_RAW ? lenient(taken->value) : coding;
}

int take_user(const struct taken *taken)
{
    if (!taken->value.length)
        return 0;
    return reading_text(taken->reading, taken->value, coding_for(taken), "a user name", LOGIN_USER,
                        &taken->settings->texts[taken->which]);
}

int take_text(const struct taken *taken)
{
    if (!taken->value.length)
        return 0;
    size_t size = taken->which == SETTING_DATABASE ? LOGIN_DATABASE : VALUE;
    return reading_text(taken->reading, taken->value, coding_for(taken), "a value", size,
                        &taken->settings->texts[taken->which]);
}

int take_password(const struct taken *taken)
{
    return reading_password(taken->reading, taken->value, coding_of(taken->reading->dialect),
                            taken->cut, member(taken));
}

/* java.net.URL: "file:/path", "file:///path". Other places than files are out of reach. */
int take_file(const struct taken *taken)
{
    struct slice path = taken->value;
    if (slice_begins(path, "file:")) {
        path = slice_skip(path, 5);
        if (slice_begins(path, "//"))
            path = slice_skip(path, 2);
    } else if (slice_begins(path, "classpath:") || slice_begins(path, "http") ||
               slice_begins(path, "-----BEGIN")) {
        return parameter_ignore(taken->settings, taken->name);
    }
    struct taken of_path = *taken;
    of_path.value = path;
    return take_text(&of_path);
}

static const struct {
    const char *name;
    enum tls_mode mode;
} modes[] = {
    {"disabled", TLS_DISABLED},
    {"disable", TLS_DISABLED},
    {"false", TLS_DISABLED},
    {"0", TLS_DISABLED},
    {"preferred", TLS_PREFERRED},
    {"prefer", TLS_PREFERRED},
    {"required", TLS_REQUIRED},
    {"require", TLS_REQUIRED},
    {"trust", TLS_REQUIRED},
    {"skip-verify", TLS_REQUIRED},
    {"accept_invalid_certs", TLS_REQUIRED},
    {"verify_ca", TLS_VERIFY_CA},
    {"verify-ca", TLS_VERIFY_CA},
    {"verify_identity", TLS_VERIFY_IDENTITY},
    {"verify-identity", TLS_VERIFY_IDENTITY},
    {"verify_full", TLS_VERIFY_IDENTITY},
    {"verify-full", TLS_VERIFY_IDENTITY},
    {"strict", TLS_VERIFY_IDENTITY},
};

/* "true" is a driver's own idea: Go and MariaDB's check everything then, others only encrypt. */
static int mode_of_true(const struct taken *taken)
{
    bool checks = taken->reading->dialect & (DIALECT_GO | DIALECT_MARIADB_J);
    return checks ? TLS_VERIFY_IDENTITY : TLS_REQUIRED;
}

/* What is behind a name that a Go program registers cannot be known here; it is TLS. */
static int other_mode(const struct taken *taken)
{
    if (taken->reading->dialect != DIALECT_GO)
        return bad_value(taken, "one of disabled, preferred, required, verify_ca, verify_identity");
    taken->settings->tls_mode = TLS_REQUIRED;
    return parameter_ignore(taken->settings, taken->name);
}

int take_mode(const struct taken *taken)
{
    if (slice_is(taken->value, "true") || slice_is(taken->value, "1")) {
        taken->settings->tls_mode = mode_of_true(taken);
        return 0;
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (slice_is(taken->value, modes[i].name)) {
            taken->settings->tls_mode = (int)modes[i].mode;
            return 0;
        }
    }
    return other_mode(taken);
}

/* 1, 0, or -1. */
static int truth_of(struct slice value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "0", "1", "off", "on"};
    for (int i = 0; i < (int)(sizeof words / sizeof words[0]); i++)
        if (slice_is(value, words[i]))
            return i % 2;
    return -1;
}

int take_word(const struct taken *taken)
{
    int truth = truth_of(taken->value);
    if (truth < 0)
        return bad_value(taken, "true or false");
    *(int *)(void *)((char *)&taken->reading->words + taken->which) = truth;
    return 0;
}

int take_fetching(const struct taken *taken)
{
    int truth = truth_of(taken->value);
    if (truth < 0)
        return bad_value(taken, "true or false");
    taken->settings->get_server_public_key = truth == 1;
    return 0;
}

/* ---- times; 0 is "no limit" for the drivers, and leaves the limit of the run here ---- */

static int take_number(const struct taken *taken, uint32_t unit_ms, const char *wanted)
{
    struct slice digits = taken->value;
    uint64_t number = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return bad_value(taken, wanted);
        number = number * 10 + (uint64_t)(digits.at[i] - '0');
        number = number > TIME_MAX_MS ? TIME_MAX_MS : number;
    }
    if (digits.length == 0)
        return bad_value(taken, wanted);
    number *= unit_ms;
    *(uint32_t *)member(taken) = (uint32_t)(number > TIME_MAX_MS ? TIME_MAX_MS : number);
    return 0;
}

int take_milliseconds(const struct taken *taken)
{
    return take_number(taken, 1, "a number of milliseconds");
}

int take_own_time(const struct taken *taken)
{
    if (slice_find(taken->name, '_') || slice_find(taken->name, '-'))
        return take_number(taken, 1000, "a number of seconds");
    return take_milliseconds(taken);
}

/* The unit at the begin of a text in milliseconds, 0 for none. */
static double unit_of(const char *text, size_t *ret_length)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        *ret_length = strlen(units[i].name);
        if (strncmp(text, units[i].name, *ret_length) == 0)
            return units[i].ms;
    }
    return 0;
}

/* Numbers with units, one behind the other; false: it is none. */
static bool parse_duration(const char *text, double *ret_ms)
{
    *ret_ms = 0;
    if (strcmp(text, "0") == 0)
        return true;
    while (*text) {
        size_t length = 0, digits = strspn(text, "0123456789.");
        double number = strtod(text, NULL);
        double unit = digits ? unit_of(text + digits, &length) : 0;
        if (unit == 0)
            return false;
        *ret_ms += number * unit;
        text += digits + length;
    }
    return true;
}

static int read_duration(const struct taken *taken, uint32_t *ret_ms)
{
    char text[64];
    double ms = 0;
    snprintf(text, sizeof text, "%.*s", (int)(taken->value.length < 64 ? taken->value.length : 0),
             taken->value.at);
    if (!*text || !parse_duration(text, &ms))
        return bad_value(taken, "a duration such as 5s, 500ms or 1m30s");
    *ret_ms = ms > TIME_MAX_MS ? (uint32_t)TIME_MAX_MS : (uint32_t)(ms + 0.999);
    return 0;
}

int take_duration(const struct taken *taken)
{
    return read_duration(taken, member(taken));
}

int take_no_duration(const struct taken *taken)
{
    uint32_t ignored;
    return read_duration(taken, &ignored);
}

int take_socket_path(const struct taken *taken)
{
    struct target ignored = {0};
    char problem[TARGET_PROBLEM];
    if (!taken->value.length)
        return 0;
    int error = reading_text(taken->reading, taken->value, coding_for(taken),
                             "the path of a socket", SOCKET_PATH + 1, &taken->reading->socket);
    if (error == 0)
        error = target_parse_socket(taken->reading->socket, &ignored, problem);
    target_clear(&ignored);
    return error == -EINVAL ? bad_value(taken, "the path of a socket") : error;
}
