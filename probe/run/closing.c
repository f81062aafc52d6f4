#include "probe/run/closing.h"
#include "probe/run/login_turn.h"
#include "probe/run/transfer.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { CLOSING_US = 200 * 1000 };

struct closing {
    struct watch watch;
    struct timer timer;
    struct attempts *shared;
    struct closing *next;
    struct closing **link;         /* what points to this one */
    struct ticket ticket;          /* the connection counts until it is closed */
    struct turn turn;              /* likewise */
    struct conditions *conditions; /* held: the channel speaks under them */
    struct channel channel;
    struct exchange_facts facts; /* where the exchange may write on: no one reads them */
};

static void end(struct closing *closing)
{
    struct loop *loop = closing->shared->loop;
    timer_cancel(loop, &closing->timer);
    loop_unwatch(loop, &closing->watch);
    channel_clear(&closing->channel);
    admission_leave(&closing->ticket);
    turn_leave(&closing->turn);
    conditions_unref(closing->conditions);
    *closing->link = closing->next;
    if (closing->next)
        closing->next->link = closing->link;
    free(closing);
}

static void expire(struct timer *timer)
{
    end(OWNER(timer, struct closing, timer));
}

static void ready(struct watch *watch, uint32_t events)
{
    struct closing *closing = OWNER(watch, struct closing, watch);
    (void)events;
    enum transfer transferred = transfer(watch->fd, &closing->channel);
    /* an answer that comes behind the verdict still says whether the password may be used */
    login_turn_tell(&closing->turn, &closing->facts);
    if (transferred != TRANSFER_OPEN)
        end(closing);
}

/* The state in which the exchange would go on: before its verdict was taken. */
static enum exchange_state resumed(const struct exchange_facts *facts)
{
    if (facts->ssl_request_sent && !facts->secured && !facts->tls_broken)
        return EXCHANGE_TLS;
    if (facts->error.code || facts->logged_in || facts->reply_bad || facts->greeting_bad ||
        facts->tls_broken || !facts->login_sent)
        return EXCHANGE_DONE;
    return facts->greeted ? EXCHANGE_LOGIN : EXCHANGE_OPENING;
}

/* What the channel points to outlives the run or is held, but for what is the target's. */
static void take_channel(struct closing *closing, struct attempt *attempt)
{
    closing->conditions = conditions_ref(attempt->conditions);
    closing->channel = attempt->channel;
    closing->facts = attempt->evidence->exchange;
    closing->channel.exchange.facts = &closing->facts;
    closing->channel.exchange.state = resumed(&closing->facts);
    closing->channel.exchange.hurry = true;
    closing->channel.tls.name = "";
    closing->channel.tls.ret_facts = NULL;
    attempt->channel.session = NULL;
    attempt->channel.exchange.input = NULL;
    attempt->channel.exchange.input_length = 0;
    attempt->channel.exchange.output = NULL;
    attempt->channel.exchange.output_length = 0;
}

static struct closing *closing_new(struct attempt *attempt)
{
    struct closing *closing = calloc(1, sizeof *closing);
    if (!closing)
        return NULL;
    closing->shared = attempt->shared;
    closing->timer.fire = expire;
    admission_hand_over(attempt->ticket, &closing->ticket);
    if (attempt->turn.taken && !attempt_wants_client(attempt))
        turn_hand_over(&attempt->turn, &closing->turn);
    take_channel(closing, attempt);
    closing->next = closing->shared->closings;
    closing->link = &closing->shared->closings;
    if (closing->next)
        closing->next->link = &closing->next;
    closing->shared->closings = closing;
    return closing;
}

static bool worth_waiting(const struct attempt *attempt)
{
    const struct exchange_facts *facts = &attempt->evidence->exchange;
    return attempt->evidence->stages[STAGE_CONNECT].outcome == OUTCOME_PASSED &&
           facts->ending == ENDING_OPEN &&
           (facts->login_sent || facts->ssl_request_sent || facts->error.code != 0);
}

void closing_begin(struct attempt *attempt)
{
    struct loop *loop = attempt->shared->loop;
    struct closing *closing =
        attempt->watch.fd >= 0 && worth_waiting(attempt) ? closing_new(attempt) : NULL;
    if (!closing) {
        loop_unwatch(loop, &attempt->watch);
        return;
    }
    closing->watch = (struct watch){.fd = attempt->watch.fd, .ready = ready};
    loop_adopt(loop, &attempt->watch, &closing->watch);
    timer_set(loop, &closing->timer, monotonic_us() + CLOSING_US);
}

void closing_end_all(struct attempts *shared)
{
    while (shared->closings)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): one that is freed unlinks itself. */
        end(shared->closings);
}
