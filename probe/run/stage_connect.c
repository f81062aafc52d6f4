#include "probe/run/attempt.h"
#include "probe/run/machine.h"
#include "probe/run/signs_of_life.h"
#include <errno.h>

static void ready(struct watch *watch, uint32_t events)
{
    connect_stage_answered(OWNER(watch, struct attempt, watch), watch, events);
}

static uint64_t connect_deadline(const struct attempt *attempt)
{
    uint64_t own = attempt->begin_us + (uint64_t)attempt->conditions->connect_timeout_ms * 1000;
    return own < attempt->deadline_us ? own : attempt->deadline_us;
}

static void fire(struct timer *timer)
{
    struct attempt *attempt = OWNER(timer, struct attempt, timer);
    uint64_t deadline = connect_deadline(attempt);
    if (attempt->shared->loop->now_us >= deadline) {
        connect_stage_expire(attempt);
        return;
    }
    silence_begin(attempt);
    timer_set(attempt->shared->loop, timer, deadline);
}

/* An address of a family that this machine has no address of was never a way to the server. */
static bool family_unusable(const struct attempt *attempt, int error)
{
    bool says_so = error == EAFNOSUPPORT || error == ENETUNREACH || error == EADDRNOTAVAIL;
    return says_so && (attempt->shared->options->bind_to.ss_family == 0) &&
           (error == EAFNOSUPPORT || !machine_has_family_of(&attempt->ip));
}

/* What this machine knows about a failure that it, and not the network, may have caused. */
static void ask_machine(struct attempt *attempt, int error)
{
    struct connect_facts *facts = &attempt->evidence->connect;
    facts->loopback = machine_owns(&attempt->ip);
    if (error == ECONNREFUSED)
        return;
    struct route route = machine_route(&attempt->ip);
    facts->route_error = route.error;
    if (error == ENETUNREACH || error == EHOSTUNREACH)
        facts->link_down = machine_link_down(&attempt->ip, &route, facts->interface);
}

static void record_icmp(struct attempt *attempt, const struct queued_error *queued)
{
    struct icmp_facts *icmp = &attempt->evidence->connect.icmp;
    *icmp = queued->icmp;
    icmp->after_us = (uint32_t)(monotonic_us() - attempt->begin_us);
    icmp->from_self = machine_owns(&icmp->from);
    icmp->from_target = ip_equal(&icmp->from, &attempt->ip);
}

static void fail(struct attempt *attempt, enum connect_call call, int error)
{
    struct connect_facts *facts = &attempt->evidence->connect;
    facts->failed_call = call;
    facts->error = error;
    facts->no_error_queue =
        (attempt->shared->options->without & WITHOUT_ERROR_QUEUE) || !machine_queues_tcp_errors();
    ask_machine(attempt, error);
    if (call != CALL_ASYNC && family_unusable(attempt, error))
        facts->family_unusable = attempt->evidence->skipped = true;
    attempt_record(attempt, STAGE_CONNECT, OUTCOME_FAILED);
    attempt_finish(attempt);
}

/* A source address of the other family is a choice against this address, not a failure of it. */
static bool source_excludes(const struct attempt *attempt)
{
    int family = attempt->shared->options->bind_to.ss_family;
    return family && family != attempt->to.any.sa_family;
}

void connect_stage_begin(struct attempt *attempt)
{
    const struct run_options *options = attempt->shared->options;
    struct loop *loop = attempt->shared->loop;
    enum connect_call call = CALL_NONE;
    uint64_t deadline = connect_deadline(attempt);
    uint64_t patience = attempt->begin_us + SILENCE_BEGINS_US;
    attempt->evidence->connect.bound = options->bind_to.ss_family != 0;
    if (source_excludes(attempt)) {
        attempt->evidence->skipped = true;
        fail(attempt, CALL_BIND, EAFNOSUPPORT);
        return;
    }
    int fd = socket_connect(&attempt->to, options, ACK_AT_ONCE, &call);
    if (fd < 0) {
        fail(attempt, call, -fd);
        return;
    }
    attempt->watch = (struct watch){.fd = fd, .ready = ready};
    attempt->evidence->connect.source = socket_source(fd);
    attempt->timer.fire = fire;
    timer_set(loop, &attempt->timer, patience < deadline ? patience : deadline);
    /* Some kernels report an ICMP error within connect(): level-triggered, it is seen at once. */
    if (loop_watch(loop, &attempt->watch, EPOLLIN | EPOLLOUT) < 0)
        fail(attempt, CALL_SOCKET, ENOMEM);
}

/* The first SYN's socket may have its SYN-ACK by now, with the ACK held back: RST, not FIN. */
static void give_up_first(struct attempt *attempt)
{
    if (attempt->watch.fd >= 0)
        socket_reset_on_close(attempt->watch.fd);
    loop_unwatch(attempt->shared->loop, &attempt->watch);
}

static void stand(struct attempt *attempt, struct watch *watch)
{
    bool was_silent = attempt->silence != NULL;
    if (watch != &attempt->watch) {
        give_up_first(attempt);
        silence_hand_over(watch, &attempt->watch);
    }
    silence_end(attempt);
    if (was_silent) {
        socket_expect_loss(attempt->watch.fd);
        socket_ack_now(attempt->watch.fd);
    }
    attempt_record(attempt, STAGE_CONNECT, OUTCOME_PASSED);
    handshake_begin(attempt);
}

/* The kernel stopped sending this SYN; the other sockets and the deadline go on. */
static void give_up(struct attempt *attempt, struct watch *watch)
{
    if (watch == &attempt->watch)
        loop_unwatch(attempt->shared->loop, watch);
    else
        silence_drop(watch);
}

/* The kernel's patience ended; or a queue entry that ends nothing (an MTU hint) has hidden why. */
static bool has_given_up(enum tcp_state state, int error)
{
    return error == ETIMEDOUT || (state == TCP_STATE_ENDED && error == 0);
}

/* What a socket to the port came to. */
struct finding {
    enum tcp_state state;
    struct tcp_facts facts;
    struct queued_error queued;
    int error; /* SO_ERROR, 0 while the connection stands */
};

/*
 * The state first; then the queue, for its entry is final even while the kernel goes on trying (it
 * comes inside connect() on veth, the errno seconds later); SO_ERROR last, because reading the
 * queue has cleared it. A connection that stands beats every error: that was a soft one.
 */
static struct finding look(const struct attempt *attempt, const struct watch *watch,
                           uint32_t events)
{
    bool queue = !(attempt->shared->options->without & WITHOUT_ERROR_QUEUE);
    struct finding found = {0};
    found.state = socket_tcp_state(watch->fd, &found.facts);
    if ((events & EPOLLERR) && queue)
        (void)socket_queued_error(watch->fd, &found.queued);
    if (found.state != TCP_STATE_CONNECTED)
        found.error = socket_error(watch->fd);
    return found;
}

void connect_stage_answered(struct attempt *attempt, struct watch *watch, uint32_t events)
{
    struct finding found = look(attempt, watch, events);
    if (found.queued.error && found.state != TCP_STATE_CONNECTED)
        record_icmp(attempt, &found.queued);
    if (found.state != TCP_STATE_CONNECTING || found.queued.error)
        attempt->evidence->connect.tcp = found.facts;
    /* Reset after it stood: what the server sent before can still be read. */
    attempt->channel.exchange.was_reset = found.error == ECONNRESET;
    if (found.state == TCP_STATE_CONNECTED || found.error == ECONNRESET || found.error == EPIPE)
        stand(attempt, watch);
    else if (found.queued.error == 0 && has_given_up(found.state, found.error))
        give_up(attempt, watch);
    else if (found.error || found.queued.error)
        fail(attempt, CALL_ASYNC, found.queued.error ? found.queued.error : found.error);
}

/* A connection that stands by now, although its event has not been served yet. */
static struct watch *standing(struct attempt *attempt)
{
    struct tcp_facts *facts = &attempt->evidence->connect.tcp;
    if (attempt->watch.fd >= 0 && socket_tcp_state(attempt->watch.fd, facts) == TCP_STATE_CONNECTED)
        return &attempt->watch;
    return silence_standing(attempt);
}

/* The server has accepted it: it gets its login, also when there is no time left for an answer. */
static void stand_late(struct attempt *attempt, struct watch *watch)
{
    bool over = attempt->evidence->cut_short || monotonic_us() >= attempt->deadline_us;
    bool goes_on = attempt->shared->options->until != UNTIL_CONNECT;
    stand(attempt, watch);
    if (over && goes_on)
        handshake_expire(attempt);
}

void connect_stage_expire(struct attempt *attempt)
{
    struct connect_facts *facts = &attempt->evidence->connect;
    struct watch *watch = standing(attempt);
    if (watch) {
        stand_late(attempt, watch);
        return;
    }
    facts->loopback = machine_owns(&attempt->ip);
    give_up_first(attempt);
    attempt_record(attempt, STAGE_CONNECT, OUTCOME_TIMED_OUT);
    attempt_finish(attempt);
}
