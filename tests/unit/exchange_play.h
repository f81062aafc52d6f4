/* Plays a server's words to an exchange and tells in words what came of it. */
#ifndef TESTS_UNIT_EXCHANGE_PLAY_H
#define TESTS_UNIT_EXCHANGE_PLAY_H

#include "probe/exchange/exchange.h"
#include "tests/unit/exchange_stream.h"
#include "tests/unit/guard.h"

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
    FLAG(tls_broken),          FLAG(credentials),
    FLAG(proof_sent),          FLAG(proof_asked),
    FLAG(statement_sent),      FLAG(statement_answered),
    FLAG(fast_authentication), FLAG(full_authentication),
    FLAG(public_key_asked),    FLAG(slow),
    FLAG(login_sent),          FLAG(blind),
    FLAG(error_in_greeting),   FLAG(logged_in),
    FLAG(reply_bad),           FLAG(wrong_sequence),
#undef FLAG
};

static const char *const withheld_names[] = {
    [WITHHELD_NOT] = "",          [WITHHELD_TLS] = "tls",
    [WITHHELD_LATE] = "late",     [WITHHELD_REJECTED] = "rejected",
    [WITHHELD_WAITED] = "waited",
};

static const char *const refusal_names[] = {
    [PROOF_NOT_REFUSED] = "",
    [PROOF_NOT_SPOKEN] = "not-spoken",
    [PROOF_IN_CLEAR] = "in-clear",
    [PROOF_WITHOUT_KEY] = "without-key",
    [PROOF_KEY_BAD] = "key-bad",
    [PROOF_KEY_SIZE] = "key-size",
    [PROOF_KEY_TOO_SMALL] = "key-too-small",
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
    if (facts->public_key_bits)
        tell(&told, " bits=%d", facts->public_key_bits);
    if (facts->withheld)
        tell(&told, " withheld=%s", withheld_names[facts->withheld]);
    if (facts->refusal)
        tell(&told, " refused=%s", refusal_names[facts->refusal]);
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

/* What came of TLS, once it was begun and the server paused. */
struct tls_wish {
    enum tls_mode mode;
    bool unverified;
    bool unacceptable;
    bool never; /* it is not completed */
};

/* What is wanted beyond an anonymous probe in clear. */
struct wish {
    const struct tls_wish *tls; /* NULL: TLS is disabled */
    const char *password;       /* NULL: none */
    const char *user;
    const char *database;
    const char *anonymous_user;
    struct public_key *const *key; /* given by the user */
    enum secrecy secrecy;
    bool may_fetch_key;
    enum withheld withheld; /* what its turn comes to */
    bool waits;             /* the turn never comes */
    bool hurry;
    bool no_time_for_tls;
};

struct manner {
    enum until until;
    enum first first;
    enum ending ending;
    struct wish wish;
};

struct played {
    struct exchange_facts facts;
    enum exchange_state state; /* before the end */
    enum question next_question;
    bool answered;
    uint8_t output[ROOM];
    size_t output_length;
};

/* Of the tests of logins: looks at what goes out, and replaces what is different each time. */
static void (*seen_going_out)(uint8_t *bytes, size_t length);

static void take_output(struct exchange *exchange, struct played *played)
{
    assert_in_range(exchange->output_length, 0, EXCHANGE_OUTPUT);
    assert_in_range(exchange->output_length, 0, ROOM - played->output_length);
    if (exchange->output_length == 0)
        return;
    memcpy(played->output + played->output_length, exchange->output, exchange->output_length);
    if (seen_going_out)
        seen_going_out(played->output + played->output_length, exchange->output_length);
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

static struct exchange_plan plan_of(const struct manner *manner, const struct login *login)
{
    const struct wish *wish = &manner->wish;
    return (struct exchange_plan){
        .until = manner->until,
        .tls_mode = wish->tls ? wish->tls->mode : TLS_DISABLED,
        .no_time_for_tls = wish->no_time_for_tls,
        .secrecy = wish->secrecy,
        .login = login,
        .login_name = wish->anonymous_user,
        .may_fetch_public_key = wish->may_fetch_key,
        .public_key = wish->key ? *wish->key : NULL,
    };
}

/* As the owner of TLS does: what came in clear behind the greeting is dropped. */
static void secure(struct exchange *exchange, const struct tls_wish *tls)
{
    if (exchange->state != EXCHANGE_TLS || tls->never)
        return;
    exchange->input_length = 0;
    exchange_secured(exchange, !tls->unverified, !tls->unacceptable);
}

static void take_turn(struct exchange *exchange, const struct wish *wish)
{
    if (exchange->state == EXCHANGE_TURN && !wish->waits)
        exchange_login(exchange, wish->withheld);
}

/* How many bytes come in one piece: at most `wanted`, at most up to the next pause. */
static size_t piece_at(const struct stream *stream, size_t at, size_t wanted)
{
    size_t end = stream->length;
    for (size_t i = stream->pause_count; i-- > 0;)
        if (stream->pauses[i] > at)
            end = stream->pauses[i];
    return wanted < end - at ? wanted : end - at;
}

static bool pauses_at(const struct stream *stream, size_t at)
{
    for (size_t i = 0; i < stream->pause_count; i++)
        if (stream->pauses[i] == at)
            return true;
    return false;
}

/* The first piece has `first_piece` bytes, the others `piece` each. */
static void hear(struct exchange *exchange, const struct stream *stream,
                 const struct manner *manner, size_t first_piece, size_t piece,
                 struct played *played)
{
    struct guarded input = guard(stream->bytes, stream->length);
    for (size_t at = 0, length = first_piece; at < stream->length; length = piece) {
        length = piece_at(stream, at, length);
        assert_int_equal(exchange_receive(exchange, input.bytes + at, length), 0);
        at += length;
        take_turn(exchange, &manner->wish);
        take_output(exchange, played);
        if (pauses_at(stream, at) && manner->wish.tls)
            secure(exchange, manner->wish.tls);
        take_turn(exchange, &manner->wish);
        take_output(exchange, played);
    }
    unguard(&input);
}

static void play_with(const struct stream *stream, const struct manner *manner,
                      const struct login *login, size_t first_piece, size_t piece,
                      struct played *played)
{
    struct exchange exchange = {0};
    memset(played, 0, sizeof(*played));
    struct exchange_plan plan = plan_of(manner, login);
    exchange_begin(&exchange, &played->facts, &plan);
    exchange.hurry = manner->wish.hurry;
    speak(&exchange, manner->first);
    take_output(&exchange, played);
    hear(&exchange, stream, manner, first_piece, piece, played);
    played->state = exchange.state;
    played->answered = exchange_answered(&exchange);
    exchange_end(&exchange, manner->ending);
    take_output(&exchange, played);
    played->next_question = exchange.next_question;
    assert_int_equal(exchange.state, EXCHANGE_DONE);
    exchange_clear(&exchange);
    assert_null(exchange.input);
    assert_null(exchange.output);
    if (manner->wish.password && *manner->wish.password)
        assert_null(memmem(&exchange, sizeof(exchange), manner->wish.password,
                           strlen(manner->wish.password)));
}

static void play_once(const struct stream *stream, const struct manner *manner, size_t first_piece,
                      size_t piece, struct played *played)
{
    const struct wish *wish = &manner->wish;
    struct secret *secret = NULL;
    if (wish->password)
        assert_int_equal(secret_new(wish->password, strlen(wish->password), &secret), 0);
    struct login login = {.user = wish->user, .database = wish->database, .secret = secret};
    play_with(stream, manner, &login, first_piece, piece, played);
    secret_free(secret);
}

/* Whole, in every two pieces, and byte by byte: TCP may cut the stream anywhere. */
static void play_in_all_pieces(const char *server, const struct manner *manner,
                               struct played *ret_played)
{
    struct stream stream = stream_of(server);
    struct played pieces;
    play_once(&stream, manner, stream.length, stream.length, ret_played);
    for (size_t first = 1; first < stream.length; first++) {
        play_once(&stream, manner, first, stream.length, &pieces);
        assert_memory_equal(&pieces, ret_played, sizeof(pieces));
    }
    play_once(&stream, manner, 1, 1, &pieces);
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

static inline void check(const struct played *played, const char *facts, const char *output)
{
    struct told told = tell_output(played->output, played->output_length);
    check_facts(played, facts);
    assert_string_equal(told.text, output);
}

#endif
