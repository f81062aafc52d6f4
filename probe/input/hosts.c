/*
 * The hosts of a URL, in the forms that the drivers document:
 *
 *     host:port   [v6]:port   host1,host2
 *     address=(host=h)(port=1)(type=replica)        MySQL and MariaDB Connector/J
 *     (host=h,port=1)   user:password@[h1,h2]       MySQL Connector/J
 *     (/path/to/socket)   %2Fpath%2Fto%2Fsocket     MySQL Shell
 */
#include "probe/input/endpoint.h"
#include "probe/input/reading.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOST_TEXT = HOST_NAME + 16 };

/* One host while its keys are read. */
struct host {
    struct target_settings *settings; /* held */
    bool own_settings;                /* not shared with others */
    char *name;                       /* owned; NULL: not said */
    char *socket;                     /* likewise */
    uint16_t port;                    /* 0: not said */
};

static void host_clear(struct host *host)
{
    settings_unref(host->settings);
    free(host->name);
    free(host->socket);
    *host = (struct host){0};
}

/* What is said of one host alone does not hold for the others. */
static int own_settings(struct host *host)
{
    if (host->own_settings)
        return 0;
    struct target_settings *own = settings_clone(host->settings);
    if (!own)
        return -ENOMEM;
    settings_unref(host->settings);
    host->settings = own;
    host->own_settings = true;
    return 0;
}

/* The host is used up. Without a name it is the machine itself, as for the drivers. */
static int host_add(struct reading *reading, const char *end, struct host *host)
{
    const char *name = host->socket ? "" : host->name ? host->name : "localhost";
    char *copy = strdup(name);
    uint16_t port = host->socket ? 0 : host->port ? host->port : reading->default_port;
    int error =
        copy ? reading_add(reading, end, copy, host->socket, port, host->settings) : -ENOMEM;
    if (copy)
        host->socket = NULL;
    host_clear(host);
    return error;
}

/* ---- a host and a port ---- */

static int check_socket(const struct reading *reading, const char *end, const char *path)
{
    char problem[TARGET_PROBLEM];
    struct target ignored = {0};
    int error = target_parse_socket(path, &ignored, problem);
    target_clear(&ignored);
    return error == -EINVAL ? reading_problem(reading, end, "no path of a socket") : error;
}

static int take_socket(struct reading *reading, struct slice part, struct host *host)
{
    int error = reading_text(reading, part, lenient(part), "the path of a socket", SOCKET_PATH + 1,
                             &host->socket);
    return error < 0 ? error : check_socket(reading, slice_end(part), host->socket);
}

static int take_name(struct reading *reading, struct slice part, struct host *host)
{
    char name[HOST_NAME], problem[TARGET_PROBLEM];
    int error = reading_text(reading, part, lenient(part), "a host", HOST_NAME, &host->name);
    if (error < 0)
        return error;
    if (host_parse(host->name, name, problem) < 0)
        return reading_problem(reading, slice_end(part), "%s", problem);
    snprintf(host->name, strlen(host->name) + 1, "%s", name); /* it only became shorter */
    return 0;
}

static int take_port(struct reading *reading, struct slice part, struct host *host)
{
    char text[HOST_TEXT], problem[TARGET_PROBLEM];
    snprintf(text, sizeof text, "%.*s", (int)(part.length < 32 ? part.length : 32), part.at);
    if (port_parse(text, &host->port, problem) < 0)
        return reading_problem(reading, slice_end(part), "%s", problem);
    return 0;
}

/* "mysql://user:password", whose host was forgotten. */
static bool port_may_be_password(struct slice part)
{
    const char *colon = *part.at == '[' ? NULL : slice_find(part, ':');
    if (!colon)
        return false;
    struct slice port = slice_of(colon + 1, slice_end(part));
    for (size_t i = 0; i < port.length; i++)
        if (port.at[i] < '0' || port.at[i] > '9')
            return true;
    return false;
}

static int take_endpoint(struct reading *reading, struct slice part, struct host *host)
{
    char problem[TARGET_PROBLEM];
    struct endpoint endpoint;
    if (slice_begins(part, "%2F") || slice_begins(part, "/"))
        return take_socket(reading, part, host);
    bool scoped = slice_begins(part, "["); /* "%25eth0" is the endpoint's to decode */
    int error = reading_text(reading, part, scoped ? CODING_RAW : lenient(part), "a host",
                             HOST_TEXT, &host->name);
    if (error < 0)
        return error;
    size_t length = strlen(host->name);
    if (length > 0 && host->name[length - 1] == ':')
        host->name[length - 1] = '\0'; /* an empty port is none, RFC 3986 3.2.3 */
    if (endpoint_parse(host->name, &endpoint, problem) < 0 && port_may_be_password(part))
        return reading_problem(reading, slice_find(part, ':') + 1,
                               "a port from 1 to 65535 must follow, or, behind a password, '@' and "
                               "a host");
    if (endpoint_parse(host->name, &endpoint, problem) < 0)
        return reading_problem(reading, slice_end(part), "%s", problem);
    host->port = endpoint.port;
    free(host->name);
    host->name = strdup(endpoint.host);
    return host->name ? 0 : -ENOMEM;
}

/* ---- keys and values ---- */

static int check_type(struct reading *reading, struct slice value)
{
    static const char *const types[] = {"master", "slave", "source", "primary", "replica"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (slice_is(value, types[i]))
            return 0;
    return reading_problem(reading, slice_end(value),
                           "not one of primary, replica, source, master, slave");
}

static int take_key(struct reading *reading, struct slice pair, struct host *host)
{
    const char *equals = slice_find(pair, '=');
    if (!equals)
        return reading_problem(reading, slice_end(pair), "KEY=VALUE is expected");
    struct slice key = slice_trim(slice_of(pair.at, equals));
    struct slice value = slice_trim(slice_of(equals + 1, slice_end(pair)));
    if (slice_is(key, "host"))
        return take_name(reading, value, host);
    if (slice_is(key, "port"))
        return take_port(reading, value, host);
    if (slice_is(key, "address"))
        return take_endpoint(reading, value, host);
    if (slice_is(key, "localsocket") || slice_is(key, "socket"))
        return take_socket(reading, value, host);
    if (slice_is(key, "type"))
        return check_type(reading, value);
    if (slice_is(key, "priority") || slice_is(key, "weight"))
        return 0;
    int error = own_settings(host);
    return error < 0 ? error : parameter_read(reading, host->settings, key, value);
}

/* "(key=value)(key=value)" */
static int take_parentheses(struct reading *reading, struct slice part, struct host *host)
{
    int error = 0;
    for (part = slice_trim(part); error == 0 && part.length; part = slice_trim(part)) {
        const char *close = slice_find(part, ')');
        if (*part.at != '(' || !close)
            return reading_problem(reading, *part.at == '(' ? slice_end(part) : part.at + 1,
                                   *part.at == '(' ? "')' is missing" : "'(' is expected");
        struct slice pair = slice_of(part.at + 1, close);
        error = take_key(reading, pair, host);
        part = slice_of(close + 1, slice_end(part));
    }
    return error;
}

/* "key=value,key=value" */
static int take_list(struct reading *reading, struct slice part, struct host *host)
{
    int error = 0;
    while (error == 0 && part.length) {
        struct slice pair = slice_until(part, ",");
        error = take_key(reading, slice_trim(pair), host);
        part = slice_skip(part, pair.length + (pair.length < part.length));
    }
    return error;
}

/* ---- one host, or a list in brackets ---- */

static int add_one(struct reading *reading, struct slice part, struct host *host)
{
    static const char address[] = "address=";
    bool closed = part.length > 1 && *part.at == '(' && part.at[part.length - 1] == ')';
    struct slice inside = closed ? slice_of(part.at + 1, slice_end(part) - 1) : part;
    int error = 0;
    if (closed && (slice_begins(inside, "/") || slice_begins(inside, "%2F")))
        error = take_socket(reading, inside, host);
    else if (closed)
        error = take_list(reading, inside, host);
    else if (slice_begins(part, address))
        error = take_parentheses(reading, slice_skip(part, strlen(address)), host);
    else if (part.length)
        error = take_endpoint(reading, part, host);
    if (error < 0) {
        host_clear(host);
        return error;
    }
    return host_add(reading, slice_end(part), host);
}

static bool is_list(struct slice part)
{
    if (part.length < 2 || *part.at != '[' || part.at[part.length - 1] != ']')
        return false;
    struct slice inside = slice_of(part.at + 1, slice_end(part) - 1);
    return slice_find(inside, ',') || slice_find(inside, '=') || !slice_find(inside, ':') ||
           slice_until(inside, "0123456789abcdefABCDEF:.%").length > 0;
}

/* Up to the next ',' that is not inside of brackets. */
static struct slice first_of(struct slice list)
{
    int depth = 0;
    for (const char *at = list.at; at < slice_end(list); at++) {
        depth += *at == '(' || *at == '[';
        depth -= (*at == ')' || *at == ']') && depth > 0;
        if (*at == ',' && depth == 0)
            return slice_of(list.at, at);
    }
    return list;
}

typedef int read_part(struct reading *reading, struct slice part, struct target_settings *settings);

static int each(struct reading *reading, struct slice list, struct target_settings *settings,
                read_part *read)
{
    for (;;) {
        struct slice part = first_of(list);
        int error = read(reading, slice_trim(part), settings);
        if (error < 0 || part.length == list.length)
            return error;
        list = slice_skip(list, part.length + 1);
    }
}

static int read_inner(struct reading *reading, struct slice part, struct target_settings *settings)
{
    struct host host = {.settings = settings_ref(settings)};
    return add_one(reading, part, &host);
}

/* MySQL Connector/J has users in front of each host. */
static int read_outer(struct reading *reading, struct slice part, struct target_settings *settings)
{
    const char *at = reading->dialect == DIALECT_MYSQL_J ? user_end(part) : NULL;
    struct host host = {.settings = settings_ref(settings)};
    int error = 0;
    if (at) {
        error = own_settings(&host);
        if (error == 0)
            error = reading_user(reading, slice_of(part.at, at), host.settings);
        part = slice_trim(slice_of(at + 1, slice_end(part)));
    }
    if (error < 0)
        host_clear(&host);
    else if (!is_list(part))
        error = add_one(reading, part, &host);
    else {
        error =
            each(reading, slice_of(part.at + 1, slice_end(part) - 1), host.settings, read_inner);
        host_clear(&host);
    }
    return error;
}

int hosts_read(struct reading *reading, struct slice list)
{
    return each(reading, list, reading->settings, read_outer);
}
