/* The network said why: the first ICMP error is final (RFC 792, 1122, 1812, 4443). */
#include "probe/verdict/rules.h"

/* Family, type and code as one number that is never 0. */
#define V4(type, code) (0x40000 | (type) << 8 | (code))
#define V6(type, code) (0x60000 | (type) << 8 | (code))

enum {
    /* An own filter rejects at once. Neighbour resolution takes about 3 s (measured 3.05 s), less
     * only when an earlier packet had begun it. */
    AT_ONCE_US = 50000,
    NEIGHBOUR_US = 500000,
};

static int icmp_number(const struct icmp_facts *icmp)
{
    return icmp->family == 6 ? V6(icmp->type, icmp->code) : V4(icmp->type, icmp->code);
}

/* "Fragmentation needed" and "packet too big" only adjust the path's MTU. */
static bool network_answered(const struct facts *facts)
{
    const struct icmp_facts *icmp = &facts->evidence->connect.icmp;
    bool size = icmp->family == 6 ? icmp->type == 2 : icmp->type == 3 && icmp->code == 4;
    return !connected(facts->evidence) && icmp->seen && !size;
}

static bool from_self(const struct facts *facts, const struct rule *rule)
{
    const struct icmp_facts *icmp = &facts->evidence->connect.icmp;
    return icmp->from_self && rule_names(rule, icmp_number(icmp));
}

static bool from_self_late(const struct facts *facts, const struct rule *rule)
{
    return from_self(facts, rule) && facts->evidence->connect.icmp.after_us >= NEIGHBOUR_US;
}

static bool from_self_late_link_down(const struct facts *facts, const struct rule *rule)
{
    return from_self_late(facts, rule) && facts->evidence->connect.link_down;
}

static bool from_self_at_once(const struct facts *facts, const struct rule *rule)
{
    return from_self(facts, rule) && facts->evidence->connect.icmp.after_us < AT_ONCE_US;
}

/* On an own address "port unreachable" may be the target's own rule as well. */
static bool from_self_as_target(const struct facts *facts, const struct rule *rule)
{
    const struct connect_facts *connect = &facts->evidence->connect;
    return from_self(facts, rule) && (connect->loopback || connect->icmp.from_target);
}

static bool from_target(const struct facts *facts, const struct rule *rule)
{
    const struct icmp_facts *icmp = &facts->evidence->connect.icmp;
    return icmp->from_target && rule_names(rule, icmp_number(icmp));
}

static bool from_anyone(const struct facts *facts, const struct rule *rule)
{
    return rule_names(rule, icmp_number(&facts->evidence->connect.icmp));
}

/* The codes of "destination unreachable", the whole type of both families. */
#define HOST_CODES                                                                                 \
    {                                                                                              \
        V4(3, 1), V4(3, 7), V4(3, 12), V6(1, 3)                                                    \
    }
#define NETWORK_CODES                                                                              \
    {                                                                                              \
        V4(3, 0), V4(3, 6), V4(3, 11), V6(1, 0), V6(1, 2)                                          \
    }
#define PORT_CODES                                                                                 \
    {                                                                                              \
        V4(3, 3), V6(1, 4)                                                                         \
    }
#define POLICY_CODES                                                                               \
    {                                                                                              \
        V4(3, 2), V4(3, 9), V4(3, 10), V4(3, 13), V4(3, 14), V4(3, 15), V6(1, 1), V6(1, 5),        \
            V6(1, 6), V6(1, 7)                                                                     \
    }

static const struct rule rules[] = {
    {CAUSE_LOCAL_LINK_DOWN, STAGE_CONNECT, from_self_late_link_down, .of = HOST_CODES,
     CONFIDENCE_CERTAIN},
    {CAUSE_UNREACHABLE_NEIGHBOUR, STAGE_CONNECT, from_self_late, .of = HOST_CODES,
     CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_FIREWALL, STAGE_CONNECT, from_self_at_once, .of = HOST_CODES, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_UNREACHABLE_NEIGHBOUR}},
    {CAUSE_UNREACHABLE_NEIGHBOUR, STAGE_CONNECT, from_self, .of = HOST_CODES, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_LOCAL_FIREWALL}},
    {CAUSE_LOCAL_FIREWALL, STAGE_CONNECT, from_self_as_target, .of = PORT_CODES, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_FILTERED_PORT_UNREACHABLE}},
    {CAUSE_LOCAL_FIREWALL, STAGE_CONNECT, from_self, .of = PORT_CODES, CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_FIREWALL, STAGE_CONNECT, from_self, .of = NETWORK_CODES, CONFIDENCE_CERTAIN},
    {CAUSE_LOCAL_FIREWALL, STAGE_CONNECT, from_self, .of = POLICY_CODES, CONFIDENCE_CERTAIN},

    /* Filters can be told to answer with these two as well (nft: reject with icmp type). */
    {CAUSE_UNREACHABLE_NETWORK, STAGE_CONNECT, from_anyone, .of = NETWORK_CODES, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_FILTERED_REJECTED}},
    {CAUSE_UNREACHABLE_BEHIND_TARGET, STAGE_CONNECT, from_target, .of = HOST_CODES,
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_FILTERED_REJECTED}},
    {CAUSE_UNREACHABLE_HOST, STAGE_CONNECT, from_anyone, .of = HOST_CODES, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_FILTERED_REJECTED}},

    {CAUSE_FILTERED_REJECTED, STAGE_CONNECT, from_anyone, .of = POLICY_CODES, CONFIDENCE_CERTAIN},
    {CAUSE_FILTERED_PORT_UNREACHABLE, STAGE_CONNECT, from_anyone, .of = PORT_CODES,
     CONFIDENCE_CERTAIN},
    {CAUSE_UNREACHABLE_LOOP, STAGE_CONNECT, from_anyone, .of = {V4(11, 0), V6(3, 0)},
     CONFIDENCE_CERTAIN},

    {CAUSE_UNREACHABLE_HOST, STAGE_CONNECT, always, .confidence = CONFIDENCE_POSSIBLE,
     .alternatives = {CAUSE_FILTERED_REJECTED, CAUSE_UNREACHABLE_NETWORK}},
};

const struct rule_table icmp_table = RULE_TABLE(network_answered, rules);
