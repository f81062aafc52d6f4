#include "probe/exchange/channel.h"
#include "probe/verdict/diagnose.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { READ_SIZE = 4096 };

void channel_begin(struct channel *channel, struct exchange_facts *facts,
                   const struct exchange_plan *plan, const struct channel_tls *tls)
{
    exchange_begin(&channel->exchange, facts, plan);
    channel->tls = *tls;
    channel->session = NULL;
}

void channel_clear(struct channel *channel)
{
    exchange_clear(&channel->exchange);
    tls_session_free(channel->session);
    channel->session = NULL;
}

/* NULL where nobody wants them. */
static struct tls_evidence *facts_of(const struct channel *channel)
{
    return channel->tls.ret_facts ? *channel->tls.ret_facts : NULL;
}

static void record(const struct channel *channel)
{
    struct tls_evidence *facts = facts_of(channel);
    if (facts)
        tls_session_record(channel->session, facts);
}

/* ---- the handshake ---- */

/* What came in clear behind the greeting is counted and dropped. */
static int begin_tls(struct channel *channel)
{
    struct exchange *exchange = &channel->exchange;
    struct tls_evidence *facts = NULL;
    if (channel->tls.ret_facts) {
        facts = calloc(1, sizeof *facts);
        if (!facts)
            return -ENOMEM;
        free(*channel->tls.ret_facts);
        *channel->tls.ret_facts = facts;
        facts->injected =
            (uint16_t)(exchange->input_length > UINT16_MAX ? UINT16_MAX : exchange->input_length);
    }
    exchange->input_length = 0;
    return tls_session_new(channel->tls.client, channel->tls.offer, &channel->session);
}

static void take_judgement(struct channel *channel)
{
    enum tls_mode mode = channel->exchange.plan.tls_mode;
    struct tls_evidence unwanted = {0};
    struct tls_evidence *facts = facts_of(channel);
    if (!facts)
        facts = &unwanted;
    tls_session_record(channel->session, facts);
    if (!channel->exchange.hurry)
        tls_session_judge(channel->session, channel->tls.name, facts);
    exchange_secured(&channel->exchange, diagnose_tls_verified(mode, facts),
                     diagnose_tls_acceptable(mode, facts));
}

static int read_plaintext(struct channel *channel)
{
    uint8_t bytes[READ_SIZE];
    size_t length;
    int error = 0;
    while (error == 0 && (length = tls_session_read(channel->session, bytes, sizeof bytes)) > 0)
        error = exchange_receive(&channel->exchange, bytes, length);
    return error;
}

static int write_plaintext(struct channel *channel)
{
    struct exchange *exchange = &channel->exchange;
    if (exchange->output_length == 0)
        return 0;
    int error = tls_session_write(channel->session, exchange->output, exchange->output_length);
    exchange_sent(exchange, exchange->output_length);
    return error;
}

static int advance_tls(struct channel *channel)
{
    enum tls_handshake state = tls_session_state(channel->session);
    if (state == TLS_UNDER_WAY)
        return 0;
    if (state == TLS_DONE && channel->exchange.state == EXCHANGE_TLS)
        take_judgement(channel);
    int error = read_plaintext(channel);
    state = tls_session_state(channel->session); /* what came behind the plaintext is known now */
    if (error == 0 && state == TLS_DONE)
        error = write_plaintext(channel);
    if (state != TLS_DONE && channel->exchange.state != EXCHANGE_DONE) {
        record(channel);
        channel->exchange.facts->tls_broken = true;
        channel->exchange.state = EXCHANGE_DONE;
    }
    return error;
}

int channel_advance(struct channel *channel)
{
    int error = 0;
    if (channel->exchange.state == EXCHANGE_TLS && !channel->session)
        error = begin_tls(channel);
    return error == 0 && channel->session ? advance_tls(channel) : error;
}

/* ---- bytes ---- */

/* The first bytes are kept as long as TLS may prove to be none. */
static int receive_tls(struct channel *channel, const uint8_t *bytes, size_t length)
{
    if (tls_session_state(channel->session) == TLS_UNDER_WAY)
        exchange_keep_first_bytes(channel->exchange.facts, bytes, length);
    return tls_session_receive(channel->session, bytes, length);
}

int channel_receive(struct channel *channel, const uint8_t *bytes, size_t length)
{
    int error = channel->session ? receive_tls(channel, bytes, length)
                                 : exchange_receive(&channel->exchange, bytes, length);
    return error < 0 ? error : channel_advance(channel);
}

bool channel_closed(const struct channel *channel)
{
    return channel->session && tls_session_closed(channel->session);
}

void channel_end(struct channel *channel, enum ending ending)
{
    static const enum tls_handshake ends[] = {
        [ENDING_OPEN] = TLS_UNDER_WAY, [ENDING_CLOSED] = TLS_CLOSED, [ENDING_RESET] = TLS_RESET};
    struct tls_evidence *facts = facts_of(channel);
    if (channel->session && facts) {
        record(channel);
        if (facts->handshake == TLS_UNDER_WAY)
            facts->handshake = ends[ending];
    }
    exchange_end(&channel->exchange, ending);
    (void)channel_advance(channel);
}

/* The SSLRequest goes out in clear, and before the ClientHello: an observer reads exactly so many
 * bytes before TLS (OceanBase's source). */
static bool in_clear(const struct channel *channel)
{
    return !channel->session || !channel->exchange.facts->secured;
}

size_t channel_output(const struct channel *channel, const uint8_t **ret_bytes)
{
    if (in_clear(channel) && channel->exchange.output_length) {
        *ret_bytes = channel->exchange.output;
        return channel->exchange.output_length;
    }
    return channel->session ? tls_session_output(channel->session, ret_bytes) : 0;
}

void channel_sent(struct channel *channel, size_t length)
{
    if (in_clear(channel) && channel->exchange.output_length)
        exchange_sent(&channel->exchange, length);
    else
        tls_session_sent(channel->session, length);
}
