/* What a target's own text and the run's options come to. */
#include "probe/run/conditions.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct ports ports = {.otherwise = DEFAULT_PORT};
static const struct identity_key key;
static struct secret *of_run;

/* The run has user "run", database "rundb", the password "runpw". */
static struct run_options usual(void)
{
    struct run_options options;
    run_options_init(&options);
    options.login = (struct login){.user = "run", .database = "rundb", .secret = of_run};
    options.default_user = "me";
    return options;
}

static struct conditions *make(const struct run_options *options, struct target *target)
{
    struct conditions *conditions = conditions_new(options, &key, target);
    assert_non_null(conditions);
    return conditions;
}

static void parse(const char *text, struct target *ret_target)
{
    char problem[TARGET_PROBLEM];
    if (target_parse(text, &ports, ret_target, problem) != 0)
        fail_msg("%s: %s", text, problem);
}

static void the_target_comes_first(void **state)
{
    static const struct {
        const char *text, *user, *database, *password;
        enum tls_mode mode;
    } rows[] = {
        {"db1", "run", "rundb", "runpw", TLS_PREFERRED},
        {"mysql://db1", "run", "rundb", "runpw", TLS_PREFERRED},
        {"mysql://a@db1", "a", "rundb", "runpw", TLS_PREFERRED},
        {"mysql://a:b@db1/c", "a", "c", "b", TLS_PREFERRED},
        {"mysql://:b@db1", "run", "rundb", "b", TLS_PREFERRED},
        {"mysql://a:@db1", "a", "rundb", "", TLS_PREFERRED},
        {"mysql://db1?ssl-mode=disabled", "run", "rundb", "runpw", TLS_DISABLED},
        {"mysql://db1?ssl-ca=/x", "run", "rundb", "runpw", TLS_VERIFY_CA},
        {"mysql://db1?ssl-ca=/x&ssl-mode=required", "run", "rundb", "runpw", TLS_REQUIRED},
    };
    struct run_options options = usual();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target target;
        parse(rows[i].text, &target);
        struct conditions *conditions = make(&options, &target);
        assert_string_equal(conditions->login.user, rows[i].user);
        assert_string_equal(conditions->login.database, rows[i].database);
        assert_string_equal(secret_bytes(conditions->login.secret), rows[i].password);
        assert_int_equal(conditions->tls_mode, rows[i].mode);
        conditions_unref(conditions);
        target_clear(&target);
    }
}

static void times(void **state)
{
    static const struct {
        const char *text;
        uint32_t of_run_ms;
        bool given;
        uint32_t timeout_ms;
    } rows[] = {
        {"mysql://db1", 20000, false, 20000},
        {"mysql://db1?socketTimeout=2000", 20000, false, 2000},
        {"mysql://db1?socketTimeout=60000", 20000, false, 60000},
        {"mysql://db1?socketTimeout=2000", 5000, true, 2000},
        {"mysql://db1?socketTimeout=60000", 5000, true, 5000},
        {"mysql://db1?socketTimeout=0", 5000, true, 5000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run_options options = usual();
        struct target target;
        options.timeout_ms = rows[i].of_run_ms;
        options.timeout_given = rows[i].given;
        parse(rows[i].text, &target);
        struct conditions *conditions = make(&options, &target);
        assert_int_equal(conditions->timeout_ms, rows[i].timeout_ms);
        conditions_unref(conditions);
        target_clear(&target);
    }
}

/* A password that is not for lists, none at all, and a user who is not named. */
static void whose_password(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
        bool spare_lists, anonymous, nameless;
        const char *user, *password; /* NULL: none */
    } rows[] = {
        {"db1", 0, true, false, false, "run", "runpw"},
        {"db1", 7, true, false, false, "run", NULL},
        {"db1", 7, false, false, false, "run", "runpw"},
        {"mysql://a:b@db1", 7, true, false, false, "a", "b"},
        {"mysql://a:b@db1", 0, false, true, false, "a", NULL},
        {"mysql://:b@db1", 0, false, false, true, "me", "b"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run_options options = usual();
        struct target target;
        options.spare_lists = rows[i].spare_lists;
        options.anonymous = rows[i].anonymous;
        if (rows[i].anonymous || rows[i].nameless)
            options.login = (struct login){.user = rows[i].nameless ? NULL : "run"};
        parse(rows[i].text, &target);
        target.line = rows[i].line;
        struct conditions *conditions = make(&options, &target);
        assert_string_equal(conditions->login.user, rows[i].user);
        assert_int_equal(conditions->login.secret != NULL, rows[i].password != NULL);
        if (rows[i].password)
            assert_string_equal(secret_bytes(conditions->login.secret), rows[i].password);
        conditions_unref(conditions);
        target_clear(&target);
    }
}

/* Files are read once, before anything is sent, and what is wrong with one is told. */
static void files(void **state)
{
    static const struct {
        const char *text, *problem; /* NULL: none */
    } rows[] = {
        {"mysql://db1", NULL},
        {"mysql://db1?ssl-ca=/nonexistent", "'/nonexistent': No such file"},
        {"mysql://db1?ssl-ca=/nonexistent&ssl-mode=disabled", NULL},
        {"mysql://db1?tls-version=SSLv3", "'--tls-version'"},
        {"mysql://db1?server-public-key-path=/nonexistent", "'--server-public-key-path'"},
        {"mysql://h1,h2?ssl-cert=/nonexistent", "'--ssl-cert'"},
        {"jdbc:mysql://h1,(host=h2,sslMode=VERIFY_CA,trustCertificateKeyStoreUrl=file:/none)/x",
         "trust store '/none'"},
    };
    struct run_options options = usual();
    assert_int_equal(materials_new(&options.materials), 0);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target target;
        char problem[MATERIALS_PROBLEM] = "";
        parse(rows[i].text, &target);
        int error = conditions_read(&options, &target, problem);
        assert_int_equal(error, rows[i].problem ? -EINVAL : 0);
        if (rows[i].problem && !strstr(problem, rows[i].problem))
            fail_msg("%s: %s", rows[i].text, problem);
        target_clear(&target);
    }
    materials_free(options.materials);
}

static int begin(void **state)
{
    (void)state;
    return secret_new("runpw", 5, &of_run);
}

static int end(void **state)
{
    (void)state;
    secret_free(of_run);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_target_comes_first),
        cmocka_unit_test(times),
        cmocka_unit_test(whose_password),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
