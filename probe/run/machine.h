/* What this machine knows about itself: asked only when an attempt failed or stays silent. */
#ifndef PROBE_RUN_MACHINE_H
#define PROBE_RUN_MACHINE_H

#include "probe/verdict/evidence.h"

/* Whether the address belongs to this machine (127.0.0.0/8 included). */
bool machine_owns(const struct ip *ip);

/* The errno of an RTM_GETROUTE for the address (rtnetlink(7)), 0 when there is a route: EACCES for
 * a prohibit route, EINVAL for a blackhole, EHOSTUNREACH, ENETUNREACH. */
int machine_route_error(const struct ip *ip);

/* The interface whose subnet holds the address, when that interface is down or has no carrier:
 * true and its name (INTERFACE_NAME bytes). */
bool machine_link_down(const struct ip *ip, char *ret_name);

/* Whether this machine could reach `ip` at all by its family: it has a global address of that
 * family, or `ip` is link-local or loopback and it has one of those. */
bool machine_has_family_of(const struct ip *ip);

/* Packets received and neither delivered nor forwarded so far, in this network namespace:
 * Ip InReceives - InDelivers - ForwDatagrams (RFC 4293 counters, /proc/net/snmp). */
uint64_t machine_input_drops(uint8_t family);

/* Kernels before 5.8 keep no error queue for TCP. */
bool machine_queues_tcp_errors(void);

#endif
