#include "probe/run/loop.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop loop;

static int open_loop(void **state)
{
    (void)state;
    return loop_init(&loop);
}

static int close_loop(void **state)
{
    (void)state;
    loop_clear(&loop);
    return 0;
}

/* ---- timers against a list that is searched from end to end ---- */

enum {
    TIMERS = 64,
    OPERATIONS = 30000,
    PAST_US = 1000, /* dues from 1 to this are over; so few that many fall together */
    FUTURE_S = 100000,
};

static struct timer timers[TIMERS];
static uint64_t model[TIMERS]; /* when each is due, 0 for those not set */
static size_t fired;
static uint32_t seed;

/* xorshift32 (Marsaglia 2003): the same sequence in every run. */
static size_t random_below(size_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % bound;
}

static uint64_t model_first(void)
{
    uint64_t first = 0;
    for (size_t i = 0; i < TIMERS; i++)
        if (model[i] && (!first || model[i] < first))
            first = model[i];
    return first;
}

static void check_first(void)
{
    uint64_t first = model_first();
    assert_int_equal(loop.first ? loop.first->due_us : 0, first);
    assert_int_equal(loop_timeout_ms(&loop) == -1, !first);
    assert_int_equal(loop_timeout_ms(&loop) == 0, first && first <= PAST_US);
}

static void set_or_cancel_some_timer(void)
{
    static const uint64_t second_us = 1000 * 1000;
    size_t i = random_below(TIMERS);
    size_t past = random_below(2);
    uint64_t due = past ? 1 + random_below(PAST_US)
                        : monotonic_us() + (1 + random_below(FUTURE_S)) * second_us;
    model[i] = random_below(3) ? due : 0;
    if (model[i])
        timer_set(&loop, &timers[i], due);
    else
        timer_cancel(&loop, &timers[i]);
    assert_int_equal(timers[i].set, model[i] != 0);
}

/* A callback finds its timer free to be set again, and may touch any other. */
static void fire_in_model(struct timer *timer)
{
    size_t i = (size_t)(timer - timers);
    assert_in_range(model[i], 1, PAST_US);
    assert_int_equal(model[i], model_first());
    assert_false(timer->set);
    model[i] = 0;
    fired++;
    if (random_below(4) == 0)
        set_or_cancel_some_timer();
    check_first();
}

static void timers_fire_once_and_in_order_whatever_was_set_and_cancelled(void **state)
{
    (void)state;
    seed = 2883;
    fired = 0;
    memset(model, 0, sizeof(model));
    for (size_t i = 0; i < TIMERS; i++)
        timers[i] = (struct timer){.fire = fire_in_model};
    for (size_t i = 0; i < OPERATIONS; i++) {
        set_or_cancel_some_timer();
        check_first();
        if (random_below(16))
            continue;
        assert_int_equal(loop_step(&loop), 0);
        assert_true(!model_first() || model_first() > PAST_US);
    }
    print_message("  %zu operations, %zu fired\n", (size_t)OPERATIONS, fired);
    assert_in_range(fired, OPERATIONS / 10, OPERATIONS);
}

static void count_fired(struct timer *timer)
{
    (void)timer;
    fired++;
}

/* Rounded down it would be polled for in a circle until it is due. */
static void who_waits_for_the_timeout_is_never_early(void **state)
{
    (void)state;
    struct timer timer = {.fire = count_fired};
    fired = 0;
    assert_int_equal(loop_timeout_ms(&loop), -1);
    timer_set(&loop, &timer, monotonic_us() + 5 * 1000 + 900);
    (void)poll(NULL, 0, loop_timeout_ms(&loop));
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(fired, 1);
    assert_int_equal(loop_timeout_ms(&loop), -1);
}

static void a_timeout_beyond_an_int_is_the_greatest_int(void **state)
{
    (void)state;
    struct timer timer = {.fire = count_fired};
    timer_set(&loop, &timer, UINT64_MAX);
    assert_int_equal(loop_timeout_ms(&loop), INT32_MAX);
    timer_cancel(&loop, &timer);
    timer_cancel(&loop, &timer);
    assert_int_equal(loop_timeout_ms(&loop), -1);
}

/* ---- descriptors ---- */

enum { WATCHES = LOOP_BATCH + 100 };

struct counted {
    struct watch watch;
    unsigned calls;
    uint32_t events;
};

static struct counted watches[WATCHES];
static struct counted heir; /* for descriptors that are opened or handed on in a callback */

static void count_call(struct watch *watch, uint32_t events)
{
    struct counted *counted = (struct counted *)(void *)watch;
    counted->calls++;
    counted->events = events;
}

/* `count` of them, readable and writable from the beginning. */
static void watch_eventfds(size_t count, void (*ready)(struct watch *watch, uint32_t events))
{
    for (size_t i = 0; i < count; i++) {
        watches[i] = (struct counted){.watch = {.fd = eventfd(1, EFD_CLOEXEC), .ready = ready}};
        assert_true(watches[i].watch.fd >= 0);
        assert_int_equal(loop_watch(&loop, &watches[i].watch, EPOLLIN), 0);
    }
}

static unsigned calls(size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += watches[i].calls;
    return sum;
}

static void unwatch_all(size_t count)
{
    for (size_t i = 0; i < count; i++)
        loop_unwatch(&loop, &watches[i].watch);
}

static void drain(struct watch *watch, uint32_t events)
{
    uint64_t value;
    count_call(watch, events);
    assert_int_equal(read(watch->fd, &value, sizeof(value)), sizeof(value));
}

static void more_descriptors_than_a_batch_holds_are_all_served_in_one_step(void **state)
{
    (void)state;
    watch_eventfds(WATCHES, drain);
    assert_int_equal(loop_step(&loop), 0);
    for (size_t i = 0; i < WATCHES; i++)
        assert_int_equal(watches[i].calls, 1);
    unwatch_all(WATCHES);
}

static void only_the_events_asked_for_are_told(void **state)
{
    (void)state;
    watch_eventfds(1, count_call);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(watches[0].events, EPOLLIN);
    assert_int_equal(loop_rewatch(&loop, &watches[0].watch, EPOLLOUT), 0);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(watches[0].events, EPOLLOUT);
    assert_int_equal(loop_rewatch(&loop, &watches[0].watch, 0), 0);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(watches[0].calls, 2);
    unwatch_all(1);
}

static void a_descriptor_is_closed_with_its_watch(void **state)
{
    (void)state;
    watch_eventfds(1, count_call);
    int fd = watches[0].watch.fd;
    unwatch_all(1);
    unwatch_all(1);
    assert_int_equal(watches[0].watch.fd, -1);
    assert_int_equal(close(fd), -1);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(watches[0].calls, 0);
    assert_true(loop_watch(&loop, &watches[0].watch, EPOLLIN) < 0);
}

/* Whichever of the batch comes first; the order is the kernel's. */
static void unwatch_the_others(struct watch *watch, uint32_t events)
{
    count_call(watch, events);
    for (size_t i = 0; i < 3; i++)
        if (&watches[i].watch != watch)
            loop_unwatch(&loop, &watches[i].watch);
}

static void who_is_unwatched_earlier_in_the_batch_is_not_called(void **state)
{
    (void)state;
    watch_eventfds(3, unwatch_the_others);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(calls(3), 1);
    unwatch_all(3);
}

static void unwatch_all_three(struct watch *watch, uint32_t events)
{
    count_call(watch, events);
    unwatch_all(3);
}

static void a_callback_may_end_its_own_watch(void **state)
{
    (void)state;
    watch_eventfds(3, unwatch_all_three);
    for (int steps = 0; steps < 2; steps++)
        assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(calls(3), 1);
}

/* The kernel gives the number just closed to the next descriptor opened. */
static void replace_the_other(struct watch *watch, uint32_t events)
{
    struct watch *other = &watches[watch == &watches[0].watch].watch;
    int fd = other->fd;
    count_call(watch, events);
    loop_unwatch(&loop, other);
    heir = (struct counted){.watch = {.fd = eventfd(0, EFD_CLOEXEC), .ready = count_call}};
    assert_int_equal(heir.watch.fd, fd);
    assert_int_equal(loop_watch(&loop, &heir.watch, EPOLLIN), 0);
}

static void a_new_descriptor_gets_no_event_of_the_old_one_of_its_number(void **state)
{
    (void)state;
    watch_eventfds(2, replace_the_other);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(calls(2), 1);
    assert_int_equal(heir.calls, 0);
    loop_unwatch(&loop, &heir.watch);
    unwatch_all(2);
}

static void adopt_the_other(struct watch *watch, uint32_t events)
{
    struct watch *other = &watches[watch == &watches[0].watch].watch;
    count_call(watch, events);
    heir = (struct counted){.watch = {.fd = other->fd, .ready = count_call}};
    loop_adopt(&loop, other, &heir.watch);
    assert_int_equal(other->fd, -1);
    watch->ready = count_call;
}

static void an_adopted_descriptor_is_served_from_the_next_step_on(void **state)
{
    (void)state;
    watch_eventfds(2, adopt_the_other);
    assert_int_equal(loop_rewatch(&loop, &watches[0].watch, EPOLLOUT), 0);
    assert_int_equal(loop_rewatch(&loop, &watches[1].watch, EPOLLOUT), 0);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(calls(2), 1);
    assert_int_equal(heir.calls, 0);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(calls(2), 2);
    assert_int_equal(heir.calls, 1);
    assert_int_equal(heir.events, EPOLLIN);
    loop_unwatch(&loop, &heir.watch);
    unwatch_all(2);
}

/* A step must end all the same, so that timers get their turn. */
static void what_is_always_ready_does_not_starve_the_timers(void **state)
{
    (void)state;
    struct timer timer = {.fire = count_fired};
    fired = 0;
    timer_set(&loop, &timer, 1);
    watch_eventfds(WATCHES, count_call);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(fired, 1);
    unwatch_all(WATCHES);
}

static struct timer deadline;

static void cancel_the_deadline(struct watch *watch, uint32_t events)
{
    drain(watch, events);
    if (calls(WATCHES) == WATCHES)
        timer_cancel(&loop, &deadline);
}

/* However much there is: an answer that came in time is not overtaken by the timer that was set
 * against its absence. */
static void what_is_ready_is_served_before_what_is_due(void **state)
{
    (void)state;
    fired = 0;
    deadline = (struct timer){.fire = count_fired};
    timer_set(&loop, &deadline, 1);
    watch_eventfds(WATCHES, cancel_the_deadline);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(fired, 0);
    unwatch_all(WATCHES);
}

#define LOOP_TEST(test_) cmocka_unit_test_setup_teardown(test_, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(timers_fire_once_and_in_order_whatever_was_set_and_cancelled),
        LOOP_TEST(who_waits_for_the_timeout_is_never_early),
        LOOP_TEST(a_timeout_beyond_an_int_is_the_greatest_int),
        LOOP_TEST(more_descriptors_than_a_batch_holds_are_all_served_in_one_step),
        LOOP_TEST(only_the_events_asked_for_are_told),
        LOOP_TEST(a_descriptor_is_closed_with_its_watch),
        LOOP_TEST(who_is_unwatched_earlier_in_the_batch_is_not_called),
        LOOP_TEST(a_callback_may_end_its_own_watch),
        LOOP_TEST(a_new_descriptor_gets_no_event_of_the_old_one_of_its_number),
        LOOP_TEST(an_adopted_descriptor_is_served_from_the_next_step_on),
        LOOP_TEST(what_is_always_ready_does_not_starve_the_timers),
        LOOP_TEST(what_is_ready_is_served_before_what_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
