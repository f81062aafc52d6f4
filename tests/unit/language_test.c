/* Two languages: which one speaks, and that all that is said differs while all that scripts read is
 * the same. */
#include "probe/render/language.h"
#include "probe/render/render.h"
#include "probe/render/words.h"
#include "probe/verdict/predictions.h"
#include "tests/unit/render_group_fixtures.h"
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int speak_english(void **state)
{
    (void)state;
    language_use(LANGUAGE_ENGLISH);
    return 0;
}

/* ---- which language ---- */

static void a_locale_is_chinese_by_its_language(void **state)
{
    (void)state;
    static const struct {
        const char *locale;
        enum language language;
    } rows[] = {
        {"zh_CN.UTF-8", LANGUAGE_CHINESE},
        {"zh_CN", LANGUAGE_CHINESE},
        {"zh", LANGUAGE_CHINESE},
        {"zh.UTF-8", LANGUAGE_CHINESE},
        {"zh_CN.utf8@radical", LANGUAGE_CHINESE},
        {"zh@radical", LANGUAGE_CHINESE},
        {"zh_CN.GB18030", LANGUAGE_ENGLISH}, /* would show signs of no language */
        {"zh_TW.Big5", LANGUAGE_ENGLISH},
        {"zh_TW.UTF-8", LANGUAGE_ENGLISH},
        {"zh_HK.UTF-8", LANGUAGE_ENGLISH},
        {"zh_SG.UTF-8", LANGUAGE_CHINESE},
        {"zh_CN.", LANGUAGE_ENGLISH},
        {"zh_CN.UTF-81", LANGUAGE_ENGLISH},
        {"C", LANGUAGE_ENGLISH},
        {"POSIX", LANGUAGE_ENGLISH},
        {"en_US.UTF-8", LANGUAGE_ENGLISH},
        {"de_DE", LANGUAGE_ENGLISH},
        {"zhx_CN", LANGUAGE_ENGLISH},
        {"z", LANGUAGE_ENGLISH},
        {"", LANGUAGE_ENGLISH},
        {"chinese", LANGUAGE_ENGLISH},
        {"en_zh", LANGUAGE_ENGLISH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (language_of_locale(rows[i].locale) != rows[i].language)
            fail_msg("%s", rows[i].locale);
}

static void a_text_is_found_or_stays_as_it_is(void **state)
{
    (void)state;
    static const char next[] = "Next: ";
    assert_ptr_equal(tr(next), next);
    assert_string_equal(sentence_gap(), " ");
    language_use(LANGUAGE_CHINESE);
    assert_string_equal(tr(next), "下一步：");
    assert_string_equal(tr(""), "");
    assert_string_equal(tr("Next:"), "Next:");
    assert_string_equal(tr("zzz"), "zzz");
    assert_string_equal(sentence_gap(), "");
}

static void a_counted_noun_has_one_form_in_chinese(void **state)
{
    (void)state;
    assert_string_equal(tr_counted(1, "packet", "packets"), "packet");
    assert_string_equal(tr_counted(2, "packet", "packets"), "packets");
    assert_string_equal(tr_counted(0, "packet", "packets"), "packets");
    language_use(LANGUAGE_CHINESE);
    assert_string_equal(tr_counted(1, "packet", "packets"), "个数据包");
    assert_string_equal(tr_counted(2, "packet", "packets"), "个数据包");
}

static void *speak_in_another_thread(void *ret_text)
{
    *(const char **)ret_text = tr("Note: ");
    language_use(LANGUAGE_ENGLISH);
    return NULL;
}

static void each_thread_has_its_own(void **state)
{
    (void)state;
    pthread_t thread;
    const char *text;
    language_use(LANGUAGE_CHINESE);
    assert_int_equal(pthread_create(&thread, NULL, speak_in_another_thread, &text), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(text, "Note: ");
    assert_string_equal(tr("Note: "), "注意：");
}

/* ---- all that is said ---- */

static void assert_translated(const char *what, const char *text)
{
    language_use(LANGUAGE_CHINESE);
    if (strcmp(tr(text), text) == 0)
        fail_msg("%s is the same in both: %s", what, text);
}

static void every_cause_differs(void **state)
{
    (void)state;
    for (unsigned i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++) {
        const struct cause_row *row = cause_row((enum cause)i);
        assert_translated(row->id, row->summary);
        assert_translated(row->id, row->explanation);
        assert_translated(row->id, row->next);
    }
    for (unsigned i = 0; i < CATEGORY_COUNT; i++)
        assert_translated("a meaning", category_meaning((enum category)i));
}

static void every_circumstance_differs(void **state)
{
    (void)state;
    for (unsigned i = CIRCUMSTANCE_NONE + 1; i < CIRCUMSTANCE_COUNT; i++) {
        const struct circumstance_row *row = circumstance_row((enum circumstance)i);
        assert_translated(row->id, row->explanation);
        assert_translated(row->id, row->next);
    }
}

static void every_prediction_differs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PREDICTION_COUNT; i++) {
        const struct prediction_row *row = prediction_row((enum prediction)i);
        assert_translated(row->id, row->drivers);
        assert_translated(row->id, row->happens);
        assert_translated(row->id, row->mends);
        assert_translated(row->id, row->rule);
        assert_translated(row->id, row->source);
    }
}

/* Returns which notes were told, as a set. */
static uint32_t compare_notes(const struct report *report)
{
    static char english[NOTE_TEXT], chinese[NOTE_TEXT];
    for (unsigned note = 0; note < NOTE_COUNT; note++) {
        if (!(report->notes & UINT32_C(1) << note))
            continue;
        language_use(LANGUAGE_ENGLISH);
        words_note(report, (enum note)note, english, sizeof english);
        language_use(LANGUAGE_CHINESE);
        words_note(report, (enum note)note, chinese, sizeof chinese);
        if (!*english || !*chinese || strcmp(english, chinese) == 0)
            fail_msg("%s: '%s' and '%s'", note_id((enum note)note), english, chinese);
    }
    return report->notes;
}

static void every_note_differs(void **state)
{
    (void)state;
    static struct fixture fixture;
    static struct group_fixture group;
    char ignored[] = "charset";
    struct target_settings settings = {.ignored = ignored};
    uint32_t told = 0;
    for (size_t i = 0; i < SITUATIONS; i++) {
        fixture_make(&fixture, i);
        fixture.report.notes |= UINT32_C(1) << NOTE_PROXY_IN_PATH;
        fixture.report.notes |= UINT32_C(1) << NOTE_PARAMETER_IGNORED;
        fixture.report.target.settings = &settings;
        told |= compare_notes(&fixture.report);
    }
    for (size_t i = 0; i < GROUP_SITUATIONS; i++)
        told |= compare_notes(group_fixture_make(&group, i));
    assert_int_equal(told, (UINT32_C(1) << NOTE_COUNT) - 1);
}

/* ---- one composition of sentences ---- */

static void in(enum language language, const struct report *report, struct words *ret_evidence,
               struct words *ret_advice)
{
    const struct address_result *address =
        report->decisive < report->address_count ? &report->addresses[report->decisive] : NULL;
    language_use(language);
    words_evidence(report, address, ret_evidence);
    words_advice(report, ret_advice);
}

static void as_many_sentences_are_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITUATIONS; i++) {
        static struct fixture fixture;
        struct words evidence[2], advice[2];
        fixture_make(&fixture, i);
        in(LANGUAGE_ENGLISH, &fixture.report, &evidence[0], &advice[0]);
        in(LANGUAGE_CHINESE, &fixture.report, &evidence[1], &advice[1]);
        if (evidence[0].count != evidence[1].count || advice[0].count != advice[1].count)
            fail_msg("%s", situations[i].name);
    }
}

/* ---- what scripts read ---- */

/* Whether the text under that key is a sentence. */
static bool is_said(const char *key)
{
    static const char *const said[] = {"summary", "text",   "rule",     "drivers",
                                       "source",  "advice", "conflates"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (strcmp(key, said[i]) == 0)
            return true;
    return false;
}

static void compare_json(const char *key, const json_t *english, const json_t *chinese)
{
    const char *name;
    json_t *value;
    assert_int_equal(json_typeof(english), json_typeof(chinese));
    if (json_is_object(english)) {
        assert_int_equal(json_object_size(english), json_object_size(chinese));
        json_object_foreach((json_t *)english, name, value)
        {
            json_t *other = json_object_get(chinese, name);
            assert_non_null(other);
            compare_json(name, value, other);
        }
    } else if (json_is_array(english)) {
        assert_int_equal(json_array_size(english), json_array_size(chinese));
        for (size_t i = 0; i < json_array_size(english); i++)
            compare_json(key, json_array_get(english, i), json_array_get(chinese, i));
    } else if (json_equal(english, chinese) == is_said(key)) {
        fail_msg("%s: %s", key, json_string_value(chinese));
    }
}

static json_t *report_json(const struct report *report, enum language language)
{
    static const struct render_options options;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    language_use(language);
    assert_int_equal(format_find("json")->report(out, report, &options), 0);
    fclose(out);
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    free(text);
    return json;
}

static void json_differs_in_its_sentences_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITUATIONS; i++) {
        static struct fixture fixture;
        fixture_make(&fixture, i);
        json_t *english = report_json(&fixture.report, LANGUAGE_ENGLISH);
        json_t *chinese = report_json(&fixture.report, LANGUAGE_CHINESE);
        compare_json("", english, chinese);
        json_decref(english);
        json_decref(chinese);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_locale_is_chinese_by_its_language, speak_english),
        cmocka_unit_test_teardown(a_text_is_found_or_stays_as_it_is, speak_english),
        cmocka_unit_test_teardown(a_counted_noun_has_one_form_in_chinese, speak_english),
        cmocka_unit_test_teardown(each_thread_has_its_own, speak_english),
        cmocka_unit_test_teardown(every_cause_differs, speak_english),
        cmocka_unit_test_teardown(every_circumstance_differs, speak_english),
        cmocka_unit_test_teardown(every_prediction_differs, speak_english),
        cmocka_unit_test_teardown(every_note_differs, speak_english),
        cmocka_unit_test_teardown(as_many_sentences_are_said, speak_english),
        cmocka_unit_test_teardown(json_differs_in_its_sentences_alone, speak_english),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
