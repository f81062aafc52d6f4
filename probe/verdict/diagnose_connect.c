/* No connection, and no ICMP: by the call that failed, its errno, and the silence. */
#include "probe/verdict/rules.h"
#include <errno.h>

static bool not_connected(const struct facts *facts)
{
    return !connected(facts->evidence);
}

static bool family_unusable(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->evidence->connect.family_unusable;
}

static bool call_failed(const struct facts *facts, enum connect_call call)
{
    return facts->evidence->connect.failed_call == call && facts->evidence->connect.error != 0;
}

static bool error_is_one(const struct facts *facts, const struct rule *rule)
{
    return rule_names(rule, facts->evidence->connect.error);
}

static bool socket_failed(const struct facts *facts, const struct rule *rule)
{
    return call_failed(facts, CALL_SOCKET) && error_is_one(facts, rule);
}

static bool socket_failed_otherwise(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return call_failed(facts, CALL_SOCKET);
}

static bool bind_failed(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return call_failed(facts, CALL_BIND);
}

/* connect() itself refused: no packet had an answer yet, this machine decided. */
static bool connect_failed(const struct facts *facts, const struct rule *rule)
{
    return call_failed(facts, CALL_CONNECT) && error_is_one(facts, rule);
}

static bool connect_failed_bound(const struct facts *facts, const struct rule *rule)
{
    return connect_failed(facts, rule) && facts->evidence->connect.bound;
}

static bool connect_failed_link_down(const struct facts *facts, const struct rule *rule)
{
    return connect_failed(facts, rule) && facts->evidence->connect.link_down;
}

/* The routing table gives the same errno when it is asked alone, so no sandbox made it up. */
static bool connect_failed_by_route(const struct facts *facts, const struct rule *rule)
{
    const struct connect_facts *connect = &facts->evidence->connect;
    return connect_failed(facts, rule) && connect->route_error == connect->error;
}

static bool connect_failed_otherwise(const struct facts *facts, const struct rule *rule)
{
    return call_failed(facts, CALL_CONNECT) && !error_is_one(facts, rule);
}

/* Over loopback the reset can arrive inside connect(). */
static bool ended_with(const struct facts *facts, const struct rule *rule)
{
    enum connect_call call = facts->evidence->connect.failed_call;
    return (call == CALL_CONNECT || call == CALL_ASYNC) && error_is_one(facts, rule);
}

static bool ended_with_on_loopback(const struct facts *facts, const struct rule *rule)
{
    return ended_with(facts, rule) && facts->evidence->connect.loopback;
}

/* Without the error queue a port-unreachable cannot be told from a reset. */
static bool ended_with_unseen(const struct facts *facts, const struct rule *rule)
{
    return ended_with(facts, rule) && facts->evidence->connect.no_error_queue;
}

static bool attempt_failed_otherwise(const struct facts *facts, const struct rule *rule)
{
    return call_failed(facts, CALL_ASYNC) && !error_is_one(facts, rule);
}

/* An own OUTPUT drop gives no error: the kernel counts a retransmission that it could not send
 * (measured: tcpi_total_retrans grows, tcpi_retrans stays 0). */
static bool retransmissions_stopped(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    const struct tcp_facts *tcp = &facts->evidence->connect.tcp;
    return tcp->total_retrans >= 1 && tcp->retrans == 0;
}

/* Packets came in, as many as answers were due, and were not delivered. Far more of them are
 * something else's. */
static bool answers_stopped(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    const struct life_facts *life = &facts->evidence->connect.life;
    uint32_t due = life->drops_expected;
    return life->ran && due >= 3 && life->input_drops >= due && life->input_drops <= 4 * due;
}

/* Three answers beside a silence that loss cannot explain. */
static bool alive_and_decisive(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    const struct life_facts *life = &facts->evidence->connect.life;
    return life->ran && life->decisive && (life->control_answers >= 3 || life->echo_answers >= 3);
}

/* Before 3.1 s a host that forwards the port to a dead backend has not yet said so (measured: 3.06
 * s, its neighbour resolution). */
static bool alive_and_decisive_early(const struct facts *facts, const struct rule *rule)
{
    return alive_and_decisive(facts, rule) &&
           facts->evidence->stages[STAGE_CONNECT].duration_us < 3100000;
}

static bool alive(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    const struct life_facts *life = &facts->evidence->connect.life;
    return life->ran && (life->control_answers > 0 || life->echo_answers > 0);
}

/* ---- unix sockets ---- */

static bool is_unix(const struct facts *facts)
{
    return facts->evidence->connect.unix_socket;
}

static bool unix_failed(const struct facts *facts, const struct rule *rule)
{
    return is_unix(facts) && error_is_one(facts, rule);
}

static bool no_socket(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return is_unix(facts) && facts->evidence->connect.no_socket;
}

static bool unix_failed_otherwise(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return is_unix(facts) && facts->evidence->connect.error != 0;
}

/* Cut off between two tries, which nothing but a full queue makes necessary. */
static bool unix_still_trying(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return is_unix(facts);
}

static const struct rule rules[] = {
    {CAUSE_LOCAL_NO_SOCKET_FILE, STAGE_CONNECT, unix_failed, .of = {ENOENT, ENOTDIR, ELOOP},
     CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_NO_SOCKET_FILE, STAGE_CONNECT, no_socket, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_NOT_PERMITTED, STAGE_CONNECT, unix_failed, .of = {EACCES, EPERM},
     CONFIDENCE_CERTAIN},
    {CAUSE_REFUSED_NO_LISTENER, STAGE_CONNECT, unix_failed, .of = {ECONNREFUSED},
     CONFIDENCE_CERTAIN},
    /* said for as long as the listener's queue is full, and for nothing else (unix(7)) */
    {CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL, STAGE_CONNECT, unix_failed, .of = {EAGAIN},
     CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_NO_DESCRIPTOR, STAGE_CONNECT, unix_failed, .of = {EMFILE, ENFILE, ENOBUFS, ENOMEM},
     CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_NOT_PERMITTED, STAGE_CONNECT, unix_failed_otherwise,
     .confidence = CONFIDENCE_POSSIBLE, .alternatives = {CAUSE_LOCAL_NO_SOCKET_FILE}},
    {CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL, STAGE_CONNECT, unix_still_trying,
     .confidence = CONFIDENCE_POSSIBLE, .silence = true},

    {CAUSE_LOCAL_NO_ROUTE, STAGE_CONNECT, family_unusable, .confidence = CONFIDENCE_CERTAIN},

    {CAUSE_LOCAL_NO_DESCRIPTOR, STAGE_CONNECT, socket_failed,
     .of = {EMFILE, ENFILE, ENOBUFS, ENOMEM}, CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_NOT_PERMITTED, STAGE_CONNECT, socket_failed, .of = {EPERM, EACCES},
     CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_NO_ROUTE, STAGE_CONNECT, socket_failed, .of = {EAFNOSUPPORT, EPROTONOSUPPORT},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_LOCAL_NOT_PERMITTED}},
    {CAUSE_LOCAL_NOT_PERMITTED, STAGE_CONNECT, socket_failed_otherwise,
     .confidence = CONFIDENCE_POSSIBLE, .alternatives = {CAUSE_LOCAL_NO_DESCRIPTOR}},
    {CAUSE_LOCAL_BIND_ADDRESS, STAGE_CONNECT, bind_failed, .confidence = CONFIDENCE_CERTAIN},

    {CAUSE_LOCAL_ROUTE_REJECTS, STAGE_CONNECT, connect_failed_by_route,
     .of = {EHOSTUNREACH, EACCES, EINVAL}, CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_NO_PORT, STAGE_CONNECT, connect_failed_bound, .of = {EADDRNOTAVAIL},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_LOCAL_BIND_ADDRESS}},
    /* also what an IPv6 target gives on a machine without any IPv6 address */
    {CAUSE_LOCAL_NO_PORT, STAGE_CONNECT, connect_failed, .of = {EADDRNOTAVAIL, EAGAIN},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_LOCAL_NO_ROUTE}},
    {CAUSE_LOCAL_NO_DESCRIPTOR, STAGE_CONNECT, connect_failed, .of = {ENOBUFS, ENOMEM},
     CONFIDENCE_LIKELY},
    {CAUSE_LOCAL_LINK_DOWN, STAGE_CONNECT, connect_failed_link_down, .of = {ENETUNREACH, ENETDOWN},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_LOCAL_NO_ROUTE}},
    {CAUSE_LOCAL_NO_ROUTE, STAGE_CONNECT, connect_failed, .of = {ENETUNREACH, ENETDOWN},
     CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_ROUTE_REJECTS, STAGE_CONNECT, connect_failed, .of = {EHOSTUNREACH},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_LOCAL_FIREWALL}},
    {CAUSE_LOCAL_NOT_PERMITTED, STAGE_CONNECT, connect_failed, .of = {EACCES, EPERM},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_LOCAL_FIREWALL}},
    {CAUSE_LOCAL_BIND_ADDRESS, STAGE_CONNECT, connect_failed_bound, .of = {EINVAL},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_LOCAL_ROUTE_REJECTS}},
    {CAUSE_LOCAL_NO_ROUTE, STAGE_CONNECT, connect_failed, .of = {EINVAL}, CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_LOCAL_ROUTE_REJECTS}},

    {CAUSE_REFUSED_NO_LISTENER, STAGE_CONNECT, ended_with_on_loopback, .of = {ECONNREFUSED},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_REFUSED_BY_HOST_FIREWALL}},
    {CAUSE_REFUSED_NO_LISTENER, STAGE_CONNECT, ended_with_unseen, .of = {ECONNREFUSED},
     CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_REFUSED_BY_HOST_FIREWALL, CAUSE_REFUSED_BY_MIDDLEBOX,
                      CAUSE_FILTERED_PORT_UNREACHABLE}},
    {CAUSE_REFUSED_NO_LISTENER, STAGE_CONNECT, ended_with, .of = {ECONNREFUSED}, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_REFUSED_BY_HOST_FIREWALL, CAUSE_REFUSED_BY_MIDDLEBOX}},
    /* accepted and reset so quickly that it is the connection attempt's result (measured) */
    {CAUSE_PROTOCOL_RESET_BEFORE_GREETING, STAGE_CONNECT, ended_with,
     .of = {ECONNRESET, EPIPE, ECONNABORTED}, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_REFUSED_BY_MIDDLEBOX, CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL}},

    {CAUSE_LOCAL_NOT_PERMITTED, STAGE_CONNECT, connect_failed_otherwise, .of = {ETIMEDOUT},
     CONFIDENCE_POSSIBLE, .alternatives = {CAUSE_LOCAL_FIREWALL}},

    /* errnos that ICMP caused, where the kernel does not tell its sender */
    {CAUSE_UNREACHABLE_HOST, STAGE_CONNECT, ended_with, .of = {EHOSTUNREACH, EHOSTDOWN},
     CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_FILTERED_REJECTED, CAUSE_UNREACHABLE_NEIGHBOUR, CAUSE_LOCAL_FIREWALL}},
    {CAUSE_UNREACHABLE_NETWORK, STAGE_CONNECT, ended_with, .of = {ENETUNREACH}, CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_FILTERED_REJECTED, CAUSE_LOCAL_FIREWALL}},
    {CAUSE_FILTERED_REJECTED, STAGE_CONNECT, ended_with, .of = {ENOPROTOOPT}, CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_LOCAL_FIREWALL}},
    {CAUSE_LOCAL_NOT_PERMITTED, STAGE_CONNECT, ended_with, .of = {EPERM, EACCES},
     CONFIDENCE_POSSIBLE, .alternatives = {CAUSE_LOCAL_FIREWALL, CAUSE_FILTERED_REJECTED}},
    {CAUSE_UNREACHABLE_HOST, STAGE_CONNECT, attempt_failed_otherwise, .of = {ETIMEDOUT},
     CONFIDENCE_POSSIBLE, .alternatives = {CAUSE_TIMED_OUT_CONNECT, CAUSE_FILTERED_DROPPED}},

    {CAUSE_LOCAL_FIREWALL, STAGE_CONNECT, retransmissions_stopped, .confidence = CONFIDENCE_LIKELY,
     .silence = true, .alternatives = {CAUSE_FILTERED_DROPPED}},
    {CAUSE_LOCAL_FIREWALL, STAGE_CONNECT, answers_stopped, .confidence = CONFIDENCE_POSSIBLE,
     .silence = true, .alternatives = {CAUSE_FILTERED_DROPPED}},
    {CAUSE_FILTERED_DROPPED, STAGE_CONNECT, alive_and_decisive_early,
     .confidence = CONFIDENCE_LIKELY, .silence = true,
     .alternatives = {CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL, CAUSE_FILTERED_REPLY_LOST,
                      CAUSE_UNREACHABLE_BEHIND_TARGET}},
    {CAUSE_FILTERED_DROPPED, STAGE_CONNECT, alive_and_decisive, .confidence = CONFIDENCE_LIKELY,
     .silence = true,
     .alternatives = {CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL, CAUSE_FILTERED_REPLY_LOST}},
    {CAUSE_FILTERED_DROPPED, STAGE_CONNECT, alive, .confidence = CONFIDENCE_POSSIBLE,
     .silence = true,
     .alternatives = {CAUSE_TIMED_OUT_CONNECT, CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL,
                      CAUSE_FILTERED_REPLY_LOST}},
    {CAUSE_TIMED_OUT_CONNECT, STAGE_CONNECT, always, .confidence = CONFIDENCE_POSSIBLE,
     .silence = true, .alternatives = {CAUSE_FILTERED_DROPPED, CAUSE_UNREACHABLE_HOST}},
};

const struct rule_table connect_table = RULE_TABLE(not_connected, rules);
