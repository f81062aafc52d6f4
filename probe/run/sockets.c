#include "probe/run/sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

socklen_t socket_address_size(const union socket_address *address)
{
    if (address->any.sa_family == AF_UNIX)
        return sizeof address->local;
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

union socket_address socket_address_of(const struct ip *ip, uint16_t port)
{
    union socket_address address = {0};
    if (ip->family == 6) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons(port);
        address.v6.sin6_scope_id = ip->scope;
        memcpy(&address.v6.sin6_addr, ip->bytes, 16);
    } else {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(port);
        memcpy(&address.v4.sin_addr, ip->bytes, 4);
    }
    return address;
}

union socket_address socket_address_of_path(const char *path)
{
    union socket_address address = {0};
    address.local.sun_family = AF_UNIX;
    snprintf(address.local.sun_path, sizeof address.local.sun_path, "%s", path);
    return address;
}

/* An IPv4-mapped IPv6 address is what it maps: the sockets of this program are of one family. */
static struct ip ip_of_v6(const struct sockaddr_in6 *address)
{
    struct ip ip = {.family = 6, .scope = address->sin6_scope_id};
    if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr)) {
        ip.family = 4;
        ip.scope = 0;
        memcpy(ip.bytes, address->sin6_addr.s6_addr + 12, 4);
    } else {
        memcpy(ip.bytes, &address->sin6_addr, 16);
    }
    return ip;
}

struct ip ip_of(const struct sockaddr *address)
{
    union socket_address copy = {0};
    struct ip ip = {0};
    if (address->sa_family == AF_INET6) {
        memcpy(&copy.v6, address, sizeof copy.v6);
        return ip_of_v6(&copy.v6);
    }
    if (address->sa_family == AF_INET) {
        memcpy(&copy.v4, address, sizeof copy.v4);
        ip.family = 4;
        memcpy(ip.bytes, &copy.v4.sin_addr, 4);
    }
    return ip;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool ip_same(const struct ip *a, const struct ip *b)
{
    return ip_equal(a, b) && a->scope == b->scope;
}

/* FNV-1a over the address. */
uint32_t ip_hash(const struct ip *ip)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < sizeof ip->bytes; i++)
        hash = (hash ^ ip->bytes[i]) * 16777619u;
    return hash;
}

struct ip ip_of_path(const char *path)
{
    uint8_t digest[SHA256_DIGEST_LENGTH] = {0};
    struct ip ip = {.family = FAMILY_UNIX};
    (void)SHA256((const uint8_t *)path, strlen(path), digest);
    memcpy(ip.bytes, digest, sizeof ip.bytes);
    return ip;
}

void path_text(const char *path, char *to, size_t size)
{
    size_t length = 0;
    for (; path[length] && length < size - 1; length++)
        to[length] = (char)(path[length] < ' ' || path[length] > '~' ? '?' : path[length]);
    to[length] = '\0';
}

bool ip_is_loopback(const struct ip *ip)
{
    static const uint8_t one[16] = {[15] = 1};
    return ip->family == 4 ? ip->bytes[0] == 127
                           : ip->family == 6 && memcmp(ip->bytes, one, 16) == 0;
}

void ip_text(const struct ip *ip, char *to)
{
    char name[IF_NAMESIZE];
    to[0] = '\0';
    if (!ip->family)
        return;
    inet_ntop(ip->family == 6 ? AF_INET6 : AF_INET, ip->bytes, to, INET6_ADDRSTRLEN);
    size_t length = strlen(to);
    if (ip->scope && if_indextoname(ip->scope, name))
        snprintf(to + length, 64 - length, "%%%s", name);
    else if (ip->scope)
        snprintf(to + length, 64 - length, "%%%u", ip->scope);
}

static void set(int fd, int level, int option, int value)
{
    /* A kernel without the option only gives less evidence. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

static void queue_errors(int fd, int family)
{
    if (family == AF_INET6)
        set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
    else
        set(fd, IPPROTO_IP, IP_RECVERR, 1);
}

static bool bind_source(int fd, const struct run_options *options)
{
    union socket_address source = {0};
    memcpy(&source, &options->bind_to, sizeof source);
    /* The port is chosen at connect(), by the whole 4-tuple: many more connections fit. */
    set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    return bind(fd, &source.any, socket_address_size(&source)) == 0;
}

static enum connect_call begin_unix(int fd, const union socket_address *to)
{
    return connect(fd, &to->any, socket_address_size(to)) < 0 ? CALL_CONNECT : CALL_NONE;
}

/* Deferred before the SYN goes out: on veth and loopback the SYN-ACK arrives inside connect(). */
static enum connect_call begin(int fd, const union socket_address *to,
                               const struct run_options *options, enum handshake_ack ack)
{
    /* A login is a few small packets in a row: none waits for the ACK of the one before. */
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (ack == ACK_DEFERRED)
        socket_defer_ack(fd);
    if (!(options->without & WITHOUT_ERROR_QUEUE))
        queue_errors(fd, to->any.sa_family);
    if (options->bind_to.ss_family && !bind_source(fd, options))
        return CALL_BIND;
    if (connect(fd, &to->any, socket_address_size(to)) < 0 && errno != EINPROGRESS)
        return CALL_CONNECT;
    return CALL_NONE;
}

int socket_connect(const union socket_address *to, const struct run_options *options,
                   enum handshake_ack ack, enum connect_call *ret_call)
{
    int fd = -1;
    if (to->any.sa_family == AF_INET6 && (options->without & WITHOUT_IPV6))
        errno = EAFNOSUPPORT;
    else
        fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        *ret_call = CALL_SOCKET;
        return -errno;
    }
    enum connect_call failed =
        to->any.sa_family == AF_UNIX ? begin_unix(fd, to) : begin(fd, to, options, ack);
    if (failed == CALL_NONE)
        return fd;
    int error = errno;
    close(fd);
    *ret_call = failed;
    return -error;
}

void socket_defer_ack(int fd)
{
    set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
}

void socket_ack_now(int fd)
{
    set(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

void socket_expect_loss(int fd)
{
    set(fd, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1);
}

void socket_reset_on_close(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* RFC 793's states as the kernel numbers them in tcpi_state. */
enum { STATE_SYN_SENT = 2, STATE_CLOSE = 7 };

enum tcp_state socket_tcp_state(int fd, struct tcp_facts *ret_facts)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return errno == EOPNOTSUPP ? TCP_STATE_CONNECTED : TCP_STATE_ENDED;
    *ret_facts = (struct tcp_facts){
        .rtt_us = info.tcpi_rtt,
        .total_retrans = info.tcpi_total_retrans,
        .retransmits = info.tcpi_retransmits,
        .retrans = info.tcpi_retrans,
        .segs_in = info.tcpi_segs_in,
        .unacked = info.tcpi_unacked,
    };
    if (info.tcpi_state == STATE_SYN_SENT)
        return TCP_STATE_CONNECTING;
    return info.tcpi_state == STATE_CLOSE ? TCP_STATE_ENDED : TCP_STATE_CONNECTED;
}

int socket_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return errno;
    return error;
}

struct ip socket_source(int fd)
{
    union socket_address address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) < 0)
        return (struct ip){0};
    struct ip ip = ip_of(&address.any);
    return ip;
}

/* Fragmentation needed (3/4, ICMPv6 2/0) tells the path's MTU and ends nothing. */
static bool ends_the_attempt(const struct sock_extended_err *entry)
{
    if (entry->ee_origin == SO_EE_ORIGIN_ICMP)
        return (entry->ee_type == 3 && entry->ee_code != 4) || entry->ee_type == 11;
    if (entry->ee_origin == SO_EE_ORIGIN_ICMP6)
        return entry->ee_type == 1 || entry->ee_type == 3;
    return false;
}

static const struct sock_extended_err *entry_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
        bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
        if ((v4 || v6) &&
            c->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in)))
            return (const struct sock_extended_err *)CMSG_DATA(c);
    }
    return NULL;
}

/* A unix socket has no error queue, and would give its data in its place. */
static bool has_error_queue(int fd)
{
    int domain = AF_UNIX;
    socklen_t size = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain != AF_UNIX;
}

bool socket_queued_error(int fd, struct queued_error *ret_queued)
{
    /* The queue is short; the bound only keeps a defect from becoming a loop. */
    for (int i = 0; i < 16 && has_error_queue(fd); i++) {
        char payload[64];
        _Alignas(struct cmsghdr) char control[512];
        struct iovec part = {.iov_base = payload, .iov_len = sizeof payload};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return false;
        const struct sock_extended_err *entry = entry_of(&message);
        if (!entry || !ends_the_attempt(entry))
            continue;
        *ret_queued = (struct queued_error){.error = (int)entry->ee_errno};
        ret_queued->icmp.seen = true;
        ret_queued->icmp.family = entry->ee_origin == SO_EE_ORIGIN_ICMP6 ? 6 : 4;
        ret_queued->icmp.type = entry->ee_type;
        ret_queued->icmp.code = entry->ee_code;
        ret_queued->icmp.from = ip_of(SO_EE_OFFENDER(entry));
        return true;
    }
    return false;
}
