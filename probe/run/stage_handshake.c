#include "probe/run/attempt.h"
#include "probe/run/transfer.h"

enum {
    /* After this the login goes out unasked: a server that is only slow (its reverse DNS) goes on
     * to answer it, and another service often names itself. */
    BLIND_AFTER_US = 3 * 1000 * 1000,
    /* For the rest of a text that is no MySQL packet. */
    LISTEN_US = 300 * 1000,
};

static void deadline_or(struct attempt *attempt, uint64_t due_us)
{
    timer_set(attempt->shared->loop, &attempt->timer,
              due_us < attempt->deadline_us ? due_us : attempt->deadline_us);
}

static uint64_t login_wait(const struct attempt *attempt)
{
    return attempt->login_us ? monotonic_us() - attempt->login_us : 0;
}

/* Bytes that the peer never acknowledged after its SYN-ACK: its accept queue overflowed. */
static void record_unacked(struct attempt *attempt)
{
    struct tcp_facts facts = {0};
    (void)socket_tcp_state(attempt->watch.fd, &facts);
    attempt->evidence->connect.tcp.unacked = facts.unacked;
}

static void finish(struct attempt *attempt, enum outcome outcome)
{
    struct exchange_facts *facts = &attempt->evidence->exchange;
    bool done = facts->greeted || facts->error_in_greeting;
    enum stage stage = facts->greeted ? STAGE_LOGIN : STAGE_GREETING;
    facts->login_wait_us = (uint32_t)login_wait(attempt);
    if (facts->greeted && attempt->exchange.until == UNTIL_GREETING && !facts->login_sent) {
        attempt_finish(attempt);
        return;
    }
    if (done && (facts->error.code || facts->logged_in))
        outcome = stage == STAGE_LOGIN ? OUTCOME_PASSED : OUTCOME_FAILED;
    attempt_record(attempt, stage, outcome);
    attempt_finish(attempt);
}

/* One further connection asks what this one only hinted at, if there is time for an answer. */
static bool asks_again(const struct attempt *attempt)
{
    uint64_t now = attempt->shared->loop->now_us;
    return attempt->exchange.next_question != QUESTION_NONE && !attempt->before_question &&
           !attempt->evidence->cut_short && now + BLIND_AFTER_US / 2 < attempt->deadline_us;
}

static void end(struct attempt *attempt, enum ending ending)
{
    record_unacked(attempt);
    exchange_end(&attempt->exchange, ending);
    if (ending == ENDING_OPEN)
        transfer_send(attempt->watch.fd, &attempt->exchange);
    if (asks_again(attempt)) {
        question_begin(attempt);
        return;
    }
    if (attempt->before_question)
        question_end(attempt);
    bool late = ending == ENDING_OPEN && !attempt->evidence->exchange.greeting_bad;
    finish(attempt, late ? OUTCOME_TIMED_OUT : OUTCOME_FAILED);
}

/* The stage of the login begins with the greeting's last byte. */
static void note_greeting(struct attempt *attempt)
{
    if (!attempt->evidence->exchange.greeted ||
        attempt->evidence->stages[STAGE_GREETING].outcome != OUTCOME_NOT_RUN)
        return;
    attempt_record(attempt, STAGE_GREETING, OUTCOME_PASSED);
    if (!attempt->login_us)
        attempt->login_us = attempt->stage_us;
    deadline_or(attempt, attempt->deadline_us);
}

static void proceed(struct attempt *attempt, enum exchange_state before)
{
    note_greeting(attempt);
    if (attempt->exchange.state == EXCHANGE_DONE) {
        if (attempt->before_question)
            question_end(attempt);
        finish(attempt, OUTCOME_FAILED);
    } else if (exchange_answered(&attempt->exchange)) {
        end(attempt, ENDING_OPEN);
    } else if (attempt->exchange.state == EXCHANGE_LISTEN && before != EXCHANGE_LISTEN) {
        deadline_or(attempt, monotonic_us() + LISTEN_US);
    }
}

static void ready(struct watch *watch, uint32_t events)
{
    struct attempt *attempt = OWNER(watch, struct attempt, watch);
    enum exchange_state before = attempt->exchange.state;
    (void)events;
    enum transfer transferred = transfer(watch->fd, &attempt->exchange);
    static const enum ending endings[] = {[TRANSFER_CLOSED] = ENDING_CLOSED,
                                          [TRANSFER_RESET] = ENDING_RESET,
                                          [TRANSFER_GONE] = ENDING_OPEN};
    if (transferred != TRANSFER_OPEN)
        end(attempt, endings[transferred]);
    else
        proceed(attempt, before);
}

static void login_blindly(struct attempt *attempt)
{
    socket_expect_loss(attempt->watch.fd);
    exchange_blind_login(&attempt->exchange);
    transfer_send(attempt->watch.fd, &attempt->exchange);
    attempt->login_us = monotonic_us();
    deadline_or(attempt, attempt->deadline_us);
}

static void fire(struct timer *timer)
{
    struct attempt *attempt = OWNER(timer, struct attempt, timer);
    const struct exchange_facts *facts = &attempt->evidence->exchange;
    bool over = attempt->shared->loop->now_us >= attempt->deadline_us;
    if (over || attempt->exchange.state != EXCHANGE_OPENING)
        handshake_expire(attempt);
    else if (attempt->before_question)
        question_ask(attempt);
    else if (facts->bytes_received == 0 && attempt->exchange.until == UNTIL_LOGIN)
        login_blindly(attempt);
    else
        deadline_or(attempt, attempt->deadline_us);
}

void handshake_resume(struct attempt *attempt)
{
    attempt->watch.ready = ready;
    attempt->timer.fire = fire;
    exchange_begin(&attempt->exchange, &attempt->evidence->exchange,
                   attempt->shared->options->until);
    (void)loop_rewatch(attempt->shared->loop, &attempt->watch, EPOLLIN);
}

void handshake_begin(struct attempt *attempt)
{
    if (attempt->shared->options->until == UNTIL_CONNECT) {
        attempt_finish(attempt);
        return;
    }
    handshake_resume(attempt);
    deadline_or(attempt, monotonic_us() + BLIND_AFTER_US);
}

void handshake_expire(struct attempt *attempt)
{
    end(attempt, ENDING_OPEN);
}
