/* One certificate as plain data. All of it was written by the server: nothing is taken for granted,
 * not even that a time is one. */
#include "probe/tls/tls_internal.h"
#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* RFC 4514, but with UTF-8 as it is. */
static void record_name(const X509_NAME *name, char *to, size_t size)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    to[0] = '\0';
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        long length = BIO_get_mem_data(bio, &text);
        text_copy(to, size, text, length > 0 ? (size_t)length : 0);
    }
    BIO_free(bio);
}

int64_t certificate_time(const ASN1_TIME *time)
{
    struct tm broken_down;
    if (!time || !ASN1_TIME_to_tm(time, &broken_down))
        return 0;
    return timegm(&broken_down);
}

static void record_key(const X509 *certificate, struct tls_certificate *facts)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;
    int bits = key ? EVP_PKEY_get_bits(key) : 0;
    snprintf(facts->key_type, sizeof(facts->key_type), "%s", type ? type : "");
    facts->key_bits = bits > 0 && bits <= UINT16_MAX ? (uint16_t)bits : 0;
}

void certificate_record(const X509 *certificate, struct tls_certificate *ret_facts)
{
    const X509_ALGOR *signature;
    const ASN1_OBJECT *algorithm;
    struct tls_certificate facts = {0};
    record_name(X509_get_subject_name(certificate), facts.subject, sizeof(facts.subject));
    record_name(X509_get_issuer_name(certificate), facts.issuer, sizeof(facts.issuer));
    facts.not_before = certificate_time(X509_get0_notBefore(certificate));
    facts.not_after = certificate_time(X509_get0_notAfter(certificate));
    (void)X509_digest(certificate, EVP_sha256(), facts.sha256, NULL);
    record_key(certificate, &facts);
    X509_get0_signature(NULL, &signature, certificate);
    X509_ALGOR_get0(&algorithm, NULL, NULL, signature);
    (void)OBJ_obj2txt(facts.signature, sizeof(facts.signature), algorithm, 0);
    *ret_facts = facts;
}

/* "DNS:" and the name. A NUL would hide what comes behind it, so it is shown as RFC 4514 shows it;
 * then the backslash must be too. */
static void add_name(struct tls_evidence *evidence, const char *kind, const unsigned char *bytes,
                     int count)
{
    char text[TLS_NAME + 4]; /* one escape more than is kept */
    size_t length = (size_t)snprintf(text, sizeof(text), "%s:", kind);
    for (int i = 0; i < count && length < TLS_NAME; i++) {
        if (bytes[i] == '\0' || bytes[i] == '\\')
            length += (size_t)snprintf(text + length, sizeof(text) - length, "\\%02X", bytes[i]);
        else
            text[length++] = (char)bytes[i];
    }
    if (evidence->name_count == TLS_NAMES ||
        !text_copy(evidence->names[evidence->name_count++], TLS_NAME, text, length))
        evidence->names_truncated = true;
}

static void add_address(struct tls_evidence *evidence, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN];
    int length = ASN1_STRING_length(address);
    if ((length != 4 && length != 16) || evidence->name_count == TLS_NAMES) {
        evidence->names_truncated = true;
        return;
    }
    inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof(text));
    snprintf(evidence->names[evidence->name_count++], TLS_NAME, "IP:%s", text);
}

/* X509_check_host looks at all of them when no alternative name is a DNS name (RFC 6125, 6.4.4). */
static void add_common_names(struct tls_evidence *evidence, const X509_NAME *subject)
{
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
        unsigned char *text;
        const ASN1_STRING *name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
        int length = ASN1_STRING_to_UTF8(&text, name);
        if (length < 0) {
            evidence->names_truncated = true; /* its bytes are no text */
            continue;
        }
        add_name(evidence, "CN", text, length);
        OPENSSL_free(text);
    }
}

void certificate_names(const X509 *leaf, struct tls_evidence *evidence)
{
    bool has_dns = false;
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS)
            add_name(evidence, "DNS", ASN1_STRING_get0_data(name->d.dNSName),
                     ASN1_STRING_length(name->d.dNSName));
        else if (name->type == GEN_IPADD)
            add_address(evidence, name->d.iPAddress);
        has_dns = has_dns || name->type == GEN_DNS;
    }
    GENERAL_NAMES_free(names);
    if (!has_dns)
        add_common_names(evidence, X509_get_subject_name(leaf));
}
