#include "probe/cli/signals.h"
#include <errno.h>
#include <sys/signalfd.h>

/* Blocked and read from a descriptor, they also reach PID 1, for which the kernel drops signals
 * that have no handler. One that was ignored from the start (nohup, a shell's background job) stays
 * so. */
int signals_open(const int *numbers, size_t count, sigset_t *ret_before)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, numbers[i]);
    }
    if (sigprocmask(SIG_BLOCK, &set, ret_before) < 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}
