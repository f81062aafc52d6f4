/* Groups of hosts as a run leaves them, beside the single targets of render_fixtures.h. */
#ifndef TESTS_UNIT_RENDER_GROUP_FIXTURES_H
#define TESTS_UNIT_RENDER_GROUP_FIXTURES_H

#include "tests/unit/render_fixtures.h"

enum { GROUP_FIXTURE_HOSTS = 3 };

struct group_fixture {
    struct group_report group;
    struct report members[GROUP_FIXTURE_HOSTS];
    struct fixture hosts[GROUP_FIXTURE_HOSTS];
    struct target_settings settings;
};

static inline struct fixture *group_host(struct group_fixture *fixture, char *host)
{
    struct fixture *made = &fixture->hosts[fixture->group.count++];
    fixture_target(made, NULL, host, 3306);
    made->report.target.settings = &fixture->settings;
    made->report.target.line = 7;
    return made;
}

static inline void host_ready(struct group_fixture *fixture, char *host, const char *address)
{
    ready_here(fixture_address(group_host(fixture, host), address));
}

static inline void host_refused(struct group_fixture *fixture, char *host, const char *address)
{
    refused_here(fixture_address(group_host(fixture, host), address));
}

static inline void host_without_address(struct group_fixture *fixture, char *host)
{
    struct fixture *made = group_host(fixture, host);
    made->report.resolution.eai = EAI_NONAME;
    made->report.resolution.duration_us = 12300;
}

/* A greeting that nobody logs in behind counts there. */
static inline void host_silent(struct group_fixture *fixture, char *host, const char *address)
{
    struct evidence *evidence = fixture_address(group_host(fixture, host), address);
    connected_in(evidence, 400);
    stage(evidence, STAGE_GREETING, OUTCOME_TIMED_OUT, 800, 20000000);
}

static inline void host_wrong_password(struct group_fixture *fixture, char *host,
                                       const char *address)
{
    struct fixture *made = group_host(fixture, host);
    struct evidence *evidence = fixture_address(made, address);
    made->report.user = "app";
    ready_here(evidence);
    evidence->wants_login = true;
    evidence->exchange.credentials = evidence->exchange.proof_sent = true;
    error_said(evidence, 1045, "28000", "Access denied for user 'app'@'10.1.7.9'");
}

static inline void host_without_socket(struct group_fixture *fixture, char *path)
{
    struct fixture *made = group_host(fixture, "");
    struct evidence *evidence = fixture_address(made, "10.1.2.3");
    made->report.target.socket = path;
    made->report.target.port = 0;
    made->report.resolution =
        (struct resolution_facts){.numeric = true, .answered = true, .address_count = 1};
    made->addresses[0].ip = (struct ip){.family = FAMILY_UNIX};
    snprintf(made->addresses[0].text, ADDRESS_TEXT, "%s", path);
    stage(evidence, STAGE_CONNECT, OUTCOME_FAILED, 0, 40);
    evidence->connect =
        (struct connect_facts){.unix_socket = true, .failed_call = CALL_CONNECT, .error = ENOENT};
}

/* ---- situations ---- */

static inline void group_with_dead_hosts(struct group_fixture *fixture)
{
    fixture->group.mode = MODE_FAILOVER;
    fixture->settings.texts[SETTING_DATABASE] = "shop";
    fixture->settings.ignored = "socksProxyHost, socketFactory";
    host_refused(fixture, "db1", "10.1.2.3");
    host_ready(fixture, "db2", "10.1.2.4");
    host_without_address(fixture, "db3.exmaple");
}

static inline void group_that_needs_all(struct group_fixture *fixture)
{
    fixture->group.mode = MODE_REPLICATION;
    host_ready(fixture, "db1", "10.1.2.3");
    host_refused(fixture, "db2", "10.1.2.4");
    host_silent(fixture, "2001:db8::5", "2001:db8::5");
}

static inline void group_without_a_ready_host(struct group_fixture *fixture)
{
    fixture->group.mode = MODE_LOADBALANCE;
    host_without_address(fixture, "db1.exmaple");
    host_wrong_password(fixture, "db2", "10.1.2.4");
    host_without_socket(fixture, "/run/mysqld/mysqld.sock");
}

static inline void group_that_is_ready(struct group_fixture *fixture)
{
    fixture->group.mode = MODE_SEQUENTIAL;
    host_ready(fixture, "db1", "10.1.2.3");
    host_ready(fixture, "db2", "10.1.2.4");
}

static void (*const group_situations[])(struct group_fixture *fixture) = {
    group_with_dead_hosts, group_that_needs_all, group_without_a_ready_host, group_that_is_ready};

enum { GROUP_SITUATIONS = sizeof group_situations / sizeof group_situations[0] };

/* The decisive host's report, as a run hands it out. */
static inline const struct report *group_fixture_make(struct group_fixture *fixture,
                                                      size_t situation)
{
    static const struct fold_rules rules = {.expiry_days = 30};
    *fixture = (struct group_fixture){.group.members = fixture->members};
    group_situations[situation](fixture);
    for (size_t i = 0; i < fixture->group.count; i++) {
        report_fold(&fixture->hosts[i].report, &rules);
        fixture->members[i] = fixture->hosts[i].report;
    }
    group_fold(&fixture->group);
    struct report *decisive = &fixture->members[fixture->group.decisive];
    decisive->target.input = "jdbc:mysql://db1,db2,db3/shop";
    return decisive;
}

#endif
