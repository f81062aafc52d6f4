#include "probe/render/escape.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BAD "\xef\xbf\xbd" /* U+FFFD */

struct row {
    const char *bytes;
    const char *text;
    const char *json;
};

#define SAME(text)                                                                                 \
    {                                                                                              \
        text, text, text                                                                           \
    }

static const struct row rows[] = {
    SAME(""),
    SAME("plain ASCII, 'quotes' \"double\" \\ and | too"),
    SAME("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xe4\xb8\xad\xe6\x96\x87"),
    /* a terminal must not obey */
    {"\033[31mred", "\\x1B[31mred", "\033[31mred"},
    {"a\r\nb\tc", "a\\x0D\\x0Ab\\x09c", "a\r\nb\tc"},
    {"\x7f", "\\x7F", "\x7f"},
    {"\xc2\x80\xc2\x9b\xc2\x9f", "\\x80\\x9B\\x9F", "\xc2\x80\xc2\x9b\xc2\x9f"},
    SAME("\xc2\xa0"),
    {"a\xe2\x80\xae"
     "b",
     "a\\u{202E}b",
     "a\xe2\x80\xae"
     "b"},
    {"\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}", "\xe2\x80\xa8\xe2\x80\xa9"},
    {"\xe2\x80\x8b\xe2\x80\x8f", "\\u{200B}\\u{200F}", "\xe2\x80\x8b\xe2\x80\x8f"},
    {"\xe2\x81\xa6\xe2\x81\xa9", "\\u{2066}\\u{2069}", "\xe2\x81\xa6\xe2\x81\xa9"},
    {"\xd8\x9c\xef\xbb\xbf", "\\u{061C}\\u{FEFF}", "\xd8\x9c\xef\xbb\xbf"},
    {"\xf3\xa0\x81\x81", "\\u{E0041}", "\xf3\xa0\x81\x81"},
    SAME("\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf"), /* neighbours of what is hidden */
    /* not UTF-8: the longest beginning of a good sequence becomes one U+FFFD */
    {"\x80", BAD, BAD},
    {"\xff\xfe", BAD BAD, BAD BAD},
    {"\xc0\xaf", BAD BAD, BAD BAD},             /* overlong slash */
    {"\xe0\x80\xaf", BAD BAD BAD, BAD BAD BAD}, /* overlong */
    {"\xf0\x80\x80\xaf", BAD BAD BAD BAD, BAD BAD BAD BAD},
    {"\xed\xa0\x80", BAD BAD BAD, BAD BAD BAD},             /* surrogate D800 */
    {"\xed\x9f\xbf", "\xed\x9f\xbf", "\xed\x9f\xbf"},       /* U+D7FF, the one below */
    {"\xf4\x90\x80\x80", BAD BAD BAD BAD, BAD BAD BAD BAD}, /* above U+10FFFF */
    {"\xf5\x80", BAD BAD, BAD BAD},
    {"a\xe2\x82", "a" BAD, "a" BAD}, /* truncated at the end */
    {"\xe2\x82z", BAD "z", BAD "z"}, /* truncated in the middle */
    {"\xf0\x9f\x98", BAD, BAD},
    {"\xc3", BAD, BAD},
};

static void every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char to[256];
        size_t length = escape(ESCAPE_TEXT, rows[i].bytes, strlen(rows[i].bytes), to, sizeof to);
        assert_string_equal(to, rows[i].text);
        assert_int_equal(length, strlen(rows[i].text));
        escape(ESCAPE_JSON_SOURCE, rows[i].bytes, strlen(rows[i].bytes), to, sizeof to);
        assert_string_equal(to, rows[i].json);
    }
}

static size_t encode(uint32_t point, char *to)
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    to[0] = (char)(0xc0 | point >> 6);
    to[1] = (char)(0x80 | (point & 0x3f));
    return 2;
}

static void each_control_character_is_named(void **state)
{
    (void)state;
    for (uint32_t point = 0; point < 0x100; point++) {
        char bytes[2], to[16], named[16];
        bool control = point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0xad;
        escape(ESCAPE_TEXT, bytes, encode(point, bytes), to, sizeof to);
        snprintf(named, sizeof named, "\\x%02X", (unsigned)point);
        if (control)
            assert_string_equal(to, named);
        else
            assert_memory_equal(to, bytes, encode(point, bytes));
    }
}

static void a_nul_inside_does_not_end_the_text(void **state)
{
    (void)state;
    char to[16];
    assert_int_equal(escape(ESCAPE_TEXT, "a\0b", 3, to, sizeof to), 6);
    assert_string_equal(to, "a\\x00b");
    assert_int_equal(escape(ESCAPE_JSON_SOURCE, "a\0b", 3, to, sizeof to), 3);
    assert_memory_equal(to, "a\0b", 4);
}

/* JSON may hold these raw; a terminal must not get them. */
static void a_json_text_is_safe_to_look_at(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *safe;
    } texts[] = {
        {"{\"a\": \"\\n\"}", "{\"a\": \"\\n\"}"},
        {"\"\x7f\"", "\"\\u007f\""},
        {"\"\xc2\x9b\"", "\"\\u009b\""},
        {"\"\xe2\x80\xae\"", "\"\\u202e\""},
        {"\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\""}, /* a tag, U+E0041 */
        {"\"\xe4\xb8\xad\"", "\"\xe4\xb8\xad\""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char to[64];
        escape(ESCAPE_JSON, texts[i].json, strlen(texts[i].json), to, sizeof to);
        assert_string_equal(to, texts[i].safe);
    }
}

/* What fits, at each size: never half a character, never half an escape, nothing past the end. */
static void a_cut_falls_between_characters(void **state)
{
    (void)state;
    static const char bytes[] = "a\xc3\xa9\033\xe2\x82\xac\xff";
    static const size_t edges[] = {0, 1, 3, 7, 10, 13};
    for (size_t size = 0; size <= 14; size++) {
        char *to = malloc(size ? size : 1); /* the sanitizer watches the end */
        assert_non_null(to);
        size_t length = escape(ESCAPE_TEXT, bytes, sizeof bytes - 1, to, size);
        size_t edge = 0;
        for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
            if (edges[i] < size)
                edge = edges[i];
        assert_int_equal(length, edge);
        if (size)
            assert_int_equal(to[length], '\0');
        free(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(each_control_character_is_named),
        cmocka_unit_test(a_nul_inside_does_not_end_the_text),
        cmocka_unit_test(a_json_text_is_safe_to_look_at),
        cmocka_unit_test(a_cut_falls_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
