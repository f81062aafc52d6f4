/* Which server greets: recognised from the fields of its greeting. */
#ifndef PROTO_PRODUCT_H
#define PROTO_PRODUCT_H

#include "proto/greeting.h"

enum product {
    PRODUCT_UNKNOWN,
    PRODUCT_MYSQL,
    PRODUCT_MARIADB,
    PRODUCT_OCEANBASE_PROXY,
    PRODUCT_OCEANBASE_OBSERVER,
    PRODUCT_TIDB,
    PRODUCT_PROXYSQL,
    PRODUCT_MYSQL_ROUTER,
    PRODUCT_MAXSCALE,
    PRODUCT_SPHINX,
    PRODUCT_COUNT
};

/* The name in the report ("oceanbase-proxy"). */
const char *product_name(enum product product);

enum product product_recognise(const struct greeting *greeting);

/* The version as users know it: MariaDB's "5.5.5-" prefix skipped. Points into the greeting. */
const char *product_version(const struct greeting *greeting);

/* The salt that an OBProxy without enable_proxy_scramble always sends. */
bool greeting_has_constant_salt(const struct greeting *greeting);

#endif
