/* What the tables of rules share. Private to the diagnose files. */
#ifndef PROBE_VERDICT_RULES_H
#define PROBE_VERDICT_RULES_H

#include "probe/verdict/diagnose.h"

enum { RULE_NUMBERS = 12 };

/* The first rule of a table that applies gives the verdict. */
struct rule {
    enum cause cause;
    enum stage stage;
    bool (*applies)(const struct facts *facts, const struct rule *rule);
    int of[RULE_NUMBERS]; /* what the predicate compares with: errnos, ICMP or server error codes;
                             ends at 0 */
    enum confidence confidence;
    bool silence; /* rests on an answer that did not come: more time or more packets might have
                     changed it */
    enum cause alternatives[ALTERNATIVES];
};

/* The rules for facts that `concerns` lets in; the last one applies to all of those. */
struct rule_table {
    bool (*concerns)(const struct facts *facts);
    const struct rule *rules;
    unsigned count;
};

extern const struct rule_table name_table;     /* the name did not resolve */
extern const struct rule_table icmp_table;     /* not connected, and the network said why */
extern const struct rule_table connect_table;  /* not connected */
extern const struct rule_table tls_table;      /* greeted, and TLS is in the way */
extern const struct rule_table client_table;   /* libmariadb's login decides */
extern const struct rule_table refusal_table;  /* the proof that the server wants is not given */
extern const struct rule_table error_table;    /* connected, and the server answered with an ERR */
extern const struct rule_table exchange_table; /* connected */

/* Whether the server answered a login that libmariadb alone could prove: then what the wire would
 * have seen, had the login been its own. */
bool client_stands_in(const struct facts *facts, struct evidence *ret_evidence);

/* Whether `number` is one of those in the rule. */
bool rule_names(const struct rule *rule, int number);

bool always(const struct facts *facts, const struct rule *rule);

static inline bool connected(const struct evidence *evidence)
{
    return evidence->stages[STAGE_CONNECT].outcome == OUTCOME_PASSED;
}

#define RULE_TABLE(concerns_, rules_)                                                              \
    {                                                                                              \
        .concerns = (concerns_), .rules = (rules_), .count = sizeof(rules_) / sizeof((rules_)[0])  \
    }

#endif
