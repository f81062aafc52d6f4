#include "probe/verdict/oceanbase.h"
#include "probe/verdict/diagnose.h"

/* Three attempts at its observers, of 5 s each (oceanbase/obproxy): so long the answer is open, and
 * what ends later has had them, with what timers are early by. */
enum { ATTEMPTS_END_US = 16000000, ATTEMPTS_OVER_US = 14500000 };

enum { ACCESS_DENIED = 1045 };

bool is_obproxy(const struct evidence *evidence)
{
    return evidence->exchange.product == PRODUCT_OCEANBASE_PROXY;
}

bool is_certain_obproxy(const struct evidence *evidence)
{
    return is_obproxy(evidence) && evidence->exchange.certainty == CERTAINTY_CERTAIN;
}

bool is_observer(const struct evidence *evidence)
{
    return evidence->exchange.product == PRODUCT_OCEANBASE_OBSERVER;
}

bool is_oceanbase(const struct evidence *evidence)
{
    return is_obproxy(evidence) || is_observer(evidence);
}

bool obproxy_denies(const struct evidence *evidence)
{
    return is_obproxy(evidence) && evidence->exchange.error.code == ACCESS_DENIED &&
           diagnose_answered_by(evidence) == ANSWERED_PROXY;
}

bool obproxy_let_its_own_in(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    bool answered = exchange->logged_in && exchange->statement_sent && exchange->error.code;
    return is_obproxy(evidence) && evidence->names_proxysys && exchange->greeted &&
           exchange->credentials && answered && !exchange->error_in_greeting &&
           !exchange->wrong_sequence;
}

bool obproxy_closed(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    return is_obproxy(evidence) && exchange->greeted && !exchange->logged_in &&
           exchange->ending == ENDING_CLOSED;
}

bool obproxy_gave_up(const struct evidence *evidence)
{
    return obproxy_closed(evidence) && evidence->exchange.login_wait_us >= ATTEMPTS_OVER_US;
}

bool obproxy_still_tries(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    bool had_it = exchange->withheld == WITHHELD_NOT || exchange->blind;
    return is_obproxy(evidence) && exchange->greeted && exchange->login_sent && had_it &&
           !exchange->logged_in && exchange->ending == ENDING_OPEN &&
           exchange->login_wait_us < ATTEMPTS_END_US;
}

bool observer_was_told_a_cluster(const struct evidence *evidence)
{
    return is_observer(evidence) && evidence->exchange.error.code == ACCESS_DENIED &&
           evidence->names_tenant && evidence->names_cluster && !evidence->three_parts;
}
