/* Lists of targets: what is one, what is said of one that is not. */
#include "probe/input/targets_file.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct ports ports = {.otherwise = 2883};

static int take(const char *text, size_t length, struct targets_file *file, char *problem)
{
    char *copy = malloc(length + 1); /* exactly: a read behind it is found by the sanitizer */
    assert_non_null(copy);
    memcpy(copy, text, length);
    char *exact = realloc(copy, length ? length : 1);
    int error = targets_file_take("list", exact, length, &ports, NULL, file, problem);
    free(exact);
    return error;
}

/* All targets as "line=host:port " texts. */
static const char *spell(struct targets_file *file, char *to, size_t size)
{
    struct target target;
    size_t used = 0;
    *to = '\0';
    while (targets_file_next(file, &target) == 1) {
        used += (size_t)snprintf(to + used, size - used, "%u=%s:%u ", target.line, target.host,
                                 target.port);
        target_clear(&target);
    }
    return to;
}

static void good_lists(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        size_t length;
        const char *targets;
    } rows[] = {
        {"one line", TEXT("a\n"), "1=a:2883 "},
        {"last line without newline", TEXT("a\nb:1"), "1=a:2883 2=b:1 "},
        {"CRLF", TEXT("a\r\nb:1\r\n"), "1=a:2883 2=b:1 "},
        {"CR at the very end", TEXT("a\r"), "1=a:2883 "},
        {"blank lines", TEXT("\n\n \t\na\n\n"), "4=a:2883 "},
        {"white space around", TEXT(" \ta:1 \t\n"), "1=a:1 "},
        {"comment line", TEXT("# all of them\na\n"), "2=a:2883 "},
        {"comment behind white space", TEXT("a # first\nb:1\t#second\n"), "1=a:2883 2=b:1 "},
        {"indented comment", TEXT("  # x\na\n"), "2=a:2883 "},
        {"comment with what would be bad", TEXT("# mysql://u@h 70000\na"), "2=a:2883 "},
        {"a cluster is no comment", TEXT("mysql://root@sys#ob@h # x\n"), "1=h:3306 "},
        {"byte order mark",
         TEXT("\xef\xbb\xbf"
              "a\nb\n"),
         "1=a:2883 2=b:2883 "},
        {"IPv6", TEXT("::1\n[::1]:2\nfe80::1%eth0\n"), "1=::1:2883 2=::1:2 3=fe80::1%eth0:2883 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct targets_file file;
        char problem[TARGETS_FILE_PROBLEM], found[256];
        if (take(rows[i].text, rows[i].length, &file, problem) != 0)
            fail_msg("%s: %s", rows[i].name, problem);
        if (strcmp(spell(&file, found, sizeof found), rows[i].targets) != 0)
            fail_msg("%s: %s", rows[i].name, found);
        targets_file_clear(&file);
    }
}

/* What is handed out, and behind '+' the lines that it stands for besides its own. */
static const char *spell_duplicates(struct targets_file *file, char *to, size_t size)
{
    struct target target, again;
    size_t used = 0, count;
    *to = '\0';
    while (targets_file_next(file, &target) == 1) {
        const struct duplicate *more = targets_file_duplicates(file, target.index, &count);
        used += (size_t)snprintf(to + used, size - used, "%u", target.line);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(targets_file_duplicate(file, &more[i], &again), 0);
            assert_int_equal(again.line, more[i].line.number);
            assert_int_equal(again.index, more[i].line.ordinal);
            used += (size_t)snprintf(to + used, size - used, "+%u(%s)", again.line, again.input);
            target_clear(&again);
        }
        used += (size_t)snprintf(to + used, size - used, " ");
        target_clear(&target);
    }
    return to;
}

static void duplicates_are_handed_out_once(void **state)
{
    static const struct {
        const char *text;
        const char *spelt;
    } rows[] = {
        {"a\nb\n", "1 2 "},
        {"a\na\n", "1+2(a) "},
        {"a\nb\na\nb\na", "1+3(a)+5(a) 2+4(b) "},
        {"a\nA:2883\n\n# x\na:2884\n", "1+2(A:2883) 5 "},
        {"a.\na\n", "1 2 "},
        {"[::1]:2883\n::1\n", "1+2(::1) "},
        {"/s\n./s\n/s\n", "1+3(/s) 2 "},
        {"mysql://u:p@a/d\nmysql://u:p@a/d\nmysql://u:q@a/d\n", "1+2(mysql://u@a/d) 3 "},
        {"mysql://a:2883\na\n", "1 2 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct targets_file file;
        char problem[TARGETS_FILE_PROBLEM], found[256];
        if (take(rows[i].text, strlen(rows[i].text), &file, problem) != 0)
            fail_msg("%s", problem);
        assert_string_equal(spell_duplicates(&file, found, sizeof found), rows[i].spelt);
        targets_file_clear(&file);
    }
}

static void duplicates_can_be_kept(void **state)
{
    struct targets_file file;
    char problem[TARGETS_FILE_PROBLEM], found[64];
    (void)state;
    assert_int_equal(take(TEXT("a\na\n"), &file, problem), 0);
    targets_file_keep_duplicates(&file);
    assert_string_equal(spell(&file, found, sizeof found), "1=a:2883 2=a:2883 ");
    targets_file_clear(&file);
}

static void bad_lists_are_explained(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *problem;
        const char *secret;
    } rows[] = {
        {TEXT(""), "list: no target in this list", NULL},
        {TEXT("\n\r\n  \n# a\n"), "list: no target in this list", NULL},
        {TEXT("\xef\xbb\xbf"), "list: no target in this list", NULL},
        {TEXT("a\nb:70000\nc:70001\n"), "list: line 2: 'b:70000': port 70000", "70001"},
        {TEXT("a\r\n\r\nb\rc\n"), "list: line 3: 'b?c': a control character", NULL},
        {TEXT("a#b\n"), "list: line 1: 'a#b': a host cannot contain '#'", NULL},
        {TEXT("a\n60 # seconds\n"), "list: line 2: '60': a number is not a host", NULL},
        {TEXT("a b\n"), "list: line 1: 'a b': white space", NULL},
        {TEXT("db1 2883\n"), "did you mean db1:2883?", NULL},
        {TEXT("a\n\xef\xbb\xbf"
              "b:\n"),
         "list: line 2", NULL},
        {TEXT("a\nmysql://u:s3cret@h:x/d\n"), "list: line 2: 'mysql://u:***@h:' <-- here: a port",
         "s3cret"},
        {TEXT("a\0b\n"), "list: binary: it holds NUL bytes", NULL},
        {TEXT("\xff\xfe"
              "a\0\n\0"),
         "list: binary: it holds NUL bytes", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct targets_file file = {.count = 7};
        char problem[TARGETS_FILE_PROBLEM] = "";
        assert_int_equal(take(rows[i].text, rows[i].length, &file, problem), -EINVAL);
        assert_int_equal(file.count, 7);
        if (!strstr(problem, rows[i].problem))
            fail_msg("%s", problem);
        if (rows[i].secret && strstr(problem, rows[i].secret))
            fail_msg("tells %s", problem);
    }
}

static void line_length_is_bounded(void **state)
{
    char text[TARGETS_FILE_LINE + 8], problem[TARGETS_FILE_PROBLEM], found[64];
    struct targets_file file;
    (void)state;
    memset(text, ' ', sizeof text);
    text[0] = 'a';
    text[TARGETS_FILE_LINE] = '\n';
    assert_int_equal(take(text, TARGETS_FILE_LINE + 1, &file, problem), 0);
    assert_string_equal(spell(&file, found, sizeof found), "1=a:2883 ");
    targets_file_clear(&file);
    text[TARGETS_FILE_LINE] = ' ';
    assert_int_equal(take(text, TARGETS_FILE_LINE + 1, &file, problem), -EINVAL);
    assert_string_equal(problem, "list: line 1: longer than 4096 bytes");
}

static void unreadable_files(void **state)
{
    static const struct {
        const char *path, *problem;
    } rows[] = {
        {"/nonexistent/list", "/nonexistent/list: No such file or directory"},
        {"/", "/: Is a directory"},
        {"/dev/zero", "/dev/zero: binary: it holds NUL bytes"},
        {"/dev/null", "/dev/null: no target in this list"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct targets_file file;
        char problem[TARGETS_FILE_PROBLEM];
        assert_int_equal(targets_file_read(rows[i].path, &ports, NULL, &file, problem), -EINVAL);
        assert_string_equal(problem, rows[i].problem);
    }
}

/* Far below a second, and the text is all that is kept. */
static void a_hundred_thousand_lines(void **state)
{
    enum { LINES = 100000 };
    char path[] = "/tmp/targets-file-test-XXXXXX", problem[TARGETS_FILE_PROBLEM];
    struct targets_file file;
    struct target target;
    (void)state;
    int fd = mkstemp(path);
    FILE *list = fdopen(fd, "w");
    assert_non_null(list);
    for (int i = 0; i < LINES; i++)
        fprintf(list, "db%d.example.com:%d\n", i, 1 + i % 65535);
    assert_int_equal(fclose(list), 0);
    clock_t begin = clock();
    assert_int_equal(targets_file_read(path, &ports, NULL, &file, problem), 0);
    for (uint32_t line = 1; line <= LINES; line++) {
        assert_int_equal(targets_file_next(&file, &target), 1);
        assert_int_equal(target.line, line);
        target_clear(&target);
    }
    assert_int_equal(targets_file_next(&file, &target), 0);
    assert_true(clock() - begin < CLOCKS_PER_SEC);
    targets_file_clear(&file);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_lists),
        cmocka_unit_test(duplicates_are_handed_out_once),
        cmocka_unit_test(duplicates_can_be_kept),
        cmocka_unit_test(bad_lists_are_explained),
        cmocka_unit_test(line_length_is_bounded),
        cmocka_unit_test(unreadable_files),
        cmocka_unit_test(a_hundred_thousand_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
