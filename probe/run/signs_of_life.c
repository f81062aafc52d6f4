#include "probe/run/signs_of_life.h"
#include "probe/run/machine.h"
#include "probe/run/signs_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

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
    uint32_t limit = attempt->conditions->connect_timeout_ms;
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
        silence_judge(silence);
        if (silence->round >= PAIRS)
            silence_count_drops(silence);
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
    silence_judge(silence);
    silence_count_drops(silence);
    for (size_t i = 0; i < SIGNS; i++)
        sign_end(&silence->signs[i]);
    attempt->silence = NULL;
    loop_unwatch(attempt->shared->loop, &silence->echo.watch);
    timer_cancel(attempt->shared->loop, &silence->timer);
    free(silence);
}
