#include "probe/input/login.h"
#include <stdio.h>

/* In the order in which an OBProxy tries them, unless its username_separator says otherwise. */
static const char separators[] = ":-.";

/* Up to the byte, which is then skipped in the rest; all of it where there is none. */
static struct slice split(struct slice *rest, char byte)
{
    const char *found = slice_find(*rest, byte);
    struct slice part = *rest;
    if (found) {
        part = slice_of(rest->at, found);
        *rest = slice_of(found + 1, slice_end(*rest));
    } else {
        *rest = (struct slice){NULL, 0};
    }
    return part;
}

static bool holds_twice(struct slice text, char byte)
{
    (void)split(&text, byte);
    return slice_find(text, byte) != NULL;
}

static char separator_of(struct slice text)
{
    for (const char *separator = separators; *separator; separator++)
        if (holds_twice(text, *separator))
            return *separator;
    return '\0';
}

static struct login_name read_standard(struct slice text)
{
    struct login_name name = {0};
    bool has_tenant = slice_find(text, '@') != NULL;
    struct slice rest = text;
    name.user = split(&rest, has_tenant ? '@' : '#');
    if (has_tenant)
        name.tenant = split(&rest, '#');
    name.cluster_id = rest;
    if (rest.at)
        name.cluster = split(&name.cluster_id, ':');
    return name;
}

/* Behind the user there can be the id of the cluster, whatever separator it has. */
static struct login_name read_three_parts(struct slice text, char separator)
{
    struct login_name name = {.separator = separator};
    name.cluster = split(&text, separator);
    name.tenant = split(&text, separator);
    name.cluster_id = text;
    if (!slice_find(text, separator))
        separator = ':';
    name.user = split(&name.cluster_id, separator);
    return name;
}

struct login_name login_name_read(const char *text)
{
    struct slice all = {text, text ? strlen(text) : 0};
    if (slice_find(all, '@') || slice_find(all, '#') || !separator_of(all))
        return read_standard(all);
    return read_three_parts(all, separator_of(all));
}

struct login_name login_name_at_observer(const char *text)
{
    struct slice rest = {text, text ? strlen(text) : 0};
    struct login_name name = {.user = split(&rest, '@')};
    name.tenant = rest;
    return name;
}

bool login_name_is_proxysys(const struct login_name *name)
{
    static const char proxysys[] = "proxysys";
    size_t length = sizeof proxysys - 1;
    return name->tenant.length == length && memcmp(name->tenant.at, proxysys, length) == 0;
}

/* A name in the standard form keeps its parts as they are typed; three parts become such a one. */
void anonymous_user(const char *user, bool to_obproxy, char *to)
{
    struct login_name name = login_name_read(user);
    if (name.separator && to_obproxy)
        snprintf(to, LOGIN_ANONYMOUS, ANONYMOUS_USER "@%.*s#%.*s%s%.*s", (int)name.tenant.length,
                 name.tenant.at, (int)name.cluster.length, name.cluster.at,
                 name.cluster_id.at ? ":" : "", (int)name.cluster_id.length,
                 name.cluster_id.at ? name.cluster_id.at : "");
    else
        snprintf(to, LOGIN_ANONYMOUS, ANONYMOUS_USER "%.*s", LOGIN_USER - 1,
                 user && !name.separator ? slice_end(name.user) : "");
}
