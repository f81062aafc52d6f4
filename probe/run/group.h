/* A target with several hosts: a job for each of them side by side, one report in the end. */
#ifndef PROBE_RUN_GROUP_H
#define PROBE_RUN_GROUP_H

#include "probe/run/job.h"

/* Takes the target, unless it fails. It may be finished before this returns. 0 or -ENOMEM. */
int group_begin(struct jobs *jobs, struct target *target);

/* A host is finished; its report is taken. The last one finishes the group. */
void group_finish(struct group *group, size_t member, const struct report *report);

/* Who may use a password now among the hosts with that login: they are one target to it. Held for
 * the caller; NULL: no memory. */
struct target_turns *group_turns(struct group *group, const struct login_identity *login);

#endif
