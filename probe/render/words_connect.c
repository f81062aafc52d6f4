/* What was seen of an address that could not be connected to. */
#include "probe/render/sentences.h"
#include "probe/render/text.h"
#include <errno.h>
#include <string.h>

static const struct connect_facts *connect_of(const struct address_result *address)
{
    return &address->evidence.connect;
}

static const char *connect_time(const struct address_result *address, char *to)
{
    return duration_text(address->evidence.stages[STAGE_CONNECT].duration_us, to);
}

/* ---- the network said why ---- */

static bool icmp_came(const struct address_result *address)
{
    return connect_of(address)->icmp.seen;
}

/* Who sent the message decides whom to ask: the host, this machine, or whoever is in between. */
static void tell_sender(struct words *words, const struct icmp_facts *icmp)
{
    char from[IP_TEXT];
    ip_numeric(&icmp->from, from);
    if (!from[0])
        say(words, "A sender without an address answered");
    else if (icmp->from_target)
        say(words, "%s, the target itself, answered", from);
    else if (icmp->from_self)
        say(words, "This machine's own kernel (%s) answered", from);
    else
        say(words, "%s, a router, answered", from);
}

static void tell_icmp(struct words *words, const struct report *report,
                      const struct address_result *address)
{
    const struct icmp_facts *icmp = &connect_of(address)->icmp;
    const char *name = icmp_name(icmp->family, icmp->type, icmp->code);
    char after[DURATION_TEXT];
    (void)report;
    tell_sender(words, icmp);
    go_on(words, " with %s", icmp->family == 6 ? "ICMPv6" : "ICMP");
    if (name)
        go_on(words, " \"%s\"", name);
    go_on(words, " (type %u, code %u) after %s.", icmp->type, icmp->code,
          duration_text(icmp->after_us, after));
    if (icmp->borrowed)
        say(words, "The message came for another connection of this run to the same address and "
                   "port.");
    if (connect_of(address)->link_down)
        say(words, "Interface %s is down or has no carrier.", connect_of(address)->interface);
}

/* ---- a call or the attempt ended with an errno ---- */

static bool family_unusable(const struct address_result *address)
{
    return connect_of(address)->family_unusable;
}

static void tell_family(struct words *words, const struct report *report,
                        const struct address_result *address)
{
    (void)report;
    say(words, "%s was not probed: this machine has no address to reach %s from.", address->text,
        strchr(address->text, ':') ? "IPv6" : "IPv4");
}

static bool socket_was_refused(const struct address_result *address)
{
    return connect_of(address)->unix_socket && connect_of(address)->error == ECONNREFUSED;
}

static void tell_socket_refused(struct words *words, const struct report *report,
                                const struct address_result *address)
{
    (void)report;
    if (connect_of(address)->no_socket)
        say(words, "%s is no stream socket.", address->text);
    else
        say(words, "%s is a socket that no server listens on any more.", address->text);
}

static bool was_refused(const struct address_result *address)
{
    return connect_of(address)->error == ECONNREFUSED;
}

/* Kernels without the error queue turn an ICMP port-unreachable into the same errno. */
static void tell_refused(struct words *words, const struct report *report,
                         const struct address_result *address)
{
    char after[DURATION_TEXT];
    connect_time(address, after);
    if (connect_of(address)->no_error_queue)
        say(words,
            "The attempt to connect to %s port %u was refused after %s; this kernel does not say "
            "whether by a reset or by an ICMP message.",
            address->text, report->target.port, after);
    else
        say(words, "%s answered the SYN to port %u with a reset after %s.", address->text,
            report->target.port, after);
}

static bool accepted_and_reset(const struct address_result *address)
{
    int error = connect_of(address)->error;
    return error == ECONNRESET || error == EPIPE || error == ECONNABORTED;
}

static void tell_accepted_and_reset(struct words *words, const struct report *report,
                                    const struct address_result *address)
{
    char after[DURATION_TEXT];
    say(words, "%s accepted the connection to port %u and reset it at once, after %s.",
        address->text, report->target.port, connect_time(address, after));
}

/* Name and words: the one to search for, the other to understand. */
static const char *error_text(int error, char *to, size_t size)
{
    to[0] = '\0';
    if (errno_name(error))
        text_add(to, size, tr("%s, "), errno_name(error));
    text_add(to, size, tr("\"%s\""), strerror(error));
    return to;
}

static bool call_failed(const struct address_result *address)
{
    enum connect_call call = connect_of(address)->failed_call;
    return call == CALL_SOCKET || call == CALL_BIND || call == CALL_CONNECT;
}

static void tell_call(struct words *words, const struct report *report,
                      const struct address_result *address)
{
    static const char *const calls[] = {
        [CALL_SOCKET] = "socket()", [CALL_BIND] = "bind()", [CALL_CONNECT] = "connect()"};
    const struct connect_facts *connect = connect_of(address);
    char error[SENTENCE / 2];
    (void)report;
    say(words,
        connect->failed_call == CALL_CONNECT
            ? N_("On this machine, %s to %s failed with %s; nothing was sent.")
            : N_("On this machine, %s on the way to %s failed with %s; nothing was sent."),
        calls[connect->failed_call], address->text,
        error_text(connect->error, error, sizeof error));
    if (connect->route_error)
        say(words, "The routing table, asked for the address alone, says %s.",
            error_text(connect->route_error, error, sizeof error));
    if (connect->link_down)
        say(words, "Interface %s is down or has no carrier.", connect->interface);
}

static bool attempt_failed(const struct address_result *address)
{
    return connect_of(address)->error != 0;
}

static void tell_attempt(struct words *words, const struct report *report,
                         const struct address_result *address)
{
    char error[SENTENCE / 2], after[DURATION_TEXT];
    say(words, "The attempt to connect to %s port %u ended with %s after %s.", address->text,
        report->target.port, error_text(connect_of(address)->error, error, sizeof error),
        connect_time(address, after));
    if (connect_of(address)->no_error_queue)
        say(words, "This kernel does not say who answered, or with which ICMP message.");
}

/* ---- silence ---- */

static bool always(const struct address_result *address)
{
    (void)address;
    return true;
}

static void add_controls(char *to, size_t size, const struct life_facts *life)
{
    to[0] = '\0';
    if (life->control_syns)
        text_add(to, size, tr("%u of %u %s to port %u"), life->control_answers,
                 COUNTED(life->control_syns, "SYN"), life->control_port);
    if (life->control_syns && life->echo_requests)
        text_add(to, size, "%s", tr(" and "));
    if (life->echo_requests)
        text_add(to, size, tr("%u of %u %s"), life->echo_answers,
                 COUNTED(life->echo_requests, "echo request"));
}

static void tell_life(struct words *words, const struct life_facts *life)
{
    char controls[SENTENCE / 2];
    add_controls(controls, sizeof controls, life);
    if (!controls[0])
        return;
    if (life->control_answers || life->echo_answers)
        say(words, "Meanwhile the host answered %s, so it is alive.", controls);
    else
        say(words, "No other sign of life came: it answered %s.", controls);
    if (life->lossy)
        say(words, "Some of its answers are missing: packets get lost on the way.");
}

/* The kernel counts a retransmission that its own filter stopped, yet has none under way
 * (measured). */
static void tell_own_filter(struct words *words, const struct connect_facts *connect)
{
    if (connect->tcp.total_retrans && !connect->tcp.retrans)
        say(words, "The kernel counted %u %s of the SYN and could not send them.",
            COUNTED(connect->tcp.total_retrans, "retransmission"));
    else if (connect->life.input_drops)
        say(words, "Meanwhile %u %s reached this machine and went to no socket.",
            COUNTED(connect->life.input_drops, "packet"));
}

/* Without control connections the kernel's own SYN is the only one. */
static void tell_silence(struct words *words, const struct report *report,
                         const struct address_result *address)
{
    const struct connect_facts *connect = connect_of(address);
    unsigned first = connect->life.target_syns ? connect->life.target_syns : 1;
    char after[DURATION_TEXT];
    say(words, "No answer to %u %s to %s port %u in %s.",
        COUNTED(first + connect->tcp.total_retrans, "SYN"), address->text, report->target.port,
        connect_time(address, after));
    if (address->verdict.cause == CAUSE_LOCAL_FIREWALL)
        tell_own_filter(words, connect);
    if (connect->life.ran)
        tell_life(words, &connect->life);
    else if (address->evidence.only_port)
        say(words, "The host was asked for nothing else (--only-port).");
}

const struct kind connect_kinds[] = {
    {icmp_came, tell_icmp},
    {family_unusable, tell_family},
    {socket_was_refused, tell_socket_refused},
    {was_refused, tell_refused},
    {accepted_and_reset, tell_accepted_and_reset},
    {call_failed, tell_call},
    {attempt_failed, tell_attempt},
    {always, tell_silence},
};
