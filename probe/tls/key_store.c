#include "probe/tls/key_store.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

/* ---- PKCS#12 ---- */

/* None and an empty one are two passwords (RFC 7292, appendix B.1). NULL, or what is wrong. */
static const char *open_mac(PKCS12 *pkcs12, const char **password)
{
    if (!PKCS12_mac_present(pkcs12))
        return NULL;
    if (*password)
        return PKCS12_verify_mac(pkcs12, *password, -1) ? NULL
                                                        : "its password is wrong, or it is broken";
    if (PKCS12_verify_mac(pkcs12, NULL, 0))
        return NULL;
    *password = "";
    return PKCS12_verify_mac(pkcs12, "", 0) ? NULL : "it needs a password";
}

static const char *read_pkcs12(BIO *bio, const struct secret *secret, struct key_store *store)
{
    const char *password = secret ? secret_bytes(secret) : NULL;
    PKCS12 *pkcs12 = d2i_PKCS12_bio(bio, NULL);
    if (!pkcs12)
        return "no key store";
    const char *wrong = open_mac(pkcs12, &password);
    if (!wrong &&
        !PKCS12_parse(pkcs12, password, &store->key, &store->certificate, &store->certificates))
        wrong = "encrypted in a way that OpenSSL does not take any more (RC2)";
    PKCS12_free(pkcs12);
    return wrong;
}

/* ---- PEM ---- */

static const char *read_pem(BIO *bio, struct key_store *store)
{
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
        if (!sk_X509_push(store->certificates, certificate)) {
            X509_free(certificate);
            return "no memory";
        }
    }
    return sk_X509_num(store->certificates) > 0 ? NULL : "no certificate in it";
}

/* ---- either ---- */

static bool begins(const uint8_t *bytes, size_t length, const char *with)
{
    size_t wanted = strlen(with);
    return length >= wanted && memcmp(bytes, with, wanted) == 0;
}

static const char *read_any(BIO *bio, const struct secret *password, struct key_store *store)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    size_t length = size > 0 ? (size_t)size : 0;
    const uint8_t *bytes = (const uint8_t *)data;
    if (begins(bytes, length, "\xfe\xed\xfe\xed"))
        return jks_read(bytes, length, password, store->certificates);
    if (begins(bytes, length, "\xce\xce\xce\xce"))
        return "a JCEKS key store: convert it with keytool -importkeystore -deststoretype PKCS12";
    if (begins(bytes, length, "\x30"))
        return read_pkcs12(bio, password, store);
    return begins(bytes, length, "-----BEGIN") ? read_pem(bio, store) : "no key store";
}

int key_store_read(const char *what, const char *path, const struct encoded *password,
                   struct key_store *ret_store, char *ret_problem)
{
    struct key_store store = {.certificates = sk_X509_new_null()};
    struct secret *secret = NULL;
    BIO *bio = NULL;
    int error = store.certificates ? file_read(what, path, &bio, ret_problem) : -ENOMEM;
    if (!error && password)
        error = secret_decode(password, &secret);
    ERR_clear_error();
    const char *wrong = error ? NULL : read_any(bio, secret, &store);
    if (wrong)
        error = settings_problem(ret_problem, what, path, wrong);
    ERR_clear_error();
    BIO_free(bio);
    secret_free(secret);
    if (error)
        key_store_clear(&store);
    else
        *ret_store = store;
    return error;
}

void key_store_clear(struct key_store *store)
{
    sk_X509_pop_free(store->certificates, X509_free);
    X509_free(store->certificate);
    EVP_PKEY_free(store->key);
    *store = (struct key_store){0};
}
