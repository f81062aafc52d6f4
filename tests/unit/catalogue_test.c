/* The translation as it stands in the program: it says no more and no less than the English beside
 * it, as far as a machine can see. */
#include "probe/render/language.h"
#include "probe/render/words.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PARTS = 16, PART = 24 };

/* Some parts of a text, in an order of their own. */
struct parts {
    size_t count;
    char part[PARTS][PART];
};

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool same(const struct parts *a, const struct parts *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->part[i], b->part[i]) != 0)
            return false;
    return true;
}

static void take(struct parts *parts, const char *text, size_t length)
{
    assert_true(parts->count < PARTS && length < PART);
    snprintf(parts->part[parts->count++], PART, "%.*s", (int)length, text);
}

/* "{host}": the braces of awk, and of a sentence, have something else in them. */
static struct parts placeholders_of(const char *text, size_t length)
{
    struct parts parts = {0};
    for (const char *at = text; at < text + length; at++) {
        size_t name = *at == '{' ? strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
        if (name && at[1 + name] == '}')
            take(&parts, at, name + 2);
    }
    qsort(parts.part, parts.count, PART, by_text);
    return parts;
}

/* The bytes of a conversion behind its '%', 0 where it is none: "2$s" is 3. `ret_argument` counts
 * from 1, 0 where it is not said. */
static size_t conversion(const char *text, unsigned *ret_argument, size_t *ret_type)
{
    size_t digits = strspn(text, "0123456789");
    size_t position = digits && text[digits] == '$' ? digits + 1 : 0;
    size_t flags = position + strspn(text + position, "-+ #0123456789.*");
    size_t type = flags + strspn(text + flags, "hlzjt");
    *ret_argument = position ? (unsigned)atoi(text) : 0;
    *ret_type = flags;
    return text[type] && strchr("diouxXeEfgGcsp", text[type]) ? type + 1 : 0;
}

/* "1s", "2zu": what each argument is taken for. */
static struct parts conversions_of(const char *text)
{
    struct parts parts = {0};
    unsigned next = 1;
    for (const char *at = strchr(text, '%'); at; at = strchr(at + 1, '%')) {
        char part[PART];
        unsigned argument;
        size_t type;
        size_t length = conversion(at + 1, &argument, &type);
        if (length == 0)
            continue;
        snprintf(part, sizeof part, "%u%.*s", argument ? argument : next++, (int)(length - type),
                 at + 1 + type);
        take(&parts, part, strlen(part));
        at += length;
    }
    qsort(parts.part, parts.count, PART, by_text);
    return parts;
}

/* Whether there is anything to say in another language: letters outside of conversions. */
static bool has_words(const char *text)
{
    for (; *text; text++) {
        unsigned argument;
        size_t type;
        if (*text == '%')
            text += conversion(text + 1, &argument, &type);
        else if (isalpha((unsigned char)*text))
            return true;
    }
    return false;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* Chinese is not parted by blanks, so one beside a Chinese character may go, and none may come. */
static bool blank_agrees(char original, char translation)
{
    bool was = original == ' ', is = translation == ' ';
    return was == is || (was && (unsigned char)translation >= 0x80);
}

static void for_each_text(void (*check)(const char *original, const char *translation))
{
    const char *original, *translation;
    size_t index = 1; /* the first is the catalogue's own header, under "" */
    assert_string_equal(language_text(0, &translation), "");
    for (; (original = language_text(index, &translation)); index++)
        check(original, translation);
    assert_true(index > 500);
}

static void check_placeholders(const char *original, const char *translation)
{
    for (;;) {
        size_t length = strcspn(original, "\n"), translated = strcspn(translation, "\n");
        struct parts a = placeholders_of(original, length);
        struct parts b = placeholders_of(translation, translated);
        if (!same(&a, &b))
            fail_msg("other placeholders in a line: %s\n%s", original, translation);
        if (original[length] != translation[translated])
            fail_msg("another number of lines: %s\n%s", original, translation);
        if (original[length] == '\0')
            break;
        original += length + 1;
        translation += translated + 1;
    }
}

/* An item of advice goes where a fact of it is absent: the same in both. */
static void each_line_has_the_same_placeholders(void **state)
{
    (void)state;
    for_each_text(check_placeholders);
}

static void check_conversions(const char *original, const char *translation)
{
    struct parts a = conversions_of(original), b = conversions_of(translation);
    if (!same(&a, &b))
        fail_msg("other conversions: %s\n%s", original, translation);
}

static void each_argument_is_of_the_same_type(void **state)
{
    (void)state;
    for_each_text(check_conversions);
}

static void check_blanks(const char *original, const char *translation)
{
    if (!blank_agrees(original[0], translation[0]) ||
        !blank_agrees(original[strlen(original) - 1], translation[strlen(translation) - 1]))
        fail_msg("blanks at an end differ: '%s' '%s'", original, translation);
    if (strstr(translation, "  ") && !strstr(original, "  "))
        fail_msg("two blanks: '%s'", translation);
}

static void blanks_at_the_ends_are_kept(void **state)
{
    (void)state;
    for_each_text(check_blanks);
}

static void check_words(const char *original, const char *translation)
{
    if (has_words(original) && is_ascii(translation))
        fail_msg("not translated: %s", original);
}

static void nothing_with_words_in_it_stays_english(void **state)
{
    (void)state;
    for_each_text(check_words);
}

/* Behind a comma of the one kind and the other. */
static void check_punctuation(const char *original, const char *translation)
{
    static const char *const bad[] = {"， ", "。 ", "； ", "： ", " ，",
                                      " 。", " ；", " ：", "（ ", " ）"};
    (void)original;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (strstr(translation, bad[i]))
            fail_msg("a blank beside '%s': %s", bad[i], translation);
}

static void full_width_punctuation_has_no_blank_beside_it(void **state)
{
    (void)state;
    for_each_text(check_punctuation);
}

static void check_length(const char *original, const char *translation)
{
    (void)original;
    for (size_t length; *translation; translation += length + (translation[length] == '\n')) {
        length = strcspn(translation, "\n");
        if (length >= SENTENCE - 64)
            fail_msg("%zu bytes leave no room for facts: %s", length, translation);
    }
}

static void no_line_is_cut(void **state)
{
    (void)state;
    for_each_text(check_length);
}

/* ---- the checks themselves ---- */

static void what_differs_is_seen(void **state)
{
    (void)state;
    struct parts one = conversions_of("%s has %zu of %5.1f %u");
    struct parts other = conversions_of("%4$u of %1$s, %3$.2f and %2$zu");
    assert_int_equal(one.count, 4);
    assert_true(same(&one, &other));
    other = conversions_of("%4$u of %1$s, %3$.2f and %2$u");
    assert_false(same(&one, &other));
    other = conversions_of("%s %s");
    assert_false(same(&one, &other));
    one = placeholders_of("{host} or {port}", 16);
    other = placeholders_of("{port} {host} {print $2}", 24);
    assert_true(same(&one, &other));
    other = placeholders_of("{host}", 6);
    assert_false(same(&one, &other));
    assert_true(has_words("%s a") && !has_words("%s, %2$zu"));
    assert_true(blank_agrees(' ', ' ') && blank_agrees(' ', '\xe3') && !blank_agrees(' ', 'a'));
    assert_false(blank_agrees('a', ' '));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_has_the_same_placeholders),
        cmocka_unit_test(each_argument_is_of_the_same_type),
        cmocka_unit_test(blanks_at_the_ends_are_kept),
        cmocka_unit_test(nothing_with_words_in_it_stays_english),
        cmocka_unit_test(full_width_punctuation_has_no_blank_beside_it),
        cmocka_unit_test(no_line_is_cut),
        cmocka_unit_test(what_differs_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
