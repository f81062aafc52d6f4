/* Who logs in: with a password (even an empty one) a login, without it only an anonymous probe. */
#ifndef PROBE_INPUT_LOGIN_H
#define PROBE_INPUT_LOGIN_H

#include "probe/input/secret.h"
#include "probe/input/slice.h"

/* The fixed name of an anonymous login; documented as never to be created. */
#define ANONYMOUS_USER "obprobe_nobody"

enum {
    LOGIN_USER = 512,     /* bytes with the NUL: OceanBase's user@tenant#cluster is the longest */
    LOGIN_DATABASE = 256, /* likewise: 64 characters of UTF-8 */
};

/* Owned by whoever made it, and outlives the run. */
struct login {
    const char *user;            /* NULL: not given */
    const char *database;        /* NULL: none */
    const struct secret *secret; /* the password; NULL: not given, hence no login */
};

/*
 * What an OBProxy takes a login name for: "user@tenant#cluster:id", all but the user optional; or,
 * where it holds neither '@' nor '#' but one separator at least twice, three parts
 * "cluster:tenant:user" (oceanbase/obproxy, ObProxyAuthParser). An observer looks for the '@'
 * alone, and what is behind it is the tenant, a '#' included (oceanbase/seekdb,
 * extract_user_tenant). A part of no length is none: the default stands in its place.
 */
struct login_name {
    struct slice user;
    struct slice tenant;  /* without length where it names none; so are those below */
    struct slice cluster; /* without its id */
    struct slice cluster_id;
    char separator; /* of three parts; '\0' in the standard form */
};

/* Parts of the text, which outlives them. NULL is a name without parts. */
struct login_name login_name_read(const char *text);

/* What an observer takes it for. */
struct login_name login_name_at_observer(const char *text);

/* The proxy's own tenant: who logs in there never meets an observer (oceanbase/obproxy). */
bool login_name_is_proxysys(const struct login_name *name);

/*
 * The name of an anonymous login beside `user` (NULL: none): ANONYMOUS_USER, with the user's tenant
 * and cluster appended, so that these are checked without the account. `to` has LOGIN_ANONYMOUS
 * bytes. Only an OBProxy makes three parts of a name; for others that is a user as any other.
 */
enum { LOGIN_ANONYMOUS = LOGIN_USER + 16 };
void anonymous_user(const char *user, bool to_obproxy, char *to);

#endif
