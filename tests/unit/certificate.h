/* Certificates and revocation lists made while the test runs, so that none of them ever expires. */
#ifndef TESTS_UNIT_CERTIFICATE_H
#define TESTS_UNIT_CERTIFICATE_H

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DAY = 86400 };

#define NEEDED(holds_)                                                                             \
    do {                                                                                           \
        if (!(holds_))                                                                             \
            abort();                                                                               \
    } while (0)

struct made {
    X509 *certificate;
    EVP_PKEY *key;
};

/* What is not named: EC P-256, SHA-256, valid from yesterday to 90 days less an
 * hour from now, no alternative names. */
struct recipe {
    const char *subject;       /* its common name */
    const char *alternatives;  /* as in openssl's configuration: "DNS:a.example,IP:10.0.0.1" */
    const char *usage;         /* extended key usage, likewise */
    const struct made *issuer; /* NULL: it signs itself */
    const struct made *twin;   /* whose key it takes */
    const EVP_MD *hash;
    long begins; /* seconds from now */
    long ends;
    unsigned rsa_bits;
    bool authority;
    void (*decorate)(X509 *certificate); /* called before it is signed */
};

static inline void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    NEEDED(extension && X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static inline EVP_PKEY *key_of(const struct recipe *recipe)
{
    EVP_PKEY *key = recipe->twin ? recipe->twin->key : NULL;
    if (key)
        EVP_PKEY_up_ref(key);
    else
        key = recipe->rsa_bits ? EVP_RSA_gen(recipe->rsa_bits) : EVP_EC_gen("P-256");
    NEEDED(key);
    return key;
}

static inline void put_extensions(X509 *certificate, X509 *issuer, const struct recipe *recipe)
{
    add_extension(certificate, issuer, NID_basic_constraints,
                  recipe->authority ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    if (recipe->alternatives)
        add_extension(certificate, issuer, NID_subject_alt_name, recipe->alternatives);
    if (recipe->usage)
        add_extension(certificate, issuer, NID_ext_key_usage, recipe->usage);
    if (recipe->decorate)
        recipe->decorate(certificate);
}

static inline struct made make_certificate(struct recipe recipe)
{
    static long serial = 0;
    struct made made = {X509_new(), key_of(&recipe)};
    X509 *issuer = recipe.issuer ? recipe.issuer->certificate : made.certificate;
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    X509_set_version(made.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)recipe.subject, -1,
                               -1, 0);
    X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer));
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), recipe.begins ? recipe.begins : -DAY);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate),
                    recipe.ends ? recipe.ends : 90 * DAY - 3600);
    X509_set_pubkey(made.certificate, made.key);
    put_extensions(made.certificate, issuer, &recipe);
    NEEDED(X509_sign(made.certificate, recipe.issuer ? recipe.issuer->key : made.key,
                     recipe.hash ? recipe.hash : EVP_sha256()));
    return made;
}

static inline void unmake(struct made *made)
{
    X509_free(made->certificate);
    EVP_PKEY_free(made->key);
    *made = (struct made){0};
}

/* The issuer's list with one certificate in it, or none (NULL). */
static inline X509_CRL *make_crl(const struct made *issuer, const X509 *revoked)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, -DAY);
    ASN1_TIME *later = X509_gmtime_adj(NULL, DAY);
    NEEDED(crl && now && later);
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->certificate));
    X509_CRL_set1_lastUpdate(crl, now);
    X509_CRL_set1_nextUpdate(crl, later);
    if (revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)X509_get0_serialNumber(revoked));
        X509_REVOKED_set_revocationDate(entry, now);
        X509_CRL_add0_revoked(crl, entry);
    }
    NEEDED(X509_CRL_sign(crl, issuer->key, EVP_sha256()));
    ASN1_TIME_free(now);
    ASN1_TIME_free(later);
    return crl;
}

/* A folder of the test's own, the paths of files in it (good for seven more calls), and its end. */
static inline const char *scratch_path(const char *name)
{
    static char folder[] = "/tmp/obprobe-tls-XXXXXX";
    static char paths[8][320];
    static bool made = false;
    static unsigned next = 0;
    made = made || mkdtemp(folder);
    NEEDED(made);
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s%s%s", folder, *name ? "/" : "", name);
    return path;
}

static inline void scratch_remove(void)
{
    DIR *entries = opendir(scratch_path(""));
    NEEDED(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        (void)unlink(scratch_path(entry->d_name));
    closedir(entries);
    NEEDED(!rmdir(scratch_path("")));
}

static inline FILE *scratch_file(const char *name)
{
    FILE *file = fopen(scratch_path(name), "we");
    NEEDED(file);
    return file;
}

static inline void write_text(const char *name, const char *text)
{
    FILE *file = scratch_file(name);
    NEEDED(fputs(text, file) >= 0 && !fclose(file));
}

/* Certificates up to a NULL. */
static inline void write_certificates(const char *name, X509 *const *certificates)
{
    FILE *file = scratch_file(name);
    for (; *certificates; certificates++)
        NEEDED(PEM_write_X509(file, *certificates));
    NEEDED(!fclose(file));
}

static inline void write_certificate(const char *name, const struct made *made)
{
    write_certificates(name, (X509 *const[]){made->certificate, NULL});
}

/* Encrypted when there is a passphrase. */
static inline void write_key(const char *name, const struct made *made, const char *passphrase)
{
    FILE *file = scratch_file(name);
    NEEDED(PEM_write_PKCS8PrivateKey(file, made->key, passphrase ? EVP_aes_128_cbc() : NULL, NULL,
                                     0, NULL, (void *)passphrase) &&
           !fclose(file));
}

/* The certificate and behind it its key, in one file. */
static inline void write_both(const char *name, const struct made *made)
{
    FILE *file = scratch_file(name);
    NEEDED(PEM_write_X509(file, made->certificate) &&
           PEM_write_PrivateKey(file, made->key, NULL, NULL, 0, NULL, NULL) && !fclose(file));
}

static inline void write_crls(const char *name, X509_CRL *const *crls)
{
    FILE *file = scratch_file(name);
    for (; *crls; crls++)
        NEEDED(PEM_write_X509_CRL(file, *crls));
    NEEDED(!fclose(file));
}

#endif
