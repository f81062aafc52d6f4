#include "tests/unit/guard.h"
#include "tests/unit/tls_peer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(rows_) (sizeof(rows_) / sizeof((rows_)[0]))

static struct made authority, stranger, leaf, rsa_leaf, user;

static const int all_versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};

static void every_version_is_completed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all_versions); i++) {
        struct tls_evidence facts =
            facts_of((struct tls_settings){0},
                     (struct peer_settings){.leaf = &leaf, .version = all_versions[i]}, "");
        assert_int_equal(facts.handshake, TLS_DONE);
        assert_int_equal(facts.version, all_versions[i]);
        assert_string_not_equal(facts.cipher, "");
        assert_string_equal(facts.group, "X25519");
        assert_int_equal(facts.alert_received, TLS_NO_ALERT);
        assert_int_equal(facts.alert_sent, TLS_NO_ALERT);
        assert_int_equal(facts.certificate_count, 1);
        assert_false(facts.client_certificate_asked || facts.client_certificate_sent);
    }
}

/* What clients of this machine refuse is completed all the same. */
static void every_key_exchange_is_completed(void **state)
{
    static const struct {
        const char *cipher;
        const char *group;
        int dh_bits;
        bool anonymous;
    } rows[] = {
        {"AES128-SHA:@SECLEVEL=0", "", 0, false},
        {"ECDHE-RSA-AES128-SHA:@SECLEVEL=0", "X25519", 0, false},
        {"DHE-RSA-AES128-SHA:@SECLEVEL=0", "DH 512 bits", 512, false},
        {"ADH-AES128-SHA:@SECLEVEL=0", "DH 512 bits", 512, true},
    };
    (void)state;
    EVP_PKEY *dh = make_dh(512);
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("  %s\n", rows[i].cipher);
        struct tls_evidence facts =
            facts_of((struct tls_settings){0},
                     (struct peer_settings){.leaf = rows[i].anonymous ? NULL : &rsa_leaf,
                                            .version = TLS1_2_VERSION,
                                            .ciphers = rows[i].cipher,
                                            .dh = rows[i].dh_bits ? dh : NULL},
                     "");
        assert_int_equal(facts.handshake, TLS_DONE);
        assert_string_equal(facts.group, rows[i].group);
        assert_int_equal(facts.certificate_count, rows[i].anonymous ? 0 : 1);
    }
    EVP_PKEY_free(dh);
}

static struct tls_evidence facts_in_pieces(const struct tls_client *client,
                                           struct peer_settings theirs, size_t piece)
{
    struct tls_evidence facts;
    struct tls_session *session;
    struct peer peer = peer_new(theirs);
    assert_int_equal(tls_session_new(client, TLS_OFFER_ALL, &session), 0);
    play(session, &peer, piece);
    memset(&facts, 0, sizeof(facts));
    tls_session_record(session, &facts);
    tls_session_free(session);
    peer_free(&peer);
    return facts;
}

static void every_cut_of_the_stream_gives_the_same_facts(void **state)
{
    static const size_t pieces[] = {1, 2, 3, 4, 5, 6, 7, 64, 1000};
    (void)state;
    struct tls_client *client = client_new((struct tls_settings){0});
    for (size_t i = 0; i < COUNT(all_versions); i++) {
        struct peer_settings theirs = {.leaf = &leaf,
                                       .version = all_versions[i],
                                       .asks = &authority,
                                       .verify = SSL_VERIFY_PEER};
        struct tls_evidence whole = facts_in_pieces(client, theirs, 65536);
        assert_int_equal(whole.handshake, TLS_DONE);
        for (size_t j = 0; j < COUNT(pieces); j++) {
            struct tls_evidence cut = facts_in_pieces(client, theirs, pieces[j]);
            assert_memory_equal(&cut, &whole, sizeof(cut));
        }
    }
    tls_client_free(client);
}

static void a_highest_version_that_the_server_lacks_is_refused_by_alert(void **state)
{
    static const struct {
        const char *ours;
        int theirs;
        int alert; /* TLS_NO_ALERT: done */
    } rows[] = {
        {"TLSv1.2", TLS1_3_VERSION, SSL_AD_PROTOCOL_VERSION},
        {"TLSv1", TLS1_1_VERSION, SSL_AD_PROTOCOL_VERSION},
        {"TLSv1.0", TLS1_VERSION, TLS_NO_ALERT},
        {"TLSv1,TLSv1.3", TLS1_3_VERSION, TLS_NO_ALERT},
        {"tlsv1.3", TLS1_VERSION, TLS_NO_ALERT}, /* only the highest is set: judged afterwards */
        {" TLSv1.1, TLSv1.2", TLS1_2_VERSION, TLS_NO_ALERT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tls_evidence facts =
            facts_of((struct tls_settings){.versions = rows[i].ours},
                     (struct peer_settings){.leaf = &leaf, .version = rows[i].theirs}, "");
        print_message("  %s\n", rows[i].ours);
        assert_int_equal(facts.alert_received, rows[i].alert);
        assert_int_equal(facts.handshake, rows[i].alert == TLS_NO_ALERT ? TLS_DONE : TLS_ALERTED);
        assert_int_equal(facts.version, rows[i].alert == TLS_NO_ALERT ? rows[i].theirs : 0);
        assert_int_equal(facts.judged, rows[i].alert == TLS_NO_ALERT);
    }
}

static const struct {
    const char *promise;
    const char *bytes;
    size_t length;
    enum tls_handshake state;
    int alert_received;
    bool alert_sent;
} openings[] = {
#define BYTES(text_) text_, sizeof(text_) - 1
    {"nothing", BYTES(""), TLS_UNDER_WAY, TLS_NO_ALERT, false},
    {"HTTP", BYTES("HTTP/1.1 400 Bad Request\r\n"), TLS_PLAINTEXT, TLS_NO_ALERT, false},
    {"a MySQL error", BYTES("\x17\0\0\1\xff\x10\4#08004Too many connections"), TLS_PLAINTEXT,
     TLS_NO_ALERT, false},
    {"a MySQL error of 22 bytes", BYTES("\x16\0\0\2\xff\x13\4#08S01Bad handshake"), TLS_PLAINTEXT,
     TLS_NO_ALERT, false},
    {"its first byte may be a record's", BYTES("\x16"), TLS_UNDER_WAY, TLS_NO_ALERT, false},
    {"half a header", BYTES("\x16\3\1\0"), TLS_UNDER_WAY, TLS_NO_ALERT, false},
    {"half a record", BYTES("\x16\3\3\0\x20\2\0"), TLS_UNDER_WAY, TLS_NO_ALERT, false},
    {"half an alert", BYTES("\x15\3\1\0\2\2"), TLS_UNDER_WAY, TLS_NO_ALERT, false},
    {"handshake_failure", BYTES("\x15\3\1\0\2\2\x28"), TLS_ALERTED, SSL_AD_HANDSHAKE_FAILURE,
     false},
    {"protocol_version", BYTES("\x15\3\3\0\2\2\x46"), TLS_ALERTED, SSL_AD_PROTOCOL_VERSION, false},
    {"close_notify", BYTES("\x15\3\3\0\2\1\0"), TLS_ALERTED, SSL_AD_CLOSE_NOTIFY, false},
    {"a warning changes nothing", BYTES("\x15\3\3\0\2\1\x70"), TLS_UNDER_WAY, TLS_NO_ALERT, false},
    {"a record of 65535 bytes", BYTES("\x16\3\3\xff\xff"), TLS_FAILED_HERE, TLS_NO_ALERT, true},
    {"plaintext data", BYTES("\x17\3\3\0\1a"), TLS_FAILED_HERE, TLS_NO_ALERT, true},
    {"a ServerHello of garbage", BYTES("\x16\3\3\0\x08\2\0\0\4abcd"), TLS_FAILED_HERE, TLS_NO_ALERT,
     true},
    {"a ClientHello", BYTES("\x16\3\3\0\x08\1\0\0\4abcd"), TLS_FAILED_HERE, TLS_NO_ALERT, true},
};

static void each_opening_gives_its_state(void **state)
{
    (void)state;
    struct tls_client *client = client_new((struct tls_settings){0});
    for (size_t i = 0; i < COUNT(openings); i++) {
        struct tls_session *session;
        struct tls_evidence facts = {.injected = 7};
        struct guarded input = guard(openings[i].bytes, openings[i].length);
        print_message("  %s\n", openings[i].promise);
        assert_int_equal(tls_session_new(client, TLS_OFFER_ALL, &session), 0);
        assert_int_equal(tls_session_receive(session, input.bytes, openings[i].length), 0);
        assert_int_equal(tls_session_state(session), openings[i].state);
        tls_session_record(session, &facts);
        assert_int_equal(facts.handshake, openings[i].state);
        assert_int_equal(facts.alert_received, openings[i].alert_received);
        assert_int_equal(facts.alert_sent != TLS_NO_ALERT, openings[i].alert_sent);
        assert_int_equal(facts.reason[0] != '\0', openings[i].state == TLS_FAILED_HERE);
        assert_int_equal(facts.version, 0);
        assert_int_equal(facts.injected, 7);
        tls_session_free(session);
        unguard(&input);
    }
    tls_client_free(client);
}

static void what_is_over_takes_and_gives_nothing(void **state)
{
    (void)state;
    uint8_t byte;
    struct tls_session *session;
    const uint8_t *output;
    struct tls_client *client = client_new((struct tls_settings){0});
    assert_int_equal(tls_session_new(client, TLS_OFFER_ALL, &session), 0);
    size_t hello = tls_session_output(session, &output);
    assert_int_equal(tls_session_receive(session, (const uint8_t *)"HTTP", 4), 0);
    assert_int_equal(tls_session_receive(session, (const uint8_t *)"\x15\3\1\0\2\2\x28", 7), 0);
    assert_int_equal(tls_session_write(session, (const uint8_t *)"x", 1), 0);
    assert_int_equal(tls_session_read(session, &byte, 1), 0);
    assert_int_equal(tls_session_state(session), TLS_PLAINTEXT);
    assert_int_equal(tls_session_output(session, &output), hello);
    tls_session_sent(session, hello);
    assert_int_equal(tls_session_output(session, &output), 0);
    tls_session_free(session);
    tls_client_free(client);
}

/* TLS 1.2 refuses within the handshake, TLS 1.3 behind it (RFC 8446, 4.4.2.4 and appendix E.1.2).
 */
static void client_certificates_are_asked_for_and_sent(void **state)
{
    static const struct {
        const char *promise;
        int version;
        int verify;
        const char *cert;
        bool sent;
        int alert;
    } rows[] = {
        {"1.2, may be absent", TLS1_2_VERSION, SSL_VERIFY_PEER, NULL, false, TLS_NO_ALERT},
        {"1.3, may be absent", TLS1_3_VERSION, SSL_VERIFY_PEER, NULL, false, TLS_NO_ALERT},
        {"1.2, must be there", TLS1_2_VERSION, SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL, false,
         SSL_AD_HANDSHAKE_FAILURE},
        {"1.3, must be there", TLS1_3_VERSION, SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL, false,
         TLS13_AD_CERTIFICATE_REQUIRED},
        {"1.0, good", TLS1_VERSION, SSL_VERIFY_FAIL_IF_NO_PEER_CERT, "user.pem", true,
         TLS_NO_ALERT},
        {"1.2, good", TLS1_2_VERSION, SSL_VERIFY_FAIL_IF_NO_PEER_CERT, "user.pem", true,
         TLS_NO_ALERT},
        {"1.3, good", TLS1_3_VERSION, SSL_VERIFY_FAIL_IF_NO_PEER_CERT, "user.pem", true,
         TLS_NO_ALERT},
        {"1.2, unknown", TLS1_2_VERSION, SSL_VERIFY_PEER, "stranger.pem", true, SSL_AD_UNKNOWN_CA},
        {"1.3, unknown", TLS1_3_VERSION, SSL_VERIFY_PEER, "stranger.pem", true, SSL_AD_UNKNOWN_CA},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct peer_settings theirs = {.leaf = &leaf,
                                       .version = rows[i].version,
                                       .asks = &authority,
                                       .verify = rows[i].verify | SSL_VERIFY_PEER};
        struct tls_settings ours = {.cert = rows[i].cert ? scratch_path(rows[i].cert) : NULL};
        struct tls_evidence facts = facts_of(ours, theirs, "");
        print_message("  %s\n", rows[i].promise);
        assert_true(facts.client_certificate_asked);
        assert_int_equal(facts.client_certificate_sent, rows[i].sent);
        assert_int_equal(facts.alert_received, rows[i].alert);
        assert_int_equal(facts.handshake, rows[i].alert == TLS_NO_ALERT ? TLS_DONE : TLS_ALERTED);
        assert_int_equal(facts.certificate_count, 1);
    }
}

static void a_client_certificate_is_not_sent_unasked(void **state)
{
    (void)state;
    struct tls_evidence facts = facts_of((struct tls_settings){.cert = scratch_path("user.pem")},
                                         (struct peer_settings){.leaf = &leaf}, "");
    assert_int_equal(facts.handshake, TLS_DONE);
    assert_false(facts.client_certificate_asked || facts.client_certificate_sent);
}

/* As the mysql client sends it: an issuer that stands among the CAs goes along. */
static void issuers_of_the_client_certificate_are_found_among_the_cas(void **state)
{
    (void)state;
    struct peer_settings theirs = {.leaf = &leaf,
                                   .asks = &authority,
                                   .verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT};
    struct tls_settings ours = {.cert = scratch_path("below.pem")};
    assert_int_equal(facts_of(ours, theirs, "").alert_received, SSL_AD_UNKNOWN_CA);
    ours.ca = scratch_path("cas.pem");
    assert_int_equal(facts_of(ours, theirs, "").handshake, TLS_DONE);
    ours =
        (struct tls_settings){.cert = scratch_path("chain.pem"), .key = scratch_path("below.pem")};
    assert_int_equal(facts_of(ours, theirs, "").handshake, TLS_DONE);
}

static void the_users_ciphers_come_first(void **state)
{
    static const struct {
        const char *ours;
        int version;
        const char *agreed;
        enum tls_judgement allowed;
    } rows[] = {
        {"AES256-SHA256:AES128-SHA", TLS1_2_VERSION, "AES256-SHA256", TLS_HOLDS},
        {"AES128-SHA:AES256-SHA256", TLS1_2_VERSION, "AES128-SHA", TLS_HOLDS},
        {"NO-SUCH-ONE:AES128-SHA", TLS1_2_VERSION, "AES128-SHA", TLS_HOLDS},
        {"TLS_AES_128_GCM_SHA256", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", TLS_HOLDS},
        {"TLS_AES_128_GCM_SHA256:AES128-SHA", TLS1_2_VERSION, "AES128-SHA", TLS_HOLDS},
        {"AES128-SHA", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", TLS_HOLDS},
        {"DHE-PSK-AES128-CBC-SHA", TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", TLS_FAILS},
        {"ECDHE-ECDSA-AES128-SHA", TLS1_VERSION, "ECDHE-RSA-AES256-SHA", TLS_FAILS},
        {"TLS_CHACHA20_POLY1305_SHA256", TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", TLS_HOLDS},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tls_evidence facts =
            facts_of((struct tls_settings){.ciphers = rows[i].ours},
                     (struct peer_settings){.leaf = &rsa_leaf, .version = rows[i].version}, "");
        print_message("  %s\n", rows[i].ours);
        assert_string_equal(facts.cipher, rows[i].agreed);
        assert_int_equal(facts.cipher_allowed, rows[i].allowed);
    }
}

static void write_below(void)
{
    struct made middle = make_certificate(
        (struct recipe){.subject = "middle", .issuer = &authority, .authority = true});
    struct made below = make_certificate((struct recipe){.subject = "below", .issuer = &middle});
    write_both("below.pem", &below);
    write_certificates("cas.pem", (X509 *const[]){authority.certificate, middle.certificate, NULL});
    write_certificates("chain.pem", (X509 *const[]){below.certificate, middle.certificate, NULL});
    unmake(&middle);
    unmake(&below);
}

static int make_all(void **state)
{
    (void)state;
    authority = make_certificate((struct recipe){.subject = "CA", .authority = true});
    stranger = make_certificate((struct recipe){.subject = "somebody"});
    leaf = make_certificate((struct recipe){.subject = "db1.example", .issuer = &authority});
    rsa_leaf = make_certificate(
        (struct recipe){.subject = "db1.example", .issuer = &authority, .rsa_bits = 2048});
    user = make_certificate((struct recipe){.subject = "user", .issuer = &authority});
    write_both("user.pem", &user);
    write_both("stranger.pem", &stranger);
    write_below();
    return 0;
}

static int unmake_all(void **state)
{
    (void)state;
    unmake(&authority);
    unmake(&stranger);
    unmake(&leaf);
    unmake(&rsa_leaf);
    unmake(&user);
    scratch_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_is_completed),
        cmocka_unit_test(every_key_exchange_is_completed),
        cmocka_unit_test(every_cut_of_the_stream_gives_the_same_facts),
        cmocka_unit_test(a_highest_version_that_the_server_lacks_is_refused_by_alert),
        cmocka_unit_test(each_opening_gives_its_state),
        cmocka_unit_test(what_is_over_takes_and_gives_nothing),
        cmocka_unit_test(client_certificates_are_asked_for_and_sent),
        cmocka_unit_test(a_client_certificate_is_not_sent_unasked),
        cmocka_unit_test(issuers_of_the_client_certificate_are_found_among_the_cas),
        cmocka_unit_test(the_users_ciphers_come_first),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
