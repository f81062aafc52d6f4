/* From addresses to a target's verdict, from targets to a run's exit code. */
#include "tests/unit/fold_fates.h"
#include <netdb.h>

static const struct fold_case cases[] = {
    {"one ready address", {READY_ADDRESS}, {0}, CAUSE_READY_HANDSHAKE, 0, 0},
    {"one refused address", {REFUSED}, {0}, CAUSE_REFUSED_NO_LISTENER, 0, 0},

    {"ready when one is, the dead one noted",
     {REFUSED, READY_ADDRESS},
     {0},
     CAUSE_READY_HANDSHAKE,
     1,
     NOTE(ADDRESS_DEAD)},
    {"the first ready one in getaddrinfo's order",
     {SLOW, READY_ADDRESS},
     {0},
     CAUSE_READY_HANDSHAKE,
     0,
     NOTE(SLOW_GREETING)},
    {"all must be ready when all are asked for",
     {READY_ADDRESS, REFUSED},
     {.all_addresses = true},
     CAUSE_REFUSED_NO_LISTENER,
     1,
     0},
    {"and all are",
     {READY_ADDRESS, READY_ADDRESS},
     {.all_addresses = true},
     CAUSE_READY_HANDSHAKE,
     0,
     0},
    {"an address that was not probed is not ready",
     {READY_ADDRESS, LISTED_ONLY},
     {.all_addresses = true},
     CAUSE_TIMED_OUT_CONNECT,
     NAME,
     0},
    {"but it does not matter when one is enough",
     {READY_ADDRESS, LISTED_ONLY},
     {0},
     CAUSE_READY_HANDSHAKE,
     0,
     0},

    {"the furthest: greeting before connect",
     {REFUSED, CLOSED_AT_ONCE},
     {0},
     CAUSE_PROTOCOL_CLOSED_BEFORE_GREETING,
     1,
     0},
    {"the furthest: login before greeting",
     {BLOCKED, CLOSED_AFTER_LOGIN},
     {0},
     CAUSE_PROTOCOL_CLOSED_AFTER_LOGIN,
     1,
     0},
    {"within the greeting: denied before protocol",
     {CLOSED_AT_ONCE, BLOCKED},
     {0},
     CAUSE_DENIED_HOST_BLOCKED,
     1,
     0},
    {"within the greeting: protocol before timed-out",
     {SILENT_SERVER, CLOSED_AT_ONCE},
     {0},
     CAUSE_PROTOCOL_CLOSED_BEFORE_GREETING,
     1,
     1u << NOTE_COUNTED},
    {"within the login: unavailable before protocol",
     {CLOSED_AFTER_LOGIN, ROUTER_2003},
     {0},
     CAUSE_UNAVAILABLE_BACKEND,
     1,
     NOTE(PROXY_IN_PATH)},
    {"within connect: refused before filtered",
     {REJECTED, REFUSED},
     {0},
     CAUSE_REFUSED_NO_LISTENER,
     1,
     0},
    {"filtered before timed-out", {DROPPED, REJECTED}, {0}, CAUSE_FILTERED_REJECTED, 1, 0},
    {"timed-out before unreachable", {UNREACHABLE, DROPPED}, {0}, CAUSE_TIMED_OUT_CONNECT, 1, 0},
    {"unreachable before local", {NO_ROUTE, UNREACHABLE}, {0}, CAUSE_UNREACHABLE_HOST, 1, 0},
    {"else getaddrinfo's order",
     {NO_ROUTE, REFUSED, REFUSED},
     {0},
     CAUSE_REFUSED_NO_LISTENER,
     1,
     0},

    {"a family that cannot be used is passed over",
     {SKIPPED, READY_ADDRESS},
     {.all_addresses = true},
     CAUSE_READY_HANDSHAKE,
     1,
     NOTE(ADDRESS_SKIPPED)},
    {"it is not the verdict either",
     {SKIPPED, DROPPED},
     {0},
     CAUSE_TIMED_OUT_CONNECT,
     1,
     NOTE(ADDRESS_SKIPPED)},
    {"unless no other is left", {SKIPPED, SKIPPED}, {0}, CAUSE_LOCAL_NO_ROUTE, 0, 0},
    {"unless it was asked for",
     {READY_ADDRESS, SKIPPED},
     {.all_addresses = true, .family_asked = true},
     CAUSE_LOCAL_NO_ROUTE,
     1,
     0},
    {"asked for, it is dead",
     {READY_ADDRESS, SKIPPED},
     {.family_asked = true},
     CAUSE_READY_HANDSHAKE,
     0,
     NOTE(ADDRESS_DEAD)},

    {"a constant salt is noted",
     {CONSTANT_SALT},
     {0},
     CAUSE_READY_HANDSHAKE,
     0,
     NOTE(CONSTANT_SALT)},
    {"a proxy's own answer says nothing of the backend",
     {PROXY_ANSWERED},
     {0},
     CAUSE_READY_HANDSHAKE,
     0,
     NOTE(BACKEND_NOT_TESTED)},
    {"a greeting left without a login counts",
     {STOPPED_AT_GREETING},
     {0},
     CAUSE_READY_GREETED,
     0,
     NOTE(COUNTED)},
};

static void a_target_is_what_its_addresses_make_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_fold(&cases[i]);
}

static void a_name_that_fails_is_the_verdict(void **state)
{
    (void)state;
    struct report report = {.resolution = {.asked = true, .answered = true, .eai = EAI_NONAME}};
    report_fold(&report, &(struct fold_rules){0});
    assert_int_equal(report.verdict.cause, CAUSE_NAME_NOT_FOUND);
    assert_false(report.ready);
    assert_int_equal(report.exit_code, 10);
    assert_int_equal(report.decisive, report.address_count);
    report_clear(&report);
}

static void every_address_keeps_its_own_verdict(void **state)
{
    (void)state;
    struct report report = report_over((enum fate[ADDRESSES]){REFUSED, READY_ADDRESS, SKIPPED});
    report_fold(&report, &(struct fold_rules){0});
    assert_int_equal(report.addresses[0].verdict.cause, CAUSE_REFUSED_NO_LISTENER);
    assert_int_equal(report.addresses[1].verdict.cause, CAUSE_READY_HANDSHAKE);
    assert_int_equal(report.addresses[2].verdict.cause, CAUSE_LOCAL_NO_ROUTE);
    assert_true(address_skipped(&report.addresses[2]));
    assert_false(address_skipped(&report.addresses[0]));
    report_clear(&report);
}

/* Exit codes of the targets of a run, 0 for ready, -1 behind the last. */
static const struct {
    const char *what;
    int targets[4];
    int all;
    int any;
} runs[] = {
    {"nothing was checked", {-1}, 2, 2},
    {"one ready", {0, -1}, 0, 0},
    {"one refused", {13, -1}, 13, 13},
    {"all ready", {0, 0, 0, -1}, 0, 0},
    {"one of two refused", {0, 13, -1}, 13, 0},
    {"all refused", {13, 13, -1}, 13, 13},
    {"different failures", {13, 14, -1}, 20, 20},
    {"different failures, then the first again", {13, 14, 13, -1}, 20, 20},
    {"different failures, one ready", {14, 0, 13, -1}, 20, 0},
};

static void a_run_is_what_its_targets_make_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        struct tally tally = {0};
        for (const int *code = runs[i].targets; *code >= 0; code++)
            tally_add(&tally, &(struct report){.ready = *code == 0, .exit_code = *code});
        if (tally_exit_code(&tally, false) != runs[i].all ||
            tally_exit_code(&tally, true) != runs[i].any)
            fail_msg("%s: %d, with any %d", runs[i].what, tally_exit_code(&tally, false),
                     tally_exit_code(&tally, true));
    }
}

static void notes_have_their_published_names(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "address-dead",       "address-skipped",     "host-dead",
        "slow-greeting",      "constant-salt",       "proxy-in-path",
        "backend-not-tested", "certificate-expires", "certificate-unverified",
        "tls-policy",         "login-withheld",      "counted",
        "parameter-ignored",  "client-inconclusive", "login-name-split",
        "tenant-not-tested",  "tenant-by-default",   "not-oceanbase",
        "account-not-tested"};
    assert_int_equal(NOTE_COUNT, sizeof(ids) / sizeof(ids[0]));
    for (unsigned i = 0; i < NOTE_COUNT; i++)
        assert_string_equal(note_id((enum note)i), ids[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_what_its_addresses_make_it),
        cmocka_unit_test(a_name_that_fails_is_the_verdict),
        cmocka_unit_test(every_address_keeps_its_own_verdict),
        cmocka_unit_test(a_run_is_what_its_targets_make_it),
        cmocka_unit_test(notes_have_their_published_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
