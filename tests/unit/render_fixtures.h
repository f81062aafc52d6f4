/* Facts as a probe leaves them, one function a situation, folded by the real rules. */
#ifndef TESTS_UNIT_RENDER_FIXTURES_H
#define TESTS_UNIT_RENDER_FIXTURES_H

#include "probe/run/attempt.h"
#include "probe/verdict/report.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXTURE_ADDRESSES = 3 };

struct fixture {
    struct report report;
    struct ip resolved[FIXTURE_ADDRESSES];
    struct address_result addresses[FIXTURE_ADDRESSES];
    struct tls_evidence tls;       /* of the first address, where it is pointed to */
    struct client_evidence client; /* likewise */
};

static inline struct ip ip_from(const char *text)
{
    struct ip ip = {.family = strchr(text, ':') ? 6 : 4};
    inet_pton(ip.family == 6 ? AF_INET6 : AF_INET, text, ip.bytes);
    return ip;
}

static inline void fixture_target(struct fixture *fixture, char *input, char *host, uint16_t port)
{
    *fixture = (struct fixture){0};
    fixture->report.target = (struct target){.input = input, .host = host, .port = port};
    fixture->report.time = 1795507200; /* 2026-11-24T08:00:00Z */
    fixture->report.resolved = fixture->resolved;
    fixture->report.addresses = fixture->addresses;
    fixture->report.elapsed_us = 2100;
    fixture->report.resolution =
        (struct resolution_facts){.asked = true, .answered = true, .duration_us = 400};
}

static inline struct evidence *fixture_address(struct fixture *fixture, const char *text)
{
    size_t i = fixture->report.address_count++;
    struct address_result *address = &fixture->addresses[i];
    fixture->report.resolution.address_count = (uint16_t)(i + 1);
    fixture->resolved[i] = address->ip = ip_from(text);
    snprintf(address->text, sizeof address->text, "%s", text);
    address->evidence.connect.source =
        ip_from(address->ip.family == 6 ? "2001:db8::9" : "10.1.7.9");
    return &address->evidence;
}

static inline void stage(struct evidence *evidence, enum stage name, enum outcome outcome,
                         uint32_t begin_us, uint32_t duration_us)
{
    evidence->stages[name] = (struct stage_facts){outcome, begin_us, duration_us};
}

static inline void connected_in(struct evidence *evidence, uint32_t us)
{
    stage(evidence, STAGE_CONNECT, OUTCOME_PASSED, 400, us);
    evidence->connect.tcp = (struct tcp_facts){.rtt_us = us, .segs_in = 3};
}

/* What such a product shows by default. */
static const uint32_t fixture_signs[PRODUCT_COUNT] = {
    [PRODUCT_MYSQL] = SIGN_BIT(SIGN_COMPRESSION) | SIGN_BIT(SIGN_MYSQL_CAPABILITIES) |
                      SIGN_BIT(SIGN_GAPLESS_CAPABILITIES),
    [PRODUCT_MARIADB] = SIGN_BIT(SIGN_COMPRESSION) | SIGN_BIT(SIGN_MARIADB_CAPABILITIES) |
                        SIGN_BIT(SIGN_MARIADB_FLAGS) | SIGN_BIT(SIGN_VERSION_STRING),
    [PRODUCT_OCEANBASE_PROXY] = SIGN_BIT(SIGN_CONSTANT_SALT) | SIGN_BIT(SIGN_STATUS_ZERO) |
                                SIGN_BIT(SIGN_NATIVE_PLUGIN) |
                                SIGN_BIT(SIGN_OCEANBASE_CAPABILITIES),
};

static inline void greeted_by(struct evidence *evidence, enum product product, const char *version)
{
    struct exchange_facts *exchange = &evidence->exchange;
    stage(evidence, STAGE_GREETING, OUTCOME_PASSED,
          400 + evidence->stages[STAGE_CONNECT].duration_us, 300);
    exchange->greeted = true;
    exchange->protocol = 10;
    exchange->product = product;
    exchange->certainty = CERTAINTY_CERTAIN;
    exchange->signs = fixture_signs[product];
    exchange->connection_id = 7;
    exchange->charset = 8;
    exchange->status = 2;
    exchange->capabilities = 0x81fff7fe;
    exchange->bytes_received = 107;
    snprintf(exchange->version, sizeof exchange->version, "%s", version);
    snprintf(exchange->default_plugin, sizeof exchange->default_plugin, "mysql_native_password");
    snprintf(exchange->auth_plugin, sizeof exchange->auth_plugin, "mysql_native_password");
}

static inline void logged_in_with(struct evidence *evidence, enum outcome outcome, uint32_t us)
{
    const struct stage_facts *greeting = &evidence->stages[STAGE_GREETING];
    stage(evidence, STAGE_LOGIN, outcome, greeting->begin_us + greeting->duration_us, us);
    evidence->exchange.login_sent = true;
    evidence->exchange.login_wait_us = us;
}

static inline void error_said(struct evidence *evidence, uint16_t code, const char *sqlstate,
                              const char *message)
{
    struct server_error *error = &evidence->exchange.error;
    error->code = code;
    snprintf(error->sqlstate, sizeof error->sqlstate, "%s", sqlstate);
    snprintf(error->message, sizeof error->message, "%s", message);
}

static inline void ready_here(struct evidence *evidence)
{
    connected_in(evidence, 400);
    greeted_by(evidence, PRODUCT_MARIADB, "10.11.19-MariaDB-0+deb12u1");
    logged_in_with(evidence, OUTCOME_PASSED, 500);
    error_said(evidence, 1045, "28000",
               "Access denied for user 'obprobe_nobody'@'10.1.7.9' (using password: NO)");
    evidence->exchange.ending = ENDING_CLOSED;
}

static inline void refused_here(struct evidence *evidence)
{
    stage(evidence, STAGE_CONNECT, OUTCOME_FAILED, 400, 300);
    evidence->connect.failed_call = CALL_ASYNC;
    evidence->connect.error = ECONNREFUSED;
    evidence->connect.tcp.segs_in = 1;
}

/* ---- situations ---- */

static inline void ready(struct fixture *fixture)
{
    fixture_target(fixture, "127.0.0.1", "127.0.0.1", 2883);
    fixture->report.resolution = (struct resolution_facts){.numeric = true, .answered = true};
    ready_here(fixture_address(fixture, "127.0.0.1"));
}

static inline void ready_with_a_dead_address(struct fixture *fixture)
{
    fixture_target(fixture, "db1:3306", "db1", 3306);
    fixture->report.target.line = 3;
    refused_here(fixture_address(fixture, "2001:db8::5"));
    ready_here(fixture_address(fixture, "10.1.2.3"));
    fixture_address(fixture, "2001:db8::6")->connect.family_unusable = true;
    fixture->addresses[2].evidence.skipped = true;
}

static inline void ready_behind_obproxy(struct fixture *fixture)
{
    fixture_target(fixture, "odp", "odp", 2883);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    ready_here(evidence);
    greeted_by(evidence, PRODUCT_OCEANBASE_PROXY, "5.6.25");
    error_said(evidence, 1045, "42000", "Access denied for user 'obprobe_nobody'@'10.1.7.9'");
    evidence->exchange.constant_salt = true;
    evidence->exchange.status = 0;
}

static inline void ready_after_a_slow_greeting(struct fixture *fixture)
{
    fixture_target(fixture, "db1", "db1", 2883);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    ready_here(evidence);
    stage(evidence, STAGE_GREETING, OUTCOME_PASSED, 800, 10004000);
    stage(evidence, STAGE_LOGIN, OUTCOME_PASSED, 10004800, 500);
    evidence->exchange.slow = evidence->exchange.blind = true;
    fixture->report.elapsed_us = 10005300;
}

static inline void stopped_at_the_greeting(struct fixture *fixture)
{
    fixture_target(fixture, "db1", "db1", 2883);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    connected_in(evidence, 400);
    greeted_by(evidence, PRODUCT_MYSQL, "8.0.36-0ubuntu0.22.04.1");
    evidence->until = UNTIL_GREETING;
}

static inline void name_not_found(struct fixture *fixture)
{
    fixture_target(fixture, "db1.exmaple:2883", "db1.exmaple", 2883);
    fixture->report.resolution.eai = EAI_NONAME;
    fixture->report.resolution.duration_us = 12300;
}

static inline void no_route(struct fixture *fixture)
{
    fixture_target(fixture, "[2001:db8::5]:2883", "2001:db8::5", 2883);
    struct evidence *evidence = fixture_address(fixture, "2001:db8::5");
    stage(evidence, STAGE_CONNECT, OUTCOME_FAILED, 10, 5);
    evidence->connect.source = (struct ip){0};
    evidence->connect.failed_call = CALL_CONNECT;
    evidence->connect.error = ENETUNREACH;
}

static inline void refused(struct fixture *fixture)
{
    fixture_target(fixture, "db1", "db1", 2883);
    refused_here(fixture_address(fixture, "10.1.2.3"));
}

static inline void rejected_by_a_router(struct fixture *fixture)
{
    fixture_target(fixture, "db1.example:2883", "db1.example", 2883);
    struct evidence *evidence = fixture_address(fixture, "10.2.3.4");
    stage(evidence, STAGE_CONNECT, OUTCOME_FAILED, 400, 2100);
    evidence->connect.failed_call = CALL_ASYNC;
    evidence->connect.error = EHOSTUNREACH;
    evidence->connect.icmp = (struct icmp_facts){.seen = true,
                                                 .family = 4,
                                                 .type = 3,
                                                 .code = 13,
                                                 .from = ip_from("10.0.1.1"),
                                                 .after_us = 2100};
}

static inline void dropped_while_alive(struct fixture *fixture)
{
    fixture_target(fixture, "db1", "db1", 2883);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    stage(evidence, STAGE_CONNECT, OUTCOME_TIMED_OUT, 400, 3060000);
    evidence->connect.tcp = (struct tcp_facts){.total_retrans = 2, .retrans = 1, .retransmits = 2};
    evidence->connect.control_packets = 23;
    evidence->connect.life = (struct life_facts){.ran = true,
                                                 .control_port = 33441,
                                                 .target_syns = 6,
                                                 .control_syns = 7,
                                                 .control_answers = 6,
                                                 .echo_requests = 3,
                                                 .echo_answers = 3,
                                                 .pairs_unanswered = 6,
                                                 .decisive = true,
                                                 .lossy = true};
}

static inline void silent_without_a_sign_of_life(struct fixture *fixture)
{
    fixture_target(fixture, "db1", "db1", 2883);
    for (int i = 0; i < 2; i++) {
        struct evidence *evidence = fixture_address(fixture, i ? "2001:db8::5" : "10.1.2.3");
        stage(evidence, STAGE_CONNECT, OUTCOME_TIMED_OUT, 400, 5000000);
        evidence->connect.tcp = (struct tcp_facts){.total_retrans = 3, .retrans = 1};
        evidence->connect.control_packets = 12;
        evidence->connect.life = (struct life_facts){.ran = true,
                                                     .control_port = 33500,
                                                     .target_syns = 7,
                                                     .control_syns = 7,
                                                     .echo_requests = 5};
    }
    fixture->report.elapsed_us = 5000400;
}

static inline void closed_without_a_byte(struct fixture *fixture)
{
    fixture_target(fixture, "vip", "vip", 2883);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    connected_in(evidence, 400);
    stage(evidence, STAGE_GREETING, OUTCOME_FAILED, 800, 3000000);
    evidence->exchange.blind = evidence->exchange.login_sent = true;
    evidence->exchange.login_wait_us = 2000;
    evidence->exchange.ending = ENDING_CLOSED;
    evidence->exchange.asked_again = true;
    evidence->exchange.question = QUESTION_CLIENT_HELLO;
    evidence->exchange.question_ending = ENDING_CLOSED;
    evidence->exchange.services = SERVICE_BIT(SERVICE_TLS) | SERVICE_BIT(SERVICE_POSTGRESQL);
}

static inline void another_service(struct fixture *fixture)
{
    static const char banner[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n";
    fixture_target(fixture, "db1:22", "db1", 22);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    connected_in(evidence, 400);
    stage(evidence, STAGE_GREETING, OUTCOME_FAILED, 800, 5000);
    memcpy(evidence->exchange.first_bytes, banner, sizeof banner - 1);
    evidence->exchange.first_length = evidence->exchange.bytes_received = sizeof banner - 1;
    evidence->exchange.greeting_bad = true;
    evidence->exchange.services = SERVICE_BIT(SERVICE_SSH);
}

/* Everything that a server may say to deceive a terminal. */
static inline void hostile_refusal(struct fixture *fixture)
{
    fixture_target(fixture, "db1\033]0;x\a", "db1\033]0;x\a", 2883);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    connected_in(evidence, 400);
    stage(evidence, STAGE_GREETING, OUTCOME_FAILED, 800, 300);
    evidence->exchange.error_in_greeting = true;
    error_said(evidence, 1130, "",
               "Host '10.1.7.9'\033[2J\r\nis not \xe2\x80\xae allowed\xff\xc0\xaf {target}");
}

static inline void closed_after_the_login(struct fixture *fixture)
{
    fixture_target(fixture, "odp", "odp", 2883);
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    connected_in(evidence, 400);
    greeted_by(evidence, PRODUCT_OCEANBASE_PROXY, "5.6.25");
    logged_in_with(evidence, OUTCOME_FAILED, 15020000);
    evidence->exchange.ending = ENDING_CLOSED;
}

static inline void silent_after_the_login(struct fixture *fixture)
{
    closed_after_the_login(fixture);
    logged_in_with(&fixture->addresses[0].evidence, OUTCOME_TIMED_OUT, 8000000);
    fixture->addresses[0].evidence.exchange.ending = ENDING_OPEN;
}

#include "tests/unit/render_login_fixtures.h"

/* clang-format keeps blocks apart, and with them the order. */
#include "tests/unit/render_client_fixtures.h"

#include "tests/unit/render_oceanbase_fixtures.h"

static const struct situation {
    const char *name;
    void (*make)(struct fixture *fixture);
} situations[] = {
    {"ready", ready},
    {"ready with a dead address", ready_with_a_dead_address},
    {"ready behind OBProxy", ready_behind_obproxy},
    {"ready after a slow greeting", ready_after_a_slow_greeting},
    {"stopped at the greeting", stopped_at_the_greeting},
    {"name not found", name_not_found},
    {"no route", no_route},
    {"refused", refused},
    {"rejected by a router", rejected_by_a_router},
    {"dropped while alive", dropped_while_alive},
    {"silent without a sign of life", silent_without_a_sign_of_life},
    {"closed without a byte", closed_without_a_byte},
    {"another service", another_service},
    {"hostile refusal", hostile_refusal},
    {"closed after the login", closed_after_the_login},
    {"silent after the login", silent_after_the_login},
    {"logged in", logged_in},
    {"wrong password", wrong_password},
    {"withheld elsewhere", withheld_elsewhere},
    {"expired password", expired_password},
    {"key not allowed", key_not_allowed},
    {"small key", small_key},
    {"expired certificate", expired_certificate},
    {"certificate for another", certificate_for_another},
    {"old TLS", old_tls},
    {"alerted", alerted},
    {"answered in clear", answered_in_clear},
    {"TLS not offered", tls_not_offered},
    {"greeted too late", greeted_too_late},
    {"no socket file", no_socket_file},
    {"socket without an answer", socket_without_an_answer},
    {"client agrees", client_agrees},
    {"client disagrees", client_disagrees},
    {"client meets a limit", client_meets_a_limit},
    {"client hangs", client_hangs},
    {"client is not asked", client_is_not_asked},
    {"client would refuse", client_would_refuse},
    {"client lacks the plugin", client_lacks_the_plugin},
    {"client alone", client_alone},
    {"client denied alone", client_denied_alone},
    {"client would speak in clear", client_would_speak_in_clear},
    {"OBProxy splits a name", obproxy_splits_a_name},
    {"OBProxy lacks the tenant", obproxy_lacks_the_tenant},
    {"observer behind OBProxy is alive", observer_behind_obproxy_is_alive},
    {"observer denies", observer_denies},
    {"observer is told a cluster", observer_is_told_a_cluster},
    {"tenant is not tested", tenant_is_not_tested},
    {"observer invites not", observer_invites_not},
    {"tenant is the default", tenant_is_the_default},
    {"name is for OceanBase", name_is_for_oceanbase},
    {"RPC port is silent", rpc_port_is_silent},
    {"RPC port is closed", rpc_port_is_closed},
};

enum { SITUATIONS = sizeof situations / sizeof situations[0] };

static inline void fixture_make(struct fixture *fixture, size_t situation)
{
    static const struct fold_rules rules = {.expiry_days = 30};
    situations[situation].make(fixture);
    report_fold(&fixture->report, &rules);
}

#endif
