/* The client's own certificate: read by hand, for OpenSSL's readers of files would wait for a FIFO
 * and ask for passphrases. */
#include "probe/tls/key_store.h"
#include "probe/tls/tls_internal.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>

struct source {
    const char *place;
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
        return settings_problem(ret_problem, source->place, source->path, "a broken certificate");
    return 0;
}

static int use_certificate(BIO *bio, const struct source *source, SSL_CTX *wire, char *ret_problem)
{
    X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL);
    if (!certificate)
        return settings_problem(ret_problem, source->place, source->path,
                                ended() ? "no certificate in it" : "a broken certificate");
    int used = SSL_CTX_use_certificate(wire, certificate);
    X509_free(certificate);
    if (!used)
        return settings_problem(ret_problem, source->place, source->path,
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
    return wrong ? settings_problem(ret_problem, source->place, source->path, wrong) : 0;
}

static int load(const struct source *source, SSL_CTX *wire, char *ret_problem,
                int (*use)(BIO *, const struct source *, SSL_CTX *, char *))
{
    BIO *bio;
    int result = file_read(source->place, source->path, &bio, ret_problem);
    if (result)
        return result;
    ERR_clear_error();
    result = use(bio, source, wire, ret_problem);
    ERR_clear_error();
    BIO_free(bio);
    return result;
}

static const char *use_entry(const struct key_store *entry, SSL_CTX *wire)
{
    if (!entry->key)
        return entry->key_problem ? entry->key_problem : "no private key in it";
    if (!entry->certificate)
        return "no certificate of its private key in it";
    if (!X509_check_private_key(entry->certificate, entry->key))
        return "the key does not match the certificate";
    if (!SSL_CTX_use_certificate(wire, entry->certificate) ||
        !SSL_CTX_use_PrivateKey(wire, entry->key) || !SSL_CTX_set1_chain(wire, entry->others))
        return "a key or a certificate that TLS cannot use";
    return NULL;
}

static int load_both(const struct source *source, SSL_CTX *wire, char *ret_problem)
{
    int result = load(source, wire, ret_problem, use_certificate);
    return result ? result : load(source, wire, ret_problem, use_key);
}

static int load_store(const struct tls_settings *settings, SSL_CTX *wire, char *ret_problem)
{
    const struct source source = {"key store", settings->key_store};
    struct key_store entries;
    int result = key_store_read(source.place, source.path, settings->key_store_password, &entries,
                                ret_problem);
    if (result)
        return result;
    if (entries.format == KEY_STORE_PEM) {
        result = load_both(&source, wire, ret_problem);
    } else {
        const char *wrong = use_entry(&entries, wire);
        result = wrong ? settings_problem(ret_problem, source.place, source.path, wrong) : 0;
        ERR_clear_error();
    }
    key_store_clear(&entries);
    return result;
}

/* One file may hold both; either option alone names it (as in libmysqlclient and libmariadb). */
int credentials_load(const struct tls_settings *settings, SSL_CTX *wire, char *ret_problem)
{
    struct source certificate = {OPTION("--ssl-cert"), settings->cert};
    struct source key = {OPTION("--ssl-key"), settings->key};
    if (settings->key_store)
        return load_store(settings, wire, ret_problem);
    if (!certificate.path && !key.path)
        return 0;
    if (!certificate.path)
        certificate = key;
    if (!key.path)
        key = certificate;
    int result = load(&certificate, wire, ret_problem, use_certificate);
    return result ? result : load(&key, wire, ret_problem, use_key);
}
