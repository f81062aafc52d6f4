/*
 * One further connection, after the first was closed on the blind login without a byte: it waits
 * once more for a greeting, then asks the one question that the reaction suggests.
 */
#include "probe/run/attempt.h"
#include "probe/run/transfer.h"
#include <stdlib.h>
#include <string.h>

enum {
    GREETING_WAIT_US = 1000 * 1000, /* a MySQL server that is back by now would speak first */
    ANSWER_WAIT_US = 1000 * 1000,
};

static void set_timer(struct attempt *attempt, uint64_t wait_us)
{
    uint64_t due = monotonic_us() + wait_us;
    timer_set(attempt->shared->loop, &attempt->timer,
              due < attempt->deadline_us ? due : attempt->deadline_us);
}

/* The first connection's facts stand; the question's answer is added to them. */
static void merge(struct exchange_facts *to, const struct exchange_facts *answer)
{
    uint32_t both = to->services & answer->services;
    to->asked_again = true;
    to->question = answer->question;
    to->question_ending = answer->ending;
    if (answer->first_length) {
        memcpy(to->first_bytes, answer->first_bytes, sizeof to->first_bytes);
        to->first_length = answer->first_length;
        to->services = answer->services;
    } else if (both) {
        to->services = both;
    }
}

void question_end(struct attempt *attempt)
{
    struct exchange_facts *facts = &attempt->evidence->exchange;
    struct exchange_facts answer = *facts;
    bool is_mysql = answer.greeted || answer.error_in_greeting;
    if (is_mysql) {
        facts->asked_again = true;
        return;
    }
    *facts = *attempt->before_question;
    merge(facts, &answer);
    attempt->channel.exchange.facts = facts;
}

static void give_up(struct attempt *attempt)
{
    attempt->evidence->exchange = *attempt->before_question;
    attempt_record(attempt, STAGE_GREETING, OUTCOME_FAILED);
    attempt_finish(attempt);
}

static void connected(struct watch *watch, uint32_t events)
{
    struct attempt *attempt = OWNER(watch, struct attempt, watch);
    struct tcp_facts facts;
    (void)events;
    if (socket_tcp_state(watch->fd, &facts) != TCP_STATE_CONNECTED) {
        give_up(attempt);
        return;
    }
    handshake_resume(attempt);
    set_timer(attempt, GREETING_WAIT_US);
}

static void fire(struct timer *timer)
{
    give_up(OWNER(timer, struct attempt, timer));
}

void question_ask(struct attempt *attempt)
{
    struct exchange_facts *facts = &attempt->evidence->exchange;
    facts->question = attempt->before_question->question;
    exchange_ask(&attempt->channel.exchange, facts->question);
    transfer_send(attempt->watch.fd, &attempt->channel);
    set_timer(attempt, ANSWER_WAIT_US);
}

void question_begin(struct attempt *attempt)
{
    struct exchange_facts *facts = &attempt->evidence->exchange;
    struct exchange_facts *before = malloc(sizeof *before);
    enum connect_call call;
    if (before) {
        *before = *facts;
        before->question = attempt->channel.exchange.next_question;
    }
    attempt->before_question = before;
    loop_unwatch(attempt->shared->loop, &attempt->watch);
    channel_clear(&attempt->channel);
    attempt->channel.exchange.was_reset = false;
    int fd =
        before ? socket_connect(&attempt->to, attempt->shared->options, ACK_AT_ONCE, &call) : -1;
    attempt->watch = (struct watch){.fd = fd < 0 ? -1 : fd, .ready = connected};
    if (fd < 0 || loop_watch(attempt->shared->loop, &attempt->watch, EPOLLOUT) < 0) {
        attempt_record(attempt, STAGE_GREETING, OUTCOME_FAILED);
        attempt_finish(attempt);
        return;
    }
    *facts = (struct exchange_facts){0};
    attempt->timer.fire = fire;
    set_timer(attempt, GREETING_WAIT_US);
}
