/* By which signs of its greeting a server was recognised. */
#include "probe/render/text.h"
#include "probe/render/words.h"

static const char *const signs[SIGN_COUNT] = {
    [SIGN_CONSTANT_SALT] = "the constant salt",
    [SIGN_STATUS_ZERO] = "status 0",
    [SIGN_STATUS_AUTOCOMMIT] = "status 2",
    [SIGN_NATIVE_PLUGIN] = "mysql_native_password",
    [SIGN_CACHING_SHA2_PLUGIN] = "caching_sha2_password",
    [SIGN_OCEANBASE_CAPABILITIES] = "OceanBase's capability flags",
    [SIGN_OBSERVER_CAPABILITIES] = "capability flag 28 or 29",
    [SIGN_MULTI_STATEMENTS] = "CLIENT_MULTI_STATEMENTS",
    [SIGN_HIGH_CONNECTION_ID] = "a connection id from 2^31 on",
    [SIGN_ZERO_CONNECTION_ID] = "connection id 0",
    [SIGN_COMPRESSION] = "compression",
    [SIGN_MYSQL_CAPABILITIES] = "all of MySQL's lower capability flags",
    [SIGN_GAPLESS_CAPABILITIES] = "upper capability flags without a gap",
    [SIGN_MARIADB_CAPABILITIES] = "MariaDB's extended capabilities",
    [SIGN_MARIADB_FLAGS] = "MariaDB's capability flags",
    [SIGN_MARIADB_PROGRESS_FLAG] = "the capability flags of MariaDB before 10.2",
    [SIGN_MAXSCALE_CAPABILITIES] = "MaxScale's capability flags",
    [SIGN_PROXYSQL_CAPABILITIES] = "ProxySQL's upper capability flags",
    [SIGN_PROXYSQL_FLAGS] = "ProxySQL's lower capability flags",
    [SIGN_ROUTER_CAPABILITIES] = "the Router's capability flags",
    [SIGN_TIDB_CAPABILITIES] = "TiDB's capability flags",
    [SIGN_SPHINX_CAPABILITIES] = "Sphinx's capability flags",
    [SIGN_CHARSET] = "the charset",
    [SIGN_VERSION_STRING] = "the version string",
};

static void add_signs(char *to, size_t size, uint32_t set)
{
    const char *before = "";
    for (unsigned sign = 0; sign < SIGN_COUNT; sign++) {
        if (!(set & SIGN_BIT(sign)))
            continue;
        text_add(to, size, "%s%s", before, signs[sign]);
        before = ", ";
    }
}

void words_recognised(const struct exchange_facts *exchange, char *to, size_t size)
{
    to[0] = '\0';
    text_add(to, size, "%s, by ", certainty_name(exchange->certainty));
    add_signs(to, size, exchange->signs);
    if (!exchange->signs_against)
        return;
    text_add(to, size, "; against it: ");
    add_signs(to, size, exchange->signs_against);
}
