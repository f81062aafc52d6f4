/* By which signs of its greeting a server was recognised. */
#include "probe/render/language.h"
#include "probe/render/text.h"
#include "probe/render/words.h"

static const char *const signs[SIGN_COUNT] = {
    [SIGN_CONSTANT_SALT] = N_("the constant salt"),
    [SIGN_STATUS_ZERO] = N_("status 0"),
    [SIGN_STATUS_AUTOCOMMIT] = N_("status 2"),
    [SIGN_NATIVE_PLUGIN] = "mysql_native_password",
    [SIGN_CACHING_SHA2_PLUGIN] = "caching_sha2_password",
    [SIGN_OCEANBASE_CAPABILITIES] = N_("OceanBase's capability flags"),
    [SIGN_OBSERVER_CAPABILITIES] = N_("capability flag 28 or 29"),
    [SIGN_MULTI_STATEMENTS] = "CLIENT_MULTI_STATEMENTS",
    [SIGN_HIGH_CONNECTION_ID] = N_("a connection id from 2^31 on"),
    [SIGN_ZERO_CONNECTION_ID] = N_("connection id 0"),
    [SIGN_COMPRESSION] = N_("compression"),
    [SIGN_MYSQL_CAPABILITIES] = N_("all of MySQL's lower capability flags"),
    [SIGN_GAPLESS_CAPABILITIES] = N_("upper capability flags without a gap"),
    [SIGN_MARIADB_CAPABILITIES] = N_("MariaDB's extended capabilities"),
    [SIGN_MARIADB_FLAGS] = N_("MariaDB's capability flags"),
    [SIGN_MARIADB_PROGRESS_FLAG] = N_("the capability flags of MariaDB before 10.2"),
    [SIGN_MAXSCALE_CAPABILITIES] = N_("MaxScale's capability flags"),
    [SIGN_PROXYSQL_CAPABILITIES] = N_("ProxySQL's upper capability flags"),
    [SIGN_PROXYSQL_FLAGS] = N_("ProxySQL's lower capability flags"),
    [SIGN_ROUTER_CAPABILITIES] = N_("the Router's capability flags"),
    [SIGN_TIDB_CAPABILITIES] = N_("TiDB's capability flags"),
    [SIGN_SPHINX_CAPABILITIES] = N_("Sphinx's capability flags"),
    [SIGN_CHARSET] = N_("the charset"),
    [SIGN_VERSION_STRING] = N_("the version string"),
};

static void add_signs(char *to, size_t size, uint32_t set)
{
    const char *before = "";
    for (unsigned sign = 0; sign < SIGN_COUNT; sign++) {
        if (!(set & SIGN_BIT(sign)))
            continue;
        text_add(to, size, "%s%s", before, tr(signs[sign]));
        before = tr(", ");
    }
}

void words_recognised(const struct exchange_facts *exchange, char *to, size_t size)
{
    to[0] = '\0';
    text_add(to, size, tr("%s, by "), certainty_name(exchange->certainty));
    add_signs(to, size, exchange->signs);
    if (!exchange->signs_against)
        return;
    text_add(to, size, "%s", tr("; against it: "));
    add_signs(to, size, exchange->signs_against);
}
