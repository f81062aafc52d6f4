/* What a target's text says: a host and a port, or the path of a unix socket, and how to connect
 * there; or several of these, a group that counts as one target. */
#ifndef PROBE_INPUT_TARGET_H
#define PROBE_INPUT_TARGET_H

#include "probe/input/settings.h"

enum {
    DEFAULT_PORT = 2883,
    TARGET_PROBLEM = 256,
    HOST_NAME = 256,
    SOCKET_PATH = 107, /* bytes: sockaddr_un without the NUL */
    GROUP_HOSTS = 64,  /* at most, of one target */
};

/* How a driver uses the hosts of a group: in MODE_REPLICATION it needs all of them, otherwise any
 * one. */
enum group_mode { MODE_FAILOVER, MODE_SEQUENTIAL, MODE_LOADBALANCE, MODE_REPLICATION };

/* "failover", as in the URLs. */
const char *group_mode_name(enum group_mode mode);

struct target {
    char *input;    /* as typed, without passwords; HOST PORT and a relative path as a text that is
                       a target again */
    char *host;     /* without brackets; "" of a socket */
    char *socket;   /* path, NULL for TCP */
    uint16_t port;  /* 0 of a socket */
    uint32_t line;  /* of the targets file, 0 for none */
    uint32_t index; /* in the order of the input, from 0; whoever hands out the targets sets it */

    struct target_settings *settings; /* held; NULL where the text says nothing but where */
    enum group_mode mode;
    struct target *others; /* further hosts of a group, owned: `others` and `input` of these are
                              NULL and their line and index 0 */
    size_t other_count;
};

/* The port of a target that names none. */
struct ports {
    uint16_t given;     /* for all, 0: none */
    uint16_t otherwise; /* where the scheme of a URL has none of its own */
};

/*
 * Problems are one line each, shorter than TARGET_PROBLEM bytes with the NUL. They never repeat a
 * password.
 *
 * Parses `text`:
 *
 *     host  host:port  [v6]:port  a bare IPv6 address, with a scope id in both spellings
 *     /path/to/socket  ./socket
 *     mysql://  mariadb://  oceanbase://  jdbc:mysql:  jdbc:mariadb:  jdbc:oceanbase:
 *     user:password@tcp(host:port)/database
 *
 * 0, or -EINVAL with the problem in `ret_problem`, or -ENOMEM. `*ret_target` owns its strings:
 * target_clear(); passwords in it point into the text, which must outlive it.
 */
int target_parse(const char *text, const struct ports *ports, struct target *ret_target,
                 char *ret_problem);

/* The two-operand form HOST PORT of telnet and nc. */
int target_parse_pair(const char *host, const char *port, struct target *ret_target,
                      char *ret_problem);

/* The path of a socket, which may also be a bare file name. */
int target_parse_socket(const char *path, struct target *ret_target, char *ret_problem);

/* A port alone, 1 to 65535; -EINVAL and the problem otherwise. */
int port_parse(const char *text, uint16_t *ret_port, char *ret_problem);

void target_clear(struct target *target);

#endif
