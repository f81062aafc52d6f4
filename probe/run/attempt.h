/*
 * One address of a target: its connection goes through the stages, each of which records facts in
 * the evidence and hands on to the next. No stage names a cause.
 */
#ifndef PROBE_RUN_ATTEMPT_H
#define PROBE_RUN_ATTEMPT_H

#include "probe/exchange/channel.h"
#include "probe/run/admission.h"
#include "probe/run/conditions.h"
#include "probe/run/loop.h"
#include "probe/run/sockets.h"
#include "probe/run/turns.h"

struct silence;
struct closing;
struct workers;

/* What all attempts of a run share. */
struct attempts {
    struct loop *loop;
    const struct run_options *options;
    struct turns *turns;
    struct workers *clients;  /* threads for libmariadb; NULL: it was not asked yet */
    size_t spare_descriptors; /* for signs of life: the rest is kept for probes */
    struct closing *closings; /* connections whose verdict is taken */
};

struct attempt {
    struct attempts *shared;
    const struct target *target;
    struct conditions *conditions; /* the target's */
    struct target_turns *target_turns;
    struct evidence *evidence;          /* the owner's */
    struct tls_evidence **tls_evidence; /* the owner's, set once TLS is begun */
    struct ticket *ticket;              /* the owner's, under which it connects */
    struct turn turn;         /* under which it logs in; may be taken from the beginning */
    enum tls_offer tls_offer; /* the owner's */
    bool crowded;             /* refused for want of sessions while others of ours were logged in */
    struct ip ip;
    union socket_address to;
    uint64_t origin_us; /* evidence counts its times from here */
    uint64_t begin_us;  /* of the SYN */
    uint64_t stage_us;  /* of the current stage */
    uint64_t login_us;  /* of the login packet */
    uint64_t deadline_us;
    struct watch watch;
    struct timer timer;
    struct silence *silence; /* while the port stays silent */
    struct channel channel;
    struct exchange_facts *before_question; /* set while one further connection asks */
    void (*done)(struct attempt *attempt);  /* last: the attempt may be freed in it */
};

/* Which parts a login name has (NULL: none), into an address's evidence. */
void attempt_take_login_name(struct evidence *evidence, const char *user);

/* Times are of CLOCK_MONOTONIC. The attempt is zeroed but for what is the owner's (shared to ip,
 * and done). `done` may be called before this returns. */
void attempt_begin(struct attempt *attempt, uint64_t origin_us, uint64_t deadline_us);

/* Whether libmariadb is to log in behind it: then the turn stays with the attempt. */
bool attempt_wants_client(const struct attempt *attempt);

/* Takes the verdict now, whatever the state; calls done. */
void attempt_cut(struct attempt *attempt);

/* The stages, in their order. */
void connect_stage_begin(struct attempt *attempt);
void connect_stage_expire(struct attempt *attempt); /* no more answers are awaited */
void unix_stage_begin(struct attempt *attempt);     /* in place of connect_stage_begin() */
void handshake_begin(struct attempt *attempt);      /* the connection stands in attempt->watch */
void handshake_expire(struct attempt *attempt);
void handshake_resume(struct attempt *attempt); /* likewise, on a further connection */
void question_begin(struct attempt *attempt);
void question_ask(struct attempt *attempt);
void question_end(struct attempt *attempt);

/* For the stages: records what a stage came to, and ends the attempt. */
void attempt_record(struct attempt *attempt, enum stage stage, enum outcome outcome);
void attempt_finish(struct attempt *attempt);

#endif
