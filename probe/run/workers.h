/*
 * Work that blocks, beside the loop: a few threads that take tasks, and answers that come back by
 * the loop.
 *
 * A task that never ends holds nothing up: the threads are detached, a task is counted by loop and
 * threads, and the last of the two frees it. Nobody joins.
 */
#ifndef PROBE_RUN_WORKERS_H
#define PROBE_RUN_WORKERS_H

#include "probe/run/loop.h"
#include <stdatomic.h>

struct workers;

/* Embedded in whatever owns the work. `work` runs on a thread and touches nothing of the loop's;
 * `done` and `give_back` are the loop's, but for a `give_back` of an abandoned task. */
struct task {
    void (*work)(struct task *task);
    void (*done)(struct task *task);      /* in the loop, unless the task was abandoned */
    void (*give_back)(struct task *task); /* frees it; last */
    struct task *next;
    atomic_uint_fast64_t taken_us;
    atomic_int references; /* the loop's and the threads' */
    atomic_bool abandoned;
};

/* 0 or -ENOMEM. */
int workers_new(struct loop *loop, size_t threads, size_t stack, struct workers **ret_workers);
void workers_free(struct workers *workers); /* returns at once, whatever the threads do */

/* 0, or a negative errno where there is no thread for it: it is then given back. After `done` the
 * task is given back too. */
int workers_submit(struct workers *workers, struct task *task);

/* When a thread took the task (CLOCK_MONOTONIC), 0 while it still waits for one. */
uint64_t task_taken_us(const struct task *task);

/* The loop gives the task up: it gets no `done`. True when a thread may have begun it. */
bool task_abandon(struct task *task);

/* When the threads last finished any task: a queue that moves is not stuck. */
uint64_t workers_progress_us(const struct workers *workers);

/* Whether a thread is at work right now, for whomever. */
bool workers_busy(struct workers *workers);

#endif
