/*
 * libmariadb's login behind the wire's, on a thread of its own: the loop never waits for it, and
 * leaves it to itself at the deadline.
 */
#ifndef PROBE_RUN_SECOND_OPINION_H
#define PROBE_RUN_SECOND_OPINION_H

#include "probe/run/client_order.h"
#include "probe/run/workers.h"

/* Threads that do nothing else; who finds none free waits. */
enum { CLIENT_THREADS = 16 };

int clients_new(struct loop *loop, struct workers **ret_clients); /* 0 or -ENOMEM */

struct call;

/* Zeroed but for what the owner sets: loop to done. */
struct second_opinion {
    struct loop *loop;
    struct workers *clients;
    struct client_evidence *evidence;
    void (*done)(struct second_opinion *opinion); /* last */

    struct call *call; /* with a thread; NULL: with none */
    struct timer timer;
    uint64_t begin_us;
    uint64_t end_us;
};

/* Logs in, if the wire says that it may and if `needed_us` are left until the deadline. `done` may
 * be called before this returns. */
void second_opinion_begin(struct second_opinion *opinion, const struct wire *wire,
                          uint64_t needed_us, uint64_t deadline_us);

/* The run ends: takes what is known, without `done`. */
void second_opinion_cut(struct second_opinion *opinion);

#endif
