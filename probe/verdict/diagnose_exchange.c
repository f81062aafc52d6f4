/* Connected, and no ERR: by what came, and by how the connection ended. */
#include "probe/verdict/oceanbase.h"
#include "probe/verdict/rules.h"

static const struct exchange_facts *exchange_of(const struct facts *facts)
{
    return &facts->evidence->exchange;
}

static bool is_connected(const struct facts *facts)
{
    return connected(facts->evidence);
}

static bool asked_to_connect(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->evidence->until == UNTIL_CONNECT;
}

static bool asked_to_greet(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->evidence->until == UNTIL_GREETING && exchange_of(facts)->greeted;
}

static bool logged_in(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    const struct exchange_facts *exchange = exchange_of(facts);
    return exchange->logged_in && exchange->greeted && exchange->login_sent &&
           !exchange->error_in_greeting && !exchange->wrong_sequence;
}

static bool statement_answered(const struct facts *facts, const struct rule *rule)
{
    return logged_in(facts, rule) && exchange_of(facts)->credentials &&
           exchange_of(facts)->statement_answered;
}

static bool nobody_logged_in(const struct facts *facts, const struct rule *rule)
{
    return logged_in(facts, rule) && !exchange_of(facts)->credentials;
}

/* Credentials or TLS were asked for, and the anonymous name was let in instead: too late. */
static bool nobody_logged_in_late(const struct facts *facts, const struct rule *rule)
{
    const struct evidence *evidence = facts->evidence;
    bool wanted_more = evidence->wants_login || evidence->tls_mode >= TLS_REQUIRED;
    return nobody_logged_in(facts, rule) && wanted_more && evidence->exchange.blind;
}

static bool nobody_logged_in_at_the_end(const struct facts *facts, const struct rule *rule)
{
    enum withheld withheld = exchange_of(facts)->withheld;
    return nobody_logged_in(facts, rule) &&
           (withheld == WITHHELD_LATE || withheld == WITHHELD_WAITED);
}

static bool nobody_logged_in_instead(const struct facts *facts, const struct rule *rule)
{
    return nobody_logged_in(facts, rule) && exchange_of(facts)->withheld == WITHHELD_REJECTED;
}

/* The server closed while the login waited for another one's outcome: nothing was asked of it. */
static bool closed_on_the_wait(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return exchange_of(facts)->greeted && exchange_of(facts)->withheld == WITHHELD_WAITED &&
           !exchange_of(facts)->login_sent;
}

static bool old_protocol(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return exchange_of(facts)->old_protocol;
}

/* ---- greeted ---- */

static bool reply_broken(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    const struct exchange_facts *exchange = exchange_of(facts);
    return exchange->greeted && (exchange->reply_bad || exchange->wrong_sequence ||
                                 (exchange->logged_in && !exchange->credentials));
}

static bool greeted_then(const struct facts *facts, enum ending ending)
{
    return exchange_of(facts)->greeted && exchange_of(facts)->ending == ending;
}

static bool closed_after_login(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return greeted_then(facts, ENDING_CLOSED);
}

static bool closed_by_obproxy(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return obproxy_closed(facts->evidence);
}

/* Allow list and TLS are looked at on the login packet: behind the attempts there is one reason. */
static bool closed_by_obproxy_at_last(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return obproxy_gave_up(facts->evidence);
}

static bool closed_by_obproxy_in_tls(const struct facts *facts, const struct rule *rule)
{
    return closed_by_obproxy(facts, rule) && exchange_of(facts)->secured;
}

static bool reset_after_login(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return greeted_then(facts, ENDING_RESET);
}

static bool silent_after_login(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return exchange_of(facts)->greeted;
}

/* The login waited for another one's outcome until the end of the time: nothing is known of what
 * this server would have said. */
static bool logged_in_too_late(const struct facts *facts, const struct rule *rule)
{
    return silent_after_login(facts, rule) && exchange_of(facts)->withheld == WITHHELD_LATE &&
           !exchange_of(facts)->blind;
}

static bool obproxy_still_trying(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return obproxy_still_tries(facts->evidence);
}

/* ---- not greeted ---- */

static bool bytes_came(const struct exchange_facts *exchange)
{
    return exchange->first_length > 0 || exchange->bytes_received > 0;
}

static bool one_service_by_bytes(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    uint32_t services = exchange_of(facts)->services;
    return bytes_came(exchange_of(facts)) && services != 0 && (services & (services - 1)) == 0;
}

static bool services_by_bytes(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return bytes_came(exchange_of(facts)) && exchange_of(facts)->services != 0;
}

static bool greeting_broken(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return exchange_of(facts)->greeting_bad;
}

static bool greeting_begun(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return exchange_of(facts)->greeting_partial || bytes_came(exchange_of(facts));
}

static bool greeting_cut_off(const struct facts *facts, const struct rule *rule)
{
    return greeting_begun(facts, rule) && exchange_of(facts)->ending != ENDING_OPEN;
}

static bool closed(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return exchange_of(facts)->ending == ENDING_CLOSED;
}

static bool was_reset(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return exchange_of(facts)->ending == ENDING_RESET;
}

/* After the blind login a bare close or reset is also what some other services do. */
static bool closed_like_services(const struct facts *facts, const struct rule *rule)
{
    return closed(facts, rule) && exchange_of(facts)->services != 0;
}

static bool reset_like_services(const struct facts *facts, const struct rule *rule)
{
    return was_reset(facts, rule) && exchange_of(facts)->services != 0;
}

/* A stopped server's kernel acknowledges our bytes; with an accept queue that overflowed at the
 * third ACK they stay unacknowledged (measured). */
static bool unacknowledged(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->evidence->connect.tcp.unacked > 0;
}

static const struct rule rules[] = {
    {CAUSE_READY_CONNECTED, STAGE_CONNECT, asked_to_connect, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_READY_GREETED, STAGE_GREETING, asked_to_greet, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_READY_LOGIN, STAGE_STATEMENT, statement_answered, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TIMED_OUT_GREETING, STAGE_GREETING, nobody_logged_in_late,
     .confidence = CONFIDENCE_LIKELY},
    {CAUSE_TIMED_OUT_LOGIN, STAGE_LOGIN, nobody_logged_in_at_the_end,
     .confidence = CONFIDENCE_POSSIBLE},
    {CAUSE_DENIED_CREDENTIALS, STAGE_LOGIN, nobody_logged_in_instead,
     .confidence = CONFIDENCE_POSSIBLE},
    {CAUSE_TIMED_OUT_LOGIN, STAGE_LOGIN, closed_on_the_wait, .confidence = CONFIDENCE_POSSIBLE},
    {CAUSE_READY_HANDSHAKE, STAGE_LOGIN, nobody_logged_in, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_PROTOCOL_OLD_VERSION, STAGE_GREETING, old_protocol, .confidence = CONFIDENCE_CERTAIN},

    {CAUSE_PROTOCOL_MALFORMED, STAGE_LOGIN, reply_broken, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_PROTOCOL_NOT_MYSQL}},
    {CAUSE_PROTOCOL_CLOSED_AFTER_LOGIN, STAGE_LOGIN, closed_by_obproxy_at_last,
     .confidence = CONFIDENCE_LIKELY, .alternatives = {CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_PROTOCOL_CLOSED_AFTER_LOGIN, STAGE_LOGIN, closed_by_obproxy_in_tls,
     .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_DENIED_ALLOW_LIST, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_PROTOCOL_CLOSED_AFTER_LOGIN, STAGE_LOGIN, closed_by_obproxy,
     .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_DENIED_ALLOW_LIST, CAUSE_TLS_REQUIRED, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_PROTOCOL_CLOSED_AFTER_LOGIN, STAGE_LOGIN, closed_after_login,
     .confidence = CONFIDENCE_LIKELY, .alternatives = {CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_PROTOCOL_RESET_AFTER_LOGIN, STAGE_LOGIN, reset_after_login,
     .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_REFUSED_BY_MIDDLEBOX, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_TIMED_OUT_LOGIN, STAGE_LOGIN, logged_in_too_late, .confidence = CONFIDENCE_POSSIBLE,
     .silence = true},
    {CAUSE_TIMED_OUT_LOGIN, STAGE_LOGIN, obproxy_still_trying, .confidence = CONFIDENCE_POSSIBLE,
     .silence = true, .alternatives = {CAUSE_PROTOCOL_CLOSED_AFTER_LOGIN}},
    {CAUSE_TIMED_OUT_LOGIN, STAGE_LOGIN, silent_after_login, .confidence = CONFIDENCE_LIKELY,
     .silence = true, .alternatives = {CAUSE_UNAVAILABLE_BACKEND, CAUSE_TIMED_OUT_PATH_MTU}},

    {CAUSE_PROTOCOL_NOT_MYSQL, STAGE_GREETING, one_service_by_bytes,
     .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_PROTOCOL_NOT_MYSQL, STAGE_GREETING, services_by_bytes, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_PROTOCOL_MALFORMED}},
    {CAUSE_PROTOCOL_MALFORMED, STAGE_GREETING, greeting_broken, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_PROTOCOL_NOT_MYSQL}},
    {CAUSE_PROTOCOL_MALFORMED, STAGE_GREETING, greeting_cut_off, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_PROTOCOL_NOT_MYSQL, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_TIMED_OUT_GREETING, STAGE_GREETING, greeting_begun, .confidence = CONFIDENCE_LIKELY,
     .silence = true, .alternatives = {CAUSE_PROTOCOL_MALFORMED, CAUSE_PROTOCOL_NOT_MYSQL}},

    {CAUSE_PROTOCOL_CLOSED_BEFORE_GREETING, STAGE_GREETING, closed_like_services,
     .confidence = CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_PROTOCOL_NOT_MYSQL, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_PROTOCOL_CLOSED_BEFORE_GREETING, STAGE_GREETING, closed, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_UNAVAILABLE_BACKEND, CAUSE_DENIED_ALLOW_LIST}},
    {CAUSE_PROTOCOL_RESET_BEFORE_GREETING, STAGE_GREETING, reset_like_services,
     .confidence = CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_PROTOCOL_NOT_MYSQL, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_PROTOCOL_RESET_BEFORE_GREETING, STAGE_GREETING, was_reset,
     .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_UNAVAILABLE_BACKEND, CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL,
                      CAUSE_REFUSED_BY_MIDDLEBOX}},
    {CAUSE_TIMED_OUT_GREETING, STAGE_GREETING, unacknowledged, .confidence = CONFIDENCE_LIKELY,
     .silence = true,
     .alternatives = {CAUSE_PROTOCOL_NOT_MYSQL, CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL,
                      CAUSE_PROTOCOL_PROXY_HEADER}},
    {CAUSE_TIMED_OUT_GREETING, STAGE_GREETING, always, .confidence = CONFIDENCE_LIKELY,
     .silence = true, .alternatives = {CAUSE_PROTOCOL_NOT_MYSQL, CAUSE_PROTOCOL_PROXY_HEADER}},
};

const struct rule_table exchange_table = RULE_TABLE(is_connected, rules);
