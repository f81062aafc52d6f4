/* What the fields of a greeting show that tells one server from another. */
#ifndef PROTO_GREETING_SIGNS_H
#define PROTO_GREETING_SIGNS_H

#include "proto/greeting.h"

enum greeting_sign {
    SIGN_CONSTANT_SALT,
    SIGN_STATUS_ZERO,
    SIGN_STATUS_AUTOCOMMIT,
    SIGN_NATIVE_PLUGIN,
    SIGN_CACHING_SHA2_PLUGIN,
    SIGN_OCEANBASE_CAPABILITIES,
    SIGN_OBSERVER_CAPABILITIES,
    SIGN_MULTI_STATEMENTS,
    SIGN_HIGH_CONNECTION_ID,
    SIGN_ZERO_CONNECTION_ID,
    SIGN_COMPRESSION,
    SIGN_MYSQL_CAPABILITIES,
    SIGN_GAPLESS_CAPABILITIES,
    SIGN_MARIADB_CAPABILITIES,
    SIGN_MARIADB_FLAGS,
    SIGN_MARIADB_PROGRESS_FLAG,
    SIGN_MAXSCALE_CAPABILITIES,
    SIGN_PROXYSQL_CAPABILITIES,
    SIGN_PROXYSQL_FLAGS,
    SIGN_ROUTER_CAPABILITIES,
    SIGN_TIDB_CAPABILITIES,
    SIGN_SPHINX_CAPABILITIES,
    SIGN_CHARSET,        /* one that the product greets with: see proto/product.h */
    SIGN_VERSION_STRING, /* names the product: likewise */
    SIGN_COUNT
};

/* A set of signs is a uint32_t of these bits. */
#define SIGN_BIT(sign) (UINT32_C(1) << (sign))

/* The name in the report ("constant-salt"). */
const char *greeting_sign_name(enum greeting_sign sign);

/* All that a greeting shows whichever product is asked about: never the last two. */
uint32_t greeting_signs(const struct greeting *greeting);

/* The salt that an OBProxy without enable_proxy_scramble always sends. */
bool greeting_has_constant_salt(const struct greeting *greeting);

#endif
