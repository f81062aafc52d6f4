#include "probe/cli/hardening.h"
#include <errno.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* Undumpable, /proc/PID/mem and environ are root's, and core_pattern's pipes get nothing either,
 * which heed no limit. The limit is for what would make the process dumpable again. */
int harden(void)
{
    const struct rlimit none = {0, 0};
    if (getauxval(AT_SECURE))
        return -EPERM;
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
    return 0;
}
