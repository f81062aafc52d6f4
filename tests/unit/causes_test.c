/* The catalogue: names, order, codes and persistence are published and never change. */
#include "probe/verdict/circumstances.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct published {
    const char *id;
    enum persistence persistence;
};

#define T(id_)                                                                                     \
    {                                                                                              \
        id_, TRANSIENT                                                                             \
    }
#define P(id_)                                                                                     \
    {                                                                                              \
        id_, PERMANENT                                                                             \
    }

static const struct published catalogue[] = {
    T("ready.login"),
    T("ready.handshake"),
    T("ready.connected"),
    T("ready.greeted"),
    T("ready.listening"),
    P("name.not-found"),
    P("name.no-address"),
    T("name.temporary"),
    T("name.timed-out"),
    T("name.failed"),
    T("local.no-route"),
    T("local.link-down"),
    T("local.no-port"),
    T("local.no-descriptor"),
    T("local.no-socket-file"),
    P("local.route-rejects"),
    P("local.firewall"),
    P("local.not-permitted"),
    P("local.bind-address"),
    T("unreachable.host"),
    T("unreachable.network"),
    T("unreachable.neighbour"),
    T("unreachable.loop"),
    T("unreachable.behind-target"),
    T("refused.no-listener"),
    P("refused.by-middlebox"),
    P("refused.loopback-only"),
    P("refused.by-host-firewall"),
    P("filtered.rejected"),
    T("filtered.port-unreachable"),
    T("filtered.dropped"),
    T("filtered.reply-lost"),
    T("timed-out.connect"),
    T("timed-out.greeting"),
    T("timed-out.tls"),
    T("timed-out.login"),
    P("timed-out.path-mtu"),
    T("protocol.closed-before-greeting"),
    T("protocol.reset-before-greeting"),
    T("protocol.closed-after-login"),
    T("protocol.reset-after-login"),
    P("protocol.not-mysql"),
    P("protocol.malformed"),
    P("protocol.old-version"),
    P("protocol.proxy-header"),
    P("tls.not-offered"),
    P("tls.required"),
    P("tls.version"),
    P("tls.handshake-failed"),
    P("tls.client-certificate"),
    P("tls.untrusted"),
    P("tls.self-signed"),
    P("tls.expired"),
    P("tls.not-yet-valid"),
    P("tls.revoked"),
    P("tls.name-mismatch"),
    P("denied.credentials"),
    P("denied.host"),
    P("denied.host-blocked"),
    P("denied.allow-list"),
    P("denied.database"),
    P("denied.account-locked"),
    P("denied.password-expired"),
    P("denied.auth-plugin"),
    P("denied.tenant"),
    P("denied.cluster"),
    T("unavailable.too-many-connections"),
    T("unavailable.user-limit"),
    T("unavailable.starting"),
    T("unavailable.stopping"),
    T("unavailable.offline"),
    T("unavailable.backend"),
    T("unavailable.server-error"),
    T("unavailable.accept-queue-full"),
    P("client.disagrees"),
    P("client.plugin-missing"),
};

enum { PUBLISHED = sizeof(catalogue) / sizeof(catalogue[0]) };

static const struct {
    const char *name;
    const char *title;
    int exit_code;
    enum nagios nagios;
} categories[] = {
    {"ready", "READY", 0, NAGIOS_OK},
    {"name", "NAME", 10, NAGIOS_CRITICAL},
    {"local", "LOCAL", 11, NAGIOS_UNKNOWN},
    {"unreachable", "UNREACHABLE", 12, NAGIOS_CRITICAL},
    {"refused", "REFUSED", 13, NAGIOS_CRITICAL},
    {"filtered", "FILTERED", 14, NAGIOS_CRITICAL},
    {"timed-out", "TIMED-OUT", 15, NAGIOS_CRITICAL},
    {"protocol", "PROTOCOL", 16, NAGIOS_CRITICAL},
    {"tls", "TLS", 17, NAGIOS_CRITICAL},
    {"denied", "DENIED", 18, NAGIOS_CRITICAL},
    {"unavailable", "UNAVAILABLE", 19, NAGIOS_CRITICAL},
    {"client", "CLIENT", 21, NAGIOS_CRITICAL},
};

static void every_published_cause_stands_in_its_place(void **state)
{
    (void)state;
    assert_int_equal(CAUSE_COUNT, PUBLISHED + 1);
    for (unsigned i = 0; i < PUBLISHED; i++) {
        const struct cause_row *row = cause_row((enum cause)(i + 1));
        assert_string_equal(row->id, catalogue[i].id);
        assert_int_equal(row->persistence, catalogue[i].persistence);
        assert_int_equal(cause_find(catalogue[i].id), i + 1);
    }
}

static void an_unknown_identifier_is_no_cause(void **state)
{
    (void)state;
    assert_int_equal(cause_find("filtered"), CAUSE_NONE);
    assert_int_equal(cause_find("filtered.droppe"), CAUSE_NONE);
    assert_int_equal(cause_find(""), CAUSE_NONE);
}

static void categories_have_their_published_names_and_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(CATEGORY_COUNT, sizeof(categories) / sizeof(categories[0]));
    for (unsigned i = 0; i < CATEGORY_COUNT; i++) {
        enum category category = (enum category)i;
        assert_string_equal(category_name(category), categories[i].name);
        assert_string_equal(category_title(category), categories[i].title);
        assert_int_equal(category_exit_code(category), categories[i].exit_code);
        assert_true(strlen(category_meaning(category)) > 0);
    }
    assert_int_equal(EXIT_MIXED, 20);
    assert_int_equal(EXIT_USAGE, 2);
    assert_int_equal(EXIT_INTERNAL, 1);
}

static void stages_and_outcomes_have_their_published_names(void **state)
{
    (void)state;
    static const char *const stages[] = {"name",  "connect",   "greeting", "tls",
                                         "login", "statement", "client",   "path"};
    static const char *const outcomes[] = {"not-run", "passed", "failed", "timed-out"};
    assert_int_equal(STAGE_COUNT, 8);
    for (unsigned i = 0; i < STAGE_COUNT; i++)
        assert_string_equal(stage_name((enum stage)i), stages[i]);
    for (unsigned i = 0; i <= OUTCOME_TIMED_OUT; i++)
        assert_string_equal(outcome_name((enum outcome)i), outcomes[i]);
    for (unsigned i = 0; i <= NEEDS_SOCKET; i++)
        assert_true(strlen(needs_name((enum needs)i)) > 0);
}

static void an_identifier_begins_with_its_category(void **state)
{
    (void)state;
    for (unsigned i = 1; i < CAUSE_COUNT; i++) {
        const struct cause_row *row = cause_row((enum cause)i);
        size_t length = strlen(categories[row->category].name);
        assert_memory_equal(row->id, categories[row->category].name, length);
        assert_int_equal(row->id[length], '.');
        assert_int_equal(row->nagios, categories[row->category].nagios);
    }
}

static void assert_sentences(const char *id, const char *text)
{
    size_t length = strlen(text);
    if (length < 10 || strchr(text, '{') || strchr(text, '\n') || strstr(text, "  ") ||
        text[length - 1] != '.')
        fail_msg("%s: not plain sentences: \"%s\"", id, text);
}

static void summary_and_explanation_are_plain_sentences(void **state)
{
    (void)state;
    for (unsigned i = 1; i < CAUSE_COUNT; i++) {
        const struct cause_row *row = cause_row((enum cause)i);
        assert_sentences(row->id, row->summary);
        assert_sentences(row->id, row->explanation);
        if (strstr(row->summary, ". "))
            fail_msg("%s: the summary is more than one sentence", row->id);
    }
}

/* Which placeholders the renderers know, and which of their facts an attempt always has. */
static const struct {
    const char *name;
    bool always;
} placeholders[] = {
    {"{target}", true},       {"{host}", true},        {"{port}", true},     {"{address}", true},
    {"{source}", false},      {"{sender}", false},     {"{message}", false}, {"{service}", false},
    {"{remedy}", false},      {"{socket}", false},     {"{package}", false}, {"{plugin}", false},
    {"{punycode}", false},    {"{user}", false},       {"{tenant}", false},  {"{reading}", false},
    {"{port_speaks}", false}, {"{short_name}", false},
};

/* Whether every placeholder of the item's `length` bytes is known; `ret_always`: its fact too. */
static bool item_known(const char *item, size_t length, bool *ret_always)
{
    *ret_always = true;
    for (const char *at = memchr(item, '{', length); at;
         at = memchr(at + 1, '{', length - (size_t)(at + 1 - item))) {
        bool known = false;
        for (unsigned i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
            size_t size = strlen(placeholders[i].name);
            if (strncmp(at, placeholders[i].name, size) != 0)
                continue;
            known = true;
            *ret_always = *ret_always && placeholders[i].always;
        }
        if (!known)
            return false;
    }
    return true;
}

/* What usually listens on a port is said beside the rest, of a few ports. */
static bool is_extra(const char *item)
{
    static const char extra[] = "{port_speaks}";
    return strncmp(item, extra, sizeof(extra) - 1) == 0;
}

static void check_advice(const char *id, const char *next, bool needs_unconditional)
{
    unsigned items = 0, unconditional = 0;
    while (*next) {
        size_t length = strcspn(next, "\n");
        bool has_its_facts;
        if (!item_known(next, length, &has_its_facts))
            fail_msg("%s: unknown placeholder in \"%.*s\"", id, (int)length, next);
        unconditional += has_its_facts;
        items += !is_extra(next);
        next += length + (next[length] == '\n');
    }
    if (items < 1 || items > 4)
        fail_msg("%s: %u items of advice", id, items);
    if (unconditional == 0 && needs_unconditional)
        fail_msg("%s: no item of advice is always there", id);
}

static void advice_has_one_to_four_items_and_one_that_needs_no_special_fact(void **state)
{
    (void)state;
    for (unsigned i = 1; i < CAUSE_COUNT; i++) {
        const struct cause_row *row = cause_row((enum cause)i);
        check_advice(row->id, row->next, row->needs == NEEDS_PROBE);
    }
    for (unsigned i = 1; i < CIRCUMSTANCE_COUNT; i++) {
        const struct circumstance_row *row = circumstance_row((enum circumstance)i);
        check_advice(row->id, row->next, true);
        assert_sentences(row->id, row->explanation);
    }
}

static void advice_names_no_option_that_does_not_exist(void **state)
{
    (void)state;
    static const char *const later[] = {"--trace",      "--wait",     "--host-check", "--explain",
                                        "--neighbours", "--interval", "--stable",     "--client"};
    for (unsigned i = 1; i < CAUSE_COUNT; i++)
        for (unsigned j = 0; j < sizeof(later) / sizeof(later[0]); j++)
            if (strstr(cause_row((enum cause)i)->next, later[j]))
                fail_msg("%s: %s", cause_row((enum cause)i)->id, later[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_cause_stands_in_its_place),
        cmocka_unit_test(an_unknown_identifier_is_no_cause),
        cmocka_unit_test(categories_have_their_published_names_and_exit_codes),
        cmocka_unit_test(stages_and_outcomes_have_their_published_names),
        cmocka_unit_test(an_identifier_begins_with_its_category),
        cmocka_unit_test(summary_and_explanation_are_plain_sentences),
        cmocka_unit_test(advice_has_one_to_four_items_and_one_that_needs_no_special_fact),
        cmocka_unit_test(advice_names_no_option_that_does_not_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
