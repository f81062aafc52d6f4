#include "probe/exchange/exchange_internal.h"
#include "probe/input/residue.h"
#include "proto/login_request.h"
#include "proto/packet.h"
#include "proto/result.h"
#include <errno.h>
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

static void clear_output(struct exchange *exchange)
{
    if (exchange->output)
        explicit_bzero(exchange->output, EXCHANGE_OUTPUT);
    free(exchange->output);
    exchange->output = NULL;
    exchange->output_length = 0;
    residue_wipe();
}

struct room exchange_room(struct exchange *exchange)
{
    if (!exchange->output)
        exchange->output = malloc(EXCHANGE_OUTPUT);
    if (!exchange->output)
        return (struct room){0};
    return (struct room){exchange->output + exchange->output_length,
                         EXCHANGE_OUTPUT - exchange->output_length};
}

void exchange_clear(struct exchange *exchange)
{
    free(exchange->input);
    exchange->input = NULL;
    exchange->input_length = 0;
    clear_output(exchange);
}

void exchange_sent(struct exchange *exchange, size_t length)
{
    exchange->output_length -= length;
    if (exchange->output_length)
        memmove(exchange->output, exchange->output + length, exchange->output_length);
    else
        clear_output(exchange);
}

void exchange_keep_first_bytes(struct exchange_facts *facts, const uint8_t *bytes, size_t length)
{
    size_t room = sizeof facts->first_bytes - facts->first_length;
    size_t kept = length < room ? length : room;
    memcpy(facts->first_bytes + facts->first_length, bytes, kept);
    facts->first_length = (uint16_t)(facts->first_length + kept);
}

void exchange_take_input(struct exchange *exchange, size_t length)
{
    exchange->input_length -= length;
    memmove(exchange->input, exchange->input + length, exchange->input_length);
}

/* ---- the login's answer ---- */

void exchange_fail_reply(struct exchange *exchange)
{
    exchange->facts->reply_bad = true;
    exchange_keep_first_bytes(exchange->facts, exchange->input, exchange->input_length);
    exchange->state = EXCHANGE_DONE;
}

void exchange_quit(struct exchange *exchange)
{
    struct room room = exchange_room(exchange);
    exchange->output_length += quit_write(room.at, room.size);
    exchange->state = EXCHANGE_DONE;
}

/* An OK alone proves less than it seems: an account with an expired password or a failing
 * init_connect is let in, and only its first statement is refused (measured). */
static void handle_ok(struct exchange *exchange)
{
    struct exchange_facts *facts = exchange->facts;
    facts->logged_in = true;
    if (!facts->credentials || exchange->hurry) {
        exchange_quit(exchange);
        return;
    }
    struct room room = exchange_room(exchange);
    exchange->output_length += query_write(room.at, room.size, STATEMENT);
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
        exchange_take_error(exchange, &reply->error);
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
        exchange_take_input(exchange, reply.size);
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
        exchange_take_input(exchange, result.size);
        if (result.kind == RESULT_ERROR)
            exchange_take_error(exchange, &result.error);
        else
            exchange->facts->statement_answered = true;
    }
    exchange_quit(exchange);
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

void exchange_advance(struct exchange *exchange)
{
    enum parse parsed = PARSE_OK;
    while (parsed == PARSE_OK && exchange->input_length)
        if (exchange->state == EXCHANGE_OPENING)
            parsed = exchange_parse_opening(exchange);
        else if (exchange->state == EXCHANGE_LOGIN)
            parsed = parse_reply(exchange);
        else if (exchange->state == EXCHANGE_STATEMENT)
            parsed = parse_result(exchange);
        else
            break;
    if (exchange->input_length == 0) {
        free(exchange->input);
        exchange->input = NULL;
    }
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
    exchange_advance(exchange);
    return 0;
}
