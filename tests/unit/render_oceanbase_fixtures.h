/* What OBProxy and observers answer, beside the situations of render_fixtures.h. */
#ifndef TESTS_UNIT_RENDER_OCEANBASE_FIXTURES_H
#define TESTS_UNIT_RENDER_OCEANBASE_FIXTURES_H

/* Included by render_fixtures.h, behind render_client_fixtures.h. */

static inline void answered_by_oceanbase(struct fixture *fixture, enum product product,
                                         const char *login_name, bool credentials)
{
    bool proxy = product == PRODUCT_OCEANBASE_PROXY;
    fixture_target(fixture, proxy ? "odp" : "obs1", proxy ? "odp" : "obs1", proxy ? 2883 : 2881);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    connected_in(evidence, 400);
    greeted_by(evidence, product, proxy ? "5.6.25" : "5.7.25");
    logged_in_with(evidence, OUTCOME_FAILED, 900);
    evidence->exchange.status = 0;
    evidence->exchange.ending = ENDING_CLOSED;
    evidence->exchange.credentials = evidence->wants_login = credentials;
    fixture->report.user = credentials ? login_name : NULL;
    fixture->report.login_name = login_name;
    attempt_take_login_name(evidence, login_name);
}

static inline void obproxy_splits_a_name(struct fixture *fixture)
{
    answered_by_oceanbase(fixture, PRODUCT_OCEANBASE_PROXY, "shop-app-rw", false);
    error_said(&fixture->addresses[0].evidence, 4669, "HY000", "cluster not exist");
}

static inline void obproxy_lacks_the_tenant(struct fixture *fixture)
{
    answered_by_oceanbase(fixture, PRODUCT_OCEANBASE_PROXY, "app@shop#obdemo", true);
    error_said(&fixture->addresses[0].evidence, 1045, "42000",
               "Access denied for user 'app@shop#obdemo'@'10.1.7.9' (using password: YES)");
}

static inline void observer_behind_obproxy_is_alive(struct fixture *fixture)
{
    answered_by_oceanbase(fixture, PRODUCT_OCEANBASE_PROXY, "app@shop", false);
    stage(&fixture->addresses[0].evidence, STAGE_LOGIN, OUTCOME_PASSED, 1100, 900);
    error_said(&fixture->addresses[0].evidence, 1045, "42000",
               "Access denied for user 'obprobe_nobody'@'xxx.xxx.xxx.xxx' (using password: NO)");
}

static inline void observer_denies(struct fixture *fixture)
{
    answered_by_oceanbase(fixture, PRODUCT_OCEANBASE_OBSERVER, "app@shop", true);
    error_said(&fixture->addresses[0].evidence, 1045, "42000",
               "Access denied for user 'app'@'xxx.xxx.xxx.xxx' (using password: YES)");
}

static inline void observer_is_told_a_cluster(struct fixture *fixture)
{
    answered_by_oceanbase(fixture, PRODUCT_OCEANBASE_OBSERVER, "app@shop#obdemo", false);
    error_said(&fixture->addresses[0].evidence, 1045, "42000",
               "Access denied for user 'obprobe_nobody'@'xxx.xxx.xxx.xxx' (using password: NO)");
}

static inline void tenant_is_not_tested(struct fixture *fixture)
{
    answered_by_oceanbase(fixture, PRODUCT_OCEANBASE_OBSERVER, "app@shop", false);
    stage(&fixture->addresses[0].evidence, STAGE_LOGIN, OUTCOME_PASSED, 1100, 900);
    error_said(&fixture->addresses[0].evidence, 1045, "42000",
               "Access denied for user 'obprobe_nobody'@'xxx.xxx.xxx.xxx' (using password: NO)");
}

static inline void tenant_is_the_default(struct fixture *fixture)
{
    answered_by_oceanbase(fixture, PRODUCT_OCEANBASE_PROXY, "app", true);
    struct evidence *evidence = &fixture->addresses[0].evidence;
    evidence->exchange.logged_in = evidence->exchange.statement_sent = true;
    evidence->exchange.statement_answered = true;
    stage(evidence, STAGE_LOGIN, OUTCOME_PASSED, 1100, 900);
    stage(evidence, STAGE_STATEMENT, OUTCOME_PASSED, 2000, 200);
}

static inline void name_is_for_oceanbase(struct fixture *fixture)
{
    fixture_target(fixture, "db1:3306", "db1", 3306);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    ready_here(evidence);
    fixture->report.login_name = "app@shop#obdemo";
    attempt_take_login_name(evidence, fixture->report.login_name);
}

static inline void observer_invites_not(struct fixture *fixture)
{
    answered_by_oceanbase(fixture, PRODUCT_OCEANBASE_OBSERVER, "app@shop", false);
    error_said(&fixture->addresses[0].evidence, 1227, "42501", "Access denied");
}

static inline void rpc_port_is_silent(struct fixture *fixture)
{
    fixture_target(fixture, "obs1:2882", "obs1", 2882);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    connected_in(evidence, 400);
    stage(evidence, STAGE_GREETING, OUTCOME_TIMED_OUT, 400, 19999000);
}

static inline void rpc_port_is_closed(struct fixture *fixture)
{
    fixture_target(fixture, "obs1:2882", "obs1", 2882);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    refused_here(evidence);
}

#endif
