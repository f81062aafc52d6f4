/* How an exchange ends, and what its reactions say about a service that is not MySQL. */
#include "probe/exchange/exchange_internal.h"
#include "proto/packet.h"

static struct reaction reaction_of(const struct exchange *exchange, enum ending ending,
                                   uint8_t *login, size_t size)
{
    const struct exchange_facts *facts = exchange->facts;
    bool logged = exchange->question == QUESTION_LOGIN;
    return (struct reaction){
        .question = exchange->question,
        .ending = ending,
        .sent = login,
        .sent_length = logged ? exchange_blind_bytes(exchange, login, size) : 0,
        .bytes = facts->first_bytes,
        .length = facts->first_length,
    };
}

bool exchange_answered(const struct exchange *exchange)
{
    uint8_t login[EXCHANGE_OUTPUT];
    struct reaction reaction = reaction_of(exchange, ENDING_OPEN, login, sizeof login);
    bool other =
        exchange->question == QUESTION_CLIENT_HELLO || exchange->question == QUESTION_SSL_REQUEST;
    return other && reaction.length && service_recognise(&reaction);
}

static void recognise(struct exchange *exchange, enum ending ending)
{
    uint8_t login[EXCHANGE_OUTPUT];
    struct reaction reaction = reaction_of(exchange, ending, login, sizeof login);
    exchange->facts->services = service_recognise(&reaction);
    exchange->next_question = service_next_question(&reaction);
}

/* Bytes that begin as a greeting of version 10 but are broken may still come from a server that
 * waits for a login. */
static bool may_be_mysql(const struct exchange_facts *facts)
{
    return facts->services == 0 && facts->first_length > PACKET_HEADER &&
           facts->first_bytes[PACKET_HEADER] == 10;
}

/* What is open at the end of the time ends as well as it can: a greeting gets its login, a session
 * its COM_QUIT. TLS that is under way cannot be ended well. */
static void end_in_time(struct exchange *exchange)
{
    if (exchange->state == EXCHANGE_TURN)
        exchange_login(exchange, WITHHELD_LATE);
    else if (exchange->state == EXCHANGE_STATEMENT)
        exchange_quit(exchange);
}

/* Said before the login, an ERR has at most the sequence number that the login will have. */
bool exchange_take_early_error(struct exchange *exchange)
{
    struct reply reply;
    unsigned login_sequence = exchange->facts->secured ? 2 : 1;
    bool came = exchange->input_length > 0 &&
                reply_parse(exchange->input, exchange->input_length, &reply) == PARSE_OK &&
                reply.kind == REPLY_ERROR && reply.sequence <= login_sequence;
    if (came)
        exchange->facts->error = reply.error;
    return came;
}

/* The server did not wait as long as this side did. */
static void end_of_the_wait(struct exchange *exchange)
{
    if (!exchange_take_early_error(exchange))
        exchange->facts->withheld = WITHHELD_WAITED;
}

void exchange_end(struct exchange *exchange, enum ending ending)
{
    struct exchange_facts *facts = exchange->facts;
    facts->ending = ending;
    if (exchange->state == EXCHANGE_OPENING && facts->bytes_received)
        facts->greeting_partial = true;
    if (exchange->state == EXCHANGE_OPENING || exchange->state == EXCHANGE_LISTEN) {
        recognise(exchange, ending);
        if (ending == ENDING_OPEN && exchange->question == QUESTION_NONE &&
            (exchange->state == EXCHANGE_OPENING || may_be_mysql(facts)))
            exchange_blind_login(exchange);
    }
    if (ending == ENDING_OPEN)
        end_in_time(exchange);
    else if (exchange->state == EXCHANGE_TURN)
        end_of_the_wait(exchange);
    exchange->state = EXCHANGE_DONE;
}
