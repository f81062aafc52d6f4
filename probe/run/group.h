/* A target with several hosts: a job for each of them side by side, one report in the end. */
#ifndef PROBE_RUN_GROUP_H
#define PROBE_RUN_GROUP_H

#include "probe/run/job.h"

/* Takes the target. It may be finished before this returns. 0 or -ENOMEM. */
int group_begin(struct jobs *jobs, struct target *target);

/* A host is finished; its report is taken. The last one finishes the group. */
void group_finish(struct group *group, size_t member, struct report *report);

/* Who may use a password now among the hosts: those with the same login are one target. Held for
 * the caller; NULL: no memory. */
struct target_turns *group_turns(struct group *group, const struct login_identity *login);

#endif
