/*
 * PKCS#12 as Java reads it (OpenJDK: sun/security/pkcs12/PKCS12KeyStore.java, loadSafeContents): a
 * certificate without a key is an entry only when it has Oracle's attribute trustedKeyUsage.
 * Without it, as "openssl pkcs12 -export -nokeys" leaves it, it may only be in the chain of a key.
 */
#include "probe/tls/key_store_formats.h"
#include "probe/tls/pkcs12_cipher.h"
#include <openssl/x509v3.h>
#include <string.h>

static const char broken[] = "a broken PKCS#12 key store";

static bool is_trusted(const PKCS12_SAFEBAG *bag)
{
    const STACK_OF(X509_ATTRIBUTE) *attributes = PKCS12_SAFEBAG_get0_attrs(bag);
    for (int i = 0; i < sk_X509_ATTRIBUTE_num(attributes); i++) {
        char name[64];
        X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(attributes, i);
        if (OBJ_obj2txt(name, sizeof name, X509_ATTRIBUTE_get0_object(attribute), 1) > 0 &&
            strcmp(name, "2.16.840.1.113894.746875.1.1") == 0)
            return true;
    }
    return false;
}

static const char *take_certificate(const PKCS12_SAFEBAG *bag, struct key_store *store)
{
    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
        return NULL;
    return key_store_add(is_trusted(bag) ? store->authorities : store->others,
                         PKCS12_SAFEBAG_get1_cert(bag));
}

static const char *use_key(const PKCS8_PRIV_KEY_INFO *info, struct key_store *store)
{
    store->key = EVP_PKCS82PKEY(info);
    return store->key ? NULL : "its private key is broken";
}

static const char *unlock(struct pkcs12_cipher *cipher, const PKCS12_SAFEBAG *bag,
                          struct key_store *store)
{
    PKCS8_PRIV_KEY_INFO *info = NULL;
    const char *wrong = pkcs12_decrypt_key(cipher, bag, &info);
    if (!wrong)
        wrong = use_key(info, store);
    PKCS8_PRIV_KEY_INFO_free(info);
    return wrong;
}

/* Safes in safes and secrets are passed over, as Java does. */
static const char *take_bag(struct pkcs12_cipher *cipher, const PKCS12_SAFEBAG *bag,
                            struct key_store *store)
{
    bool first_key = !store->key && !store->key_problem;
    int kind = PKCS12_SAFEBAG_get_nid(bag);
    if (kind == NID_certBag)
        return take_certificate(bag, store);
    if (kind == NID_keyBag && first_key)
        store->key_problem = use_key(PKCS12_SAFEBAG_get0_p8inf(bag), store);
    if (kind == NID_pkcs8ShroudedKeyBag && first_key)
        store->key_problem = unlock(cipher, bag, store);
    return NULL;
}

static const char *open_safe(struct pkcs12_cipher *cipher, PKCS7 *safe,
                             STACK_OF(PKCS12_SAFEBAG) * *ret_bags)
{
    if (PKCS7_type_is_encrypted(safe))
        return pkcs12_decrypt_bags(cipher, safe, ret_bags);
    if (!PKCS7_type_is_data(safe))
        return "a PKCS#12 key store that is encrypted for a public key";
    *ret_bags = safe->d.data ? PKCS12_unpack_p7data(safe) : NULL;
    return *ret_bags ? NULL : broken;
}

static const char *take_safe(struct pkcs12_cipher *cipher, PKCS7 *safe, struct key_store *store)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    const char *wrong = open_safe(cipher, safe, &bags);
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags) && !wrong; i++)
        wrong = take_bag(cipher, sk_PKCS12_SAFEBAG_value(bags, i), store);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return wrong;
}

static const char *take_all(struct pkcs12_cipher *cipher, PKCS12 *file, struct key_store *store)
{
    const char *wrong = pkcs12_cipher_verify(cipher, file);
    STACK_OF(PKCS7) *safes = wrong ? NULL : PKCS12_unpack_authsafes(file);
    if (!wrong && !safes)
        wrong = broken;
    for (int i = 0; i < sk_PKCS7_num(safes) && !wrong; i++)
        wrong = take_safe(cipher, sk_PKCS7_value(safes, i), store);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return wrong;
}

static X509 *take_own(const EVP_PKEY *key, STACK_OF(X509) * certificates)
{
    for (int i = 0; i < sk_X509_num(certificates); i++)
        if (X509_check_private_key(sk_X509_value(certificates, i), key))
            return sk_X509_delete(certificates, i);
    return NULL;
}

static X509 *take_issuer(X509 *of, STACK_OF(X509) * certificates)
{
    for (int i = 0; i < sk_X509_num(certificates); i++)
        if (X509_check_issued(sk_X509_value(certificates, i), of) == X509_V_OK)
            return sk_X509_delete(certificates, i);
    return NULL;
}

/* The key's certificate and what issued it; the rest belongs to nobody. */
static const char *sort(struct key_store *store)
{
    STACK_OF(X509) *pool = store->others;
    const char *wrong = NULL;
    store->certificate = take_own(store->key, pool);
    store->others = sk_X509_new_null();
    for (X509 *at = store->certificate; at && !wrong;) {
        at = take_issuer(at, pool);
        if (at)
            wrong = key_store_add(store->others, at);
    }
    sk_X509_pop_free(pool, X509_free);
    return wrong;
}

static const char *parse(struct pkcs12_cipher *cipher, struct span file, struct key_store *store)
{
    const uint8_t *at = file.bytes;
    PKCS12 *parsed = PKCS12_init_ex(NID_pkcs7_data, cipher->library, NULL);
    const char *wrong = broken;
    if (parsed && d2i_PKCS12(&parsed, &at, (long)file.length))
        wrong = take_all(cipher, parsed, store);
    PKCS12_free(parsed);
    return wrong;
}

const char *pkcs12_parse(struct span file, const struct secret *password, struct key_store *store)
{
    struct pkcs12_cipher cipher;
    if (!pkcs12_cipher_open(password, &cipher))
        return "OpenSSL's default provider cannot be had for it";
    const char *wrong = parse(&cipher, file, store);
    pkcs12_cipher_close(&cipher);
    return !wrong && store->key ? sort(store) : wrong;
}
