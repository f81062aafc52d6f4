#include "probe/verdict/report.h"
#include <stdlib.h>

const char *note_id(enum note note)
{
    static const char *const ids[NOTE_COUNT] = {
        [NOTE_ADDRESS_DEAD] = "address-dead",
        [NOTE_ADDRESS_SKIPPED] = "address-skipped",
        [NOTE_HOST_DEAD] = "host-dead",
        [NOTE_SLOW_GREETING] = "slow-greeting",
        [NOTE_CONSTANT_SALT] = "constant-salt",
        [NOTE_PROXY_IN_PATH] = "proxy-in-path",
        [NOTE_BACKEND_NOT_TESTED] = "backend-not-tested",
        [NOTE_CERTIFICATE_EXPIRES] = "certificate-expires",
        [NOTE_CERTIFICATE_UNVERIFIED] = "certificate-unverified",
        [NOTE_TLS_POLICY] = "tls-policy",
        [NOTE_LOGIN_WITHHELD] = "login-withheld",
        [NOTE_COUNTED] = "counted",
        [NOTE_PARAMETER_IGNORED] = "parameter-ignored",
        [NOTE_CLIENT_INCONCLUSIVE] = "client-inconclusive",
        [NOTE_LOGIN_NAME_SPLIT] = "login-name-split",
        [NOTE_TENANT_NOT_TESTED] = "tenant-not-tested",
        [NOTE_TENANT_BY_DEFAULT] = "tenant-by-default",
        [NOTE_NOT_OCEANBASE] = "not-oceanbase",
        [NOTE_ACCOUNT_NOT_TESTED] = "account-not-tested",
    };
    return ids[note];
}

void report_repeat(struct report *report)
{
    for (size_t i = 0; i < report->address_count; i++) {
        report->addresses[i].evidence.shared = true;
        report->addresses[i].earlier_cost = COST_NONE;
    }
    report->notes &= ~(UINT32_C(1) << NOTE_COUNTED);
}

void report_clear(struct report *report)
{
    target_clear(&report->target);
    for (size_t i = 0; i < report->address_count; i++) {
        free(report->addresses[i].tls);
        free(report->addresses[i].client);
    }
    free(report->resolved);
    free(report->addresses);
    *report = (struct report){0};
}
