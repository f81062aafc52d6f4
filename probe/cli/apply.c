/* What an option's value does: checked, and stored where its row says. */
#include "probe/cli/option_row.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_MAX = 3600 };

/* Choices are stored through this type. */
_Static_assert(sizeof(enum family) == sizeof(unsigned), "family is stored as unsigned");
_Static_assert(sizeof(enum client_choice) == sizeof(unsigned), "client is stored as unsigned");
_Static_assert(sizeof(enum request) == sizeof(unsigned), "request is stored as unsigned");

int cli_problem(char *ret_problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ret_problem, CLI_PROBLEM, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static void *member(const struct given *given, struct options *options)
{
    return (char *)options + given->row->action.offset;
}

int apply_flag(const struct given *given, struct options *options, char *ret_problem)
{
    (void)ret_problem;
    *(bool *)member(given, options) = true;
    return 0;
}

int apply_count(const struct given *given, struct options *options, char *ret_problem)
{
    (void)ret_problem;
    ++*(unsigned *)member(given, options);
    return 0;
}

int apply_choice(const struct given *given, struct options *options, char *ret_problem)
{
    (void)ret_problem;
    memcpy(member(given, options), &given->row->action.least, sizeof(unsigned));
    return 0;
}

int apply_text(const struct given *given, struct options *options, char *ret_problem)
{
    unsigned most = given->row->action.most;
    if (most && strlen(given->value) > most)
        return cli_problem(ret_problem, "option '%s': longer than %u bytes", given->name, most);
    *(const char **)member(given, options) = given->value;
    return 0;
}

int apply_number(const struct given *given, struct options *options, char *ret_problem)
{
    const struct action *action = &given->row->action;
    const char *value = given->value;
    unsigned long number = strtoul(value, NULL, 10); /* ULONG_MAX when it does not fit */
    if (value[strspn(value, "0123456789")] != '\0' || number < action->least ||
        number > action->most)
        return cli_problem(ret_problem, "option '%s': '%.80s' is not a number from %u to %u",
                           given->name, value, action->least, action->most);
    *(uint32_t *)member(given, options) = (uint32_t)number;
    return 0;
}

/* Digits and one point at most: neither "1e9" nor "inf", "nan" or "5s". Stored in milliseconds,
 * rounded up, because 0 would mean no limit. */
int apply_seconds(const struct given *given, struct options *options, char *ret_problem)
{
    const char *value = given->value;
    size_t whole = strspn(value, "0123456789");
    size_t point = value[whole] == '.';
    size_t fraction = strspn(value + whole + point, "0123456789");
    double seconds = strtod(value, NULL);
    if (value[whole + point + fraction] != '\0' || whole + fraction == 0 || !(seconds > 0))
        return cli_problem(ret_problem, "option '%s': '%.80s' is not a number of seconds above 0",
                           given->name, value);
    if (seconds > SECONDS_MAX)
        return cli_problem(ret_problem, "option '%s': %.80s is more than %d seconds", given->name,
                           value, SECONDS_MAX);
    *(uint32_t *)member(given, options) = (uint32_t)(seconds * 1000 + 0.999);
    return 0;
}

/* A time that is stated limits targets that have one of their own, too. */
int set_timeout(const struct given *given, struct options *options, char *ret_problem)
{
    options->run.timeout_given = true;
    return apply_seconds(given, options, ret_problem);
}

int set_connect_timeout(const struct given *given, struct options *options, char *ret_problem)
{
    options->run.connect_timeout_given = true;
    return apply_seconds(given, options, ret_problem);
}

int set_port(const struct given *given, struct options *options, char *ret_problem)
{
    char culprit[TARGET_PROBLEM];
    if (port_parse(given->value, &options->ports.given, culprit) < 0)
        return cli_problem(ret_problem, "option '%s': %s", given->name, culprit);
    return 0;
}

/* Of two lists one would silently not be probed. */
int set_targets(const struct given *given, struct options *options, char *ret_problem)
{
    if (options->targets)
        return cli_problem(ret_problem, "option '%s': only one list of targets is possible",
                           given->name);
    options->targets = given->value;
    return 0;
}

int set_bind_address(const struct given *given, struct options *options, char *ret_problem)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    struct in_addr ignored;
    /* getaddrinfo() would take "10.1" and octal numbers too; it is asked for its scope ids */
    bool number = strchr(given->value, ':') || inet_pton(AF_INET, given->value, &ignored) == 1;
    if (!number || getaddrinfo(given->value, NULL, &hints, &found) != 0)
        return cli_problem(ret_problem, "option '%s': '%.80s' is not an IPv4 or IPv6 address",
                           given->name, given->value);
    memset(&options->run.bind_to, 0, sizeof options->run.bind_to);
    memcpy(&options->run.bind_to, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

int option_word(const struct given *given, const struct word *words, size_t count,
                const char *names, unsigned *ret_constant, char *ret_problem)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(given->value, words[i].text) == 0) {
            *ret_constant = words[i].constant;
            return 0;
        }
    }
    return cli_problem(ret_problem, "option '%s': '%.80s' is not one of %s", given->name,
                       given->value, names);
}

int set_until(const struct given *given, struct options *options, char *ret_problem)
{
    static const struct word words[] = {
        {"connect", UNTIL_CONNECT}, {"greeting", UNTIL_GREETING}, {"login", UNTIL_LOGIN}};
    return option_word(given, words, 3, "connect, greeting, login", &options->run.until,
                       ret_problem);
}

int set_color(const struct given *given, struct options *options, char *ret_problem)
{
    static const struct word words[] = {
        {"auto", COLOR_AUTO}, {"always", COLOR_ALWAYS}, {"never", COLOR_NEVER}};
    return option_word(given, words, 3, "auto, always, never", &options->color, ret_problem);
}

int set_format(const struct given *given, struct options *options, char *ret_problem)
{
    static const char *const planned[] = {"nagios", "prometheus", "tap", "junit", "csv", "html"};
    const struct format *format = format_find(given->value);
    if (format) {
        options->format = format;
        return 0;
    }
    for (size_t i = 0; i < sizeof planned / sizeof planned[0]; i++)
        if (strcmp(given->value, planned[i]) == 0)
            return cli_problem(ret_problem, "option '%s': format '%s' is not built yet",
                               given->name, planned[i]);
    return cli_problem(ret_problem, "option '%s': '%.80s' is not one of %s", given->name,
                       given->value, format_names());
}
