/*
 * What counts at a server is an answer that its plugin calls a handshake error (CR_AUTH_HANDSHAKE:
 * host_cache.COUNT_HANDSHAKE_ERRORS, and with it SUM_CONNECT_ERRORS); wrong credentials do not.
 * Each answer below, its bytes all zeros, ends in another error than that.
 */
#include "proto/auth.h"

#include <string.h>

const char AUTH_OLD_PASSWORD[] = "mysql_old_password";

static const struct auth_plugin plugins[] = {
    /* Empty reads as "no password". To a switch OceanBase takes exactly 20 bytes; MySQL and MariaDB
     * count any length but 0 and 20 (measured). */
    {"mysql_native_password", AUTH_NATIVE, 0, 20},
    /* Empty reads as "no password", and spares the full authentication that could only be hung up
     * on: doing so on the switch counts (measured with MySQL 9.7). */
    {"caching_sha2_password", AUTH_CACHING_SHA2, 0, 0},
    {"sha256_password", AUTH_SHA256, 0, 0},
    /* Exactly one signature; any other length counts (measured with MariaDB 10.11). */
    {"client_ed25519", AUTH_NOT_SPOKEN, 64, 64},
    /* 8 bytes and a NUL; all zeros read as "no password" (measured). With secure_auth MariaDB
     * counts the login itself, before any switch. */
    {AUTH_OLD_PASSWORD, AUTH_NOT_SPOKEN, 0, 9},
    /* An empty password. What is behind these names (PAM, LDAP) reports no handshake errors
     * (measured with MariaDB's PAM). */
    {"mysql_clear_password", AUTH_CLEAR, 1, 1},
    {"dialog", AUTH_NOT_SPOKEN, 1, 1},
    /* Expects an empty packet, then a signature, and counts a wrong signature. A byte too many at
     * the first step ends it without counting (MariaDB, plugin/auth_parsec/server_parsec.cc). */
    {"parsec", AUTH_NOT_SPOKEN, 1, 1},
    /* No token, therefore refused as CR_ERROR (MariaDB, plugin/auth_gssapi/gssapi_server.cc). */
    {"auth_gssapi_client", AUTH_NOT_SPOKEN, 1, 1},
    /* Not known: most plugins read an empty answer as "no password". */
    {NULL, AUTH_NOT_SPOKEN, 0, 0},
};

enum { PLUGIN_COUNT = sizeof(plugins) / sizeof(plugins[0]) };

const struct auth_plugin *auth_plugin_find(const char *name)
{
    const struct auth_plugin *plugin = plugins;
    while (plugin->name && strcmp(plugin->name, name) != 0)
        plugin++;
    return plugin;
}

const struct auth_plugin *auth_plugins(size_t *ret_count)
{
    *ret_count = PLUGIN_COUNT;
    return plugins;
}
