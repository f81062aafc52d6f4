/*
 * Any server: what goes out is well-framed, bounded and at most one login, the facts do not
 * contradict each other, and how TCP cuts the stream changes neither.
 */
#include "probe/run/exchange.h"
#include "proto/packet.h"
#include "tests/fuzz/promise.h"

enum { OUTPUT = 4096, QUIT_SEQUENCE = 0, CONTROLS = 2 };

/* When the probe speaks of its own accord. */
enum moment { NEVER, BEFORE_ALL, AFTER_FIRST_PIECE, ASKS_CLIENT_HELLO, ASKS_SSL_REQUEST, MOMENTS };

/* The input's first two bytes. */
struct manner {
    enum until until;
    enum moment moment;
    enum ending ending;
    size_t piece; /* bytes that arrive at a time */
};

struct played {
    struct exchange_facts facts;
    enum exchange_state state; /* before the end */
    uint8_t output[OUTPUT];
    size_t output_length;
};

static struct manner manner_of(const uint8_t *controls)
{
    return (struct manner){
        .until = controls[0] & 1 ? UNTIL_GREETING : UNTIL_LOGIN,
        .ending = (enum ending)((controls[0] >> 1 & 3) % (ENDING_RESET + 1)),
        .moment = (enum moment)((controls[0] >> 3) % MOMENTS),
        .piece = 1 + controls[1],
    };
}

/* As the owner does: what is queued goes out before the next bytes come in. */
static void take_output(struct exchange *exchange, struct played *played)
{
    PROMISE(exchange->output_length <= EXCHANGE_OUTPUT);
    PROMISE(played->output_length + exchange->output_length <= sizeof(played->output));
    memcpy(played->output + played->output_length, exchange->output, exchange->output_length);
    played->output_length += exchange->output_length;
    exchange_sent(exchange, exchange->output_length);
}

static void receive(struct exchange *exchange, const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length);
    PROMISE(copy);
    memcpy(copy, bytes, length);
    PROMISE(exchange_receive(exchange, copy, length) == 0);
    free(copy);
    PROMISE(exchange->input_length <= EXCHANGE_INPUT);
}

static void speak(struct exchange *exchange, enum moment moment, enum moment now)
{
    if (moment == now && moment <= AFTER_FIRST_PIECE)
        exchange_blind_login(exchange);
    else if (now == BEFORE_ALL && moment > AFTER_FIRST_PIECE)
        exchange_ask(exchange,
                     moment == ASKS_CLIENT_HELLO ? QUESTION_CLIENT_HELLO : QUESTION_SSL_REQUEST);
}

static void play(const uint8_t *bytes, size_t length, const struct manner *manner,
                 struct played *played)
{
    struct exchange exchange = {0};
    memset(played, 0, sizeof(*played));
    struct exchange_plan plan = {.until = manner->until, .tls_mode = TLS_DISABLED};
    exchange_begin(&exchange, &played->facts, &plan);
    speak(&exchange, manner->moment, BEFORE_ALL);
    take_output(&exchange, played);
    for (size_t at = 0; at < length; at += manner->piece) {
        size_t left = length - at;
        receive(&exchange, bytes + at, left < manner->piece ? left : manner->piece);
        if (at == 0 && exchange.state == EXCHANGE_OPENING)
            speak(&exchange, manner->moment, AFTER_FIRST_PIECE);
        take_output(&exchange, played);
        (void)exchange_answered(&exchange);
    }
    played->state = exchange.state;
    exchange_end(&exchange, manner->ending);
    take_output(&exchange, played);
    PROMISE(exchange.state == EXCHANGE_DONE);
    PROMISE(exchange.next_question <= QUESTION_SSL_REQUEST);
    exchange_clear(&exchange);
    PROMISE(!exchange.input);
}

/* Of a question nothing but its own bytes; else one login, answers of zeros, at last COM_QUIT. */
static void check_output(const struct played *played, const struct manner *manner)
{
    const uint8_t *at = played->output;
    size_t left = played->output_length, logins = 0;
    if (manner->moment > AFTER_FIRST_PIECE) {
        PROMISE(left && !played->facts.login_sent);
        return;
    }
    for (struct packet packet; left; left -= PACKET_HEADER + packet.length) {
        PROMISE(packet_parse(at, left, &packet) == PARSE_OK);
        bool login =
            memmem(packet.payload, packet.length, ANONYMOUS_USER, sizeof(ANONYMOUS_USER)) != NULL;
        PROMISE(!login || (at == played->output && packet.sequence == 1));
        logins += login;
        bool quit = !login && packet.length == 1 && packet.payload[0] == 1;
        PROMISE(!quit || (played->facts.logged_in && packet.sequence == QUIT_SEQUENCE));
        for (size_t i = 0; !login && !quit && i < packet.length; i++)
            PROMISE(packet.payload[i] == 0);
        at = packet.payload + packet.length;
    }
    PROMISE(logins == played->facts.login_sent);
}

static void check_bounds(const struct exchange_facts *facts)
{
    PROMISE(facts->first_length <= sizeof(facts->first_bytes));
    PROMISE(facts->first_length <= facts->bytes_received);
    PROMISE(facts->product < PRODUCT_COUNT);
    PROMISE(facts->services < SERVICE_BIT(SERVICE_COUNT));
    PROMISE(memchr(facts->version, 0, sizeof(facts->version)));
    PROMISE(memchr(facts->auth_plugin, 0, sizeof(facts->auth_plugin)));
    PROMISE(memchr(facts->error.message, 0, sizeof(facts->error.message)));
    PROMISE(facts->error.sqlstate[sizeof(facts->error.sqlstate) - 1] == '\0');
    PROMISE(facts->auth_switches <= 4 && facts->auth_mores <= 4);
}

static void check_facts(const struct played *played, const struct manner *manner)
{
    const struct exchange_facts *facts = &played->facts;
    bool opened = facts->greeted || facts->error_in_greeting || facts->old_protocol;
    check_bounds(facts);
    PROMISE(facts->ending == manner->ending);
    PROMISE(!facts->greeted || facts->login_sent || manner->until == UNTIL_GREETING);
    PROMISE(facts->greeted + facts->error_in_greeting + facts->old_protocol <= 1);
    PROMISE(!opened || (!facts->greeting_bad && !facts->greeting_partial && !facts->services));
    PROMISE(!facts->greeting_bad || !facts->greeting_partial);
    PROMISE(!facts->blind || facts->login_sent);
    PROMISE(facts->slow == (facts->blind && facts->greeted));
    PROMISE(facts->logged_in + facts->reply_bad + (facts->error.code != 0) <= 1);
    PROMISE(!facts->wrong_sequence || facts->reply_bad);
    PROMISE(facts->greeted || !(facts->logged_in || facts->reply_bad || facts->auth_switches));
    PROMISE((played->state == EXCHANGE_LISTEN) ==
            (facts->greeting_bad || manner->moment > AFTER_FIRST_PIECE));
    PROMISE((played->state == EXCHANGE_LOGIN) ==
            (facts->greeted && facts->login_sent && !facts->logged_in && !facts->reply_bad &&
             !facts->error.code));
}

/* Bytes behind the last fact, which belong to none, are counted as far as they came with it. */
static void forget_the_rest(struct exchange_facts *facts)
{
    facts->bytes_received = 0;
    memset(facts->first_bytes, 0, sizeof(facts->first_bytes));
    facts->first_length = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct played pieces, drip;
    if (length < CONTROLS)
        return 0;
    struct manner manner = manner_of(bytes);
    play(bytes + CONTROLS, length - CONTROLS, &manner, &pieces);
    check_output(&pieces, &manner);
    check_facts(&pieces, &manner);
    if (manner.moment == AFTER_FIRST_PIECE)
        return 0;
    manner.piece = 1;
    play(bytes + CONTROLS, length - CONTROLS, &manner, &drip);
    PROMISE(drip.state == pieces.state);
    forget_the_rest(&pieces.facts);
    forget_the_rest(&drip.facts);
    PROMISE(memcmp(&drip.facts, &pieces.facts, sizeof(drip.facts)) == 0);
    return 0;
}
