/* The connect stage of a unix socket: at once, or with the errno that says why not (unix(7)). */
#include "probe/run/attempt.h"
#include <errno.h>
#include <sys/stat.h>

/* While the listener's queue is full connect() says EAGAIN, and nothing tells when it is not. */
enum { AGAIN_US = 20 * 1000 };

/* connect() calls a listener that is gone and a file that never was a socket by the same name. */
static bool is_no_socket(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISSOCK(status.st_mode);
}

static void fail(struct attempt *attempt, enum connect_call call, int error)
{
    struct connect_facts *facts = &attempt->evidence->connect;
    facts->failed_call = call;
    facts->error = error;
    facts->no_socket =
        call == CALL_CONNECT && (error == EPROTOTYPE || is_no_socket(attempt->target->socket));
    attempt_record(attempt, STAGE_CONNECT, OUTCOME_FAILED);
    attempt_finish(attempt);
}

static bool has_time(const struct attempt *attempt, uint64_t due_us)
{
    uint64_t own = attempt->begin_us + (uint64_t)attempt->conditions->connect_timeout_ms * 1000;
    return due_us < own && due_us < attempt->deadline_us;
}

static void fire(struct timer *timer)
{
    unix_stage_begin(OWNER(timer, struct attempt, timer));
}

void unix_stage_begin(struct attempt *attempt)
{
    struct loop *loop = attempt->shared->loop;
    enum connect_call call = CALL_NONE;
    uint64_t again = monotonic_us() + AGAIN_US;
    attempt->evidence->connect.unix_socket = true;
    int fd = socket_connect(&attempt->to, attempt->shared->options, ACK_AT_ONCE, &call);
    if (fd == -EAGAIN && has_time(attempt, again)) {
        attempt->timer.fire = fire;
        timer_set(loop, &attempt->timer, again);
        return;
    }
    if (fd < 0) {
        fail(attempt, call, -fd);
        return;
    }
    attempt->watch = (struct watch){.fd = fd};
    if (loop_watch(loop, &attempt->watch, EPOLLIN) < 0) {
        fail(attempt, CALL_SOCKET, ENOMEM);
        return;
    }
    attempt_record(attempt, STAGE_CONNECT, OUTCOME_PASSED);
    handshake_begin(attempt);
}
