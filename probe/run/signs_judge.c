/* What the answers elsewhere say about the silence here. */
#include "probe/run/machine.h"
#include "probe/run/signs_internal.h"

static unsigned older_than(const uint64_t *sent, unsigned count, uint64_t limit)
{
    unsigned old = 0;
    while (old < count && sent[old] <= limit)
        old++;
    return old;
}

/* Whether `count` unanswered SYNs are no accident at an answer rate of answers in requests: the
 * rate is taken low (one more request), the bound tighter when loss was seen. */
static bool beyond_chance(unsigned answers, unsigned requests, unsigned count, bool lossy)
{
    double miss = 1.0 - (double)answers / (double)(requests + 1);
    double chance = 1.0;
    if (answers < LIFE_ANSWERS_WANTED)
        return false;
    for (unsigned i = 0; i < count; i++)
        chance *= miss;
    return chance < (lossy ? 1e-4 : 1e-3);
}

void silence_judge(struct silence *silence)
{
    struct life_facts *life = life_of(silence->attempt);
    uint64_t grace = 3 * silence->control_rtt_us;
    uint64_t limit = monotonic_us() - (grace > ANSWER_GRACE_US ? grace : ANSWER_GRACE_US);
    unsigned controls = older_than(silence->control_sent_us, life->control_syns, limit);
    unsigned echoes = life->echo_requests;
    life->pairs_unanswered = (uint8_t)older_than(silence->target_sent_us, life->target_syns, limit);
    life->lossy = (life->control_answers && life->control_answers < controls);
    life->decisive =
        beyond_chance(life->control_answers, controls, life->pairs_unanswered, life->lossy) ||
        beyond_chance(life->echo_answers, echoes, life->pairs_unanswered,
                      life->echo_answers < echoes);
}

/* Only over the first rounds, when answers are due every 60 ms: other packets that this machine
 * drops (broadcasts, scans) are few in so short a time. */
void silence_count_drops(struct silence *silence)
{
    struct life_facts *life = life_of(silence->attempt);
    uint64_t drops = machine_input_drops(silence->attempt->ip.family) - silence->drops_before;
    if (life->drops_expected)
        return;
    life->input_drops = drops > UINT32_MAX ? UINT32_MAX : (uint32_t)drops;
    life->drops_expected = (uint8_t)(life->target_syns - 1);
}
