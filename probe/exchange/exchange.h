/*
 * The MySQL handshake as a state machine without I/O: bytes of the server in, bytes for the server
 * out, facts on the way. Every way through it ends with a well-formed login where a MySQL server
 * could be listening, because a server counts everything else against this host
 * (max_connect_errors; measured on MariaDB 10.11).
 *
 * TLS is a layer below: at EXCHANGE_TLS the owner completes it and says so, and what goes in and
 * out after that is the plaintext inside. At EXCHANGE_TURN the owner says whether the password may
 * be used.
 */
#ifndef PROBE_EXCHANGE_EXCHANGE_H
#define PROBE_EXCHANGE_EXCHANGE_H

#include "probe/auth/proof.h"
#include "probe/input/login.h"
#include "probe/verdict/evidence.h"

enum exchange_state {
    EXCHANGE_OPENING,   /* the server is to speak first */
    EXCHANGE_TLS,       /* the SSLRequest is out, TLS is to be begun behind it */
    EXCHANGE_TURN,      /* greeted, and a password could be used: exchange_login() goes on */
    EXCHANGE_LOGIN,     /* the login is out, its answer is awaited */
    EXCHANGE_STATEMENT, /* logged in, the statement is out */
    EXCHANGE_LISTEN,    /* no MySQL: a little more of it is collected */
    EXCHANGE_DONE
};

/* How safe the connection is for a password. */
enum secrecy {
    SECRECY_NONE,
    SECRECY_TLS,      /* encrypted for somebody */
    SECRECY_VERIFIED, /* encrypted for the server that was asked for */
    SECRECY_SOCKET    /* a unix socket */
};

/* What the exchange is to do; pointers outlive it. */
struct exchange_plan {
    enum until until;
    enum tls_mode tls_mode;    /* TLS_DISABLED where TLS is not possible (a unix socket) */
    bool no_time_for_tls;      /* under TLS_PREFERRED it is then not begun, nor a password used */
    enum secrecy secrecy;      /* before TLS */
    const struct login *login; /* NULL or without secret: anonymous */
    const char
        *login_name; /* as given, whose tenant and cluster an anonymous login keeps; NULL: none */
    bool may_fetch_public_key;
    const struct public_key *public_key; /* the server's, as the user gave it */
};

enum { EXCHANGE_OUTPUT = 2048, EXCHANGE_INPUT = 65536 + 4 };

struct exchange {
    enum exchange_state state;
    struct exchange_plan plan;
    struct exchange_facts *facts;
    bool was_reset; /* a reset was seen where no end of stream is read: it must not pass for one */
    bool hurry;     /* the verdict is taken: no statement, what is open ends harmlessly */
    enum secrecy secrecy;
    enum question question;      /* what was asked, as far as the server has not greeted */
    enum question next_question; /* once done: what one further connection should ask */
    uint8_t sequence;            /* of the next packet we expect */
    uint8_t nonce[NONCE];        /* of the greeting or the last AuthSwitchRequest */
    bool has_nonce;
    bool awaits_key; /* the next AuthMoreData is the RSA key */
    uint8_t *input;  /* what is not yet parsed; NULL while there is nothing */
    size_t input_length;
    uint8_t *output; /* to be sent, EXCHANGE_OUTPUT bytes or NULL; the owner takes from the front */
    size_t output_length;
};

/* The facts stay the caller's and are written from here on. */
void exchange_begin(struct exchange *exchange, struct exchange_facts *facts,
                    const struct exchange_plan *plan);

/* Wipes what may hold parts of a password. */
void exchange_clear(struct exchange *exchange);

/* What the server sent. 0, or -ENOMEM. */
int exchange_receive(struct exchange *exchange, const uint8_t *bytes, size_t length);

/* At EXCHANGE_TLS: the handshake is done. `acceptable`: under the mode that was asked for; else
 * only an anonymous login follows. */
void exchange_secured(struct exchange *exchange, bool verified, bool acceptable);

/* At EXCHANGE_TURN: logs in with the credentials (WITHHELD_NOT), or anonymously. */
void exchange_login(struct exchange *exchange, enum withheld withheld);

/* The connection ended, or its time is over (ENDING_OPEN). */
void exchange_end(struct exchange *exchange, enum ending ending);

/* The anonymous login without having seen a greeting. Nothing when a login is out already. */
void exchange_blind_login(struct exchange *exchange);

/* Asks a question of another protocol instead of a login; what comes back is only collected. */
void exchange_ask(struct exchange *exchange, enum question question);

/* Whether the bytes collected so far answer the question that was asked. */
bool exchange_answered(const struct exchange *exchange);

/* Keeps what fits of bytes that were not expected (in clear, where TLS was to begin). */
void exchange_keep_first_bytes(struct exchange_facts *facts, const uint8_t *bytes, size_t length);

/* Removes `length` bytes from the front of the output. */
void exchange_sent(struct exchange *exchange, size_t length);

#endif
