#include "probe/input/endpoint.h"
#include "probe/input/problem.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535 };

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

/* A full-width form of ASCII (U+FF01 to U+FF5E) or the full stop U+3002, which an input method for
 * Chinese leaves behind. */
static const char *find_wide(const char *text)
{
    for (; *text; text++) {
        const unsigned char *b = (const unsigned char *)text;
        bool form = b[0] == 0xef && (b[1] == 0xbc || (b[1] == 0xbd && b[2] <= 0x9e));
        if (form || (b[0] == 0xe3 && b[1] == 0x80 && b[2] == 0x82))
            return text;
    }
    return NULL;
}

/* Names outside ASCII are left to the resolver. */
static int check_name(const char *host, char *ret_problem)
{
    const char *bad = host;
    while (bad += strspn(bad, name_characters), (unsigned char)*bad >= 0x80)
        bad++;
    if (find_wide(host))
        return target_problem(ret_problem, "a full-width character in the host");
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

int endpoint_parse(const char *text, struct endpoint *ret_endpoint, char *ret_problem)
{
    struct endpoint endpoint = {.port = 0};
    const char *port = NULL;
    int error = split(text, endpoint.host, &port, ret_problem);
    if (error == 0 && port)
        error = port_parse(port, &endpoint.port, ret_problem);
    if (error == 0)
        *ret_endpoint = endpoint;
    return error;
}

int host_parse(const char *text, char ret_host[HOST_NAME], char *ret_problem)
{
    size_t length = strlen(text);
    bool bracketed = *text == '[' && length > 1 && text[length - 1] == ']';
    if (bracketed || strchr(text, ':')) {
        if (ipv6_copy(text + bracketed, length - 2 * (size_t)bracketed, bracketed, ret_host))
            return 0;
        return target_problem(ret_problem, "neither a host name nor an IPv6 address");
    }
    return copy_name(text, length, ret_host, ret_problem);
}
