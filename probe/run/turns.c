#include "probe/run/turns.h"
#include <errno.h>
#include <stdlib.h>

enum { BUCKETS = 4096 };

/* One user and password. */
struct gate {
    struct gate *next;        /* in its bucket */
    struct gate *next_waited; /* among those that are waited at */
    struct gate **link;       /* likewise; NULL: nobody waits */
    struct login_identity login;
    size_t acceptances;
    bool one_at_a_time;
    size_t logged;      /* logins out now */
    unsigned overlaps;  /* how often one went out beside another */
    struct turn *first; /* waiting, in the order of their coming */
    struct turn **end;
    bool serving;
};

struct target_turns {
    size_t holders;
    size_t logged; /* logins out now */
    bool rejected;
};

struct turns {
    struct gate *buckets[BUCKETS];
    struct gate *waited; /* gates that are waited at, in the order of their first's coming */
    struct gate **waited_end;
    unsigned rejections;
    unsigned max_rejections;
    bool closed;
};

struct target_turns *target_turns_new(void)
{
    struct target_turns *target = calloc(1, sizeof *target);
    if (target)
        target->holders = 1;
    return target;
}

struct target_turns *target_turns_ref(struct target_turns *target)
{
    target->holders++;
    return target;
}

void target_turns_reject(struct target_turns *target)
{
    target->rejected = true;
}

bool target_turns_busy(const struct target_turns *target)
{
    return target->logged > 0;
}

void target_turns_unref(struct target_turns *target)
{
    if (target && --target->holders == 0)
        free(target);
}

int turns_new(unsigned max_rejections, struct turns **ret_turns)
{
    struct turns *turns = calloc(1, sizeof *turns);
    if (!turns)
        return -ENOMEM;
    turns->max_rejections = max_rejections;
    turns->waited_end = &turns->waited;
    *ret_turns = turns;
    return 0;
}

void turns_free(struct turns *turns)
{
    for (size_t i = 0; turns && i < BUCKETS; i++) {
        for (struct gate *gate = turns->buckets[i], *next; gate; gate = next) {
            next = gate->next;
            free(gate);
        }
    }
    free(turns);
}

/* An identity's bytes are as good as random. */
static struct gate **bucket_of(struct turns *turns, const struct login_identity *login)
{
    unsigned number = login->bytes[0] | (unsigned)login->bytes[1] << 8;
    return &turns->buckets[number % BUCKETS];
}

static struct gate *gate_of(struct turns *turns, const struct login_identity *login)
{
    struct gate **bucket = bucket_of(turns, login);
    struct gate *gate = *bucket;
    while (gate && !identity_equal(&gate->login, login))
        gate = gate->next;
    if (gate)
        return gate;
    gate = calloc(1, sizeof *gate);
    if (!gate)
        return NULL;
    *gate = (struct gate){.next = *bucket, .login = *login};
    gate->end = &gate->first;
    *bucket = gate;
    return gate;
}

static void link_gate(struct turns *turns, struct gate *gate)
{
    if (gate->link)
        return;
    gate->next_waited = NULL;
    gate->link = turns->waited_end;
    *turns->waited_end = gate;
    turns->waited_end = &gate->next_waited;
}

static void unlink_gate(struct turns *turns, struct gate *gate)
{
    *gate->link = gate->next_waited;
    if (gate->next_waited)
        gate->next_waited->link = gate->link;
    else
        turns->waited_end = gate->link;
    gate->link = NULL;
}

/* Why the password is not used, or WITHHELD_NOT. */
static enum withheld refusal_of(const struct turn *turn)
{
    const struct turns *turns = turn->turns;
    if (turns->closed)
        return WITHHELD_LATE;
    return turn->target->rejected || turns->rejections >= turns->max_rejections ? WITHHELD_REJECTED
                                                                                : WITHHELD_NOT;
}

/* With each acceptance one more may be out at once, so that an account with few sessions is asked
 * for too many of them as rarely as can be. */
static size_t width_of(const struct gate *gate)
{
    return gate->one_at_a_time ? 1 : 1 + gate->acceptances;
}

static bool must_wait(const struct turn *turn)
{
    return turn->gate->logged >= width_of(turn->gate) || turn->target->logged > 0;
}

static void release(struct turn *turn)
{
    target_turns_unref(turn->target);
    turn->target = NULL;
    turn->gate = NULL;
    turn->taken = false;
}

static void take(struct turn *turn)
{
    struct gate *gate = turn->gate;
    turn->taken = true;
    turn->shared = gate->logged > 0;
    gate->overlaps += turn->shared;
    turn->overlaps = gate->overlaps;
    gate->logged++;
    turn->target->logged++;
}

static void grant(struct turn *turn)
{
    enum withheld refusal = refusal_of(turn);
    if (refusal)
        release(turn);
    else
        take(turn);
    turn->granted(turn, refusal);
}

static void unlink_turn(struct turn *turn)
{
    *turn->link = turn->next;
    if (turn->next)
        turn->next->link = turn->link;
    else
        turn->gate->end = turn->link;
    turn->link = NULL;
    if (!turn->gate->first)
        unlink_gate(turn->turns, turn->gate);
}

static struct turn *first_ready(const struct gate *gate)
{
    struct turn *turn = gate->first;
    while (turn && !refusal_of(turn) && must_wait(turn))
        turn = turn->next;
    return turn;
}

/* A callback that ends its login at once comes back here: the outer call goes on. */
static void serve(struct gate *gate)
{
    if (gate->serving)
        return;
    gate->serving = true;
    for (struct turn *turn; (turn = first_ready(gate));) {
        unlink_turn(turn);
        grant(turn);
    }
    gate->serving = false;
}

/* Serving may end anybody's waiting, and begin it. */
static struct gate *gate_to_serve(const struct turns *turns)
{
    struct gate *gate = turns->waited;
    while (gate && (gate->serving || !first_ready(gate)))
        gate = gate->next_waited;
    return gate;
}

/* Rejections are counted, and a target's logins are kept apart, over all gates. */
static void serve_all(struct turns *turns)
{
    for (struct gate *gate; (gate = gate_to_serve(turns));)
        serve(gate);
}

void turns_close(struct turns *turns)
{
    turns->closed = true;
    serve_all(turns);
}

int turn_enter(struct turns *turns, struct turn *turn, const struct login_identity *login,
               struct target_turns *target)
{
    struct gate *gate = gate_of(turns, login);
    if (!gate)
        return -ENOMEM;
    *turn = (struct turn){.granted = turn->granted, .turns = turns, .gate = gate, .target = target};
    target->holders++;
    turn->link = gate->end;
    *gate->end = turn;
    gate->end = &turn->next;
    link_gate(turns, gate);
    serve(gate);
    return 0;
}

bool turn_waits(const struct turn *turn)
{
    return turn->link != NULL;
}

void turn_accepted(struct turn *turn)
{
    if (!turn->gate || turn->told)
        return;
    turn->told = true;
    turn->gate->acceptances++;
    serve(turn->gate);
}

void turn_rejected(struct turn *turn)
{
    struct turns *turns = turn->turns;
    if (!turn->gate || turn->told)
        return;
    turn->told = true;
    turns->rejections++;
    turn->target->rejected = true;
    serve_all(turns);
}

bool turn_crowded(struct turn *turn)
{
    if (!turn->gate)
        return false;
    bool crowded = turn->shared || turn->overlaps != turn->gate->overlaps;
    turn->gate->one_at_a_time |= crowded;
    return crowded;
}

void turn_leave(struct turn *turn)
{
    struct turns *turns = turn->turns;
    if (!turn->gate)
        return;
    if (turn->link)
        unlink_turn(turn);
    if (turn->taken) {
        turn->gate->logged--;
        turn->target->logged--;
    }
    release(turn);
    serve_all(turns);
}

void turn_hand_over(struct turn *turn, struct turn *to)
{
    *to = *turn;
    to->granted = NULL;
    turn->target = NULL;
    turn->gate = NULL;
    turn->taken = false;
}
