#include "probe/run/signs_of_life.h"
#include "probe/run/echo.h"
#include "probe/run/machine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/*
 * The plan, in time since the first SYN: pairs every 60 ms from 0.3 s on, then one each half
 * second. No verdict before 3.2 s, although the numbers are often beyond chance at 0.7 s: the
 * kernel's own retransmission at 1.0 s shows an OUTPUT rule of this machine (TCP_INFO:
 * total_retrans without retrans), and a host that forwards the port to a dead backend says "host
 * unreachable" only after 3.06 s, when neighbour resolution there has failed (measured). A helper
 * socket is given up before the kernel would retransmit its SYN.
 */
enum {
    PAIR_EVERY_US = 60 * 1000,
    PAIRS = 12,
    LATER_EVERY_US = 500 * 1000,
    VERDICT_EARLIEST_US = 3200 * 1000,
    SIGN_AGE_US = 800 * 1000,
    ANSWER_GRACE_US = 100 * 1000,
    SYN_BUDGET = 40,
    ECHO_EVERY = 2,             /* rounds */
    CONTROL_PORT_FIRST = 33434, /* traceroute's range: what is sent there surprises nobody */
    CONTROL_PORT_LAST = 33523,
    SIGNS = 2 * PAIRS + 8,
};

enum purpose { PURPOSE_TARGET, PURPOSE_CONTROL };

struct sign {
    struct watch watch;
    struct attempt *attempt;
    enum purpose purpose;
    uint64_t sent_us;
};

struct silence {
    struct attempt *attempt;
    struct timer timer;
    struct echo echo;
    unsigned repeats; /* SYNs of helpers that the kernel repeated, on a machine that stalled */
    unsigned round;
    uint64_t round_us; /* when the next one is due */
    uint64_t drops_before;
    uint64_t control_rtt_us; /* slowest answer so far */
    uint64_t target_sent_us[SYN_BUDGET];
    uint64_t control_sent_us[SYN_BUDGET];
    struct sign signs[SIGNS];
};

static struct life_facts *life_of(struct attempt *attempt)
{
    return &attempt->evidence->connect.life;
}

static void count_packet(struct attempt *attempt)
{
    attempt->evidence->connect.control_packets++;
}

/* Gives the socket up unaccepted: in SYN-SENT in silence, with the ACK held back by RST. */
static void sign_end(struct sign *sign)
{
    if (sign->watch.fd < 0)
        return;
    struct tcp_facts facts = {0};
    (void)socket_tcp_state(sign->watch.fd, &facts);
    sign->attempt->silence->repeats += facts.total_retrans;
    sign->attempt->evidence->connect.control_packets += (uint16_t)facts.total_retrans;
    sign->attempt->shared->spare_descriptors++;
    socket_reset_on_close(sign->watch.fd);
    loop_unwatch(sign->attempt->shared->loop, &sign->watch);
}

void silence_drop(struct watch *watch)
{
    sign_end(OWNER(watch, struct sign, watch));
}

void silence_hand_over(struct watch *watch, struct watch *to)
{
    struct sign *sign = OWNER(watch, struct sign, watch);
    sign->attempt->shared->spare_descriptors++;
    to->fd = watch->fd;
    loop_adopt(sign->attempt->shared->loop, watch, to);
}

static void note_control_answer(struct sign *sign)
{
    struct silence *silence = sign->attempt->silence;
    uint64_t rtt = monotonic_us() - sign->sent_us;
    life_of(sign->attempt)->control_answers++;
    if (rtt > silence->control_rtt_us)
        silence->control_rtt_us = rtt;
    sign_end(sign);
}

/* RST or SYN-ACK come from the host; an ICMP error only counts when the host itself sent it. */
static void control_ready(struct sign *sign, uint32_t events)
{
    struct queued_error queued;
    struct tcp_facts facts;
    if ((events & EPOLLERR) && socket_queued_error(sign->watch.fd, &queued)) {
        if (ip_equal(&queued.icmp.from, &sign->attempt->ip))
            note_control_answer(sign);
        else
            sign_end(sign);
        return;
    }
    if (socket_tcp_state(sign->watch.fd, &facts) == TCP_STATE_CONNECTED ||
        socket_error(sign->watch.fd) == ECONNREFUSED)
        note_control_answer(sign);
    else
        sign_end(sign);
}

static void sign_ready(struct watch *watch, uint32_t events)
{
    struct sign *sign = OWNER(watch, struct sign, watch);
    if (sign->purpose == PURPOSE_CONTROL)
        control_ready(sign, events);
    else
        connect_stage_answered(sign->attempt, watch, events);
}

static struct sign *free_sign(struct silence *silence)
{
    for (size_t i = 0; i < SIGNS; i++)
        if (silence->signs[i].watch.fd < 0)
            return &silence->signs[i];
    return NULL;
}

/* One more SYN. What this machine refuses to send is no evidence about the host. */
static bool send_syn(struct silence *silence, enum purpose purpose, uint16_t port)
{
    struct attempt *attempt = silence->attempt;
    union socket_address to = socket_address_of(&attempt->ip, port);
    struct sign *sign = free_sign(silence);
    enum connect_call call;
    if (!sign || attempt->shared->spare_descriptors == 0)
        return false;
    int fd = socket_connect(&to, attempt->shared->options, ACK_DEFERRED, &call);
    if (fd < 0)
        return false;
    *sign = (struct sign){.watch = {.fd = fd, .ready = sign_ready},
                          .attempt = attempt,
                          .purpose = purpose,
                          .sent_us = monotonic_us()};
    attempt->shared->spare_descriptors--;
    count_packet(attempt);
    if (loop_watch(attempt->shared->loop, &sign->watch, EPOLLIN | EPOLLOUT) < 0)
        sign_end(sign);
    return true;
}

/* The kernel's own retransmissions of the first SYN until the connect stage ends: at 1, 2, 3, 4, 5,
 * 7, 11, 19, 35 s on new kernels, fewer on old ones. */
static unsigned kernel_syns(const struct attempt *attempt)
{
    static const unsigned seconds[] = {1, 2, 3, 4, 5, 7, 11, 19, 35};
    uint32_t limit = attempt->shared->options->connect_timeout_ms;
    unsigned count = 0;
    while (count < sizeof seconds / sizeof *seconds && seconds[count] * 1000 <= limit)
        count++;
    return count;
}

static bool syns_left(const struct silence *silence, unsigned wanted)
{
    const struct life_facts *life = &silence->attempt->evidence->connect.life;
    unsigned used =
        life->target_syns + life->control_syns + kernel_syns(silence->attempt) + silence->repeats;
    return used + wanted <= SYN_BUDGET;
}

static void send_target(struct silence *silence)
{
    struct life_facts *life = life_of(silence->attempt);
    uint16_t port = ntohs(silence->attempt->to.v4.sin_port);
    if (syns_left(silence, 1) && send_syn(silence, PURPOSE_TARGET, port))
        silence->target_sent_us[life->target_syns++] = monotonic_us();
}

static void send_control(struct silence *silence)
{
    struct life_facts *life = life_of(silence->attempt);
    if (syns_left(silence, 1) && send_syn(silence, PURPOSE_CONTROL, life->control_port))
        silence->control_sent_us[life->control_syns++] = monotonic_us();
}

static void send_echo(struct silence *silence)
{
    if (silence->round % ECHO_EVERY == 0 && echo_send(&silence->echo))
        count_packet(silence->attempt);
}

static unsigned older_than(const uint64_t *sent, unsigned count, uint64_t limit)
{
    unsigned old = 0;
    while (old < count && sent[old] <= limit)
        old++;
    return old;
}

/* Whether `count` unanswered SYNs are no accident at an answer rate of answers in requests: the
 * rate is taken low (one more request), the bound tighter when loss was seen. */
static bool beyond_chance(unsigned answers, unsigned requests, unsigned count, bool lossy)
{
    double miss = 1.0 - (double)answers / (double)(requests + 1);
    double chance = 1.0;
    if (answers < LIFE_ANSWERS_WANTED)
        return false;
    for (unsigned i = 0; i < count; i++)
        chance *= miss;
    return chance < (lossy ? 1e-4 : 1e-3);
}

static void judge(struct silence *silence)
{
    struct life_facts *life = life_of(silence->attempt);
    uint64_t grace = 3 * silence->control_rtt_us;
    uint64_t limit = monotonic_us() - (grace > ANSWER_GRACE_US ? grace : ANSWER_GRACE_US);
    unsigned controls = older_than(silence->control_sent_us, life->control_syns, limit);
    unsigned echoes = life->echo_requests;
    life->pairs_unanswered = (uint8_t)older_than(silence->target_sent_us, life->target_syns, limit);
    life->lossy = (life->control_answers && life->control_answers < controls);
    life->decisive =
        beyond_chance(life->control_answers, controls, life->pairs_unanswered, life->lossy) ||
        beyond_chance(life->echo_answers, echoes, life->pairs_unanswered,
                      life->echo_answers < echoes);
}

/* Only over the first rounds, when answers are due every 60 ms: other packets that this machine
 * drops (broadcasts, scans) are few in so short a time. */
static void count_drops(struct silence *silence)
{
    struct life_facts *life = life_of(silence->attempt);
    uint64_t drops = machine_input_drops(silence->attempt->ip.family) - silence->drops_before;
    if (life->drops_expected)
        return;
    life->input_drops = drops > UINT32_MAX ? UINT32_MAX : (uint32_t)drops;
    life->drops_expected = (uint8_t)(life->target_syns - 1);
}

/* A helper that lives longer would let the kernel repeat its SYN. One that just got its SYN-ACK is
 * an answer, not a helper to be given up. */
static bool retire(struct silence *silence)
{
    uint64_t now = monotonic_us();
    struct tcp_facts facts;
    for (size_t i = 0; i < SIGNS; i++) {
        struct sign *sign = &silence->signs[i];
        if (sign->watch.fd < 0 || now - sign->sent_us < SIGN_AGE_US)
            continue;
        if (sign->purpose == PURPOSE_TARGET &&
            socket_tcp_state(sign->watch.fd, &facts) == TCP_STATE_CONNECTED) {
            connect_stage_answered(silence->attempt, &sign->watch, 0);
            return false;
        }
        sign_end(sign);
    }
    return true;
}

static void send_round(struct silence *silence)
{
    const struct life_facts *life = life_of(silence->attempt);
    bool first = silence->round < PAIRS;
    if (!silence->attempt->evidence->only_port && (first || life->control_answers))
        send_control(silence);
    send_target(silence);
    if (!silence->attempt->evidence->only_port)
        send_echo(silence);
    silence->round++;
}

static uint64_t next_round(const struct silence *silence, uint64_t now)
{
    uint64_t verdict = silence->attempt->begin_us + VERDICT_EARLIEST_US;
    uint64_t next = now + (silence->round < PAIRS ? PAIR_EVERY_US : LATER_EVERY_US);
    return now < verdict && verdict < next ? verdict : next;
}

/* The next round, or before it the first helper to be given up. */
static void set_timer(struct silence *silence)
{
    uint64_t due = silence->round_us;
    for (size_t i = 0; i < SIGNS; i++) {
        const struct sign *sign = &silence->signs[i];
        if (sign->watch.fd >= 0 && sign->sent_us + SIGN_AGE_US < due)
            due = sign->sent_us + SIGN_AGE_US;
    }
    timer_set(silence->attempt->shared->loop, &silence->timer, due);
}

static void timer_due(struct timer *timer)
{
    struct silence *silence = OWNER(timer, struct silence, timer);
    struct attempt *attempt = silence->attempt;
    uint64_t now = monotonic_us();
    if (!retire(silence))
        return;
    if (now >= silence->round_us) {
        judge(silence);
        if (silence->round >= PAIRS)
            count_drops(silence);
        if (life_of(attempt)->decisive && now >= attempt->begin_us + VERDICT_EARLIEST_US) {
            connect_stage_expire(attempt);
            return;
        }
        send_round(silence);
        silence->round_us = next_round(silence, now);
    }
    set_timer(silence);
}

static uint16_t control_port(uint16_t but_not)
{
    uint16_t random = 0;
    (void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
    uint16_t count = CONTROL_PORT_LAST - CONTROL_PORT_FIRST;
    uint16_t port = (uint16_t)(CONTROL_PORT_FIRST + random % count);
    return port == but_not ? CONTROL_PORT_LAST : port;
}

void silence_begin(struct attempt *attempt)
{
    struct silence *silence = calloc(1, sizeof *silence);
    struct life_facts *life = life_of(attempt);
    if (!silence)
        return;
    silence->attempt = attempt;
    for (size_t i = 0; i < SIGNS; i++)
        silence->signs[i].watch.fd = -1;
    silence->drops_before = machine_input_drops(attempt->ip.family);
    silence->target_sent_us[0] = attempt->begin_us;
    life->ran = true;
    life->target_syns = 1;
    life->control_port = control_port(ntohs(attempt->to.v4.sin_port));
    attempt->silence = silence;
    /* From now on several sockets compete, and the losers must not be accepted. */
    if (attempt->watch.fd >= 0)
        socket_defer_ack(attempt->watch.fd);
    if (attempt->evidence->only_port)
        silence->echo.watch.fd = -1;
    else
        echo_begin(&silence->echo, attempt);
    silence->timer.fire = timer_due;
    silence->round_us = attempt->shared->loop->now_us;
    timer_set(attempt->shared->loop, &silence->timer, silence->round_us);
}

struct watch *silence_standing(struct attempt *attempt)
{
    struct tcp_facts facts;
    for (size_t i = 0; attempt->silence && i < SIGNS; i++) {
        struct sign *sign = &attempt->silence->signs[i];
        if (sign->watch.fd >= 0 && sign->purpose == PURPOSE_TARGET &&
            socket_tcp_state(sign->watch.fd, &facts) == TCP_STATE_CONNECTED)
            return &sign->watch;
    }
    return NULL;
}

void silence_end(struct attempt *attempt)
{
    struct silence *silence = attempt->silence;
    if (!silence)
        return;
    judge(silence);
    count_drops(silence);
    for (size_t i = 0; i < SIGNS; i++)
        sign_end(&silence->signs[i]);
    attempt->silence = NULL;
    loop_unwatch(attempt->shared->loop, &silence->echo.watch);
    timer_cancel(attempt->shared->loop, &silence->timer);
    free(silence);
}
