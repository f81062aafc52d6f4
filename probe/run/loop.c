#include "probe/run/loop.h"
#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES_A_STEP = 64 };

uint64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int loop_init(struct loop *loop)
{
    *loop = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC), .now_us = monotonic_us()};
    return loop->epoll < 0 ? -errno : 0;
}

void loop_clear(struct loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    *loop = (struct loop){.epoll = -1};
}

static int control(struct loop *loop, int operation, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(loop->epoll, operation, watch->fd, &event) < 0 ? -errno : 0;
}

int loop_watch(struct loop *loop, struct watch *watch, uint32_t events)
{
    return control(loop, EPOLL_CTL_ADD, watch, events);
}

int loop_rewatch(struct loop *loop, struct watch *watch, uint32_t events)
{
    return control(loop, EPOLL_CTL_MOD, watch, events);
}

/* Takes the watch out of the events that the current batch still holds. */
static void forget(struct loop *loop, const struct watch *watch)
{
    for (int i = loop->batch_at; i < loop->batch_count; i++)
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
    if (watch->fd < 0)
        return;
    forget(loop, watch);
    close(watch->fd);
    watch->fd = -1;
}

void loop_adopt(struct loop *loop, struct watch *from, struct watch *to)
{
    forget(loop, from);
    from->fd = -1;
    (void)loop_rewatch(loop, to, EPOLLIN);
}

/* Pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986): the later of two roots becomes the
 * earlier one's first child. */
static struct timer *meld(struct timer *a, struct timer *b)
{
    if (!a || !b)
        return a ? a : b;
    struct timer *root = a->due_us <= b->due_us ? a : b;
    struct timer *child = root == a ? b : a;
    child->next = root->child;
    child->previous = root;
    if (root->child)
        root->child->previous = child;
    root->child = child;
    root->next = root->previous = NULL;
    return root;
}

/* Melds a list of siblings in pairs, then the pairs into one: the amortised bound needs both. */
static struct timer *meld_siblings(struct timer *list)
{
    struct timer *pairs = NULL;
    while (list) {
        struct timer *a = list;
        struct timer *b = a->next;
        list = b ? b->next : NULL;
        a->next = a->previous = NULL;
        if (b)
            b->next = b->previous = NULL;
        struct timer *pair = meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    struct timer *root = NULL;
    while (pairs) {
        struct timer *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        root = meld(root, pair);
    }
    return root;
}

static void detach(struct timer *timer)
{
    if (timer->previous->child == timer)
        timer->previous->child = timer->next;
    else
        timer->previous->next = timer->next;
    if (timer->next)
        timer->next->previous = timer->previous;
}

void timer_cancel(struct loop *loop, struct timer *timer)
{
    if (!timer->set)
        return;
    struct timer *orphans = meld_siblings(timer->child);
    if (loop->first == timer) {
        loop->first = orphans;
    } else {
        detach(timer);
        loop->first = meld(loop->first, orphans);
    }
    timer->set = false;
    timer->child = timer->next = timer->previous = NULL;
}

void timer_set(struct loop *loop, struct timer *timer, uint64_t due_us)
{
    timer_cancel(loop, timer);
    timer->due_us = due_us;
    timer->set = true;
    loop->first = meld(loop->first, timer);
}

int loop_timeout_ms(const struct loop *loop)
{
    if (!loop->first)
        return -1;
    uint64_t now = monotonic_us();
    if (loop->first->due_us <= now)
        return 0;
    uint64_t ms = (loop->first->due_us - now + 999) / 1000;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void serve_descriptors(struct loop *loop)
{
    for (loop->batch_at = 0; loop->batch_at < loop->batch_count;) {
        struct epoll_event event = loop->batch[loop->batch_at++];
        struct watch *watch = event.data.ptr;
        if (watch)
            watch->ready(watch, event.events);
    }
    loop->batch_count = loop->batch_at = 0;
}

/* What was due at the wake-up. Timers are set to later than now_us, so this ends. */
static void serve_timers(struct loop *loop)
{
    uint64_t now = loop->now_us;
    while (loop->first && loop->first->due_us <= now) {
        struct timer *timer = loop->first;
        timer_cancel(loop, timer);
        timer->fire(timer);
    }
}

/* All that is ready comes before what is due: after a stall an answer must not lose to the deadline
 * it arrived before. Bounded, for a descriptor may be ready again and again. */
int loop_step(struct loop *loop)
{
    int count = LOOP_BATCH;
    for (int i = 0; i < BATCHES_A_STEP && count == LOOP_BATCH; i++) {
        count = epoll_wait(loop->epoll, loop->batch, LOOP_BATCH, 0);
        if (count < 0 && errno != EINTR)
            return -errno;
        loop->now_us = monotonic_us();
        loop->batch_count = count < 0 ? 0 : count;
        serve_descriptors(loop);
    }
    serve_timers(loop);
    return 0;
}
