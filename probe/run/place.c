#include "probe/run/place_internal.h"
#include "probe/verdict/diagnose.h"
#include <stdlib.h>
#include <string.h>

/* A socket has no port, and 0 means "none" to admission: any other one will do. */
enum { PORT_OF_SOCKET = 1 };

static uint16_t port_of(const struct target *target)
{
    return target->socket ? PORT_OF_SOCKET : target->port;
}

static uint64_t timeout_us(const struct place *place)
{
    return (uint64_t)place->conditions->timeout_ms * 1000;
}

static void drop_first(struct place *place)
{
    if (place->first)
        free(place->first->tls);
    free(place->first);
    place->first = NULL;
}

void place_end(struct place *place)
{
    timer_cancel(place->places->attempts->loop, &place->timer);
    place->finished = true;
    if (place->origin_us)
        place->elapsed_us = (uint32_t)(monotonic_us() - place->origin_us);
    drop_first(place);
    turn_leave(&place->attempt.turn);
    admission_leave(&place->ticket);
    place->done(place);
}

static void begin_attempt(struct ticket *ticket);

void place_enter(struct place *place)
{
    place->ticket = (struct ticket){
        .ip = place->result->ip, .port = port_of(place->target), .admitted = begin_attempt};
    if (admission_enter(place->places->admission, &place->ticket) == 0)
        return;
    if (place->asks_client) {
        place_refuse_client(place);
        return;
    }
    place->result->evidence.cut_short = true;
    place_end(place);
}

/* ---- one more connection ---- */

/* Until it is made, what the first one found stands. */
static void give_up_waiting(struct timer *timer)
{
    struct place *place = OWNER(timer, struct place, timer);
    place->waits = false;
    place_end(place);
}

/* A connection that is cut off at once would count. Time that did not run meanwhile is whole. */
static bool has_time_left(const struct place *place)
{
    enum { SHORTEST_US = 200 * 1000 };
    return place->left_us || monotonic_us() + SHORTEST_US < place->deadline_us;
}

static void granted(struct turn *turn, enum withheld withheld)
{
    struct place *place = OWNER(OWNER(turn, struct attempt, turn), struct place, attempt);
    if (withheld != WITHHELD_NOT || *place->places->closed || !has_time_left(place))
        give_up_waiting(&place->timer);
    else
        place_enter(place);
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

/* Only where it decides what the first left open, where that one did not count against this host,
 * and while the target has time. */
static bool may_try_again(const struct place *place)
{
    const struct evidence *evidence = &place->result->evidence;
    return !place->is_second && !evidence->cut_short && !*place->places->closed &&
           !diagnose_client_alone(&evidence->exchange) && diagnose_cost(evidence) != COST_COUNTED &&
           monotonic_us() < place->deadline_us;
}

static int wait_for_turn(struct place *place)
{
    struct attempts *attempts = place->places->attempts;
    place->attempt.turn = (struct turn){.granted = granted};
    return turn_enter(attempts->turns, &place->attempt.turn, &place->conditions->identity,
                      place->turns);
}

/* Waiting for its own other addresses is part of a target's time. Waiting for other targets is not,
 * but goes on no longer than such a time. */
static uint64_t end_of_wait(struct place *place, bool turn)
{
    uint64_t now = monotonic_us();
    if (!turn || target_turns_busy(place->turns))
        return place->deadline_us;
    place->left_us = place->deadline_us - now;
    return now + timeout_us(place);
}

static bool try_again(struct place *place)
{
    bool turn = needs_a_turn(place);
    if (!may_try_again(place) || !(turn || needs_another_offer(place)))
        return false;
    place->is_second = place->waits = true;
    place->tls_offer = turn ? TLS_OFFER_ALL : TLS_OFFER_ALLOWED;
    admission_leave(&place->ticket);
    place->timer.fire = give_up_waiting;
    timer_set(place->places->attempts->loop, &place->timer, end_of_wait(place, turn));
    if (!turn)
        place_enter(place);
    else if (wait_for_turn(place) < 0)
        give_up_waiting(&place->timer);
    return true;
}

/* The first one's facts are kept where the second only answers one question about them. */
static void put_first_aside(struct place *place)
{
    struct address_result *result = place->result;
    place->waits = false;
    timer_cancel(place->places->attempts->loop, &place->timer);
    if (place->left_us)
        place->deadline_us = monotonic_us() + place->left_us;
    result->earlier_cost = diagnose_cost(&result->evidence);
    if (place->tls_offer == TLS_OFFER_ALLOWED && (place->first = malloc(sizeof *place->first)))
        *place->first = (struct first){result->evidence, result->tls};
    else
        free(result->tls);
    result->evidence = (struct evidence){0};
    result->tls = NULL;
}

/* An offer of the allowed ciphers alone that came to nothing: that is what is to be known of it. */
static void take_first_back(struct place *place)
{
    struct address_result *result = place->result;
    struct first *first = place->first;
    if (!first || !result->tls || result->tls->handshake == TLS_DONE)
        return;
    enum server_cost cost = diagnose_cost(&result->evidence);
    if (cost > result->earlier_cost)
        result->earlier_cost = cost;
    first->tls->allowed_refused = result->tls->handshake == TLS_ALERTED;
    free(result->tls);
    result->evidence = first->evidence;
    result->tls = first->tls;
    first->tls = NULL;
}

/* ---- an attempt ---- */

static struct asker asker_of(const struct place *place)
{
    const struct conditions *conditions = place->conditions;
    bool is_socket = place->target->socket != NULL;
    return (struct asker){.host = place->target->host,
                          .login = &conditions->identity,
                          .tls_mode = is_socket ? TLS_DISABLED : conditions->tls_mode,
                          .tls = is_socket ? NULL : conditions->tls};
}

/* Without memory for it the next target only learns it anew. */
void place_tell(struct place *place, const struct finding *finding)
{
    struct asker asker = asker_of(place);
    (void)known_learn(place->places->known, &place->ticket, &asker, finding);
}

void place_share(struct place *place)
{
    place_tell(place, &(struct finding){.evidence = &place->result->evidence,
                                        .tls = place->result->tls,
                                        .client = place->result->client});
}

/* What this attempt tells others, and what others tell it. */
static void exchange_knowledge(struct place *place)
{
    struct known *known = place->places->known;
    struct evidence *evidence = &place->result->evidence;
    const struct ip *ip = &place->result->ip;
    struct icmp_facts *icmp = &evidence->connect.icmp;
    if (!place_wants_client(place))
        place_share(place);
    if (icmp->seen && !icmp->from_self)
        (void)known_learn_icmp(known, ip, icmp);
    else if (evidence->stages[STAGE_CONNECT].outcome == OUTCOME_TIMED_OUT)
        (void)known_borrow_icmp(known, ip, icmp);
}

static void attempt_done(struct attempt *attempt)
{
    struct place *place = OWNER(attempt, struct place, attempt);
    exchange_knowledge(place);
    take_first_back(place);
    if (try_again(place))
        return;
    if (place_wants_client(place))
        place_begin_client(place);
    else
        place_end(place);
}

static bool wants_login(const struct place *place)
{
    return place->conditions->login.secret &&
           place->places->attempts->options->until == UNTIL_LOGIN;
}

static void take_known(struct place *place, const struct finding *finding)
{
    struct address_result *result = place->result;
    result->evidence = *finding->evidence;
    result->evidence.other_tls = finding->other_tls;
    result->evidence.wants_login = wants_login(place);
    attempt_take_login_name(&result->evidence, place->conditions->login.user);
    if (finding->tls && (result->tls = malloc(sizeof *result->tls)))
        *result->tls = *finding->tls;
    if (finding->client && (result->client = malloc(sizeof *result->client)))
        *result->client = *finding->client;
    place_end(place);
}

static void make_attempt(struct place *place)
{
    struct turn turn = place->attempt.turn;
    place->attempt = (struct attempt){
        .shared = place->places->attempts,
        .target = place->target,
        .conditions = place->conditions,
        .target_turns = place->turns,
        .evidence = &place->result->evidence,
        .tls_evidence = &place->result->tls,
        .ticket = &place->ticket,
        .turn = turn,
        .tls_offer = place->tls_offer,
        .ip = place->result->ip,
        .watch = {.fd = -1},
        .done = attempt_done,
    };
    attempt_begin(&place->attempt, place->origin_us, place->deadline_us);
}

/* What the name's resolution took is gone from the target's time; waiting for the first admission
 * is not. */
static void begin_time(struct place *place)
{
    if (place->origin_us)
        return;
    place->origin_us = monotonic_us() - place->resolution_us;
    place->deadline_us = place->origin_us + timeout_us(place);
}

static void begin_attempt(struct ticket *ticket)
{
    struct place *place = OWNER(ticket, struct place, ticket);
    const struct known *known = place->places->known;
    struct asker asker = asker_of(place);
    struct finding finding;
    if (place->asks_client) {
        place_admit_client(place);
        return;
    }
    if (place->is_second)
        put_first_aside(place);
    if (known_find(known, ticket, &asker, &finding)) {
        take_known(place, &finding);
        return;
    }
    if (known_rejected(known, ticket, &asker))
        target_turns_reject(place->turns);
    begin_time(place);
    make_attempt(place);
}

void place_begin(struct place *place)
{
    place->attempt.watch.fd = -1;
    place_enter(place);
}

void place_cut(struct place *place)
{
    if (place->finished)
        return;
    if (place->asks_client) {
        place_cut_client(place);
        return;
    }
    if (!place->waits && !ticket_waits(&place->ticket)) {
        attempt_cut(&place->attempt);
        return;
    }
    place->result->evidence.cut_short = true;
    place_end(place);
}
