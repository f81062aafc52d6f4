/*
 * Echo requests to a host whose port stays silent: a ping socket (icmp(7)), or where
 * ping_group_range forbids those, UDP datagrams to the closed port, which draw ICMP port
 * unreachable from a living host.
 */
#ifndef PROBE_RUN_ECHO_H
#define PROBE_RUN_ECHO_H

#include "probe/run/attempt.h"

struct echo {
    struct watch watch; /* fd -1: there are no echoes */
    struct attempt *attempt;
    bool is_udp;
};

/* Opens the socket; answers are counted in the attempt's evidence. The echo must stay where it is
 * until its watch is ended. */
void echo_begin(struct echo *echo, struct attempt *attempt);

/* Sends one request and counts it; false when none went out. */
bool echo_send(struct echo *echo);

#endif
