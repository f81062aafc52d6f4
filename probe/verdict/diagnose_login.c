/* What a login with credentials says: of a proof that was not given, and of the password. */
#include "probe/verdict/rules.h"
#include <string.h>

/* ---- the proof that was not given ---- */

/* The server said nothing else than that an answer that was none is none: by 1045, or without a
 * word. What else it says ("Account is locked") holds whatever the proof. */
static bool proof_refused(const struct facts *facts)
{
    const struct exchange_facts *exchange = &facts->evidence->exchange;
    uint16_t code = exchange->error.code;
    return connected(facts->evidence) && exchange->greeted && exchange->credentials &&
           exchange->refusal != PROOF_NOT_REFUSED && !exchange->logged_in &&
           (code == 0 || code == 1045);
}

/* Another plugin of the account had its proof before, and did not take it (MariaDB: VIA … OR …). */
static bool another_proof_failed(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->evidence->exchange.proof_asked;
}

static const struct rule refusal_rules[] = {
    {CAUSE_DENIED_AUTH_PLUGIN, STAGE_LOGIN, another_proof_failed, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_DENIED_CREDENTIALS}},
    {CAUSE_DENIED_AUTH_PLUGIN, STAGE_LOGIN, always, .confidence = CONFIDENCE_CERTAIN},
};

const struct rule_table refusal_table = RULE_TABLE(proof_refused, refusal_rules);

/* ---- what an answer says about the password ---- */

/* Said by servers only to who has proved the password, or who is let in without. */
static bool is_past_the_password(const struct exchange_facts *exchange)
{
    static const uint16_t codes[] = {1044, 1049, 1184, 1820, 0};
    unsigned i = 0;
    while (codes[i] && codes[i] != exchange->error.code)
        i++;
    return exchange->logged_in || exchange->fast_authentication || codes[i] != 0;
}

/* A locked or expired account does not get better by trying. An answer in place of a proof that is
 * not given is one wrong password to MySQL (measured). */
static bool is_about_the_password(const struct exchange_facts *exchange)
{
    static const uint16_t codes[] = {1045, 1698, 1862, 3118, 3955, 4150, 4151, 5260, 0};
    unsigned i = 0;
    while (codes[i] && codes[i] != exchange->error.code)
        i++;
    return codes[i] != 0 || exchange->refusal != PROOF_NOT_REFUSED ||
           strncmp(exchange->error.sqlstate, "28", 2) == 0;
}

enum password_outcome diagnose_password(const struct exchange_facts *exchange)
{
    if (!exchange->credentials)
        return PASSWORD_UNKNOWN;
    if (is_past_the_password(exchange))
        return PASSWORD_ACCEPTED;
    return is_about_the_password(exchange) ? PASSWORD_REJECTED : PASSWORD_UNKNOWN;
}
