/* Which ciphers are offered, in which order, and which of them the user allows. */
#include "probe/tls/tls_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Names joined by ':'. All that OpenSSL 3.0 knows are 4 KiB. */
struct names {
    char text[16384];
    size_t length;
};

/* Every cipher with encryption. The level stands here too, for a level in the user's list or the
 * system's configuration is the context's. */
static const char all_ciphers[] = "ALL:!eNULL:@SECLEVEL=0";

/* RFC 8446, appendix B.4. */
static const char *const all_suites[] = {
    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256",
};

static bool is_suite(const SSL_CIPHER *cipher)
{
    return !strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3");
}

/* OpenSSL's names of TLS 1.2 ciphers have no such prefix; RFC 5246's have WITH in them. */
static bool is_suite_name(const char *name, size_t length)
{
    return length > 4 && !strncmp(name, "TLS_", 4) && !memmem(name, length, "_WITH_", 6);
}

static bool names_hold(const struct names *names, const char *name, size_t length)
{
    for (const char *at = names->text; *at;) {
        size_t span = strcspn(at, ":");
        if (span == length && !memcmp(at, name, length))
            return true;
        at += span + (at[span] == ':');
    }
    return false;
}

/* What does not fit is left out. */
static void names_add(struct names *names, const char *name, size_t length)
{
    if (names->length + length + 2 > sizeof(names->text) || names_hold(names, name, length))
        return;
    if (names->length)
        names->text[names->length++] = ':';
    memcpy(names->text + names->length, name, length);
    names->length += length;
    names->text[names->length] = '\0';
}

static void names_of(const SSL_CTX *context, bool suites, struct names *names)
{
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(context);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        if (is_suite(cipher) == suites)
            names_add(names, SSL_CIPHER_get_name(cipher), strlen(SSL_CIPHER_get_name(cipher)));
    }
}

/* The part of the user's list that is about TLS 1.3, or the other one. */
static void split(const char *list, bool suites, struct names *names)
{
    static const char separators[] = ":, "; /* as OpenSSL's parser has them */
    *names = (struct names){0};
    for (const char *at = list + strspn(list, separators); *at;) {
        size_t length = strcspn(at, separators);
        if (is_suite_name(at, length) == suites)
            names_add(names, at, length);
        at += length;
        at += strspn(at, separators);
    }
}

static bool has_suites(const SSL_CTX *context)
{
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(context);
    return sk_SSL_CIPHER_num(ciphers) > 0 && is_suite(sk_SSL_CIPHER_value(ciphers, 0));
}

/* A part that is not given is not restricted: a list of TLS 1.2's names says nothing about TLS 1.3
 * (as MySQL's --ssl-cipher and --tls-ciphersuites). Unknown names beside known ones are ignored by
 * OpenSSL, a list of unknown TLS 1.3 suites leaves none. */
static bool restrict_to(const char *list, SSL_CTX *strict, struct names *scratch)
{
    split(list, false, scratch);
    size_t ciphers = scratch->length;
    if (ciphers && !SSL_CTX_set_cipher_list(strict, scratch->text))
        return false;
    split(list, true, scratch);
    if (!scratch->length)
        return ciphers > 0;
    return SSL_CTX_set_ciphersuites(strict, scratch->text) && has_suites(strict);
}

/*
 * What clients of this machine offer comes before the rest: the server then chooses what it would
 * choose for them; and yaSSL, the TLS of MySQL 5.6, ignores what follows the first of a long list
 * (yassl_imp.cpp, MAX_SUITE_SZ), while OpenSSL puts the ciphers of old last in "ALL".
 */
static bool offer(const SSL_CTX *strict, SSL_CTX *wire, struct names *scratch)
{
    *scratch = (struct names){0};
    names_of(strict, true, scratch);
    names_of(wire, true, scratch);
    for (size_t i = 0; i < sizeof(all_suites) / sizeof(all_suites[0]); i++)
        names_add(scratch, all_suites[i], strlen(all_suites[i]));
    if (!SSL_CTX_set_ciphersuites(wire, scratch->text))
        return false;
    *scratch = (struct names){0};
    names_of(strict, false, scratch);
    names_of(wire, false, scratch);
    names_add(scratch, all_ciphers, sizeof(all_ciphers) - 1);
    return SSL_CTX_set_cipher_list(wire, scratch->text);
}

static char *copy_names(const SSL_CTX *context, bool suites, struct names *scratch)
{
    *scratch = (struct names){0};
    names_of(context, suites, scratch);
    return strdup(scratch->text);
}

static bool keep_names(struct tls_client *client, struct names *scratch)
{
    client->ciphers = copy_names(client->strict, false, scratch);
    client->suites = copy_names(client->strict, true, scratch);
    return client->ciphers && client->suites;
}

int ciphers_set(const char *list, struct tls_client *client, char *ret_problem)
{
    struct names *scratch = calloc(1, sizeof(*scratch));
    int result = scratch ? 0 : -ENOMEM;
    if (!result && list && !restrict_to(list, client->strict, scratch))
        result =
            settings_problem(ret_problem, OPTION("--ssl-cipher"), list, "no cipher of that name");
    /* "@SECLEVEL=0" in the list is the user's will for clients of this machine */
    if (!result)
        SSL_CTX_set_security_level(client->machine, SSL_CTX_get_security_level(client->strict));
    if (!result && (!keep_names(client, scratch) || !offer(client->strict, client->wire, scratch)))
        result = -ENOMEM;
    free(scratch);
    return result;
}

bool ciphers_hold(const STACK_OF(SSL_CIPHER) * ciphers, const SSL_CIPHER *cipher)
{
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++)
        if (SSL_CIPHER_get_id(sk_SSL_CIPHER_value(ciphers, i)) == SSL_CIPHER_get_id(cipher))
            return true;
    return false;
}
