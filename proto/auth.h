/*
 * The authentication plugins: how each proves a password, and for each an answer without
 * credentials that does not count against this host at the server.
 */
#ifndef PROTO_AUTH_H
#define PROTO_AUTH_H

#include <stddef.h>
#include <stdint.h>

enum { HARMLESS_ANSWER_MAX = 128 };

/* How a plugin proves that the client knows the password. */
enum auth_method {
    AUTH_NOT_SPOKEN,
    AUTH_NATIVE,       /* a scramble of 20 bytes */
    AUTH_CACHING_SHA2, /* a scramble of 32 bytes; the password itself where the server asks for it
                        */
    AUTH_SHA256,       /* the password itself, encrypted by TLS or RSA */
    AUTH_CLEAR         /* the password itself */
};

struct auth_plugin {
    const char *name;
    enum auth_method method;
    size_t login_length;  /* of the proof inside the login packet */
    size_t switch_length; /* of the answer to an AuthSwitchRequest */
};

/* The table's row, or its last row (name NULL, for plugins not known) when there is none. */
const struct auth_plugin *auth_plugin_find(const char *name);

/* All rows, the last one (name NULL) included; the count goes to *ret_count. */
const struct auth_plugin *auth_plugins(size_t *ret_count);

/* The plugin that the one-byte AuthSwitchRequest means. */
extern const char AUTH_OLD_PASSWORD[];

#endif
