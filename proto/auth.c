/*
 * What counts at a server is an answer that its plugin calls a handshake error (CR_AUTH_HANDSHAKE:
 * host_cache.COUNT_HANDSHAKE_ERRORS, and with it SUM_CONNECT_ERRORS); wrong credentials do not.
 * Each length below makes the plugin say "wrong credentials". The answer's bytes are zeros.
 */
#include "proto/auth.h"

#include <string.h>

const char AUTH_OLD_PASSWORD[] = "mysql_old_password";

static const struct auth_plugin plugins[] = {
    /* Empty reads as "no password"; to a switch OceanBase takes exactly 20 bytes, and MySQL and
     * MariaDB count any length but 0 and 20 (measured). */
    {"mysql_native_password", 0, 20},
    /* Empty reads as "no password", and spares the full authentication that could only be hung up
     * on (MySQL's sql/auth/sha2_password.cc and sql_authentication.cc). */
    {"caching_sha2_password", 0, 0},
    {"sha256_password", 0, 0},
    /* Exactly one signature; anything else counts (measured). */
    {"client_ed25519", 64, 64},
    /* 8 bytes and a NUL; all zeros read as "no password" even where secure_auth would count a
     * scramble (measured). */
    {AUTH_OLD_PASSWORD, 0, 9},
    /* An empty password; the plugins behind these names (PAM, LDAP) never report a handshake
     * error (MariaDB's plugin/auth_pam). */
    {"mysql_clear_password", 1, 1},
    {"dialog", 1, 1},
    /* Expects an empty packet, then a signature, and counts a wrong signature. One byte too many at
     * the first step ends it without counting (MariaDB's plugin/auth_parsec). */
    {"parsec", 1, 1},
    /* Not a token: refused as CR_ERROR, which does not count (MariaDB's plugin/auth_gssapi). */
    {"auth_gssapi_client", 1, 1},
    /* Unknown: most plugins read an empty answer as "no password". */
    {NULL, 0, 0},
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
