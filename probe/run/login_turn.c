#include "probe/run/login_turn.h"
#include "probe/run/transfer.h"
#include "probe/verdict/diagnose.h"

/* Servers wait 10 s for a login (connect_timeout; an OBProxy likewise), some that were tuned only
 * 2, and then count the connection against this host. */
enum { TURN_WAIT_US = 1500 * 1000 };

static void log_in(struct attempt *attempt, enum withheld withheld)
{
    exchange_login(&attempt->channel.exchange, withheld);
    (void)channel_advance(&attempt->channel);
    transfer_send(attempt->watch.fd, &attempt->channel);
    attempt->login_us = attempt->stage_us = monotonic_us();
    /* what the server had said before may have ended it: that is seen to from the loop */
    bool ended = attempt->channel.exchange.state != EXCHANGE_LOGIN;
    timer_set(attempt->shared->loop, &attempt->timer,
              ended ? monotonic_us() : attempt->deadline_us);
}

static void granted(struct turn *turn, enum withheld withheld)
{
    log_in(OWNER(turn, struct attempt, turn), withheld);
}

void login_turn_begin(struct attempt *attempt)
{
    uint64_t due = monotonic_us() + TURN_WAIT_US;
    timer_set(attempt->shared->loop, &attempt->timer,
              due < attempt->deadline_us ? due : attempt->deadline_us);
    if (attempt->turn.taken) {
        log_in(attempt, WITHHELD_NOT);
        return;
    }
    attempt->turn.granted = granted;
    if (turn_enter(attempt->shared->turns, &attempt->turn, &attempt->conditions->identity,
                   attempt->target_turns) < 0)
        log_in(attempt, WITHHELD_WAITED);
}

void login_turn_expire(struct attempt *attempt)
{
    turn_leave(&attempt->turn);
    log_in(attempt, WITHHELD_WAITED);
}

void login_turn_tell(struct turn *turn, const struct exchange_facts *facts)
{
    switch (diagnose_password(facts)) {
    case PASSWORD_ACCEPTED:
        turn_accepted(turn);
        break;
    case PASSWORD_REJECTED:
        turn_rejected(turn);
        break;
    case PASSWORD_UNKNOWN:
        break;
    }
}
