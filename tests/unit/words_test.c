/* Small texts, names of ICMP, advice, notes. */
#include "probe/render/text.h"
#include "probe/render/words.h"
#include "tests/unit/render_fixtures.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- times ---- */

static void times_read_well(void **state)
{
    (void)state;
    static const struct {
        uint32_t us;
        const char *text;
    } rows[] = {
        {0, "0.00 ms"},
        {7, "0.01 ms"},
        {99, "0.10 ms"},
        {100, "0.1 ms"},
        {2100, "2.1 ms"},
        {99949, "99.9 ms"},
        {99950, "100 ms"},
        {250000, "250 ms"},
        {999499, "999 ms"},
        {999500, "1.00 s"},
        {3060000, "3.06 s"},
        {20000000, "20.00 s"},
        {UINT32_MAX, "4294.97 s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char to[DURATION_TEXT];
        assert_string_equal(duration_text(rows[i].us, to), rows[i].text);
    }
}

static void addresses_read_well(void **state)
{
    (void)state;
    char to[ENDPOINT_TEXT];
    struct ip scoped = ip_from("fe80::1");
    scoped.scope = 2;
    assert_string_equal(ip_numeric(&scoped, to), "fe80::1%2");
    assert_string_equal(ip_numeric(&(struct ip){0}, to), "");
    assert_string_equal(endpoint_text("db1", 2883, to), "db1:2883");
    assert_string_equal(endpoint_text("fe80::1%eth0", 2883, to), "[fe80::1%eth0]:2883");
}

static void versions_are_cut_where_the_product_is_named(void **state)
{
    (void)state;
    static const struct {
        enum product product;
        const char *version;
        const char *text;
    } rows[] = {
        {PRODUCT_MARIADB, "10.11.19-MariaDB-0+deb12u1", "MariaDB 10.11.19"},
        {PRODUCT_MYSQL, "8.0.36-0ubuntu0.22.04.1", "MySQL 8.0.36"},
        {PRODUCT_OCEANBASE_OBSERVER, "5.7.25-OceanBase-v4.2.1.0",
         "OceanBase observer (announced version 5.7.25-OceanBase-v4.2.1.0)"},
        {PRODUCT_OCEANBASE_PROXY, "5.6.25", "OBProxy (announced version 5.6.25)"},
        {PRODUCT_UNKNOWN, "1.0\033[2J", "A MySQL-protocol server (announced version 1.0\\x1B[2J)"},
        {PRODUCT_MYSQL, "", "MySQL"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct exchange_facts exchange = {.product = rows[i].product};
        char to[VERSION_TEXT];
        snprintf(exchange.version, sizeof exchange.version, "%s", rows[i].version);
        assert_string_equal(server_text(&exchange, to), rows[i].text);
    }
}

static void a_recognition_says_what_speaks_against_it(void **state)
{
    (void)state;
    char to[2 * SENTENCE];
    struct exchange_facts exchange = {.certainty = CERTAINTY_LIKELY,
                                      .signs = SIGN_BIT(SIGN_CONSTANT_SALT) |
                                               SIGN_BIT(SIGN_NATIVE_PLUGIN)};
    words_recognised(&exchange, to, sizeof to);
    assert_string_equal(to, "likely, by the constant salt, mysql_native_password");
    exchange.signs_against = SIGN_BIT(SIGN_STATUS_AUTOCOMMIT) | SIGN_BIT(SIGN_COMPRESSION);
    words_recognised(&exchange, to, sizeof to);
    assert_string_equal(to, "likely, by the constant salt, mysql_native_password; against it: "
                            "status 2, compression");
}

static void every_sign_has_words_and_all_of_them_fit(void **state)
{
    (void)state;
    char to[2 * SENTENCE];
    const uint32_t half = SIGN_BIT(SIGN_COUNT / 2) - 1, all = SIGN_BIT(SIGN_COUNT) - 1;
    struct exchange_facts exchange = {.signs = half, .signs_against = all & ~half};
    words_recognised(&exchange, to, sizeof to);
    assert_null(strstr(to, "(null)"));
    assert_string_equal(to + strlen(to) - strlen("the version string"), "the version string");
}

static void a_cut_text_ends_with_a_whole_character(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa9"
                               "z!!!";
    static const char *const kept[] = {"", "", "a", "a", "a", "a\xc3\xa9z"};
    for (size_t size = 1; size < sizeof kept / sizeof kept[0]; size++) {
        char to[8] = "";
        text_add(to, size, "%s", text);
        assert_string_equal(to, kept[size]);
    }
}

/* ---- ICMP ---- */

static void icmp_is_named_as_in_the_rfcs(void **state)
{
    (void)state;
    static const struct {
        unsigned family, type, code;
        const char *name;
    } rows[] = {
        {4, 3, 0, "network unreachable"},
        {4, 3, 1, "host unreachable"},
        {4, 3, 3, "port unreachable"},
        {4, 3, 10, "communication with destination host administratively prohibited"},
        {4, 3, 13, "communication administratively prohibited"},
        {4, 11, 0, "time to live exceeded in transit"},
        {6, 1, 0, "no route to destination"},
        {6, 1, 4, "port unreachable"},
        {6, 1, 6, "reject route to destination"},
        {6, 3, 0, "hop limit exceeded in transit"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(icmp_name(rows[i].family, rows[i].type, rows[i].code), rows[i].name);
    assert_null(icmp_name(4, 3, 16));
    assert_null(icmp_name(6, 1, 8));
    assert_null(icmp_name(0, 0, 0));
}

/* ---- advice ---- */

static bool has_placeholder(const char *text)
{
    static const char *const names[] = {"{target}", "{host}",   "{port}",    "{address}",
                                        "{source}", "{sender}", "{message}", "{service}"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strstr(text, names[i]))
            return true;
    return false;
}

/* Every cause that a probe can give, with the poorest of facts and with rich ones. */
static void every_cause_leaves_something_to_do(void **state)
{
    (void)state;
    void (*const situation_of[])(struct fixture * fixture) = {name_not_found, rejected_by_a_router};
    for (size_t poor = 0; poor < 2; poor++)
        for (unsigned cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
            struct fixture fixture;
            struct words words;
            situation_of[poor](&fixture);
            fixture.report.decisive = poor == 0 ? fixture.report.address_count : 0;
            fixture.report.verdict.cause = (enum cause)cause;
            words_advice(&fixture.report, &words);
            if (cause_row((enum cause)cause)->needs == NEEDS_PROBE && poor == 1)
                assert_true(words.count > 0);
            for (size_t i = 0; i < words.count; i++)
                assert_false(has_placeholder(words.line[i]));
        }
}

static void an_absent_fact_leaves_its_sentence_out(void **state)
{
    (void)state;
    struct fixture fixture;
    struct words words;
    rejected_by_a_router(&fixture);
    fixture.report.verdict.cause = CAUSE_FILTERED_REJECTED;
    words_advice(&fixture.report, &words);
    assert_int_equal(words.count, 2);
    assert_string_equal(words.line[0],
                        "Ask the owner of 10.0.1.1, which sent the message, to allow TCP from "
                        "10.1.7.9 to 10.2.3.4:2883.");
    fixture.addresses[0].evidence.connect.icmp.from = (struct ip){0};
    words_advice(&fixture.report, &words);
    assert_int_equal(words.count, 1);
}

static void a_fact_is_not_filled_in_again(void **state)
{
    (void)state;
    struct fixture fixture;
    struct words words;
    hostile_refusal(&fixture);
    fixture.report.verdict.cause = CAUSE_DENIED_HOST;
    words_advice(&fixture.report, &words);
    assert_non_null(strstr(words.line[0], "{target}"));
}

static void a_note_names_all_addresses_of_a_name(void **state)
{
    (void)state;
    static struct address_result many[PROBED_ADDRESSES];
    struct report report = {.addresses = many, .address_count = PROBED_ADDRESSES};
    char text[NOTE_TEXT];
    for (unsigned i = 0; i < PROBED_ADDRESSES; i++) {
        snprintf(many[i].text, sizeof many[i].text, "2001:db8:1111:2222:3333:4444:5555:%u",
                 6000 + i);
        many[i].verdict.cause = CAUSE_PROTOCOL_CLOSED_BEFORE_GREETING;
    }
    words_note(&report, NOTE_ADDRESS_DEAD, text, sizeof text);
    assert_non_null(strstr(text, "32 of 32 addresses are not ready: 2001:db8:1111"));
    assert_non_null(strstr(text, ":6031 (protocol.closed-before-greeting)."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_read_well),
        cmocka_unit_test(addresses_read_well),
        cmocka_unit_test(versions_are_cut_where_the_product_is_named),
        cmocka_unit_test(a_recognition_says_what_speaks_against_it),
        cmocka_unit_test(every_sign_has_words_and_all_of_them_fit),
        cmocka_unit_test(a_cut_text_ends_with_a_whole_character),
        cmocka_unit_test(icmp_is_named_as_in_the_rfcs),
        cmocka_unit_test(every_cause_leaves_something_to_do),
        cmocka_unit_test(an_absent_fact_leaves_its_sentence_out),
        cmocka_unit_test(a_fact_is_not_filled_in_again),
        cmocka_unit_test(a_note_names_all_addresses_of_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
