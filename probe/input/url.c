/*
 * URLs: scheme "//" [user[:password]@] hosts [/database] [?parameters]. Drivers do not follow RFC
 * 3986 to the letter: '@' and '#' are frequent in OceanBase's user names, so that the last '@'
 * counts and '#' begins nothing.
 */
#include "probe/input/login.h"
#include "probe/input/problem.h"
#include "probe/input/reading.h"
#include <errno.h>
#include <stdlib.h>

enum { PORT_MYSQL = 3306, PORT_OCEANBASE = 2883 };

/* OceanBase's driver comes from MariaDB's, with its default port 3306 (HostAddress.java). */
static const struct scheme {
    const char *prefix;
    enum dialect dialect;
    uint16_t port;
} schemes[] = {
    {"mysql:", DIALECT_URI, PORT_MYSQL},
    {"mariadb:", DIALECT_URI, PORT_MYSQL},
    {"oceanbase:", DIALECT_URI, PORT_OCEANBASE},
    {"jdbc:mysql:", DIALECT_MYSQL_J, PORT_MYSQL},
    {"jdbc:mariadb:", DIALECT_MARIADB_J, PORT_MYSQL},
    {"jdbc:oceanbase:", DIALECT_MARIADB_J, PORT_MYSQL},
};

/* OceanBase's driver takes "failover" for "loadbalance"; of these any host will do. "oracle" in
 * front of a mode says which SQL is spoken, not how to connect. */
static const struct mode {
    const char *name;
    enum group_mode mode;
} modes[] = {
    {"failover", MODE_FAILOVER},       {"sequential", MODE_SEQUENTIAL},
    {"loadbalance", MODE_LOADBALANCE}, {"load-balance", MODE_LOADBALANCE},
    {"replication", MODE_REPLICATION}, {"load-balance-read", MODE_REPLICATION},
    {"aurora", MODE_FAILOVER},         {"oracle", MODE_FAILOVER},
};

/* "mysql+pymysql://": the part behind '+' names a library (SQLAlchemy). */
static bool take_scheme(struct slice text, const struct scheme *scheme, struct slice *ret_rest)
{
    size_t length = strlen(scheme->prefix) - 1;
    if (text.length <= length || strncasecmp(text.at, scheme->prefix, length) != 0)
        return false;
    *ret_rest = slice_skip(text, length);
    if (slice_begins(*ret_rest, "+srv:"))
        return false;
    if (*ret_rest->at == '+' && scheme->dialect == DIALECT_URI)
        *ret_rest = slice_skip(*ret_rest, slice_until(*ret_rest, ":").length);
    if (!ret_rest->length || *ret_rest->at != ':')
        return false;
    *ret_rest = slice_skip(*ret_rest, 1);
    return true;
}

static const struct scheme *find_scheme(struct slice text, struct slice *ret_rest)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (take_scheme(text, &schemes[i], ret_rest))
            return &schemes[i];
    return NULL;
}

static int read_mode(struct reading *reading, struct slice word)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (slice_is(word, modes[i].name)) {
            reading->mode = modes[i].mode;
            return 0;
        }
    }
    return reading_problem(reading, slice_end(word),
                           "not one of loadbalance, replication, failover, sequential");
}

/* The words between the scheme and "//"; `*rest` is moved behind it. */
static int read_modes(struct reading *reading, struct slice *rest)
{
    int error = 0;
    while (error == 0 && !slice_begins(*rest, "//")) {
        struct slice word = slice_until(*rest, ":/");
        if (reading->dialect == DIALECT_URI || word.length == 0 || word.length == rest->length ||
            *slice_end(word) == '/')
            return reading_problem(reading, slice_end(word), "'//' is missing");
        error = read_mode(reading, word);
        *rest = slice_skip(*rest, word.length + 1);
    }
    if (error == 0)
        *rest = slice_skip(*rest, 2);
    return error;
}

/* Up to the first '/' or '?' that is not inside of parentheses which begin a host. */
static struct slice authority_of(struct slice rest)
{
    int depth = 0;
    for (const char *at = rest.at; at < slice_end(rest); at++) {
        if (*at == '(' && (depth > 0 || at == rest.at || strchr("@,=)[", at[-1])))
            depth++;
        else if (*at == ')' && depth > 0)
            depth--;
        else if (depth == 0 && (*at == '/' || *at == '?'))
            return slice_of(rest.at, at);
    }
    return rest;
}

static int read_database(struct reading *reading, struct slice path)
{
    if (path.length == 0)
        return 0;
    const char *slash = slice_find(path, '/');
    if (slice_find(path, '@')) /* it may be the end of a password with a '/' in it: not repeated */
        return reading_problem(reading, path.at,
                               "an '@' behind '/': in a password '/' is %%2F, in the name of a "
                               "database '@' is %%40");
    if (slash)
        return reading_problem(reading, slash + 1, "a '/' in the name of the database");
    enum coding coding =
        reading->dialect == DIALECT_MARIADB_J ? lenient(path) : coding_of(reading->dialect);
    return reading_text(reading, path, coding, "a database", LOGIN_DATABASE,
                        &reading->settings->texts[SETTING_DATABASE]);
}

/* Database and parameters, behind the hosts. */
static int read_tail(struct reading *reading, struct slice tail)
{
    struct slice path = slice_until(tail, "?");
    struct slice query = slice_skip(tail, path.length);
    int error = 0;
    if (path.length)
        error = read_database(reading, slice_skip(path, 1));
    if (error == 0 && query.length)
        error = parameters_read(reading, slice_skip(query, 1));
    return error;
}

/* The user in front of the hosts stands before one in the parameters. */
static int read_authority(struct reading *reading, struct slice authority)
{
    const char *at = reading->dialect == DIALECT_MYSQL_J ? NULL : user_end(authority);
    if (at) {
        int error = reading_user(reading, slice_of(authority.at, at), reading->settings);
        if (error < 0)
            return error;
        authority = slice_of(at + 1, slice_end(authority));
    }
    return hosts_read(reading, slice_trim(authority));
}

/* A socket that a parameter names is where the driver connects, whatever the hosts are. */
static int use_socket(struct reading *reading)
{
    char *host = strdup("");
    if (!host)
        return -ENOMEM;
    for (size_t i = 0; i < reading->host_count; i++)
        target_clear(&reading->hosts[i]);
    reading->host_count = 0;
    char *socket = reading->socket;
    reading->socket = NULL;
    return reading_add(reading, reading->text, host, socket, 0, reading->settings);
}

int url_read(struct reading *reading)
{
    struct slice rest;
    struct slice text = slice_of(reading->text, reading->text + strlen(reading->text));
    const struct scheme *scheme = find_scheme(text, &rest);
    if (!scheme)
        return -ENOENT;
    reading->dialect = scheme->dialect;
    reading->default_port = reading->default_port ? reading->default_port : scheme->port;
    int error = read_modes(reading, &rest);
    if (error < 0)
        return error;
    struct slice authority = authority_of(rest);
    error = read_tail(reading, slice_skip(rest, authority.length));
    if (error == 0)
        error = read_authority(reading, authority);
    if (error == 0 && reading->socket)
        error = use_socket(reading);
    return error;
}
