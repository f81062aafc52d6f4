/* A place's second opinion: one more connection to the same address, under the same turn. */
#include "probe/run/place_internal.h"
#include <stdio.h>
#include <stdlib.h>

enum { SPARE_US = 1000 * 1000 };

bool place_wants_client(const struct place *place)
{
    return attempt_wants_client(&place->attempt) && !*place->places->closed &&
           !place->result->evidence.shared;
}

/* Others of the target wait for the turn meanwhile, and must get it with time left. */
static uint64_t deadline_of(const struct place *place)
{
    uint64_t now = monotonic_us();
    if (!place->has_company || now >= place->deadline_us)
        return place->deadline_us;
    return now + (place->deadline_us - now) / 2;
}

static void record(struct place *place)
{
    static const enum outcome outcomes[] = {
        [CLIENT_NOT_RUN] = OUTCOME_NOT_RUN,     [CLIENT_PREDICTED] = OUTCOME_NOT_RUN,
        [CLIENT_PASSED] = OUTCOME_PASSED,       [CLIENT_FAILED] = OUTCOME_FAILED,
        [CLIENT_TIMED_OUT] = OUTCOME_TIMED_OUT,
    };
    const struct second_opinion *opinion = &place->opinion;
    place->result->evidence.stages[STAGE_CLIENT] = (struct stage_facts){
        .outcome = outcomes[place->result->client->result],
        .begin_us = (uint32_t)(opinion->begin_us - place->origin_us),
        .duration_us = (uint32_t)(opinion->end_us - opinion->begin_us),
    };
}

static bool lacks_session(const struct client_evidence *client)
{
    enum { TOO_MANY_USER_CONNECTIONS = 1203, USER_LIMIT_REACHED = 1226 };
    uint16_t code = diagnose_client_code(client);
    return client->result == CLIENT_FAILED &&
           (code == TOO_MANY_USER_CONNECTIONS || code == USER_LIMIT_REACHED);
}

/* Of the password the wire has told already, unless only libmariadb can prove it. */
static void tell_turn(struct place *place)
{
    const struct client_evidence *client = place->result->client;
    if (lacks_session(client))
        (void)turn_crowded(&place->attempt.turn);
    if (!client->alone)
        return;
    if (client->result == CLIENT_PASSED)
        turn_accepted(&place->attempt.turn);
    else
        turn_rejected(&place->attempt.turn);
}

/* 1129 ends all probing of an address: others find it as the wire would have met it. */
static void tell_blocked(struct place *place)
{
    enum { HOST_IS_BLOCKED = 1129 };
    const struct client_evidence *client = place->result->client;
    if (client->result != CLIENT_FAILED || diagnose_client_code(client) != HOST_IS_BLOCKED)
        return;
    struct evidence blocked = place->result->evidence;
    blocked.exchange = (struct exchange_facts){
        .error_in_greeting = true, .ending = ENDING_CLOSED, .error.code = HOST_IS_BLOCKED};
    snprintf(blocked.exchange.error.message, sizeof blocked.exchange.error.message, "%.*s",
             (int)sizeof blocked.exchange.error.message - 1, client->message);
    for (unsigned stage = STAGE_GREETING; stage < STAGE_COUNT; stage++)
        blocked.stages[stage] = (struct stage_facts){.outcome = OUTCOME_NOT_RUN};
    blocked.stages[STAGE_GREETING].outcome = OUTCOME_FAILED;
    place_tell(place, &(struct finding){.evidence = &blocked});
}

static void settle(struct place *place)
{
    record(place);
    tell_turn(place);
    tell_blocked(place);
    if (diagnose_client_cost(place->result->client) == COST_COUNTED)
        (void)known_spend(place->places->known, &place->ticket);
    place_share(place);
}

static void answered(struct second_opinion *opinion)
{
    struct place *place = OWNER(opinion, struct place, opinion);
    settle(place);
    place_end(place);
}

/* Nobody lets it in before the time is over. */
static void too_late(struct timer *timer)
{
    struct place *place = OWNER(timer, struct place, timer);
    place->result->client->reason = CLIENT_NO_TIME;
    settle(place);
    place_end(place);
}

/* Threads are made when they are first needed. */
static bool make_ready(struct place *place)
{
    struct attempts *attempts = place->places->attempts;
    return attempts->clients || clients_new(attempts->loop, &attempts->clients) == 0;
}

/* The wire's word on the password is then the last. */
static void end_without_memory(struct place *place)
{
    if (diagnose_client_alone(&place->result->evidence.exchange))
        turn_rejected(&place->attempt.turn);
    place_share(place);
    place_end(place);
}

void place_begin_client(struct place *place)
{
    place->wire_us = monotonic_us() - place->attempt.begin_us;
    place->result->client = calloc(1, sizeof *place->result->client);
    if (!place->result->client) {
        end_without_memory(place);
        return;
    }
    client_describe(&place->result->evidence.exchange, place->result->client);
    bool ready = make_ready(place);
    place->opinion = (struct second_opinion){.loop = place->places->attempts->loop,
                                             .clients = place->places->attempts->clients,
                                             .evidence = place->result->client,
                                             .done = answered};
    place->opinion.begin_us = place->opinion.end_us = monotonic_us();
    admission_leave(&place->ticket);
    if (!ready) {
        place_refuse_client(place);
        return;
    }
    place->asks_client = place->waits = true;
    place->timer.fire = too_late;
    timer_set(place->places->attempts->loop, &place->timer, place->deadline_us);
    place_enter(place);
}

void place_refuse_client(struct place *place)
{
    place->result->client->reason = CLIENT_NO_THREAD;
    settle(place);
    place_end(place);
}

void place_admit_client(struct place *place)
{
    struct wire wire = {
        .options = place->places->attempts->options,
        .target = place->target,
        .conditions = place->conditions,
        .address = place->result->text,
        .ip = &place->result->ip,
        .evidence = &place->result->evidence,
        .tls = place->result->tls,
    };
    place->waits = false;
    timer_cancel(place->places->attempts->loop, &place->timer);
    if (known_spent(place->places->known, &place->ticket)) {
        place->result->client->reason = CLIENT_COUNTED;
        answered(&place->opinion);
        return;
    }
    second_opinion_begin(&place->opinion, &wire, place->wire_us + SPARE_US, deadline_of(place));
}

void place_cut_client(struct place *place)
{
    second_opinion_cut(&place->opinion);
    settle(place);
    place_end(place);
}
