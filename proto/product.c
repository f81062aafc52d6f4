#include "proto/product.h"

#include <string.h>

enum {
    CLIENT_COMPRESS = 0x00000020,
    FEATURES_LOW = 0xffff,
};

/* Bits 28 and 29 of an observer: hidden row id, LOB locator (oceanbase, ob_mysql_global.h). */
static const uint32_t OBSERVER_CAPABILITIES = UINT32_C(0x30000000);

/* Real MySQL and MariaDB offer the whole word of flags, this client-side one included. */
static const uint32_t CLIENT_REMEMBER_OPTIONS = UINT32_C(0x80000000);

static const char *const names[PRODUCT_COUNT] = {
    [PRODUCT_UNKNOWN] = "unknown",
    [PRODUCT_MYSQL] = "mysql",
    [PRODUCT_MARIADB] = "mariadb",
    [PRODUCT_OCEANBASE_PROXY] = "oceanbase-proxy",
    [PRODUCT_OCEANBASE_OBSERVER] = "oceanbase-observer",
    [PRODUCT_TIDB] = "tidb",
    [PRODUCT_PROXYSQL] = "proxysql",
    [PRODUCT_MYSQL_ROUTER] = "mysql-router",
    [PRODUCT_MAXSCALE] = "maxscale",
    [PRODUCT_SPHINX] = "sphinx",
};

/* Sphinx and Manticore implement these alone (manticoresearch, netreceive_ql.cpp). */
static bool is_sphinx(const struct greeting *greeting)
{
    uint32_t low = greeting->capabilities & (FEATURES_LOW ^ CLIENT_SSL ^ CLIENT_COMPRESS);
    return low == (CLIENT_CONNECT_WITH_DB | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION);
}

/* "5.5.5-10.2.12 VERSION-maxscale", where it does not show its server's (MaxScale,
 * mariadb_client.cc). */
static bool is_maxscale(const struct greeting *greeting)
{
    return strstr(greeting->version, "-maxscale");
}

/* "VERSION-router", where it does not pass its server's greeting on (mysql-server/router). */
static bool is_router(const struct greeting *greeting)
{
    return strstr(greeting->version, "-router");
}

/* "8.0.11-TiDB-VERSION" by default (TiDB, pkg/parser/mysql/const.go). */
static bool is_tidb(const struct greeting *greeting)
{
    return strstr(greeting->version, "-TiDB-");
}

/* The upper capabilities are a constant, whatever is configured (ProxySQL, MySQL_Protocol.cpp). */
static bool is_proxysql(const struct greeting *greeting)
{
    return greeting->capabilities >> 16 == 0x808f;
}

/* The mark of the family: no autocommit in the status, the native plugin, and neither compression
 * nor CLIENT_DEPRECATE_EOF, which a MySQL with autocommit off would offer (oceanbase/obproxy,
 * branches 3.1 and 4.x; oceanbase/seekdb). The version string is free text of the administrator. */
static bool is_oceanbase(const struct greeting *greeting)
{
    uint32_t low = (greeting->capabilities | CLIENT_SSL) & FEATURES_LOW;
    return greeting->status == 0 && low == (FEATURES_LOW ^ CLIENT_COMPRESS) &&
           !(greeting->capabilities & CLIENT_DEPRECATE_EOF) &&
           strcmp(greeting->auth_plugin, "mysql_native_password") == 0;
}

/* An observer's connection ids have the top bit set, a proxy's never. */
static bool is_observer(const struct greeting *greeting)
{
    return is_oceanbase(greeting) &&
           (greeting->connection_id >> 31 || greeting->capabilities & OBSERVER_CAPABILITIES);
}

static bool is_obproxy(const struct greeting *greeting)
{
    return greeting_has_constant_salt(greeting) ||
           (is_oceanbase(greeting) && !is_observer(greeting));
}

/* MariaDB clears CLIENT_LONG_PASSWORD to announce capabilities of its own (MariaDB's protocol
 * documentation, "Capabilities"). */
static bool is_mariadb(const struct greeting *greeting)
{
    return strstr(greeting->version, "MariaDB") || greeting->mariadb_capabilities != 0;
}

/* Measured with 5.6 and 9.7: all 16 low flags but those switched off by configuration. Imitations
 * offer what they implement. */
static bool is_mysql(const struct greeting *greeting)
{
    uint32_t low = (greeting->capabilities | CLIENT_SSL | CLIENT_COMPRESS) & FEATURES_LOW;
    return low == FEATURES_LOW && greeting->capabilities & CLIENT_REMEMBER_OPTIONS;
}

/* In this order: whoever sits in front of a server shows parts of that server's greeting. */
static const struct recogniser {
    enum product product;
    bool (*fits)(const struct greeting *greeting);
} recognisers[] = {
    {PRODUCT_OCEANBASE_PROXY, is_obproxy},
    {PRODUCT_OCEANBASE_OBSERVER, is_observer},
    {PRODUCT_SPHINX, is_sphinx},
    {PRODUCT_MAXSCALE, is_maxscale},
    {PRODUCT_MYSQL_ROUTER, is_router},
    {PRODUCT_PROXYSQL, is_proxysql},
    {PRODUCT_TIDB, is_tidb},
    {PRODUCT_MARIADB, is_mariadb},
    {PRODUCT_MYSQL, is_mysql},
};

const char *product_name(enum product product)
{
    return names[product];
}

enum product product_recognise(const struct greeting *greeting)
{
    for (size_t i = 0; i < sizeof(recognisers) / sizeof(recognisers[0]); i++) {
        if (recognisers[i].fits(greeting))
            return recognisers[i].product;
    }
    return PRODUCT_UNKNOWN;
}

/* MariaDB 10 put the prefix there for old replicas; MySQL's own 5.5.5 was "5.5.5-m3". */
const char *product_version(const struct greeting *greeting)
{
    static const char prefix[] = "5.5.5-";
    size_t length = sizeof(prefix) - 1;
    const char *version = greeting->version;
    bool prefixed = strncmp(version, prefix, length) == 0;
    return prefixed && version[length] >= '0' && version[length] <= '9' ? version + length
                                                                        : version;
}

bool greeting_has_constant_salt(const struct greeting *greeting)
{
    static const char salt[] = "aaaaaaaabbbbbbbbbbbb";
    return greeting->auth_data_length == sizeof(salt) - 1 &&
           memcmp(greeting->auth_data, salt, sizeof(salt) - 1) == 0;
}
