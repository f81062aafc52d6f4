/* The name did not resolve: by getaddrinfo's answer. */
#include "probe/verdict/rules.h"
#include <netdb.h>

static bool no_address_probed(const struct facts *facts)
{
    return !facts->evidence;
}

static bool answered_with(const struct facts *facts, const struct rule *rule)
{
    return facts->resolution && facts->resolution->answered &&
           rule_names(rule, facts->resolution->eai);
}

static bool answered_empty(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->resolution && facts->resolution->answered && facts->resolution->eai == 0;
}

/* A name that was never asked cannot have timed out. */
static bool asked_in_vain(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->resolution && facts->resolution->asked && !facts->resolution->answered;
}

static bool answered(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->resolution && facts->resolution->answered;
}

/* EAI_* values differ between C libraries in sign, but none is 0. */
static const struct rule rules[] = {
    {CAUSE_NAME_NOT_FOUND, STAGE_NAME, answered_with, .of = {EAI_NONAME}, CONFIDENCE_CERTAIN},
    {CAUSE_NAME_NO_ADDRESS, STAGE_NAME, answered_with, .of = {EAI_NODATA, EAI_ADDRFAMILY},
     CONFIDENCE_CERTAIN},
    {CAUSE_NAME_NO_ADDRESS, STAGE_NAME, answered_empty, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_NAME_TEMPORARY, STAGE_NAME, answered_with, .of = {EAI_AGAIN}, CONFIDENCE_CERTAIN},
    {CAUSE_NAME_FAILED, STAGE_NAME, answered, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_NAME_TIMED_OUT, STAGE_NAME, asked_in_vain, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_NAME_TEMPORARY}},
    {CAUSE_NAME_FAILED, STAGE_NAME, always, .confidence = CONFIDENCE_POSSIBLE},
};

const struct rule_table name_table = RULE_TABLE(no_address_probed, rules);
