#include "probe/run/job.h"
#include "probe/run/group.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct job {
    struct jobs *jobs;
    struct job *next;
    struct job **link;
    struct report report;
    struct conditions *conditions;
    struct query *query;
    struct timer timer;
    uint64_t begin_us;
    struct group *group; /* NULL: the target is this host alone */
    size_t member;       /* of the group */
    struct target_turns *turns;
    struct owned_place *places;
    size_t open; /* places not yet done */
};

struct owned_place {
    struct place place;
    struct job *job;
};

static uint64_t timeout_us(const struct job *job)
{
    return (uint64_t)job->conditions->timeout_ms * 1000;
}

static void job_free(struct job *job)
{
    timer_cancel(job->jobs->loop, &job->timer);
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    job->jobs->count--;
    report_clear(&job->report);
    conditions_unref(job->conditions);
    target_turns_unref(job->turns);
    free(job->places);
    free(job);
}

static void finish(struct job *job)
{
    const struct run_options *options = job->jobs->options;
    struct fold_rules rules = {.all_addresses = options->all_addresses,
                               .family_asked = options->family != FAMILY_ANY,
                               .expiry_days = options->expiry_days};
    report_fold(&job->report, &rules);
    if (job->group) {
        struct group *group = job->group;
        struct report report = job->report;
        size_t member = job->member;
        job->report = (struct report){0};
        job_free(job);
        group_finish(group, member, &report);
        return;
    }
    job->jobs->calls->finished(job->jobs->calls->context, &job->report);
    job_free(job);
}

static void place_done(struct place *place)
{
    struct job *job = OWNER(place, struct owned_place, place)->job;
    if (place->elapsed_us > job->report.elapsed_us)
        job->report.elapsed_us = place->elapsed_us;
    if (--job->open == 0)
        finish(job);
}

static void begin_place(struct job *job, size_t index)
{
    struct owned_place *owned = &job->places[index];
    owned->job = job;
    owned->place = (struct place){
        .places = &job->jobs->places,
        .target = &job->report.target,
        .conditions = job->conditions,
        .turns = job->turns,
        .result = &job->report.addresses[index],
        .has_company = job->group || job->report.address_count > 1,
        .resolution_us = job->report.resolution.duration_us,
        .done = place_done,
    };
    place_begin(&owned->place);
}

static bool is_listed(const struct report *report, const struct ip *ip)
{
    for (size_t i = 0; i < report->resolution.address_count; i++)
        if (ip_equal(&report->resolved[i], ip) && report->resolved[i].scope == ip->scope)
            return true;
    return false;
}

static size_t count_addresses(const struct addrinfo *addresses)
{
    size_t count = 0;
    for (; addresses && count < UINT16_MAX; addresses = addresses->ai_next)
        count++;
    return count;
}

/* getaddrinfo's order, each address once (a hosts file may repeat them). */
static int take_addresses(struct report *report, const struct addrinfo *addresses)
{
    size_t count = count_addresses(addresses);
    report->resolved = calloc(count ? count : 1, sizeof *report->resolved);
    if (!report->resolved)
        return -ENOMEM;
    for (const struct addrinfo *at = addresses; at && count--; at = at->ai_next) {
        struct ip ip = ip_of(at->ai_addr);
        if (ip.family && !is_listed(report, &ip))
            report->resolved[report->resolution.address_count++] = ip;
    }
    size_t probed = report->resolution.address_count;
    probed = probed > PROBED_ADDRESSES ? PROBED_ADDRESSES : probed;
    report->addresses = calloc(probed ? probed : 1, sizeof *report->addresses);
    if (!report->addresses)
        return -ENOMEM;
    for (; report->address_count < probed; report->address_count++) {
        struct address_result *result = &report->addresses[report->address_count];
        result->ip = report->resolved[report->address_count];
        ip_text(&result->ip, result->text);
    }
    return 0;
}

static void probe_addresses(struct job *job)
{
    size_t count = job->report.address_count;
    job->places = calloc(count ? count : 1, sizeof *job->places);
    job->turns =
        job->group ? group_turns(job->group, &job->conditions->identity) : target_turns_new();
    if (!job->places || !job->turns || count == 0) {
        finish(job);
        return;
    }
    /* One more than there are, so that the job outlives the loop over its places. */
    job->open = count + 1;
    for (size_t i = 0; i < count; i++)
        begin_place(job, i);
    if (--job->open == 0)
        finish(job);
}

static void resolved(struct job *job, const struct answer *answer)
{
    struct resolution_facts *facts = &job->report.resolution;
    uint64_t asked = job->query ? query_asked_us(job->query) : job->begin_us;
    facts->answered = true;
    facts->eai = answer->eai;
    facts->system_error = answer->system_error;
    facts->duration_us = (uint32_t)(monotonic_us() - (asked ? asked : job->begin_us));
    job->report.elapsed_us = facts->duration_us;
    if (answer->eai == 0 && take_addresses(&job->report, answer->addresses) < 0)
        facts->eai = EAI_MEMORY;
    if (facts->eai)
        finish(job);
    else
        probe_addresses(job);
}

static void name_answered(void *context, const struct answer *answer)
{
    struct job *job = context;
    timer_cancel(job->jobs->loop, &job->timer);
    job->report.resolution.asked = true;
    resolved(job, answer);
    /* The query is freed by the resolver; the job is gone or knows its addresses. */
}

static void give_name_up(struct job *job)
{
    struct resolution_facts *facts = &job->report.resolution;
    uint64_t asked = query_asked_us(job->query);
    facts->asked = asked != 0;
    facts->duration_us = (uint32_t)(monotonic_us() - (asked ? asked : job->begin_us));
    job->report.elapsed_us = facts->duration_us;
    query_abandon(job->query);
    finish(job);
}

/* The target's time begins when a thread takes the name. A name that still waits is given up only
 * when the threads answered nothing at all for as long as a target's time. */
static void name_overdue(struct timer *timer)
{
    struct job *job = OWNER(timer, struct job, timer);
    uint64_t asked = query_asked_us(job->query);
    uint64_t progress = workers_progress_us(job->jobs->resolver);
    uint64_t since = asked ? asked : progress > job->begin_us ? progress : job->begin_us;
    uint64_t due = since + timeout_us(job);
    if (due > job->jobs->loop->now_us)
        timer_set(job->jobs->loop, timer, due);
    else
        give_name_up(job);
}

static int address_family(enum family family)
{
    static const int families[] = {
        [FAMILY_ANY] = AF_UNSPEC, [FAMILY_IPV4] = AF_INET, [FAMILY_IPV6] = AF_INET6};
    return families[family];
}

/* True when the host was an address: nothing is asked, and it is answered already. */
static bool resolve_numeric(struct job *job)
{
    struct addrinfo hints = {.ai_family = address_family(job->jobs->options->family),
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST};
    struct answer answer = {0};
    answer.eai = getaddrinfo(job->report.target.host, NULL, &hints, &answer.addresses);
    if (answer.eai == EAI_NONAME)
        return false;
    job->report.resolution.numeric = true;
    struct addrinfo *addresses = answer.addresses;
    resolved(job, &answer);
    if (addresses)
        freeaddrinfo(addresses);
    return true;
}

/* A socket's path is its only address; no resolver is asked. */
static bool is_socket(struct job *job)
{
    struct report *report = &job->report;
    const char *path = report->target.socket;
    if (!path)
        return false;
    report->resolution.numeric = report->resolution.answered = true;
    report->resolved = calloc(1, sizeof *report->resolved);
    report->addresses = calloc(1, sizeof *report->addresses);
    if (report->resolved && report->addresses) {
        report->resolved[0] = ip_of_path(path);
        report->resolution.address_count = 1;
        report->address_count = 1;
        report->addresses[0].ip = report->resolved[0];
        path_text(path, report->addresses[0].text, sizeof report->addresses[0].text);
        probe_addresses(job);
    } else {
        report->resolution.eai = EAI_MEMORY;
        finish(job);
    }
    return true;
}

static struct job *job_new(struct jobs *jobs, struct target *target)
{
    struct job *job = calloc(1, sizeof *job);
    struct conditions *conditions = job ? conditions_new(jobs->options, &jobs->key, target) : NULL;
    if (!conditions) {
        free(job);
        return NULL;
    }
    const struct login *login = &conditions->login;
    job->jobs = jobs;
    job->conditions = conditions;
    job->report.target = *target;
    job->report.user = login->secret ? login->user : NULL;
    job->report.login_name = login->user;
    job->report.time = time(NULL);
    job->begin_us = monotonic_us();
    job->timer.fire = name_overdue;
    job->report.resolution.cut_short = jobs->closed;
    job->next = jobs->first;
    job->link = &jobs->first;
    if (job->next)
        job->next->link = &job->next;
    jobs->first = job;
    jobs->count++;
    return job;
}

int job_begin(struct jobs *jobs, struct target *target, struct group *group, size_t member)
{
    struct job *job = job_new(jobs, target);
    if (!job)
        return -ENOMEM;
    job->group = group;
    job->member = member;
    if (is_socket(job) || resolve_numeric(job))
        return 0;
    if (jobs->closed) {
        finish(job);
        return 0;
    }
    if (resolver_ask(jobs->resolver, job->report.target.host, address_family(jobs->options->family),
                     name_answered, job, &job->query) < 0) {
        job->report.resolution.eai = EAI_MEMORY;
        job->report.resolution.answered = true;
        finish(job);
        return 0;
    }
    timer_set(jobs->loop, &job->timer, job->begin_us + timeout_us(job));
    return 0;
}

static void job_cut(struct job *job)
{
    if (!job->places) {
        job->report.resolution.cut_short = true;
        give_name_up(job);
        return;
    }
    size_t count = job->report.address_count;
    job->open++;
    for (size_t i = 0; i < count; i++)
        place_cut(&job->places[i].place);
    if (--job->open == 0)
        finish(job);
}

void jobs_cut(struct jobs *jobs)
{
    jobs->closed = true;
    admission_close(jobs->admission);
    turns_close(jobs->attempts.turns);
    while (jobs->first)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a job that is freed unlinks itself. */
        job_cut(jobs->first);
}
