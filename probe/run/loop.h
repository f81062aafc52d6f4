/*
 * One epoll loop: descriptors that are watched, timers that fire. Level-triggered, one thread.
 */
#ifndef PROBE_RUN_LOOP_H
#define PROBE_RUN_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/* From an element's address to its owner's. */
#define OWNER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Embedded in whatever owns the descriptor; `fd` is -1 while nothing is watched. */
struct watch {
    int fd;
    void (*ready)(struct watch *watch, uint32_t events);
};

/* Embedded likewise: a node of the loop's pairing heap, so that setting one never fails. */
struct timer {
    uint64_t due_us;
    void (*fire)(struct timer *timer);
    bool set;
    struct timer *child;
    struct timer *next;     /* sibling */
    struct timer *previous; /* sibling, or the parent of the first child */
};

enum { LOOP_BATCH = 128 };

struct loop {
    int epoll;
    uint64_t now_us;     /* CLOCK_MONOTONIC at the last wake-up */
    struct timer *first; /* due next */
    struct epoll_event batch[LOOP_BATCH];
    int batch_count;
    int batch_at;
};

uint64_t monotonic_us(void);

int loop_init(struct loop *loop);
void loop_clear(struct loop *loop);

/* Starts, changes, ends the watching; loop_unwatch() also closes the descriptor, and no event of
 * the current batch reaches the watch any more. */
int loop_watch(struct loop *loop, struct watch *watch, uint32_t events);
int loop_rewatch(struct loop *loop, struct watch *watch, uint32_t events);
void loop_unwatch(struct loop *loop, struct watch *watch);
/* The descriptor goes on under another watch, which holds its number already. */
void loop_adopt(struct loop *loop, struct watch *from, struct watch *to);

/* Setting a timer again moves it. */
void timer_set(struct loop *loop, struct timer *timer, uint64_t due_us);
void timer_cancel(struct loop *loop, struct timer *timer);

/* Milliseconds until the first timer, rounded up, -1 without one. */
int loop_timeout_ms(const struct loop *loop);

/* Serves what is ready and due now, without waiting. */
int loop_step(struct loop *loop);

#endif
