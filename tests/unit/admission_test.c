#include "probe/run/admission.h"
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND_US = 1000 * 1000, PATIENCE_US = 5 * SECOND_US };
enum { VISITORS = 24, DESCRIPTORS = 1000, PORT = 2883 };

/* One that wants to connect, and when it was let in: between two looks at the clock. */
struct visitor {
    struct ticket ticket;
    bool leaves_at_once;
    uint64_t not_before_us;
    uint64_t admitted_us;
};

static struct loop loop;
static struct admission *admission;
static struct visitor visitors[VISITORS];
static size_t admitted; /* and the order in which they were */
static struct visitor *order[VISITORS];
static uint64_t looked_us;

static int open_loop(void **state)
{
    (void)state;
    admitted = 0;
    memset(visitors, 0, sizeof(visitors));
    return loop_init(&loop);
}

static int close_loop(void **state)
{
    (void)state;
    admission_free(admission);
    loop_clear(&loop);
    admission = NULL;
    return 0;
}

static void begin(unsigned rate, size_t at_once)
{
    struct run_options options = {.rate = rate};
    assert_int_equal(admission_new(&loop, &options, at_once, &admission), 0);
}

static void let_in(struct ticket *ticket)
{
    struct visitor *visitor = (struct visitor *)(void *)ticket;
    assert_int_equal(visitor->admitted_us, 0);
    assert_false(ticket_waits(ticket));
    visitor->not_before_us = looked_us;
    visitor->admitted_us = monotonic_us();
    order[admitted++] = visitor;
    if (visitor->leaves_at_once)
        admission_leave(ticket);
}

/* To 192.0.2.`host` (RFC 5737). */
static void enter_port(size_t i, uint8_t host, uint16_t port)
{
    visitors[i].ticket.ip = (struct ip){.family = 4, .bytes = {192, 0, 2, host}};
    visitors[i].ticket.port = port;
    visitors[i].ticket.admitted = let_in;
    looked_us = monotonic_us();
    assert_int_equal(admission_enter(admission, &visitors[i].ticket), 0);
}

/* Each to a port of its own. */
static void enter(size_t i, uint8_t host)
{
    enter_port(i, host, (uint16_t)(PORT + i));
}

static void enter_all(size_t count, uint8_t host)
{
    for (size_t i = 0; i < count; i++)
        enter(i, host);
}

static void leave(size_t i)
{
    looked_us = monotonic_us();
    admission_leave(&visitors[i].ticket);
    assert_null(visitors[i].ticket.admission);
}

static void wait_until_admitted(size_t count)
{
    uint64_t patience_us = monotonic_us() + PATIENCE_US;
    while (admitted < count) {
        assert_in_range(monotonic_us(), 0, patience_us);
        (void)poll(NULL, 0, loop_timeout_ms(&loop));
        looked_us = monotonic_us();
        assert_int_equal(loop_step(&loop), 0);
    }
}

static void four_at_a_time_go_to_one_address(void **state)
{
    (void)state;
    begin(0, DESCRIPTORS);
    enter_all(6, 1);
    assert_int_equal(admitted, 4);
    assert_int_equal(admission_waiting(admission), 2);
    assert_true(ticket_waits(&visitors[4].ticket));
    assert_int_equal(loop_timeout_ms(&loop), -1);
    leave(2);
    assert_int_equal(admitted, 5);
    assert_ptr_equal(order[4], &visitors[4]);
    leave(2);
    assert_int_equal(admitted, 5);
    leave(0);
    assert_int_equal(admitted, 6);
    assert_int_equal(admission_waiting(admission), 0);
}

/* The next one is to know what the last one learned. */
static void one_at_a_time_goes_to_one_port_and_other_ports_do_not_wait(void **state)
{
    (void)state;
    begin(0, DESCRIPTORS);
    enter_port(0, 1, PORT);
    enter_port(1, 1, PORT);
    enter_port(2, 1, PORT + 1);
    enter_port(3, 2, PORT);
    assert_int_equal(admitted, 3);
    assert_true(ticket_waits(&visitors[1].ticket));
    leave(2);
    leave(3);
    assert_true(ticket_waits(&visitors[1].ticket));
    leave(0);
    assert_int_equal(admitted, 4);
}

/* Each leaves in the callback that let it in, so that only the rate holds the next one back. */
static void ten_in_any_second_go_to_one_address_and_others_do_not_wait(void **state)
{
    (void)state;
    begin(0, DESCRIPTORS);
    for (size_t i = 0; i < VISITORS; i++)
        visitors[i].leaves_at_once = true;
    enter_all(VISITORS - 2, 1);
    assert_int_equal(admitted, 10);
    enter(VISITORS - 2, 2);
    enter(VISITORS - 1, 3);
    assert_int_equal(admitted, 12);
    wait_until_admitted(VISITORS);
    for (size_t i = 0; i < VISITORS - 2; i++) {
        assert_in_range(visitors[i].admitted_us, 1, UINT64_MAX);
        if (i >= 10)
            assert_in_range(visitors[i].admitted_us - visitors[i - 10].not_before_us, SECOND_US,
                            PATIENCE_US);
    }
}

static void those_of_one_address_go_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    begin(0, DESCRIPTORS);
    enter_all(10, 1);
    for (size_t i = 0; i < 6; i++)
        leave(i);
    assert_int_equal(admitted, 10);
    for (size_t i = 0; i < 10; i++)
        assert_ptr_equal(order[i], &visitors[i]);
}

static void an_address_that_waits_does_not_hold_up_another_behind_it(void **state)
{
    (void)state;
    begin(0, 5);
    enter_all(7, 1);
    enter(7, 2);
    enter(8, 3);
    assert_int_equal(admitted, 5);
    leave(7);
    assert_ptr_equal(order[5], &visitors[8]);
}

static void there_are_only_so_many_descriptors(void **state)
{
    (void)state;
    begin(0, 3);
    for (size_t i = 0; i < 6; i++)
        enter(i, (uint8_t)i);
    assert_int_equal(admitted, 3);
    for (size_t i = 0; i < 3; i++) {
        leave(i);
        assert_int_equal(admitted, 4 + i);
    }
}

/* Else nothing would ever be probed. */
static void no_descriptor_counts_as_one(void **state)
{
    (void)state;
    begin(0, 0);
    enter_all(2, 1);
    assert_int_equal(admitted, 1);
}

static void the_runs_rate_holds_for_all_addresses_together(void **state)
{
    (void)state;
    enum { RATE = 50, COUNT = 6 };
    begin(RATE, DESCRIPTORS);
    for (size_t i = 0; i < COUNT; i++)
        enter(i, (uint8_t)i);
    assert_int_equal(admitted, 1);
    wait_until_admitted(COUNT);
    for (size_t i = 1; i < COUNT; i++)
        assert_in_range(order[i]->admitted_us - order[0]->not_before_us, i * SECOND_US / RATE,
                        PATIENCE_US);
}

static void leaving_in_the_callback_lets_the_next_one_in(void **state)
{
    (void)state;
    begin(0, 1);
    visitors[1].leaves_at_once = visitors[2].leaves_at_once = true;
    enter_all(4, 1);
    assert_int_equal(admitted, 1);
    leave(0);
    assert_int_equal(admitted, 4);
    assert_int_equal(admission_waiting(admission), 0);
    leave(3);
    enter(4, 1);
    assert_int_equal(admitted, 5);
}

static void leave_at_once(struct ticket *ticket)
{
    admitted++;
    admission_leave(ticket);
}

/* Each on top of the one before, they would be too much for any stack. */
static void a_crowd_whose_connections_all_fail_at_once_is_no_recursion(void **state)
{
    (void)state;
    enum { CROWD = 100 * 1000 };
    struct ticket *crowd = calloc(CROWD, sizeof(*crowd));
    assert_non_null(crowd);
    begin(0, 1);
    enter(0, 1);
    for (uint32_t i = 0; i < CROWD; i++) {
        crowd[i] = (struct ticket){.ip.family = 6, .port = PORT, .admitted = leave_at_once};
        memcpy(crowd[i].ip.bytes, &i, sizeof(i));
        assert_int_equal(admission_enter(admission, &crowd[i]), 0);
    }
    assert_int_equal(admission_waiting(admission), CROWD);
    leave(0);
    assert_int_equal(admitted, 1 + CROWD);
    free(crowd);
}

/* The first, one in the middle and the last of those that wait; then those behind them go. */
static void a_ticket_taken_back_is_never_admitted(void **state)
{
    (void)state;
    static const size_t taken_back[] = {1, 3, 5};
    begin(0, 1);
    enter_all(6, 1);
    for (size_t i = 0; i < 3; i++) {
        leave(taken_back[i]);
        assert_false(ticket_waits(&visitors[taken_back[i]].ticket));
        assert_int_equal(admission_waiting(admission), 4 - i);
    }
    assert_int_equal(admitted, 1);
    enter(6, 1);
    leave(0);
    leave(2);
    leave(4);
    assert_int_equal(admitted, 4);
    assert_ptr_equal(order[1], &visitors[2]);
    assert_ptr_equal(order[2], &visitors[4]);
    assert_ptr_equal(order[3], &visitors[6]);
}

static void a_ticket_taken_back_may_enter_again(void **state)
{
    (void)state;
    begin(0, 1);
    enter_all(2, 1);
    leave(1);
    enter(1, 1);
    leave(0);
    assert_int_equal(admitted, 2);
    assert_ptr_equal(order[1], &visitors[1]);
}

static void a_place_handed_over_is_free_once_its_heir_leaves(void **state)
{
    (void)state;
    struct ticket heir;
    begin(0, DESCRIPTORS);
    enter_port(0, 1, PORT);
    admission_hand_over(&visitors[0].ticket, &heir);
    leave(0);
    enter_port(1, 1, PORT);
    assert_true(ticket_waits(&visitors[1].ticket));
    assert_false(ticket_waits(&heir));
    admission_leave(&heir);
    assert_int_equal(admitted, 2);
}

static void a_closed_admission_admits_nobody_and_lets_all_leave(void **state)
{
    (void)state;
    begin(0, 1);
    enter_all(3, 1);
    admission_close(admission);
    leave(0);
    enter(3, 2);
    assert_int_equal(admitted, 1);
    assert_int_equal(admission_waiting(admission), 3);
    for (size_t i = 1; i <= 3; i++)
        leave(i);
    assert_int_equal(admission_waiting(admission), 0);
}

static void one_that_never_entered_may_leave(void **state)
{
    (void)state;
    begin(0, 1);
    enter(0, 1);
    leave(1);
    enter(2, 1);
    assert_int_equal(admitted, 1);
}

#define ADMISSION_TEST(test_) cmocka_unit_test_setup_teardown(test_, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ADMISSION_TEST(four_at_a_time_go_to_one_address),
        ADMISSION_TEST(one_at_a_time_goes_to_one_port_and_other_ports_do_not_wait),
        ADMISSION_TEST(ten_in_any_second_go_to_one_address_and_others_do_not_wait),
        ADMISSION_TEST(those_of_one_address_go_in_the_order_in_which_they_came),
        ADMISSION_TEST(an_address_that_waits_does_not_hold_up_another_behind_it),
        ADMISSION_TEST(there_are_only_so_many_descriptors),
        ADMISSION_TEST(no_descriptor_counts_as_one),
        ADMISSION_TEST(the_runs_rate_holds_for_all_addresses_together),
        ADMISSION_TEST(leaving_in_the_callback_lets_the_next_one_in),
        ADMISSION_TEST(a_crowd_whose_connections_all_fail_at_once_is_no_recursion),
        ADMISSION_TEST(a_ticket_taken_back_is_never_admitted),
        ADMISSION_TEST(a_ticket_taken_back_may_enter_again),
        ADMISSION_TEST(a_place_handed_over_is_free_once_its_heir_leaves),
        ADMISSION_TEST(a_closed_admission_admits_nobody_and_lets_all_leave),
        ADMISSION_TEST(one_that_never_entered_may_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
