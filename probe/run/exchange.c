#include "probe/run/exchange_internal.h"
#include "proto/auth.h"
#include "proto/login_request.h"
#include "proto/packet.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More AuthSwitchRequests than a server has plugins is a loop. */
enum { MAX_SWITCHES = 4, MAX_AUTH_MORE = 4, LOGIN_MAX_PACKET = (1 << 24) - 1, CHARSET_UTF8 = 33 };

void exchange_begin(struct exchange *exchange, struct exchange_facts *facts, enum until until)
{
    *exchange = (struct exchange){.until = until, .facts = facts, .was_reset = exchange->was_reset};
}

void exchange_clear(struct exchange *exchange)
{
    free(exchange->input);
    exchange->input = NULL;
    exchange->input_length = 0;
}

void exchange_sent(struct exchange *exchange, size_t length)
{
    exchange->output_length -= length;
    memmove(exchange->output, exchange->output + length, exchange->output_length);
}

static void keep_first_bytes(struct exchange_facts *facts, const uint8_t *bytes, size_t length)
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

/*
 * The attributes name the program to whoever looks at the server's logs. The blind login has one
 * more: CR LF CR LF ends a line for services that read lines, so that they answer (measured:
 * memcached, HTTP servers).
 */
size_t exchange_login_bytes(uint8_t *bytes, size_t size, bool blind, uint32_t offered,
                            const char *plugin)
{
    static const struct connect_attribute attributes[] = {
        {"program_name", "obprobe"},
        {"_client_name", "obprobe"},
        {"_client_version", OBPROBE_VERSION},
        {"line_end", "\r\n\r\n"},
    };
    const struct auth_plugin *row = auth_plugin_find(plugin);
    uint8_t proof[HARMLESS_ANSWER_MAX] = {0};
    struct login_request request = {
        .sequence = 1,
        .capabilities =
            offered & (CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_TRANSACTIONS |
                       CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS),
        .max_packet = LOGIN_MAX_PACKET,
        .charset = CHARSET_UTF8,
        .user = ANONYMOUS_USER,
        .auth = proof,
        .auth_length = row->login_length,
        .plugin = row->name ? row->name : "mysql_native_password",
        .attributes = attributes,
        .attribute_count = blind ? 4 : 3,
    };
    return login_request_write(bytes, size, &request);
}

static void queue_login(struct exchange *exchange, bool blind)
{
    struct exchange_facts *facts = exchange->facts;
    exchange->output_length +=
        exchange_login_bytes(exchange->output + exchange->output_length,
                             sizeof exchange->output - exchange->output_length, blind,
                             blind ? UINT32_MAX : facts->capabilities, facts->auth_plugin);
    facts->login_sent = true;
    facts->blind = blind;
    exchange->sequence = 2;
}

void exchange_blind_login(struct exchange *exchange)
{
    if (exchange->facts->login_sent)
        return;
    queue_login(exchange, true);
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

static void record_greeting(struct exchange_facts *facts, const struct greeting *greeting)
{
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
    snprintf(facts->auth_plugin, sizeof facts->auth_plugin, "%s", greeting->auth_plugin);
}

static void handle_greeting(struct exchange *exchange, const struct greeting *greeting)
{
    record_greeting(exchange->facts, greeting);
    forget_first_bytes(exchange->facts);
    if (exchange->until == UNTIL_GREETING && !exchange->facts->login_sent) {
        exchange->state = EXCHANGE_DONE;
        return;
    }
    if (!exchange->facts->login_sent)
        queue_login(exchange, false);
    exchange->state = EXCHANGE_LOGIN;
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
            queue_login(exchange, false);
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
        exchange->input_length -= opening.size;
        memmove(exchange->input, exchange->input + opening.size, exchange->input_length);
        handle_opening(exchange, &opening);
    } else if (parsed == PARSE_BAD) {
        exchange->facts->greeting_bad = true;
        exchange->state = EXCHANGE_LISTEN;
    }
    return parsed;
}

static void fail_reply(struct exchange *exchange)
{
    exchange->facts->reply_bad = true;
    keep_first_bytes(exchange->facts, exchange->input, exchange->input_length);
    exchange->state = EXCHANGE_DONE;
}

static void answer(struct exchange *exchange, uint8_t sequence, size_t length)
{
    uint8_t zeros[HARMLESS_ANSWER_MAX] = {0};
    size_t written = auth_response_write(exchange->output + exchange->output_length,
                                         sizeof exchange->output - exchange->output_length,
                                         sequence, zeros, length);
    if (written == 0) {
        fail_reply(exchange);
        return;
    }
    exchange->output_length += written;
    exchange->sequence = (uint8_t)(sequence + 1);
}

static void handle_switch(struct exchange *exchange, const struct reply *reply)
{
    struct exchange_facts *facts = exchange->facts;
    if (facts->auth_switches >= MAX_SWITCHES) {
        fail_reply(exchange);
        return;
    }
    facts->auth_switches++;
    snprintf(facts->auth_plugin, sizeof facts->auth_plugin, "%s", reply->plugin);
    answer(exchange, (uint8_t)(reply->sequence + 1),
           auth_plugin_find(reply->plugin)->switch_length);
}

/* Without credentials there is nothing more to prove: an empty answer makes the server decide. */
static void handle_more(struct exchange *exchange, const struct reply *reply)
{
    if (exchange->facts->auth_mores >= MAX_AUTH_MORE) {
        fail_reply(exchange);
        return;
    }
    exchange->facts->auth_mores++;
    /* A caching_sha2_password server says 0x03 and goes on to OK by itself. */
    bool sha2 = strcmp(exchange->facts->auth_plugin, "caching_sha2_password") == 0;
    if (sha2 && reply->data_length == 1 && reply->data[0] == 3)
        exchange->sequence = (uint8_t)(reply->sequence + 1);
    else
        answer(exchange, (uint8_t)(reply->sequence + 1), 1);
}

static void handle_ok(struct exchange *exchange)
{
    exchange->facts->logged_in = true;
    exchange->output_length += quit_write(exchange->output + exchange->output_length,
                                          sizeof exchange->output - exchange->output_length);
    exchange->state = EXCHANGE_DONE;
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
        handle_switch(exchange, reply);
        break;
    case REPLY_AUTH_MORE:
        handle_more(exchange, reply);
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
        fail_reply(exchange);
    } else if (parsed == PARSE_OK) {
        exchange->facts->wrong_sequence =
            reply.kind != REPLY_ERROR && reply.sequence != exchange->sequence;
        if (exchange->facts->wrong_sequence) {
            fail_reply(exchange);
            return PARSE_BAD;
        }
        exchange->input_length -= reply.size;
        memmove(exchange->input, exchange->input + reply.size, exchange->input_length);
        handle_reply(exchange, &reply);
    }
    return parsed;
}

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
        keep_first_bytes(facts, bytes, length);
    if (exchange->state == EXCHANGE_LISTEN)
        return 0;
    if (append(exchange, bytes, length) < 0)
        return -ENOMEM;
    advance(exchange);
    if (exchange->input_length == 0)
        exchange_clear(exchange);
    return 0;
}
