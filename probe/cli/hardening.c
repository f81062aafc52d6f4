#include "probe/cli/hardening.h"
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
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

/* mallopt(3): any value but 0. X509_get_default_cert_file_env(3). */
void prepare_for_client(void)
{
    (void)mallopt(M_PERTURB, 0x5a);
    (void)setenv("SSL_CERT_FILE", "/dev/null", 1);
    (void)setenv("SSL_CERT_DIR", "/dev/null", 1);
}
