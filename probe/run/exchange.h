/*
 * The handshake without credentials, as a state machine without I/O: bytes of the server in, bytes
 * for the server out, facts on the way. Every way through it ends with a well-formed login where a
 * MySQL server could be listening, because a server counts everything else against this host
 * (max_connect_errors; measured on MariaDB 10.11).
 */
#ifndef PROBE_RUN_EXCHANGE_H
#define PROBE_RUN_EXCHANGE_H

#include "probe/verdict/evidence.h"

/* The fixed name of an anonymous login; documented as never to be created. */
#define ANONYMOUS_USER "obprobe_nobody"

enum exchange_state {
    EXCHANGE_OPENING, /* the server is to speak first */
    EXCHANGE_LOGIN,   /* the login is out, its answer is awaited */
    EXCHANGE_LISTEN,  /* no MySQL: a little more of it is collected */
    EXCHANGE_DONE
};

enum { EXCHANGE_OUTPUT = 768, EXCHANGE_INPUT = 65536 + 4 };

struct exchange {
    enum exchange_state state;
    enum until until;
    struct exchange_facts *facts;
    bool was_reset; /* a reset was seen where no end of stream is read: it must not pass for one */
    enum question question;      /* what was asked, as far as the server has not greeted */
    enum question next_question; /* once done: what one further connection should ask */
    uint8_t sequence;            /* of the next packet we expect */
    uint8_t *input;              /* what is not yet parsed; NULL while there is nothing */
    size_t input_length;
    uint8_t output[EXCHANGE_OUTPUT]; /* to be sent; the owner takes from the front */
    size_t output_length;
};

/* The facts stay the caller's and are written from here on. */
void exchange_begin(struct exchange *exchange, struct exchange_facts *facts, enum until until);
void exchange_clear(struct exchange *exchange);

/* What the server sent. 0, or -ENOMEM. */
int exchange_receive(struct exchange *exchange, const uint8_t *bytes, size_t length);

/* The connection ended, or its time is over (ENDING_OPEN). */
void exchange_end(struct exchange *exchange, enum ending ending);

/* The anonymous login without having seen a greeting. Nothing when a login is out already. */
void exchange_blind_login(struct exchange *exchange);

/* Asks a question of another protocol instead of a login; what comes back is only collected. */
void exchange_ask(struct exchange *exchange, enum question question);

/* Whether the bytes collected so far answer the question that was asked. */
bool exchange_answered(const struct exchange *exchange);

/* Removes `length` bytes from the front of the output. */
void exchange_sent(struct exchange *exchange, size_t length);

#endif
