/*
 * Name resolution beside the loop: getaddrinfo() on worker threads, because the question is what an
 * application on this machine sees (nsswitch, hosts file), and because getaddrinfo() blocks.
 *
 * A query that never answers holds nothing up: see workers.h.
 */
#ifndef PROBE_RUN_RESOLVER_H
#define PROBE_RUN_RESOLVER_H

#include "probe/run/workers.h"
#include <netdb.h>

enum { RESOLVER_THREADS = 64 };

struct query;

/* The answer; `addresses` is NULL unless eai is 0, and belongs to the query. */
struct answer {
    int eai;
    int system_error;
    struct addrinfo *addresses;
};

/* The threads for it; freed by workers_free(). 0 or -ENOMEM. */
int resolver_new(struct loop *loop, struct workers **ret_resolver);

/* Asks for the addresses of `host` (copied). `answered` is called from the loop; the query is gone
 * after that call. */
int resolver_ask(struct workers *resolver, const char *host, int family,
                 void (*answered)(void *context, const struct answer *answer), void *context,
                 struct query **ret_query);

/* When a thread took the query (CLOCK_MONOTONIC), 0 while it still waits for a thread. */
uint64_t query_asked_us(const struct query *query);

/* The loop gives the query up; `answered` is not called any more. */
void query_abandon(struct query *query);

#endif
