/* Plays a server's words to an exchange and tells in words what came of it. */
#ifndef TESTS_UNIT_EXCHANGE_PLAY_H
#define TESTS_UNIT_EXCHANGE_PLAY_H

#include "probe/run/exchange.h"
#include "proto/packet.h"
#include "tests/unit/guard.h"
#include "tests/unit/samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 4096, TEXT = 512 };

/* ---- what a server says, as words ---- */

struct stream {
    uint8_t bytes[ROOM];
    size_t length;
};

static void put(struct stream *stream, const void *bytes, size_t length)
{
    assert_in_range(length, 0, ROOM - stream->length);
    memcpy(stream->bytes + stream->length, bytes, length);
    stream->length += length;
}

/* MariaDB's greeting with another plugin at its end. */
static void put_greeting(struct stream *stream, const char *plugin)
{
    const struct sample *from = sample("mariadb-10.11-plain");
    size_t begin = stream->length;
    put(stream, from->bytes, from->length - sizeof("mysql_native_password"));
    put(stream, plugin, strlen(plugin) + 1);
    stream->bytes[begin] = (uint8_t)(stream->length - begin - PACKET_HEADER);
}

/* A sample's name, with "@SEQUENCE" when it is to have another one. */
static void put_sample(struct stream *stream, char *word)
{
    char *sequence = strchr(word, '@');
    size_t begin = stream->length;
    if (sequence)
        *sequence++ = '\0';
    const struct sample *from = sample(word);
    put(stream, from->bytes, from->length);
    if (sequence)
        stream->bytes[begin + 3] = (uint8_t)strtoul(sequence, NULL, 10);
}

static void put_hex(struct stream *stream, const char *digits)
{
    for (; *digits; digits += 2) {
        char pair[] = {digits[0], digits[1], '\0'};
        put(stream, &(uint8_t){(uint8_t)strtoul(pair, NULL, 16)}, 1);
    }
}

/* Samples; "greeting:PLUGIN"; "x:" and hexadecimal digits; "t:" and text without blanks. */
static struct stream stream_of(const char *words)
{
    struct stream stream = {0};
    char copy[TEXT];
    assert_in_range(snprintf(copy, sizeof(copy), "%s", words), 0, TEXT - 1);
    for (char *rest = copy, *word; (word = strsep(&rest, " "));) {
        if (strncmp(word, "greeting:", 9) == 0)
            put_greeting(&stream, word + 9);
        else if (strncmp(word, "x:", 2) == 0)
            put_hex(&stream, word + 2);
        else if (strncmp(word, "t:", 2) == 0)
            put(&stream, word + 2, strlen(word + 2));
        else if (*word)
            put_sample(&stream, word);
    }
    return stream;
}

/* ---- what came of it, as words ---- */

struct told {
    char text[TEXT];
};

static void tell(struct told *told, const char *format, ...)
{
    size_t used = strlen(told->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(told->text + used, TEXT - used, used ? format : format + 1, arguments);
    va_end(arguments);
}

static const struct {
    const char *name;
    size_t offset;
} flags[] = {
#define FLAG(name_)                                                                                \
    {                                                                                              \
#name_, offsetof(struct exchange_facts, name_)                                             \
    }
    FLAG(greeting_partial),    FLAG(greeting_bad),
    FLAG(old_protocol),        FLAG(greeted),
    FLAG(ssl_request_sent),    FLAG(secured),
    FLAG(credentials),         FLAG(proof_sent),
    FLAG(statement_sent),      FLAG(statement_answered),
    FLAG(fast_authentication), FLAG(full_authentication),
    FLAG(public_key_asked),    FLAG(slow),
    FLAG(login_sent),          FLAG(blind),
    FLAG(error_in_greeting),   FLAG(logged_in),
    FLAG(reply_bad),           FLAG(wrong_sequence),
#undef FLAG
};

/* The names of all facts that are true, then all numbers that are not 0. */
static struct told tell_facts(const struct exchange_facts *facts)
{
    struct told told = {0};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (*(const bool *)((const char *)facts + flags[i].offset))
            tell(&told, " %s", flags[i].name);
    if (facts->auth_switches)
        tell(&told, " switches=%d", facts->auth_switches);
    if (facts->auth_mores)
        tell(&told, " mores=%d", facts->auth_mores);
    if (facts->error.code)
        tell(&told, " error=%d", facts->error.code);
    for (int i = 0; i < SERVICE_COUNT; i++)
        if (facts->services & SERVICE_BIT(i))
            tell(&told, " %s", service_name((enum service)i));
    return told;
}

/* Each packet that went out: "login", "quit", or an answer as its length; with its sequence. Every
 * byte must be part of a well-framed one, and of an answer every byte 0: there is nothing to prove.
 */
static struct told tell_output(const uint8_t *bytes, size_t length)
{
    struct told told = {0};
    for (struct packet packet; length; length -= PACKET_HEADER + packet.length) {
        assert_int_equal(packet_parse(bytes, length, &packet), PARSE_OK);
        const uint8_t *payload = packet.payload;
        if (memmem(payload, packet.length, ANONYMOUS_USER, sizeof(ANONYMOUS_USER))) {
            tell(&told, " login@%d", packet.sequence);
        } else if (packet.sequence == 0) {
            assert_int_equal(packet.length, 1);
            tell(&told, payload[0] == 1 ? " quit@0" : " ?@0");
        } else {
            for (size_t i = 0; i < packet.length; i++)
                assert_int_equal(payload[i], 0);
            tell(&told, " %d@%d", (int)packet.length, packet.sequence);
        }
        bytes = payload + packet.length;
    }
    return told;
}

/* ---- one exchange, the server's bytes in pieces ---- */

/* When a server keeps silent the probe speaks first, and sometimes of something else. */
enum first { SERVER_FIRST, LOGIN_FIRST, CLIENT_HELLO_FIRST, SSL_REQUEST_FIRST };

struct manner {
    enum until until;
    enum first first;
    enum ending ending;
};

struct played {
    struct exchange_facts facts;
    enum exchange_state state; /* before the end */
    enum question next_question;
    bool answered;
    uint8_t output[ROOM];
    size_t output_length;
};

static void take_output(struct exchange *exchange, struct played *played)
{
    assert_in_range(exchange->output_length, 0, EXCHANGE_OUTPUT);
    assert_in_range(exchange->output_length, 0, ROOM - played->output_length);
    memcpy(played->output + played->output_length, exchange->output, exchange->output_length);
    played->output_length += exchange->output_length;
    exchange_sent(exchange, exchange->output_length);
    assert_int_equal(exchange->output_length, 0);
}

static void speak(struct exchange *exchange, enum first first)
{
    if (first == LOGIN_FIRST)
        exchange_blind_login(exchange);
    else if (first != SERVER_FIRST)
        exchange_ask(exchange,
                     first == CLIENT_HELLO_FIRST ? QUESTION_CLIENT_HELLO : QUESTION_SSL_REQUEST);
}

/* The first piece has `first_piece` bytes, the others `piece` each. */
static void play(const struct stream *stream, const struct manner *manner, size_t first_piece,
                 size_t piece, struct played *played)
{
    struct exchange exchange = {0};
    struct guarded input = guard(stream->bytes, stream->length);
    memset(played, 0, sizeof(*played));
    struct exchange_plan plan = {.until = manner->until, .tls_mode = TLS_DISABLED};
    exchange_begin(&exchange, &played->facts, &plan);
    speak(&exchange, manner->first);
    take_output(&exchange, played);
    for (size_t at = 0, length = first_piece; at < stream->length; at += length, length = piece) {
        size_t left = stream->length - at;
        length = length < left ? length : left;
        assert_int_equal(exchange_receive(&exchange, input.bytes + at, length), 0);
        take_output(&exchange, played);
    }
    played->state = exchange.state;
    played->answered = exchange_answered(&exchange);
    exchange_end(&exchange, manner->ending);
    take_output(&exchange, played);
    played->next_question = exchange.next_question;
    assert_int_equal(exchange.state, EXCHANGE_DONE);
    exchange_clear(&exchange);
    unguard(&input);
}

/* Whole, in every two pieces, and byte by byte: TCP may cut the stream anywhere. */
static void play_in_all_pieces(const char *server, const struct manner *manner,
                               struct played *ret_played)
{
    struct stream stream = stream_of(server);
    struct played pieces;
    play(&stream, manner, stream.length, 1, ret_played);
    for (size_t first = 1; first < stream.length; first++) {
        play(&stream, manner, first, stream.length, &pieces);
        assert_memory_equal(&pieces, ret_played, sizeof(pieces));
    }
    play(&stream, manner, 1, 1, &pieces);
    assert_memory_equal(&pieces, ret_played, sizeof(pieces));
}

static void check_facts(const struct played *played, const char *facts)
{
    static const char *const states[] = {"opening",   "tls",    "turn", "login",
                                         "statement", "listen", "done"};
    struct told told = tell_facts(&played->facts);
    char text[2 * TEXT];
    snprintf(text, sizeof(text), "%s: %s", states[played->state], told.text);
    assert_string_equal(text, facts);
}

static void check(const struct played *played, const char *facts, const char *output)
{
    struct told told = tell_output(played->output, played->output_length);
    check_facts(played, facts);
    assert_string_equal(told.text, output);
}

#endif
