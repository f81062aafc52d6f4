#include "probe/run/admission.h"
#include "probe/run/attempt.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096, SECOND_US = 1000 * 1000 };

struct address_limit {
    struct address_limit *next;
    struct ip ip;
    unsigned at_once;
    uint16_t ports[ADDRESS_AT_ONCE];         /* of those at once, 0 where there is none */
    unsigned oldest;                         /* index into started_us */
    uint64_t started_us[ADDRESS_PER_SECOND]; /* the last starts, a ring */
};

struct admission {
    struct loop *loop;
    struct timer timer;
    struct ticket *first;
    struct ticket **end;
    size_t waiting;
    size_t in_flight;
    size_t at_once;
    bool closed;
    uint64_t interval_us; /* between two starts, 0 for no limit */
    uint64_t next_us;
    bool serving;
    struct address_limit *buckets[BUCKETS];
};

static uint64_t newest_start(const struct address_limit *limit)
{
    return limit->started_us[(limit->oldest + ADDRESS_PER_SECOND - 1) % ADDRESS_PER_SECOND];
}

/* The entry of an address; on the way those that limit nothing any more are freed. */
static struct address_limit *find(struct admission *admission, const struct ip *ip)
{
    struct address_limit **link = &admission->buckets[ip_hash(ip) % BUCKETS];
    uint64_t now = monotonic_us();
    while (*link && !ip_same(&(*link)->ip, ip)) {
        struct address_limit *other = *link;
        if (other->at_once || newest_start(other) + SECOND_US > now) {
            link = &other->next;
            continue;
        }
        *link = other->next;
        free(other);
    }
    if (!*link && (*link = calloc(1, sizeof **link)))
        (*link)->ip = *ip;
    return *link;
}

/* The slot that holds the port (0: the first free one), ADDRESS_AT_ONCE when there is none. */
static unsigned port_slot(const struct address_limit *limit, uint16_t port)
{
    unsigned slot = 0;
    while (slot < ADDRESS_AT_ONCE && limit->ports[slot] != port)
        slot++;
    return slot;
}

/* 0 when the address may be connected to now, else when to look again; UINT64_MAX: at a leave. */
static uint64_t blocked_until(const struct admission *admission, const struct address_limit *limit,
                              uint16_t port)
{
    uint64_t now = monotonic_us();
    uint64_t oldest = limit->started_us[limit->oldest];
    if (admission->closed || admission->in_flight >= admission->at_once ||
        limit->at_once >= ADDRESS_AT_ONCE || port_slot(limit, port) < ADDRESS_AT_ONCE)
        return UINT64_MAX;
    if (oldest && oldest + SECOND_US > now)
        return oldest + SECOND_US;
    return admission->next_us > now ? admission->next_us : 0;
}

static void admit(struct admission *admission, struct ticket *ticket, struct address_limit *limit)
{
    uint64_t now = monotonic_us();
    uint64_t from = admission->next_us > now ? admission->next_us : now;
    ticket->limit = limit;
    limit->ports[port_slot(limit, 0)] = ticket->port;
    limit->at_once++;
    limit->started_us[limit->oldest] = now;
    limit->oldest = (limit->oldest + 1) % ADDRESS_PER_SECOND;
    admission->in_flight++;
    if (admission->interval_us)
        admission->next_us = from + admission->interval_us;
    ticket->admitted(ticket);
}

static void wait_for(struct admission *admission, uint64_t due_us)
{
    if (due_us != UINT64_MAX && (!admission->timer.set || due_us < admission->timer.due_us))
        timer_set(admission->loop, &admission->timer, due_us);
}

static void unlink_ticket(struct ticket *ticket)
{
    struct admission *admission = ticket->admission;
    *ticket->link = ticket->next;
    if (ticket->next)
        ticket->next->link = ticket->link;
    else
        admission->end = ticket->link;
    ticket->link = NULL;
    admission->waiting--;
}

/* Admits the first that may go. False when none may. */
static bool admit_one(struct admission *admission)
{
    for (struct ticket *ticket = admission->first; ticket; ticket = ticket->next) {
        struct address_limit *limit = find(admission, &ticket->ip);
        uint64_t until = limit ? blocked_until(admission, limit, ticket->port) : UINT64_MAX;
        if (until == 0) {
            unlink_ticket(ticket);
            admit(admission, ticket, limit);
            return true;
        }
        wait_for(admission, until);
        if (admission->in_flight >= admission->at_once)
            return false;
    }
    return false;
}

/* A callback that ends its connection at once comes back here: the outer call goes on. */
static void serve(struct admission *admission)
{
    if (admission->serving)
        return;
    admission->serving = true;
    while (admit_one(admission))
        ;
    admission->serving = false;
}

static void fire(struct timer *timer)
{
    serve(OWNER(timer, struct admission, timer));
}

int admission_new(struct loop *loop, const struct run_options *options, size_t at_once,
                  struct admission **ret)
{
    struct admission *admission = calloc(1, sizeof *admission);
    if (!admission)
        return -ENOMEM;
    admission->loop = loop;
    admission->timer.fire = fire;
    admission->end = &admission->first;
    admission->at_once = at_once ? at_once : 1;
    admission->interval_us = options->rate ? SECOND_US / options->rate : 0;
    *ret = admission;
    return 0;
}

void admission_free(struct admission *admission)
{
    if (!admission)
        return;
    timer_cancel(admission->loop, &admission->timer);
    for (size_t i = 0; i < BUCKETS; i++)
        while (admission->buckets[i]) {
            struct address_limit *limit = admission->buckets[i];
            admission->buckets[i] = limit->next;
            free(limit);
        }
    free(admission);
}

int admission_enter(struct admission *admission, struct ticket *ticket)
{
    struct address_limit *limit = find(admission, &ticket->ip);
    if (!limit)
        return -ENOMEM;
    ticket->admission = admission;
    uint64_t until = blocked_until(admission, limit, ticket->port);
    if (until == 0) {
        admit(admission, ticket, limit);
        return 0;
    }
    ticket->next = NULL;
    ticket->link = admission->end;
    *admission->end = ticket;
    admission->end = &ticket->next;
    admission->waiting++;
    wait_for(admission, until);
    return 0;
}

void admission_leave(struct ticket *ticket)
{
    struct admission *admission = ticket->admission;
    if (!admission)
        return;
    if (ticket->link) {
        unlink_ticket(ticket);
    } else if (ticket->limit) {
        ticket->limit->ports[port_slot(ticket->limit, ticket->port)] = 0;
        ticket->limit->at_once--;
        admission->in_flight--;
    }
    ticket->admission = NULL;
    ticket->limit = NULL;
    if (admission->first)
        serve(admission);
}

bool ticket_waits(const struct ticket *ticket)
{
    return ticket->link != NULL;
}

size_t admission_waiting(const struct admission *admission)
{
    return admission->waiting;
}

void admission_hand_over(struct ticket *ticket, struct ticket *to)
{
    *to = (struct ticket){.ip = ticket->ip,
                          .port = ticket->port,
                          .admission = ticket->admission,
                          .limit = ticket->limit};
    ticket->admission = NULL;
    ticket->limit = NULL;
}

void admission_close(struct admission *admission)
{
    admission->closed = true;
}
