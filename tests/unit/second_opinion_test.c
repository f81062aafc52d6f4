/* libmariadb's login beside the loop: its time, its end, its threads. */
#include "probe/run/second_opinion.h"
#include "tests/unit/client_play.h"
#include <poll.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SOON_US = 100 * 1000, PATIENCE_US = 5 * 1000 * 1000, LATE_US = 200 * 1000 };

static struct loop loop;
static struct workers *clients;
static struct login_had had;

static int open_pool(void **state)
{
    (void)state;
    memset(&play, 0, sizeof play);
    login_had(&had, "secret", 6);
    return loop_init(&loop) < 0 || clients_new(&loop, &clients) < 0;
}

static int close_pool(void **state)
{
    (void)state;
    workers_free(clients);
    loop_clear(&loop);
    play_hold(false);
    for (int i = 0; i < 500 && play_holding(); i++)
        (void)poll(NULL, 0, 10);
    login_had_free(&had);
    return play_holding() != 0;
}

struct asked {
    struct second_opinion opinion;
    struct client_evidence evidence;
    bool done;
};

static void note_done(struct second_opinion *opinion)
{
    OWNER(opinion, struct asked, opinion)->done = true;
}

static void ask(struct asked *asked, uint64_t needed_us, uint64_t time_us)
{
    *asked = (struct asked){.opinion = {.loop = &loop, .clients = clients, .done = note_done}};
    asked->opinion.evidence = &asked->evidence;
    second_opinion_begin(&asked->opinion, &had.wire, needed_us, monotonic_us() + time_us);
}

/* Until all of them are done; how long that took. */
static uint64_t wait_for(const struct asked *asked, size_t count)
{
    uint64_t begin = monotonic_us();
    for (size_t i = 0; i < count;) {
        struct pollfd polled = {.fd = loop.epoll, .events = POLLIN};
        assert_in_range(monotonic_us() - begin, 0, PATIENCE_US);
        (void)poll(&polled, 1, loop_timeout_ms(&loop));
        assert_int_equal(loop_step(&loop), 0);
        while (i < count && asked[i].done)
            i++;
    }
    return monotonic_us() - begin;
}

static void a_login_passes(void **state)
{
    struct asked asked;
    (void)state;
    ask(&asked, 0, PATIENCE_US);
    wait_for(&asked, 1);
    assert_int_equal(asked.evidence.result, CLIENT_PASSED);
    assert_true(asked.evidence.logged_in);
    assert_string_equal(asked.evidence.plugin, "mysql_native_password");
    assert_false(workers_busy(clients));
}

static void a_login_fails(void **state)
{
    struct asked asked;
    (void)state;
    play.refused = true;
    ask(&asked, 0, PATIENCE_US);
    wait_for(&asked, 1);
    assert_int_equal(asked.evidence.result, CLIENT_FAILED);
    assert_false(asked.evidence.logged_in);
}

static void without_enough_time_it_is_not_begun(void **state)
{
    struct asked asked;
    (void)state;
    ask(&asked, PATIENCE_US, PATIENCE_US - SOON_US);
    assert_true(asked.done);
    assert_int_equal(asked.evidence.result, CLIENT_NOT_RUN);
    assert_int_equal(asked.evidence.reason, CLIENT_NO_TIME);
    assert_int_equal(play.connected, 0);
}

static void whoever_may_not_be_asked_is_done_at_once(void **state)
{
    struct asked asked;
    (void)state;
    snprintf(had.evidence.exchange.auth_plugin, PLUGIN_NAME, "mysql_clear_password");
    ask(&asked, 0, PATIENCE_US);
    assert_true(asked.done);
    assert_int_equal(asked.evidence.result, CLIENT_NOT_RUN);
    assert_int_equal(asked.evidence.reason, CLIENT_IN_CLEAR);
    assert_int_equal(play.connected, 0);
}

static void one_that_hangs_is_left_alone_at_its_deadline(void **state)
{
    struct asked asked;
    (void)state;
    play_hold(true);
    uint64_t begin = monotonic_us();
    ask(&asked, 0, SOON_US);
    wait_for(&asked, 1);
    assert_in_range(monotonic_us() - begin, SOON_US, SOON_US + LATE_US);
    assert_int_equal(asked.evidence.result, CLIENT_TIMED_OUT);
    assert_true(workers_busy(clients));
}

/* What an abandoned thread comes back with is of no interest to anybody. */
static void a_late_answer_changes_nothing(void **state)
{
    struct asked asked[2];
    (void)state;
    play_hold(true);
    ask(&asked[0], 0, SOON_US);
    wait_for(&asked[0], 1);
    asked[0].done = false;
    play_hold(false);
    ask(&asked[1], 0, PATIENCE_US);
    wait_for(&asked[1], 1);
    for (int i = 0; i < 500 && workers_busy(clients); i++)
        (void)poll(NULL, 0, 10);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(asked[1].evidence.result, CLIENT_PASSED);
    assert_int_equal(asked[0].evidence.result, CLIENT_TIMED_OUT);
    assert_false(asked[0].done);
}

/* More at once than there are threads, and all hang: those that found none were never run. */
static void all_deadlines_are_kept(void **state)
{
    enum { MANY = CLIENT_THREADS + 4 };
    static struct asked asked[MANY];
    size_t results[CLIENT_TIMED_OUT + 1] = {0};
    (void)state;
    play_hold(true);
    for (size_t i = 0; i < MANY; i++)
        ask(&asked[i], 0, 3 * SOON_US);
    assert_in_range(wait_for(asked, MANY), SOON_US, 3 * SOON_US + LATE_US);
    for (size_t i = 0; i < MANY; i++)
        results[asked[i].evidence.result]++;
    for (size_t i = 0; i < MANY; i++)
        if (asked[i].evidence.result == CLIENT_NOT_RUN)
            assert_int_equal(asked[i].evidence.reason, CLIENT_NO_THREAD);
    assert_int_equal(results[CLIENT_TIMED_OUT], CLIENT_THREADS);
    assert_int_equal(results[CLIENT_NOT_RUN], MANY - CLIENT_THREADS);
}

static void the_end_of_the_run_takes_what_is_known(void **state)
{
    struct asked asked;
    (void)state;
    play_hold(true);
    ask(&asked, 0, PATIENCE_US);
    for (int i = 0; i < 500 && !play_holding(); i++)
        (void)poll(NULL, 0, 10);
    second_opinion_cut(&asked.opinion);
    assert_int_equal(asked.evidence.result, CLIENT_TIMED_OUT);
    assert_int_equal(asked.evidence.reason, CLIENT_CUT);
    assert_false(asked.done);
    assert_int_equal(loop_timeout_ms(&loop), -1);
}

/* The pool goes while a thread is still in libmariadb; it then ends by itself. */
static void the_pool_may_go_first(void **state)
{
    struct asked asked;
    (void)state;
    play_hold(true);
    ask(&asked, 0, SOON_US);
    wait_for(&asked, 1);
    workers_free(clients);
    play_hold(false);
    assert_int_equal(clients_new(&loop, &clients), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_pool, close_pool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_login_passes),
        CASE(a_login_fails),
        CASE(without_enough_time_it_is_not_begun),
        CASE(whoever_may_not_be_asked_is_done_at_once),
        CASE(one_that_hangs_is_left_alone_at_its_deadline),
        CASE(a_late_answer_changes_nothing),
        CASE(all_deadlines_are_kept),
        CASE(the_end_of_the_run_takes_what_is_known),
        CASE(the_pool_may_go_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
