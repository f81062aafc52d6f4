/* The server answered with an ERR: by its code, and by SQLSTATE where codes have two meanings. */
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

/* The answer is about the account alone, and it came where an answer to a login comes. */
static bool said_of_account(const struct facts *facts, const struct rule *rule)
{
    const struct exchange_facts *exchange = &facts->evidence->exchange;
    return said(facts, rule) && exchange->greeted && exchange->login_sent &&
           !exchange->error_in_greeting;
}

/* SQLSTATE class 28: invalid authorization specification. */
static bool said_as_authorization(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return strncmp(facts->evidence->exchange.error.sqlstate, "28", 2) == 0;
}

#define ACCOUNT_CODES                                                                              \
    {                                                                                              \
        1045, 1044, 1049, 1251, 1698, 1226, 1820, 1862, 3118, 3955, 4150, 4151                     \
    }

static const struct rule rules[] = {
    {CAUSE_PROTOCOL_PROXY_HEADER, STAGE_LOGIN, said_proxy_header, .of = {1130}, CONFIDENCE_CERTAIN},
    {CAUSE_READY_HANDSHAKE, STAGE_LOGIN, said_of_account, .of = ACCOUNT_CODES, CONFIDENCE_CERTAIN},

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
    {CAUSE_UNAVAILABLE_TOO_MANY_CONNECTIONS, STAGE_LOGIN, said_by_obproxy, .of = {1203},
     CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_USER_LIMIT, STAGE_LOGIN, said, .of = {1203}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_STARTING, STAGE_LOGIN, said_as_08004, .of = {8001}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_STOPPING, STAGE_LOGIN, said_as_08004, .of = {8002}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_STOPPING, STAGE_LOGIN, said, .of = {1053}, CONFIDENCE_CERTAIN},
    {CAUSE_UNAVAILABLE_OFFLINE, STAGE_LOGIN, said, .of = {3032}, CONFIDENCE_CERTAIN},
    /* a client's error number in a server's mouth: a router speaks */
    {CAUSE_UNAVAILABLE_BACKEND, STAGE_LOGIN, said, .of = {2003}, CONFIDENCE_CERTAIN},

    {CAUSE_UNAVAILABLE_SERVER_ERROR, STAGE_LOGIN, said_as_authorization,
     .confidence = CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_DENIED_CREDENTIALS, CAUSE_DENIED_HOST}},
    {CAUSE_UNAVAILABLE_SERVER_ERROR, STAGE_LOGIN, always, .confidence = CONFIDENCE_LIKELY},
};

const struct rule_table error_table = RULE_TABLE(server_answered, rules);
