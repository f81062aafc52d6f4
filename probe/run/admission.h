/*
 * Who may connect now: at most 4 connections at a time and 10 in any second to one address, however
 * many targets name it; one at a time to one port of it, so that the next one knows what the last
 * one learned; the run's own rate; the descriptors there are. Waiting here is no part of a target's
 * time.
 */
#ifndef PROBE_RUN_ADMISSION_H
#define PROBE_RUN_ADMISSION_H

#include "probe/run/loop.h"
#include "probe/run/run.h"

enum { ADDRESS_AT_ONCE = 4, ADDRESS_PER_SECOND = 10 };

struct admission;
struct address_limit;

/* Embedded in whoever wants to connect. */
struct ticket {
    struct ip ip;
    uint16_t port;
    void (*admitted)(struct ticket *ticket);
    struct admission *admission; /* NULL while neither waiting nor admitted */
    struct address_limit *limit; /* while admitted */
    struct ticket *next;         /* while waiting */
    struct ticket **link;
};

int admission_new(struct loop *loop, const struct run_options *options, size_t at_once,
                  struct admission **ret);
void admission_free(struct admission *admission);

/* Calls ticket->admitted at once or later. 0 or -ENOMEM. */
int admission_enter(struct admission *admission, struct ticket *ticket);

/* The connection has ended, or is not wanted any more; a waiting ticket is taken back. */
void admission_leave(struct ticket *ticket);

/* The place goes on with a connection that outlives its ticket; the other
 * ticket then leaves. */
void admission_hand_over(struct ticket *ticket, struct ticket *to);

/* Admits nobody any more; who waits stays waiting. */
void admission_close(struct admission *admission);

bool ticket_waits(const struct ticket *ticket);
size_t admission_waiting(const struct admission *admission);

#endif
