/*
 * A login through TLS against a server that says anything: bytes in TLS's place, or packets inside
 * the TLS of a real server. Nothing but an SSLRequest goes out in clear, inside TLS the exchange
 * keeps its promises, and TLS's own facts agree with it.
 */
#include "probe/exchange/channel.h"
#include "tests/fuzz/exchange_promise.h"
#include "tests/unit/tls_peer.h"

enum { CONTROLS = 4, ROUNDS = 64, SSL_REQUEST = PACKET_HEADER + 4 + 4 + 1 + 23 };

/* What a chunk of the input's rest is, by its length byte; any other is a packet's bytes. */
enum { CHUNK_BREAK = 0, CHUNK_CLOSE = 254, CHUNK_ALERT = 255 };

/* MariaDB's, with every capability that matters. */
static const uint8_t greeting[] = "\x52\0\0\0\x0a"
                                  "5.5.5-10.11.19\0"
                                  "\x01\0\0\0"
                                  "abcdefgh\0"
                                  "\xfe\xff\x08\x02\0\xff\x81\x15"
                                  "\0\0\0\0\0\0\x1d\0\0\0"
                                  "ijklmnopqrst\0"
                                  "mysql_native_password";

struct manner {
    struct asked asked;
    bool raw; /* bytes in TLS's place */
    bool trusted;
    bool other_name;
    bool late; /* the verdict is taken while TLS is under way, somebody else ends it */
    bool turn_never;
    enum withheld withheld;
    enum tls_mode mode;
    int version;
    size_t piece;
    const char *password;
};

struct talk {
    const struct manner *manner;
    struct channel channel;
    struct tls_evidence *tls;
    struct peer peer;
    struct played played;
    struct exchange_facts unread; /* of who comes after the verdict */
    size_t request_length;        /* bytes in clear */
    bool broken;                  /* the server's next bytes are changed on their way */
    bool deaf;                    /* the server has given up its TLS: it reads nothing any more */
};

static struct made own;
static struct tls_client *trusting, *trustless;

static void prepare(void)
{
    if (trusting)
        return;
    own = make_certificate((struct recipe){.subject = "db1", .alternatives = "DNS:db1.example"});
    write_certificate("ca.pem", &own);
    trusting = client_new((struct tls_settings){.ca = scratch_path("ca.pem")});
    trustless = client_new((struct tls_settings){.capath = "/"});
    scratch_remove();
}

static struct manner manner_of(const uint8_t *controls)
{
    static const enum tls_mode modes[] = {TLS_PREFERRED, TLS_REQUIRED, TLS_VERIFY_CA,
                                          TLS_VERIFY_IDENTITY};
    static const char *const passwords[] = {FUZZ_PASSWORD, "", NULL, FUZZ_PASSWORD};
    struct manner manner = {
        .raw = controls[0] & 1,
        .trusted = controls[0] & 2,
        .other_name = controls[0] & 4,
        .late = controls[0] & 8,
        .mode = modes[controls[0] >> 4 & 3],
        .version = controls[0] & 64 ? TLS1_3_VERSION : TLS1_2_VERSION,
        .piece = 1 + controls[1],
        .password = passwords[controls[2] & 3],
        .turn_never = controls[2] & 4,
        .withheld = (enum withheld)((controls[2] >> 3 & 7) % (WITHHELD_WAITED + 1)),
        .asked.ending = (enum ending)(controls[3] % (ENDING_RESET + 1)),
    };
    manner.asked.password = manner.password != NULL;
    manner.asked.turn = manner.withheld == WITHHELD_NOT && !manner.turn_never;
    return manner;
}

/* ---- the wire ---- */

static void hear_packets(struct talk *talk, const uint8_t *bytes, size_t length)
{
    struct played *played = &talk->played;
    PROMISE(length <= OUTPUT - played->output_length);
    memcpy(played->output + played->output_length, bytes, length);
    played->output_length += length;
    if (holds_password(bytes, length))
        PROMISE(talk->channel.exchange.secrecy != SECRECY_NONE);
}

/* In clear the SSLRequest and nothing else. */
static void carry_up_from(struct talk *talk)
{
    const uint8_t *bytes;
    for (size_t length; (length = channel_output(&talk->channel, &bytes)) > 0;) {
        PROMISE(!holds_password(bytes, length));
        if (talk->request_length < SSL_REQUEST) {
            PROMISE(length <= SSL_REQUEST - talk->request_length);
            hear_packets(talk, bytes, length);
            talk->request_length += length;
        } else {
            NEEDED(BIO_write(talk->peer.input, bytes, (int)length) == (int)length);
        }
        channel_sent(&talk->channel, length);
    }
}

static void give_turn(struct talk *talk)
{
    struct exchange *exchange = &talk->channel.exchange;
    if (exchange->state != EXCHANGE_TURN || talk->manner->turn_never)
        return;
    exchange_login(exchange, talk->manner->withheld);
    PROMISE(channel_advance(&talk->channel) == 0);
}

static void give(struct talk *talk, const uint8_t *bytes, size_t length)
{
    for (size_t at = 0, piece; at < length; at += piece) {
        piece = length - at < talk->manner->piece ? length - at : talk->manner->piece;
        uint8_t *copy = malloc(piece);
        PROMISE(copy);
        memcpy(copy, bytes + at, piece);
        PROMISE(channel_receive(&talk->channel, copy, piece) == 0);
        free(copy);
        give_turn(talk);
    }
}

static void peer_listens(struct talk *talk)
{
    uint8_t bytes[OUTPUT];
    SSL *ssl = talk->peer.ssl;
    if (!SSL_is_init_finished(ssl))
        (void)SSL_do_handshake(ssl);
    for (int length; SSL_is_init_finished(ssl) && (length = SSL_read(ssl, bytes, OUTPUT)) > 0;)
        hear_packets(talk, bytes, (size_t)length);
    ERR_clear_error();
}

static size_t carry_down_to(struct talk *talk)
{
    uint8_t bytes[OUTPUT];
    int length = BIO_read(talk->peer.output, bytes, OUTPUT);
    if (length <= 0)
        return 0;
    if (talk->broken)
        bytes[length - 1] ^= 1;
    talk->broken = false;
    give(talk, bytes, (size_t)length);
    return (size_t)length;
}

static void settle(struct talk *talk)
{
    size_t moved;
    int rounds = 0;
    do {
        PROMISE(rounds++ < ROUNDS);
        carry_up_from(talk);
        peer_listens(talk);
        moved = carry_down_to(talk);
    } while (moved);
    carry_up_from(talk);
    peer_listens(talk);
}

/* ---- what the server says inside ---- */

static void make_peer_alert(struct talk *talk)
{
    static const uint8_t bad[] = {SSL3_RT_APPLICATION_DATA, 3, 3, 0, 1, 0};
    NEEDED(BIO_write(talk->peer.input, bad, sizeof(bad)) == sizeof(bad));
    peer_listens(talk);
    talk->deaf = true;
}

/* Its bytes, and how many of the input that took. */
static size_t say_chunk(struct talk *talk, const uint8_t *bytes, size_t length)
{
    size_t size = bytes[0];
    if (size == CHUNK_BREAK)
        talk->broken = true;
    else if (size == CHUNK_CLOSE)
        (void)SSL_shutdown(talk->peer.ssl);
    else if (size == CHUNK_ALERT)
        make_peer_alert(talk);
    if (size == CHUNK_BREAK || size >= CHUNK_CLOSE)
        return 1;
    if (size > length - 1)
        size = length - 1;
    if (size)
        (void)SSL_write(talk->peer.ssl, bytes + 1, (int)size);
    return 1 + size;
}

/* An odd chunk follows the one before it without a pause. */
static void say_inside(struct talk *talk, const uint8_t *bytes, size_t length)
{
    for (size_t at = 0, count = 0; at < length; count++) {
        at += say_chunk(talk, bytes + at, length - at);
        if (count % 2)
            settle(talk);
    }
    ERR_clear_error();
    settle(talk);
}

/* ---- the end ---- */

/* The verdict is taken; what follows writes elsewhere. */
static void take_over(struct talk *talk)
{
    channel_end(&talk->channel, ENDING_OPEN);
    talk->unread = talk->played.facts;
    talk->channel.exchange.facts = &talk->unread;
    talk->channel.exchange.state = EXCHANGE_TLS;
    talk->channel.exchange.hurry = true;
    talk->channel.tls.name = "";
    talk->channel.tls.ret_facts = NULL;
}

static void check_tls(const struct talk *talk)
{
    const struct exchange_facts *facts = &talk->played.facts;
    const struct tls_evidence *tls = talk->tls;
    enum tls_handshake state = tls->handshake;
    PROMISE(state != TLS_NOT_RUN);
    PROMISE(!facts->secured || tls->judged);
    PROMISE(!facts->secured || facts->tls_broken || state == TLS_DONE || state == TLS_ALERTED ||
            state == TLS_FAILED_HERE);
    PROMISE(!facts->tls_broken || state == TLS_ALERTED || state == TLS_FAILED_HERE ||
            state == TLS_PLAINTEXT);
    PROMISE(!talk->manner->raw || !facts->secured);
    PROMISE(!facts->credentials || talk->manner->mode < TLS_VERIFY_CA || talk->manner->trusted);
    PROMISE(!facts->credentials || talk->manner->mode < TLS_VERIFY_IDENTITY ||
            !talk->manner->other_name);
}

static void finish(struct talk *talk)
{
    struct played *played = &talk->played;
    struct asked asked = talk->manner->asked;
    if (talk->manner->late) {
        struct exchange_facts facts = talk->unread;
        PROMISE(!facts.credentials && !facts.statement_sent);
        asked.ending = ENDING_OPEN;
        played->state = EXCHANGE_TLS;
        check_facts(played, &asked);
        played->facts = facts;
    } else {
        played->state = talk->channel.exchange.state;
        channel_end(&talk->channel, asked.ending);
        carry_up_from(talk);
        peer_listens(talk);
        check_facts(played, &asked);
        check_tls(talk);
    }
    played->cut_off = talk->deaf || tls_session_state(talk->channel.session) != TLS_DONE;
    check_packets(played);
}

static void begin(struct talk *talk, const struct manner *manner)
{
    memset(talk, 0, sizeof(*talk));
    talk->manner = manner;
    struct exchange_plan plan = {.tls_mode = manner->mode,
                                 .login = manner->password ? fuzz_login(manner->password) : NULL};
    struct channel_tls tls = {.client = manner->trusted ? trusting : trustless,
                              .name = manner->other_name ? "db2.example" : "db1.example",
                              .ret_facts = &talk->tls};
    channel_begin(&talk->channel, &talk->played.facts, &plan, &tls);
    talk->peer = peer_new((struct peer_settings){.leaf = &own, .version = manner->version});
    PROMISE(channel_receive(&talk->channel, greeting, sizeof(greeting)) == 0);
    PROMISE(talk->played.facts.ssl_request_sent && talk->channel.session && talk->tls);
    carry_up_from(talk);
}

static void end(struct talk *talk)
{
    channel_clear(&talk->channel);
    channel_clear(&talk->channel);
    PROMISE(!holds_password(&talk->channel, sizeof(talk->channel)));
    peer_free(&talk->peer);
    free(talk->tls);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct talk talk;
    if (length < CONTROLS)
        return 0;
    prepare();
    struct manner manner = manner_of(bytes);
    begin(&talk, &manner);
    if (manner.late)
        take_over(&talk);
    if (manner.raw) {
        give(&talk, bytes + CONTROLS, length - CONTROLS);
        carry_up_from(&talk);
    } else {
        settle(&talk);
        say_inside(&talk, bytes + CONTROLS, length - CONTROLS);
    }
    finish(&talk);
    end(&talk);
    return 0;
}
