#include "probe/run/job.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An address of the job on its way through admission and attempt. */
struct place {
    struct ticket ticket;
    struct attempt attempt;
    struct job *job;
    bool done;
};

struct job {
    struct jobs *jobs;
    struct job *next;
    struct job **link;
    struct report report;
    struct query *query;
    struct timer timer;
    uint64_t begin_us;
    struct place *places;
    size_t open; /* places not yet done */
};

static uint64_t timeout_us(const struct job *job)
{
    return (uint64_t)job->jobs->options->timeout_ms * 1000;
}

static void job_free(struct job *job)
{
    timer_cancel(job->jobs->loop, &job->timer);
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    job->jobs->count--;
    report_clear(&job->report);
    free(job->places);
    free(job);
}

static void finish(struct job *job)
{
    const struct run_options *options = job->jobs->options;
    struct fold_rules rules = {.all_addresses = options->all_addresses,
                               .family_asked = options->family != FAMILY_ANY};
    report_fold(&job->report, &rules);
    job->jobs->calls->finished(job->jobs->calls->context, &job->report);
    job_free(job);
}

static void place_end(struct place *place)
{
    struct job *job = place->job;
    place->done = true;
    admission_leave(&place->ticket);
    if (--job->open == 0)
        finish(job);
}

/* What this attempt tells others, and what others tell it. Without memory for it the next target
 * only learns it anew. */
static void exchange_knowledge(struct known *known, struct attempt *attempt, uint16_t port)
{
    struct evidence *evidence = attempt->evidence;
    struct icmp_facts *icmp = &evidence->connect.icmp;
    (void)known_learn(known, &attempt->ip, port, evidence);
    if (icmp->seen && !icmp->from_self)
        (void)known_learn_icmp(known, &attempt->ip, icmp);
    else if (evidence->stages[STAGE_CONNECT].outcome == OUTCOME_TIMED_OUT)
        (void)known_borrow_icmp(known, &attempt->ip, icmp);
}

static void attempt_done(struct attempt *attempt)
{
    struct place *place = OWNER(attempt, struct place, attempt);
    struct report *report = &place->job->report;
    uint64_t elapsed = monotonic_us() - attempt->origin_us;
    exchange_knowledge(place->job->jobs->known, attempt, report->target.port);
    if (elapsed > report->elapsed_us)
        report->elapsed_us = (uint32_t)elapsed;
    place_end(place);
}

/* What the name's resolution took is gone from the target's time; waiting for this moment is not.
 */
static void admitted(struct ticket *ticket)
{
    struct place *place = OWNER(ticket, struct place, ticket);
    struct job *job = place->job;
    const struct evidence *known =
        known_find(job->jobs->known, &ticket->ip, job->report.target.port);
    if (known) {
        *place->attempt.evidence = *known;
        place_end(place);
        return;
    }
    uint64_t origin = monotonic_us() - job->report.resolution.duration_us;
    attempt_begin(&place->attempt, job->report.target.port, origin, origin + timeout_us(job));
}

static void place_begin(struct job *job, size_t index)
{
    struct place *place = &job->places[index];
    struct address_result *result = &job->report.addresses[index];
    place->job = job;
    place->ticket.ip = result->ip;
    place->ticket.port = job->report.target.port;
    place->ticket.admitted = admitted;
    place->attempt.ticket = &place->ticket;
    place->attempt.shared = &job->jobs->attempts;
    place->attempt.evidence = &result->evidence;
    place->attempt.ip = result->ip;
    place->attempt.done = attempt_done;
    place->attempt.watch.fd = -1;
    if (admission_enter(job->jobs->admission, &place->ticket) < 0) {
        result->evidence.cut_short = true;
        place_end(place);
    }
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
    if (!job->places || count == 0) {
        finish(job);
        return;
    }
    /* One more than there are, so that the job outlives the loop over its places. */
    job->open = count + 1;
    for (size_t i = 0; i < count; i++)
        place_begin(job, i);
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
    uint64_t progress = resolver_progress_us(job->jobs->resolver);
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

static struct job *job_new(struct jobs *jobs, struct target *target)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->jobs = jobs;
    job->report.target = *target;
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

int job_begin(struct jobs *jobs, struct target *target)
{
    struct job *job = job_new(jobs, target);
    if (!job) {
        target_clear(target);
        return -ENOMEM;
    }
    if (resolve_numeric(job))
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

static void place_cut(struct place *place)
{
    if (place->done)
        return;
    if (!ticket_waits(&place->ticket)) {
        attempt_cut(&place->attempt);
        return;
    }
    place->attempt.evidence->cut_short = true;
    place_end(place);
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
        place_cut(&job->places[i]);
    if (--job->open == 0)
        finish(job);
}

void jobs_cut(struct jobs *jobs)
{
    jobs->closed = true;
    admission_close(jobs->admission);
    while (jobs->first)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a job that is freed unlinks itself. */
        job_cut(jobs->first);
}
