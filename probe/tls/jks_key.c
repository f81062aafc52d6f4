/*
 * A private key in a JKS store (OpenJDK: sun/security/provider/KeyProtector.java): PKCS#8's
 * EncryptedPrivateKeyInfo with an algorithm of Sun's own, whose bytes are a salt, the key XORed
 * with a stream of SHA-1 digests (each of the password and the digest before, the salt being the
 * first), and the SHA-1 of password and key.
 */
#include "probe/tls/key_store_formats.h"
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <string.h>

enum { FRAME = 2 * SHA1_LENGTH }; /* the salt before, the digest behind */

static const char broken[] = "its private key is broken";

static bool is_sun(const X509_ALGOR *algorithm)
{
    char name[64];
    const ASN1_OBJECT *object;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return OBJ_obj2txt(name, sizeof name, object, 1) > 0 &&
           strcmp(name, "1.3.6.1.4.1.42.2.17.1.1") == 0;
}

static bool decrypt(struct span salt, struct span cipher, struct span password, uint8_t *ret_plain)
{
    uint8_t digest[SHA1_LENGTH];
    struct span parts[] = {password, salt};
    bool good = true;
    for (size_t i = 0; i < cipher.length && good; i++) {
        if (i % SHA1_LENGTH == 0) {
            good = sha1_digest(parts, 2, digest);
            parts[1] = (struct span){digest, SHA1_LENGTH};
        }
        ret_plain[i] = cipher.bytes[i] ^ digest[i % SHA1_LENGTH];
    }
    explicit_bzero(digest, sizeof digest);
    return good;
}

static const char *parse(struct span plain, EVP_PKEY **ret_key)
{
    const uint8_t *at = plain.bytes;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)plain.length);
    EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (!key)
        return broken;
    *ret_key = key;
    return NULL;
}

static const char *unlock(struct span sealed, struct span password, uint8_t *plain,
                          EVP_PKEY **ret_key)
{
    uint8_t digest[SHA1_LENGTH];
    struct span salt = {sealed.bytes, SHA1_LENGTH};
    struct span cipher = {sealed.bytes + SHA1_LENGTH, sealed.length - FRAME};
    struct span parts[] = {password, {plain, cipher.length}};
    if (!decrypt(salt, cipher, password, plain) || !sha1_digest(parts, 2, digest))
        return broken;
    if (memcmp(digest, cipher.bytes + cipher.length, SHA1_LENGTH) != 0)
        return "its private key has a password of its own";
    return parse(parts[1], ret_key);
}

static const char *unlock_string(const ASN1_OCTET_STRING *string, struct span password,
                                 EVP_PKEY **ret_key)
{
    struct span sealed = {ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)};
    if (sealed.length <= FRAME)
        return broken;
    uint8_t *plain = OPENSSL_malloc(sealed.length);
    if (!plain)
        return broken;
    const char *wrong = unlock(sealed, password, plain, ret_key);
    OPENSSL_clear_free(plain, sealed.length);
    return wrong;
}

const char *jks_unlock(struct span protected_key, struct span password, EVP_PKEY **ret_key)
{
    const uint8_t *at = protected_key.bytes;
    const X509_ALGOR *algorithm;
    const ASN1_OCTET_STRING *string;
    X509_SIG *info = d2i_X509_SIG(NULL, &at, (long)protected_key.length);
    if (!info)
        return broken;
    X509_SIG_get0(info, &algorithm, &string);
    const char *wrong = is_sun(algorithm) ? unlock_string(string, password, ret_key)
                                          : "its private key is encrypted in an unknown way";
    X509_SIG_free(info);
    return wrong;
}
