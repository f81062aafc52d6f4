/* Who logs in: with a password (even an empty one) a login, without it only an anonymous probe. */
#ifndef PROBE_INPUT_LOGIN_H
#define PROBE_INPUT_LOGIN_H

#include "probe/input/secret.h"

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
 * The name of an anonymous login beside `user` (NULL: none): ANONYMOUS_USER, with the user's tenant
 * and cluster appended (user@tenant#cluster, read from the end: the user itself may hold '@'), so
 * that these are checked without the account. `to` has LOGIN_ANONYMOUS bytes.
 */
enum { LOGIN_ANONYMOUS = LOGIN_USER + 16 };
void anonymous_user(const char *user, char *to);

#endif
