#include "probe/run/attempt.h"
#include "probe/run/login_turn.h"
#include "probe/run/transfer.h"
#include "probe/verdict/diagnose.h"

enum {
    /* After this the login goes out unasked: a server that is only slow (its reverse DNS) goes on
     * to answer it, and another service often names itself. */
    BLIND_AFTER_US = 3 * 1000 * 1000,
    /* Such a login can neither carry a password nor be inside TLS: where one of these is wanted it
     * waits until so long before the end. */
    BLIND_BEFORE_END_US = 1000 * 1000,
    /* For the rest of a text that is no MySQL packet. */
    LISTEN_US = 300 * 1000,
    /* TLS that nobody asked for is not begun with less time, or with less than half of a target's
     * that is short: broken off it counts against this host. */
    TLS_TIME_US = 2 * 1000 * 1000,
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

/* ---- stages ---- */

static enum stage current_stage(const struct exchange_facts *facts)
{
    if (!facts->greeted)
        return STAGE_GREETING;
    if (facts->ssl_request_sent && (!facts->secured || facts->tls_broken))
        return STAGE_TLS;
    return facts->statement_sent ? STAGE_STATEMENT : STAGE_LOGIN;
}

static void record_once(struct attempt *attempt, enum stage stage, enum outcome outcome)
{
    if (attempt->evidence->stages[stage].outcome == OUTCOME_NOT_RUN)
        attempt_record(attempt, stage, outcome);
}

/* A stage ends with the byte that begins the next one. */
static void note_progress(struct attempt *attempt)
{
    const struct evidence *evidence = attempt->evidence;
    const struct exchange_facts *facts = &evidence->exchange;
    bool lacks_tls = evidence->tls_mode >= TLS_REQUIRED && !(facts->capabilities & CLIENT_SSL);
    if (facts->greeted)
        record_once(attempt, STAGE_GREETING, OUTCOME_PASSED);
    if (facts->greeted && lacks_tls)
        record_once(attempt, STAGE_TLS, OUTCOME_FAILED);
    if (facts->secured && !facts->tls_broken)
        record_once(attempt, STAGE_TLS, OUTCOME_PASSED);
    if (facts->statement_sent)
        record_once(attempt, STAGE_LOGIN, OUTCOME_PASSED);
    if (facts->login_sent && !attempt->login_us)
        attempt->login_us = attempt->stage_us = monotonic_us();
}

/* What the answer says of the password is known to others before the connection is closed; where
 * libmariadb proves it, that is not known yet. */
static void tell_turns(struct attempt *attempt)
{
    const struct exchange_facts *facts = &attempt->evidence->exchange;
    uint16_t code = facts->error.code;
    if (facts->credentials && (code == 1203 || code == 1226))
        attempt->crowded = turn_crowded(&attempt->turn);
    if (!(attempt_wants_client(attempt) && diagnose_client_alone(facts)))
        login_turn_tell(&attempt->turn, facts);
}

static bool answered(const struct exchange_facts *facts)
{
    return facts->error.code || facts->statement_answered ||
           (facts->logged_in && !facts->credentials);
}

static void finish(struct attempt *attempt, enum outcome outcome)
{
    struct exchange_facts *facts = &attempt->evidence->exchange;
    enum stage stage = current_stage(facts);
    facts->login_wait_us = (uint32_t)login_wait(attempt);
    tell_turns(attempt);
    if (facts->greeted && attempt->channel.exchange.plan.until == UNTIL_GREETING &&
        !facts->login_sent) {
        attempt_finish(attempt);
        return;
    }
    if (answered(facts) && stage != STAGE_TLS)
        outcome = stage == STAGE_GREETING ? OUTCOME_FAILED : OUTCOME_PASSED;
    attempt_record(attempt, stage, outcome);
    attempt_finish(attempt);
}

/* One further connection asks what this one only hinted at, if there is time for an answer. */
static bool asks_again(const struct attempt *attempt)
{
    uint64_t now = attempt->shared->loop->now_us;
    return attempt->channel.exchange.next_question != QUESTION_NONE && !attempt->before_question &&
           !attempt->evidence->cut_short && now + BLIND_AFTER_US / 2 < attempt->deadline_us;
}

static void end(struct attempt *attempt, enum ending ending)
{
    record_unacked(attempt);
    channel_end(&attempt->channel, ending);
    if (ending == ENDING_OPEN)
        transfer_send(attempt->watch.fd, &attempt->channel);
    if (asks_again(attempt)) {
        question_begin(attempt);
        return;
    }
    if (attempt->before_question)
        question_end(attempt);
    bool late = ending == ENDING_OPEN && !attempt->evidence->exchange.greeting_bad;
    finish(attempt, late ? OUTCOME_TIMED_OUT : OUTCOME_FAILED);
}

static void proceed(struct attempt *attempt, enum exchange_state before)
{
    enum exchange_state state = attempt->channel.exchange.state;
    note_progress(attempt);
    if (state == EXCHANGE_DONE) {
        if (attempt->before_question)
            question_end(attempt);
        finish(attempt, OUTCOME_FAILED);
    } else if (exchange_answered(&attempt->channel.exchange)) {
        end(attempt, ENDING_OPEN);
    } else if (state == EXCHANGE_LISTEN && before != EXCHANGE_LISTEN) {
        deadline_or(attempt, monotonic_us() + LISTEN_US);
    } else if (state == EXCHANGE_TURN && before != EXCHANGE_TURN) {
        login_turn_begin(attempt);
    } else if (before == EXCHANGE_OPENING && state != EXCHANGE_OPENING) {
        deadline_or(attempt, attempt->deadline_us);
    }
}

static bool no_time_for_tls(const struct attempt *attempt)
{
    uint64_t half = (attempt->deadline_us - attempt->origin_us) / 2;
    return monotonic_us() + (half < TLS_TIME_US ? half : TLS_TIME_US) > attempt->deadline_us;
}

static void ready(struct watch *watch, uint32_t events)
{
    struct attempt *attempt = OWNER(watch, struct attempt, watch);
    struct exchange *exchange = &attempt->channel.exchange;
    enum exchange_state before = exchange->state;
    (void)events;
    exchange->plan.no_time_for_tls = no_time_for_tls(attempt);
    enum transfer transferred = transfer(watch->fd, &attempt->channel);
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
    exchange_blind_login(&attempt->channel.exchange);
    transfer_send(attempt->watch.fd, &attempt->channel);
    attempt->login_us = monotonic_us();
    deadline_or(attempt, attempt->deadline_us);
}

/* The server had answered while the login waited for its turn. */
static void go_on(struct attempt *attempt)
{
    deadline_or(attempt, attempt->deadline_us);
    proceed(attempt, EXCHANGE_LOGIN);
}

static void fire(struct timer *timer)
{
    struct attempt *attempt = OWNER(timer, struct attempt, timer);
    const struct exchange_facts *facts = &attempt->evidence->exchange;
    enum exchange_state state = attempt->channel.exchange.state;
    bool over = attempt->shared->loop->now_us >= attempt->deadline_us;
    if (!over && state == EXCHANGE_TURN)
        login_turn_expire(attempt);
    else if (!over && (state == EXCHANGE_DONE || state == EXCHANGE_STATEMENT))
        go_on(attempt);
    else if (over || state != EXCHANGE_OPENING)
        handshake_expire(attempt);
    else if (attempt->before_question)
        question_ask(attempt);
    else if (facts->bytes_received == 0 && attempt->channel.exchange.plan.until == UNTIL_LOGIN)
        login_blindly(attempt);
    else
        deadline_or(attempt, attempt->deadline_us);
}

/* ---- the beginning ---- */

/* On loopback and behind a socket nobody can be in between: a key that is fetched there is the
 * server's. */
static struct exchange_plan plan_of(const struct attempt *attempt)
{
    const struct conditions *conditions = attempt->conditions;
    bool is_socket = attempt->target->socket != NULL;
    return (struct exchange_plan){
        .until = attempt->shared->options->until,
        .tls_mode = conditions->tls && !is_socket ? conditions->tls_mode : TLS_DISABLED,
        .secrecy = is_socket ? SECRECY_SOCKET : SECRECY_NONE,
        .login = attempt->evidence->wants_login ? &conditions->login : NULL,
        .login_name = conditions->login.user,
        .may_fetch_public_key =
            conditions->get_server_public_key || is_socket || ip_is_loopback(&attempt->ip),
        .public_key = conditions->public_key,
    };
}

void handshake_resume(struct attempt *attempt)
{
    struct exchange_plan plan = plan_of(attempt);
    struct channel_tls tls = {.client = attempt->conditions->tls,
                              .name = attempt->target->host,
                              .offer = attempt->tls_offer,
                              .ret_facts = attempt->tls_evidence};
    attempt->watch.ready = ready;
    attempt->timer.fire = fire;
    channel_begin(&attempt->channel, &attempt->evidence->exchange, &plan, &tls);
    (void)loop_rewatch(attempt->shared->loop, &attempt->watch, EPOLLIN);
}

static uint64_t blind_login_due(const struct attempt *attempt)
{
    const struct evidence *evidence = attempt->evidence;
    uint64_t early = monotonic_us() + BLIND_AFTER_US;
    if (!evidence->wants_login && evidence->tls_mode < TLS_REQUIRED)
        return early;
    uint64_t late = attempt->deadline_us - BLIND_BEFORE_END_US;
    return late > early ? late : early;
}

void handshake_begin(struct attempt *attempt)
{
    if (attempt->shared->options->until == UNTIL_CONNECT) {
        attempt_finish(attempt);
        return;
    }
    handshake_resume(attempt);
    deadline_or(attempt, blind_login_due(attempt));
}

void handshake_expire(struct attempt *attempt)
{
    end(attempt, ENDING_OPEN);
}
