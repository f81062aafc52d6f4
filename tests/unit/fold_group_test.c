/* What the hosts of a group make of it: fates of hosts, in the text's order, and what comes out. */
#include "probe/verdict/report.h"
#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { HOSTS = 4 };

/* A host with one address: r ready, c refused at connect, l full, h not allowed, n a name that did
 * not resolve. */
struct host {
    struct report report;
    struct address_result address;
};

static void refused(struct evidence *evidence)
{
    evidence->stages[STAGE_CONNECT].outcome = OUTCOME_FAILED;
    evidence->connect.failed_call = CALL_ASYNC;
    evidence->connect.error = ECONNREFUSED;
}

static void greeted(struct evidence *evidence)
{
    evidence->stages[STAGE_CONNECT].outcome = OUTCOME_PASSED;
    evidence->stages[STAGE_GREETING].outcome = OUTCOME_PASSED;
    evidence->stages[STAGE_LOGIN].outcome = OUTCOME_PASSED;
    evidence->exchange.greeted = true;
    evidence->exchange.login_sent = true;
}

static uint16_t code_of(char fate)
{
    switch (fate) {
    case 'r':
        return 1045;
    case 'l':
        return 1040;
    case 'h':
        return 1130;
    default:
        return 0;
    }
}

static void meet(struct host *host, char fate)
{
    struct fold_rules rules = {0};
    struct evidence *evidence = &host->address.evidence;
    *host = (struct host){0};
    host->report.resolution.answered = true;
    if (fate == 'n') {
        host->report.resolution.eai = EAI_NONAME;
    } else {
        host->report.resolution.address_count = 1;
        host->report.address_count = 1;
        host->report.addresses = &host->address;
    }
    if (fate == 'c')
        refused(evidence);
    if (fate == 'r' || fate == 'l' || fate == 'h')
        greeted(evidence);
    evidence->exchange.error.code = code_of(fate);
    report_fold(&host->report, &rules);
}

static void fates(void **state)
{
    static const struct {
        const char *what;
        enum group_mode mode;
        const char *fates;
        size_t decisive;
        bool ready;
        bool noted; /* host-dead */
        int exit_code;
    } rows[] = {
        {"all ready: the first speaks", MODE_FAILOVER, "rr", 0, true, false, 0},
        {"one that is ready will do", MODE_FAILOVER, "cr", 1, true, true, 0},
        {"in sequence, too", MODE_SEQUENTIAL, "ncr", 2, true, true, 0},
        {"and in a balanced load", MODE_LOADBALANCE, "crc", 1, true, true, 0},
        {"none: who got furthest speaks", MODE_FAILOVER, "clc", 1, false, false, 19},
        {"none: among equals the first", MODE_FAILOVER, "ncc", 1, false, false, 13},
        {"none: a name is nowhere", MODE_LOADBALANCE, "nc", 1, false, false, 13},
        {"none: all names are bad", MODE_SEQUENTIAL, "nn", 0, false, false, 10},
        {"none: a refusal tells more than a full server", MODE_FAILOVER, "lh", 1, false, false, 18},
        {"replication needs all", MODE_REPLICATION, "rr", 0, true, false, 0},
        {"one is missing: it speaks", MODE_REPLICATION, "rcr", 1, false, false, 13},
        {"two are missing: who got further", MODE_REPLICATION, "crl", 2, false, false, 19},
        {"a bad name is missing, too", MODE_REPLICATION, "rn", 1, false, false, 10},
        {"a single host", MODE_REPLICATION, "r", 0, true, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct host hosts[HOSTS];
        struct report members[HOSTS];
        struct group_report group = {
            .mode = rows[i].mode, .members = members, .count = strlen(rows[i].fates)};
        for (size_t k = 0; k < group.count; k++) {
            meet(&hosts[k], rows[i].fates[k]);
            members[k] = hosts[k].report;
        }
        group_fold(&group);
        const struct report *decisive = &members[group.decisive];
        bool noted = decisive->notes & UINT32_C(1) << NOTE_HOST_DEAD;
        if (group.decisive != rows[i].decisive || decisive->ready != rows[i].ready ||
            noted != rows[i].noted || decisive->exit_code != rows[i].exit_code ||
            decisive->group != &group)
            fail_msg("%s: host %zu, ready %d, noted %d, exit %d", rows[i].what, group.decisive,
                     decisive->ready, noted, decisive->exit_code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
