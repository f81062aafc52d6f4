#include "probe/run/echo.h"
#include "probe/run/signs_of_life.h"
#include <sys/socket.h>

/* RFC 792 and RFC 4443; the system's headers for them define a struct ip of their own. */
enum { ECHO_REQUEST_V4 = 8, ECHO_REQUEST_V6 = 128 };

/* Each datagram costs the host one of the 6 ICMP errors that it sends to us before its rate limit,
 * and the one about the port itself may still be to come (measured: 8 datagrams hid it). */
enum { DATAGRAMS = LIFE_ANSWERS_WANTED };

static struct life_facts *life_of(const struct echo *echo)
{
    return &echo->attempt->evidence->connect.life;
}

static void ready(struct watch *watch, uint32_t events)
{
    struct echo *echo = OWNER(watch, struct echo, watch);
    struct queued_error queued;
    uint8_t bytes[256];
    bool answered = false;
    while ((events & EPOLLERR) && socket_queued_error(watch->fd, &queued))
        answered |= ip_equal(&queued.icmp.from, &echo->attempt->ip);
    while (recv(watch->fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        answered = true;
    (void)socket_error(watch->fd);
    if (answered)
        life_of(echo)->echo_answers++;
}

static int open_socket(const struct attempt *attempt, bool udp)
{
    int family = attempt->to.any.sa_family;
    int protocol = udp ? IPPROTO_UDP : family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    if (!udp && (attempt->shared->options->without & WITHOUT_PING))
        return -1;
    return socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static bool watch_answers(struct echo *echo)
{
    struct attempt *attempt = echo->attempt;
    union socket_address to = socket_address_of(&attempt->ip, life_of(echo)->control_port);
    int fd = echo->watch.fd;
    int on = 1;
    (void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    return connect(fd, &to.any, socket_address_size(&to)) == 0 &&
           loop_watch(attempt->shared->loop, &echo->watch, EPOLLIN) == 0;
}

void echo_begin(struct echo *echo, struct attempt *attempt)
{
    int fd = open_socket(attempt, false);
    *echo = (struct echo){.attempt = attempt, .is_udp = fd < 0};
    if (fd < 0)
        fd = open_socket(attempt, true);
    echo->watch = (struct watch){.fd = fd, .ready = ready};
    if (fd >= 0 && !watch_answers(echo))
        loop_unwatch(attempt->shared->loop, &echo->watch);
}

/* The kernel fills in identifier and checksum of a ping socket's request. */
bool echo_send(struct echo *echo)
{
    struct life_facts *life = life_of(echo);
    bool v6 = echo->attempt->to.any.sa_family == AF_INET6;
    uint8_t request[8] = {v6 ? ECHO_REQUEST_V6 : ECHO_REQUEST_V4};
    request[7] = life->echo_requests;
    if (echo->watch.fd < 0 || (echo->is_udp && life->echo_requests >= DATAGRAMS))
        return false;
    if (send(echo->watch.fd, request, sizeof request, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return false;
    life->echo_requests++;
    return true;
}
