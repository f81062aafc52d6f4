/* Facts to verdicts: tests/data/evidence is the table, this program reads and checks it. */
#include "fixture.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LINE = 1024, MAX_RULES = 256 };

static const char *const files[] = {"name",  "icmp", "connect", "silence", "exchange", "error",
                                    "login", "tls",  "socket",  "client",  "oceanbase"};

/* What all fixtures together did; written by the table's test, read by those behind it. */
static struct {
    unsigned count, near_misses, synthetic;
    unsigned fired[MAX_RULES];
    bool given[CAUSE_COUNT];
} seen;

static struct verdict verdict_of(const struct fixture_facts *facts, unsigned *ret_rule)
{
    struct facts pointers = {
        .resolution = facts->has_resolution ? &facts->resolution : NULL,
        .evidence = facts->has_evidence ? &facts->evidence : NULL,
        .tls = facts->has_tls ? &facts->tls : NULL,
        .client = facts->has_client ? &facts->client : NULL,
    };
    return diagnose(&pointers, ret_rule);
}

/* "cause@stage confidence alternative …", the stage only where it is not the cause's usual one. */
static void write_verdict(const struct verdict *verdict, char *to, size_t size)
{
    const struct cause_row *row = cause_row(verdict->cause);
    bool usual = row->stage == verdict->stage;
    int length =
        snprintf(to, size, "%s%s%s %s", row->id, usual ? "" : "@",
                 usual ? "" : stage_name(verdict->stage), confidence_name(verdict->confidence));
    for (unsigned i = 0; i < ALTERNATIVES && verdict->alternatives[i]; i++)
        length += snprintf(to + length, size - (size_t)length, " %s",
                           cause_row(verdict->alternatives[i])->id);
}

static void write_server_side(const struct fixture_facts *facts, char *to, size_t size)
{
    const struct evidence *evidence = &facts->evidence;
    enum server_cost cost = diagnose_cost(evidence);
    enum server_cost client = facts->has_client ? diagnose_client_cost(&facts->client) : COST_NONE;
    snprintf(to, size, "%s %s", server_cost_name(client > cost ? client : cost),
             answered_by_name(diagnose_answered_by(evidence)));
}

/* Both together, as one text to compare. */
static void write_outcome(const struct fixture_facts *facts, char *to, size_t size)
{
    struct verdict verdict = verdict_of(facts, NULL);
    write_verdict(&verdict, to, size);
    size_t length = strlen(to);
    snprintf(to + length, size - length, " / ");
    write_server_side(facts, to + length + 3, size - length - 3);
}

static void check_origin(const char *file, const struct fixture *fixture, bool near_miss)
{
    static const char *const origins[] = {"net ", "scripted ", "live ", "synthetic: "};
    seen.count++;
    seen.near_misses += near_miss;
    seen.synthetic += strncmp(fixture->origin, "synthetic: ", 11) == 0;
    bool known = near_miss && strcmp(fixture->origin, "near miss") == 0;
    for (unsigned i = 0; i < 4 && !near_miss; i++)
        known = known || strncmp(fixture->origin, origins[i], strlen(origins[i])) == 0;
    if (!known)
        fail_msg("%s: %s: unknown origin \"%s\"", file, fixture->name, fixture->origin);
}

static void check_outcome(const char *file, const struct fixture *fixture,
                          const struct fixture_facts *facts)
{
    unsigned rule;
    char verdict_text[512], server_side[64];
    struct verdict verdict = verdict_of(facts, &rule);
    write_verdict(&verdict, verdict_text, sizeof(verdict_text));
    write_server_side(facts, server_side, sizeof(server_side));
    if (strcmp(verdict_text, fixture->verdict) != 0)
        fail_msg("%s: %s:\n  got  %s\n  want %s", file, fixture->name, verdict_text,
                 fixture->verdict);
    const char *wanted = *fixture->server_side ? fixture->server_side : "none unknown";
    if (strcmp(server_side, wanted) != 0)
        fail_msg("%s: %s:\n  got  %s\n  want %s", file, fixture->name, server_side, wanted);
    assert_in_range(rule, 0, diagnose_rule_count() - 1);
    assert_int_equal(diagnose_rule_cause(rule), verdict.cause);
    seen.fired[rule]++;
    seen.given[verdict.cause] = true;
}

static void check_changes_something(const char *file, const struct fixture *fixture,
                                    const struct fixture_facts *base,
                                    const struct fixture_facts *changed)
{
    char before[640], after[640];
    write_outcome(base, before, sizeof(before));
    write_outcome(changed, after, sizeof(after));
    if (strcmp(before, after) == 0)
        fail_msg("%s: %s: no near miss, it changes nothing", file, fixture->name);
}

static void check_line(const char *file, char *line, struct fixture_facts *base)
{
    struct fixture fixture;
    if (!fixture_split(line, &fixture)) {
        if (*line != '#' && *fixture_trim(line))
            fail_msg("%s: not a fixture: %s", file, line);
        return;
    }
    bool near_miss = strncmp(fixture.name, "but ", 4) == 0;
    struct fixture_facts facts = {0};
    if (near_miss)
        facts = *base;
    const char *culprit = fixture_apply(fixture.facts, &facts);
    if (culprit)
        fail_msg("%s: %s: \"%s\"", file, fixture.name, culprit);
    check_origin(file, &fixture, near_miss);
    check_outcome(file, &fixture, &facts);
    if (near_miss)
        check_changes_something(file, &fixture, base, &facts);
    else
        *base = facts;
}

static void every_fixture_gets_its_verdict(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[512], line[LINE];
        struct fixture_facts base = {0};
        snprintf(path, sizeof(path), TEST_DATA "/evidence/%s.txt", files[i]);
        FILE *file = fopen(path, "r");
        if (!file)
            fail_msg("%s: %s", path, strerror(errno));
        while (fgets(line, sizeof(line), file))
            check_line(files[i], line, &base);
        fclose(file);
    }
    printf("fixtures: %u, of them %u near misses; synthetic: %u\n", seen.count, seen.near_misses,
           seen.synthetic);
}

static void every_rule_fires(void **state)
{
    (void)state;
    assert_in_range(diagnose_rule_count(), 1, MAX_RULES);
    for (unsigned i = 0; i < diagnose_rule_count(); i++)
        if (seen.fired[i] == 0)
            fail_msg("rule %u (%s) never fires", i, cause_row(diagnose_rule_cause(i))->id);
}

static bool is_found_by_probe(enum cause cause)
{
    enum needs needs = cause_row(cause)->needs;
    return needs == NEEDS_PROBE || needs == NEEDS_TLS || needs == NEEDS_LOGIN ||
           needs == NEEDS_SOCKET || needs == NEEDS_CLIENT;
}

static void every_cause_that_a_probe_can_find_is_found(void **state)
{
    (void)state;
    for (unsigned i = 1; i < CAUSE_COUNT; i++)
        if (is_found_by_probe((enum cause)i) && !seen.given[i])
            fail_msg("%s has no fixture", cause_row((enum cause)i)->id);
}

static void no_rule_claims_what_a_probe_cannot_know(void **state)
{
    (void)state;
    for (unsigned i = 0; i < diagnose_rule_count(); i++) {
        const struct cause_row *row = cause_row(diagnose_rule_cause(i));
        /* only of a unix socket is a full queue known without a look from the server's side */
        if (!is_found_by_probe(diagnose_rule_cause(i)) &&
            diagnose_rule_cause(i) != CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL)
            fail_msg("rule %u gives %s, which needs %s", i, row->id, needs_name(row->needs));
    }
}

static void no_facts_at_all_still_give_a_verdict(void **state)
{
    (void)state;
    struct facts nothing = {0};
    struct verdict verdict = diagnose(&nothing, NULL);
    assert_int_equal(verdict.cause, CAUSE_NAME_FAILED);
    assert_int_equal(verdict.confidence, CONFIDENCE_POSSIBLE);
}

/* All that concerns the account alone; the codes are published. */
static void an_answer_about_the_account_alone_is_ready(void **state)
{
    (void)state;
    static const uint16_t codes[] = {1045, 1044, 1049, 1251, 1698, 1226,
                                     1820, 1862, 3118, 3955, 4150, 4151};
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct evidence evidence = {.exchange = {.greeted = true, .login_sent = true}};
        evidence.stages[STAGE_CONNECT].outcome = OUTCOME_PASSED;
        evidence.exchange.error.code = codes[i];
        struct facts facts = {.evidence = &evidence};
        assert_int_equal(diagnose(&facts, NULL).cause, CAUSE_READY_HANDSHAKE);
        evidence.exchange.login_sent = false;
        assert_int_not_equal(diagnose(&facts, NULL).cause, CAUSE_READY_HANDSHAKE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fixture_gets_its_verdict),
        cmocka_unit_test(every_rule_fires),
        cmocka_unit_test(every_cause_that_a_probe_can_find_is_found),
        cmocka_unit_test(no_rule_claims_what_a_probe_cannot_know),
        cmocka_unit_test(no_facts_at_all_still_give_a_verdict),
        cmocka_unit_test(an_answer_about_the_account_alone_is_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
