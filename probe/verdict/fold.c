/* From the verdicts of its addresses to a target's, and from targets to a run's. */
#include "probe/verdict/oceanbase.h"
#include "probe/verdict/predictions.h"
#include "probe/verdict/report.h"

bool address_skipped(const struct address_result *address)
{
    return address->evidence.skipped || address->evidence.connect.family_unusable;
}

bool address_withheld(const struct address_result *address)
{
    const struct exchange_facts *exchange = &address->evidence.exchange;
    return address->evidence.wants_login && exchange->greeted && exchange->withheld != WITHHELD_NOT;
}

bool address_lacks_password(const struct address_result *address)
{
    enum cause cause = address->verdict.cause;
    enum withheld withheld = address->evidence.exchange.withheld;
    return address_withheld(address) && address->evidence.exchange.login_sent &&
           (withheld == WITHHELD_REJECTED || withheld == WITHHELD_WAITED) &&
           (cause == CAUSE_DENIED_CREDENTIALS || cause == CAUSE_TIMED_OUT_LOGIN);
}

enum server_cost address_cost(const struct address_result *address)
{
    bool asked = address->client && !address->evidence.shared;
    enum server_cost client = asked ? diagnose_client_cost(address->client) : COST_NONE;
    enum server_cost cost = diagnose_cost(&address->evidence);
    cost = cost > client ? cost : client;
    return cost > address->earlier_cost ? cost : address->earlier_cost;
}

static bool is_ready(const struct verdict *verdict)
{
    return cause_row(verdict->cause)->category == CATEGORY_READY;
}

/* Within one stage the verdict that tells more about the database comes first; categories that are
 * not listed come last. */
static unsigned category_rank(enum category category)
{
    static const unsigned char ranks[CATEGORY_COUNT] = {
        [CATEGORY_CLIENT] = 10,     [CATEGORY_DENIED] = 9,    [CATEGORY_TLS] = 8,
        [CATEGORY_UNAVAILABLE] = 7, [CATEGORY_PROTOCOL] = 6,  [CATEGORY_REFUSED] = 5,
        [CATEGORY_FILTERED] = 4,    [CATEGORY_TIMED_OUT] = 3, [CATEGORY_UNREACHABLE] = 2,
        [CATEGORY_LOCAL] = 1,
    };
    return ranks[category];
}

/* Where the password was used tells more than where it was withheld for what happened there. */
unsigned address_rank(const struct address_result *address)
{
    const struct verdict *verdict = &address->verdict;
    unsigned rank =
        (unsigned)verdict->stage * 16 + category_rank(cause_row(verdict->cause)->category);
    return 2 * rank + !address_withheld(address);
}

/* A family that this machine cannot use is passed over, unless it was asked for or is all there
 * is. */
static bool passes_over(const struct report *report, const struct fold_rules *rules)
{
    if (rules->family_asked)
        return false;
    for (size_t i = 0; i < report->address_count; i++)
        if (!address_skipped(&report->addresses[i]))
            return true;
    return false;
}

struct count {
    size_t ready;
    size_t dead;
    size_t first_ready;
    size_t furthest; /* of the dead */
};

static struct count count_addresses(const struct report *report, bool pass_over)
{
    struct count count = {0};
    for (size_t i = 0; i < report->address_count; i++) {
        const struct address_result *address = &report->addresses[i];
        if (is_ready(&address->verdict)) {
            if (count.ready++ == 0)
                count.first_ready = i;
        } else if (!(pass_over && address_skipped(address))) {
            if (count.dead++ == 0 ||
                address_rank(address) > address_rank(&report->addresses[count.furthest]))
                count.furthest = i;
        }
    }
    return count;
}

/* A stage records that its answer came. Whether the answer lets the stage pass ("Access denied" to
 * the anonymous name does, "Too many connections" does not) only the verdict knows. */
static void settle_outcome(struct address_result *address)
{
    struct stage_facts *stage = &address->evidence.stages[address->verdict.stage];
    if (!is_ready(&address->verdict) && stage->outcome == OUTCOME_PASSED)
        stage->outcome = OUTCOME_FAILED;
}

static void judge_addresses(struct report *report)
{
    for (size_t i = 0; i < report->address_count; i++) {
        struct facts facts = {.resolution = &report->resolution,
                              .evidence = &report->addresses[i].evidence,
                              .tls = report->addresses[i].tls,
                              .client = report->addresses[i].client};
        struct scene scene = {.evidence = facts.evidence,
                              .port = report->target.socket ? 0 : report->target.port};
        report->addresses[i].verdict = diagnose(&facts, NULL);
        report->addresses[i].circumstance = circumstance_of(&report->addresses[i].verdict, &scene);
        settle_outcome(&report->addresses[i]);
    }
}

static void decide(struct report *report, size_t index, const struct verdict *verdict)
{
    report->decisive = index;
    report->verdict = *verdict;
    report->ready = is_ready(verdict);
    report->exit_code = category_exit_code(cause_row(verdict->cause)->category);
}

/* What is said of an address that was listed and never probed, or of a name without any. */
static void decide_without_address(struct report *report)
{
    static const struct evidence nothing;
    struct facts facts = {.resolution = &report->resolution,
                          .evidence = report->address_count ? &nothing : NULL};
    struct verdict verdict = diagnose(&facts, NULL);
    decide(report, report->address_count, &verdict);
}

bool address_expires_soon(const struct address_result *address, unsigned days)
{
    const struct tls_evidence *tls = address->tls;
    return tls && tls->judged && tls->certificate_count > 0 && tls->days_left < (int32_t)days;
}

bool address_unverified(const struct address_result *address)
{
    const struct tls_evidence *tls = address->tls;
    return tls && tls->judged && !diagnose_tls_verified(address->evidence.tls_mode, tls) &&
           address->verdict.stage != STAGE_TLS;
}

bool address_breaks_policy(const struct address_result *address)
{
    const struct tls_evidence *tls = address->tls;
    return tls && tls->policy == TLS_FAILS && address->verdict.stage != STAGE_TLS;
}

/* An observer says the same to an unknown user and in an unknown tenant. */
static bool tenant_unknown(const struct address_result *address)
{
    const struct evidence *evidence = &address->evidence;
    return address->verdict.cause == CAUSE_READY_HANDSHAKE && evidence->names_tenant &&
           evidence->exchange.product == PRODUCT_OCEANBASE_OBSERVER && !evidence->three_parts &&
           evidence->exchange.error.code == 1045;
}

/* Who forgets the tenant is let into another one. */
static bool tenant_by_default(const struct address_result *address)
{
    const struct evidence *evidence = &address->evidence;
    return address->verdict.cause == CAUSE_READY_LOGIN && is_oceanbase(evidence) &&
           !evidence->names_tenant;
}

/* A cluster is asked for, and this is a server that knows of none. */
static bool takes_names_whole(const struct address_result *address)
{
    const struct evidence *evidence = &address->evidence;
    return evidence->exchange.greeted && evidence->exchange.product != PRODUCT_UNKNOWN &&
           !is_oceanbase(evidence) && evidence->names_cluster && !evidence->three_parts;
}

static uint32_t notes_of_address(const struct report *report, const struct address_result *address,
                                 const struct fold_rules *rules, bool passed_over)
{
    const struct exchange_facts *exchange = &address->evidence.exchange;
    bool by_proxy = diagnose_answered_by(&address->evidence) == ANSWERED_PROXY;
    bool known_proxy =
        exchange->product == PRODUCT_OCEANBASE_PROXY || exchange->product == PRODUCT_PROXYSQL ||
        exchange->product == PRODUCT_MAXSCALE || exchange->product == PRODUCT_MYSQL_ROUTER;
    const struct {
        bool holds;
        enum note note;
    } table[] = {
        {report->ready && !is_ready(&address->verdict) && !passed_over &&
             !address_lacks_password(address),
         NOTE_ADDRESS_DEAD},
        {passed_over, NOTE_ADDRESS_SKIPPED},
        {exchange->slow, NOTE_SLOW_GREETING},
        {exchange->constant_salt, NOTE_CONSTANT_SALT},
        {by_proxy && !known_proxy, NOTE_PROXY_IN_PATH},
        {by_proxy && is_ready(&address->verdict), NOTE_BACKEND_NOT_TESTED},
        {address_expires_soon(address, rules->expiry_days), NOTE_CERTIFICATE_EXPIRES},
        {address_unverified(address), NOTE_CERTIFICATE_UNVERIFIED},
        {address_breaks_policy(address), NOTE_TLS_POLICY},
        {address_withheld(address), NOTE_LOGIN_WITHHELD},
        {address_cost(address) == COST_COUNTED, NOTE_COUNTED},
        {address->client && diagnose_client_inconclusive(address->client),
         NOTE_CLIENT_INCONCLUSIVE},
        {exchange->product == PRODUCT_OCEANBASE_PROXY && address->evidence.three_parts,
         NOTE_LOGIN_NAME_SPLIT},
        {tenant_unknown(address), NOTE_TENANT_NOT_TESTED},
        {tenant_by_default(address), NOTE_TENANT_BY_DEFAULT},
        {takes_names_whole(address), NOTE_NOT_OCEANBASE},
        {report->login_name && !report->user && address->verdict.cause == CAUSE_READY_HANDSHAKE,
         NOTE_ACCOUNT_NOT_TESTED},
    };
    uint32_t notes = 0;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].holds)
            notes |= UINT32_C(1) << table[i].note;
    return notes;
}

static bool ignores_parameters(const struct target *target)
{
    return target->settings && target->settings->ignored;
}

static uint32_t predict(const struct report *report)
{
    if (report->decisive == report->address_count || !predictions_fit(report->verdict.cause))
        return 0;
    const struct address_result *address = &report->addresses[report->decisive];
    return predictions_of(&(struct seen){&address->ip, &address->evidence, address->tls});
}

void report_fold(struct report *report, const struct fold_rules *rules)
{
    judge_addresses(report);
    bool pass_over = passes_over(report, rules);
    struct count count = count_addresses(report, pass_over);
    bool unprobed = report->resolution.address_count > report->address_count;
    if (count.ready > 0 && !(rules->all_addresses && (count.dead > 0 || unprobed)))
        decide(report, count.first_ready, &report->addresses[count.first_ready].verdict);
    else if (count.dead > 0)
        decide(report, count.furthest, &report->addresses[count.furthest].verdict);
    else
        decide_without_address(report);
    report->predictions = predict(report);
    report->notes = ignores_parameters(&report->target) ? UINT32_C(1) << NOTE_PARAMETER_IGNORED : 0;
    for (size_t i = 0; i < report->address_count; i++)
        report->notes |= notes_of_address(report, &report->addresses[i], rules,
                                          pass_over && address_skipped(&report->addresses[i]));
}

void tally_add(struct tally *tally, const struct report *report)
{
    tally->targets++;
    if (report->ready)
        tally->ready++;
    else if (tally->failure_code == 0)
        tally->failure_code = report->exit_code;
    else if (tally->failure_code != report->exit_code)
        tally->failure_code = EXIT_MIXED;
}

/* A gate that checked nothing never passes. */
int tally_exit_code(const struct tally *tally, bool any)
{
    if (tally->targets == 0)
        return EXIT_USAGE;
    if (tally->ready == tally->targets || (any && tally->ready > 0))
        return 0;
    return tally->failure_code;
}
