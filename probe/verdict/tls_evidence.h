/*
 * What the TLS handshake showed, as plain data like evidence.h: no pointers, no secrets. Kept
 * beside the evidence of an address, only where TLS was begun.
 */
#ifndef PROBE_VERDICT_TLS_EVIDENCE_H
#define PROBE_VERDICT_TLS_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

/* What was asked for, as --ssl-mode of the mysql client names it. */
enum tls_mode { TLS_PREFERRED, TLS_DISABLED, TLS_REQUIRED, TLS_VERIFY_CA, TLS_VERIFY_IDENTITY };

/* How the handshake stands or ended. */
enum tls_handshake {
    TLS_NOT_RUN,
    TLS_UNDER_WAY, /* at the end of the time: silence */
    TLS_DONE,
    TLS_ALERTED,     /* the server refused with an alert */
    TLS_FAILED_HERE, /* OpenSSL on this side could not go on */
    TLS_PLAINTEXT,   /* bytes came that are no TLS record */
    TLS_CLOSED,      /* end of stream */
    TLS_RESET
};

/* Whether something that is only judged afterwards holds. */
enum tls_judgement { TLS_NOT_JUDGED, TLS_HOLDS, TLS_FAILS };

enum {
    TLS_CERTIFICATES = 8,
    TLS_NAMES = 16,
    TLS_NAME = 128,
    TLS_DISTINGUISHED_NAME = 256,
    TLS_NO_ALERT = -1,
};

/* Texts are the certificate's own bytes as UTF-8 (RFC 4514 for names), NUL-terminated, may be cut.
 */
struct tls_certificate {
    char subject[TLS_DISTINGUISHED_NAME];
    char issuer[TLS_DISTINGUISHED_NAME];
    int64_t not_before; /* seconds since 1970, UTC; 0: unreadable */
    int64_t not_after;
    uint8_t sha256[32]; /* fingerprint of the DER form */
    char key_type[16];  /* "RSA", "EC" … */
    uint16_t key_bits;
    char signature[32]; /* algorithm, OpenSSL's name */
};

struct tls_evidence {
    enum tls_handshake handshake;
    uint16_t version; /* on the wire: 0x0301 TLS 1.0 … 0x0304 TLS 1.3; 0: not agreed on */
    char cipher[48];  /* OpenSSL's name */
    char group[32];   /* of the key exchange: "X25519", "DH 2048 bits", "" where there is none */
    int16_t alert_received; /* RFC 8446, 6: description; TLS_NO_ALERT */
    int16_t alert_sent;
    char reason[96]; /* OpenSSL's words for TLS_FAILED_HERE */
    bool client_certificate_asked;
    bool client_certificate_sent;
    uint16_t injected; /* plaintext bytes that came behind the greeting, before TLS; dropped */

    /* the chain as the server sent it, the leaf first */
    uint8_t certificate_count;
    bool certificates_truncated; /* there were more */
    struct tls_certificate certificates[TLS_CERTIFICATES];
    uint8_t leaf_sha1[20]; /* fingerprint of the leaf's DER form, for clients that know no other */
    uint8_t name_count;    /* of the leaf: "DNS:db1.example", "IP:10.0.0.1", without DNS "CN:db1" */
    bool names_truncated;
    char names[TLS_NAMES][TLS_NAME];

    /* judged when the handshake is done, against CA, CRL, clock and options of this machine */
    bool judged;
    int verify_code; /* X509_V_…, 0: the chain is trusted, in time and not revoked */
    uint8_t verify_depth;
    char verify_text[96];               /* OpenSSL's words for the code */
    enum tls_judgement name;            /* the name typed stands in the leaf */
    enum tls_judgement version_allowed; /* by --tls-version, TLS_NOT_JUDGED without it */
    enum tls_judgement cipher_allowed;  /* by --ssl-cipher, likewise */
    bool allowed_refused;      /* a second connection offered only these ciphers, and was refused */
    enum tls_judgement policy; /* version, cipher and security level of this machine's OpenSSL */
    int32_t days_left;         /* until the first certificate sent ends, rounded down; 0: none */
};

#endif
