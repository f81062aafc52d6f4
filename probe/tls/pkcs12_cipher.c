#include "probe/tls/pkcs12_cipher.h"
#include "probe/tls/key_store_formats.h"
#include <openssl/err.h>

/* OpenJDK's limit for one derivation; its stores have asked for 100 000 at most. */
enum { WORK = 5000000 };

static const char too_much[] = "it asks for too many iterations of its password";
static const char unknown_cipher[] = "encrypted in a way that this machine's OpenSSL cannot read";
static const char own_password[] = "its private key has a password of its own, or is encrypted in "
                                   "a way that this machine's OpenSSL cannot read";

/* In PKCS#12 the empty password is two: no bytes, or the two zero bytes that end every other. Java
 * tries both. */
bool pkcs12_cipher_open(const struct secret *password, struct pkcs12_cipher *ret_cipher)
{
    struct pkcs12_cipher cipher = {.library = OSSL_LIB_CTX_new(),
                                   .passwords = {"", NULL},
                                   .count = 2,
                                   .given = password,
                                   .work = WORK};
    if (password && secret_length(password)) {
        cipher.passwords[0] = secret_bytes(password);
        cipher.length = (int)secret_length(password);
        cipher.count = 1;
    }
    if (cipher.library)
        cipher.usual = OSSL_PROVIDER_load(cipher.library, "default");
    if (!cipher.usual) {
        OSSL_LIB_CTX_free(cipher.library);
        return false;
    }
    cipher.legacy = OSSL_PROVIDER_load(cipher.library, "legacy");
    ERR_clear_error();
    *ret_cipher = cipher;
    return true;
}

void pkcs12_cipher_close(struct pkcs12_cipher *cipher)
{
    if (cipher->legacy)
        OSSL_PROVIDER_unload(cipher->legacy);
    OSSL_PROVIDER_unload(cipher->usual);
    OSSL_LIB_CTX_free(cipher->library);
}

/* Every password costs that many iterations. */
static bool afford(struct pkcs12_cipher *cipher, long iterations)
{
    if (iterations < 1 || iterations > cipher->work / 2)
        return false;
    cipher->work -= iterations * (cipher->count ? cipher->count : 1);
    return true;
}

static bool digest_matches(struct pkcs12_cipher *cipher, PKCS12 *store, int index)
{
    return PKCS12_verify_mac(store, cipher->passwords[index], index ? 0 : cipher->length);
}

static void settle_on(struct pkcs12_cipher *cipher, int index)
{
    cipher->passwords[0] = cipher->passwords[index];
    cipher->count = 1;
    cipher->verified = true;
}

/* Java leaves the digest alone when no password was given, and reads what is not encrypted. */
static const char *no_match(struct pkcs12_cipher *cipher)
{
    cipher->count = 0;
    return cipher->given ? wrong_password : NULL;
}

const char *pkcs12_cipher_verify(struct pkcs12_cipher *cipher, PKCS12 *store)
{
    const X509_ALGOR *algorithm;
    const ASN1_OBJECT *digest;
    const ASN1_INTEGER *iterations;
    if (!PKCS12_mac_present(store))
        return NULL;
    PKCS12_get0_mac(NULL, &algorithm, NULL, &iterations, store);
    X509_ALGOR_get0(&digest, NULL, NULL, algorithm);
    if (!EVP_get_digestbyobj(digest))
        return "its digest is of a kind that is not known here";
    if (!afford(cipher, iterations ? ASN1_INTEGER_get(iterations) : 1))
        return too_much;
    for (int i = 0; i < cipher->count; i++) {
        if (digest_matches(cipher, store, i)) {
            settle_on(cipher, i);
            return NULL;
        }
    }
    return no_match(cipher);
}

/* Of PBKDF2 inside PBES2 (RFC 8018), -1 when it is none. */
static long pbes2_iterations(const ASN1_TYPE *parameters)
{
    long iterations = -1;
    PBE2PARAM *outer = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), parameters);
    if (outer && OBJ_obj2nid(outer->keyfunc->algorithm) == NID_id_pbkdf2) {
        PBKDF2PARAM *inner =
            ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), outer->keyfunc->parameter);
        iterations = inner ? ASN1_INTEGER_get(inner->iter) : -1;
        PBKDF2PARAM_free(inner);
    }
    PBE2PARAM_free(outer);
    return iterations;
}

static long pbe_iterations(const X509_ALGOR *algorithm)
{
    if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2)
        return pbes2_iterations(algorithm->parameter);
    PBEPARAM *parameters =
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
    long iterations = parameters && parameters->iter ? ASN1_INTEGER_get(parameters->iter) : 1;
    iterations = parameters ? iterations : -1;
    PBEPARAM_free(parameters);
    return iterations;
}

/* Whether the password can be tried at all. NULL, or what is wrong. */
static const char *admit(struct pkcs12_cipher *cipher, const X509_ALGOR *algorithm)
{
    long iterations = pbe_iterations(algorithm);
    if (!cipher->count)
        return missing_password;
    if (iterations < 0)
        return unknown_cipher;
    return afford(cipher, iterations) ? NULL : too_much;
}

static const char *why_not(const struct pkcs12_cipher *cipher)
{
    if (cipher->verified)
        return unknown_cipher;
    return cipher->given ? wrong_password : missing_password;
}

const char *pkcs12_decrypt_bags(struct pkcs12_cipher *cipher, PKCS7 *safe,
                                STACK_OF(PKCS12_SAFEBAG) * *ret_bags)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    const PKCS7_ENC_CONTENT *content = safe->d.encrypted ? safe->d.encrypted->enc_data : NULL;
    if (!content || !content->enc_data)
        return "a broken PKCS#12 key store";
    const char *wrong = admit(cipher, content->algorithm);
    for (int i = 0; i < cipher->count && !wrong && !bags; i++)
        bags = PKCS12_unpack_p7encdata(safe, cipher->passwords[i], i ? 0 : cipher->length);
    if (!wrong && !bags)
        wrong = why_not(cipher);
    if (!wrong)
        *ret_bags = bags;
    return wrong;
}

const char *pkcs12_decrypt_key(struct pkcs12_cipher *cipher, const PKCS12_SAFEBAG *bag,
                               PKCS8_PRIV_KEY_INFO **ret_key)
{
    const X509_ALGOR *algorithm;
    PKCS8_PRIV_KEY_INFO *key = NULL;
    X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
    const char *wrong = admit(cipher, algorithm);
    for (int i = 0; i < cipher->count && !wrong && !key; i++)
        key = PKCS12_decrypt_skey_ex(bag, cipher->passwords[i], i ? 0 : cipher->length,
                                     cipher->library, NULL);
    if (!wrong && !key)
        wrong = cipher->verified ? own_password : why_not(cipher);
    if (!wrong)
        *ret_key = key;
    return wrong;
}
