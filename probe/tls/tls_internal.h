/* What the files of the TLS room share; the room's promise to the others is tls.h. */
#ifndef PROBE_TLS_TLS_INTERNAL_H
#define PROBE_TLS_TLS_INTERNAL_H

#include "probe/tls/tls.h"
#include <openssl/ssl.h>

struct trust;

struct tls_client {
    SSL_CTX *wire;       /* completes what can be completed */
    SSL_CTX *machine;    /* as a client of this machine has it; never sees a wire */
    SSL_CTX *strict;     /* the same, with the user's ciphers alone */
    char *ciphers;       /* those of TLS 1.2 and older by name, ':' between them */
    char *suites;        /* those of TLS 1.3 likewise */
    struct trust *trust; /* what the chain is judged against */
    unsigned versions;   /* --tls-version as a set of VERSION_BIT, 0 without it */
    bool ciphers_given;
};

struct tls_session {
    const struct tls_client *client;
    SSL *ssl;
    BIO *input;  /* the SSL's: from the server, not yet read by OpenSSL */
    BIO *output; /* the SSL's: for the server */
    enum tls_handshake state;
    bool finished; /* the handshake was done once */
    bool closed;
    uint8_t opening; /* bytes of the stream's first two that were looked at */
    int16_t alert_received;
    int16_t alert_sent;
    char reason[96];
    bool client_certificate_asked;
    bool client_certificate_sent;
};

#define VERSION_BIT(version_) (1u << ((version_)-TLS1_VERSION))

/* Whether OpenSSL's queue of errors tells of that. */
bool out_of_memory(void);

/* Where a setting comes from, as problems name it. */
#define OPTION(name_) "option '" name_ "':"

/* Writes "PLACE 'CULPRIT': what is wrong" and is -EINVAL; but what is read while memory is short
 * only looks wrong: -ENOMEM. */
int settings_problem(char *ret_problem, const char *place, const char *culprit, const char *wrong);

/* The set of versions that a list of names allows. 0 or -EINVAL. */
int versions_parse(const char *names, unsigned *ret_versions, char *ret_problem);

/* Restricts the strict context to the user's list (NULL: none), then gives the wire that list's
 * names first, what else a client of this machine offers second, all other ciphers last. 0, -ENOMEM
 * or -EINVAL. */
int ciphers_set(const char *list, struct tls_client *client, char *ret_problem);
bool ciphers_hold(const STACK_OF(SSL_CIPHER) * ciphers, const SSL_CIPHER *cipher);

/* The bytes of a regular file of at most 64 MiB, in memory. 0, -ENOMEM or -EINVAL. */
int file_read(const char *place, const char *path, BIO **ret_bio, char *ret_problem);

/* OpenSSL's pem_password_cb that never asks on a terminal; `asked`, a bool or NULL, is set. */
int no_passphrase(char *passphrase, int size, int writing, void *asked);

/* Client certificate, its chain and its key. 0, -ENOMEM or -EINVAL. */
int credentials_load(const struct tls_settings *settings, SSL_CTX *wire, char *ret_problem);

/* 0, -ENOMEM or -EINVAL. */
int trust_new(const struct tls_settings *settings, struct trust **ret_trust, char *ret_problem);
void trust_free(struct trust *trust);
/* The system's store is read when it is first asked for. NULL: no memory. */
X509_STORE *trust_store(struct trust *trust);

/* Copies text of `length` bytes, cut between characters where it does not fit in `size` bytes with
 * its NUL; whether it fitted. */
bool text_copy(char *to, size_t size, const char *text, size_t length);

void certificate_record(const X509 *certificate, struct tls_certificate *ret_facts);
/* Seconds since 1970, 0 when it is no time (RFC 5280, 4.1.2.5). */
int64_t certificate_time(const ASN1_TIME *time);
/* The names that clients compare with the one typed. */
void certificate_names(const X509 *leaf, struct tls_evidence *evidence);

/* Whether a client with this machine's settings would have agreed to what the wire agreed to. */
enum tls_judgement policy_judge(const struct tls_session *session);

#endif
