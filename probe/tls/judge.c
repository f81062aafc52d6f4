/* What a strict client would have said, once the handshake is done. */
#include "probe/tls/tls_internal.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NAME_MAX_LENGTH = 255, SECONDS_A_DAY = 86400 }; /* RFC 1035, 2.3.4 */

static enum tls_judgement judgement(bool holds)
{
    return holds ? TLS_HOLDS : TLS_FAILS;
}

static void verdict(struct tls_evidence *evidence, int code, int depth, const char *text)
{
    evidence->verify_code = code;
    evidence->verify_depth = depth > 0 && depth <= UINT8_MAX ? (uint8_t)depth : 0;
    snprintf(evidence->verify_text, sizeof(evidence->verify_text), "%s", text);
}

/* As OpenSSL verifies a server's chain for a client (ssl_verify_cert_chain): purpose and trust of a
 * TLS server, keys and signatures of the client's security level, the time of now. */
static int verify(const struct tls_session *session, X509_STORE_CTX *context, int *ret_depth)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);
    X509_STORE *store = trust_store(session->client->trust);
    if (!X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) ||
        !X509_STORE_CTX_set_default(context, "ssl_server"))
        return X509_V_ERR_OUT_OF_MEM;
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context),
                                     SSL_CTX_get_security_level(session->client->machine));
    bool good = X509_verify_cert(context) > 0;
    int code = X509_STORE_CTX_get_error(context);
    *ret_depth = good ? 0 : X509_STORE_CTX_get_error_depth(context);
    return !good && code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code;
}

static void judge_chain(const struct tls_session *session, struct tls_evidence *evidence)
{
    int depth = 0;
    if (sk_X509_num(SSL_get_peer_cert_chain(session->ssl)) <= 0) {
        verdict(evidence, X509_V_ERR_UNSPECIFIED, 0, "the server sent no certificate");
        return;
    }
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int code = context ? verify(session, context, &depth) : X509_V_ERR_OUT_OF_MEM;
    verdict(evidence, code, depth, X509_verify_cert_error_string(code));
    X509_STORE_CTX_free(context);
}

/*
 * As libmysqlclient and libmariadb do it: either check is enough, no flags (a wildcard may stand
 * for a part of a label). An address is therefore also found among DNS names and common names,
 * where RFC 6125 would not look for it. A scope (fe80::1%eth0) is this machine's own, no
 * certificate's.
 */
static enum tls_judgement judge_name(const struct tls_session *session, const char *name)
{
    char plain[NAME_MAX_LENGTH + 1];
    size_t length = strcspn(name, "%");
    X509 *leaf = SSL_get0_peer_certificate(session->ssl);
    if (!length)
        return TLS_NOT_JUDGED;
    if (!leaf || length > NAME_MAX_LENGTH)
        return TLS_FAILS;
    memcpy(plain, name, length);
    plain[length] = '\0';
    return judgement(X509_check_host(leaf, plain, length, 0, NULL) == 1 ||
                     X509_check_ip_asc(leaf, plain, 0) == 1);
}

/* Rounded down; a certificate whose end is no time has none. */
static int32_t days_left(const STACK_OF(X509) * chain, int64_t now)
{
    int64_t first = INT64_MAX;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        int64_t end = certificate_time(X509_get0_notAfter(sk_X509_value(chain, i)));
        if (end && end < first)
            first = end;
    }
    if (first == INT64_MAX)
        return 0;
    int64_t seconds = first - now;
    return (int32_t)(seconds / SECONDS_A_DAY - (seconds % SECONDS_A_DAY < 0));
}

static void judge_settings(const struct tls_session *session, struct tls_evidence *evidence)
{
    const struct tls_client *client = session->client;
    int version = SSL_version(session->ssl);
    evidence->version_allowed = TLS_NOT_JUDGED;
    evidence->cipher_allowed = TLS_NOT_JUDGED;
    if (client->versions)
        evidence->version_allowed = judgement(client->versions & VERSION_BIT(version));
    if (client->ciphers_given)
        evidence->cipher_allowed = judgement(ciphers_hold(SSL_CTX_get_ciphers(client->strict),
                                                          SSL_get_current_cipher(session->ssl)));
}

void tls_session_judge(const struct tls_session *session, const char *name,
                       struct tls_evidence *evidence)
{
    evidence->judged = session->finished;
    if (!session->finished)
        return;
    ERR_clear_error();
    judge_chain(session, evidence);
    evidence->name = judge_name(session, name);
    judge_settings(session, evidence);
    evidence->policy = policy_judge(session);
    evidence->days_left = days_left(SSL_get_peer_cert_chain(session->ssl), time(NULL));
    ERR_clear_error();
}
