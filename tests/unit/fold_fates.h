/* Targets made of addresses of which only the fate is told, and what they are to come to. */
#ifndef TESTS_UNIT_FOLD_FATES_H
#define TESTS_UNIT_FOLD_FATES_H

#include "probe/verdict/report.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* What became of an address, as the shortest evidence of it. */
enum fate {
    END,
    READY_ADDRESS,
    SLOW,
    CONSTANT_SALT,
    PROXY_ANSWERED,
    ROUTER_2003,
    STOPPED_AT_GREETING,
    BLOCKED,
    CLOSED_AFTER_LOGIN,
    CLOSED_AT_ONCE,
    SILENT_SERVER,
    REFUSED,
    REJECTED,
    DROPPED,
    UNREACHABLE,
    NO_ROUTE,
    SKIPPED,
    LOGGED_IN,
    LOGIN_REJECTED,
    WITHHELD_AFTER_REJECTION, /* of the password: an anonymous handshake instead */
    WITHHELD_WHILE_WAITING,
    WITHHELD_AND_REFUSED, /* likewise, and the server turned it away for another reason */
    TLS_TRUSTED,
    TLS_ENDS_SOON,
    TLS_ENDED,
    TLS_WITHOUT_CERTIFICATE,
    TLS_UNVERIFIED,
    TLS_OTHER_NAME,
    TLS_AGAINST_POLICY,
    TLS_NOT_COMPLETED,
    TLS_UNTRUSTED, /* and it should be: --ssl-mode=VERIFY_CA */
    LISTED_ONLY,   /* an address behind those that are probed */
    FATES
};

#define CONNECTED .stages[STAGE_CONNECT].outcome = OUTCOME_PASSED
#define ANSWERED                                                                                   \
    CONNECTED, .exchange.greeted = true, .exchange.login_sent = true,                              \
               .exchange.product = PRODUCT_MARIADB, .exchange.error = {.code = 1045}

#define LOGIN CONNECTED, .wants_login = true
#define LOGIN_SENT                                                                                 \
    .greeted = true, .login_sent = true, .credentials = true, .proof_sent = true,                  \
    .product = PRODUCT_MARIADB
#define INSIDE_TLS                                                                                 \
    ANSWERED, .exchange.capabilities = CLIENT_SSL, .exchange.ssl_request_sent = true,              \
              .exchange.secured = true

static const struct evidence evidence_of[FATES] = {
    [READY_ADDRESS] = {ANSWERED},
    [SLOW] = {ANSWERED, .exchange.slow = true},
    [CONSTANT_SALT] = {ANSWERED, .exchange.constant_salt = true},
    [PROXY_ANSWERED] = {CONNECTED, .exchange = {.greeted = true,
                                                .login_sent = true,
                                                .product = PRODUCT_OCEANBASE_PROXY,
                                                .error = {.code = 1045, .sqlstate = "42000"}}},
    [ROUTER_2003] = {CONNECTED, .exchange = {.greeted = true,
                                             .login_sent = true,
                                             .product = PRODUCT_MYSQL,
                                             .error = {.code = 2003}}},
    [STOPPED_AT_GREETING] = {CONNECTED, .until = UNTIL_GREETING,
                             .exchange = {.greeted = true, .product = PRODUCT_MARIADB}},
    [BLOCKED] = {CONNECTED, .exchange = {.error_in_greeting = true, .error = {.code = 1129}}},
    [CLOSED_AFTER_LOGIN] = {CONNECTED, .exchange = {.greeted = true,
                                                    .login_sent = true,
                                                    .ending = ENDING_CLOSED}},
    [CLOSED_AT_ONCE] = {CONNECTED, .exchange.ending = ENDING_CLOSED},
    [SILENT_SERVER] = {CONNECTED, .exchange = {.login_sent = true, .blind = true}},
    [REFUSED] = {.connect = {.failed_call = CALL_ASYNC, .error = ECONNREFUSED}},
    [REJECTED] = {.connect.icmp = {.seen = true, .family = 4, .type = 3, .code = 13}},
    [DROPPED] = {.stages[STAGE_CONNECT].outcome = OUTCOME_TIMED_OUT},
    [UNREACHABLE] = {.connect.icmp = {.seen = true, .family = 4, .type = 3, .code = 1}},
    [NO_ROUTE] = {.connect = {.failed_call = CALL_CONNECT, .error = ENETUNREACH}},
    [SKIPPED] = {.skipped = true, .connect.family_unusable = true},
    [LOGGED_IN] = {LOGIN, .exchange = {LOGIN_SENT, .logged_in = true, .statement_sent = true,
                                       .statement_answered = true}},
    [LOGIN_REJECTED] = {LOGIN,
                        .exchange = {LOGIN_SENT, .error = {.code = 1045, .sqlstate = "28000"}}},
    [WITHHELD_AFTER_REJECTION] = {ANSWERED, .wants_login = true,
                                  .exchange.withheld = WITHHELD_REJECTED},
    [WITHHELD_WHILE_WAITING] = {ANSWERED, .wants_login = true,
                                .exchange.withheld = WITHHELD_WAITED},
    [WITHHELD_AND_REFUSED] = {CONNECTED, .wants_login = true,
                              .exchange = {.greeted = true,
                                           .login_sent = true,
                                           .product = PRODUCT_MARIADB,
                                           .withheld = WITHHELD_REJECTED,
                                           .error = {.code = 1040}}},
    [TLS_TRUSTED] = {INSIDE_TLS},
    [TLS_ENDS_SOON] = {INSIDE_TLS},
    [TLS_ENDED] = {INSIDE_TLS},
    [TLS_WITHOUT_CERTIFICATE] = {INSIDE_TLS},
    [TLS_UNVERIFIED] = {INSIDE_TLS},
    [TLS_OTHER_NAME] = {INSIDE_TLS},
    [TLS_AGAINST_POLICY] = {INSIDE_TLS},
    [TLS_NOT_COMPLETED] = {CONNECTED, .exchange = {.greeted = true,
                                                   .capabilities = CLIENT_SSL,
                                                   .ssl_request_sent = true,
                                                   .product = PRODUCT_MARIADB,
                                                   .ending = ENDING_CLOSED}},
    [TLS_UNTRUSTED] = {INSIDE_TLS, .wants_login = true, .tls_mode = TLS_VERIFY_CA,
                       .exchange.withheld = WITHHELD_TLS},
};

#define HANDSHAKE(name_, policy_, count_)                                                          \
    .handshake = TLS_DONE, .judged = true, .version = 0x0304, .name = name_, .policy = policy_,    \
    .certificate_count = count_

enum { SELF_SIGNED = 18 };

/* Of the fates in TLS; of all others there is none. */
static const struct tls_evidence tls_of[FATES] = {
    [TLS_TRUSTED] = {HANDSHAKE(TLS_HOLDS, TLS_HOLDS, 1), .days_left = 30},
    [TLS_ENDS_SOON] = {HANDSHAKE(TLS_HOLDS, TLS_HOLDS, 1), .days_left = 29},
    [TLS_ENDED] = {HANDSHAKE(TLS_HOLDS, TLS_HOLDS, 1), .days_left = -1, .verify_code = 10},
    [TLS_WITHOUT_CERTIFICATE] = {HANDSHAKE(TLS_HOLDS, TLS_HOLDS, 0), .verify_code = SELF_SIGNED},
    [TLS_UNVERIFIED] = {HANDSHAKE(TLS_HOLDS, TLS_HOLDS, 1), .days_left = 90,
                        .verify_code = SELF_SIGNED},
    [TLS_OTHER_NAME] = {HANDSHAKE(TLS_FAILS, TLS_HOLDS, 1), .days_left = 90},
    [TLS_AGAINST_POLICY] = {HANDSHAKE(TLS_HOLDS, TLS_FAILS, 1), .days_left = 90},
    [TLS_NOT_COMPLETED] = {.handshake = TLS_CLOSED},
    [TLS_UNTRUSTED] = {HANDSHAKE(TLS_HOLDS, TLS_FAILS, 1), .days_left = 3,
                       .verify_code = SELF_SIGNED},
};

#define NOTE(name_) (UINT32_C(1) << NOTE_##name_)

enum { NAME = -1, ADDRESSES = 6 };

struct fold_case {
    const char *what;
    enum fate fates[ADDRESSES];
    struct fold_rules rules;
    enum cause cause;
    int decisive; /* NAME: none of the addresses */
    uint32_t notes;
};

static struct tls_evidence *copy_of_tls(enum fate fate)
{
    struct tls_evidence *copy = NULL;
    if (tls_of[fate].handshake != TLS_NOT_RUN) {
        copy = malloc(sizeof(*copy));
        assert_non_null(copy);
        *copy = tls_of[fate];
    }
    return copy;
}

/* A report over these addresses; report_clear() frees it. */
static struct report report_over(const enum fate *fates)
{
    struct report report = {.resolution = {.asked = true, .answered = true}};
    report.addresses = calloc(ADDRESSES, sizeof(*report.addresses));
    assert_non_null(report.addresses);
    for (unsigned i = 0; i < ADDRESSES && fates[i] != END; i++) {
        report.resolution.address_count++;
        if (fates[i] == LISTED_ONLY)
            continue;
        struct address_result *address = &report.addresses[report.address_count++];
        address->evidence = evidence_of[fates[i]];
        address->tls = copy_of_tls(fates[i]);
    }
    return report;
}

static void check_fold(const struct fold_case *one)
{
    struct report report = report_over(one->fates);
    report_fold(&report, &one->rules);
    const struct cause_row *row = cause_row(one->cause);
    size_t decisive = one->decisive == NAME ? report.address_count : (size_t)one->decisive;
    bool ready = row->category == CATEGORY_READY;
    if (report.verdict.cause != one->cause || report.decisive != decisive ||
        report.notes != one->notes || report.ready != ready ||
        report.exit_code != category_exit_code(row->category))
        fail_msg("%s: %s of address %zu, exit %d, notes 0x%x", one->what,
                 cause_row(report.verdict.cause)->id, report.decisive, report.exit_code,
                 report.notes);
    report_clear(&report);
}

#endif
