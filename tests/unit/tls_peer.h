/* The other side of a TLS session: a real server of OpenSSL over memory, and the wire between. */
#ifndef TESTS_UNIT_TLS_PEER_H
#define TESTS_UNIT_TLS_PEER_H

#include "probe/tls/tls.h"
#include "tests/unit/certificate.h"
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

/* What is not named: TLS 1.0 to 1.3, every cipher, no certificate asked for. */
struct peer_settings {
    const struct made *leaf;    /* NULL: anonymous */
    X509 *const *intermediates; /* sent behind it, up to a NULL */
    const struct made *asks;    /* for client certificates of this CA */
    const char *ciphers;
    const char *signatures; /* its signature algorithms */
    EVP_PKEY *dh;           /* parameters */
    int version;            /* the only one */
    int verify;             /* SSL_VERIFY_… */
};

struct peer {
    SSL_CTX *context;
    SSL *ssl;
    BIO *input;
    BIO *output;
};

static inline int any_strength(const SSL *ssl, const SSL_CTX *context, int operation, int bits,
                               int nid, void *other, void *argument)
{
    (void)ssl, (void)context, (void)operation, (void)bits, (void)nid, (void)other, (void)argument;
    return 1;
}

static inline void peer_certificates(SSL_CTX *context, const struct peer_settings *settings)
{
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    if (settings->leaf) {
        NEEDED(SSL_CTX_use_certificate(context, settings->leaf->certificate));
        NEEDED(SSL_CTX_use_PrivateKey(context, settings->leaf->key));
    }
    for (X509 *const *at = settings->intermediates; at && *at; at++)
        NEEDED(SSL_CTX_add1_chain_cert(context, *at));
    if (settings->asks) {
        SSL_CTX_set_verify(context, settings->verify, NULL);
        NEEDED(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), settings->asks->certificate));
        NEEDED(SSL_CTX_add_client_CA(context, settings->asks->certificate));
    }
}

/* The system's configuration is for clients here: the server has none of it. */
static inline void peer_loosen(SSL_CTX *context, int version, const char *signatures)
{
    static const char usual[] = "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256";
    SSL_CTX_set_min_proto_version(context, version ? version : TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_clear_options(context, SSL_CTX_get_options(context));
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_security_callback(context, any_strength);
    NEEDED(SSL_CTX_set1_sigalgs_list(context, signatures ? signatures : usual));
    NEEDED(SSL_CTX_set1_groups_list(context, "X25519:P-256"));
    NEEDED(SSL_CTX_set_ciphersuites(context, TLS_DEFAULT_CIPHERSUITES));
}

/* A DH group, small enough to be found at once. */
static inline EVP_PKEY *make_dh(int bits)
{
    EVP_PKEY *dh = NULL;
    EVP_PKEY_CTX *generator = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    NEEDED(EVP_PKEY_paramgen_init(generator) > 0 &&
           EVP_PKEY_CTX_set_dh_paramgen_prime_len(generator, bits) > 0 &&
           EVP_PKEY_paramgen(generator, &dh) > 0);
    EVP_PKEY_CTX_free(generator);
    return dh;
}

static inline struct peer peer_new(struct peer_settings settings)
{
    struct peer peer = {.context = SSL_CTX_new(TLS_server_method())};
    NEEDED(peer.context);
    peer_loosen(peer.context, settings.version, settings.signatures);
    SSL_CTX_set_session_id_context(peer.context, (const uint8_t *)"test", 4);
    NEEDED(SSL_CTX_set_cipher_list(peer.context,
                                   settings.ciphers ? settings.ciphers : "ALL:@SECLEVEL=0"));
    if (settings.dh)
        NEEDED(EVP_PKEY_up_ref(settings.dh) && SSL_CTX_set0_tmp_dh_pkey(peer.context, settings.dh));
    else
        SSL_CTX_set_dh_auto(peer.context, 1);
    peer_certificates(peer.context, &settings);
    peer.ssl = SSL_new(peer.context);
    peer.input = BIO_new(BIO_s_mem());
    peer.output = BIO_new(BIO_s_mem());
    NEEDED(peer.ssl && peer.input && peer.output);
    SSL_set_bio(peer.ssl, peer.input, peer.output);
    SSL_set_accept_state(peer.ssl);
    return peer;
}

static inline void peer_free(struct peer *peer)
{
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
}

/* All that the session has for the server. */
static inline size_t carry_up(struct tls_session *session, struct peer *peer)
{
    const uint8_t *bytes;
    size_t length = tls_session_output(session, &bytes);
    if (length)
        NEEDED(BIO_write(peer->input, bytes, (int)length) == (int)length);
    tls_session_sent(session, length);
    return length;
}

/* All that the server has for the session, in pieces of exactly their size, as a network may cut
 * it. */
static inline size_t carry_down(struct peer *peer, struct tls_session *session, size_t piece)
{
    size_t length = 0;
    uint8_t *bytes = malloc(piece);
    NEEDED(bytes);
    for (int taken; (taken = BIO_read(peer->output, bytes, (int)piece)) > 0;) {
        NEEDED(!tls_session_receive(session, bytes, (size_t)taken));
        length += (size_t)taken;
    }
    free(bytes);
    return length;
}

/* Both sides go on until neither says anything more. */
static inline void play(struct tls_session *session, struct peer *peer, size_t piece)
{
    size_t moved;
    do {
        char byte;
        moved = carry_up(session, peer);
        if (!SSL_is_init_finished(peer->ssl))
            (void)SSL_do_handshake(peer->ssl);
        if (SSL_is_init_finished(peer->ssl))
            (void)SSL_peek(peer->ssl, &byte, 1);
        moved += carry_down(peer, session, piece);
    } while (moved);
    ERR_clear_error();
}

static inline struct tls_client *client_new(struct tls_settings settings)
{
    struct tls_client *client = NULL;
    char problem[TLS_PROBLEM] = "";
    if (tls_client_new(&settings, &client, problem)) {
        fprintf(stderr, "%s\n", problem);
        abort();
    }
    return client;
}

/* A session that was played to its end against a server like that. The caller frees both. */
static inline struct tls_session *played(const struct tls_client *client,
                                         struct peer_settings settings, struct peer *ret_peer)
{
    struct tls_session *session;
    *ret_peer = peer_new(settings);
    NEEDED(!tls_session_new(client, TLS_OFFER_ALL, &session));
    play(session, ret_peer, 65536);
    return session;
}

/* The facts of such a session, judged for `name`. */
static inline struct tls_evidence facts_of(struct tls_settings ours, struct peer_settings theirs,
                                           const char *name)
{
    static struct tls_evidence evidence;
    struct peer peer;
    struct tls_client *client = client_new(ours);
    struct tls_session *session = played(client, theirs, &peer);
    memset(&evidence, 0, sizeof(evidence));
    tls_session_record(session, &evidence);
    tls_session_judge(session, name, &evidence);
    tls_session_free(session);
    peer_free(&peer);
    tls_client_free(client);
    return evidence;
}

#endif
