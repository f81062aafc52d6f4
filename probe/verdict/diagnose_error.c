/* The server answered with an ERR: by its code, and by SQLSTATE where codes have two meanings. */
#include "probe/verdict/oceanbase.h"
#include "probe/verdict/rules.h"
#include <string.h>

/* Asked to stop at the connection or the greeting, the probe reads no answer behind it. */
static bool server_answered(const struct facts *facts)
{
    const struct exchange_facts *exchange = &facts->evidence->exchange;
    return connected(facts->evidence) && exchange->error.code != 0 &&
           facts->evidence->until != UNTIL_CONNECT &&
           !(facts->evidence->until == UNTIL_GREETING && exchange->greeted);
}

static bool said(const struct facts *facts, const struct rule *rule)
{
    return rule_names(rule, facts->evidence->exchange.error.code);
}

static bool said_as(const struct facts *facts, const struct rule *rule, const char *sqlstate)
{
    const char *said_state = facts->evidence->exchange.error.sqlstate;
    return said(facts, rule) && strncmp(said_state, sqlstate, strlen(sqlstate)) == 0;
}

static bool said_by_obproxy(const struct facts *facts, const struct rule *rule)
{
    return said(facts, rule) && facts->evidence->exchange.product == PRODUCT_OCEANBASE_PROXY;
}

static bool said_by_certain_obproxy(const struct facts *facts, const struct rule *rule)
{
    return said_by_obproxy(facts, rule) && facts->evidence->exchange.certainty == CERTAINTY_CERTAIN;
}

static bool said_as_42501(const struct facts *facts, const struct rule *rule)
{
    return said_as(facts, rule, "42501");
}

static bool said_as_0a000(const struct facts *facts, const struct rule *rule)
{
    return said_as(facts, rule, "0A000");
}

/* TiDB has other meanings for the same numbers. */
static bool said_as_08004(const struct facts *facts, const struct rule *rule)
{
    return said_as(facts, rule, "08004");
}

/* MariaDB: after the greeting, sequence 1, "Proxy header is not accepted from …" (measured). */
static bool said_proxy_header(const struct facts *facts, const struct rule *rule)
{
    static const char words[] = "Proxy header is not accepted";
    const char *message = facts->evidence->exchange.error.message;
    return said(facts, rule) && strncmp(message, words, strlen(words)) == 0;
}

/* ---- the anonymous name ---- */

/* The answer is about the account alone, and it came where an answer to a login comes. */
static bool said_of_nobody(const struct facts *facts, const struct rule *rule)
{
    const struct exchange_facts *exchange = &facts->evidence->exchange;
    return said(facts, rule) && exchange->greeted && exchange->login_sent &&
           !exchange->credentials && !exchange->error_in_greeting;
}

/* Nobody's tenant or cluster was asked for, and the OBProxy did not get as far as an observer. */
static bool said_of_tenant_by_obproxy(const struct facts *facts, const struct rule *rule)
{
    const struct evidence *evidence = facts->evidence;
    return said_of_nobody(facts, rule) && obproxy_denies(evidence) && !evidence->names_proxysys &&
           (evidence->names_tenant || evidence->names_cluster);
}

static bool told_a_cluster(const struct facts *facts, const struct rule *rule)
{
    return said(facts, rule) && observer_was_told_a_cluster(facts->evidence);
}

static bool nobody_told_a_cluster(const struct facts *facts, const struct rule *rule)
{
    return said_of_nobody(facts, rule) && observer_was_told_a_cluster(facts->evidence);
}

/* Credentials or TLS were asked for, and the greeting came too late for them. */
static bool greeted_too_late(const struct facts *facts, const struct rule *rule)
{
    const struct evidence *evidence = facts->evidence;
    return said_of_nobody(facts, rule) && evidence->exchange.blind &&
           (evidence->wants_login || evidence->tls_mode >= TLS_REQUIRED);
}

static bool login_too_late(const struct facts *facts, const struct rule *rule)
{
    return said_of_nobody(facts, rule) && facts->evidence->exchange.withheld == WITHHELD_LATE;
}

/* Where there is a password, ready is who lets it in: a handshake without it answers another
 * question. */
static bool rejected_elsewhere(const struct facts *facts, const struct rule *rule)
{
    return said_of_nobody(facts, rule) && facts->evidence->exchange.withheld == WITHHELD_REJECTED;
}

static bool login_waited(const struct facts *facts, const struct rule *rule)
{
    return said_of_nobody(facts, rule) && facts->evidence->exchange.withheld == WITHHELD_WAITED;
}

/* ---- credentials ---- */

static bool said_of_user(const struct facts *facts, const struct rule *rule)
{
    return said(facts, rule) && facts->evidence->exchange.credentials;
}

/* An OBProxy makes this answer up when tenant or location cannot be had, and shows the client's
 * address in it; an observer hides the address and never says which part was wrong (OceanBase's
 * source). */
static bool said_of_user_by_obproxy(const struct facts *facts, const struct rule *rule)
{
    return said_of_user(facts, rule) && obproxy_denies(facts->evidence);
}

/* Nothing but an OBProxy can have said it, and an OBProxy looks at no password. */
static bool said_of_user_by_certain_obproxy(const struct facts *facts, const struct rule *rule)
{
    return said_of_user_by_obproxy(facts, rule) && is_certain_obproxy(facts->evidence);
}

static bool let_in_by_obproxy(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return obproxy_let_its_own_in(facts->evidence);
}

static bool let_in_by_certain_obproxy(const struct facts *facts, const struct rule *rule)
{
    return let_in_by_obproxy(facts, rule) && is_certain_obproxy(facts->evidence);
}

/* The tenant that is the proxy itself: its users' passwords are the proxy's. */
static bool said_of_user_of_proxysys(const struct facts *facts, const struct rule *rule)
{
    return said_of_user_by_obproxy(facts, rule) && facts->evidence->names_proxysys;
}

static bool said_of_user_by_oceanbase(const struct facts *facts, const struct rule *rule)
{
    return said_of_user(facts, rule) && is_oceanbase(facts->evidence);
}

/* caching_sha2_password's "fast authentication succeeded", and then Access denied: the password was
 * right, and the account may not log in this way (REQUIRE SSL, REQUIRE X509; measured on MySQL
 * 9.7). */
static bool said_past_the_password(const struct facts *facts, const struct rule *rule)
{
    return said_of_user(facts, rule) && facts->evidence->exchange.fast_authentication;
}

static bool said_past_the_password_in_clear(const struct facts *facts, const struct rule *rule)
{
    return said_past_the_password(facts, rule) && !facts->evidence->exchange.secured;
}

static bool said_past_the_password_in_tls(const struct facts *facts, const struct rule *rule)
{
    return said_past_the_password(facts, rule) && facts->evidence->exchange.secured;
}

/* MySQL and MariaDB say the same 1045 to an account that may only log in inside TLS (measured). */
static bool said_of_user_in_clear(const struct facts *facts, const struct rule *rule)
{
    const struct exchange_facts *exchange = &facts->evidence->exchange;
    return said_of_user(facts, rule) && exchange->capabilities & CLIENT_SSL && !exchange->secured;
}

static bool said_of_user_in_clear_by_oceanbase(const struct facts *facts, const struct rule *rule)
{
    return said_of_user_in_clear(facts, rule) && is_oceanbase(facts->evidence);
}

/* A key file that is not this server's looks like a wrong password (measured). */
static bool said_of_user_with_given_key(const struct facts *facts, const struct rule *rule)
{
    return said_of_user(facts, rule) && facts->evidence->exchange.public_key_given;
}

/* Likewise to an account that must show a certificate (REQUIRE X509; measured). */
static bool said_of_user_without_certificate(const struct facts *facts, const struct rule *rule)
{
    return said_of_user(facts, rule) && facts->tls && facts->evidence->exchange.secured &&
           !facts->tls->client_certificate_sent;
}

/* SQLSTATE class 28: invalid authorization specification. */
static bool said_as_authorization(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return strncmp(facts->evidence->exchange.error.sqlstate, "28", 2) == 0;
}

static bool said_of_user_as_authorization(const struct facts *facts, const struct rule *rule)
{
    return facts->evidence->exchange.credentials && said_as_authorization(facts, rule);
}

/* SQLSTATE class 3D: invalid catalog name. */
static bool said_of_user_as_catalog(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->evidence->exchange.credentials &&
           strncmp(facts->evidence->exchange.error.sqlstate, "3D", 2) == 0;
}

#define ACCOUNT_CODES                                                                              \
    {                                                                                              \
        1045, 1044, 1049, 1251, 1698, 1226, 1820, 1862, 3118, 3955, 4150, 4151                     \
    }

static const struct rule rules[] = {
    {CAUSE_PROTOCOL_PROXY_HEADER, STAGE_LOGIN, said_proxy_header, .of = {1130}, CONFIDENCE_CERTAIN},
    {CAUSE_READY_LOGIN, STAGE_LOGIN, let_in_by_certain_obproxy, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_READY_LOGIN, STAGE_LOGIN, let_in_by_obproxy, .confidence = CONFIDENCE_LIKELY},
    {CAUSE_TIMED_OUT_GREETING, STAGE_GREETING, greeted_too_late, .of = ACCOUNT_CODES,
     CONFIDENCE_LIKELY},
    {CAUSE_TIMED_OUT_LOGIN, STAGE_LOGIN, login_too_late, .of = ACCOUNT_CODES, CONFIDENCE_POSSIBLE},
    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, rejected_elsewhere, .of = ACCOUNT_CODES,
     CONFIDENCE_POSSIBLE},
    {CAUSE_TIMED_OUT_LOGIN, STAGE_LOGIN, login_waited, .of = ACCOUNT_CODES, CONFIDENCE_POSSIBLE},
    {CAUSE_DENIED_TENANT, STAGE_LOGIN, said_of_tenant_by_obproxy, .of = {1045}, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_DENIED_TENANT, STAGE_LOGIN, nobody_told_a_cluster, .of = {1045}, CONFIDENCE_LIKELY},
    {CAUSE_DENIED_TENANT, STAGE_LOGIN, told_a_cluster, .of = {1045}, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_DENIED_CREDENTIALS}},
    {CAUSE_READY_HANDSHAKE, STAGE_LOGIN, said_of_nobody, .of = ACCOUNT_CODES, CONFIDENCE_CERTAIN},

    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, said_of_user_of_proxysys, .of = {1045},
     CONFIDENCE_LIKELY},
    {CAUSE_DENIED_TENANT, STAGE_LOGIN, said_of_user_by_certain_obproxy, .of = {1045},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_DENIED_TENANT, STAGE_LOGIN, said_of_user_by_obproxy, .of = {1045}, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_DENIED_CREDENTIALS, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, said_of_user_in_clear_by_oceanbase, .of = {1045},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_DENIED_TENANT, CAUSE_TLS_REQUIRED}},
    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, said_of_user_by_oceanbase, .of = {1045},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_DENIED_TENANT}},
    {CAUSE_TLS_REQUIRED, STAGE_LOGIN, said_past_the_password_in_clear, .of = {1045},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_TLS_CLIENT_CERTIFICATE}},
    {CAUSE_TLS_CLIENT_CERTIFICATE, STAGE_LOGIN, said_past_the_password_in_tls, .of = {1045},
     CONFIDENCE_LIKELY},
    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, said_of_user_with_given_key, .of = {1045},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_DENIED_AUTH_PLUGIN, CAUSE_TLS_REQUIRED}},
    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, said_of_user_in_clear, .of = {1045}, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_TLS_REQUIRED}},
    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, said_of_user_without_certificate, .of = {1045},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_TLS_CLIENT_CERTIFICATE}},
    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, said_of_user, .of = {1045, 1698}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_DATABASE, STAGE_LOGIN, said_of_user, .of = {1044, 1049}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_ACCOUNT_LOCKED, STAGE_LOGIN, said_of_user, .of = {3118, 3955, 4150, 4151},
     CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_PASSWORD_EXPIRED, STAGE_LOGIN, said_of_user, .of = {1820, 1862},
     CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_AUTH_PLUGIN, STAGE_LOGIN, said_of_user, .of = {1251}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_USER_LIMIT, STAGE_LOGIN, said_of_user, .of = {1226}, CONFIDENCE_CERTAIN},

    {CAUSE_DENIED_HOST, STAGE_LOGIN, said, .of = {1130}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_HOST_BLOCKED, STAGE_LOGIN, said, .of = {1129}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_ALLOW_LIST, STAGE_LOGIN, said_as_42501, .of = {1227}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_ALLOW_LIST, STAGE_LOGIN, said, .of = {2801}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_ACCOUNT_LOCKED, STAGE_LOGIN, said, .of = {5260}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_AUTH_PLUGIN, STAGE_LOGIN, said, .of = {1275, 1524}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_BACKEND, STAGE_LOGIN, said_by_obproxy, .of = {5150}, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_DENIED_TENANT}},
    {CAUSE_DENIED_TENANT, STAGE_LOGIN, said, .of = {5150, 5157}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_TENANT, STAGE_LOGIN, said_as_0a000, .of = {1235}, CONFIDENCE_CERTAIN},
    {CAUSE_DENIED_CLUSTER, STAGE_LOGIN, said, .of = {4669, 4666, 4780}, CONFIDENCE_CERTAIN},
    {CAUSE_TLS_REQUIRED, STAGE_LOGIN, said, .of = {3159}, CONFIDENCE_CERTAIN},

    {CAUSE_UNAVAILABLE_TOO_MANY_CONNECTIONS, STAGE_LOGIN, said, .of = {1040}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_TOO_MANY_CONNECTIONS, STAGE_LOGIN, said_by_certain_obproxy, .of = {1203},
     CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_TOO_MANY_CONNECTIONS, STAGE_LOGIN, said_by_obproxy, .of = {1203},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_UNAVAILABLE_USER_LIMIT}},
    {CAUSE_UNAVAILABLE_USER_LIMIT, STAGE_LOGIN, said, .of = {1203}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_STARTING, STAGE_LOGIN, said_as_08004, .of = {8001}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_STOPPING, STAGE_LOGIN, said_as_08004, .of = {8002}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_STOPPING, STAGE_LOGIN, said, .of = {1053}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_OFFLINE, STAGE_LOGIN, said, .of = {3032}, CONFIDENCE_CERTAIN},
    /* a client's error number in a server's mouth: a router speaks */
    {CAUSE_UNAVAILABLE_BACKEND, STAGE_LOGIN, said, .of = {2003}, CONFIDENCE_CERTAIN},

    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, said_of_user_as_authorization,
     .confidence = CONFIDENCE_LIKELY, .alternatives = {CAUSE_UNAVAILABLE_SERVER_ERROR}},
    {CAUSE_DENIED_DATABASE, STAGE_LOGIN, said_of_user_as_catalog, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_UNAVAILABLE_SERVER_ERROR}},
    {CAUSE_UNAVAILABLE_SERVER_ERROR, STAGE_LOGIN, said_as_authorization,
     .confidence = CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_DENIED_CREDENTIALS, CAUSE_DENIED_HOST}},
    {CAUSE_UNAVAILABLE_SERVER_ERROR, STAGE_LOGIN, always, .confidence = CONFIDENCE_LIKELY},
};

const struct rule_table error_table = RULE_TABLE(server_answered, rules);
