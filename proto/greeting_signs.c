#include "proto/greeting_signs.h"

#include <string.h>

enum {
    CLIENT_COMPRESS = 0x0020,
    CLIENT_LOCAL_FILES = 0x0080,
    CLIENT_INTERACTIVE = 0x0400,
    CONFIGURED = CLIENT_SSL | CLIENT_COMPRESS, /* what most servers can switch off */
    LOWER = 0xffff,
    STATUS_AUTOCOMMIT = 0x0002,
};

/* Flags of the upper word. */
enum {
    UPPER_PLUGIN_AUTH_LENENC = 0x0020,
    UPPER_PLUGIN_AUTH = 0x0008,
    UPPER_DEPRECATE_EOF = 0x0100,
    UPPER_ZSTD = 0x0400,
    UPPER_PROGRESS = 0x2000,
    UPPER_OBSERVER = 0x3000,
    UPPER_CLIENT_SIDE = 0xc000, /* CLIENT_SSL_VERIFY_SERVER_CERT and the next */
    UPPER_REMEMBER_OPTIONS = 0x8000,
};

static const char *const names[SIGN_COUNT] = {
    [SIGN_CONSTANT_SALT] = "constant-salt",
    [SIGN_STATUS_ZERO] = "status-zero",
    [SIGN_STATUS_AUTOCOMMIT] = "status-autocommit",
    [SIGN_NATIVE_PLUGIN] = "native-plugin",
    [SIGN_CACHING_SHA2_PLUGIN] = "caching-sha2-plugin",
    [SIGN_OCEANBASE_CAPABILITIES] = "oceanbase-capabilities",
    [SIGN_OBSERVER_CAPABILITIES] = "observer-capabilities",
    [SIGN_MULTI_STATEMENTS] = "multi-statements",
    [SIGN_HIGH_CONNECTION_ID] = "high-connection-id",
    [SIGN_ZERO_CONNECTION_ID] = "zero-connection-id",
    [SIGN_COMPRESSION] = "compression",
    [SIGN_MYSQL_CAPABILITIES] = "mysql-capabilities",
    [SIGN_GAPLESS_CAPABILITIES] = "gapless-capabilities",
    [SIGN_MARIADB_CAPABILITIES] = "mariadb-capabilities",
    [SIGN_MARIADB_FLAGS] = "mariadb-flags",
    [SIGN_MARIADB_PROGRESS_FLAG] = "mariadb-progress-flag",
    [SIGN_MAXSCALE_CAPABILITIES] = "maxscale-capabilities",
    [SIGN_PROXYSQL_CAPABILITIES] = "proxysql-capabilities",
    [SIGN_PROXYSQL_FLAGS] = "proxysql-flags",
    [SIGN_ROUTER_CAPABILITIES] = "router-capabilities",
    [SIGN_TIDB_CAPABILITIES] = "tidb-capabilities",
    [SIGN_SPHINX_CAPABILITIES] = "sphinx-capabilities",
    [SIGN_CHARSET] = "charset",
    [SIGN_VERSION_STRING] = "version-string",
};

const char *greeting_sign_name(enum greeting_sign sign)
{
    return names[sign];
}

static bool has_lower(const struct greeting *greeting, uint32_t flags, uint32_t optional)
{
    return (greeting->capabilities & LOWER & ~optional) == (flags & ~optional);
}

static bool has_upper(const struct greeting *greeting, uint32_t flags, uint32_t optional)
{
    return (greeting->capabilities >> 16 & ~optional) == (flags & ~optional);
}

/* Whether any of these flags of the upper word is offered. */
static bool offers(const struct greeting *greeting, uint32_t flags)
{
    return greeting->capabilities >> 16 & flags;
}

bool greeting_has_constant_salt(const struct greeting *greeting)
{
    static const char salt[] = "aaaaaaaabbbbbbbbbbbb";
    return greeting->auth_data_length == sizeof(salt) - 1 &&
           memcmp(greeting->auth_data, salt, sizeof(salt) - 1) == 0;
}

/* The short form has no status. */
static bool has_status_zero(const struct greeting *greeting)
{
    return !greeting->short_form && greeting->status == 0;
}

static bool has_status_autocommit(const struct greeting *greeting)
{
    return greeting->status == STATUS_AUTOCOMMIT;
}

static bool has_native_plugin(const struct greeting *greeting)
{
    return strcmp(greeting->auth_plugin, "mysql_native_password") == 0;
}

static bool has_caching_sha2_plugin(const struct greeting *greeting)
{
    return strcmp(greeting->auth_plugin, "caching_sha2_password") == 0;
}

/* All lower flags but compression, TLS as configured (oceanbase, ompk_handshake.cpp; obproxy,
 * branches 3.1 and 4.x). A MySQL with autocommit off, whose status is 0 too, offers compression or
 * one of the two upper flags. */
static bool has_oceanbase_capabilities(const struct greeting *greeting)
{
    return has_lower(greeting, 0xf7df, CLIENT_SSL) &&
           !offers(greeting, UPPER_DEPRECATE_EOF | UPPER_REMEMBER_OPTIONS);
}

/* Hidden row id and LOB locator (oceanbase, ompk_handshake.cpp). */
static bool has_observer_capabilities(const struct greeting *greeting)
{
    return offers(greeting, UPPER_OBSERVER);
}

static bool has_multi_statements(const struct greeting *greeting)
{
    return greeting->capabilities & CLIENT_MULTI_STATEMENTS;
}

static bool has_high_connection_id(const struct greeting *greeting)
{
    return greeting->connection_id >> 31;
}

static bool has_zero_connection_id(const struct greeting *greeting)
{
    return greeting->connection_id == 0;
}

static bool has_compression(const struct greeting *greeting)
{
    return greeting->capabilities & CLIENT_COMPRESS;
}

/* Measured with 5.6 and 9.7: all lower flags but those that are configured, and the client-side
 * CLIENT_REMEMBER_OPTIONS. Imitations offer what they implement. */
static bool has_mysql_capabilities(const struct greeting *greeting)
{
    return has_lower(greeting, 0xffff, CONFIGURED) && offers(greeting, UPPER_REMEMBER_OPTIONS) &&
           !offers(greeting, UPPER_PROGRESS);
}

/* MySQL and MariaDB offer every flag of the upper word up to their newest one (MySQL 5.5 0x800f,
 * 5.6 0x807f, 5.7 0x81ff, 8.0 0x83ff to 0x9fff; include/mysql_com.h). zstd is configured. */
static bool has_gapless_capabilities(const struct greeting *greeting)
{
    uint32_t upper = greeting->capabilities >> 16 & ~(uint32_t)UPPER_CLIENT_SIDE;
    if (upper > UPPER_ZSTD)
        upper |= UPPER_ZSTD;
    return upper & UPPER_PLUGIN_AUTH && (upper & (upper + 1)) == 0;
}

/* Instead of CLIENT_LONG_PASSWORD, from 10.2 on (MariaDB's protocol documentation,
 * "Capabilities"). */
static bool has_mariadb_capabilities(const struct greeting *greeting)
{
    return greeting->mariadb_capabilities != 0;
}

/* Measured with 10.11, CLIENT_BASIC_FLAGS (mariadb, include/mysql_com.h). */
static bool has_mariadb_flags(const struct greeting *greeting)
{
    return has_lower(greeting, 0xfffe, CONFIGURED) && offers(greeting, UPPER_REMEMBER_OPTIONS);
}

/* Up to 10.1 MariaDB had CLIENT_PROGRESS here, which MySQL never took (mariadb,
 * include/mysql_com.h, CLIENT_PROGRESS_OBSOLETE since). */
static bool has_mariadb_progress_flag(const struct greeting *greeting)
{
    return has_lower(greeting, 0xffff, CONFIGURED) && offers(greeting, UPPER_REMEMBER_OPTIONS) &&
           offers(greeting, UPPER_PROGRESS);
}

/* GW_MYSQL_CAPABILITIES_SERVER, the same as an OBProxy's: lower flag 0 depends on the servers
 * behind (MaxScale, include/maxscale/protocol/mariadb/mysql.hh). */
static bool has_maxscale_capabilities(const struct greeting *greeting)
{
    return has_lower(greeting, 0xf7df, CLIENT_SSL | CLIENT_LONG_PASSWORD) &&
           !offers(greeting, UPPER_REMEMBER_OPTIONS);
}

/* The upper word is a constant, 0x808f at first and with CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA and
 * two switches since (ProxySQL, MySQL_Protocol.cpp). */
static bool has_proxysql_capabilities(const struct greeting *greeting)
{
    return has_upper(greeting, 0x808f, UPPER_PLUGIN_AUTH_LENENC | UPPER_DEPRECATE_EOF | UPPER_ZSTD);
}

/* The default of mysql-server_capabilities (ProxySQL, MySQL_Thread.cpp) and CLIENT_LONG_FLAG. */
static bool has_proxysql_flags(const struct greeting *greeting)
{
    return has_lower(greeting, 0xf20f, CONFIGURED);
}

/* Where it greets before it has a server: nothing that only a client does (mysql-server,
 * router/src/routing/src/classic_greeting_receiver.cc). */
static bool has_router_capabilities(const struct greeting *greeting)
{
    return has_lower(greeting, 0xa6df, CONFIGURED) && !offers(greeting, UPPER_REMEMBER_OPTIONS);
}

/* defaultCapability, which has grown (TiDB, pkg/server/server.go). */
static bool has_tidb_capabilities(const struct greeting *greeting)
{
    uint32_t later = CLIENT_INTERACTIVE | CLIENT_LOCAL_FILES;
    return has_lower(greeting, 0xa20f, CONFIGURED | later) &&
           has_upper(greeting, 0x0013, UPPER_PLUGIN_AUTH | UPPER_DEPRECATE_EOF | UPPER_ZSTD);
}

/* Three flags (manticoresearch, netreceive_ql.cpp, HandshakeV10_c). */
static bool has_sphinx_capabilities(const struct greeting *greeting)
{
    return has_lower(greeting, 0x8208, CONFIGURED);
}

static const struct {
    enum greeting_sign sign;
    bool (*shows)(const struct greeting *greeting);
} shown[] = {
    {SIGN_CONSTANT_SALT, greeting_has_constant_salt},
    {SIGN_STATUS_ZERO, has_status_zero},
    {SIGN_STATUS_AUTOCOMMIT, has_status_autocommit},
    {SIGN_NATIVE_PLUGIN, has_native_plugin},
    {SIGN_CACHING_SHA2_PLUGIN, has_caching_sha2_plugin},
    {SIGN_OCEANBASE_CAPABILITIES, has_oceanbase_capabilities},
    {SIGN_OBSERVER_CAPABILITIES, has_observer_capabilities},
    {SIGN_MULTI_STATEMENTS, has_multi_statements},
    {SIGN_HIGH_CONNECTION_ID, has_high_connection_id},
    {SIGN_ZERO_CONNECTION_ID, has_zero_connection_id},
    {SIGN_COMPRESSION, has_compression},
    {SIGN_MYSQL_CAPABILITIES, has_mysql_capabilities},
    {SIGN_GAPLESS_CAPABILITIES, has_gapless_capabilities},
    {SIGN_MARIADB_CAPABILITIES, has_mariadb_capabilities},
    {SIGN_MARIADB_FLAGS, has_mariadb_flags},
    {SIGN_MARIADB_PROGRESS_FLAG, has_mariadb_progress_flag},
    {SIGN_MAXSCALE_CAPABILITIES, has_maxscale_capabilities},
    {SIGN_PROXYSQL_CAPABILITIES, has_proxysql_capabilities},
    {SIGN_PROXYSQL_FLAGS, has_proxysql_flags},
    {SIGN_ROUTER_CAPABILITIES, has_router_capabilities},
    {SIGN_TIDB_CAPABILITIES, has_tidb_capabilities},
    {SIGN_SPHINX_CAPABILITIES, has_sphinx_capabilities},
};

uint32_t greeting_signs(const struct greeting *greeting)
{
    uint32_t signs = 0;
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        if (shown[i].shows(greeting))
            signs |= SIGN_BIT(shown[i].sign);
    }
    return signs;
}
