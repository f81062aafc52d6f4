/*
 * An exchange and the TLS below it, as one thing without I/O: bytes of the socket in, bytes for the
 * socket out.
 */
#ifndef PROBE_EXCHANGE_CHANNEL_H
#define PROBE_EXCHANGE_CHANNEL_H

#include "probe/exchange/exchange.h"
#include "probe/tls/tls.h"

/* What TLS on this channel rests on; pointers outlive it. */
struct channel_tls {
    const struct tls_client *client; /* NULL: the plan's mode is TLS_DISABLED */
    const char *name;                /* as typed, for the judgement */
    enum tls_offer offer;
    struct tls_evidence **ret_facts; /* allocated when TLS is begun; then the owner's. NULL: nobody
                                        wants them any more */
};

struct channel {
    struct exchange exchange;
    struct channel_tls tls;
    struct tls_session *session; /* from the SSLRequest on */
};

void channel_begin(struct channel *channel, struct exchange_facts *facts,
                   const struct exchange_plan *plan, const struct channel_tls *tls);
void channel_clear(struct channel *channel);

/* What the server sent. 0, or -ENOMEM. */
int channel_receive(struct channel *channel, const uint8_t *bytes, size_t length);

/* After the exchange was told something (a turn, a blind login, its end): brings its output on the
 * way. 0 or -ENOMEM. */
int channel_advance(struct channel *channel);

/* Whether the server ended TLS in order, and with it the stream: the socket may stay open. */
bool channel_closed(const struct channel *channel);

/* The connection ended, or its time is over. */
void channel_end(struct channel *channel, enum ending ending);

/* Bytes that are to be sent: how many, and a pointer to them until the next call; their removal. */
size_t channel_output(const struct channel *channel, const uint8_t **ret_bytes);
void channel_sent(struct channel *channel, size_t length);

#endif
