/* What the files of the signs of life share. */
#ifndef PROBE_RUN_SIGNS_INTERNAL_H
#define PROBE_RUN_SIGNS_INTERNAL_H

#include "probe/run/echo.h"
#include "probe/run/signs_of_life.h"

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

static inline struct life_facts *life_of(struct attempt *attempt)
{
    return &attempt->evidence->connect.life;
}

/* Brings the evidence up to date: how much of the port's silence chance can explain. */
void silence_judge(struct silence *silence);

/* Takes down once, after the first rounds, what this machine received and did not deliver. */
void silence_count_drops(struct silence *silence);

#endif
