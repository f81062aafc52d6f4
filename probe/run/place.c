#include "probe/run/place.h"
#include "probe/verdict/diagnose.h"
#include <stdlib.h>
#include <string.h>

/* A socket has no port, and 0 means "none" to admission: any other one will do. */
enum { PORT_OF_SOCKET = 1 };

static uint16_t port_of(const struct target *target)
{
    return target->socket ? PORT_OF_SOCKET : target->port;
}

static void end(struct place *place)
{
    place->finished = true;
    turn_leave(&place->attempt.turn);
    admission_leave(&place->ticket);
    place->done(place);
}

static void begin_attempt(struct ticket *ticket);

static void prepare(struct place *place)
{
    struct turn turn = place->attempt.turn;
    enum tls_offer offer = place->tls_offer;
    place->attempt = (struct attempt){
        .shared = place->places->attempts,
        .target = place->target,
        .target_turns = place->turns,
        .evidence = &place->result->evidence,
        .tls_evidence = &place->result->tls,
        .ticket = &place->ticket,
        .turn = turn,
        .tls_offer = offer,
        .ip = place->result->ip,
        .watch = {.fd = -1},
    };
    place->ticket = (struct ticket){
        .ip = place->result->ip, .port = port_of(place->target), .admitted = begin_attempt};
}

static void enter(struct place *place)
{
    if (admission_enter(place->places->admission, &place->ticket) < 0) {
        place->result->evidence.cut_short = true;
        end(place);
    }
}

/* ---- a second login ---- */

static void forget(struct address_result *result)
{
    result->evidence = (struct evidence){0};
    free(result->tls);
    result->tls = NULL;
}

/* The answer that there is stands when the turn is not to be had. */
static void granted(struct turn *turn, enum withheld withheld)
{
    struct place *place = OWNER(OWNER(turn, struct attempt, turn), struct place, attempt);
    place->waits_for_turn = false;
    if (withheld != WITHHELD_NOT || *place->places->closed) {
        end(place);
        return;
    }
    forget(place->result);
    prepare(place);
    enter(place);
}

/* What went wrong only because of other logins of this run. */
static bool needs_a_turn(const struct place *place)
{
    return place->result->evidence.exchange.withheld == WITHHELD_WAITED || place->attempt.crowded;
}

static bool needs_another_offer(const struct place *place)
{
    const struct tls_evidence *tls = place->result->tls;
    return tls && diagnose_cipher_open(&place->result->evidence, tls);
}

static void offer_less(struct place *place)
{
    place->tls_offer = TLS_OFFER_ALLOWED;
    admission_leave(&place->ticket);
    forget(place->result);
    prepare(place);
    enter(place);
}

/* One more connection at most, and only where it decides what the first left open. */
static bool try_again(struct place *place)
{
    struct attempts *attempts = place->places->attempts;
    if (place->is_second || place->result->evidence.cut_short || *place->places->closed)
        return false;
    place->is_second = needs_a_turn(place) || needs_another_offer(place);
    if (!place->is_second)
        return false;
    if (!needs_a_turn(place)) {
        offer_less(place);
        return true;
    }
    place->waits_for_turn = true;
    admission_leave(&place->ticket);
    place->attempt.turn = (struct turn){.granted = granted};
    if (turn_enter(attempts->turns, &place->attempt.turn, &attempts->options->login, place->turns) <
        0) {
        place->waits_for_turn = false;
        return false;
    }
    return true;
}

/* ---- an attempt ---- */

/* What this attempt tells others, and what others tell it. Without memory for it the next target
 * only learns it anew. */
static void exchange_knowledge(struct place *place)
{
    struct known *known = place->places->known;
    struct evidence *evidence = &place->result->evidence;
    const struct ip *ip = &place->result->ip;
    struct icmp_facts *icmp = &evidence->connect.icmp;
    (void)known_learn(known, ip, place->ticket.port, evidence, place->result->tls);
    if (icmp->seen && !icmp->from_self)
        (void)known_learn_icmp(known, ip, icmp);
    else if (evidence->stages[STAGE_CONNECT].outcome == OUTCOME_TIMED_OUT)
        (void)known_borrow_icmp(known, ip, icmp);
}

static void attempt_done(struct attempt *attempt)
{
    struct place *place = OWNER(attempt, struct place, attempt);
    place->elapsed_us = (uint32_t)(monotonic_us() - attempt->origin_us);
    exchange_knowledge(place);
    if (!try_again(place))
        end(place);
}

static void take_known(struct place *place, const struct evidence *evidence,
                       const struct tls_evidence *tls)
{
    struct address_result *result = place->result;
    result->evidence = *evidence;
    if (tls && (result->tls = malloc(sizeof *result->tls))) {
        *result->tls = *tls;
        result->tls->name = TLS_NOT_JUDGED; /* it was judged by another target's name */
    }
    end(place);
}

/* What the name's resolution took is gone from the target's time; waiting for this moment is not.
 */
static void begin_attempt(struct ticket *ticket)
{
    struct place *place = OWNER(ticket, struct place, ticket);
    const struct run_options *options = place->places->attempts->options;
    const struct tls_evidence *tls;
    const struct evidence *known =
        known_find(place->places->known, &ticket->ip, ticket->port, &tls);
    if (known) {
        take_known(place, known, tls);
        return;
    }
    uint64_t origin = monotonic_us() - place->resolution_us;
    place->attempt.done = attempt_done;
    attempt_begin(&place->attempt, origin, origin + (uint64_t)options->timeout_ms * 1000);
}

void place_begin(struct place *place)
{
    prepare(place);
    enter(place);
}

void place_cut(struct place *place)
{
    if (place->finished)
        return;
    if (place->waits_for_turn) {
        end(place);
        return;
    }
    if (!ticket_waits(&place->ticket)) {
        attempt_cut(&place->attempt);
        return;
    }
    place->result->evidence.cut_short = true;
    end(place);
}
