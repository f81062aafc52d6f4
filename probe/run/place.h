/*
 * An address of a target on its way: it waits to be admitted, is probed, tells what it learned, and
 * is probed once more where only the company of our own other logins kept it from an answer, or the
 * server's own taste in ciphers.
 */
#ifndef PROBE_RUN_PLACE_H
#define PROBE_RUN_PLACE_H

#include "probe/run/attempt.h"
#include "probe/run/known.h"
#include "probe/run/second_opinion.h"

/* What the places of a run share. */
struct places {
    struct admission *admission;
    struct known *known;
    struct attempts *attempts;
    const bool *closed; /* nothing is asked or connected to any more */
};

/* What a first connection found, while a second one asks further. */
struct first {
    struct evidence evidence;
    struct tls_evidence *tls;
};

/* Zeroed but for what the owner sets: places to done. */
struct place {
    struct places *places;
    const struct target *target;
    struct conditions *conditions; /* the target's */
    struct target_turns *turns;    /* the target's */
    struct address_result *result;
    bool has_company;                  /* other places of the target may wait for its turn */
    uint32_t resolution_us;            /* what the name's resolution took of the target's time */
    void (*done)(struct place *place); /* last: the place may be freed in it */

    struct ticket ticket;
    struct attempt attempt;
    uint64_t origin_us; /* of the target's time here, from the first admission on; 0: not yet */
    uint64_t deadline_us;
    struct timer timer; /* while it waits for its second connection */
    uint64_t
        left_us; /* of the target's time, when it began to wait for other targets; 0: it did not */
    bool waits;
    bool is_second;
    enum tls_offer tls_offer;
    struct first *first;
    struct second_opinion opinion;
    uint64_t wire_us; /* what the login on the wire took */
    bool asks_client; /* and the wire is done */
    bool finished;
    uint32_t elapsed_us; /* of the target's time, once finished */
};

/* `done` may be called before this returns. */
void place_begin(struct place *place);

/* Takes the verdict now, whatever the state; nothing where it is finished. */
void place_cut(struct place *place);

#endif
