#include "probe/run/machine.h"
#include "probe/run/sockets.h"
#include <errno.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Calls `accept` for each interface address of this machine until it says true. */
static bool any_address(bool (*accept)(const struct ifaddrs *address, void *context), void *context)
{
    struct ifaddrs *list;
    bool found = false;
    if (getifaddrs(&list) < 0)
        return false;
    for (const struct ifaddrs *at = list; at && !found; at = at->ifa_next)
        found = at->ifa_addr && accept(at, context);
    freeifaddrs(list);
    return found;
}

static bool is_this(const struct ifaddrs *address, void *context)
{
    struct ip ip = ip_of(address->ifa_addr);
    return ip_equal(&ip, context);
}

bool machine_owns(const struct ip *ip)
{
    struct ip copy = *ip;
    return ip_is_loopback(ip) || any_address(is_this, &copy);
}

static bool in_subnet(const struct ip *ip, const struct ifaddrs *address)
{
    if (!address->ifa_netmask)
        return false;
    struct ip own = ip_of(address->ifa_addr);
    union socket_address mask_address = {0};
    memcpy(&mask_address, address->ifa_netmask,
           own.family == 6 ? sizeof mask_address.v6 : sizeof mask_address.v4);
    /* getifaddrs leaves the netmask's family as the address's. */
    mask_address.any.sa_family = address->ifa_addr->sa_family;
    struct ip mask = ip_of(&mask_address.any);
    for (size_t i = 0; i < sizeof own.bytes; i++)
        if ((own.bytes[i] ^ ip->bytes[i]) & mask.bytes[i])
            return false;
    return own.family == ip->family;
}

struct link_question {
    const struct ip *ip;
    char *name;
};

static bool is_dead_link(const struct ifaddrs *address, void *context)
{
    struct link_question *question = context;
    unsigned alive = IFF_UP | IFF_RUNNING;
    if ((address->ifa_flags & alive) == alive || !in_subnet(question->ip, address))
        return false;
    snprintf(question->name, INTERFACE_NAME, "%.15s", address->ifa_name);
    return true;
}

static bool is_interface_dead(unsigned index, char *name)
{
    char found[IF_NAMESIZE];
    struct ifreq request = {0};
    if (!index || !if_indextoname(index, found))
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    memcpy(request.ifr_name, found, sizeof found);
    bool known = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    close(fd);
    snprintf(name, INTERFACE_NAME, "%.15s", found);
    return known && (~(unsigned)request.ifr_flags & (IFF_UP | IFF_RUNNING));
}

bool machine_link_down(const struct ip *ip, const struct route *route, char *ret_name)
{
    struct link_question question = {.ip = ip, .name = ret_name};
    return is_interface_dead(ip->scope, ret_name) ||
           is_interface_dead(route->interface, ret_name) || any_address(is_dead_link, &question);
}

enum reach { REACH_LOOPBACK, REACH_LINK, REACH_GLOBAL };

static enum reach reach_of(const struct ip *ip)
{
    if (ip_is_loopback(ip))
        return REACH_LOOPBACK;
    bool link_local = ip->family == 6 ? ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80
                                      : ip->bytes[0] == 169 && ip->bytes[1] == 254;
    return link_local ? REACH_LINK : REACH_GLOBAL;
}

static bool is_family_of(const struct ifaddrs *address, void *context)
{
    const struct ip *ip = context;
    struct ip own = ip_of(address->ifa_addr);
    return own.family == ip->family && reach_of(&own) == reach_of(ip);
}

bool machine_has_family_of(const struct ip *ip)
{
    struct ip copy = *ip;
    return any_address(is_family_of, &copy);
}

static void route_request(char *buffer, const struct ip *ip)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = RTM_GETROUTE;
    header->nlmsg_flags = NLM_F_REQUEST;
    struct rtmsg *route = mnl_nlmsg_put_extra_header(header, sizeof *route);
    route->rtm_family = ip->family == 6 ? AF_INET6 : AF_INET;
    route->rtm_dst_len = ip->family == 6 ? 128 : 32;
    mnl_attr_put(header, RTA_DST, ip->family == 6 ? 16 : 4, ip->bytes);
    if (ip->scope)
        mnl_attr_put_u32(header, RTA_OIF, ip->scope);
}

static int take_interface(const struct nlattr *attribute, void *context)
{
    unsigned *interface = context;
    if (mnl_attr_get_type(attribute) == RTA_OIF && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
        *interface = mnl_attr_get_u32(attribute);
    return MNL_CB_OK;
}

static struct route route_answer(struct mnl_socket *socket)
{
    char buffer[8192];
    struct route route = {0};
    ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
    const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)buffer;
    if (length <= 0 || !mnl_nlmsg_ok(header, (int)length))
        return route;
    if (header->nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);
        route.error = error->error < 0 ? -error->error : 0;
    } else if (header->nlmsg_type == RTM_NEWROUTE) {
        mnl_attr_parse(header, sizeof(struct rtmsg), take_interface, &route.interface);
    }
    return route;
}

struct route machine_route(const struct ip *ip)
{
    char buffer[256] = {0};
    struct route route = {0};
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!socket)
        return route;
    route_request(buffer, ip);
    const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)buffer;
    /* The kernel answers RTM_GETROUTE within the send: the answer is there to be read. */
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
        mnl_socket_sendto(socket, buffer, header->nlmsg_len) > 0)
        route = route_answer(socket);
    mnl_socket_close(socket);
    return route;
}

/* "Ip: name name …" over "Ip: 1 2 …": the value under `name`, 0 when it is not there. */
static uint64_t column(const char *names, const char *values, const char *name)
{
    char *names_at = NULL, *values_at = NULL;
    char names_copy[2048], values_copy[2048];
    snprintf(names_copy, sizeof names_copy, "%s", names);
    snprintf(values_copy, sizeof values_copy, "%s", values);
    const char *title = strtok_r(names_copy, " \n", &names_at);
    const char *value = strtok_r(values_copy, " \n", &values_at);
    while (title && value && strcmp(title, name) != 0) {
        title = strtok_r(NULL, " \n", &names_at);
        value = strtok_r(NULL, " \n", &values_at);
    }
    return title && value ? strtoull(value, NULL, 10) : 0;
}

static uint64_t input_drops_v4(FILE *file)
{
    char names[2048], values[2048];
    while (fgets(names, sizeof names, file) && fgets(values, sizeof values, file))
        if (strncmp(names, "Ip: ", 4) == 0)
            return column(names, values, "InReceives") - column(names, values, "InDelivers") -
                   column(names, values, "ForwDatagrams");
    return 0;
}

/* /proc/net/snmp6 has one "Ip6Name value" a line. */
static uint64_t input_drops_v6(FILE *file)
{
    char name[64];
    unsigned long long value;
    uint64_t drops = 0;
    while (fscanf(file, "%63s %llu", name, &value) == 2) {
        if (strcmp(name, "Ip6InReceives") == 0)
            drops += value;
        if (strcmp(name, "Ip6InDelivers") == 0 || strcmp(name, "Ip6OutForwDatagrams") == 0)
            drops -= value;
    }
    return drops;
}

uint64_t machine_input_drops(uint8_t family)
{
    FILE *file = fopen(family == 6 ? "/proc/net/snmp6" : "/proc/net/snmp", "re");
    if (!file)
        return 0;
    uint64_t drops = family == 6 ? input_drops_v6(file) : input_drops_v4(file);
    fclose(file);
    return drops;
}

bool machine_queues_tcp_errors(void)
{
    struct utsname name;
    unsigned major = 0, minor = 0;
    if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
        return true;
    return major > 5 || (major == 5 && minor >= 8);
}
