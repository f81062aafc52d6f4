/* Proofs: the hashes against vectors of Python's hashlib, RSA against the key's other half. */
#include "probe/auth/proof.h"
#include "probe/input/secret.h"
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LETTERS "abcdefghijklmnopqrst"
#define HIGH_BYTES                                                                                 \
    "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93"

static const uint8_t *nonce_of(const char *text)
{
    return (const uint8_t *)text;
}

static const char *hex(const uint8_t *bytes, size_t length, char *to)
{
    for (size_t i = 0; i < length; i++)
        sprintf(to + 2 * i, "%02x", bytes[i]);
    return to;
}

static void hashes(void **state)
{
    static char longest[SECRET_MAX + 1];
    static const struct {
        const char *password, *nonce, *native, *sha2;
    } rows[] = {
        {"s3cret", LETTERS, "8510605a5ec0d3d958058636e0a2ebdfcf34be4c",
         "5661ac17cec0e6001d3747b3aaa0d0c1927fdc43c56deeab05d4c42d73b2b642"},
        {"s3cret", HIGH_BYTES, "faaad3ec6b50be01a91a82afebc39379884cc1f4",
         "38f8675084f5aeb4f0369a1011ed9847e4c2b1bb0fb3ef88a38dc877e1cd9ac7"},
        {"p\xc3\xa4ssw\xc3\xb6rd", LETTERS, "bbac5880403c8943680f3e56f928c964753198c0",
         "c2f2b3d19aa93ee5d0629e3ec103da650b3d52d906618d526498606d78c7505b"},
        {"", LETTERS, "d98bfc65f0d05d0ff1852b0b5ba9cb15cc083c99",
         "a9612ece7a2c82c183b1b1f01ba759c377580926c5366635329a635457aaf436"},
        {longest, HIGH_BYTES, "b8d9784ab8121c30c7e69a852ed56730fdfecde9",
         "1ce1446a283ea18f1012df0468adb88d6d22e3ca2abfa9eed10ee149521f2157"},
    };
    (void)state;
    memset(longest, 'x', SECRET_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t native[NATIVE_PROOF], sha2[SHA2_PROOF];
        char text[2 * SHA2_PROOF + 1];
        const char *password = rows[i].password;
        const uint8_t *nonce = nonce_of(rows[i].nonce);
        assert_true(proof_native(password, strlen(password), nonce, native));
        assert_string_equal(hex(native, sizeof native, text), rows[i].native);
        assert_true(proof_caching_sha2(password, strlen(password), nonce, sha2));
        assert_string_equal(hex(sha2, sizeof sha2, text), rows[i].sha2);
    }
}

/* ---- keys ---- */

enum { PEM = 8192 };

enum pem_form { PUBLIC_KEY, RSA_PUBLIC_KEY };

/* As PEM in `to` (PEM bytes). */
static size_t write_pem(EVP_PKEY *key, enum pem_form form, char *to)
{
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    if (form == PUBLIC_KEY) {
        assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    } else {
        int length = i2d_PublicKey(key, &der);
        assert_true(length > 0);
        assert_true(PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, length) > 0);
        OPENSSL_free(der);
    }
    int length = BIO_read(bio, to, PEM - 1);
    assert_true(length > 0);
    to[length] = '\0';
    BIO_free(bio);
    return (size_t)length;
}

static int parse_text(const char *pem, struct public_key **ret_key, unsigned *ret_bits)
{
    return public_key_parse((const uint8_t *)pem, strlen(pem), ret_key, ret_bits);
}

/* No key that anybody could use, but of this size: making one of 16384 bits would take minutes. */
static EVP_PKEY *public_numbers(int bits, unsigned long exponent)
{
    BIGNUM *modulus = BN_new(), *e = BN_new();
    EVP_PKEY *key = NULL;
    BN_set_bit(modulus, bits - 1);
    BN_set_bit(modulus, 0);
    BN_set_word(e, exponent);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    BN_free(modulus);
    BN_free(e);
    return key;
}

static void keys_are_held_to_their_size(void **state)
{
    static const struct {
        int bits;
        unsigned long exponent;
        int error;
    } rows[] = {
        {512, 65537, -EKEYREJECTED},
        {1024, 65537, -EKEYREJECTED},
        {2047, 65537, -EKEYREJECTED},
        {2048, 65537, 0},
        {2048, 3, 0},
        {4096, 65537, 0},
        {8192, 65537, 0},
        {8193, 65537, -EKEYREJECTED},
        {16384, 65537, -EKEYREJECTED},
        {2048, 1, -EINVAL},
        {2048, 4, -EINVAL},
    };
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof rows[0]); i++) {
        struct public_key *parsed = NULL;
        unsigned bits = 0;
        char pem[PEM];
        EVP_PKEY *key = public_numbers(rows[i / 2].bits, rows[i / 2].exponent);
        write_pem(key, i % 2 ? RSA_PUBLIC_KEY : PUBLIC_KEY, pem);
        if (parse_text(pem, &parsed, &bits) != rows[i / 2].error)
            fail_msg("%d bits, exponent %lu", rows[i / 2].bits, rows[i / 2].exponent);
        assert_int_equal(bits, rows[i / 2].error == -EINVAL ? 0 : rows[i / 2].bits);
        assert_int_equal(parsed != NULL, rows[i / 2].error == 0);
        assert_int_equal(ERR_peek_error(), 0);
        public_key_free(parsed);
        EVP_PKEY_free(key);
    }
    public_key_free(NULL);
}

/* The encrypted ones would make OpenSSL's own readers ask for a passphrase. */
static void what_is_no_key_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "garbage",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\ngarbage!\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
        "-----BEGIN RSA PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END RSA PUBLIC KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
    };
    struct public_key *untouched = NULL;
    unsigned bits = 7;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(parse_text(texts[i], &untouched, &bits), -EINVAL);
    assert_null(untouched);
    assert_int_equal(bits, 7);
    assert_int_equal(ERR_peek_error(), 0);
}

static void every_truncated_key_is_refused(void **state)
{
    char pem[PEM];
    struct public_key *untouched = NULL;
    unsigned bits = 0;
    EVP_PKEY *key = public_numbers(2048, 65537);
    size_t length = write_pem(key, PUBLIC_KEY, pem);
    (void)state;
    size_t needed = length - 1; /* the line end behind the last dashes is not */
    for (size_t i = 0; i < needed; i++)
        assert_int_equal(public_key_parse((const uint8_t *)pem, i, &untouched, &bits), -EINVAL);
    EVP_PKEY_free(key);
}

static void other_keys_are_refused(void **state)
{
    struct public_key *untouched = NULL;
    unsigned bits = 0;
    char pem[PEM];
    EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        write_pem(keys[i], PUBLIC_KEY, pem);
        assert_int_equal(parse_text(pem, &untouched, &bits), -EINVAL);
        EVP_PKEY_free(keys[i]);
    }
}

/* ---- the exchange ---- */

static size_t decrypt(EVP_PKEY *key, const uint8_t *proof, size_t length, uint8_t *to, size_t size)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(context, to, &size, proof, length), 1);
    EVP_PKEY_CTX_free(context);
    return size;
}

/* 2048 bits: 256 bytes, less 42 of the padding and the NUL. */
static void rsa(void **state)
{
    enum { LONGEST = 213 };
    static const size_t lengths[] = {0, 1, 19, 20, 21, 41, LONGEST};
    EVP_PKEY *key = EVP_RSA_gen(2048);
    char pem[PEM], password[LONGEST + 2];
    struct public_key *parsed;
    uint8_t proof[RSA_PROOF], clear[256];
    unsigned bits;
    size_t size = 7;
    (void)state;
    memset(password, 'x', sizeof password);
    write_pem(key, PUBLIC_KEY, pem);
    assert_int_equal(parse_text(pem, &parsed, &bits), 0);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t length = lengths[i];
        assert_int_equal(proof_rsa(parsed, password, length, nonce_of(LETTERS), proof, &size), 0);
        assert_int_equal(size, 256);
        assert_int_equal(decrypt(key, proof, size, clear, sizeof clear), length + 1);
        for (size_t j = 0; j <= length; j++)
            assert_int_equal(clear[j] ^ LETTERS[j % NONCE], j < length ? 'x' : '\0');
    }
    assert_int_equal(proof_rsa(parsed, password, LONGEST + 1, nonce_of(LETTERS), proof, &size),
                     -EINVAL);
    public_key_free(parsed);
    EVP_PKEY_free(key);
}

/* Of the largest key, with the longest password. */
static void the_largest_key_fits(void **state)
{
    char pem[PEM], password[SECRET_MAX];
    struct public_key *parsed;
    uint8_t proof[RSA_PROOF];
    unsigned bits;
    size_t size;
    EVP_PKEY *key = public_numbers(8192, 65537);
    (void)state;
    memset(password, 'x', sizeof password);
    write_pem(key, PUBLIC_KEY, pem);
    assert_int_equal(parse_text(pem, &parsed, &bits), 0);
    assert_int_equal(proof_rsa(parsed, password, 981, nonce_of(LETTERS), proof, &size), 0);
    assert_int_equal(size, RSA_PROOF);
    assert_int_equal(proof_rsa(parsed, password, 982, nonce_of(LETTERS), proof, &size), -EINVAL);
    assert_int_equal(proof_rsa(parsed, password, SECRET_MAX, nonce_of(LETTERS), proof, &size),
                     -EINVAL);
    public_key_free(parsed);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes),
        cmocka_unit_test(keys_are_held_to_their_size),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(every_truncated_key_is_refused),
        cmocka_unit_test(other_keys_are_refused),
        cmocka_unit_test(rsa),
        cmocka_unit_test(the_largest_key_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
