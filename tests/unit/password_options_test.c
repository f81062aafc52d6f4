/* Passwords on the command line and in the environment: taken, and gone from there. */
#include "probe/cli/options.h"
#include "tests/unit/command_line.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect_wiped(const struct line *line, const char *secret)
{
    for (int i = 0; i < line->argc; i++)
        if (strstr(line->argv[i], secret))
            fail_msg("still in argv: %s", line->argv[i]);
}

static void ways(void **state)
{
    static const struct {
        enum password_way way;
        const char *words[WORDS];
    } rows[] = {
        {PASSWORD_NONE, {"-u", "app", "db1"}},
        {PASSWORD_NONE, {"db1", "--", "-px"}},
        {PASSWORD_PROMPT, {"db1", "-p"}},
        {PASSWORD_PROMPT, {"-p", "db1"}},
        {PASSWORD_PROMPT, {"db1", "2883", "--password"}},
        {PASSWORD_PROMPT, {"-p", "--", "db1", "db2"}},
        {PASSWORD_PROMPT, {"-p", "-u", "app", "db1", "db2"}},
        {PASSWORD_PROMPT, {"db1", "db2", "-vp"}},
        {PASSWORD_PROMPT, {"-p", "-S", "/x"}},
        {PASSWORD_PROMPT, {"-px", "-p", "db1"}},
        {PASSWORD_ATTACHED, {"-px", "db1"}},
        {PASSWORD_ATTACHED, {"-px", "db1", "db2"}},
        {PASSWORD_ATTACHED, {"-p", "-px", "db1", "db2"}},
        {PASSWORD_ATTACHED, {"--password=", "db1"}},
        {PASSWORD_FILE, {"--password-file", "f", "db1"}},
        {PASSWORD_FILE, {"--password-file=f", "--password-file=g", "db1"}},
        {PASSWORD_FD, {"--password-fd=3", "db1"}},
        {PASSWORD_FD, {"--password-fd=0", "-f", "list"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        char problem[CLI_PROBLEM];
        struct line line = line_of(rows[i].words);
        if (options_parse(line.argc, line.argv, &options, problem) < 0)
            fail_msg("%s: %s", rows[i].words[0], problem);
        assert_int_equal(options.password.way, rows[i].way);
        options_clear(&options);
        line_free(&line);
    }
}

/* Neither in the message nor, where it was an option's value, in argv any more. */
static void secrets_are_not_repeated(void **state)
{
    static const struct {
        bool wiped;
        const char *words[WORDS];
    } rows[] = {
        {true, {"-ps3cret"}},
        {true, {"-vps3cret", "--no-such-option"}},
        {true, {"--no-such-option", "--password=s3cret", "db1"}},
        {true, {"-t0", "-ps3cret", "db1"}},
        {true, {"--trace", "-ps3cret", "db1"}},
        {true, {"-ps3cret", "--password-file=f", "db1"}},
        {true, {"-ps3cret", "--password=s3cret", "-x"}},
        {true, {"-password=s3cret", "db1"}},
        {true, {"--explain=root:s3cret@tcp(db1)", "db1"}},
        {false, {"-p", "s3cret", "db1"}},
        {false, {"-vp", "s3cret", "db1"}},
        {false, {"--password", "s3cret", "db1"}},
        {false, {"db1", "-p", "s3cret"}},
        {false, {"-h", "db1", "-p", "s3cret"}},
        {false, {"-S", "/x", "-p", "s3cret"}},
        {false, {"-f", "list", "-p", "s3cret"}},
        {false, {"-h", "-ps3cret"}},
        {false, {"-P", "-ps3cret", "db1"}},
        {false, {"-o", "--password=s3cret", "db1"}},
        {false, {"--passwrod=s3cret", "db1"}},
        {false, {"--pass=s3cret", "db1"}},
        {false, {"--passwords3cret", "db1"}},
        {false, {"-xs3cret", "db1"}},
        {true, {"-h", "db1", "root:s3cret@db2"}},
        {true, {"-h", "db1", "mysql://root:s3cret@db2"}},
        {true, {"--no-such-option", "jdbc:mysql://db2?user=u&password=s3cret"}},
        {true, {"--host=mysql://root:s3cret@db2:x", "--no-such-option"}},
        {true, {"-x", "--", "root:s3cret@tcp(db2)/"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        char problem[CLI_PROBLEM] = "";
        struct line line = line_of(rows[i].words);
        if (options_parse(line.argc, line.argv, &options, problem) != -EINVAL)
            fail_msg("accepted: %s", rows[i].words[0]);
        if (strstr(problem, "s3cret"))
            fail_msg("told: %s", problem);
        if (rows[i].wiped)
            expect_wiped(&line, "s3cret");
        line_free(&line);
    }
}

static void bad_lines_are_explained(void **state)
{
    static const struct {
        const char *problem;
        const char *words[WORDS];
    } rows[] = {
        {"--password and --password-file exclude each other", {"-px", "--password-file=f", "db1"}},
        {"--password-file and --password exclude each other", {"--password-file=f", "db1", "-p"}},
        {"--password-fd and --password-file exclude each other",
         {"--password-fd=3", "--password-file=f", "db1"}},
        {"option '--password-fd': 'x' is not a number", {"--password-fd=x", "db1"}},
        {"option '--password-fd': '-1' is not a number", {"--password-fd=-1", "db1"}},
        {"option '--password-fd' needs a value", {"db1", "--password-fd"}},
        {"--password-fd 0 and -f - both read standard input", {"--password-fd=0", "-f", "-"}},
        {"option '--password-file': its value is empty", {"--password-file=", "db1"}},
        {"a word behind -p is not the password", {"-p", "12345", "-h", "db1"}},
        {"option '-password': did you mean --password?", {"-password=x", "db1"}},
        {"option '-password': did you mean --password?", {"-password", "db1"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        char problem[CLI_PROBLEM] = "";
        struct line line = line_of(rows[i].words);
        assert_int_equal(options_parse(line.argc, line.argv, &options, problem), -EINVAL);
        if (!strstr(problem, rows[i].problem))
            fail_msg("%s: %s", rows[i].problem, problem);
        assert_null(strstr(problem, "12345"));
        line_free(&line);
    }
}

static void passwords_are_taken_from_argv(void **state)
{
    static const struct {
        const char *password;
        const char *words[WORDS];
    } rows[] = {
        {"s3cret", {"-ps3cret", "db1"}},
        {"s3cret", {"db1", "-vps3cret"}},
        {"s3cret", {"--password=s3cret", "db1"}},
        {"s3cret", {"--password=other", "-ps3cret", "db1"}},
        {"s3cret", {"-p", "-ps3cret", "db1"}},
        {"", {"--password=", "db1"}},
        {"", {"-ps3cret", "--password=", "db1"}},
        {"=s3cret", {"-p=s3cret", "db1"}},
        {"s3cret", {"--anonymous", "-ps3cret", "db1"}},
        {NULL, {"-ps3cret", "-p", "db1"}},
        {NULL, {"--help", "-ps3cret"}},
        {NULL, {"--list-causes", "-ps3cret"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        char problem[CLI_PROBLEM];
        struct line line = line_of(rows[i].words);
        assert_int_equal(options_parse(line.argc, line.argv, &options, problem), 0);
        const struct secret *secret = options.password.secret;
        assert_int_equal(secret != NULL, rows[i].password != NULL);
        if (secret)
            assert_string_equal(secret_bytes(secret), rows[i].password);
        expect_wiped(&line, "s3cret");
        options_clear(&options);
        line_free(&line);
    }
}

/* Behind the options, and gone whether it is used or not. */
static void the_environment_has_the_last_word(void **state)
{
    static const struct {
        const char *value;
        enum password_way way;
        const char *words[WORDS];
    } rows[] = {
        {"s3cret", PASSWORD_ENVIRONMENT, {"db1"}},
        {"", PASSWORD_ENVIRONMENT, {"db1"}},
        {"s3cret", PASSWORD_ATTACHED, {"-pother", "db1"}},
        {"s3cret", PASSWORD_PROMPT, {"-p", "db1"}},
        {"s3cret", PASSWORD_FILE, {"--password-file=f", "db1"}},
        {"s3cret", PASSWORD_NONE, {"--help"}},
        {NULL, PASSWORD_NONE, {"db1"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        char problem[CLI_PROBLEM], variable[32];
        struct line line = line_of(rows[i].words);
        snprintf(variable, sizeof variable, "MYSQL_PWD=%s", rows[i].value ? rows[i].value : "");
        if (rows[i].value)
            putenv(variable);
        assert_int_equal(options_parse(line.argc, line.argv, &options, problem), 0);
        assert_int_equal(options.password.way, rows[i].way);
        if (rows[i].way == PASSWORD_ENVIRONMENT)
            assert_string_equal(secret_bytes(options.password.secret), rows[i].value);
        assert_null(strstr(variable, "s3cret"));
        assert_null(getenv("MYSQL_PWD"));
        options_clear(&options);
        line_free(&line);
    }
}

/* Where it is not used its length is nobody's business. */
static void length_is_bounded(void **state)
{
    static const struct {
        const char *name, *problem;
        size_t length;
        const char *words[WORDS];
    } rows[] = {
        {"MYSQL_PWD=", NULL, SECRET_MAX, {"db1"}},
        {"MYSQL_PWD=", "MYSQL_PWD: a password of more than 1024 bytes", SECRET_MAX + 1, {"db1"}},
        {"MYSQL_PWD=", NULL, SECRET_MAX + 1, {"-px", "db1"}},
        {"MYSQL_PWD=", NULL, SECRET_MAX + 1, {"--help"}},
        {"--password=", NULL, SECRET_MAX, {"db1"}},
        {"--password=",
         "option '--password': a password of more than 1024 bytes",
         SECRET_MAX + 1,
         {"db1"}},
        {"--password=", NULL, SECRET_MAX + 1, {"-px", "db1"}},
    };
    char text[16 + SECRET_MAX + 2], problem[CLI_PROBLEM];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        size_t used = strlen(rows[i].name);
        bool in_environment = *rows[i].name == 'M';
        memcpy(text, rows[i].name, used);
        memset(text + used, 's', rows[i].length);
        text[used + rows[i].length] = '\0';
        const char *words[WORDS] = {in_environment ? "-v" : text, rows[i].words[0],
                                    rows[i].words[1]};
        struct line line = line_of(words);
        if (in_environment)
            putenv(text);
        int error = options_parse(line.argc, line.argv, &options, problem);
        assert_int_equal(error, rows[i].problem ? -EINVAL : 0);
        if (rows[i].problem)
            assert_string_equal(problem, rows[i].problem);
        else
            options_clear(&options);
        line_free(&line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways),
        cmocka_unit_test(secrets_are_not_repeated),
        cmocka_unit_test(bad_lines_are_explained),
        cmocka_unit_test(passwords_are_taken_from_argv),
        cmocka_unit_test(the_environment_has_the_last_word),
        cmocka_unit_test(length_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
