/*
 * Any server: what goes out is well-framed, bounded and at most one login, the password is in it
 * only where the rules allow it, the facts do not contradict each other, and how TCP cuts the
 * stream changes none of it.
 */
#include "tests/fuzz/exchange_promise.h"

enum { CONTROLS = 4 };

/* When the probe speaks of its own accord. */
enum moment { NEVER, BEFORE_ALL, AFTER_FIRST_PIECE, ASKS_CLIENT_HELLO, ASKS_SSL_REQUEST, MOMENTS };

/* What becomes of TLS where it is begun. */
enum tls { TLS_GOOD, TLS_UNVERIFIED, TLS_UNACCEPTABLE, TLS_NEVER };

/* The input's first bytes. */
struct manner {
    struct asked asked;
    enum moment moment;
    size_t piece; /* bytes that arrive at a time */
    const char *password;
    enum secrecy secrecy;
    bool key_given;
    enum tls_mode tls_mode;
    enum tls tls;
    enum withheld withheld;
    bool turn_never;
};

static struct public_key *given;

static void prepare(void)
{
    unsigned bits;
    if (!given)
        PROMISE(public_key_parse((const uint8_t *)fuzz_pem, strlen(fuzz_pem), &given, &bits) == 0);
}

static void take_wishes(struct manner *manner, uint8_t login, uint8_t tls)
{
    static const char *const passwords[] = {NULL, "", FUZZ_PASSWORD, FUZZ_PASSWORD};
    static const enum tls_mode modes[] = {TLS_DISABLED, TLS_PREFERRED, TLS_REQUIRED, TLS_VERIFY_CA,
                                          TLS_VERIFY_IDENTITY};
    manner->password = passwords[login & 3];
    manner->secrecy = login & 4 ? SECRECY_SOCKET : SECRECY_NONE;
    manner->key_given = login & 8;
    manner->withheld = (enum withheld)((login >> 4 & 7) % (WITHHELD_WAITED + 1));
    manner->turn_never = login & 128;
    manner->tls_mode = manner->secrecy == SECRECY_SOCKET ? TLS_DISABLED : modes[(tls & 7) % 5];
    manner->tls = (enum tls)(tls >> 3 & 3);
    manner->asked.hurry = tls & 32;
    manner->asked.may_fetch_key = tls & 64;
    manner->asked.password = manner->password != NULL;
    manner->asked.turn = manner->withheld == WITHHELD_NOT && !manner->turn_never;
}

static struct manner manner_of(const uint8_t *controls)
{
    struct manner manner = {
        .asked = {.until = controls[0] & 1 ? UNTIL_GREETING : UNTIL_LOGIN,
                  .ending = (enum ending)((controls[0] >> 1 & 3) % (ENDING_RESET + 1))},
        .moment = (enum moment)((controls[0] >> 3) % MOMENTS),
        .piece = 1 + controls[1],
    };
    manner.asked.question = manner.moment > AFTER_FIRST_PIECE;
    take_wishes(&manner, controls[2], controls[3]);
    return manner;
}

/* As the owner does: what is queued goes out before the next bytes come in. Byte by byte every
 * answer is seen together with the question. */
static void take_output(struct exchange *exchange, struct played *played, bool dripping)
{
    PROMISE(exchange->output_length <= EXCHANGE_OUTPUT);
    PROMISE(played->output_length + exchange->output_length <= sizeof(played->output));
    if (exchange->output_length == 0)
        return;
    if (holds_password(exchange->output, exchange->output_length))
        PROMISE(exchange->secrecy != SECRECY_NONE && exchange->facts->credentials &&
                (!dripping || may_tell_password(exchange)));
    memcpy(played->output + played->output_length, exchange->output, exchange->output_length);
    played->output_length += exchange->output_length;
    exchange_sent(exchange, exchange->output_length);
}

/* As the owner does: TLS begins behind the SSLRequest, what came before it is dropped; a turn comes
 * at once or never. */
static void serve(struct exchange *exchange, const struct manner *manner, struct played *played)
{
    bool dripping = manner->piece == 1;
    take_output(exchange, played, dripping);
    if (exchange->state == EXCHANGE_TLS && manner->tls != TLS_NEVER) {
        exchange->input_length = 0;
        exchange_secured(exchange, manner->tls == TLS_GOOD, manner->tls != TLS_UNACCEPTABLE);
        take_output(exchange, played, dripping);
    }
    if (exchange->state == EXCHANGE_TURN && !manner->turn_never)
        exchange_login(exchange, manner->withheld);
    take_output(exchange, played, dripping);
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

static struct exchange_plan plan_of(const struct manner *manner)
{
    return (struct exchange_plan){
        .until = manner->asked.until,
        .tls_mode = manner->tls_mode,
        .secrecy = manner->secrecy,
        .login = manner->password ? fuzz_login(manner->password) : NULL,
        .may_fetch_public_key = manner->asked.may_fetch_key,
        .public_key = manner->key_given ? given : NULL,
    };
}

static void play(const uint8_t *bytes, size_t length, const struct manner *manner,
                 struct played *played)
{
    struct exchange exchange = {0};
    memset(played, 0, sizeof(*played));
    struct exchange_plan plan = plan_of(manner);
    exchange_begin(&exchange, &played->facts, &plan);
    exchange.hurry = manner->asked.hurry;
    speak(&exchange, manner->moment, BEFORE_ALL);
    serve(&exchange, manner, played);
    for (size_t at = 0; at < length; at += manner->piece) {
        size_t left = length - at;
        receive(&exchange, bytes + at, left < manner->piece ? left : manner->piece);
        if (at == 0 && exchange.state == EXCHANGE_OPENING)
            speak(&exchange, manner->moment, AFTER_FIRST_PIECE);
        serve(&exchange, manner, played);
        (void)exchange_answered(&exchange);
    }
    played->state = exchange.state;
    exchange_end(&exchange, manner->asked.ending);
    take_output(&exchange, played, manner->piece == 1);
    played->secrecy = exchange.secrecy;
    PROMISE(exchange.state == EXCHANGE_DONE);
    PROMISE(exchange.next_question <= QUESTION_SSL_REQUEST);
    exchange_clear(&exchange);
    PROMISE(!exchange.input && !exchange.output);
    PROMISE(!holds_password(&exchange, sizeof(exchange)));
}

static void check(const struct played *played, const struct manner *manner)
{
    if (manner->asked.question)
        PROMISE(played->output_length && !played->facts.login_sent);
    else
        check_packets(played);
    check_facts(played, &manner->asked);
    PROMISE(played->facts.first_length <= played->facts.bytes_received);
}

/* Bytes behind the last fact, which belong to none, are counted as far as they came with it. */
static void forget_the_rest(struct exchange_facts *facts)
{
    facts->bytes_received = 0;
    memset(facts->first_bytes, 0, sizeof(facts->first_bytes));
    facts->first_length = 0;
}

/* Where TLS begins it matters what came with the greeting and what behind the SSLRequest; likewise
 * whether an ERR came before the login went out. */
static bool depends_on_pieces(const struct played *played, const struct manner *manner)
{
    return manner->moment == AFTER_FIRST_PIECE || played->facts.ssl_request_sent ||
           turned_away(&played->facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct played pieces, drip;
    if (length < CONTROLS)
        return 0;
    prepare();
    struct manner manner = manner_of(bytes);
    play(bytes + CONTROLS, length - CONTROLS, &manner, &pieces);
    check(&pieces, &manner);
    manner.piece = 1;
    play(bytes + CONTROLS, length - CONTROLS, &manner, &drip);
    check(&drip, &manner);
    if (depends_on_pieces(&pieces, &manner) || depends_on_pieces(&drip, &manner))
        return 0;
    PROMISE(drip.state == pieces.state);
    forget_the_rest(&pieces.facts);
    forget_the_rest(&drip.facts);
    PROMISE(memcmp(&drip.facts, &pieces.facts, sizeof(drip.facts)) == 0);
    return 0;
}
