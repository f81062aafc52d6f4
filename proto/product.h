/* Which server greets: recognised from several signs of its greeting together. */
#ifndef PROTO_PRODUCT_H
#define PROTO_PRODUCT_H

#include "proto/greeting_signs.h"

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

/* How sure it is that a greeting is a product's. */
enum certainty {
    CERTAINTY_NONE,     /* nothing speaks for it, or too little */
    CERTAINTY_POSSIBLE, /* likely, were it not for what speaks against it */
    CERTAINTY_LIKELY,   /* the flags and the status are its own: others could greet so */
    CERTAINTY_CERTAIN   /* nothing else known greets so */
};

struct recognition {
    enum product product;
    enum certainty certainty;
    uint32_t signs;   /* set of SIGN_BIT()s: those of the greeting that speak for the product */
    uint32_t against; /* and those that speak against it */
};

/* The names in the report ("oceanbase-proxy", "likely"). */
const char *product_name(enum product product);
const char *certainty_name(enum certainty certainty);

/*
 * The product that is claimed with most certainty. The version string is a sign among others: it
 * is free text of the administrator in most of them and a copy of a server's in every proxy, so it
 * never makes a product nor unmakes one. Where nothing but the version names a product, and that
 * only, the product is unknown.
 */
struct recognition product_recognise(const struct greeting *greeting);

/* What is to be said for one product, whatever is to be said for others: that no greeting is two
 * products' for certain is shown by asking for each. */
struct recognition product_claim(enum product product, const struct greeting *greeting);

/* The version as users know it: MariaDB's "5.5.5-" prefix skipped. Points into the greeting. */
const char *product_version(const struct greeting *greeting);

#endif
