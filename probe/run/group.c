#include "probe/run/group.h"
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>

/* The hosts with the same login are one target to its password. */
struct login_turns {
    struct login_identity login;
    struct target_turns *turns;
};

struct group {
    const struct run_calls *calls;
    struct group_report report;
    char *input;               /* of the target, until the decisive host takes it */
    struct login_turns *turns; /* `turn_count` of as many as there are hosts */
    size_t turn_count;
    size_t open; /* hosts not yet finished */
};

static void group_free(struct group *group)
{
    for (size_t i = 0; group->report.members && i < group->report.count; i++)
        report_clear(&group->report.members[i]);
    for (size_t i = 0; i < group->turn_count; i++)
        target_turns_unref(group->turns[i].turns);
    free(group->report.members);
    free(group->turns);
    free(group->input);
    free(group);
}

static void close_one(struct group *group)
{
    if (--group->open > 0)
        return;
    group_fold(&group->report);
    struct report *decisive = &group->report.members[group->report.decisive];
    decisive->target.input = group->input;
    group->input = NULL;
    group->calls->finished(group->calls->context, decisive);
    group_free(group);
}

void group_finish(struct group *group, size_t member, const struct report *report)
{
    group->report.members[member] = *report;
    close_one(group);
}

struct target_turns *group_turns(struct group *group, const struct login_identity *login)
{
    for (size_t i = 0; i < group->turn_count; i++)
        if (identity_equal(&group->turns[i].login, login))
            return target_turns_ref(group->turns[i].turns);
    struct target_turns *turns = target_turns_new();
    if (!turns)
        return NULL;
    group->turns[group->turn_count++] = (struct login_turns){*login, turns};
    return target_turns_ref(turns);
}

static struct group *group_new(const struct jobs *jobs, const struct target *target)
{
    struct group *group = calloc(1, sizeof *group);
    size_t count = target->other_count + 1;
    if (!group)
        return NULL;
    *group = (struct group){
        .calls = jobs->calls,
        .report = {.mode = target->mode,
                   .members = calloc(count, sizeof *group->report.members),
                   .count = count},
        .turns = calloc(count, sizeof *group->turns),
        .open = count + 1, /* one more, so that it outlives the loop over its hosts */
    };
    if (group->report.members && group->turns)
        return group;
    group_free(group);
    return NULL;
}

/* What was not begun for want of memory is reported as that. */
static void begin_host(struct jobs *jobs, struct group *group, size_t member, struct target host)
{
    static const struct fold_rules rules;
    if (job_begin(jobs, &host, group, member) == 0)
        return;
    struct report *report = &group->report.members[member];
    *report = (struct report){
        .target = host, .time = time(NULL), .resolution = {.answered = true, .eai = EAI_MEMORY}};
    report_fold(report, &rules);
    group->open--;
}

/* A host is a target of its own, and stands where the whole one stands. */
static struct target take_host(const struct target *from, const struct target *target)
{
    struct target host = *from;
    host.input = NULL;
    host.others = NULL;
    host.other_count = 0;
    host.line = target->line;
    host.index = target->index;
    return host;
}

int group_begin(struct jobs *jobs, struct target *target)
{
    struct group *group = group_new(jobs, target);
    if (!group)
        return -ENOMEM;
    group->input = target->input;
    begin_host(jobs, group, 0, take_host(target, target));
    for (size_t i = 0; i < target->other_count; i++)
        begin_host(jobs, group, i + 1, take_host(&target->others[i], target));
    free(target->others);
    close_one(group);
    return 0;
}
