/* From the greeting to the login: what the probe says first, and in which order. */
#include "probe/exchange/exchange_internal.h"
#include <stdio.h>
#include <string.h>

bool exchange_has_password(const struct exchange *exchange)
{
    return exchange->plan.login && exchange->plan.login->secret;
}

static void forget_first_bytes(struct exchange_facts *facts)
{
    memset(facts->first_bytes, 0, sizeof facts->first_bytes);
    facts->first_length = 0;
}

/* ---- when the probe speaks ---- */

static void withhold(struct exchange *exchange, enum withheld withheld)
{
    if (exchange_has_password(exchange))
        exchange->facts->withheld = withheld;
}

static void log_in(struct exchange *exchange, enum withheld withheld)
{
    withhold(exchange, withheld);
    exchange_queue_login(exchange, false, withheld == WITHHELD_NOT);
    exchange->state = EXCHANGE_LOGIN;
}

/* What came while the turn was awaited is looked at first: after an ERR there is nobody to log in
 * to. */
void exchange_login(struct exchange *exchange, enum withheld withheld)
{
    if (exchange_take_early_error(exchange)) {
        exchange->state = EXCHANGE_DONE;
        return;
    }
    log_in(exchange, withheld);
    exchange_advance(exchange);
}

/* Without a password there is nothing to wait for, and nothing to withhold. */
static void log_in_in_turn(struct exchange *exchange)
{
    if (exchange_has_password(exchange) && !exchange->hurry)
        exchange->state = EXCHANGE_TURN;
    else
        log_in(exchange, WITHHELD_LATE);
}

void exchange_secured(struct exchange *exchange, bool verified, bool acceptable)
{
    exchange->facts->secured = true;
    forget_first_bytes(exchange->facts);
    exchange->secrecy = verified ? SECRECY_VERIFIED : SECRECY_TLS;
    if (acceptable)
        log_in_in_turn(exchange);
    else
        log_in(exchange, WITHHELD_TLS);
}

void exchange_blind_login(struct exchange *exchange)
{
    if (exchange->facts->login_sent)
        return;
    withhold(exchange, WITHHELD_LATE);
    exchange_queue_login(exchange, true, false);
    exchange->question = QUESTION_LOGIN;
}

void exchange_ask(struct exchange *exchange, enum question question)
{
    struct room room = exchange_room(exchange);
    exchange->output_length += service_question_write(question, room.at, room.size);
    exchange->question = question;
    exchange->state = EXCHANGE_LISTEN;
}

/* ---- the greeting ---- */

static void record_product(struct exchange_facts *facts, const struct greeting *greeting)
{
    struct recognition recognition = product_recognise(greeting);
    facts->product = recognition.product;
    facts->certainty = recognition.certainty;
    facts->signs = recognition.signs;
    facts->signs_against = recognition.against;
}

static void record_greeting(struct exchange *exchange, const struct greeting *greeting)
{
    struct exchange_facts *facts = exchange->facts;
    facts->greeted = true;
    facts->slow = facts->blind;
    record_product(facts, greeting);
    facts->constant_salt = greeting_has_constant_salt(greeting);
    facts->charset = greeting->charset;
    facts->status = greeting->status;
    facts->capabilities = greeting->capabilities;
    facts->mariadb_capabilities = greeting->mariadb_capabilities;
    facts->connection_id = greeting->connection_id;
    snprintf(facts->version, sizeof facts->version, "%s", product_version(greeting));
    snprintf(facts->default_plugin, sizeof facts->default_plugin, "%s", greeting->auth_plugin);
    snprintf(facts->auth_plugin, sizeof facts->auth_plugin, "%s", greeting->auth_plugin);
    exchange->has_nonce = greeting->auth_data_length >= NONCE;
    if (exchange->has_nonce)
        memcpy(exchange->nonce, greeting->auth_data, NONCE);
}

static bool could_use_tls(const struct exchange *exchange)
{
    return exchange->plan.tls_mode != TLS_DISABLED && exchange->facts->capabilities & CLIENT_SSL;
}

static bool is_hurried(const struct exchange *exchange)
{
    const struct exchange_plan *plan = &exchange->plan;
    return exchange->hurry || (plan->tls_mode == TLS_PREFERRED && plan->no_time_for_tls);
}

/* Whatever came behind the greeting in clear stays in the input, for the owner to count and drop:
 * it must never pass for something said inside TLS (CVE-2021-3393 and its like). */
static void begin_tls(struct exchange *exchange)
{
    exchange_queue_ssl_request(exchange);
    exchange->state = EXCHANGE_TLS;
}

static void handle_greeting(struct exchange *exchange, const struct greeting *greeting)
{
    enum until until = exchange->plan.until;
    record_greeting(exchange, greeting);
    forget_first_bytes(exchange->facts);
    if (exchange->facts->login_sent)
        exchange->state = EXCHANGE_LOGIN;
    else if (until == UNTIL_GREETING)
        exchange->state = EXCHANGE_DONE;
    else if (could_use_tls(exchange) && !is_hurried(exchange))
        begin_tls(exchange);
    else if (could_use_tls(exchange))
        log_in(exchange, WITHHELD_LATE); /* in clear a right password may end as a wrong one */
    else if (exchange->plan.tls_mode >= TLS_REQUIRED)
        log_in(exchange, WITHHELD_TLS);
    else
        log_in_in_turn(exchange);
}

static void handle_opening(struct exchange *exchange, const struct opening *opening)
{
    struct exchange_facts *facts = exchange->facts;
    facts->protocol = opening->protocol;
    switch (opening->kind) {
    case OPENING_GREETING:
        handle_greeting(exchange, &opening->greeting);
        return;
    case OPENING_ERROR:
        facts->error = opening->error;
        facts->error_in_greeting = true;
        forget_first_bytes(facts);
        break;
    case OPENING_OLD_PROTOCOL:
        /* Servers of that age count failed handshakes too; they understand the old login. */
        facts->old_protocol = true;
        if (!facts->login_sent)
            exchange_queue_login(exchange, false, false);
        break;
    }
    exchange->state = EXCHANGE_DONE;
}

/* A whole greeting can also be too long for its kind or of bytes that no server sends: what is
 * known of other services decides, so some more bytes are collected first. */
enum parse exchange_parse_opening(struct exchange *exchange)
{
    struct opening opening;
    enum parse parsed = opening_parse(exchange->input, exchange->input_length, &opening);
    if (parsed == PARSE_OK) {
        exchange_take_input(exchange, opening.size);
        handle_opening(exchange, &opening);
    } else if (parsed == PARSE_BAD) {
        exchange->facts->greeting_bad = true;
        exchange->state = EXCHANGE_LISTEN;
    }
    return parsed;
}
