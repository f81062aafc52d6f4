/* From the verdicts of a group's hosts to the group's. */
#include "probe/verdict/report.h"

/* A host whose name did not resolve got nowhere. */
static unsigned rank(const struct report *member)
{
    if (member->decisive >= member->address_count)
        return 0;
    return 1 + address_rank(&member->addresses[member->decisive]);
}

static size_t find_ready(const struct group_report *group)
{
    size_t i = 0;
    while (i < group->count && !group->members[i].ready)
        i++;
    return i;
}

static size_t find_furthest(const struct group_report *group)
{
    size_t furthest = group->count;
    for (size_t i = 0; i < group->count; i++)
        if (!group->members[i].ready &&
            (furthest == group->count ||
             rank(&group->members[i]) > rank(&group->members[furthest])))
            furthest = i;
    return furthest;
}

void group_fold(struct group_report *group)
{
    group->ready = 0;
    for (size_t i = 0; i < group->count; i++)
        group->ready += group->members[i].ready;
    bool needs_all = group->mode == MODE_REPLICATION;
    bool good = needs_all ? group->ready == group->count : group->ready > 0;
    group->decisive = good ? find_ready(group) : find_furthest(group);
    struct report *decisive = &group->members[group->decisive];
    decisive->group = group;
    if (good && group->ready < group->count)
        decisive->notes |= UINT32_C(1) << NOTE_HOST_DEAD;
}
