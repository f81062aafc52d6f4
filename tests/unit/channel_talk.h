/* A channel and a real TLS server that talk over memory; between them the wire is watched. */
#ifndef TESTS_UNIT_CHANNEL_TALK_H
#define TESTS_UNIT_CHANNEL_TALK_H

#include "probe/exchange/channel.h"
#include "tests/unit/exchange_login_play.h"
#include "tests/unit/tls_peer.h"

enum { CLEAR_PACKET = PACKET_HEADER + SSL_REQUEST, ALL = 65536 };

static struct made authority, stranger, server_leaf;
static struct tls_client *trusting, *trustless;

static int make_all(void **state)
{
    authority = make_certificate((struct recipe){.subject = "CA", .authority = true});
    stranger = make_certificate((struct recipe){.subject = "other CA", .authority = true});
    server_leaf = make_certificate(
        (struct recipe){.subject = "db1", .alternatives = "DNS:db1.example", .issuer = &authority});
    write_certificate("ca.pem", &authority);
    write_certificate("other.pem", &stranger);
    trusting = client_new((struct tls_settings){.ca = scratch_path("ca.pem")});
    trustless = client_new((struct tls_settings){.ca = scratch_path("other.pem")});
    scratch_remove();
    return make_keys(state);
}

static int free_all(void **state)
{
    unmake(&authority);
    unmake(&stranger);
    unmake(&server_leaf);
    tls_client_free(trusting);
    tls_client_free(trustless);
    return free_keys(state);
}

/* What is not named: a user with a password, whose turn comes at once; TLS with a client that
 * trusts the server's CA. */
struct talk_wish {
    enum tls_mode mode;
    const struct tls_client *client;
    const char *name; /* NULL: the server's */
    struct wish wish;
    struct peer_settings theirs;
    size_t piece; /* bytes that go over the wire at a time, to the channel */
};

struct talk {
    struct talk_wish wish;
    struct channel channel;
    struct exchange_facts facts;
    struct tls_evidence *tls;
    struct secret *secret;
    struct login login;
    struct peer peer;
    uint8_t said[ROOM]; /* packets of the client: the SSLRequest, then what was inside TLS */
    size_t said_length;
    size_t hello_length; /* bytes of TLS that the client sent */
};

static void talk_begin(struct talk *talk, const struct talk_wish *wish)
{
    *talk = (struct talk){.wish = *wish};
    if (!talk->wish.theirs.leaf)
        talk->wish.theirs.leaf = &server_leaf;
    if (!talk->wish.wish.user)
        talk->wish.wish.user = USER;
    if (!talk->wish.piece)
        talk->wish.piece = ALL;
    assert_int_equal(secret_new(PASSWORD, strlen(PASSWORD), &talk->secret), 0);
    talk->login = (struct login){
        .user = talk->wish.wish.user, .database = talk->wish.wish.database, .secret = talk->secret};
    struct exchange_plan plan = {.tls_mode = wish->mode, .login = &talk->login};
    struct channel_tls tls = {.client = wish->client ? wish->client : trusting,
                              .name = wish->name ? wish->name : "db1.example",
                              .ret_facts = &talk->tls};
    channel_begin(&talk->channel, &talk->facts, &plan, &tls);
    talk->peer = peer_new(talk->wish.theirs);
}

static void talk_free(struct talk *talk)
{
    channel_clear(&talk->channel);
    assert_null(memmem(&talk->channel, sizeof(talk->channel), PASSWORD, strlen(PASSWORD)));
    secret_free(talk->secret);
    peer_free(&talk->peer);
    free(talk->tls);
}

static void keep_said(struct talk *talk, const uint8_t *bytes, size_t length)
{
    assert_in_range(length, 0, ROOM - talk->said_length);
    memcpy(talk->said + talk->said_length, bytes, length);
    talk->said_length += length;
}

/* The SSLRequest goes out alone; all that follows it is TLS, and nothing in it can be read. */
static size_t carry_from_channel(struct talk *talk)
{
    const uint8_t *bytes;
    size_t moved = 0;
    for (size_t length; (length = channel_output(&talk->channel, &bytes)) > 0; moved += length) {
        assert_null(memmem(bytes, length, PASSWORD, strlen(PASSWORD)));
        if (talk->facts.ssl_request_sent && talk->said_length == 0) {
            assert_int_equal(length, CLEAR_PACKET);
            assert_int_equal(talk->hello_length, 0);
            keep_said(talk, bytes, length);
        } else if (!talk->facts.ssl_request_sent) {
            keep_said(talk, bytes, length);
        } else {
            assert_true(talk->hello_length || (bytes[0] == SSL3_RT_HANDSHAKE && bytes[1] == 3));
            talk->hello_length += length;
            NEEDED(BIO_write(talk->peer.input, bytes, (int)length) == (int)length);
        }
        channel_sent(&talk->channel, length);
    }
    return moved;
}

/* As the owner does: whoever may log in does so at once. */
static void give_turn(struct talk *talk)
{
    const struct wish *wish = &talk->wish.wish;
    if (talk->channel.exchange.state != EXCHANGE_TURN || wish->waits)
        return;
    exchange_login(&talk->channel.exchange, wish->withheld);
    assert_int_equal(channel_advance(&talk->channel), 0);
}

/* From a copy of exactly that size. */
static void give(struct talk *talk, const uint8_t *bytes, size_t length)
{
    for (size_t at = 0, piece; at < length; at += piece) {
        piece = length - at < talk->wish.piece ? length - at : talk->wish.piece;
        struct guarded copy = guard(bytes + at, piece);
        assert_int_equal(channel_receive(&talk->channel, copy.bytes, piece), 0);
        unguard(&copy);
        give_turn(talk);
    }
}

static size_t take_from_peer(struct talk *talk, uint8_t *bytes)
{
    int length = BIO_read(talk->peer.output, bytes, ROOM);
    return length > 0 ? (size_t)length : 0;
}

static void peer_listens(struct talk *talk)
{
    uint8_t bytes[ROOM];
    if (talk->hello_length && !SSL_is_init_finished(talk->peer.ssl))
        (void)SSL_do_handshake(talk->peer.ssl);
    if (SSL_is_init_finished(talk->peer.ssl))
        for (int length; (length = SSL_read(talk->peer.ssl, bytes, sizeof(bytes))) > 0;)
            keep_said(talk, bytes, (size_t)length);
    ERR_clear_error();
}

/* Both sides go on until neither says anything more. */
static void settle(struct talk *talk)
{
    uint8_t bytes[ROOM];
    size_t length;
    do {
        (void)carry_from_channel(talk);
        peer_listens(talk);
        length = take_from_peer(talk, bytes);
        give(talk, bytes, length);
    } while (length);
    (void)carry_from_channel(talk);
    peer_listens(talk);
}

static void say_in_clear(struct talk *talk, const char *words)
{
    struct stream stream = stream_of(words);
    give(talk, stream.bytes, stream.length);
}

/* Part by part; each "|" waits for the client. */
static void say_inside(struct talk *talk, const char *words)
{
    struct stream stream = stream_of(words);
    for (size_t at = 0, piece; at < stream.length; at += piece) {
        piece = piece_at(&stream, at, stream.length);
        NEEDED(SSL_write(talk->peer.ssl, stream.bytes + at, (int)piece) == (int)piece);
        settle(talk);
    }
}

static void check_talk(const struct talk *talk, const char *facts, const char *packets)
{
    struct played played = {.facts = talk->facts, .state = talk->channel.exchange.state};
    struct told told = tell_packets(talk->said, talk->said_length);
    check_facts(&played, facts);
    assert_string_equal(told.text, packets);
}

#endif
