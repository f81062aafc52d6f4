/* Where lines end, of text in any script. */
#include "probe/render/columns.h"
#include "probe/render/paragraph.h"
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

static void characters_have_their_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned columns;
    } rows[] = {
        {"", 0},
        {"port 2883", 9},
        {"端口 2883", 9},
        {"，。（）", 8},
        {"“x”…", 4},
        {"\xc3\xbc", 1},
        {"u\xcc\x88", 1},                /* with U+0308, a combining diaeresis */
        {"\xed\x95\x9c", 2},             /* U+D55C, Hangul */
        {"\xf0\x9f\x98\x80", 2},         /* U+1F600 */
        {"\xf0\xa0\x80\x80", 2},         /* U+20000 */
        {"\xef\xbd\xb1\xef\xbe\x8a", 2}, /* halfwidth Katakana */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (text_columns(rows[i].text) != rows[i].columns)
            fail_msg("%s: %u columns", rows[i].text, text_columns(rows[i].text));
}

static size_t put_utf8(uint32_t point, char *to)
{
    mbstate_t state = {0};
    size_t length = wcrtomb(to, (wchar_t)point, &state);
    to[length == (size_t)-1 ? 0 : length] = '\0';
    return length;
}

/* The C library knows them too, where it has a locale of UTF-8. */
static void the_table_of_wide_characters_is_the_c_librarys(void **state)
{
    (void)state;
    unsigned different = 0;
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        skip();
    for (uint32_t point = 0x20; point < 0x3fffe; point++) {
        char text[8];
        int wanted = wcwidth((wchar_t)point);
        if (wanted < 1 || put_utf8(point, text) == (size_t)-1)
            continue;
        different += (wanted == 2) != (character_columns(text) == 2);
    }
    setlocale(LC_CTYPE, "C");
    if (different > 0)
        fail_msg("%u characters differ", different);
}

/* The paragraph at that width, of which the caller frees the text. */
static char *wrapped(const char *label, const char *text, unsigned width)
{
    char *result = NULL;
    size_t size = 0;
    struct page page = {.out = open_memstream(&result, &size), .width = width, .indent = 2};
    assert_non_null(page.out);
    paragraph(&page, label, 2, text);
    fclose(page.out);
    return result;
}

static void lines_end_where_they_may(void **state)
{
    (void)state;
    static const struct {
        const char *text, *lines;
        unsigned width;
    } rows[] = {
        {"one two three", "  one two\n    three\n", 10},
        {"after 2.1 ms, or 3.06 s.", "  after\n    2.1 ms,\n    or\n    3.06 s.\n", 11},
        {"数据库没有运行", "  数据库没\n    有运行\n", 11},
        {"数据库没有运行", "  数据库\n    没有\n    运行\n", 9},
        {"没有运行，或", "  没有运\n    行，\n    或\n", 8},
        {"没有（运行）", "  没有\n    （运\n    行）\n", 8},
        {"称为“运行”的", "  称为\n    “运\n    行”\n    的\n", 8},
        {"端口 2883 在 2.1 ms 内", "  端口 2883\n    在\n    2.1 ms\n    内\n", 12},
        {"运行：ss -ltn", "  运行：\n    ss\n    -ltn\n", 9},
        {"a-very-long-word 长", "  a-very-long-word\n    长\n", 8},
        {"in u\xcc\x88"
         "ber",
         "  in\n    u\xcc\x88"
         "ber\n",
         8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *result = wrapped("", rows[i].text, rows[i].width);
        assert_string_equal(result, rows[i].lines);
        free(result);
    }
}

/* What a server says may be in any script. */
static void quoted_text_is_wrapped_in_english_too(void **state)
{
    (void)state;
    char *result = wrapped("Next: ", "The server's words: 用户的访问被拒绝，请检查密码", 30);
    assert_string_equal(result, "  Next: The server's words: 用\n"
                                "    户的访问被拒绝，请检查密码\n");
    free(result);
}

static void items_hang_below_a_label_of_wide_characters(void **state)
{
    (void)state;
    char *result = NULL;
    size_t size = 0;
    struct page page = {.out = open_memstream(&result, &size), .width = 20, .indent = 2};
    assert_non_null(page.out);
    list_item(&page, "下一步：", true, "查看路由决策");
    list_item(&page, "下一步：", false, "查看地址");
    hanging(&page, "注意：", "查看路由决策吧");
    fclose(page.out);
    assert_string_equal(result, "  下一步：查看路由决\n"
                                "            策\n"
                                "          查看地址\n"
                                "  注意：查看路由决策\n"
                                "        吧\n");
    free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_have_their_columns),
        cmocka_unit_test(the_table_of_wide_characters_is_the_c_librarys),
        cmocka_unit_test(lines_end_where_they_may),
        cmocka_unit_test(quoted_text_is_wrapped_in_english_too),
        cmocka_unit_test(items_hang_below_a_label_of_wide_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
