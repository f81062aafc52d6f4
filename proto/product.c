#include "proto/product.h"

#include <string.h>

enum { CHARSETS = 2 };

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

static const char *const certainties[] = {
    [CERTAINTY_NONE] = "none",
    [CERTAINTY_POSSIBLE] = "possible",
    [CERTAINTY_LIKELY] = "likely",
    [CERTAINTY_CERTAIN] = "certain",
};

#define S(sign_) SIGN_BIT(SIGN_##sign_)

/* The mark of the family: no autocommit in the status, the native plugin, its flags. */
#define OCEANBASE (S(STATUS_ZERO) | S(NATIVE_PLUGIN) | S(OCEANBASE_CAPABILITIES))

/* What no OBProxy greets with. */
#define NO_OBPROXY                                                                                 \
    (S(STATUS_AUTOCOMMIT) | S(CACHING_SHA2_PLUGIN) | S(OBSERVER_CAPABILITIES) |                    \
     S(HIGH_CONNECTION_ID) | S(COMPRESSION) | S(MYSQL_CAPABILITIES) | S(MARIADB_CAPABILITIES) |    \
     S(MARIADB_FLAGS) | S(MARIADB_PROGRESS_FLAG) | S(PROXYSQL_CAPABILITIES) |                      \
     S(ROUTER_CAPABILITIES) | S(TIDB_CAPABILITIES) | S(SPHINX_CAPABILITIES))

/* A product may have several. Where the claims are equal the first counts: whoever sits in front of
 * a server shows parts of that server's greeting. */
static const struct recogniser {
    enum product product;
    uint32_t enough;   /* any of these makes it certain, whatever else there is */
    uint32_t likely;   /* all of these make it likely */
    uint32_t certain;  /* and all of these certain; 0: nothing does */
    uint32_t besides;  /* speak for it, and decide nothing */
    uint32_t excluded; /* with any of these it is not, unless there is enough */
    uint32_t against;  /* any of these takes a step of certainty away */
    uint8_t charsets[CHARSETS];
    const char *version; /* is in its version string by default, or in some builds'; may be NULL */
} recognisers[] = {
    /* oceanbase/obproxy: no connection id of its has the top bit set. The charset is 46 in 4.3, 83
     * in 3.1 and 4.0. CLIENT_MULTI_STATEMENTS came with 4.x. */
    {
        .product = PRODUCT_OCEANBASE_PROXY,
        .enough = S(CONSTANT_SALT),
        .likely = OCEANBASE,
        .besides = S(MULTI_STATEMENTS),
        .excluded = S(OBSERVER_CAPABILITIES) | S(HIGH_CONNECTION_ID),
        .against = NO_OBPROXY,
        .charsets = {46, 83},
        .version = "OceanBase",
    },
    /* oceanbase, seekdb: ompk_handshake.cpp. Every connection id has the top bit set. */
    {
        .product = PRODUCT_OCEANBASE_OBSERVER,
        .likely = OCEANBASE | S(OBSERVER_CAPABILITIES),
        .certain = S(HIGH_CONNECTION_ID),
        .against = S(CONSTANT_SALT) | S(MULTI_STATEMENTS),
        .charsets = {46},
        .version = "OceanBase",
    },
    {
        .product = PRODUCT_OCEANBASE_OBSERVER,
        .likely = OCEANBASE | S(HIGH_CONNECTION_ID),
        .against = S(CONSTANT_SALT) | S(MULTI_STATEMENTS),
        .charsets = {46},
        .version = "OceanBase",
    },
    /* manticoresearch, netreceive_ql.cpp; Sphinx, of which it is a fork, has no plugin. */
    {
        .product = PRODUCT_SPHINX,
        .likely = S(SPHINX_CAPABILITIES) | S(STATUS_AUTOCOMMIT),
        .certain = S(NATIVE_PLUGIN) | S(CHARSET),
        .against = S(CONSTANT_SALT),
        .charsets = {33},
    },
    /* MaxScale, mariadb_client.cc, send_server_handshake(): in front of MariaDB from 10.2 on, */
    {
        .product = PRODUCT_MAXSCALE,
        .likely = S(MAXSCALE_CAPABILITIES) | S(STATUS_AUTOCOMMIT) | S(MARIADB_CAPABILITIES),
        .certain = S(NATIVE_PLUGIN),
        .excluded = S(OBSERVER_CAPABILITIES),
        .against = S(CONSTANT_SALT),
        .version = "-maxscale",
    },
    /* and of other servers, where the status alone tells it from an OBProxy. */
    {
        .product = PRODUCT_MAXSCALE,
        .likely = S(MAXSCALE_CAPABILITIES) | S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN),
        .certain = S(VERSION_STRING),
        .excluded = S(OBSERVER_CAPABILITIES) | S(HIGH_CONNECTION_ID),
        .against = S(CONSTANT_SALT),
        .version = "-maxscale",
    },
    /* Where it does not pass its server's greeting on (mysql-server,
     * router/src/routing/src/classic_greeting_receiver.cc). */
    {
        .product = PRODUCT_MYSQL_ROUTER,
        .likely = S(ROUTER_CAPABILITIES) | S(STATUS_AUTOCOMMIT),
        .certain = S(CACHING_SHA2_PLUGIN) | S(ZERO_CONNECTION_ID),
        .against = S(CONSTANT_SALT),
        .charsets = {255},
        .version = "-router",
    },
    /* ProxySQL, MySQL_Protocol.cpp, generate_pkt_initial_handshake(). */
    {
        .product = PRODUCT_PROXYSQL,
        .likely = S(PROXYSQL_CAPABILITIES) | S(STATUS_AUTOCOMMIT),
        .certain = S(PROXYSQL_FLAGS),
        .against = S(CONSTANT_SALT) | S(ZERO_CONNECTION_ID),
        .charsets = {33},
        .version = "ProxySQL",
    },
    /* TiDB, pkg/server/conn.go, writeInitialHandshake(), and the proxies that took it over:
     * "8.0.11-TiDB-VERSION" by default (pkg/parser/mysql/const.go). */
    {
        .product = PRODUCT_TIDB,
        .likely = S(TIDB_CAPABILITIES) | S(STATUS_AUTOCOMMIT),
        .certain = S(CHARSET) | S(VERSION_STRING),
        .besides = S(NATIVE_PLUGIN),
        .against = S(CONSTANT_SALT),
        .charsets = {46},
        .version = "-TiDB-",
    },
    /* From 10.2 on, */
    {
        .product = PRODUCT_MARIADB,
        .likely = S(MARIADB_CAPABILITIES) | S(MARIADB_FLAGS),
        .certain = S(COMPRESSION) | S(GAPLESS_CAPABILITIES) | S(NATIVE_PLUGIN),
        .besides = S(STATUS_AUTOCOMMIT),
        .against = S(CONSTANT_SALT),
        .version = "MariaDB",
    },
    /* and before. */
    {
        .product = PRODUCT_MARIADB,
        .likely = S(MARIADB_PROGRESS_FLAG),
        .certain = S(COMPRESSION) | S(NATIVE_PLUGIN),
        .besides = S(STATUS_AUTOCOMMIT),
        .against = S(CONSTANT_SALT),
        .version = "MariaDB",
    },
    /* Without compression it may be a MySQL Router's copy of MySQL's greeting (mysql-server,
     * router/src/routing/src/classic_greeting_forwarder.cc). */
    {
        .product = PRODUCT_MYSQL,
        .likely = S(MYSQL_CAPABILITIES),
        .certain = S(COMPRESSION) | S(GAPLESS_CAPABILITIES),
        .besides = S(STATUS_AUTOCOMMIT) | S(CACHING_SHA2_PLUGIN),
        .against = S(CONSTANT_SALT),
    },
};

static const size_t recogniser_count = sizeof(recognisers) / sizeof(recognisers[0]);

const char *product_name(enum product product)
{
    return names[product];
}

const char *certainty_name(enum certainty certainty)
{
    return certainties[certainty];
}

/* The signs whose meaning depends on the product that is asked about. */
static uint32_t own_signs(const struct recogniser *recogniser, const struct greeting *greeting)
{
    uint32_t signs = 0;
    for (size_t i = 0; i < CHARSETS; i++) {
        if (recogniser->charsets[i] && recogniser->charsets[i] == greeting->charset)
            signs |= S(CHARSET);
    }
    if (recogniser->version && strstr(greeting->version, recogniser->version))
        signs |= S(VERSION_STRING);
    return signs;
}

static bool has_all(uint32_t signs, uint32_t wanted)
{
    return (signs & wanted) == wanted;
}

static enum certainty undisputed(const struct recogniser *recogniser, uint32_t signs)
{
    if (signs & recogniser->enough)
        return CERTAINTY_CERTAIN;
    if (!has_all(signs, recogniser->likely) || signs & recogniser->excluded)
        return CERTAINTY_NONE;
    bool certain = recogniser->certain && has_all(signs, recogniser->certain);
    return certain ? CERTAINTY_CERTAIN : CERTAINTY_LIKELY;
}

static struct recognition claim(const struct recogniser *recogniser,
                                const struct greeting *greeting)
{
    uint32_t signs = greeting_signs(greeting) | own_signs(recogniser, greeting);
    enum certainty certainty = undisputed(recogniser, signs);
    if (certainty == CERTAINTY_NONE)
        return (struct recognition){.product = PRODUCT_UNKNOWN};
    if (signs & recogniser->against)
        certainty--;
    return (struct recognition){
        .product = recogniser->product,
        .certainty = certainty,
        .signs = signs & (recogniser->enough | recogniser->likely | recogniser->certain |
                          recogniser->besides | S(CHARSET) | S(VERSION_STRING)),
        .against = signs & recogniser->against,
    };
}

/* The best claim for a product, or for any (PRODUCT_COUNT). */
static struct recognition best_claim(enum product product, const struct greeting *greeting)
{
    struct recognition best = {.product = PRODUCT_UNKNOWN};
    for (size_t i = 0; i < recogniser_count; i++) {
        if (product != PRODUCT_COUNT && recognisers[i].product != product)
            continue;
        struct recognition claimed = claim(&recognisers[i], greeting);
        if (claimed.certainty > best.certainty)
            best = claimed;
    }
    return best;
}

struct recognition product_claim(enum product product, const struct greeting *greeting)
{
    return best_claim(product, greeting);
}

struct recognition product_recognise(const struct greeting *greeting)
{
    return best_claim(PRODUCT_COUNT, greeting);
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
