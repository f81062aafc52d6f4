#include "probe/run/attempt.h"
#include "probe/run/closing.h"
#include "probe/run/signs_of_life.h"
#include "probe/verdict/diagnose.h"
#include <stdlib.h>

void attempt_record(struct attempt *attempt, enum stage stage, enum outcome outcome)
{
    uint64_t now = monotonic_us();
    attempt->evidence->stages[stage] = (struct stage_facts){
        .outcome = outcome,
        .begin_us = (uint32_t)(attempt->stage_us - attempt->origin_us),
        .duration_us = (uint32_t)(now - attempt->stage_us),
    };
    attempt->stage_us = now;
}

/* What an OBProxy would make of it: which server this is shows later. */
void attempt_take_login_name(struct evidence *evidence, const char *user)
{
    struct login_name name = login_name_read(user);
    evidence->names_tenant = name.tenant.length > 0;
    evidence->names_cluster = name.cluster.length > 0;
    evidence->names_proxysys = login_name_is_proxysys(&name);
    evidence->three_parts = name.separator != '\0';
}

void attempt_begin(struct attempt *attempt, uint64_t origin_us, uint64_t deadline_us)
{
    const struct run_options *options = attempt->shared->options;
    const struct conditions *conditions = attempt->conditions;
    const struct target *target = attempt->target;
    attempt->to = target->socket ? socket_address_of_path(target->socket)
                                 : socket_address_of(&attempt->ip, target->port);
    attempt->origin_us = origin_us;
    attempt->begin_us = attempt->stage_us = monotonic_us();
    attempt->deadline_us = deadline_us;
    attempt->watch.fd = -1;
    attempt->evidence->until = options->until;
    attempt->evidence->only_port = options->only_port;
    attempt->evidence->wants_login = conditions->login.secret && options->until == UNTIL_LOGIN;
    attempt_take_login_name(attempt->evidence, conditions->login.user);
    attempt->evidence->tls_mode = target->socket ? TLS_DISABLED : conditions->tls_mode;
    (target->socket ? unix_stage_begin : connect_stage_begin)(attempt);
}

bool attempt_wants_client(const struct attempt *attempt)
{
    const struct evidence *evidence = attempt->evidence;
    return attempt->shared->options->client && attempt->turn.taken && !evidence->cut_short &&
           diagnose_client_wanted(&evidence->exchange) && diagnose_cost(evidence) != COST_COUNTED;
}

void attempt_finish(struct attempt *attempt)
{
    struct loop *loop = attempt->shared->loop;
    timer_cancel(loop, &attempt->timer);
    silence_end(attempt);
    closing_begin(attempt);
    if (!attempt_wants_client(attempt))
        turn_leave(&attempt->turn);
    channel_clear(&attempt->channel);
    free(attempt->before_question);
    attempt->before_question = NULL;
    attempt->done(attempt);
}

void attempt_cut(struct attempt *attempt)
{
    attempt->evidence->cut_short = true;
    if (attempt->evidence->stages[STAGE_CONNECT].outcome == OUTCOME_NOT_RUN)
        connect_stage_expire(attempt);
    else
        handshake_expire(attempt);
}
