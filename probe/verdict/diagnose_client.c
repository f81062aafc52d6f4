/* libmariadb's second opinion, and its first where the wire does not speak the account's plugin. */
#include "probe/verdict/client_plugins.h"
#include "probe/verdict/rules.h"
#include <stdio.h>
#include <string.h>

/* libmariadb's own numbers, in its errmsg.h: CR_MIN_ERROR to CR_MAX_ERROR, and MariaDB's from 5000.
 * OceanBase's servers use 5100 and up. */
static bool is_of_the_library(uint16_t code)
{
    return (code >= 2000 && code < 3000) || (code >= 5000 && code < 5100);
}

bool diagnose_client_alone(const struct exchange_facts *exchange)
{
    const struct client_plugin *plugin = client_plugin_find(exchange->auth_plugin);
    return exchange->credentials && exchange->refusal == PROOF_NOT_SPOKEN && plugin &&
           plugin->alone && !exchange->logged_in &&
           (exchange->error.code == 0 || exchange->error.code == 1045);
}

bool diagnose_client_wanted(const struct exchange_facts *exchange)
{
    bool accepted = exchange->credentials && exchange->logged_in && exchange->statement_answered &&
                    exchange->error.code == 0;
    return accepted || diagnose_client_alone(exchange);
}

/* The server's code, wherever it stands; else the library's. */
uint16_t diagnose_client_code(const struct client_evidence *client)
{
    return client->wrapped ? client->wrapped : client->code;
}

bool diagnose_client_quotes(const struct client_evidence *client)
{
    uint16_t code = diagnose_client_code(client);
    return code != 0 && !is_of_the_library(code);
}

/* What may have happened to the wire's login as well, a moment later: it says nothing of the
 * library. */
static bool is_passing(uint16_t code)
{
    return code == 1040 || code == 1203 || code == 1226;
}

bool diagnose_client_inconclusive(const struct client_evidence *client)
{
    return !client->alone &&
           (client->result == CLIENT_TIMED_OUT ||
            (client->result == CLIENT_FAILED && is_passing(diagnose_client_code(client))));
}

/* Whoever says so in the greeting's place closes by its own will. */
static bool is_turned_away(uint16_t code)
{
    return code == 1040 || code == 1129;
}

/* It was refused before there was a connection, or by the server in an answer that ends the
 * handshake in order; everything else breaks one off. */
enum server_cost diagnose_client_cost(const struct client_evidence *client)
{
    enum { CR_CONNECTION_ERROR = 2002, CR_CONN_HOST_ERROR = 2003 };
    uint16_t code = diagnose_client_code(client);
    switch (client->result) {
    case CLIENT_NOT_RUN:
    case CLIENT_PREDICTED:
    case CLIENT_PASSED:
        return COST_NONE;
    case CLIENT_FAILED:
        if (code == CR_CONNECTION_ERROR || code == CR_CONN_HOST_ERROR || is_turned_away(code))
            return COST_NONE;
        return is_of_the_library(code) && !client->logged_in ? COST_COUNTED : COST_LOG;
    case CLIENT_TIMED_OUT:
        break;
    }
    return COST_COUNTED;
}

/* ---- the server's answer to a login that only libmariadb could prove ---- */

bool client_stands_in(const struct facts *facts, struct evidence *ret_evidence)
{
    const struct client_evidence *client = facts->client;
    if (!client || !facts->evidence || !client->alone || client->result != CLIENT_FAILED ||
        !diagnose_client_quotes(client))
        return false;
    *ret_evidence = *facts->evidence;
    struct exchange_facts *exchange = &ret_evidence->exchange;
    exchange->refusal = PROOF_NOT_REFUSED;
    exchange->proof_sent = true;
    exchange->logged_in = client->logged_in;
    exchange->error.code = diagnose_client_code(client);
    memcpy(exchange->error.sqlstate, client->sqlstate, sizeof exchange->error.sqlstate);
    snprintf(exchange->error.message, sizeof exchange->error.message, "%.*s",
             (int)sizeof exchange->error.message - 1, client->message);
    return true;
}

/* ---- rules ---- */

static bool decides(const struct facts *facts)
{
    const struct client_evidence *client = facts->client;
    if (!client || !facts->evidence || client->result == CLIENT_NOT_RUN)
        return false;
    /* what is foreseen says nothing more of an account that the wire could not log in to */
    if (client->alone)
        return client->result != CLIENT_PREDICTED || client->reason == CLIENT_PLUGIN_FILE;
    return client->result != CLIENT_PASSED && !diagnose_client_inconclusive(client);
}

static bool plugin_missing(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->client->result == CLIENT_PREDICTED && facts->client->reason == CLIENT_PLUGIN_FILE;
}

static bool passed_alone(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->client->alone && facts->client->result == CLIENT_PASSED;
}

static bool timed_out_alone(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->client->alone && facts->client->result == CLIENT_TIMED_OUT;
}

/* In its own words, which do not tell a server that refuses from a fault of the library. */
static bool failed_alone(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->client->alone;
}

static bool predicted(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->client->result == CLIENT_PREDICTED;
}

static const struct rule client_rules[] = {
    {CAUSE_CLIENT_PLUGIN_MISSING, STAGE_CLIENT, plugin_missing, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_READY_LOGIN, STAGE_CLIENT, passed_alone, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TIMED_OUT_LOGIN, STAGE_CLIENT, timed_out_alone, .confidence = CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_DENIED_AUTH_PLUGIN}},
    {CAUSE_DENIED_AUTH_PLUGIN, STAGE_CLIENT, failed_alone, .confidence = CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_PROTOCOL_CLOSED_AFTER_LOGIN}},
    {CAUSE_CLIENT_DISAGREES, STAGE_CLIENT, predicted, .confidence = CONFIDENCE_LIKELY},
    {CAUSE_CLIENT_DISAGREES, STAGE_CLIENT, always, .confidence = CONFIDENCE_CERTAIN},
};

const struct rule_table client_table = RULE_TABLE(decides, client_rules);
