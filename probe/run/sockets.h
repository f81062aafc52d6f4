/* Sockets towards one address, and what the kernel says about them. */
#ifndef PROBE_RUN_SOCKETS_H
#define PROBE_RUN_SOCKETS_H

#include "probe/run/run.h"
#include <sys/socket.h>
#include <sys/un.h>

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

socklen_t socket_address_size(const union socket_address *address);
union socket_address socket_address_of(const struct ip *ip, uint16_t port);
union socket_address socket_address_of_path(const char *path); /* shorter than sun_path */
struct ip ip_of(const struct sockaddr *address);
bool ip_equal(const struct ip *a, const struct ip *b); /* scopes aside */
bool ip_same(const struct ip *a, const struct ip *b);  /* link-local ones on one link */
uint32_t ip_hash(const struct ip *ip);
/* A unix socket's: a digest of its path, with FAMILY_UNIX. */
struct ip ip_of_path(const char *path);
/* The path for people, ASCII only: '?' for the rest. */
void path_text(const char *path, char *to, size_t size);
bool ip_is_loopback(const struct ip *ip);

/* Numeric, with the scope id's interface name; `to` has 64 bytes. */
void ip_text(const struct ip *ip, char *to);

/* Whether the ACK of the SYN-ACK goes out at once, or is held back (socket_defer_ack). */
enum handshake_ack { ACK_AT_ONCE, ACK_DEFERRED };

/*
 * A non-blocking stream socket that has begun to connect (a unix socket is connected at once): the
 * descriptor, or a negative errno with the call that failed in *ret_call. Its error queue is on
 * unless `options` takes it away.
 */
int socket_connect(const union socket_address *to, const struct run_options *options,
                   enum handshake_ack ack, enum connect_call *ret_call);

/*
 * The kernel then holds back the ACK of the SYN-ACK for up to 0.2 s (TCP_DEFER_ACCEPT on the
 * connecting side, tcp_rcv_synsent_state_process()): the server's side stays in SYN-RECEIVED, and a
 * socket that is not wanted after all can be given up before the server accepts it.
 */
void socket_defer_ack(int fd);
void socket_ack_now(int fd);

/* On a path that loses packets: retransmits at even intervals instead of ever longer ones
 * (tcp(7), TCP_THIN_LINEAR_TIMEOUTS), so that the login arrives before the server's patience ends
 * (MariaDB's connect_timeout, 10 s, after which it counts the connection against this host). */
void socket_expect_loss(int fd);

/* Makes close() send RST: only for sockets whose ACK was deferred, which no server ever accepted.
 */
void socket_reset_on_close(int fd);

/* TCP_INFO: the state in short, and the facts that evidence keeps; a unix socket has none and
 * stands. The error queue must not speak for the state: reading it clears SO_ERROR although the
 * attempt failed. */
enum tcp_state { TCP_STATE_CONNECTING, TCP_STATE_CONNECTED, TCP_STATE_ENDED };
enum tcp_state socket_tcp_state(int fd, struct tcp_facts *ret_facts);

/* The pending error (SO_ERROR), which reading clears. */
int socket_error(int fd);

/* This end's address. */
struct ip socket_source(int fd);

/* One entry of the error queue that ends a connection attempt: ICMP errors of the types that
 * connect(2) fails for. False when there is none (left). */
struct queued_error {
    struct icmp_facts icmp;
    int error; /* the errno that the kernel made of it */
};
bool socket_queued_error(int fd, struct queued_error *ret_queued);

#endif
