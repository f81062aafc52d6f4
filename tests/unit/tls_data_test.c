/* What happens in a TLS session once the handshake is done. */
#include "tests/unit/tls_peer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LARGE = 1 << 20 };

static struct made leaf;
static struct tls_client *client;
static struct tls_session *session;
static struct peer peer;

static void begin(int version)
{
    session = played(client, (struct peer_settings){.leaf = &leaf, .version = version}, &peer);
    assert_int_equal(tls_session_state(session), TLS_DONE);
}

static void end(void)
{
    tls_session_free(session);
    peer_free(&peer);
}

/* The bytes arrive at the server as they were. */
static void assert_sent(const uint8_t *bytes, size_t length)
{
    uint8_t *received = malloc(length);
    size_t total = 0;
    assert_non_null(received);
    assert_int_equal(tls_session_write(session, bytes, length), 0);
    carry_up(session, &peer);
    for (int part; total < length; total += (size_t)part) {
        part = SSL_read(peer.ssl, received + total, (int)(length - total));
        assert_true(part > 0);
    }
    assert_memory_equal(received, bytes, length);
    free(received);
}

static void assert_received(const uint8_t *bytes, size_t length)
{
    uint8_t *received = malloc(length + 1);
    size_t total = 0;
    assert_non_null(received);
    assert_int_equal(SSL_write(peer.ssl, bytes, (int)length), length);
    carry_down(&peer, session, 4096);
    for (size_t part; (part = tls_session_read(session, received + total, length + 1 - total));)
        total += part;
    assert_int_equal(total, length);
    assert_memory_equal(received, bytes, length);
    free(received);
}

static void plaintext_goes_both_ways(void **state)
{
    (void)state;
    static uint8_t large[LARGE];
    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (uint8_t)(i * 7 + i / 251);
    for (int version = TLS1_VERSION; version <= TLS1_3_VERSION; version++) {
        begin(version);
        assert_sent((const uint8_t *)"login", 5);
        assert_received((const uint8_t *)"OK", 2);
        assert_sent(large, sizeof(large));
        assert_received(large, sizeof(large));
        assert_int_equal(tls_session_state(session), TLS_DONE);
        assert_false(tls_session_closed(session));
        end();
    }
}

/* As much as fits at a time; nothing is lost between. */
static void plaintext_waits_until_it_is_read(void **state)
{
    (void)state;
    uint8_t bytes[4];
    begin(TLS1_2_VERSION);
    assert_int_equal(SSL_write(peer.ssl, "abcdef", 6), 6);
    carry_down(&peer, session, 1);
    assert_int_equal(tls_session_read(session, bytes, 0), 0);
    assert_int_equal(tls_session_read(session, bytes, 4), 4);
    assert_memory_equal(bytes, "abcd", 4);
    assert_int_equal(tls_session_read(session, bytes, 4), 2);
    assert_memory_equal(bytes, "ef", 2);
    assert_int_equal(tls_session_read(session, bytes, 4), 0);
    end();
}

static void close_notify_comes_after_the_last_plaintext(void **state)
{
    (void)state;
    uint8_t bytes[8];
    for (int version = TLS1_VERSION; version <= TLS1_3_VERSION; version++) {
        begin(version);
        assert_int_equal(SSL_write(peer.ssl, "bye", 3), 3);
        SSL_shutdown(peer.ssl);
        carry_down(&peer, session, 1);
        assert_false(tls_session_closed(session));
        assert_int_equal(tls_session_read(session, bytes, sizeof(bytes)), 3);
        assert_int_equal(tls_session_read(session, bytes, sizeof(bytes)), 0);
        assert_true(tls_session_closed(session));
        assert_int_equal(tls_session_state(session), TLS_DONE);
        assert_int_equal(tls_session_receive(session, bytes, sizeof(bytes)), 0);
        assert_int_equal(tls_session_state(session), TLS_DONE);
        end();
    }
}

static void a_broken_record_ends_the_session(void **state)
{
    (void)state;
    uint8_t record[256];
    const uint8_t *output;
    struct tls_evidence facts = {0};
    for (int version = TLS1_VERSION; version <= TLS1_3_VERSION; version++) {
        begin(version);
        assert_int_equal(SSL_write(peer.ssl, "abc", 3), 3);
        int length = BIO_read(peer.output, record, sizeof(record));
        record[length - 1] ^= 1;
        assert_int_equal(tls_session_receive(session, record, (size_t)length), 0);
        assert_int_equal(tls_session_state(session), TLS_FAILED_HERE);
        tls_session_record(session, &facts);
        assert_int_equal(facts.alert_sent, SSL_AD_BAD_RECORD_MAC);
        assert_int_equal(facts.version, version);
        assert_string_not_equal(facts.reason, "");
        assert_true(tls_session_output(session, &output) > 0);
        tls_session_judge(session, "", &facts);
        assert_true(facts.judged);
        end();
    }
}

static void plaintext_outside_tls_ends_the_session(void **state)
{
    static const uint8_t packet[] = "\7\0\0\2\0\0\0\2\0\0\0";
    (void)state;
    begin(TLS1_3_VERSION);
    assert_int_equal(tls_session_receive(session, packet, sizeof(packet) - 1), 0);
    assert_int_equal(tls_session_state(session), TLS_FAILED_HERE);
    end();
}

static void keys_may_change(void **state)
{
    (void)state;
    begin(TLS1_3_VERSION);
    for (int i = 0; i < 3; i++) {
        assert_true(SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED));
        assert_received((const uint8_t *)"abc", 3);
        assert_sent((const uint8_t *)"def", 3);
    }
    end();
}

/* A server that asks for new handshakes and reads none of the refusals. */
static void answers_that_nobody_reads_have_an_end(void **state)
{
    (void)state;
    const uint8_t *output;
    begin(TLS1_2_VERSION);
    for (int i = 0; i < 5000 && tls_session_state(session) == TLS_DONE; i++) {
        SSL_renegotiate(peer.ssl);
        SSL_do_handshake(peer.ssl);
        carry_down(&peer, session, 4096);
    }
    assert_int_equal(tls_session_state(session), TLS_FAILED_HERE);
    assert_in_range(tls_session_output(session, &output), 65536, 2 * 65536);
    end();
}

static int make_all(void **state)
{
    (void)state;
    leaf = make_certificate((struct recipe){.subject = "db1.example"});
    client = client_new((struct tls_settings){0});
    return 0;
}

static int unmake_all(void **state)
{
    (void)state;
    tls_client_free(client);
    unmake(&leaf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plaintext_goes_both_ways),
        cmocka_unit_test(plaintext_waits_until_it_is_read),
        cmocka_unit_test(close_notify_comes_after_the_last_plaintext),
        cmocka_unit_test(a_broken_record_ends_the_session),
        cmocka_unit_test(plaintext_outside_tls_ends_the_session),
        cmocka_unit_test(keys_may_change),
        cmocka_unit_test(answers_that_nobody_reads_have_an_end),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
