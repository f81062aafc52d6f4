/*
 * Who may use a password now. A wrong password that is sent a few times over locks its account
 * (FAILED_LOGIN_ATTEMPTS, max_password_errors), and several sessions at once may be more than the
 * account is allowed. So, for one user and password in a run:
 *
 * - until it was accepted once, one login at a time; then one more at once with each acceptance;
 * - of one target one login at a time, and after a rejection no other there;
 * - after so many rejections in the run none at all;
 * - once the server said that the account has no session left while there were several of ours, one
 *   at a time again.
 */
#ifndef PROBE_RUN_TURNS_H
#define PROBE_RUN_TURNS_H

#include "probe/run/login_identity.h"
#include "probe/verdict/evidence.h"

struct turns;
struct gate;

/* What the turns of one target share; the last of its holders frees it. */
struct target_turns;
struct target_turns *target_turns_new(void); /* NULL: no memory */
struct target_turns *target_turns_ref(struct target_turns *target);
void target_turns_reject(struct target_turns *target);     /* its password is not used any more */
bool target_turns_busy(const struct target_turns *target); /* one of its logins is out */
void target_turns_unref(struct target_turns *target);      /* NULL is fine */

/* Embedded in whoever wants to log in. */
struct turn {
    /* WITHHELD_NOT: the turn is taken and must be left. Otherwise it is over. */
    void (*granted)(struct turn *turn, enum withheld withheld);
    struct turns *turns;
    struct gate *gate; /* NULL: neither waiting nor taken */
    struct target_turns *target;
    bool taken;
    bool told;
    bool shared;       /* another login with the same password was out when it was taken */
    unsigned overlaps; /* of the gate, then */
    struct turn *next; /* while waiting */
    struct turn **link;
};

int turns_new(unsigned max_rejections, struct turns **ret_turns);
void turns_free(struct turns *turns);

/* No password is used any more: who waits or comes later is granted WITHHELD_LATE. */
void turns_close(struct turns *turns);

/* Calls turn->granted at once or later. 0 or -ENOMEM. */
int turn_enter(struct turns *turns, struct turn *turn, const struct login_identity *login,
               struct target_turns *target);

bool turn_waits(const struct turn *turn);

/* What the login said about the password, as soon as that is known; once, then it is told. */
void turn_accepted(struct turn *turn);
void turn_rejected(struct turn *turn);

/* The account has no session left. True when that may be our own doing: worth one more login,
 * alone. */
bool turn_crowded(struct turn *turn);

/* The connection is closed, or a waiting turn is not wanted any more. Nothing where there is none.
 */
void turn_leave(struct turn *turn);

/* A turn that is taken goes on with a connection that outlives its first owner. */
void turn_hand_over(struct turn *turn, struct turn *to);

#endif
