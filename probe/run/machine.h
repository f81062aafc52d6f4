/* What this machine knows about itself: asked only when an attempt failed or stays silent. */
#ifndef PROBE_RUN_MACHINE_H
#define PROBE_RUN_MACHINE_H

#include "probe/verdict/evidence.h"

/* Whether the address belongs to this machine (127.0.0.0/8 included). */
bool machine_owns(const struct ip *ip);

/* What an RTM_GETROUTE for the address answers (rtnetlink(7)). */
struct route {
    int error;          /* errno, 0 when there is a route: EACCES for a prohibit route, EINVAL for a
                           blackhole, EHOSTUNREACH, ENETUNREACH */
    unsigned interface; /* index of the outgoing one, 0 when not known */
};
struct route machine_route(const struct ip *ip);

/* Whether the interface towards the address (the route's, the scope's, or the one whose subnet
 * holds it) is down or has no carrier: true and its name (INTERFACE_NAME bytes). */
bool machine_link_down(const struct ip *ip, const struct route *route, char *ret_name);

/* Whether this machine could reach `ip` at all by its family: it has a global address of that
 * family, or `ip` is link-local or loopback and it has one of those. */
bool machine_has_family_of(const struct ip *ip);

/* Packets received and neither delivered nor forwarded so far, in this network namespace:
 * Ip InReceives - InDelivers - ForwDatagrams (RFC 4293 counters, /proc/net/snmp). */
uint64_t machine_input_drops(uint8_t family);

/* Kernels before 5.8 keep no error queue for TCP. */
bool machine_queues_tcp_errors(void);

#endif
