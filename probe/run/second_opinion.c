#include "probe/run/second_opinion.h"
#include <errno.h>
#include <stdlib.h>

/* A plugin may need more than name resolution does: Kerberos' libraries, a PKCS#11 module. */
enum { THREAD_STACK = 1024 * 1024 };

/* The thread's alone until it is done. */
struct call {
    struct task task;
    struct second_opinion *opinion; /* the loop's alone */
    struct client_order order;
    struct client_evidence evidence;
};

int clients_new(struct loop *loop, struct workers **ret_clients)
{
    int error = client_begin();
    return error < 0 ? error : workers_new(loop, CLIENT_THREADS, THREAD_STACK, ret_clients);
}

static void work(struct task *task)
{
    struct call *call = OWNER(task, struct call, task);
    client_login(&call->order, &call->evidence);
}

static void call_free(struct task *task)
{
    struct call *call = OWNER(task, struct call, task);
    client_order_clear(&call->order);
    free(call);
}

static void end(struct second_opinion *opinion)
{
    timer_cancel(opinion->loop, &opinion->timer);
    opinion->end_us = monotonic_us();
    opinion->done(opinion);
}

static void answered(struct task *task)
{
    struct call *call = OWNER(task, struct call, task);
    struct second_opinion *opinion = call->opinion;
    *opinion->evidence = call->evidence;
    opinion->call = NULL;
    end(opinion);
}

static void not_run(struct second_opinion *opinion, enum client_reason reason)
{
    opinion->evidence->result = CLIENT_NOT_RUN;
    opinion->evidence->reason = reason;
}

/* Without a thread it never began, and time is not what it lacked. */
static void give_up(struct second_opinion *opinion, enum client_reason reason)
{
    bool waited = opinion->call != NULL;
    bool begun = waited && task_abandon(&opinion->call->task);
    opinion->call = NULL;
    not_run(opinion, waited && reason == CLIENT_NO_TIME ? CLIENT_NO_THREAD : reason);
    if (begun) {
        opinion->evidence->result = CLIENT_TIMED_OUT;
        opinion->evidence->reason = reason == CLIENT_CUT ? CLIENT_CUT : CLIENT_REASON_NONE;
    }
}

static void overdue(struct timer *timer)
{
    struct second_opinion *opinion = OWNER(timer, struct second_opinion, timer);
    give_up(opinion, CLIENT_NO_TIME);
    end(opinion);
}

/* Its own bound on a read comes a second behind ours, or a slow server would be a fault of its; not
 * much later, because the thread is wanted for others. */
static unsigned bound_of(uint64_t left_us)
{
    return (unsigned)(left_us / 1000000 + 2);
}

static struct call *call_new(struct second_opinion *opinion, const struct wire *wire,
                             uint64_t left_us)
{
    struct call *call = calloc(1, sizeof *call);
    if (!call)
        return NULL;
    if (client_order_make(wire, bound_of(left_us), &call->order) < 0) {
        free(call);
        return NULL;
    }
    call->opinion = opinion;
    call->evidence = *opinion->evidence;
    call->task.work = work;
    call->task.done = answered;
    call->task.give_back = call_free;
    return call;
}

static void submit(struct second_opinion *opinion, const struct wire *wire, uint64_t deadline_us)
{
    opinion->call = call_new(opinion, wire, deadline_us - opinion->begin_us);
    if (opinion->call && workers_submit(opinion->clients, &opinion->call->task) < 0)
        opinion->call = NULL;
    if (!opinion->call) {
        not_run(opinion, CLIENT_NO_THREAD);
        end(opinion);
        return;
    }
    opinion->timer.fire = overdue;
    timer_set(opinion->loop, &opinion->timer, deadline_us);
}

void second_opinion_begin(struct second_opinion *opinion, const struct wire *wire,
                          uint64_t needed_us, uint64_t deadline_us)
{
    opinion->begin_us = monotonic_us();
    if (client_judge(wire, opinion->evidence) != CLIENT_PASSED) {
        end(opinion);
    } else if (opinion->begin_us + needed_us > deadline_us) {
        not_run(opinion, CLIENT_NO_TIME);
        end(opinion);
    } else {
        submit(opinion, wire, deadline_us);
    }
}

void second_opinion_cut(struct second_opinion *opinion)
{
    timer_cancel(opinion->loop, &opinion->timer);
    give_up(opinion, CLIENT_CUT);
    opinion->end_us = monotonic_us();
}
