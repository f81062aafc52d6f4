#include "probe/run/group.h"
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

struct group {
    const struct run_calls *calls;
    struct group_report report;
    size_t open;                 /* hosts not yet finished */
    struct login_identity login; /* of the first host */
    struct target_turns *turns;  /* of those with that login */
};

static void group_free(struct group *group)
{
    for (size_t i = 0; i < group->report.count; i++)
        report_clear(&group->report.members[i]);
    free(group->report.members);
    target_turns_unref(group->turns);
    free(group);
}

static void close_one(struct group *group)
{
    if (--group->open > 0)
        return;
    group_fold(&group->report);
    group->calls->finished(group->calls->context, &group->report.members[group->report.decisive]);
    group_free(group);
}

void group_finish(struct group *group, size_t member, struct report *report)
{
    group->report.members[member] = *report;
    close_one(group);
}

struct target_turns *group_turns(struct group *group, const struct login_identity *login)
{
    if (!group->turns) {
        group->turns = target_turns_new();
        group->login = *login;
    }
    if (group->turns && identity_equal(&group->login, login))
        return target_turns_ref(group->turns);
    return target_turns_new();
}

static struct group *group_new(const struct jobs *jobs, const struct target *target)
{
    struct group *group = calloc(1, sizeof *group);
    size_t count = target->other_count + 1;
    if (!group)
        return NULL;
    group->calls = jobs->calls;
    group->report.mode = target->mode;
    group->report.members = calloc(count, sizeof *group->report.members);
    if (!group->report.members) {
        free(group);
        return NULL;
    }
    group->report.count = count;
    group->open = count + 1; /* one more, so that it outlives the loop over its hosts */
    return group;
}

/* What was not begun for want of memory is reported as that. */
static void give_up(struct group *group, size_t member, struct target *host)
{
    struct report report = {.target = *host, .resolution = {.answered = true, .eai = EAI_MEMORY}};
    struct fold_rules rules = {0};
    report_fold(&report, &rules);
    group_finish(group, member, &report);
}

/* A host is a target of its own, with the whole one's text. */
static void begin_host(struct jobs *jobs, struct group *group, size_t member, struct target host)
{
    if (!host.input || job_begin(jobs, &host, group, member) < 0) {
        struct target nothing = {.input = strdup(""), .host = strdup("")};
        target_clear(&host);
        give_up(group, member, &nothing);
    }
}

static struct target host_of(struct target *target, size_t member)
{
    struct target *from = member ? &target->others[member - 1] : target;
    struct target host = {
        .input = strdup(target->input),
        .host = from->host,
        .socket = from->socket,
        .port = from->port,
        .line = target->line,
        .index = target->index,
        .settings = from->settings,
    };
    from->host = from->socket = NULL;
    from->settings = NULL;
    return host;
}

int group_begin(struct jobs *jobs, struct target *target)
{
    struct group *group = group_new(jobs, target);
    if (!group) {
        target_clear(target);
        return -ENOMEM;
    }
    for (size_t i = 0; i < group->report.count; i++)
        begin_host(jobs, group, i, host_of(target, i));
    target_clear(target);
    close_one(group);
    return 0;
}
