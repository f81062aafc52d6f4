/*
 * Data source names of github.com/go-sql-driver/mysql:
 *
 *     [user[:password]@][protocol[(address)]]/database[?name=value&...]
 *
 * Split at the last '/' and the last '@' before it; user and password are taken as they stand
 * (dsn.go, ParseDSN).
 */
#include "probe/input/endpoint.h"
#include "probe/input/login.h"
#include "probe/input/reading.h"
#include <errno.h>
#include <stdlib.h>

enum { PORT_MYSQL = 3306 };

static int read_tcp(struct reading *reading, struct slice address)
{
    if (address.length == 0)
        address = (struct slice){"127.0.0.1", 9};
    return hosts_read(reading, address);
}

static int read_unix(struct reading *reading, struct slice address)
{
    if (address.length == 0)
        address = (struct slice){"/tmp/mysql.sock", 15};
    if (*address.at != '/')
        return reading_problem(reading, slice_end(address),
                               "the path of a socket must begin with '/'");
    return hosts_read(reading, address);
}

/* "tcp(db1:3306)" */
static int read_address(struct reading *reading, struct slice part)
{
    struct slice protocol = slice_until(part, "(");
    struct slice address = slice_skip(part, protocol.length);
    if (address.length && address.at[address.length - 1] != ')')
        return reading_problem(reading, slice_end(address), "')' is missing");
    if (address.length)
        address = slice_of(address.at + 1, slice_end(address) - 1);
    if (slice_is(protocol, "tcp") || slice_is(protocol, "tcp4") || slice_is(protocol, "tcp6") ||
        protocol.length == 0)
        return read_tcp(reading, address);
    if (slice_is(protocol, "unix"))
        return read_unix(reading, address);
    return reading_problem(reading, slice_end(protocol),
                           "a network that the program registers itself: only tcp and unix are "
                           "known");
}

static int read_database(struct reading *reading, struct slice tail)
{
    struct slice name = slice_until(tail, "?");
    struct slice query = slice_skip(tail, name.length);
    int error = 0;
    if (name.length)
        error = reading_text(reading, name, CODING_PERCENT, "a database", LOGIN_DATABASE,
                             &reading->settings->texts[SETTING_DATABASE]);
    if (error == 0 && query.length)
        error = parameters_read(reading, slice_skip(query, 1));
    return error;
}

/* The last '/' in front of the parameters, whose values may hold some: the driver's own last '/'
 * would be inside of them, and they would have to be encoded. */
static const char *find_slash(struct slice text)
{
    const char *close = strstr(text.at, ")/");
    const char *begin = close ? close : text.at;
    const char *question = slice_find(slice_of(begin, slice_end(text)), '?');
    return slice_find_last(slice_of(text.at, question ? question : slice_end(text)), '/');
}

/* Told from HOST:PORT by a protocol with an address, or by '@' and '/' behind it. */
static bool is_dsn(struct slice text, const char *slash)
{
    const char *at = slash ? slice_find_last(slice_of(text.at, slash), '@') : NULL;
    struct slice address = slash ? slice_of(at ? at + 1 : text.at, slash) : text;
    struct slice protocol = slice_until(address, "(:/?=.");
    bool named = protocol.length && protocol.length < address.length &&
                 *slice_end(protocol) == '(' && slice_end(address)[-1] == ')';
    return named || (at && slash == at + 1) || (at && slice_is(address, "tcp"));
}

/* Another scheme's URL, and not a user whose password begins with two slashes. */
static bool has_scheme(struct slice text)
{
    struct slice name = slice_until(text, ":@/?(");
    return slice_begins(slice_skip(text, name.length), "://");
}

int go_dsn_read(struct reading *reading)
{
    struct slice text = slice_of(reading->text, reading->text + strlen(reading->text));
    const char *slash = find_slash(text);
    struct slice front = slash ? slice_of(text.at, slash) : text;
    const char *at = slice_find_last(front, '@');
    if (has_scheme(text) || !is_dsn(text, slash))
        return -ENOENT;
    reading->dialect = DIALECT_GO;
    reading->default_port = reading->default_port ? reading->default_port : PORT_MYSQL;
    if (!slash)
        return reading_problem(reading, slice_end(text), "'/' is missing behind the address");
    int error = read_database(reading, slice_of(slash + 1, slice_end(text)));
    if (error == 0 && at)
        error = reading_user(reading, slice_of(text.at, at), reading->settings);
    if (error == 0)
        error = read_address(reading, at ? slice_of(at + 1, slice_end(front)) : front);
    return error;
}
