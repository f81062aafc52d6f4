#include "probe/verdict/report.h"
#include <stdlib.h>

const char *note_id(enum note note)
{
    static const char *const ids[NOTE_COUNT] = {
        [NOTE_ADDRESS_DEAD] = "address-dead",
        [NOTE_ADDRESS_SKIPPED] = "address-skipped",
        [NOTE_SLOW_GREETING] = "slow-greeting",
        [NOTE_CONSTANT_SALT] = "constant-salt",
        [NOTE_PROXY_IN_PATH] = "proxy-in-path",
        [NOTE_BACKEND_NOT_TESTED] = "backend-not-tested",
        [NOTE_COUNTED] = "counted",
    };
    return ids[note];
}

void report_clear(struct report *report)
{
    target_clear(&report->target);
    free(report->resolved);
    free(report->addresses);
    *report = (struct report){0};
}
