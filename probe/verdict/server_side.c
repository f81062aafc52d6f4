/* What the server saw of the probe, and who on its side gave the answer. */
#include "probe/verdict/diagnose.h"
#include "proto/translated.h"
#include <string.h>

static bool said(const struct exchange_facts *exchange, const uint16_t *codes)
{
    while (*codes && *codes != exchange->error.code)
        codes++;
    return *codes != 0;
}

/* ---- cost ---- */

enum { INIT_CONNECT_FAILED = 1184 };

static bool not_made(const struct evidence *evidence)
{
    return evidence->shared;
}

static bool not_accepted(const struct evidence *evidence)
{
    return evidence->stages[STAGE_CONNECT].outcome != OUTCOME_PASSED;
}

/* Bad handshake, packets out of order, errors and timeout while reading: the server's own words for
 * what it counts. */
static bool handshake_failed(const struct evidence *evidence)
{
    return said(&evidence->exchange, (const uint16_t[]){1043, 1156, 1158, 1159, 0});
}

/* It closed by its own will, without a handshake that could have failed. */
static bool turned_away(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return exchange->error_in_greeting || (exchange->error.code && !exchange->login_sent);
}

/* What the server said to the login is no answer, and this side hung up on it. */
static bool hung_up_in_login(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return exchange->greeted && exchange->reply_bad && !exchange->logged_in;
}

/* The session ended by COM_QUIT leaves no trace; one that the server broke off, or that was left
 * before the statement's answer, is an "Aborted connection" in its log. */
static bool session_ended_early(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    bool quit_in_order = exchange->statement_answered ||
                         (exchange->error.code && exchange->error.code != INIT_CONNECT_FAILED);
    return exchange->logged_in && exchange->credentials && !quit_in_order;
}

static bool logged_in_and_quit(const struct evidence *evidence)
{
    return evidence->exchange.logged_in;
}

/* Once the SSLRequest is out, only TLS that completes ends without counting (measured, either
 * side's failure, also the refusal of a client certificate behind our last flight). */
static bool tls_not_completed(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return exchange->ssl_request_sent && (!exchange->login_sent || exchange->tls_broken);
}

static bool greeting_unanswered(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return (exchange->greeted || exchange->old_protocol) && !exchange->login_sent;
}

static bool login_answered(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return exchange->greeted && (exchange->error.code != 0 || exchange->ending != ENDING_OPEN);
}

/* MariaDB's own plugin is answered for by the login itself; anything else may still want an
 * AuthSwitch to be answered (a MySQL 9 does so for every unknown name), and hanging up on that
 * counts. */
static bool login_needs_no_switch(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return exchange->greeted && strcmp(exchange->auth_plugin, "mysql_native_password") == 0;
}

/* Out while the server hangs: what it will say to it is not known. */
static bool login_unanswered(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return exchange->login_sent && exchange->ending == ENDING_OPEN;
}

static bool not_mysql(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return exchange->services != 0 && exchange->first_length > 0;
}

static bool asked_again(const struct evidence *evidence)
{
    return evidence->exchange.asked_again;
}

static bool login_unasked(const struct evidence *evidence)
{
    return evidence->exchange.login_sent;
}

/* Bytes that no MySQL server sends, or an end that the other side made. */
static bool ended_there(const struct evidence *evidence)
{
    return evidence->exchange.greeting_bad || evidence->exchange.ending != ENDING_OPEN;
}

static bool hung_up(const struct evidence *evidence)
{
    (void)evidence;
    return true;
}

/*
 * Measured on MariaDB 10.11, each way of ending 50 times: what raises the counter of connection
 * errors by host (max_connect_errors), what only leaves a line in the log. Where a MySQL server may
 * have been behind the silence the dearer answer is given. First match.
 */
static const struct {
    bool (*when)(const struct evidence *evidence);
    enum server_cost cost;
} costs[] = {
    {not_made, COST_NONE},
    {not_accepted, COST_NONE},
    {handshake_failed, COST_COUNTED},
    {turned_away, COST_NONE},
    {session_ended_early, COST_LOG},
    {tls_not_completed, COST_COUNTED},
    {logged_in_and_quit, COST_NONE},
    {greeting_unanswered, COST_COUNTED},
    {hung_up_in_login, COST_COUNTED},
    {login_answered, COST_LOG},
    {login_needs_no_switch, COST_LOG},
    {not_mysql, COST_NONE},
    {login_unanswered, COST_COUNTED},
    {asked_again, COST_COUNTED}, /* no login there: a server that woke up meanwhile counts it */
    {login_unasked, COST_LOG},
    {ended_there, COST_NONE},
    {hung_up, COST_COUNTED},
};

enum server_cost diagnose_cost(const struct evidence *evidence)
{
    unsigned i = 0;
    while (!costs[i].when(evidence))
        i++;
    return costs[i].cost;
}

const char *server_cost_name(enum server_cost cost)
{
    static const char *const names[] = {
        [COST_NONE] = N_("none"),
        [COST_LOG] = N_("log"),
        [COST_COUNTED] = N_("counted"),
    };
    return names[cost];
}

/* ---- who answered ---- */

/* An observer hides the client's address in its 1045, an OBProxy shows it (OceanBase's source). */
static bool hides_the_address(const struct server_error *error)
{
    return strstr(error->message, "@'xxx.xxx.xxx.xxx'") != NULL;
}

/*
 * An OBProxy greets by itself, before it contacts an observer. It makes up 1045 with SQLSTATE 42000
 * where tenant or location cannot be had, 4669, 4780 and 1203; both it and an observer say 1040.
 */
static enum answered_by answered_over_obproxy(const struct evidence *evidence)
{
    static const uint16_t observers[] = {1044, 1049, 1226, 1227, 1235, 3118, 4666,
                                         5150, 5157, 5260, 8001, 8002, 0};
    static const uint16_t proxys[] = {1203, 4669, 4780, 0};
    const struct exchange_facts *exchange = &evidence->exchange;
    if (evidence->names_proxysys)
        return ANSWERED_PROXY; /* whose users are its own */
    if (exchange->logged_in || said(exchange, observers))
        return ANSWERED_BACKEND;
    if (exchange->error.code == 0 || said(exchange, proxys))
        return ANSWERED_PROXY;
    if (exchange->error.code != 1045 || strcmp(exchange->error.sqlstate, "42000") != 0)
        return ANSWERED_UNKNOWN;
    return hides_the_address(&exchange->error) ? ANSWERED_BACKEND : ANSWERED_PROXY;
}

enum answered_by diagnose_answered_by(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    if (exchange->error.code == 2003)
        return ANSWERED_PROXY; /* a client's error number: it failed to reach its server */
    if (!exchange->greeted)
        return ANSWERED_UNKNOWN;
    switch (exchange->product) {
    case PRODUCT_OCEANBASE_PROXY:
        return answered_over_obproxy(evidence);
    case PRODUCT_PROXYSQL:
    case PRODUCT_MAXSCALE: /* both check logins themselves */
        return ANSWERED_PROXY;
    case PRODUCT_MYSQL:
    case PRODUCT_MARIADB:
    case PRODUCT_OCEANBASE_OBSERVER:
    case PRODUCT_TIDB:
    case PRODUCT_SPHINX:
        return ANSWERED_BACKEND;
    default:
        return ANSWERED_UNKNOWN;
    }
}

const char *answered_by_name(enum answered_by answered_by)
{
    static const char *const names[] = {
        [ANSWERED_UNKNOWN] = N_("unknown"),
        [ANSWERED_PROXY] = N_("proxy"),
        [ANSWERED_BACKEND] = N_("backend"),
    };
    return names[answered_by];
}
