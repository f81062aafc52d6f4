/*
 * Whom the judgement trusts, as libmysqlclient and libmariadb set it up: the CA file or folder,
 * else the system's store; with a CRL file every certificate of the chain is looked up, so that it
 * must hold a list of every CA in it (X509_V_FLAG_CRL_CHECK_ALL).
 */
#include "probe/tls/key_store.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct trust {
    X509_STORE *store;
    bool system_wanted; /* and not yet read: that takes 29 ms (measured, Debian's 140 CAs) */
};

struct counts {
    int certificates;
    int lists;
};

static bool add_one(X509_STORE *store, const X509_INFO *info, struct counts *counts)
{
    counts->certificates += info->x509 != NULL;
    counts->lists += info->crl != NULL;
    return (!info->x509 || X509_STORE_add_cert(store, info->x509)) &&
           (!info->crl || X509_STORE_add_crl(store, info->crl));
}

/* All of the file goes into the store, as X509_load_cert_crl_file has it. NULL or what is wrong. */
static const char *add_all(X509_STORE *store, BIO *bio, struct counts *counts)
{
    STACK_OF(X509_INFO) *infos = PEM_X509_INFO_read_bio(bio, NULL, no_passphrase, NULL);
    if (!infos)
        return "broken PEM";
    const char *wrong = NULL;
    for (int i = 0; i < sk_X509_INFO_num(infos) && !wrong; i++)
        if (!add_one(store, sk_X509_INFO_value(infos, i), counts))
            wrong = "OpenSSL does not take a certificate of it";
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    return wrong;
}

static int add_file(X509_STORE *store, const char *option, const char *path, struct counts *counts,
                    char *ret_problem)
{
    BIO *bio;
    int result = file_read(option, path, &bio, ret_problem);
    if (result)
        return result;
    ERR_clear_error();
    const char *wrong = add_all(store, bio, counts);
    result = wrong ? settings_problem(ret_problem, option, path, wrong) : 0;
    ERR_clear_error();
    BIO_free(bio);
    return result;
}

static int add_ca(X509_STORE *store, const char *path, char *ret_problem)
{
    struct counts counts = {0};
    int result = add_file(store, "--ssl-ca", path, &counts, ret_problem);
    if (!result && !counts.certificates)
        result = settings_problem(ret_problem, "--ssl-ca", path, "no certificate in it");
    return result;
}

static int add_crl(X509_STORE *store, const char *path, char *ret_problem)
{
    struct counts counts = {0};
    int result = add_file(store, "--ssl-crl", path, &counts, ret_problem);
    if (!result && !counts.lists)
        result = settings_problem(ret_problem, "--ssl-crl", path, "no CRL in it");
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return result;
}

static int add_folder(X509_STORE *store, const char *path, char *ret_problem)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return settings_problem(ret_problem, "--ssl-capath", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return settings_problem(ret_problem, "--ssl-capath", path, strerror(ENOTDIR));
    return X509_STORE_load_path(store, path) ? 0 : -ENOMEM;
}

static int add_store(X509_STORE *store, const struct tls_settings *settings, char *ret_problem)
{
    static const char what[] = "trust store";
    struct key_store keys;
    int result = key_store_read(what, settings->trust_store, settings->trust_store_password, &keys,
                                ret_problem);
    if (result)
        return result;
    int count = sk_X509_num(keys.certificates);
    if (count < 1)
        result = settings_problem(ret_problem, what, settings->trust_store, "no authority in it");
    for (int i = 0; i < count && !result; i++)
        if (!X509_STORE_add_cert(store, sk_X509_value(keys.certificates, i)))
            result = settings_problem(ret_problem, what, settings->trust_store,
                                      "OpenSSL does not take a certificate of it");
    key_store_clear(&keys);
    return result;
}

static int fill(struct trust *trust, const struct tls_settings *settings, char *ret_problem)
{
    int result = 0;
    trust->system_wanted = !settings->ca && !settings->capath && !settings->trust_store;
    if (settings->trust_store)
        result = add_store(trust->store, settings, ret_problem);
    if (!result && settings->ca)
        result = add_ca(trust->store, settings->ca, ret_problem);
    if (!result && settings->capath)
        result = add_folder(trust->store, settings->capath, ret_problem);
    if (!result && settings->crl)
        result = add_crl(trust->store, settings->crl, ret_problem);
    return result;
}

int trust_new(const struct tls_settings *settings, struct trust **ret_trust, char *ret_problem)
{
    struct trust *trust = calloc(1, sizeof(*trust));
    if (trust)
        trust->store = X509_STORE_new();
    int result = trust && trust->store ? fill(trust, settings, ret_problem) : -ENOMEM;
    if (result)
        trust_free(trust);
    else
        *ret_trust = trust;
    return result;
}

void trust_free(struct trust *trust)
{
    if (!trust)
        return;
    X509_STORE_free(trust->store);
    free(trust);
}

/* A system without a store is one that trusts nobody. */
X509_STORE *trust_store(struct trust *trust)
{
    if (trust->system_wanted)
        (void)X509_STORE_set_default_paths(trust->store);
    trust->system_wanted = false;
    return trust->store;
}
