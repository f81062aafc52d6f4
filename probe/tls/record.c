/* What the handshake showed, taken out of OpenSSL. */
#include "probe/tls/tls_internal.h"
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

bool text_copy(char *to, size_t size, const char *text, size_t length)
{
    bool fits = length < size;
    if (!fits) {
        length = size - 1;
        for (int i = 0; i < 3 && length > 0 && is_continuation(text[length]); i++)
            length--;
    }
    if (length)
        memcpy(to, text, length);
    to[length] = '\0';
    return fits;
}

static void copy_name(char *to, size_t size, const char *name)
{
    snprintf(to, size, "%s", name ? name : "");
}

/* Known from the ServerHello on; the cipher is agreed on with it. */
static void record_agreement(SSL *ssl, struct tls_evidence *evidence)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    if (!cipher)
        cipher = SSL_get_pending_cipher(ssl);
    evidence->version = cipher ? (uint16_t)SSL_version(ssl) : 0;
    copy_name(evidence->cipher, sizeof(evidence->cipher),
              cipher ? SSL_CIPHER_get_name(cipher) : "");
}

/* Groups without a name are those of TLS 1.2's DHE: their size is what matters. */
static void record_group(SSL *ssl, struct tls_evidence *evidence)
{
    EVP_PKEY *key = NULL;
    char name[sizeof(evidence->group)] = "";
    if (SSL_get_peer_tmp_key(ssl, &key) && key) {
        const char *type = EVP_PKEY_get0_type_name(key);
        size_t length;
        if (EVP_PKEY_is_a(key, "DH"))
            snprintf(name, sizeof(name), "DH %d bits", EVP_PKEY_get_bits(key));
        else if (!EVP_PKEY_get_group_name(key, name, sizeof(name), &length))
            copy_name(name, sizeof(name), type);
    }
    EVP_PKEY_free(key);
    copy_name(evidence->group, sizeof(evidence->group), name);
}

static void record_chain(const SSL *ssl, struct tls_evidence *evidence)
{
    const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    int count = sk_X509_num(chain);
    evidence->certificate_count = 0;
    evidence->certificates_truncated = count > TLS_CERTIFICATES;
    for (int i = 0; i < count && i < TLS_CERTIFICATES; i++)
        certificate_record(sk_X509_value(chain, i),
                           &evidence->certificates[evidence->certificate_count++]);
    evidence->name_count = 0;
    evidence->names_truncated = false;
    if (count <= 0)
        return;
    certificate_names(sk_X509_value(chain, 0), evidence);
    (void)X509_digest(sk_X509_value(chain, 0), EVP_sha1(), evidence->leaf_sha1, NULL);
}

void tls_session_record(const struct tls_session *session, struct tls_evidence *evidence)
{
    ERR_clear_error();
    evidence->handshake = session->state;
    evidence->alert_received = session->alert_received;
    evidence->alert_sent = session->alert_sent;
    evidence->client_certificate_asked = session->client_certificate_asked;
    evidence->client_certificate_sent = session->client_certificate_sent;
    copy_name(evidence->reason, sizeof(evidence->reason), session->reason);
    record_agreement(session->ssl, evidence);
    record_group(session->ssl, evidence);
    record_chain(session->ssl, evidence);
    ERR_clear_error();
}
