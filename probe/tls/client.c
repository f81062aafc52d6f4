/* The two contexts: one that completes handshakes, one that knows what others would refuse. */
#include "probe/tls/tls_internal.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

/* OpenSSL's defaults at security level 0. They are named because the system's configuration file
 * may name fewer. Where the provider lacks one (FIPS) the lists are refused and its own stay. */
static const char groups[] = "X25519:P-256:X448:P-521:P-384:"
                             "ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192";
static const char signatures[] =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512:ECDSA+SHA224:RSA+SHA224:"
    "DSA+SHA224:DSA+SHA256:DSA+SHA384:DSA+SHA512:ECDSA+SHA1:RSA+SHA1:DSA+SHA1";

/* The chain is judged when the handshake is done; here it is not even built. */
static int accept_any_chain(X509_STORE_CTX *chain, void *argument)
{
    (void)argument;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

/* Level 0 refuses DH groups below 1024 bits all the same (measured); servers of old have them. */
static int accept_any_strength(const SSL *ssl, const SSL_CTX *context, int operation, int bits,
                               int nid, void *other, void *argument)
{
    (void)ssl;
    (void)context;
    (void)operation;
    (void)bits;
    (void)nid;
    (void)other;
    (void)argument;
    return 1;
}

static int highest(unsigned versions)
{
    int version = TLS1_3_VERSION;
    while (versions && !(versions & VERSION_BIT(version)))
        version--;
    return version;
}

/*
 * SSL_CTX_new has read the system's configuration file, so all that can be set there is set here:
 * bugs of old servers are worked around and RFC 5746 is not insisted on, as in libmariadb. A
 * renegotiation would go through states that nothing here expects, and no MySQL server begins one.
 */
static bool loosen(SSL_CTX *wire, unsigned versions)
{
    SSL_CTX_clear_options(wire, SSL_CTX_get_options(wire));
    SSL_CTX_set_options(wire, SSL_OP_ALL | SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_COMPRESSION |
                                  SSL_OP_ENABLE_MIDDLEBOX_COMPAT | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(wire, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(wire, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(wire, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_cert_verify_callback(wire, accept_any_chain, NULL);
    SSL_CTX_set_security_level(wire, 0);
    SSL_CTX_set_security_callback(wire, accept_any_strength);
    (void)SSL_CTX_set1_groups_list(wire, groups);
    (void)SSL_CTX_set1_sigalgs_list(wire, signatures);
    return SSL_CTX_set_min_proto_version(wire, TLS1_VERSION) &&
           SSL_CTX_set_max_proto_version(wire, highest(versions));
}

/* For its own certificate a mysql client finds missing issuers among the CAs it was given. */
static bool lend_issuers(const struct tls_client *client, const struct tls_settings *settings)
{
    if (!settings->ca && !settings->capath)
        return true;
    return SSL_CTX_set1_chain_cert_store(client->wire, trust_store(client->trust));
}

/* OpenSSL makes no context when its configuration file is broken (config_diagnostics = 1). */
static int make_contexts(struct tls_client *client, char *ret_problem)
{
    client->wire = SSL_CTX_new(TLS_client_method());
    client->machine = SSL_CTX_new(TLS_client_method());
    client->strict = SSL_CTX_new(TLS_client_method());
    if (client->wire && client->machine && client->strict)
        return 0;
    if (out_of_memory())
        return -ENOMEM;
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    snprintf(ret_problem, TLS_PROBLEM, "OpenSSL cannot be used: %s", reason ? reason : "unknown");
    return -EINVAL;
}

static int configure(struct tls_client *client, const struct tls_settings *settings,
                     char *ret_problem)
{
    int result = make_contexts(client, ret_problem);
    if (!result && settings->versions)
        result = versions_parse(settings->versions, &client->versions, ret_problem);
    if (!result)
        result = ciphers_set(settings->ciphers, client, ret_problem);
    if (!result && !loosen(client->wire, client->versions))
        result = -ENOMEM;
    if (!result)
        result = trust_new(settings, &client->trust, ret_problem);
    if (!result && !lend_issuers(client, settings))
        result = -ENOMEM;
    return result ? result : credentials_load(settings, client->wire, ret_problem);
}

int tls_client_new(const struct tls_settings *settings, struct tls_client **ret_client,
                   char *ret_problem)
{
    struct tls_client *client = calloc(1, sizeof(*client));
    if (!client)
        return -ENOMEM;
    client->ciphers_given = settings->ciphers != NULL;
    ERR_clear_error();
    int result = configure(client, settings, ret_problem);
    ERR_clear_error();
    if (result)
        tls_client_free(client);
    else
        *ret_client = client;
    return result;
}

void tls_client_free(struct tls_client *client)
{
    if (!client)
        return;
    SSL_CTX_free(client->wire);
    SSL_CTX_free(client->machine);
    SSL_CTX_free(client->strict);
    free(client->ciphers);
    free(client->suites);
    trust_free(client->trust);
    free(client);
}
