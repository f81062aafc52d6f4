/* What is kept of the certificates that a server sends, hostile ones too. */
#include "tests/unit/tls_peer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(rows_) (sizeof(rows_) / sizeof((rows_)[0]))

static struct made root;

/* The facts of a session with a server that has this certificate. */
static struct tls_evidence facts_with(struct recipe recipe)
{
    struct made leaf = make_certificate(recipe);
    struct tls_evidence facts =
        facts_of((struct tls_settings){0}, (struct peer_settings){.leaf = &leaf}, "db1.example");
    assert_int_equal(facts.handshake, TLS_DONE);
    unmake(&leaf);
    return facts;
}

static void a_certificate_is_described(void **state)
{
    (void)state;
    time_t now = time(NULL);
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "db1, \"Zürich\"", .issuer = &root});
    const struct tls_certificate *first = &facts.certificates[0];
    assert_int_equal(facts.certificate_count, 1);
    assert_false(facts.certificates_truncated);
    assert_string_equal(first->subject, "CN=db1\\, \\\"Zürich\\\"");
    assert_string_equal(first->issuer, "CN=root");
    assert_in_range(first->not_before, now - DAY - 5, now - DAY + 5);
    assert_in_range(first->not_after, now + 90 * DAY - 3605, now + 90 * DAY - 3595);
    assert_string_equal(first->key_type, "EC");
    assert_int_equal(first->key_bits, 256);
    assert_string_equal(first->signature, "ecdsa-with-SHA256");
}

static void the_fingerprint_is_that_of_the_der_form(void **state)
{
    (void)state;
    uint8_t digest[32], *der = NULL;
    struct made leaf = make_certificate((struct recipe){.subject = "db1", .rsa_bits = 2048});
    struct tls_evidence facts =
        facts_of((struct tls_settings){0}, (struct peer_settings){.leaf = &leaf}, "");
    int length = i2d_X509(leaf.certificate, &der);
    assert_true(EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL));
    assert_memory_equal(facts.certificates[0].sha256, digest, sizeof(digest));
    assert_string_equal(facts.certificates[0].key_type, "RSA");
    assert_int_equal(facts.certificates[0].key_bits, 2048);
    assert_string_equal(facts.certificates[0].signature, "sha256WithRSAEncryption");
    OPENSSL_free(der);
    unmake(&leaf);
}

static void names_are_listed(void **state)
{
    static const struct {
        const char *alternatives;
        const char *names[4]; /* up to a NULL */
        bool truncated;
    } rows[] = {
        {"DNS:a.example,DNS:*.b.example", {"DNS:a.example", "DNS:*.b.example"}, false},
        {"IP:10.0.0.1,IP:fe80::1,DNS:a", {"IP:10.0.0.1", "IP:fe80::1", "DNS:a"}, false},
        {"email:a@b.example,URI:http://c,DNS:a", {"DNS:a"}, false},
        {"IP:10.0.0.1", {"IP:10.0.0.1", "CN:common.example"}, false},
        {NULL, {"CN:common.example"}, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t count = 0;
        struct tls_evidence facts = facts_with(
            (struct recipe){.subject = "common.example", .alternatives = rows[i].alternatives});
        for (; rows[i].names[count]; count++)
            assert_string_equal(facts.names[count], rows[i].names[count]);
        assert_int_equal(facts.name_count, count);
        assert_int_equal(facts.names_truncated, rows[i].truncated);
    }
}

static void add_names(X509 *certificate, int type, const char *const *names, const int *lengths,
                      size_t count)
{
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    for (size_t i = 0; i < count; i++) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_STRING *text = type == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
        assert_true(ASN1_STRING_set(text, names[i], lengths[i]));
        GENERAL_NAME_set0_value(name, type, text);
        sk_GENERAL_NAME_push(list, name);
    }
    assert_int_equal(X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0, 0), 1);
    GENERAL_NAMES_free(list);
}

static void with_nul(X509 *certificate)
{
    static const char *const names[] = {"db1.example\0.evil.example", "b\\00c", ""};
    add_names(certificate, GEN_DNS, names, (const int[]){25, 5, 0}, 3);
}

static void a_nul_hides_nothing(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "db1.example", .decorate = with_nul});
    assert_int_equal(facts.name_count, 3);
    assert_string_equal(facts.names[0], "DNS:db1.example\\00.evil.example");
    assert_string_equal(facts.names[1], "DNS:b\\5C00c");
    assert_string_equal(facts.names[2], "DNS:");
    assert_int_equal(facts.name, TLS_FAILS);
    assert_false(facts.names_truncated);
}

static void with_seventeen(X509 *certificate)
{
    static const char letters[] = "abcdefghijklmnopq";
    const char *names[17];
    int lengths[17];
    for (int i = 0; i < 17; i++) {
        names[i] = letters + i;
        lengths[i] = 1;
    }
    add_names(certificate, GEN_DNS, names, lengths, 17);
}

static void with_sixteen_zs(X509 *certificate)
{
    const char *names[16];
    int lengths[16];
    for (int i = 0; i < 16; i++) {
        names[i] = "z";
        lengths[i] = 1;
    }
    add_names(certificate, GEN_DNS, names, lengths, 16);
}

static void sixteen_names_are_kept(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "x", .decorate = with_seventeen});
    assert_int_equal(facts.name_count, TLS_NAMES);
    assert_true(facts.names_truncated);
    assert_string_equal(facts.names[TLS_NAMES - 1], "DNS:p");
    facts = facts_with((struct recipe){.subject = "x", .decorate = with_sixteen_zs});
    assert_int_equal(facts.name_count, TLS_NAMES);
    assert_false(facts.names_truncated);
}

/* 127 bytes fit, 128 do not; a character of several bytes is left out as a whole; an escape may be
 * cut like any other text. */
static void with_long_names(X509 *certificate)
{
    static char fits[123], longer[124], accented[124], nuls[1000];
    memset(fits, 'a', sizeof(fits));
    memset(longer, 'a', sizeof(longer));
    memset(accented, 'a', sizeof(accented));
    memcpy(accented + sizeof(accented) - 2, "\xc3\xa9", 2);
    const char *names[] = {fits, longer, accented, nuls};
    add_names(certificate, GEN_DNS, names, (const int[]){123, 124, 124, 1000}, 4);
}

static void long_names_are_cut(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "x", .decorate = with_long_names});
    assert_int_equal(facts.name_count, 4);
    assert_int_equal(strlen(facts.names[0]), 127);
    assert_int_equal(strlen(facts.names[1]), 127);
    assert_int_equal(strlen(facts.names[2]), 126);
    assert_int_equal(strlen(facts.names[3]), 127);
    assert_true(facts.names_truncated);
}

static void with_odd_addresses(X509 *certificate)
{
    static const char *const names[] = {"\x0a\0\0\1", "\x0a\0\0\1\2", ""};
    add_names(certificate, GEN_IPADD, names, (const int[]){4, 5, 0}, 3);
}

static void an_address_of_no_length_that_there_is_counts_as_left_out(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "x", .decorate = with_odd_addresses});
    assert_string_equal(facts.names[0], "IP:10.0.0.1");
    assert_string_equal(facts.names[1], "CN:x");
    assert_int_equal(facts.name_count, 2);
    assert_true(facts.names_truncated);
}

/* Of 64 characters of two bytes each. */
static void with_a_long_subject(X509 *certificate)
{
    char name[129] = "";
    for (int i = 0; i < 64; i++)
        memcpy(name + 2 * i, "\xc3\xa9", 3);
    for (int i = 0; i < 5; i++)
        assert_true(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "O",
                                               MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0));
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "OU", MBSTRING_ASC,
                               (const uint8_t *)"\x1b[31m", -1, -1, 0);
}

static void a_long_subject_is_cut_between_characters(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "x", .decorate = with_a_long_subject});
    const char *subject = facts.certificates[0].subject;
    assert_memory_equal(subject, "OU=\\1B[31m,O=\xc3\xa9", 15); /* the last one first */
    assert_true(strlen(subject) < TLS_DISTINGUISHED_NAME);
    assert_true(strlen(subject) >= TLS_DISTINGUISHED_NAME - 2);
    assert_memory_equal(subject + strlen(subject) - 2, "\xc3\xa9", 2);
}

static void with_a_name_that_is_no_text(X509 *certificate)
{
    assert_true(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                           V_ASN1_BIT_STRING, (const uint8_t *)"odd", 3, -1, 0));
}

static void a_name_that_is_no_text_counts_as_left_out(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "x", .decorate = with_a_name_that_is_no_text});
    assert_string_equal(facts.certificates[0].subject, "CN=#0304026F6464,CN=x");
    assert_int_equal(facts.name_count, 1);
    assert_string_equal(facts.names[0], "CN:x");
    assert_true(facts.names_truncated);
}

static void eight_certificates_are_kept(void **state)
{
    (void)state;
    X509 *sent[10] = {0};
    struct made leaf = make_certificate((struct recipe){.subject = "db1", .issuer = &root});
    for (int count = 7; count <= 9; count++) {
        for (int i = 0; i < count; i++)
            sent[i] = root.certificate;
        struct tls_evidence facts = facts_of(
            (struct tls_settings){0},
            (struct peer_settings){.leaf = &leaf, .intermediates = sent, .version = TLS1_2_VERSION},
            "");
        assert_int_equal(facts.certificate_count, TLS_CERTIFICATES);
        assert_int_equal(facts.certificates_truncated, count > 7);
        assert_string_equal(facts.certificates[0].subject, "CN=db1");
        assert_string_equal(facts.certificates[7].subject, "CN=root");
    }
    unmake(&leaf);
}

static void with_broken_times(X509 *certificate)
{
    assert_true(ASN1_STRING_set(X509_getm_notBefore(certificate), "yesterday", -1));
    assert_true(ASN1_STRING_set(X509_getm_notAfter(certificate), "991332256199Z", -1));
}

static void a_time_that_is_none_is_zero(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "x", .decorate = with_broken_times});
    assert_int_equal(facts.certificates[0].not_before, 0);
    assert_int_equal(facts.certificates[0].not_after, 0);
    assert_int_equal(facts.days_left, 0);
    assert_int_not_equal(facts.verify_code, X509_V_OK);
}

static void with_years_of_ten_thousand(X509 *certificate)
{
    assert_true(ASN1_TIME_set_string(X509_getm_notBefore(certificate), "00000101000000Z"));
    assert_true(ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z"));
}

static void times_may_be_far_away(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_with((struct recipe){.subject = "x", .decorate = with_years_of_ten_thousand});
    assert_int_equal(facts.certificates[0].not_before, -62167219200);
    assert_int_equal(facts.certificates[0].not_after, 253402300799);
    assert_true(facts.days_left > 2900000);
}

/* A second record has nothing of the first one left. */
static void facts_are_written_anew(void **state)
{
    (void)state;
    struct tls_session *session;
    struct tls_evidence facts;
    struct tls_client *client = client_new((struct tls_settings){0});
    memset(&facts, 0x7f, sizeof(facts));
    facts.injected = 3;
    assert_int_equal(tls_session_new(client, TLS_OFFER_ALL, &session), 0);
    tls_session_record(session, &facts);
    tls_session_judge(session, "db1", &facts);
    assert_int_equal(facts.handshake, TLS_UNDER_WAY);
    assert_int_equal(facts.version, 0);
    assert_string_equal(facts.cipher, "");
    assert_string_equal(facts.group, "");
    assert_string_equal(facts.reason, "");
    assert_int_equal(facts.certificate_count, 0);
    assert_int_equal(facts.name_count, 0);
    assert_int_equal(facts.injected, 3);
    assert_false(facts.certificates_truncated || facts.names_truncated || facts.judged);
    tls_session_free(session);
    tls_client_free(client);
}

static int make_all(void **state)
{
    (void)state;
    root = make_certificate((struct recipe){.subject = "root", .authority = true});
    return 0;
}

static int unmake_all(void **state)
{
    (void)state;
    unmake(&root);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_described),
        cmocka_unit_test(the_fingerprint_is_that_of_the_der_form),
        cmocka_unit_test(names_are_listed),
        cmocka_unit_test(a_nul_hides_nothing),
        cmocka_unit_test(sixteen_names_are_kept),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(an_address_of_no_length_that_there_is_counts_as_left_out),
        cmocka_unit_test(a_long_subject_is_cut_between_characters),
        cmocka_unit_test(a_name_that_is_no_text_counts_as_left_out),
        cmocka_unit_test(eight_certificates_are_kept),
        cmocka_unit_test(a_time_that_is_none_is_zero),
        cmocka_unit_test(times_may_be_far_away),
        cmocka_unit_test(facts_are_written_anew),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
