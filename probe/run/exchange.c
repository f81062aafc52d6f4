#include "probe/run/exchange_internal.h"
#include "proto/login_request.h"
#include "proto/packet.h"
#include "proto/result.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The least that every server of the protocol answers, OceanBase's Oracle mode included. */
static const char STATEMENT[] = "SELECT 1 FROM DUAL";

void exchange_begin(struct exchange *exchange, struct exchange_facts *facts,
                    const struct exchange_plan *plan)
{
    *exchange = (struct exchange){
        .plan = *plan, .facts = facts, .secrecy = plan->secrecy, .was_reset = exchange->was_reset};
}

void exchange_clear(struct exchange *exchange)
{
    if (exchange->input)
        explicit_bzero(exchange->input, exchange->input_length);
    free(exchange->input);
    exchange->input = NULL;
    exchange->input_length = 0;
    explicit_bzero(exchange->output, sizeof exchange->output);
}

void exchange_sent(struct exchange *exchange, size_t length)
{
    exchange->output_length -= length;
    memmove(exchange->output, exchange->output + length, exchange->output_length);
    explicit_bzero(exchange->output + exchange->output_length, length);
}

void exchange_keep_first_bytes(struct exchange_facts *facts, const uint8_t *bytes, size_t length)
{
    size_t room = sizeof facts->first_bytes - facts->first_length;
    size_t kept = length < room ? length : room;
    memcpy(facts->first_bytes + facts->first_length, bytes, kept);
    facts->first_length = (uint16_t)(facts->first_length + kept);
}

static void forget_first_bytes(struct exchange_facts *facts)
{
    memset(facts->first_bytes, 0, sizeof facts->first_bytes);
    facts->first_length = 0;
}

static void take_input(struct exchange *exchange, size_t length)
{
    exchange->input_length -= length;
    memmove(exchange->input, exchange->input + length, exchange->input_length);
}

bool exchange_has_password(const struct exchange *exchange)
{
    return exchange->plan.login && exchange->plan.login->secret;
}

/* ---- when the probe speaks ---- */

static void log_in(struct exchange *exchange, bool blind, bool credentials)
{
    exchange_queue_login(exchange, blind, credentials);
    if (exchange->state != EXCHANGE_OPENING)
        exchange->state = EXCHANGE_LOGIN;
}

static void withhold(struct exchange *exchange, enum withheld withheld)
{
    if (exchange_has_password(exchange))
        exchange->facts->withheld = withheld;
}

void exchange_login(struct exchange *exchange, enum withheld withheld)
{
    withhold(exchange, withheld);
    log_in(exchange, false, withheld == WITHHELD_NOT);
}

static void log_in_anonymously(struct exchange *exchange, enum withheld withheld)
{
    exchange->state = EXCHANGE_TURN;
    withhold(exchange, withheld);
    log_in(exchange, false, false);
}

static void log_in_in_turn(struct exchange *exchange)
{
    if (exchange_has_password(exchange) && !exchange->hurry)
        exchange->state = EXCHANGE_TURN;
    else
        log_in_anonymously(exchange, WITHHELD_LATE);
}

void exchange_secured(struct exchange *exchange, bool verified, bool acceptable)
{
    exchange->facts->secured = true;
    exchange->secrecy = verified ? SECRECY_VERIFIED : SECRECY_TLS;
    if (acceptable)
        log_in_in_turn(exchange);
    else
        log_in_anonymously(exchange, WITHHELD_TLS);
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
    exchange->output_length +=
        service_question_write(question, exchange->output + exchange->output_length,
                               sizeof exchange->output - exchange->output_length);
    exchange->question = question;
    exchange->state = EXCHANGE_LISTEN;
}

/* ---- the greeting ---- */

static void record_greeting(struct exchange *exchange, const struct greeting *greeting)
{
    struct exchange_facts *facts = exchange->facts;
    facts->greeted = true;
    facts->slow = facts->blind;
    facts->product = product_recognise(greeting);
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

static bool begins_tls(const struct exchange *exchange)
{
    const struct exchange_plan *plan = &exchange->plan;
    bool hurried = plan->tls_mode == TLS_PREFERRED && plan->no_time_for_tls;
    return plan->tls_mode != TLS_DISABLED && !hurried && !exchange->hurry &&
           exchange->facts->capabilities & CLIENT_SSL;
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
    else if (begins_tls(exchange))
        begin_tls(exchange);
    else if (exchange->plan.tls_mode >= TLS_REQUIRED)
        log_in_anonymously(exchange, WITHHELD_TLS);
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
static enum parse parse_opening(struct exchange *exchange)
{
    struct opening opening;
    enum parse parsed = opening_parse(exchange->input, exchange->input_length, &opening);
    if (parsed == PARSE_OK) {
        take_input(exchange, opening.size);
        handle_opening(exchange, &opening);
    } else if (parsed == PARSE_BAD) {
        exchange->facts->greeting_bad = true;
        exchange->state = EXCHANGE_LISTEN;
    }
    return parsed;
}

/* ---- the login's answer ---- */

void exchange_fail_reply(struct exchange *exchange)
{
    exchange->facts->reply_bad = true;
    exchange_keep_first_bytes(exchange->facts, exchange->input, exchange->input_length);
    exchange->state = EXCHANGE_DONE;
}

static void quit(struct exchange *exchange)
{
    exchange->output_length += quit_write(exchange->output + exchange->output_length,
                                          sizeof exchange->output - exchange->output_length);
    exchange->state = EXCHANGE_DONE;
}

/* An OK alone proves less than it seems: an account with an expired password or a failing
 * init_connect is let in, and only its first statement is refused (measured). */
static void handle_ok(struct exchange *exchange)
{
    struct exchange_facts *facts = exchange->facts;
    facts->logged_in = true;
    if (!facts->credentials || exchange->hurry) {
        quit(exchange);
        return;
    }
    exchange->output_length +=
        query_write(exchange->output + exchange->output_length,
                    sizeof exchange->output - exchange->output_length, STATEMENT);
    facts->statement_sent = true;
    exchange->state = EXCHANGE_STATEMENT;
}

static void handle_reply(struct exchange *exchange, const struct reply *reply)
{
    switch (reply->kind) {
    case REPLY_OK:
        handle_ok(exchange);
        break;
    case REPLY_ERROR:
        exchange->facts->error = reply->error;
        exchange->state = EXCHANGE_DONE;
        break;
    case REPLY_AUTH_SWITCH:
        exchange_handle_switch(exchange, reply);
        break;
    case REPLY_AUTH_MORE:
        exchange_handle_more(exchange, reply);
        break;
    }
}

/* An ERR may come with any sequence number (measured: 0, 1, 2); everything else out of order is
 * refused by every driver ("packets out of order"). */
static enum parse parse_reply(struct exchange *exchange)
{
    struct reply reply;
    enum parse parsed = reply_parse(exchange->input, exchange->input_length, &reply);
    if (parsed == PARSE_BAD) {
        exchange_fail_reply(exchange);
    } else if (parsed == PARSE_OK) {
        exchange->facts->wrong_sequence =
            reply.kind != REPLY_ERROR && reply.sequence != exchange->sequence;
        if (exchange->facts->wrong_sequence) {
            exchange_fail_reply(exchange);
            return PARSE_BAD;
        }
        take_input(exchange, reply.size);
        handle_reply(exchange, &reply);
    }
    return parsed;
}

/* ---- the statement's answer ---- */

/* Logged in: whatever the statement came to, the session ends in order. */
static enum parse parse_result(struct exchange *exchange)
{
    struct result result;
    enum parse parsed = result_parse(exchange->input, exchange->input_length, &result);
    if (parsed == PARSE_MORE)
        return parsed;
    if (parsed == PARSE_BAD) {
        exchange_fail_reply(exchange);
    } else {
        take_input(exchange, result.size);
        if (result.kind == RESULT_ERROR)
            exchange->facts->error = result.error;
        else
            exchange->facts->statement_answered = true;
    }
    quit(exchange);
    return parsed;
}

/* ---- bytes in ---- */

static int append(struct exchange *exchange, const uint8_t *bytes, size_t length)
{
    /* A packet that may be accepted fits; what is behind it is of no interest. */
    size_t room = EXCHANGE_INPUT - exchange->input_length;
    size_t kept = length < room ? length : room;
    uint8_t *input = realloc(exchange->input, exchange->input_length + kept);
    if (!input)
        return -ENOMEM;
    memcpy(input + exchange->input_length, bytes, kept);
    exchange->input = input;
    exchange->input_length += kept;
    return 0;
}

static void advance(struct exchange *exchange)
{
    enum parse parsed = PARSE_OK;
    while (parsed == PARSE_OK && exchange->input_length)
        if (exchange->state == EXCHANGE_OPENING)
            parsed = parse_opening(exchange);
        else if (exchange->state == EXCHANGE_LOGIN)
            parsed = parse_reply(exchange);
        else if (exchange->state == EXCHANGE_STATEMENT)
            parsed = parse_result(exchange);
        else
            break;
}

int exchange_receive(struct exchange *exchange, const uint8_t *bytes, size_t length)
{
    struct exchange_facts *facts = exchange->facts;
    size_t received = facts->bytes_received + length;
    if (length == 0 || exchange->state == EXCHANGE_DONE)
        return 0;
    facts->bytes_received = received > UINT16_MAX ? UINT16_MAX : (uint16_t)received;
    if (exchange->state == EXCHANGE_OPENING || exchange->state == EXCHANGE_LISTEN)
        exchange_keep_first_bytes(facts, bytes, length);
    if (exchange->state == EXCHANGE_LISTEN)
        return 0;
    if (append(exchange, bytes, length) < 0)
        return -ENOMEM;
    advance(exchange);
    if (exchange->input_length == 0) {
        free(exchange->input);
        exchange->input = NULL;
    }
    return 0;
}
