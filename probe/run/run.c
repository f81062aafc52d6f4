#include "probe/run/run.h"
#include "probe/run/closing.h"
#include "probe/run/group.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    STARTS_A_STEP = 256,    /* so that a long list does not keep signals waiting */
    WAITING_TARGETS = 4096, /* of one address, beside which others are still begun */
    OWN_DESCRIPTORS = 32,   /* loop, resolver, files, standard streams */
};

struct run {
    struct run_options options;
    struct run_calls calls;
    struct loop loop;
    struct jobs jobs;
    struct timer total;
    bool exhausted; /* there are no more targets */
    bool expired;   /* the run's time is over: what is left is only reported */
    bool stop_wanted;
    bool stopped;
};

void run_options_init(struct run_options *options)
{
    *options = (struct run_options){.timeout_ms = 20000,
                                    .connect_timeout_ms = 5000,
                                    .jobs = 256,
                                    .max_rejections = 2,
                                    .expiry_days = 30};
}

static size_t descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return 1 << 20;
    size_t all = (size_t)limit.rlim_cur;
    return all > OWN_DESCRIPTORS ? all - OWN_DESCRIPTORS : 1;
}

static void expire(struct timer *timer)
{
    struct run *run = OWNER(timer, struct run, total);
    run->expired = true;
    jobs_cut(&run->jobs);
}

/* Probes come first: what signs of life may use is what is left beside as many of them as are
 * wanted at once, or half where the limit is low. */
static int share_descriptors(struct run *run)
{
    size_t all = descriptors();
    size_t wanted = run->options.jobs < all / 2 ? run->options.jobs * (size_t)2 : all / 2;
    size_t probes = wanted > all / 2 ? wanted : all / 2;
    probes = probes ? probes : 1;
    run->jobs.attempts.spare_descriptors = all > probes ? all - probes : 0;
    return admission_new(&run->loop, &run->options, probes, &run->jobs.admission);
}

int run_new(const struct run_options *options, const struct run_calls *calls, struct run **ret_run)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return -ENOMEM;
    run->options = *options;
    run->calls = *calls;
    run->jobs = (struct jobs){.loop = &run->loop, .options = &run->options, .calls = &run->calls};
    run->jobs.attempts = (struct attempts){.loop = &run->loop, .options = &run->options};
    int error = loop_init(&run->loop);
    if (error == 0)
        error = identity_key_new(&run->jobs.key);
    if (error == 0)
        error = resolver_new(&run->loop, &run->jobs.resolver);
    if (error == 0)
        error = known_new(&run->jobs.known);
    if (error == 0)
        error = turns_new(options->max_rejections, &run->jobs.attempts.turns);
    if (error == 0)
        error = share_descriptors(run);
    if (error < 0) {
        run_free(run);
        return error;
    }
    run->jobs.places = (struct places){.admission = run->jobs.admission,
                                       .known = run->jobs.known,
                                       .attempts = &run->jobs.attempts,
                                       .closed = &run->jobs.closed};
    run->total.fire = expire;
    if (options->total_timeout_ms)
        timer_set(&run->loop, &run->total,
                  run->loop.now_us + (uint64_t)options->total_timeout_ms * 1000);
    *ret_run = run;
    return 0;
}

int run_fd(const struct run *run)
{
    return run->loop.epoll;
}

static bool has_room(const struct run *run)
{
    size_t waiting = admission_waiting(run->jobs.admission);
    if (run->exhausted || run->stopped)
        return false;
    return run->jobs.count < run->options.jobs + waiting && waiting < WAITING_TARGETS;
}

int run_timeout_ms(const struct run *run)
{
    bool stop_now = run->stop_wanted && !run->stopped;
    return stop_now || has_room(run) ? 0 : loop_timeout_ms(&run->loop);
}

static int begin_next(struct run *run)
{
    struct target target;
    if (!run->calls.next_target(run->calls.context, &target)) {
        run->exhausted = true;
        return 0;
    }
    int error = target.other_count ? group_begin(&run->jobs, &target)
                                   : job_begin(&run->jobs, &target, NULL, 0);
    if (error < 0)
        target_clear(&target);
    if (run->expired)
        jobs_cut(&run->jobs);
    return error;
}

int run_step(struct run *run)
{
    int error = loop_step(&run->loop);
    if (run->stop_wanted && !run->stopped) {
        run->stopped = true;
        jobs_cut(&run->jobs);
    }
    for (int i = 0; error == 0 && i < STARTS_A_STEP && has_room(run); i++)
        error = begin_next(run);
    if (error < 0)
        return error;
    bool more = !run->exhausted && !run->stopped;
    return more || run->jobs.count || run->jobs.attempts.closings ? 1 : 0;
}

void run_resume(struct run *run)
{
    run->exhausted = false;
}

void run_stop(struct run *run)
{
    run->stop_wanted = true;
}

bool run_client_busy(const struct run *run)
{
    return run->jobs.attempts.clients && workers_busy(run->jobs.attempts.clients);
}

void run_free(struct run *run)
{
    if (!run)
        return;
    if (run->jobs.admission)
        jobs_cut(&run->jobs);
    closing_end_all(&run->jobs.attempts);
    admission_free(run->jobs.admission);
    known_free(run->jobs.known);
    turns_free(run->jobs.attempts.turns);
    workers_free(run->jobs.resolver);
    workers_free(run->jobs.attempts.clients);
    loop_clear(&run->loop);
    free(run);
}
