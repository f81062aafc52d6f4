/* What advice makes of a target: a word for the shell, the DNS's spelling of its name. */
#include "probe/render/shell.h"
#include "probe/render/words.h"
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void words_for_the_shell(void **state)
{
    static const struct {
        const char *text, *word;
    } rows[] = {
        {"db1:2883", "db1:2883"},
        {"[fe80::1%eth0]:2883", "[fe80::1%eth0]:2883"},
        {"/run/mysqld.sock", "/run/mysqld.sock"},
        {"mysql://app@db1/x?ssl-mode=required&a=b", "'mysql://app@db1/x?ssl-mode=required&a=b'"},
        {"mysql://root@sys#ob@db1", "'mysql://root@sys#ob@db1'"},
        {"jdbc:mysql://(host=a,port=1)/x", "'jdbc:mysql://(host=a,port=1)/x'"},
        {"it's", "'it'\\''s'"},
        {"'", "''\\'''"},
        {"", "''"},
        {"a b", "'a b'"},
        {"$(reboot)", "'$(reboot)'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char word[128];
        shell_word(rows[i].text, word, sizeof word);
        assert_string_equal(word, rows[i].word);
    }
}

/* A name that was not found, as `typed`; whether some advice holds the text. */
static bool advises(const char *typed, const char *text)
{
    char input[64];
    snprintf(input, sizeof input, "%s", typed);
    struct report report = {.target = {.input = input, .host = input, .port = 2883},
                            .resolution = {.asked = true, .answered = true, .eai = EAI_NONAME}};
    struct fold_rules rules = {0};
    struct words words;
    report_fold(&report, &rules);
    assert_int_equal(report.verdict.cause, CAUSE_NAME_NOT_FOUND);
    words_advice(&report, &words);
    bool found = false;
    for (size_t i = 0; i < words.count; i++)
        found = found || strstr(words.line[i], text);
    return found;
}

static void names_outside_ascii_get_their_punycode(void **state)
{
    (void)state;
    assert_true(advises("b\xc3\xbc"
                        "cher.example",
                        "written xn--bcher-kva.example:"));
    assert_true(advises("B\xc3\xbc"
                        "CHER.example",
                        "written xn--bcher-kva.example:"));
    assert_true(advises("\xe6\x95\xb0\xe6\x8d\xae\xe5\xba\x93.example", "written xn--"));
    assert_false(advises("buecher.example", "written"));
    assert_false(advises("b\xff"
                         "cher.example",
                         "written"));
}

/* 84 characters that are shown as eight each, and a port that is not in the text. */
static void a_target_longer_than_a_sentence_is_cut(void **state)
{
    enum { CHARACTERS = 84 };
    static const char reversed[] = "\xe2\x80\xae"; /* U+202E */
    char host[3 * CHARACTERS + 1] = "";
    struct address_result address = {.text = "10.1.2.3"};
    struct report report = {.target = {.input = host, .host = host, .port = 3307},
                            .addresses = &address,
                            .address_count = 1};
    struct fold_rules rules = {0};
    struct words words;
    (void)state;
    for (unsigned i = 0; i < CHARACTERS; i++)
        strcat(host, reversed);
    address.evidence.stages[STAGE_CONNECT].outcome = OUTCOME_PASSED;
    address.evidence.exchange.greeting_bad = true;
    report_fold(&report, &rules);
    assert_int_equal(report.verdict.cause, CAUSE_PROTOCOL_MALFORMED);
    words_advice(&report, &words);
    assert_true(words.count > 0);
    for (size_t i = 0; i < words.count; i++)
        assert_in_range(strlen(words.line[i]), 1, SENTENCE - 1);
    assert_non_null(strstr(words.line[0], "obprobe -vv "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_for_the_shell),
        cmocka_unit_test(a_target_longer_than_a_sentence_is_cut),
        cmocka_unit_test(names_outside_ascii_get_their_punycode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
