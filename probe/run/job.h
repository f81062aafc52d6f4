/* One target in flight: its name's resolution, then an attempt for each address, then the report.
 */
#ifndef PROBE_RUN_JOB_H
#define PROBE_RUN_JOB_H

#include "probe/run/place.h"
#include "probe/run/resolver.h"

struct jobs {
    struct loop *loop;
    const struct run_options *options;
    const struct run_calls *calls;
    struct workers *resolver;
    struct admission *admission;
    struct known *known;
    struct attempts attempts;
    struct places places;
    struct identity_key key;
    struct job *first;
    size_t count;
    bool closed; /* nothing is asked or connected to any more */
};

struct group;

/* The job takes the target, unless it fails. The target may be a host, `member`, of a group (NULL:
 * of none). It may be finished before this returns. 0 or -ENOMEM. */
int job_begin(struct jobs *jobs, struct target *target, struct group *group, size_t member);

/* Ends all jobs with what is known, and lets later ones only report that they were not begun. */
void jobs_cut(struct jobs *jobs);

#endif
