/*
 * The authentication plugins, and for each an answer without credentials that does not count
 * against this host at the server.
 */
#ifndef PROTO_AUTH_H
#define PROTO_AUTH_H

#include <stddef.h>
#include <stdint.h>

enum { HARMLESS_ANSWER_MAX = 128 };

struct auth_plugin {
    const char *name;
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
