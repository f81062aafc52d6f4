#include "probe/auth/proof.h"
#include "probe/input/residue.h"
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { OAEP_BYTES = 42 }; /* of a key's size, taken by the padding: RFC 8017, 7.1.1, with SHA-1 */

/* ---- by hashes ---- */

/* The digest named, of `length` bytes. */
static bool hash(const char *name, const void *bytes, size_t length, uint8_t *to)
{
    size_t size;
    return EVP_Q_digest(NULL, name, NULL, bytes, length, to, &size) == 1;
}

static void mix(uint8_t *to, const uint8_t *with, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] ^= with[i];
}

/* A failure's leftovers in OpenSSL's error queue would be taken for TLS's. */
static bool end_proof(bool done, uint8_t *ret_proof, size_t size)
{
    if (!done)
        OPENSSL_cleanse(ret_proof, size);
    ERR_clear_error();
    residue_wipe();
    return done;
}

bool proof_native(const char *password, size_t length, const uint8_t nonce[NONCE],
                  uint8_t ret_proof[NATIVE_PROOF])
{
    uint8_t stored[NATIVE_PROOF] = {0}, salted[NONCE + NATIVE_PROOF], mask[NATIVE_PROOF] = {0};
    memset(ret_proof, 0, NATIVE_PROOF);
    bool done =
        hash("SHA1", password, length, ret_proof) && hash("SHA1", ret_proof, NATIVE_PROOF, stored);
    memcpy(salted, nonce, NONCE);
    memcpy(salted + NONCE, stored, NATIVE_PROOF);
    done = done && hash("SHA1", salted, sizeof salted, mask);
    mix(ret_proof, mask, NATIVE_PROOF);
    OPENSSL_cleanse(stored, sizeof stored);
    OPENSSL_cleanse(salted, sizeof salted);
    OPENSSL_cleanse(mask, sizeof mask);
    return end_proof(done, ret_proof, NATIVE_PROOF);
}

bool proof_caching_sha2(const char *password, size_t length, const uint8_t nonce[NONCE],
                        uint8_t ret_proof[SHA2_PROOF])
{
    uint8_t once[SHA2_PROOF] = {0}, salted[SHA2_PROOF + NONCE] = {0};
    memset(ret_proof, 0, SHA2_PROOF);
    bool done = hash("SHA256", password, length, once) && hash("SHA256", once, SHA2_PROOF, salted);
    memcpy(salted + SHA2_PROOF, nonce, NONCE);
    done = done && hash("SHA256", salted, sizeof salted, ret_proof);
    mix(ret_proof, once, SHA2_PROOF);
    OPENSSL_cleanse(once, sizeof once);
    OPENSSL_cleanse(salted, sizeof salted);
    return end_proof(done, ret_proof, SHA2_PROOF);
}

/* ---- by RSA ---- */

struct public_key {
    EVP_PKEY *key;
};

/* Both forms of a public key; the whole DER, and nothing behind it. */
static EVP_PKEY *decode(const char *name, const uint8_t *der, long length)
{
    const uint8_t *end = der;
    EVP_PKEY *key = NULL;
    if (strcmp(name, PEM_STRING_PUBLIC) == 0)
        key = d2i_PUBKEY(NULL, &end, length);
    else if (strcmp(name, PEM_STRING_RSA_PUBLIC) == 0)
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &end, length);
    if (key && end == der + length)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

/* PEM taken apart by hand: OpenSSL's own readers ask for a passphrase, on the terminal, when a
 * server claims that its key is encrypted. */
static EVP_PKEY *read_pem(const uint8_t *pem, size_t length)
{
    char *name = NULL, *header = NULL;
    uint8_t *der = NULL;
    long der_length = 0;
    EVP_PKEY *key = NULL;
    BIO *bio = length <= INT32_MAX ? BIO_new_mem_buf(pem, (int)length) : NULL;
    if (bio && PEM_read_bio(bio, &name, &header, &der, &der_length) == 1 && !*header)
        key = decode(name, der, der_length);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    return key;
}

/* With the exponent 1 the "encrypted" password would be readable for everybody. */
static bool hides(const EVP_PKEY *key)
{
    BIGNUM *exponent = NULL;
    bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
                BN_is_odd(exponent) && !BN_is_one(exponent);
    BN_free(exponent);
    return good;
}

static int check_key(const EVP_PKEY *key, unsigned *ret_bits)
{
    if (!key || !EVP_PKEY_is_a(key, "RSA") || !hides(key))
        return -EINVAL;
    int bits = EVP_PKEY_get_bits(key);
    *ret_bits = (unsigned)bits;
    return bits < RSA_BITS_MIN || bits > RSA_BITS_MAX ? -EKEYREJECTED : 0;
}

int public_key_parse(const uint8_t *pem, size_t length, struct public_key **ret_key,
                     unsigned *ret_bits)
{
    EVP_PKEY *key = read_pem(pem, length);
    int error = check_key(key, ret_bits);
    struct public_key *made = error < 0 ? NULL : malloc(sizeof *made);
    ERR_clear_error();
    if (!made) {
        EVP_PKEY_free(key);
        return error < 0 ? error : -ENOMEM;
    }
    made->key = key;
    *ret_key = made;
    return 0;
}

void public_key_free(struct public_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key);
    free(key);
}

/* OAEP with SHA-1 and MGF1 is what OpenSSL does unless told otherwise. */
static int encrypt(const struct public_key *key, const uint8_t *bytes, size_t length,
                   uint8_t ret_proof[RSA_PROOF], size_t *ret_length)
{
    size_t size = RSA_PROOF;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->key, NULL);
    if (!context)
        return -ENOMEM;
    bool done = EVP_PKEY_encrypt_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
                EVP_PKEY_encrypt(context, ret_proof, &size, bytes, length) == 1;
    EVP_PKEY_CTX_free(context);
    if (done)
        *ret_length = size;
    return done ? 0 : -EINVAL;
}

int proof_rsa(const struct public_key *key, const char *password, size_t length,
              const uint8_t nonce[NONCE], uint8_t ret_proof[RSA_PROOF], size_t *ret_length)
{
    uint8_t mixed[RSA_PROOF];
    size_t room = (size_t)EVP_PKEY_get_size(key->key) - OAEP_BYTES;
    if (length >= room)
        return -EINVAL;
    for (size_t i = 0; i <= length; i++)
        mixed[i] = (uint8_t)((i < length ? (uint8_t)password[i] : 0) ^ nonce[i % NONCE]);
    int error = encrypt(key, mixed, length + 1, ret_proof, ret_length);
    OPENSSL_cleanse(mixed, sizeof mixed);
    ERR_clear_error();
    residue_wipe();
    return error;
}
