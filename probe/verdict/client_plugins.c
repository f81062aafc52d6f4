#include "probe/verdict/client_plugins.h"
#include <stddef.h>
#include <string.h>

/* Debian's packages; `parsec` came with Connector/C 3.4. */
static const struct client_plugin plugins[] = {
    {"mysql_native_password", CLIENT_SENDS_PROOF, false, NULL},
    {"caching_sha2_password", CLIENT_SENDS_BY_KEY, false, "libmariadb3"},
    {"sha256_password", CLIENT_SENDS_BY_KEY, false, "libmariadb3"},
    {"mysql_clear_password", CLIENT_SENDS_CLEAR, false, "libmariadb3"},
    {"client_ed25519", CLIENT_SENDS_PROOF, true, "libmariadb3"},
    {"parsec", CLIENT_SENDS_PROOF, true, "libmariadb3, from Debian 13"},
    {"dialog", CLIENT_SENDS_CLEAR, true, "libmariadb3"},
    {"auth_gssapi_client", CLIENT_SENDS_CLEAR, true, "mariadb-plugin-gssapi-client"},
};

const struct client_plugin *client_plugin_find(const char *name)
{
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        if (strcmp(plugins[i].name, name) == 0)
            return &plugins[i];
    return NULL;
}
