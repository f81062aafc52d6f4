/*
 * TLS for the probe, over OpenSSL and without I/O: bytes of the server in, bytes for the server
 * out.
 *
 * The wire completes every handshake that can be completed (no verification, TLS 1.0 and up,
 * security level 0), because one that is broken off counts against this host on the server
 * (measured). What a strict client would say is judged afterwards, and only recorded.
 *
 * One client serves a run and outlives its sessions; they belong to the run's thread.
 */
#ifndef PROBE_TLS_TLS_H
#define PROBE_TLS_TLS_H

#include "probe/input/settings.h"
#include "probe/verdict/tls_evidence.h"

enum { TLS_PROBLEM = 256 };

/* As given by the user; NULL for what was not given. The client keeps no pointer to them. */
struct tls_settings {
    enum tls_mode mode;
    const char *ca;                             /* file; without ca and capath the system's store */
    const char *capath;                         /* folder of hashed names */
    const char *crl;                            /* file */
    const char *cert;                           /* client certificate, with its chain */
    const char *key;                            /* its key; NULL: in the certificate's file */
    const char *trust_store;                    /* a Java key store in place of ca and capath */
    const struct encoded *trust_store_password; /* NULL: not given */
    const char *key_store;                      /* a Java key store in place of cert and key */
    const struct encoded *key_store_password;
    const char *ciphers;  /* OpenSSL's list of TLS 1.2 names and TLS 1.3 suites, separated by ':' */
    const char *versions; /* "TLSv1.2,TLSv1.3" */
};

struct tls_client;

/* Reads all files. 0, -ENOMEM, or -EINVAL with one line naming place and culprit in `ret_problem`
 * (TLS_PROBLEM bytes). */
int tls_client_new(const struct tls_settings *settings, struct tls_client **ret_client,
                   char *ret_problem);
void tls_client_free(struct tls_client *client); /* NULL is fine */

struct tls_session;

/* What the ClientHello offers. A server that follows its own order may pass over the ciphers that
 * the user allows although it has them (measured with MySQL 9.7): only an offer of these alone
 * tells, and counts against this host where there is none. */
enum tls_offer { TLS_OFFER_ALL, TLS_OFFER_ALLOWED };

/* A session that has its ClientHello ready to be sent. 0 or -ENOMEM. */
int tls_session_new(const struct tls_client *client, enum tls_offer offer,
                    struct tls_session **ret_session);
void tls_session_free(struct tls_session *session); /* wipes; NULL is fine */

/*
 * What the server sent, in any pieces; goes on with the handshake. Bytes that the session cannot
 * use any more are dropped, those of a stream that does not begin as a TLS record does
 * (TLS_PLAINTEXT) too: the caller has them. It reads all plaintext before it gives more, for what
 * is not read is kept. A server that wants more than 64 KiB of answers and takes none is
 * TLS_FAILED_HERE. 0 or -ENOMEM.
 */
int tls_session_receive(struct tls_session *session, const uint8_t *bytes, size_t length);

/* The handshake's state: TLS_UNDER_WAY, TLS_DONE, TLS_ALERTED, TLS_FAILED_HERE or TLS_PLAINTEXT.
 * An alert that comes later (TLS 1.3 refuses a client certificate behind its own last flight) turns
 * TLS_DONE into TLS_ALERTED; a broken record into TLS_FAILED_HERE. */
enum tls_handshake tls_session_state(const struct tls_session *session);

/* Whether the server said close_notify. */
bool tls_session_closed(const struct tls_session *session);

/* Plaintext out of the session, at most `size` bytes and one record; 0: none for now. What the
 * server said behind it comes to light only once it is read: ask for the state after a 0. */
size_t tls_session_read(struct tls_session *session, uint8_t *bytes, size_t size);

/* Plaintext into the session. Only in TLS_DONE. 0 or -ENOMEM. */
int tls_session_write(struct tls_session *session, const uint8_t *bytes, size_t length);

/* Bytes that are to be sent to the server: how many wait, a pointer to them that is good until the
 * session's next call, and their removal. */
size_t tls_session_output(struct tls_session *session, const uint8_t **ret_bytes);
void tls_session_sent(struct tls_session *session, size_t length);

/* Writes the facts of the handshake so far: all but `injected` and what is judged. */
void tls_session_record(const struct tls_session *session, struct tls_evidence *evidence);

/*
 * What a strict client on this machine would say to the finished handshake: chain (with this
 * machine's security level), dates, revocation where a CRL was given (then of every certificate in
 * the chain), `name` (as typed: a host name or a numeric address, matched as X509_check_host or
 * X509_check_ip do, without SNI; "" is not judged: a socket), allowed versions and ciphers, and the
 * policy of this machine's OpenSSL (its configuration file's MinProtocol and security level).
 */
void tls_session_judge(const struct tls_session *session, const char *name,
                       struct tls_evidence *evidence);

#endif
