#include "probe/run/resolver.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_US = 5 * 1000 * 1000, MANY = 300, ASKED = MANY + RESOLVER_THREADS };

/* ---- the system's resolver, under the test's control ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t release_of_the_held = PTHREAD_COND_INITIALIZER;
static size_t held; /* queries that the resolver does not answer yet */
static bool released;

static void hold(void)
{
    pthread_mutex_lock(&lock);
    held++;
    while (!released)
        pthread_cond_wait(&release_of_the_held, &lock);
    held--;
    pthread_mutex_unlock(&lock);
}

static void set_released(bool now)
{
    pthread_mutex_lock(&lock);
    released = now;
    pthread_cond_broadcast(&release_of_the_held);
    pthread_mutex_unlock(&lock);
}

static size_t held_now(void)
{
    pthread_mutex_lock(&lock);
    size_t count = held;
    pthread_mutex_unlock(&lock);
    return count;
}

static const struct {
    const char *host;
    int eai;
    int system_error;
} failures[] = {
    {"not-found.test", EAI_NONAME, 0},
    {"no-address.test", EAI_NODATA, 0},
    {"temporary.test", EAI_AGAIN, 0},
    {"no-descriptor.test", EAI_SYSTEM, EMFILE},
};

/* The linker finds this program's own definition before libc's. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_addresses)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (strcmp(host, "held.test") == 0) {
        hold();
        host = "localhost";
    }
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
        if (strcmp(host, failures[i].host) == 0) {
            errno = failures[i].system_error ? failures[i].system_error : EDOM;
            return failures[i].eai;
        }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, ret_addresses);
}

/* ---- one resolver, and what it answered ---- */

struct asked {
    struct query *query; /* NULL once it is gone */
    unsigned answers;
    int eai;
    int system_error;
    bool has_addresses;
    size_t ipv4_loopbacks;
    size_t others;
};

static struct loop loop;
static struct workers *resolver;
static struct asked asked[ASKED];

static void answered(void *context, const struct answer *answer)
{
    struct asked *to = context;
    to->query = NULL;
    to->answers++;
    to->eai = answer->eai;
    to->system_error = answer->system_error;
    to->has_addresses = answer->addresses != NULL;
    for (const struct addrinfo *at = answer->addresses; at; at = at->ai_next) {
        const struct sockaddr_in *address = (const void *)at->ai_addr;
        bool loopback = at->ai_family == AF_INET && ntohl(address->sin_addr.s_addr) >> 24 == 127;
        to->ipv4_loopbacks += loopback;
        to->others += !loopback;
    }
}

static void ask_then(size_t i, const char *host, int family,
                     void (*then)(void *context, const struct answer *answer))
{
    char copy[64];
    snprintf(copy, sizeof(copy), "%s", host);
    assert_int_equal(resolver_ask(resolver, copy, family, then, &asked[i], &asked[i].query), 0);
    memset(copy, 'x', sizeof(copy) - 1);
}

static void ask(size_t i, const char *host)
{
    ask_then(i, host, AF_INET, answered);
}

static void give_up(size_t i)
{
    query_abandon(asked[i].query);
    asked[i].query = NULL;
}

static size_t answers(void)
{
    size_t sum = 0;
    for (size_t i = 0; i < ASKED; i++)
        sum += asked[i].answers;
    return sum;
}

static size_t beside; /* a sanitizer's threads */

/* Of this process; the test's own is one. */
static size_t thread_count(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *task; (task = readdir(tasks));)
        count += task->d_name[0] != '.';
    closedir(tasks);
    return count - beside;
}

/* What no descriptor tells is looked at every millisecond. */
static void wait_for(size_t (*count)(void), size_t wanted)
{
    uint64_t patience_us = monotonic_us() + PATIENCE_US;
    while (count() != wanted) {
        assert_in_range(monotonic_us(), 0, patience_us);
        (void)poll(NULL, 0, 1);
    }
}

static void step_until_answered(size_t wanted)
{
    struct pollfd event = {.fd = loop.epoll, .events = POLLIN};
    uint64_t patience_us = monotonic_us() + PATIENCE_US;
    while (answers() < wanted) {
        assert_in_range(monotonic_us(), 0, patience_us);
        (void)poll(&event, 1, PATIENCE_US / 1000);
        assert_int_equal(loop_step(&loop), 0);
    }
    assert_int_equal(answers(), wanted);
}

static void wait_for_an_answer_without_taking_it(void)
{
    struct pollfd event = {.fd = loop.epoll, .events = POLLIN};
    assert_int_equal(poll(&event, 1, PATIENCE_US / 1000), 1);
}

static int begin(void **state)
{
    (void)state;
    set_released(false);
    memset(asked, 0, sizeof(asked));
    return loop_init(&loop) ? -1 : resolver_new(&loop, &resolver);
}

/* No thread outlives the resolver once the system answers it. */
static int end(void **state)
{
    (void)state;
    set_released(true);
    workers_free(resolver);
    resolver = NULL;
    loop_clear(&loop);
    wait_for(thread_count, 1);
    return 0;
}

/* ---- the promises ---- */

static void localhost_resolves_to_one_entry_an_address(void **state)
{
    (void)state;
    uint64_t before = monotonic_us();
    ask(0, "localhost");
    step_until_answered(1);
    assert_int_equal(asked[0].eai, 0);
    assert_int_equal(asked[0].ipv4_loopbacks, 1);
    assert_int_equal(asked[0].others, 0);
    assert_in_range(workers_progress_us(resolver), before, monotonic_us());
}

static void only_addresses_of_the_family_asked_for_are_answered(void **state)
{
    (void)state;
    ask_then(0, "::1", AF_INET6, answered);
    ask_then(1, "::1", AF_UNSPEC, answered);
    ask_then(2, "::1", AF_INET, answered);
    step_until_answered(3);
    assert_int_equal(asked[0].others, 1);
    assert_int_equal(asked[1].others, 1);
    assert_int_equal(asked[2].eai, EAI_ADDRFAMILY);
}

static void each_failure_is_told_as_it_was(void **state)
{
    (void)state;
    enum { FAILURES = sizeof(failures) / sizeof(failures[0]) };
    for (size_t i = 0; i < FAILURES; i++)
        ask(i, failures[i].host);
    step_until_answered(FAILURES);
    for (size_t i = 0; i < FAILURES; i++) {
        assert_int_equal(asked[i].eai, failures[i].eai);
        assert_int_equal(asked[i].system_error, failures[i].system_error);
        assert_false(asked[i].has_addresses);
    }
}

static void a_name_that_is_never_answered_holds_no_other_up(void **state)
{
    (void)state;
    ask(0, "held.test");
    wait_for(held_now, 1);
    ask(1, "localhost");
    step_until_answered(1);
    assert_int_equal(asked[1].answers, 1);
    give_up(0);
}

/* All threads busy: the next query has not been asked, and says so. */
static void a_query_without_a_thread_was_never_asked(void **state)
{
    (void)state;
    uint64_t before = monotonic_us();
    for (size_t i = 0; i <= RESOLVER_THREADS; i++)
        ask(i, "held.test");
    wait_for(held_now, RESOLVER_THREADS);
    for (size_t i = 0; i < RESOLVER_THREADS; i++)
        assert_in_range(query_asked_us(asked[i].query), before, monotonic_us());
    assert_int_equal(query_asked_us(asked[RESOLVER_THREADS].query), 0);
    assert_int_equal(workers_progress_us(resolver), 0);
    set_released(true);
    step_until_answered(RESOLVER_THREADS + 1);
}

static void many_queries_are_each_answered_once_by_few_threads(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        ask(i, i % 3 ? "localhost" : failures[i % 4].host);
    assert_in_range(thread_count(), 1, 1 + RESOLVER_THREADS);
    step_until_answered(MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(asked[i].answers, 1);
        assert_int_equal(asked[i].eai, i % 3 ? 0 : failures[i % 4].eai);
    }
}

static void one_thread_serves_all_that_come_one_by_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        ask(i, "127.0.0.1");
        step_until_answered(i + 1);
    }
    assert_int_equal(thread_count(), 2);
}

static void an_abandoned_query_is_never_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < RESOLVER_THREADS + 2; i++)
        ask(i, "held.test");
    wait_for(held_now, RESOLVER_THREADS);
    give_up(0);                    /* while a thread asks for it */
    give_up(RESOLVER_THREADS + 1); /* while it waits for a thread */
    set_released(true);
    step_until_answered(RESOLVER_THREADS);
    wait_for(held_now, 0);
    ask(RESOLVER_THREADS + 2, "localhost");
    step_until_answered(RESOLVER_THREADS + 1);
    assert_int_equal(asked[0].answers, 0);
    assert_int_equal(asked[RESOLVER_THREADS + 1].answers, 0);
}

static void nor_one_whose_answer_is_already_there(void **state)
{
    (void)state;
    ask(0, "localhost");
    wait_for_an_answer_without_taking_it();
    give_up(0);
    ask(1, "localhost");
    step_until_answered(1);
    assert_int_equal(asked[0].answers, 0);
}

static void abandon_the_others(void *context, const struct answer *answer)
{
    answered(context, answer);
    for (size_t i = 0; i < 8; i++)
        if (asked[i].query)
            give_up(i);
}

static void nor_one_abandoned_by_the_answer_before_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++)
        ask_then(i, "held.test", AF_INET, abandon_the_others);
    wait_for(held_now, 8);
    set_released(true);
    wait_for_an_answer_without_taking_it();
    step_until_answered(1);
    ask(8, "localhost");
    step_until_answered(2);
    assert_int_equal(asked[8].answers, 1);
}

static void ask_again(void *context, const struct answer *answer)
{
    answered(context, answer);
    ask(1, "localhost");
}

static void an_answer_may_ask_the_next_question(void **state)
{
    (void)state;
    ask_then(0, "localhost", AF_INET, ask_again);
    step_until_answered(2);
    assert_int_equal(asked[1].ipv4_loopbacks, 1);
}

/* Some held by the system, some waiting for a thread; given up before and after the resolver. */
static void freeing_waits_for_no_thread(void **state)
{
    (void)state;
    enum { COUNT = RESOLVER_THREADS + 8 };
    for (size_t i = 0; i < COUNT; i++)
        ask(i, "held.test");
    wait_for(held_now, RESOLVER_THREADS);
    for (size_t i = 0; i < COUNT; i += 2)
        give_up(i);
    workers_free(resolver);
    resolver = NULL;
    assert_int_equal(held_now(), RESOLVER_THREADS);
    for (size_t i = 1; i < COUNT; i += 2)
        give_up(i);
    set_released(true);
    wait_for(thread_count, 1);
    assert_int_equal(loop_step(&loop), 0);
    assert_int_equal(answers(), 0);
}

static void freeing_drops_answers_that_nobody_took(void **state)
{
    (void)state;
    ask(0, "localhost");
    wait_for_an_answer_without_taking_it();
    workers_free(resolver);
    resolver = NULL;
    give_up(0);
    assert_int_equal(answers(), 0);
}

static void *nothing(void *argument)
{
    return argument;
}

/* ThreadSanitizer begins a thread of its own with the program's first. */
static void count_beside(void)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, nothing, NULL), 0);
    pthread_join(thread, NULL);
    beside = thread_count() - 1;
}

#define RESOLVER_TEST(test_) cmocka_unit_test_setup_teardown(test_, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESOLVER_TEST(localhost_resolves_to_one_entry_an_address),
        RESOLVER_TEST(only_addresses_of_the_family_asked_for_are_answered),
        RESOLVER_TEST(each_failure_is_told_as_it_was),
        RESOLVER_TEST(a_name_that_is_never_answered_holds_no_other_up),
        RESOLVER_TEST(a_query_without_a_thread_was_never_asked),
        RESOLVER_TEST(many_queries_are_each_answered_once_by_few_threads),
        RESOLVER_TEST(one_thread_serves_all_that_come_one_by_one),
        RESOLVER_TEST(an_abandoned_query_is_never_answered),
        RESOLVER_TEST(nor_one_whose_answer_is_already_there),
        RESOLVER_TEST(nor_one_abandoned_by_the_answer_before_it),
        RESOLVER_TEST(an_answer_may_ask_the_next_question),
        RESOLVER_TEST(freeing_waits_for_no_thread),
        RESOLVER_TEST(freeing_drops_answers_that_nobody_took),
    };
    count_beside();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
