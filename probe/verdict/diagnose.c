#include "probe/verdict/rules.h"
#include <string.h>

/* In the order in which they are asked; each is final for the facts that it concerns. */
static const struct rule_table *const tables[] = {
    &name_table,   &icmp_table,    &connect_table, &tls_table,
    &client_table, &refusal_table, &error_table,   &exchange_table,
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

bool rule_names(const struct rule *rule, int number)
{
    for (unsigned i = 0; i < RULE_NUMBERS && rule->of[i]; i++)
        if (rule->of[i] == number)
            return true;
    return false;
}

bool always(const struct facts *facts, const struct rule *rule)
{
    (void)facts;
    (void)rule;
    return true;
}

/* The first rule that applies, and its index over all tables. */
static const struct rule *rule_find(const struct facts *facts, unsigned *ret_index)
{
    unsigned base = 0;
    const struct rule_table *table = tables[0];
    for (unsigned i = 0; i < TABLES; i++) {
        table = tables[i];
        if (i == TABLES - 1 || table->concerns(facts))
            break;
        base += table->count;
    }
    unsigned at = 0;
    while (at < table->count - 1 && !table->rules[at].applies(facts, &table->rules[at]))
        at++;
    *ret_index = base + at;
    return &table->rules[at];
}

static bool borrowed(const struct evidence *evidence)
{
    return evidence && !connected(evidence) && evidence->connect.icmp.seen &&
           evidence->connect.icmp.borrowed;
}

/* What the rule says at most, given how the evidence was gathered. */
static enum confidence confidence_limit(const struct rule *rule, const struct facts *facts)
{
    const struct evidence *evidence = facts->evidence;
    const struct resolution_facts *resolution = facts->resolution;
    if (resolution && resolution->cut_short && !resolution->answered)
        return CONFIDENCE_POSSIBLE;
    if (!evidence)
        return CONFIDENCE_CERTAIN;
    if (evidence->cut_short || evidence->other_tls || (rule->silence && evidence->only_port))
        return CONFIDENCE_POSSIBLE;
    return borrowed(evidence) ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN;
}

/* An ERR in the greeting's place is the greeting's failure, the same ERR later the login's or the
 * statement's. */
static enum stage stage_of(const struct rule *rule, const struct evidence *evidence)
{
    if (rule->stage != STAGE_LOGIN || !evidence)
        return rule->stage;
    if (evidence->exchange.error_in_greeting)
        return STAGE_GREETING;
    return evidence->exchange.statement_sent ? STAGE_STATEMENT : STAGE_LOGIN;
}

/* What was only seen on other connections does not exclude that this one was dropped. */
static void add_dropped(struct verdict *verdict)
{
    unsigned i = 0;
    while (i < ALTERNATIVES && verdict->alternatives[i] != CAUSE_NONE &&
           verdict->alternatives[i] != CAUSE_FILTERED_DROPPED)
        i++;
    if (i < ALTERNATIVES && verdict->cause != CAUSE_FILTERED_DROPPED)
        verdict->alternatives[i] = CAUSE_FILTERED_DROPPED;
}

static struct verdict judge(const struct facts *facts, unsigned *ret_rule)
{
    unsigned index;
    const struct rule *rule = rule_find(facts, &index);
    enum confidence limit = confidence_limit(rule, facts);
    struct verdict verdict = {
        .cause = rule->cause,
        .stage = stage_of(rule, facts->evidence),
        .confidence = rule->confidence < limit ? rule->confidence : limit,
    };
    memcpy(verdict.alternatives, rule->alternatives, sizeof(verdict.alternatives));
    if (borrowed(facts->evidence))
        add_dropped(&verdict);
    if (ret_rule)
        *ret_rule = index;
    return verdict;
}

/* libmariadb quotes the server, and has some of its words for faults of its own. */
struct verdict diagnose(const struct facts *facts, unsigned *ret_rule)
{
    struct evidence quoted;
    if (!client_stands_in(facts, &quoted))
        return judge(facts, ret_rule);
    struct facts as_on_the_wire = {
        .resolution = facts->resolution, .evidence = &quoted, .tls = facts->tls};
    struct verdict verdict = judge(&as_on_the_wire, ret_rule);
    verdict.stage = STAGE_CLIENT;
    if (verdict.confidence > CONFIDENCE_LIKELY)
        verdict.confidence = CONFIDENCE_LIKELY;
    return verdict;
}

unsigned diagnose_rule_count(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < TABLES; i++)
        count += tables[i]->count;
    return count;
}

enum cause diagnose_rule_cause(unsigned index)
{
    unsigned i = 0;
    while (index >= tables[i]->count)
        index -= tables[i++]->count;
    return tables[i]->rules[index].cause;
}

const char *confidence_name(enum confidence confidence)
{
    static const char *const names[] = {
        [CONFIDENCE_POSSIBLE] = "possible",
        [CONFIDENCE_LIKELY] = "likely",
        [CONFIDENCE_CERTAIN] = "certain",
    };
    return names[confidence];
}
