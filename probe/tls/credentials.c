/* The client's own certificate: read by hand, for OpenSSL's readers of files would wait for a FIFO
 * and ask for passphrases. */
#include "probe/tls/key_store.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>

struct source {
    const char *option;
    const char *path;
};

static bool ended(void)
{
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static int use_chain(BIO *bio, const struct source *source, SSL_CTX *wire, char *ret_problem)
{
    X509 *issuer;
    ERR_clear_error();
    while ((issuer = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
        if (!SSL_CTX_add0_chain_cert(wire, issuer)) {
            X509_free(issuer);
            return -ENOMEM;
        }
    }
    if (!ended())
        return settings_problem(ret_problem, source->option, source->path, "a broken certificate");
    return 0;
}

static int use_certificate(BIO *bio, const struct source *source, SSL_CTX *wire, char *ret_problem)
{
    X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL);
    if (!certificate)
        return settings_problem(ret_problem, source->option, source->path,
                                ended() ? "no certificate in it" : "a broken certificate");
    int used = SSL_CTX_use_certificate(wire, certificate);
    X509_free(certificate);
    if (!used)
        return settings_problem(ret_problem, source->option, source->path,
                                "a certificate that TLS cannot use");
    return use_chain(bio, source, wire, ret_problem);
}

static int use_key(BIO *bio, const struct source *source, SSL_CTX *wire, char *ret_problem)
{
    bool asked = false;
    const char *wrong = NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
    if (!key)
        wrong = asked ? "the key is encrypted; only a key without a passphrase can be used"
                      : "no private key in it";
    else if (!X509_check_private_key(SSL_CTX_get0_certificate(wire), key))
        wrong = "the key does not match the certificate";
    else if (!SSL_CTX_use_PrivateKey(wire, key))
        wrong = "a key that TLS cannot use";
    EVP_PKEY_free(key);
    return wrong ? settings_problem(ret_problem, source->option, source->path, wrong) : 0;
}

static int load(const struct source *source, SSL_CTX *wire, char *ret_problem,
                int (*use)(BIO *, const struct source *, SSL_CTX *, char *))
{
    BIO *bio;
    int result = file_read(source->option, source->path, &bio, ret_problem);
    if (result)
        return result;
    ERR_clear_error();
    result = use(bio, source, wire, ret_problem);
    ERR_clear_error();
    BIO_free(bio);
    return result;
}

static int use_store(const struct tls_settings *settings, SSL_CTX *wire, char *ret_problem)
{
    static const char what[] = "key store";
    struct key_store store;
    const char *wrong = NULL;
    int result = key_store_read(what, settings->key_store, settings->key_store_password, &store,
                                ret_problem);
    if (result)
        return result;
    if (!store.certificate || !store.key)
        wrong = "no private key that can be used in it; of a JKS key store make PKCS12: keytool "
                "-importkeystore -deststoretype PKCS12";
    else if (!SSL_CTX_use_cert_and_key(wire, store.certificate, store.key, store.certificates, 1))
        wrong = "a key and a certificate that TLS cannot use";
    if (wrong)
        result = settings_problem(ret_problem, what, settings->key_store, wrong);
    ERR_clear_error();
    key_store_clear(&store);
    return result;
}

/* One file may hold both; either option alone names it (as in libmysqlclient and libmariadb). */
int credentials_load(const struct tls_settings *settings, SSL_CTX *wire, char *ret_problem)
{
    struct source certificate = {"--ssl-cert", settings->cert};
    struct source key = {"--ssl-key", settings->key};
    if (settings->key_store)
        return use_store(settings, wire, ret_problem);
    if (!certificate.path && !key.path)
        return 0;
    if (!certificate.path)
        certificate = key;
    if (!key.path)
        key = certificate;
    int result = load(&certificate, wire, ret_problem, use_certificate);
    return result ? result : load(&key, wire, ret_problem, use_key);
}
