/* The text of option files: what comes out of it, and what is said of a bad one. */
#include "tests/unit/option_found.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static int note_directive(void *context, const struct option_directive *directive)
{
    struct found *found = context;
    append(found->options, "%u %s %s|", directive->line,
           directive->kind == OPTION_LINE_INCLUDE          ? "file"
           : directive->kind == OPTION_LINE_INCLUDE_FOLDER ? "folder"
                                                           : "unknown",
           directive->argument ? directive->argument : "-");
    return 0;
}

/* The text in a copy of its size and one byte: a read behind it is found by the sanitizer. */
static int read_text(const char *bytes, size_t length, const char *suffix, struct found *found,
                     char *problem)
{
    char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    const struct option_text text = {"my.cnf", copy, length, suffix};
    const struct option_text_handler handler = {found, note_option, note_directive};
    int error = option_text_read(&text, &handler, problem);
    free(copy);
    return error;
}

static void texts_and_what_comes_out(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        size_t length;
        const char *options;
    } rows[] = {
        {"nothing", TEXT(""), ""},
        {"one option", TEXT("[client]\nuser=app\n"), "2 user=app|"},
        {"no line end", TEXT("[client]\nuser=app"), "2 user=app|"},
        {"CR LF", TEXT("[client]\r\nuser=app\r\nssl\r\n"), "2 user=app|3 ssl|"},
        {"byte order mark", TEXT("\xef\xbb\xbf[client]\nuser=app\n"), "2 user=app|"},
        {"byte order mark alone", TEXT("\xef\xbb\xbf"), ""},
        {"white space around", TEXT(" [client] \n\t user \t=\v app \f\n"), "2 user=app|"},
        {"white space within", TEXT("[client]\nuser=a b\n"), "2 user=a b|"},
        {"in order, twice", TEXT("[client]\na=1\nb=2\na=3\n"), "2 a=1|3 b=2|4 a=3|"},
        {"without a value", TEXT("[client]\ncompress\n"), "2 compress|"},
        {"empty value", TEXT("[client]\nuser=\nhost= \n"), "2 user=|3 host=|"},
        {"second '='", TEXT("[client]\npassword=a=b\n"), "2 password=a=b|"},
        {"comment lines", TEXT("# a\n ;b\n[client]\n#user=x\n ; user=y\n"), ""},
        {"comment behind a value", TEXT("[client]\nuser=app # x\n"), "2 user=app|"},
        {"comment behind a key", TEXT("[client]\ncompress# = x\n"), "2 compress|"},
        {"semicolon in a value", TEXT("[client]\nuser=a ;b\n"), "2 user=a ;b|"},
        {"'#' in a value", TEXT("[client]\npassword=a#b\n"), "2 password=a!|"},
        {"'#' begins a value", TEXT("[client]\npassword=#b\n"), "2 password=!|"},
        {"'#' behind an escape", TEXT("[client]\npassword=a\\#b\n"), "2 password=a\\!|"},
        {"'#' in quotes", TEXT("[client]\na=\"x#y\"\nb='x#y' # z\n"), "2 a=x#y|3 b=x#y|"},
        {"'#' behind an escaped quote", TEXT("[client]\na=\"x\\\"#y\"\n"), "2 a=x\"#y|"},
        {"'#' behind an escaped escape", TEXT("[client]\na=\"x\\\\\"#y\"\n"), "2 a=x\\!|"},
        {"'#' behind an apostrophe", TEXT("[client]\na=don't#x\n"), "2 a=don't#x|"},
        {"quotes", TEXT("[client]\na=\" x \"\nb=' y '\n"), "2 a= x |3 b= y |"},
        {"quote inside", TEXT("[client]\na=\"x\"y\"\nb='x\\'y'\n"), "2 a=x\"y|3 b=x'y|"},
        {"quotes that do not match", TEXT("[client]\na=\"x'\nb=\"\nc=x\"\n"),
         "2 a=\"x'|3 b=\"|4 c=x\"|"},
        {"empty quotes", TEXT("[client]\na=\"\"\n"), "2 a=|"},
        {"escapes", TEXT("[client]\na=\\n\\t\\r\\b\\s\\\"\\'\\\\\n"), "2 a=\n\t\r\b \"'\\|"},
        {"unknown escapes", TEXT("[client]\na=\\x\\0\\d\n"), "2 a=\\x\\0\\d|"},
        {"escape at the end", TEXT("[client]\na=x\\\nb=\"x\\\"\n"), "2 a=x\\|3 b=x\\|"},
        {"Windows path", TEXT("[client]\na=C:\\\\new\n"), "2 a=C:\\new|"},
        {"'_' in a key", TEXT("[client]\nssl_ca=a_b\nssl_-_x\n"), "2 ssl-ca=a_b|3 ssl---x|"},
        {"loose", TEXT("[client]\nloose-ssl_x=1\nloose_y\n"), "2 ssl-x?=1|3 y?|"},
        {"nothing behind loose", TEXT("[client]\nloose-=1\nloosely\n"), "2 loose-=1|3 loosely|"},
        {"other prefixes stay", TEXT("[client]\nskip_ssl\nloose-skip-x\n"),
         "2 skip-ssl|3 skip-x?|"},
        {"bytes outside ASCII", TEXT("[client]\npassword=voil\xc3\xa0\n"),
         "2 password=voil\xc3\xa0|"},
        {"the groups of clients",
         TEXT("[client]\na\n[client-server]\nb\n[client-mariadb]\nc\n[obprobe]\nd\n"),
         "2 a|4 b|6 c|8 obprobe d|"},
        {"other groups",
         TEXT("[mysqld]\na=1\n=x\n[ client]\nc\n[client_x]\nd\n[clien]\ne\n[]\nf\n"), ""},
        {"the case of a group", TEXT("[Client]\na\n[OBPROBE]\nb\n"), "2 a|4 obprobe b|"},
        {"white space in a header", TEXT("[client ] x\na\n"), "2 a|"},
        {"a group again", TEXT("[client]\na\n[mysql]\nb\n[client]\nc\n"), "2 a|6 c|"},
        {"directives", TEXT("!include a b \n[mysql]\n! includedir\t/c # d\r\n!x y\n!includes z\n"),
         "1 file a b|3 folder /c # d|4 unknown -|5 unknown -|"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct found found = {0};
        char problem[OPTION_PROBLEM_MAX];
        if (read_text(rows[i].text, rows[i].length, NULL, &found, problem) != 0)
            fail_msg("%s: %s", rows[i].name, problem);
        if (strcmp(found.options, rows[i].options) != 0)
            fail_msg("%s: %s", rows[i].name, found.options);
    }
}

static void bad_texts_are_explained(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *problem, *options;
    } rows[] = {
        {TEXT("user=s3cret\n"), "my.cnf: line 1: an option before the first [group]", ""},
        {TEXT("\n# a\n=s3cret"), "my.cnf: line 3: an option before the first [group]", ""},
        {TEXT("[client]\na\n[mysql\nb\n"), "my.cnf: line 3: a group without its ']'", "2 a|"},
        {TEXT("[client]\n =s3cret\n"), "my.cnf: line 2: a value without the name of an option", ""},
        {TEXT("[client]\n!include\n"), "my.cnf: line 2: nothing to include", ""},
        {TEXT("!includedir \t\r\n"), "my.cnf: line 1: nothing to include", ""},
        {TEXT("!includedir"), "my.cnf: line 1: nothing to include", ""},
        {TEXT("[client]\na\nb=\0s3cret\n"), "my.cnf: line 3: a NUL byte", "2 a|"},
        {TEXT("\0"), "my.cnf: line 1: a NUL byte", ""},
        {TEXT("[client]\n\0"), "my.cnf: line 2: a NUL byte", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct found found = {0};
        char problem[OPTION_PROBLEM_MAX] = "";
        assert_int_equal(read_text(rows[i].text, rows[i].length, NULL, &found, problem), -EINVAL);
        assert_string_equal(problem, rows[i].problem);
        assert_string_equal(found.options, rows[i].options);
    }
}

/* It is appended as it is, and the groups without it count too. */
static void suffix_of_groups(void **state)
{
    static const char text[] = "[client]\na\n[client_prod]\nb\n[client-mariadb_prod]\nc\n"
                               "[obprobe_prod]\nd\n[clientprod]\ne\n[client_prod2]\nf\n";
    static const struct {
        const char *suffix, *options;
    } rows[] = {
        {NULL, "2 a|"},
        {"", "2 a|"},
        {"prod", "2 a|10 e|"},
        {"_prod", "2 a|4 b|6 c|8 obprobe d|"},
        {"_prod2", "2 a|12 f|"},
        {"_PROD", "2 a|4 b|6 c|8 obprobe d|"},
        {"-mariadb_prod", "2 a|6 c|"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct found found = {0};
        char problem[OPTION_PROBLEM_MAX];
        assert_int_equal(read_text(TEXT(text), rows[i].suffix, &found, problem), 0);
        assert_string_equal(found.options, rows[i].options);
    }
}

static void lines_are_bounded(void **state)
{
    static char text[OPTION_LINE_MAX + 64] = "[client]\na=";
    struct found found = {0};
    char problem[OPTION_PROBLEM_MAX];
    (void)state;
    memset(text + 11, 'x', OPTION_LINE_MAX - 2);
    size_t end = 9 + OPTION_LINE_MAX;
    text[end] = '\n';
    assert_int_equal(read_text(text, end + 1, NULL, &found, problem), 0);
    assert_int_equal(strlen(found.options), sizeof found.options - 1);
    text[end] = 'x';
    assert_int_equal(read_text(text, end + 1, NULL, &found, problem), -EINVAL);
    assert_string_equal(problem, "my.cnf: line 2: longer than 4096 bytes");
}

static void the_handlers_error_ends_the_reading(void **state)
{
    struct found found = {.end_after = 2};
    char problem[OPTION_PROBLEM_MAX] = "untouched";
    (void)state;
    assert_int_equal(read_text(TEXT("[client]\na\nb\nc\n"), NULL, &found, problem), -ECANCELED);
    assert_string_equal(found.options, "2 a|3 b|");
    assert_string_equal(problem, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_what_comes_out),
        cmocka_unit_test(bad_texts_are_explained),
        cmocka_unit_test(suffix_of_groups),
        cmocka_unit_test(lines_are_bounded),
        cmocka_unit_test(the_handlers_error_ends_the_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
