/* Where more is known than the cause says. The facts are written as in tests/data/evidence. */
#include "fixture.h"
#include "probe/verdict/circumstances.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PROXY       "connect=passed greeted=1 login_sent=1 product=PRODUCT_OCEANBASE_PROXY "
#define OBSERVER    "connect=passed greeted=1 login_sent=1 product=PRODUCT_OCEANBASE_OBSERVER "
#define MYSQL       "connect=passed greeted=1 login_sent=1 product=PRODUCT_MYSQL "
#define SILENT      "connect=passed "
#define USER        "wants_login=1 credentials=1 proof_sent=1 "
#define BY_PROXY    "error=1045/42000 message=\"Access denied for user 'u@t#c'@'10.0.0.9' …\""
#define BY_OBSERVER "error=1045/42000 message=\"Access denied for user 'u'@'xxx.xxx.xxx.xxx' …\""

static const struct {
    const char *facts;
    uint16_t port;
    const char *cause;
    const char *circumstance; /* "": none, the cause says it all */
} rows[] = {
    {PROXY "error=4669/HY000", 2883, "denied.cluster", "obproxy.cluster-unknown"},
    {MYSQL "error=4669/HY000", 2883, "denied.cluster", ""},
    {PROXY "error=4780/HY000", 2883, "denied.cluster", "obproxy.service-unknown"},
    {PROXY "error=4666/HY000", 2883, "denied.cluster", "observer.cluster-mismatch"},
    {OBSERVER "error=4666/HY000", 2881, "denied.cluster", "observer.cluster-mismatch"},

    {PROXY USER BY_PROXY, 2883, "denied.tenant", "obproxy.access-denied"},
    {PROXY "names_tenant=1 " BY_PROXY, 2883, "denied.tenant", "obproxy.access-denied"},
    {PROXY BY_PROXY, 2883, "ready.handshake", ""},
    {PROXY USER "names_proxysys=1 " BY_PROXY, 2883, "denied.credentials",
     "obproxy.proxysys-denied"},
    {PROXY USER BY_OBSERVER, 2883, "denied.credentials", "observer.access-denied"},
    {OBSERVER USER BY_OBSERVER, 2881, "denied.credentials", "observer.access-denied"},
    {OBSERVER USER "names_tenant=1 names_cluster=1 " BY_OBSERVER, 2881, "denied.tenant",
     "observer.cluster-in-name"},
    {OBSERVER "names_tenant=1 names_cluster=1 " BY_OBSERVER, 2881, "denied.tenant",
     "observer.cluster-in-name"},
    {OBSERVER USER "names_cluster=1 " BY_OBSERVER, 2881, "denied.credentials",
     "observer.access-denied"},
    {OBSERVER "names_cluster=1 " BY_OBSERVER, 2881, "ready.handshake", ""},
    {PROXY "names_cluster=1 " BY_PROXY, 2883, "denied.tenant", "obproxy.access-denied"},
    {PROXY USER "names_proxysys=1 logged_in=1 statement_sent=1 error=1235/0A000", 2883,
     "ready.login", ""},
    {OBSERVER BY_OBSERVER, 2881, "ready.handshake", ""},
    {MYSQL USER "error=1045/28000", 3306, "denied.credentials", ""},
    /* Said to nobody, after the password was rejected elsewhere: nothing is known of it here. */
    {PROXY "wants_login=1 withheld=WITHHELD_REJECTED " BY_OBSERVER, 2883, "denied.credentials",
     "login.withheld"},
    {MYSQL "wants_login=1 withheld=WITHHELD_REJECTED error=1045/28000", 3306, "denied.credentials",
     "login.withheld"},

    {PROXY "error=1203/42000", 2883, "unavailable.too-many-connections",
     "obproxy.too-many-sessions"},
    {MYSQL USER "error=1203/42000", 3306, "unavailable.user-limit", ""},
    {PROXY "error=1040/08004", 2883, "unavailable.too-many-connections",
     "obproxy.too-many-connections"},
    {OBSERVER "error=1040/08004", 2881, "unavailable.too-many-connections",
     "observer.too-many-connections"},
    {MYSQL "error=1040/08004", 3306, "unavailable.too-many-connections", ""},
    {OBSERVER USER "error=1226/42000", 2881, "unavailable.user-limit", "observer.user-limit"},

    {PROXY "ending=ENDING_CLOSED login_wait_us=900", 2883, "protocol.closed-after-login",
     "obproxy.closed-after-login"},
    {PROXY "ending=ENDING_CLOSED login_wait_us=15000000", 2883, "protocol.closed-after-login",
     "obproxy.gave-up"},
    {PROXY "ending=ENDING_CLOSED login_wait_us=900 ssl_request=1 secured=1", 2883,
     "protocol.closed-after-login", "obproxy.closed-in-tls"},
    {PROXY USER "ending=ENDING_CLOSED logged_in=1 statement_sent=1", 2883,
     "protocol.closed-after-login", ""},
    {PROXY USER "logged_in=1 statement_sent=1", 2883, "timed-out.login", ""},
    {"connect=passed greeted=1 product=PRODUCT_OCEANBASE_PROXY withheld=WITHHELD_WAITED "
     "ending=ENDING_CLOSED",
     2883, "timed-out.login", "obproxy.closed-on-the-wait"},
    {MYSQL "ending=ENDING_CLOSED", 3306, "protocol.closed-after-login", ""},
    {OBSERVER "ending=ENDING_CLOSED", 2881, "protocol.closed-after-login", ""},
    {PROXY "login_wait_us=15999999", 2883, "timed-out.login", "obproxy.still-trying"},
    {PROXY "login_wait_us=16000000", 2883, "timed-out.login", ""},
    {PROXY "withheld=WITHHELD_LATE", 2883, "timed-out.login", ""},
    {OBSERVER "login_wait_us=5000000", 2881, "timed-out.login", ""},

    {PROXY "error=5150/HY000", 2883, "unavailable.backend", "obproxy.tenant-nowhere"},
    {OBSERVER "error=5150/HY000", 2881, "denied.tenant", "observer.tenant-elsewhere"},
    {OBSERVER "error=5157/HY000", 2881, "denied.tenant", "observer.tenant-dropped"},
    {PROXY "error=5157/HY000", 2883, "denied.tenant", "observer.tenant-dropped"},
    {OBSERVER "error=1235/0A000", 2881, "denied.tenant", "observer.oracle-tenant"},
    {PROXY "error=1235/0A000", 2883, "denied.tenant", "observer.oracle-tenant"},
    {OBSERVER "error=1227/42501", 2881, "denied.allow-list", "observer.allow-list"},
    {PROXY "error=1227/42501", 2883, "denied.allow-list", "observer.allow-list"},
    {MYSQL "error=2801/HY000", 3306, "denied.allow-list", ""},
    {OBSERVER USER "error=3118/HY000", 2881, "denied.account-locked", "observer.user-locked"},
    {MYSQL USER "error=3118/HY000", 3306, "denied.account-locked", ""},
    {OBSERVER "error=5260/HY000", 2881, "denied.account-locked", "observer.tenant-locked"},
    {OBSERVER "error=8001/08004", 2881, "unavailable.starting", "observer.starting"},
    {PROXY "error=8002/08004", 2883, "unavailable.stopping", "observer.stopping"},
    {MYSQL "error=1053/08S01", 3306, "unavailable.stopping", ""},
    {OBSERVER "error=1053/08S01", 2881, "unavailable.stopping", ""},
    {OBSERVER USER "error=1049/42000", 2881, "denied.database", "observer.unknown-database"},
    {OBSERVER USER "error=1044/42000", 2881, "denied.database", "observer.no-privilege"},
    {MYSQL USER "error=1049/42000", 3306, "denied.database", ""},
    {OBSERVER USER "logged_in=1 statement_sent=1 error=1820/HY000", 2881, "denied.password-expired",
     "observer.password-expired"},

    {SILENT "ending=ENDING_CLOSED", 2883, "protocol.closed-before-greeting",
     "obproxy.closed-before-greeting"},
    {SILENT "ending=ENDING_CLOSED services=SERVICE_TLS+SERVICE_POSTGRESQL blind=1 login_sent=1",
     2883, "protocol.closed-before-greeting", ""},
    {SILENT "ending=ENDING_CLOSED", 3306, "protocol.closed-before-greeting", ""},
    {SILENT, 2883, "timed-out.greeting", "obproxy.silent"},
    {SILENT, 2882, "timed-out.greeting", "observer.rpc-port"},
    {SILENT, 2881, "timed-out.greeting", ""},
    {SILENT, 0, "timed-out.greeting", ""},
    {SILENT "bytes=3 greeting_partial=1", 2882, "timed-out.greeting", ""},
    {"connect=failed errno=ECONNREFUSED call=CALL_CONNECT unix=1", 0, "refused.no-listener",
     "socket.left-behind"},
    {"connect=failed errno=ECONNREFUSED call=CALL_ASYNC loopback=1", 2882, "refused.no-listener",
     "loopback.nothing-listens"},
    {"connect=passed tls_mode=TLS_REQUIRED greeted=1 login_sent=1 withheld=WITHHELD_TLS "
     "product=PRODUCT_OCEANBASE_PROXY " BY_OBSERVER,
     2883, "tls.not-offered", "obproxy.without-tls"},
    {"connect=passed tls_mode=TLS_REQUIRED greeted=1 login_sent=1 withheld=WITHHELD_TLS "
     "product=PRODUCT_OCEANBASE_OBSERVER " BY_OBSERVER,
     2881, "tls.not-offered", "observer.without-tls"},
    {"connect=passed tls_mode=TLS_REQUIRED greeted=1 login_sent=1 withheld=WITHHELD_TLS "
     "product=PRODUCT_MYSQL error=1045/28000",
     3306, "tls.not-offered", ""},
    {"connect=failed errno=ECONNREFUSED call=CALL_ASYNC", 2882, "refused.no-listener", ""},
};

static bool given[CIRCUMSTANCE_COUNT];

static const char *id_of(enum circumstance circumstance)
{
    return circumstance ? circumstance_row(circumstance)->id : "";
}

static void each_scene_has_its_circumstance(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture_facts facts = {0};
        char text[1024];
        snprintf(text, sizeof(text), "%s", rows[i].facts);
        print_message("  %s\n", rows[i].facts);
        assert_null(fixture_apply(text, &facts));
        struct facts pointers = {.evidence = &facts.evidence};
        struct verdict verdict = diagnose(&pointers, NULL);
        struct scene scene = {.evidence = &facts.evidence, .port = rows[i].port};
        enum circumstance circumstance = circumstance_of(&verdict, &scene);
        assert_string_equal(cause_row(verdict.cause)->id, rows[i].cause);
        assert_string_equal(id_of(circumstance), rows[i].circumstance);
        given[circumstance] = true;
    }
}

static void every_circumstance_is_met(void **state)
{
    (void)state;
    for (unsigned i = 1; i < CIRCUMSTANCE_COUNT; i++)
        if (!given[i])
            fail_msg("%s never fits", id_of((enum circumstance)i));
}

static void ids_are_words_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 1; i < CIRCUMSTANCE_COUNT; i++) {
        const char *id = id_of((enum circumstance)i);
        assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz-."), strlen(id));
        assert_int_equal(cause_find(id), CAUSE_NONE);
        for (unsigned j = 1; j < i; j++)
            assert_string_not_equal(id, id_of((enum circumstance)j));
    }
}

/* What libmariadb quotes is not what the wire saw. */
static void where_libmariadb_decides_there_is_none(void **state)
{
    struct fixture_facts facts = {0};
    char text[] = OBSERVER "error=1227/42501";
    (void)state;
    assert_null(fixture_apply(text, &facts));
    struct facts pointers = {.evidence = &facts.evidence};
    struct verdict verdict = diagnose(&pointers, NULL);
    struct scene scene = {.evidence = &facts.evidence, .port = 2881};
    assert_int_not_equal(circumstance_of(&verdict, &scene), CIRCUMSTANCE_NONE);
    verdict.stage = STAGE_CLIENT;
    assert_int_equal(circumstance_of(&verdict, &scene), CIRCUMSTANCE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scene_has_its_circumstance),
        cmocka_unit_test(every_circumstance_is_met),
        cmocka_unit_test(ids_are_words_of_their_own),
        cmocka_unit_test(where_libmariadb_decides_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
