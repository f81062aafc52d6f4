/* One handshake and what is said after it: bytes in, bytes out, the state of it. */
#include "probe/tls/tls_internal.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

/* More than this in answer to what the server sends, while it takes nothing (KeyUpdate,
 * HelloRequest), is no handshake. */
enum { ANSWERS_MAX = 65536 };

/* In a Certificate message: header, request context (TLS 1.3 only, empty in a handshake), length of
 * the list. Longer ones have a certificate in them (RFC 5246, 7.4.6; RFC 8446, 4.4.2). */
enum { HANDSHAKE_HEADER = 4, EMPTY_CERTIFICATE = HANDSHAKE_HEADER + 4 };

static void observe_handshake(struct tls_session *session, bool sent, uint8_t type, size_t length)
{
    if (!sent && type == SSL3_MT_CERTIFICATE_REQUEST)
        session->client_certificate_asked = true;
    if (sent && type == SSL3_MT_CERTIFICATE)
        session->client_certificate_sent = length > EMPTY_CERTIFICATE;
}

/* OpenSSL's callback for every protocol message. client_cert_cb would not do: it is called only
 * when there is no certificate to send. */
static void observe(int sent, int version, int type, const void *message, size_t length, SSL *ssl,
                    void *argument)
{
    const uint8_t *bytes = message;
    struct tls_session *session = argument;
    (void)version;
    (void)ssl;
    if (type == SSL3_RT_HANDSHAKE && length >= HANDSHAKE_HEADER)
        observe_handshake(session, sent, bytes[0], length);
    if (type == SSL3_RT_ALERT && sent && length == 2 && bytes[0] == SSL3_AL_FATAL)
        session->alert_sent = bytes[1];
}

static bool alive(const struct tls_session *session)
{
    return session->state == TLS_UNDER_WAY || session->state == TLS_DONE;
}

static void fail_here(struct tls_session *session, const char *reason)
{
    session->state = TLS_FAILED_HERE;
    snprintf(session->reason, sizeof(session->reason), "%s", reason ? reason : "unknown");
}

/* OpenSSL tells an alert that ends the session by an error of this range (ssl(3), ssl3.h). */
static int fail(struct tls_session *session)
{
    unsigned long error = ERR_peek_last_error();
    int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
        reason <= SSL_AD_REASON_OFFSET + UINT8_MAX) {
        session->state = TLS_ALERTED;
        session->alert_received = (int16_t)(reason - SSL_AD_REASON_OFFSET);
        return 0;
    }
    fail_here(session, ERR_reason_error_string(error));
    return out_of_memory() ? -ENOMEM : 0;
}

/* Before the handshake's end close_notify is a refusal like any other alert. */
static int close_notified(struct tls_session *session)
{
    session->closed = true;
    if (!session->finished) {
        session->state = TLS_ALERTED;
        session->alert_received = SSL3_AD_CLOSE_NOTIFY;
    }
    return 0;
}

/* What the result of OpenSSL's last call, not above 0, means. */
static int settle(struct tls_session *session, int result)
{
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return close_notified(session);
    default:
        return fail(session);
    }
}

/* Reads up to the next plaintext, which stays inside: alerts and tickets come to light. */
static int look_ahead(struct tls_session *session)
{
    uint8_t byte;
    int result = SSL_peek(session->ssl, &byte, 1);
    return result > 0 ? 0 : settle(session, result);
}

static int go_on(struct tls_session *session)
{
    if (session->state == TLS_UNDER_WAY) {
        int result = SSL_do_handshake(session->ssl);
        if (result != 1)
            return settle(session, result);
        session->state = TLS_DONE;
        session->finished = true;
    }
    return look_ahead(session);
}

static int go_on_bounded(struct tls_session *session)
{
    size_t before = BIO_ctrl_pending(session->output);
    ERR_clear_error();
    int result = go_on(session);
    size_t after = BIO_ctrl_pending(session->output);
    if (!result && alive(session) && after > before && after > ANSWERS_MAX)
        fail_here(session, "too many answers wanted");
    ERR_clear_error();
    return result;
}

/* One of the two may be empty: then only the other versions are offered. */
static bool offer_allowed_only(const struct tls_session *session)
{
    const struct tls_client *client = session->client;
    bool ciphers = !*client->ciphers || SSL_set_cipher_list(session->ssl, client->ciphers);
    return SSL_set_ciphersuites(session->ssl, client->suites) && ciphers;
}

static bool attach(struct tls_session *session, enum tls_offer offer)
{
    session->ssl = SSL_new(session->client->wire);
    session->input = BIO_new(BIO_s_mem());
    session->output = BIO_new(BIO_s_mem());
    if (!session->ssl || !session->input || !session->output) {
        BIO_free(session->input);
        BIO_free(session->output);
        return false;
    }
    SSL_set_bio(session->ssl, session->input, session->output);
    SSL_set_msg_callback(session->ssl, observe);
    SSL_set_msg_callback_arg(session->ssl, session);
    SSL_set_connect_state(session->ssl);
    return offer == TLS_OFFER_ALL || offer_allowed_only(session);
}

int tls_session_new(const struct tls_client *client, enum tls_offer offer,
                    struct tls_session **ret_session)
{
    struct tls_session *session = malloc(sizeof(*session));
    if (!session)
        return -ENOMEM;
    *session = (struct tls_session){.client = client,
                                    .state = TLS_UNDER_WAY,
                                    .alert_received = TLS_NO_ALERT,
                                    .alert_sent = TLS_NO_ALERT};
    if (!attach(session, offer) || go_on_bounded(session)) {
        tls_session_free(session);
        return -ENOMEM;
    }
    *ret_session = session;
    return 0;
}

/* OpenSSL wipes keys and buffers as it frees them. */
void tls_session_free(struct tls_session *session)
{
    if (!session)
        return;
    SSL_free(session->ssl);
    free(session);
}

/*
 * Whether the stream begins as a TLS record does: content type, then the major version (RFC 8446,
 * 5.1). The type alone is not enough: a MySQL packet begins with its length, and ERR 1043 "Bad
 * handshake" has 22 bytes, the number of a handshake record.
 */
static bool opens_a_record(struct tls_session *session, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length && session->opening < 2; i++, session->opening++) {
        if (session->opening == 0 &&
            (bytes[i] < SSL3_RT_CHANGE_CIPHER_SPEC || bytes[i] > SSL3_RT_APPLICATION_DATA))
            return false;
        if (session->opening == 1 && bytes[i] != SSL3_VERSION_MAJOR)
            return false;
    }
    return true;
}

int tls_session_receive(struct tls_session *session, const uint8_t *bytes, size_t length)
{
    size_t written;
    if (!alive(session) || session->closed || !length)
        return 0;
    if (!opens_a_record(session, bytes, length)) {
        session->state = TLS_PLAINTEXT;
        return 0;
    }
    if (!BIO_write_ex(session->input, bytes, length, &written))
        return -ENOMEM;
    return go_on_bounded(session);
}

enum tls_handshake tls_session_state(const struct tls_session *session)
{
    return session->state;
}

bool tls_session_closed(const struct tls_session *session)
{
    return session->closed;
}

size_t tls_session_read(struct tls_session *session, uint8_t *bytes, size_t size)
{
    size_t length = 0;
    if (session->state != TLS_DONE || !size)
        return 0;
    ERR_clear_error();
    int result = SSL_read_ex(session->ssl, bytes, size, &length);
    if (result <= 0)
        (void)settle(session, result);
    ERR_clear_error();
    return result > 0 ? length : 0;
}

int tls_session_write(struct tls_session *session, const uint8_t *bytes, size_t length)
{
    size_t written;
    if (session->state != TLS_DONE || !length)
        return 0;
    ERR_clear_error();
    int result = SSL_write_ex(session->ssl, bytes, length, &written);
    int error = result > 0 ? 0 : settle(session, result);
    ERR_clear_error();
    return error;
}

size_t tls_session_output(struct tls_session *session, const uint8_t **ret_bytes)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(session->output, &bytes);
    if (length <= 0)
        return 0;
    *ret_bytes = (const uint8_t *)bytes;
    return (size_t)length;
}

void tls_session_sent(struct tls_session *session, size_t length)
{
    char scratch[4096];
    while (length > 0) {
        size_t part = length < sizeof(scratch) ? length : sizeof(scratch);
        int taken = BIO_read(session->output, scratch, (int)part);
        if (taken <= 0)
            return;
        length -= (size_t)taken;
    }
}
