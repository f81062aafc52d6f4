/*
 * Whom the judgement trusts, as libmysqlclient and libmariadb set it up: the CA file or folder,
 * else the system's store; or as Java does: its trust store; with a CRL file every certificate of
 * the chain is looked up, so that it must hold a list of every CA in it
 * (X509_V_FLAG_CRL_CHECK_ALL).
 */
#include "probe/tls/key_store.h"
#include "probe/tls/tls_internal.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct trust {
    X509_STORE *store;
    bool system_wanted; /* and not yet read: that takes 29 ms (measured, Debian's 140 CAs) */
    char *system_file;  /* where that is, as the environment had it when it was asked for */
    char *system_folder;
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

static int add_file(X509_STORE *store, const char *place, const char *path, struct counts *counts,
                    char *ret_problem)
{
    BIO *bio;
    int result = file_read(place, path, &bio, ret_problem);
    if (result)
        return result;
    ERR_clear_error();
    const char *wrong = add_all(store, bio, counts);
    result = wrong ? settings_problem(ret_problem, place, path, wrong) : 0;
    ERR_clear_error();
    BIO_free(bio);
    return result;
}

static int add_ca(X509_STORE *store, const char *place, const char *path, char *ret_problem)
{
    struct counts counts = {0};
    int result = add_file(store, place, path, &counts, ret_problem);
    if (!result && !counts.certificates)
        result = settings_problem(ret_problem, place, path, "no certificate in it");
    return result;
}

static const char *nobody_in(const struct key_store *entries)
{
    return sk_X509_num(entries->others) > 0
               ? "Java trusts no certificate of it, for none is marked: add them with keytool "
                 "-importcert"
               : "no certificate in it";
}

/* As Java's TrustManagerFactory (OpenJDK: sun/security/validator/TrustStoreUtil.java): the trusted
 * certificates and the one of a key, and a chain may end at each, whoever signed it. */
static const char *add_entries(X509_STORE *store, const struct key_store *entries)
{
    bool added = X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    if (!sk_X509_num(entries->authorities) && !entries->certificate)
        return nobody_in(entries);
    for (int i = 0; i < sk_X509_num(entries->authorities) && added; i++)
        added = X509_STORE_add_cert(store, sk_X509_value(entries->authorities, i));
    if (entries->certificate && added)
        added = X509_STORE_add_cert(store, entries->certificate);
    return added ? NULL : "OpenSSL does not take a certificate of it";
}

static int add_trust_store(X509_STORE *store, const struct tls_settings *settings,
                           char *ret_problem)
{
    static const char place[] = "trust store";
    const char *path = settings->trust_store;
    struct key_store entries;
    int result = key_store_read(place, path, settings->trust_store_password, &entries, ret_problem);
    if (result)
        return result;
    if (entries.format == KEY_STORE_PEM) {
        result = add_ca(store, place, path, ret_problem);
    } else {
        const char *wrong = add_entries(store, &entries);
        result = wrong ? settings_problem(ret_problem, place, path, wrong) : 0;
    }
    key_store_clear(&entries);
    return result;
}

static int add_crl(X509_STORE *store, const char *path, char *ret_problem)
{
    struct counts counts = {0};
    int result = add_file(store, OPTION("--ssl-crl"), path, &counts, ret_problem);
    if (!result && !counts.lists)
        result = settings_problem(ret_problem, OPTION("--ssl-crl"), path, "no CRL in it");
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return result;
}

static int add_folder(X509_STORE *store, const char *path, char *ret_problem)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return settings_problem(ret_problem, OPTION("--ssl-capath"), path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return settings_problem(ret_problem, OPTION("--ssl-capath"), path, strerror(ENOTDIR));
    return X509_STORE_load_path(store, path) ? 0 : -ENOMEM;
}

/* As X509_STORE_set_default_paths(3) finds it. */
static char *system_place(const char *variable, const char *otherwise)
{
    const char *named = secure_getenv(variable);
    return strdup(named ? named : otherwise);
}

static int want_system(struct trust *trust)
{
    trust->system_wanted = true;
    trust->system_file =
        system_place(X509_get_default_cert_file_env(), X509_get_default_cert_file());
    trust->system_folder =
        system_place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    return trust->system_file && trust->system_folder ? 0 : -ENOMEM;
}

static int add_authorities(struct trust *trust, const struct tls_settings *settings,
                           char *ret_problem)
{
    int result = 0;
    if (settings->trust_store)
        return add_trust_store(trust->store, settings, ret_problem);
    if (!settings->ca && !settings->capath)
        return want_system(trust);
    if (settings->ca)
        result = add_ca(trust->store, OPTION("--ssl-ca"), settings->ca, ret_problem);
    if (!result && settings->capath)
        result = add_folder(trust->store, settings->capath, ret_problem);
    return result;
}

static int fill(struct trust *trust, const struct tls_settings *settings, char *ret_problem)
{
    int result = add_authorities(trust, settings, ret_problem);
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
    free(trust->system_file);
    free(trust->system_folder);
    free(trust);
}

/* A system without a store is one that trusts nobody. */
X509_STORE *trust_store(struct trust *trust)
{
    if (!trust->system_wanted)
        return trust->store;
    trust->system_wanted = false;
    ERR_set_mark();
    (void)X509_STORE_load_file(trust->store, trust->system_file);
    (void)X509_STORE_load_path(trust->store, trust->system_folder);
    ERR_pop_to_mark();
    return trust->store;
}
