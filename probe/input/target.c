#include "probe/input/target.h"
#include "probe/input/problem.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    HINT = 64, /* a mended text that is longer is not worth a hint */
    PORT_MAX = 65535,
};

/* ASCII only, whatever the locale says. */
static const char digits[] = "0123456789";
static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789-._";

static bool all_digits(const char *text)
{
    return *text && text[strspn(text, digits)] == '\0';
}

int port_parse(const char *text, uint16_t *ret_port, char *ret_problem)
{
    char shown[EXCERPT];
    if (!*text)
        return target_problem(ret_problem, "the port is empty");
    if (!all_digits(text))
        return target_problem(ret_problem, "port '%s' is not a number",
                              target_excerpt(text, shown));
    unsigned long port = strtoul(text, NULL, 10); /* ULONG_MAX when it does not fit */
    if (port < 1 || port > PORT_MAX)
        return target_problem(ret_problem, "port %s is not between 1 and 65535",
                              target_excerpt(text, shown));
    *ret_port = (uint16_t)port;
    return 0;
}

/* Texts that are no HOST:PORT on purpose; what matches first decides. They can hold passwords. */
static const struct form {
    const char *mark;
    bool at_start;
    const char *problem;
} forms[] = {
    {"-", true, "a target cannot begin with '-'"},
    {"mysql://", true, "a mysql:// URL as target is not built yet: write HOST:PORT"},
    {"mariadb://", true, "a mariadb:// URL as target is not built yet: write HOST:PORT"},
    {"oceanbase://", true, "an oceanbase:// URL as target is not built yet: write HOST:PORT"},
    {"jdbc:mysql:", true, "a jdbc:mysql: URL as target is not built yet: write HOST:PORT"},
    {"jdbc:mariadb:", true, "a jdbc:mariadb: URL as target is not built yet: write HOST:PORT"},
    {"jdbc:oceanbase:", true, "a jdbc:oceanbase: URL as target is not built yet: write HOST:PORT"},
    {"@tcp(", false, "a Go data source name as target is not built yet: write HOST:PORT"},
    {"@unix(", false, "a Go data source name as target is not built yet: write HOST:PORT"},
    {"://", false, "a URL of this scheme is not a target: write HOST:PORT"},
    {"@", false,
     "a target with a user name ('...@...') is not one of HOST, HOST:PORT, [IPV6]:PORT"},
    {"?", false, "a target with parameters ('...?...') is not one of HOST, HOST:PORT, [IPV6]:PORT"},
    {"=", false, "a target with '=' is not one of HOST, HOST:PORT, [IPV6]:PORT"},
    {"(", false, "a target with '(' is not one of HOST, HOST:PORT, [IPV6]:PORT"},
};

static const struct form *form_find(const char *text)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct form *form = &forms[i];
        if (form->at_start ? strncasecmp(text, form->mark, strlen(form->mark)) == 0
                           : strstr(text, form->mark) != NULL)
            return form;
    }
    return NULL;
}

/* The scope behind '%': in brackets "%25" is a '%' in URLs (RFC 6874, section 2); without them
 * only where no interface index can be meant. */
static const char *scope_begin(const char *percent, const char *end, bool bracketed)
{
    bool encoded = end - percent > 3 && memcmp(percent, "%25", 3) == 0;
    if (encoded && (bracketed || !strchr(digits, percent[3])))
        return percent + 3;
    return percent + 1;
}

/* Copies an IPv6 address, scope id included, as getaddrinfo() takes it; false when it is none. */
static bool ipv6_copy(const char *text, size_t length, bool bracketed, char *ret_host)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    const char *end = text + length;
    const char *percent = memchr(text, '%', length);
    size_t address_length = percent ? (size_t)(percent - text) : length;
    if (address_length >= sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)address_length, text);
    if (inet_pton(AF_INET6, address, &ignored) != 1)
        return false;
    snprintf(ret_host, HOST_NAME, "%s", address);
    if (!percent)
        return true;
    const char *scope = scope_begin(percent, end, bracketed);
    size_t scope_length = (size_t)(end - scope);
    if (scope_length == 0 || scope_length >= IF_NAMESIZE ||
        strspn(scope, name_characters) < scope_length)
        return false;
    snprintf(ret_host + address_length, HOST_NAME - address_length, "%%%.*s", (int)scope_length,
             scope);
    return true;
}

/* A number is never a host, nor is what only looks like an address: getaddrinfo() would read
 * 010.0.0.1 in octal, 127.1 as 127.0.0.1, and ask the DNS for 256.1.1.1. */
static int check_number(const char *host, char *ret_problem)
{
    char shown[EXCERPT];
    struct in_addr ignored;
    const char *dot = strchr(host, '.');
    bool hexadecimal = strncasecmp(host, "0x", 2) == 0 &&
                       host[2 + strspn(host + 2, "0123456789abcdefABCDEF")] == '\0';
    if (!hexadecimal && host[strspn(host, ".0123456789")] != '\0')
        return 0;
    if (inet_pton(AF_INET, host, &ignored) == 1)
        return 0;
    if (dot && strchr(dot + 1, '.'))
        return target_problem(ret_problem, "not an IPv4 address");
    if (all_digits(host) && strtoul(host, NULL, 10) - 1 < PORT_MAX)
        return target_problem(ret_problem, "a number is not a host; for a port write HOST:%s",
                              target_excerpt(host, shown));
    return target_problem(ret_problem, "a number is not a host");
}

/* Names outside ASCII are left to the resolver. */
static int check_name(const char *host, char *ret_problem)
{
    const char *bad = host;
    while (bad += strspn(bad, name_characters), (unsigned char)*bad >= 0x80)
        bad++;
    if (*bad == ' ' || *bad == '\t')
        return target_problem(ret_problem, "white space in the host");
    if (*bad && ((unsigned char)*bad < ' ' || *bad == '\x7f'))
        return target_problem(ret_problem, "a control character in the host");
    if (*bad)
        return target_problem(ret_problem, "a host cannot contain '%c'", *bad);
    if (*host == '.' || strstr(host, ".."))
        return target_problem(ret_problem, "an empty label in the host");
    return check_number(host, ret_problem);
}

static int copy_name(const char *text, size_t length, char *ret_host, char *ret_problem)
{
    if (length == 0)
        return target_problem(ret_problem, "the host is empty");
    if (length >= HOST_NAME)
        return target_problem(ret_problem, "a host of %zu bytes; at most %d are possible", length,
                              HOST_NAME - 1);
    snprintf(ret_host, HOST_NAME, "%.*s", (int)length, text);
    return check_name(ret_host, ret_problem);
}

/* "[v6]" or "[v6]:port". */
static int split_bracketed(const char *text, char *ret_host, const char **ret_port,
                           char *ret_problem)
{
    const char *end = strchr(text, ']');
    if (!end)
        return target_problem(ret_problem, "']' is missing");
    if (!ipv6_copy(text + 1, (size_t)(end - text - 1), true, ret_host))
        return target_problem(ret_problem, "no IPv6 address in the brackets");
    if (end[1] && end[1] != ':')
        return target_problem(ret_problem, "only :PORT may follow ']'");
    *ret_port = end[1] ? end + 2 : NULL;
    return 0;
}

/* Host and port of a text; `*ret_port` points into it or is NULL. */
static int split(const char *text, char *ret_host, const char **ret_port, char *ret_problem)
{
    const char *colon = strchr(text, ':');
    if (*text == '[')
        return split_bracketed(text, ret_host, ret_port, ret_problem);
    if (colon && strchr(colon + 1, ':')) {
        *ret_port = NULL;
        if (ipv6_copy(text, strlen(text), false, ret_host))
            return 0;
        return target_problem(ret_problem, "neither HOST:PORT nor an IPv6 address");
    }
    *ret_port = colon ? colon + 1 : NULL;
    return copy_name(text, colon ? (size_t)(colon - text) : strlen(text), ret_host, ret_problem);
}

/* Host and port of a text that is none of the forms; the problem does not repeat the text. */
static int parse(const char *text, uint16_t default_port, char *ret_host, uint16_t *ret_port,
                 char *ret_problem)
{
    const char *port = NULL;
    int error = split(text, ret_host, &port, ret_problem);
    if (error < 0)
        return error;
    *ret_port = default_port;
    return port ? port_parse(port, ret_port, ret_problem) : 0;
}

/* "db1:2883/" */
static void mend_path(const char *text, char *to)
{
    if (strchr(text, '/'))
        snprintf(to, HINT, "%.*s", (int)strcspn(text, "/"), text);
}

/* "db1 2883" */
static void mend_space(const char *text, char *to)
{
    size_t host = strcspn(text, " \t");
    if (text[host])
        snprintf(to, HINT, "%.*s:%s", (int)host, text, text + host + strspn(text + host, " \t"));
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
    if (colon)
        snprintf(to, HINT, "[%.*s]%s", (int)(colon - text), text, colon);
}

/* Frequent slips: the first mended text that is a target is the hint. */
static void add_hint(const char *text, char *problem_text)
{
    static void (*const mends[])(const char *, char *) = {mend_path, mend_space, mend_brackets,
                                                          mend_ipv6};
    char host[HOST_NAME], ignored[TARGET_PROBLEM];
    uint16_t port;
    if (strlen(text) >= HINT - 4)
        return;
    for (size_t i = 0; i < sizeof mends / sizeof mends[0]; i++) {
        char mended[HINT] = "";
        mends[i](text, mended);
        if (parse(mended, DEFAULT_PORT, host, &port, ignored) < 0)
            continue;
        size_t used = strlen(problem_text);
        snprintf(problem_text + used, TARGET_PROBLEM - used, "; did you mean %s?", mended);
        return;
    }
}

/* Host and port of any text; the problem names the text unless it may hold a password. */
static int parse_or_explain(const char *text, uint16_t default_port, char *ret_host,
                            uint16_t *ret_port, char *ret_problem)
{
    char shown[EXCERPT], culprit[TARGET_PROBLEM];
    const struct form *form = form_find(text);
    if (form)
        return target_problem(ret_problem, "%s", form->problem);
    int error = parse(text, default_port, ret_host, ret_port, culprit);
    if (error == 0)
        return 0;
    target_problem(ret_problem, "'%s': %s", target_excerpt(text, shown), culprit);
    add_hint(text, ret_problem);
    return error;
}

/* Takes both strings, of which NULL stands for no memory. */
static int make_target(char *input, char *host, uint16_t port, struct target *ret_target)
{
    if (!input || !host) {
        free(input);
        free(host);
        return -ENOMEM;
    }
    *ret_target = (struct target){.input = input, .host = host, .port = port};
    return 0;
}

static bool is_path(const char *text)
{
    return *text == '/' || strncmp(text, "./", 2) == 0;
}

int target_parse(const char *text, uint16_t default_port, struct target *ret_target,
                 char *ret_problem)
{
    char host[HOST_NAME];
    uint16_t port = 0;
    if (is_path(text))
        return target_parse_socket(text, ret_target, ret_problem);
    int error = parse_or_explain(text, default_port, host, &port, ret_problem);
    return error < 0 ? error : make_target(strdup(text), strdup(host), port, ret_target);
}

int target_parse_pair(const char *host_text, const char *port_text, struct target *ret_target,
                      char *ret_problem)
{
    char host[HOST_NAME], shown[EXCERPT], input[HOST_NAME + 16];
    uint16_t port = 0; /* stays so where the host names none */
    if (is_path(host_text))
        return target_problem(ret_problem, "'%s': a socket has no port",
                              target_excerpt(host_text, shown));
    int error = parse_or_explain(host_text, 0, host, &port, ret_problem);
    if (error < 0)
        return error;
    if (port != 0)
        return target_problem(ret_problem, "two ports: '%s' and %.20s",
                              target_excerpt(host_text, shown), port_text);
    error = port_parse(port_text, &port, ret_problem);
    if (error < 0)
        return error;
    snprintf(input, sizeof input, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    return make_target(strdup(input), strdup(host), port, ret_target);
}

void target_clear(struct target *target)
{
    for (size_t i = 0; i < target->other_count; i++)
        target_clear(&target->others[i]);
    free(target->others);
    settings_unref(target->settings);
    free(target->input);
    free(target->host);
    free(target->socket);
    *target = (struct target){0};
}
