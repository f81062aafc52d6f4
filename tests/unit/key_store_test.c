#include "probe/tls/key_store.h"
#include "tests/unit/certificate.h"
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows_) (sizeof(rows_) / sizeof((rows_)[0]))

enum { DIGEST = 20 };

struct file {
    uint8_t bytes[1 << 21];
    size_t length;
};

static struct file file;

static void read_store(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, TEST_DATA "/key_stores/%s", name);
    FILE *stream = fopen(path, "rbe");
    assert_non_null(stream);
    file.length = fread(file.bytes, 1, sizeof file.bytes, stream);
    assert_true(file.length > 0);
    fclose(stream);
}

/* Of a copy that has exactly this size. */
static const char *parse_bytes(const uint8_t *bytes, size_t length, const char *password,
                               struct key_store *ret_store)
{
    struct secret *secret = NULL;
    uint8_t *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    if (password)
        assert_int_equal(secret_new(password, strlen(password), &secret), 0);
    const char *wrong = key_store_parse(copy, length, secret, ret_store);
    ERR_clear_error();
    secret_free(secret);
    free(copy);
    return wrong;
}

static const char *parse_store(const char *password, struct key_store *ret_store)
{
    return parse_bytes(file.bytes, file.length, password, ret_store);
}

static void assert_problem(const char *wrong, const char *expected)
{
    assert_string_equal(wrong ? wrong : "", expected ? expected : "");
}

/* That nothing of it is accepted, and that nothing is left behind. */
static void assert_refused(const uint8_t *bytes, size_t length, const char *password)
{
    static const struct key_store untouched;
    struct key_store store = {0};
    assert_non_null(parse_bytes(bytes, length, password, &store));
    assert_memory_equal(&store, &untouched, sizeof store);
}

/* ---- whole stores ---- */

#define WRONG     "the password is wrong"
#define MISSING   "the password is missing"
#define JKS_WRONG "the password is wrong, or the file was changed"
#define JCEKS                                                                                      \
    "JCEKS is not supported: convert it with keytool -importkeystore -deststoretype PKCS12"

static const struct {
    const char *promise;
    const char *name;
    const char *password; /* NULL: none given */
    const char *wrong;    /* NULL: good */
    int authorities;
    int others;
    bool key;
    const char *key_problem;
} rows[] = {
    {"PKCS#12 with three authorities", "three.p12", "changeit", NULL, 3, 0, false, NULL},
    {"PKCS#12, password with a space", "trust.p12", "pa55 word", NULL, 1, 0, false, NULL},
    {"PKCS#12, wrong password", "three.p12", "changeme", WRONG, 0, 0, false, NULL},
    {"PKCS#12, empty password is wrong", "three.p12", "", WRONG, 0, 0, false, NULL},
    {"PKCS#12, missing password", "three.p12", NULL, MISSING, 0, 0, false, NULL},
    {"PKCS#12 without password or digest", "open.p12", NULL, NULL, 1, 0, false, NULL},
    {"PKCS#12, a password that it does not have", "open.p12", "any", NULL, 1, 0, false, NULL},
    {"PKCS#12 without entries", "empty.p12", "changeit", NULL, 0, 0, false, NULL},
    {"PKCS#12, certificate that is not marked", "unmarked.p12", "changeit", NULL, 0, 1, false,
     NULL},
    {"PKCS#12 with key and chain", "key.p12", "changeit", NULL, 0, 2, true, NULL},
    {"PKCS#12 with key, wrong password", "key.p12", "different", WRONG, 0, 0, false, NULL},
    {"PKCS#12 with key, missing password", "key.p12", NULL, MISSING, 0, 0, false, NULL},
    {"PKCS#12 of the empty password", "key_of_empty_password.p12", "", NULL, 0, 2, true, NULL},
    {"PKCS#12, empty password not given", "key_of_empty_password.p12", NULL, NULL, 0, 2, true,
     NULL},
    {"JKS with three authorities", "three.jks", "changeit", NULL, 3, 0, false, NULL},
    {"JKS, authorities are open to everyone", "three.jks", NULL, NULL, 3, 0, false, NULL},
    {"JKS, password beyond ASCII", "trust.jks", "pa55 w\xC3\xB6rd", NULL, 1, 0, false, NULL},
    {"JKS, wrong password", "three.jks", "changeme", JKS_WRONG, 0, 0, false, NULL},
    {"JKS, empty password is wrong", "three.jks", "", JKS_WRONG, 0, 0, false, NULL},
    {"JKS without entries", "empty.jks", "changeit", NULL, 0, 0, false, NULL},
    {"JKS with key and chain", "key.jks", "changeit", NULL, 0, 2, true, NULL},
    {"JKS with key, missing password", "key.jks", NULL, NULL, 0, 2, false, MISSING},
    {"JKS, key with another password", "key_of_another_password.jks", "changeit", NULL, 0, 2, false,
     "its private key has a password of its own"},
    {"JCEKS", "trust.jceks", "changeit", JCEKS, 0, 0, false, NULL},
    {"PEM is recognised", "one.pem", NULL, NULL, 0, 0, false, NULL},
};

static void each_store_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct key_store store = {0};
        print_message("  %s\n", rows[i].promise);
        read_store(rows[i].name);
        assert_problem(parse_store(rows[i].password, &store), rows[i].wrong);
        assert_int_equal(store.authorities ? sk_X509_num(store.authorities) : 0,
                         rows[i].authorities);
        assert_int_equal(store.others ? sk_X509_num(store.others) : 0, rows[i].others);
        assert_int_equal(store.key != NULL, rows[i].key);
        assert_problem(store.key_problem, rows[i].key_problem);
        if (rows[i].key)
            assert_true(X509_check_private_key(store.certificate, store.key));
        key_store_clear(&store);
    }
}

/* RC2 is in OpenSSL's legacy provider, which not every machine has. */
static void a_store_of_old_java_is_read_where_openssl_can(void **state)
{
    (void)state;
    struct key_store store = {0};
    read_store("legacy.p12");
    const char *wrong = parse_store("changeit", &store);
    if (wrong)
        assert_string_equal(wrong, "encrypted in a way that this machine's OpenSSL cannot read");
    else
        assert_int_equal(sk_X509_num(store.authorities), 1);
    key_store_clear(&store);
}

static void assert_issued_in_turn(const char *name)
{
    struct key_store store = {0};
    read_store(name);
    assert_null(parse_store("changeit", &store));
    assert_int_equal(X509_check_issued(sk_X509_value(store.others, 0), store.certificate),
                     X509_V_OK);
    assert_int_equal(
        X509_check_issued(sk_X509_value(store.others, 1), sk_X509_value(store.others, 0)),
        X509_V_OK);
    key_store_clear(&store);
}

static void a_chain_has_its_order(void **state)
{
    (void)state;
    assert_issued_in_turn("key.p12");
    assert_issued_in_turn("key.jks");
}

/* ---- broken stores ---- */

static const char *const whole[][2] = {
    {"three.p12", "changeit"}, {"open.p12", NULL},          {"key.p12", "changeit"},
    {"three.jks", "changeit"}, {"key.jks", "changeit"},     {"empty.jks", "changeit"},
    {"three.jks", NULL},       {"trust.jceks", "changeit"},
};

static void no_part_of_a_store_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(whole); i++) {
        read_store(whole[i][0]);
        for (size_t length = 0; length < file.length; length++)
            assert_refused(file.bytes, length, whole[i][1]);
    }
}

static void no_changed_byte_of_a_jks_is_accepted(void **state)
{
    (void)state;
    read_store("three.jks");
    for (size_t i = 0; i < file.length; i++) {
        file.bytes[i] ^= 0x01;
        assert_refused(file.bytes, file.length, "changeit");
        file.bytes[i] ^= 0x01;
    }
}

static void a_changed_digest_is_told_as_such(void **state)
{
    (void)state;
    struct key_store store = {0};
    read_store("three.jks");
    for (size_t i = file.length - DIGEST; i < file.length; i++) {
        file.bytes[i] ^= 0x80;
        assert_problem(parse_store("changeit", &store), JKS_WRONG);
        file.bytes[i] ^= 0x80;
    }
    file.bytes[file.length - 1] ^= 0x80;
    assert_null(parse_store(NULL, &store)); /* nobody looks at it then */
    key_store_clear(&store);
}

static void no_changed_content_of_a_pkcs12_is_accepted(void **state)
{
    (void)state;
    read_store("trust.p12");
    for (size_t i = 100; i < 500; i += 20) {
        file.bytes[i] ^= 0x01;
        assert_refused(file.bytes, file.length, "pa55 word");
        file.bytes[i] ^= 0x01;
    }
}

#define BYTES(text_) text_, sizeof(text_) - 1
#define NO_STORE     "no key store: neither PKCS#12, JKS nor PEM"
#define HEADER       "\xFE\xED\xFE\xED\0\0\0\2"
#define TRUSTED      "\0\0\0\2\0\1a\0\0\0\0\0\0\0\0"
#define KEY          "\0\0\0\1\0\1a\0\0\0\0\0\0\0\0"
#define END          "01234567890123456789"

static const struct {
    const char *promise;
    const char *bytes;
    size_t length;
    const char *wrong;
} crafted[] = {
    {"nothing", BYTES(""), NO_STORE},
    {"text", BYTES("0 is no key store\n"), NO_STORE},
    {"BKS", BYTES("\0\0\0\2\0\0\0\x14" END "\0\0\4\0"), NO_STORE},
    {"a SEQUENCE of something else", BYTES("\x30\x03\x02\x01\x01"), NO_STORE},
    {"a length that never ends", BYTES("\x30\xFF\xFF\xFF"), NO_STORE},
    {"PKCS#12's version alone", BYTES("\x30\x03\x02\x01\x03"), "a broken PKCS#12 key store"},
    {"JKS's magic alone", BYTES("\xFE\xED\xFE\xED"), "a broken JKS key store"},
    {"JKS of version 3", BYTES("\xFE\xED\xFE\xED\0\0\0\3\0\0\0\0" END),
     "a JKS key store of an unknown version"},
    {"JKS with entries that are not there", BYTES(HEADER "\xFF\xFF\xFF\xFF" END),
     "a broken JKS key store"},
    {"JKS with something behind it", BYTES(HEADER "\0\0\0\0" END "\0"), "a broken JKS key store"},
    {"JKS with an unknown entry", BYTES(HEADER "\0\0\0\1\0\0\0\3\0\0\0\0\0\0\0\0\0\0" END),
     "a broken JKS key store"},
    {"JKS, name longer than the file", BYTES(HEADER "\0\0\0\1\0\0\0\2\xFF\xFF" END END),
     "a broken JKS key store"},
    {"JKS, certificate longer than the file",
     BYTES(HEADER "\0\0\0\1" TRUSTED "\0\5X.509\xFF\xFF\xFF\xFF" END), "a broken JKS key store"},
    {"JKS, certificate of another type", BYTES(HEADER "\0\0\0\1" TRUSTED "\0\3PGP\0\0\0\0" END),
     "a broken JKS key store"},
    {"JKS, certificate that is none",
     BYTES(HEADER "\0\0\0\1" TRUSTED "\0\5X.509\0\0\0\2\x30\0" END), "a broken certificate in it"},
    {"JKS, key longer than the file", BYTES(HEADER "\0\0\0\1" KEY "\x80\0\0\0" END),
     "a broken JKS key store"},
    {"JKS, chain longer than the file", BYTES(HEADER "\0\0\0\1" KEY "\0\0\0\0\x7F\xFF\xFF\xFF" END),
     "a broken JKS key store"},
};

static void each_crafted_store_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(crafted); i++) {
        struct key_store store = {0};
        print_message("  %s\n", crafted[i].promise);
        const uint8_t *bytes = (const uint8_t *)crafted[i].bytes;
        assert_problem(parse_bytes(bytes, crafted[i].length, NULL, &store), crafted[i].wrong);
    }
}

/* ---- stores made here ---- */

static void put(const void *bytes, size_t length)
{
    assert_true(length <= sizeof file.bytes - file.length);
    memcpy(file.bytes + file.length, bytes, length);
    file.length += length;
}

static void put_number(size_t number)
{
    const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                             (uint8_t)(number >> 8), (uint8_t)number};
    put(bytes, sizeof bytes);
}

/* A JKS store of trusted certificates, all the same one. Its digest is not set. */
static void make_jks(unsigned version, unsigned count, const struct made *made)
{
    uint8_t *der = NULL;
    int length = i2d_X509(made->certificate, &der);
    assert_true(length > 0);
    file.length = 0;
    put("\xFE\xED\xFE\xED", 4);
    put_number(version);
    put_number(count);
    for (unsigned i = 0; i < count; i++) {
        put(BYTES(TRUSTED));
        if (version == 2)
            put(BYTES("\0\5X.509"));
        put_number((size_t)length);
        put(der, (size_t)length);
    }
    put(BYTES(END));
    OPENSSL_free(der);
}

static void the_first_version_of_jks_is_read(void **state)
{
    (void)state;
    struct key_store store = {0};
    struct made made = make_certificate((struct recipe){.subject = "CA", .authority = true});
    make_jks(1, 2, &made);
    assert_null(parse_store(NULL, &store));
    assert_int_equal(sk_X509_num(store.authorities), 2);
    key_store_clear(&store);
    unmake(&made);
}

static void certificates_are_counted(void **state)
{
    (void)state;
    struct key_store store = {0};
    struct made made = make_certificate((struct recipe){.subject = "CA", .authority = true});
    make_jks(2, KEY_STORE_CERTIFICATES, &made);
    assert_null(parse_store(NULL, &store));
    assert_int_equal(sk_X509_num(store.authorities), KEY_STORE_CERTIFICATES);
    key_store_clear(&store);
    make_jks(2, KEY_STORE_CERTIFICATES + 1, &made);
    assert_problem(parse_store(NULL, &store), "too many certificates in it");
    unmake(&made);
}

static void replace_all(const char *from, const char *to, size_t length)
{
    unsigned count = 0;
    for (size_t i = 0; i + length <= file.length; i++) {
        if (memcmp(file.bytes + i, from, length) == 0) {
            memcpy(file.bytes + i, to, length);
            count++;
        }
    }
    assert_true(count > 0);
}

#define HUNDRED_THOUSAND "\x02\x03\x01\x86\xA0"
#define EIGHT_MILLION    "\x02\x03\x7F\xFF\xFF"

static const struct {
    const char *promise;
    int mac_iterations; /* -1: no digest */
    int key_cipher;
    int certificate_cipher;
} costly[] = {
    {"digest", 100000, NID_aes_128_cbc, NID_aes_128_cbc},
    {"certificates in PBES2", -1, NID_aes_128_cbc, NID_aes_128_cbc},
    {"certificates in PBE of PKCS#12", -1, NID_aes_128_cbc, NID_pbe_WithSHA1And3_Key_TripleDES_CBC},
};

static void work_without_end_is_refused(void **state)
{
    (void)state;
    struct made made = make_certificate((struct recipe){.subject = "user"});
    for (size_t i = 0; i < COUNT(costly); i++) {
        struct key_store store = {0};
        uint8_t *at = file.bytes;
        print_message("  %s\n", costly[i].promise);
        PKCS12 *made_store =
            PKCS12_create("changeit", NULL, made.key, made.certificate, NULL, costly[i].key_cipher,
                          costly[i].certificate_cipher, 100000, costly[i].mac_iterations, 0);
        assert_non_null(made_store);
        file.length = (size_t)i2d_PKCS12(made_store, &at);
        replace_all(HUNDRED_THOUSAND, EIGHT_MILLION, sizeof EIGHT_MILLION - 1);
        assert_problem(parse_store("changeit", &store),
                       "it asks for too many iterations of its password");
        PKCS12_free(made_store);
    }
    unmake(&made);
}

static void a_key_of_another_password_is_told_as_such(void **state)
{
    (void)state;
    struct key_store store = {0};
    uint8_t *at = file.bytes;
    struct made made = make_certificate((struct recipe){.subject = "user"});
    PKCS12 *made_store = PKCS12_create("different", NULL, made.key, made.certificate, NULL,
                                       NID_aes_128_cbc, -1, 1000, -1, 0);
    assert_non_null(made_store);
    assert_true(PKCS12_set_mac(made_store, "changeit", -1, NULL, 0, 1000, EVP_sha256()));
    file.length = (size_t)i2d_PKCS12(made_store, &at);
    assert_null(parse_store("changeit", &store));
    assert_null(store.key);
    assert_problem(store.key_problem, "its private key has a password of its own, or is encrypted "
                                      "in a way that this machine's OpenSSL cannot read");
    key_store_clear(&store);
    PKCS12_free(made_store);
    unmake(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_store_is_read),
        cmocka_unit_test(a_store_of_old_java_is_read_where_openssl_can),
        cmocka_unit_test(a_chain_has_its_order),
        cmocka_unit_test(no_part_of_a_store_is_accepted),
        cmocka_unit_test(no_changed_byte_of_a_jks_is_accepted),
        cmocka_unit_test(a_changed_digest_is_told_as_such),
        cmocka_unit_test(no_changed_content_of_a_pkcs12_is_accepted),
        cmocka_unit_test(each_crafted_store_is_refused),
        cmocka_unit_test(the_first_version_of_jks_is_read),
        cmocka_unit_test(certificates_are_counted),
        cmocka_unit_test(work_without_end_is_refused),
        cmocka_unit_test(a_key_of_another_password_is_told_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
