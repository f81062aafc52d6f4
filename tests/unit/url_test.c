/* Passwords of targets as each driver decodes them, and what hosts share. */
#include "probe/input/target.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct ports ports = {.otherwise = DEFAULT_PORT};

static void passwords(void **state)
{
    static const struct {
        const char *text, *password; /* NULL: none */
    } rows[] = {
        {"mysql://db1", NULL},
        {"mysql://u@db1", NULL},
        {"mysql://u:@db1", ""},
        {"mysql://u:p%40%2F%25w@db1", "p@/%w"},
        {"mysql://u:p+w@db1", "p+w"},
        {"mysql://u:p@w:x@db1", "p@w:x"},
        {"mysql://u:a@db1?password=b", "a"},
        {"mysql://db1?password=a&password=b", "b"},
        {"oceanbase://root@sys#ob:p#w@db1", "p#w"},
        {"jdbc:mysql://u:p+%2Bw@db1/x", "p +w"},
        {"jdbc:mysql://db1/x?password=p+%2Bw", "p +w"},
        {"jdbc:mysql://address=(host=db1)(password=p%29w)/x", "p)w"},
        {"jdbc:mariadb://db1/x?password=p+%2Bw", "p+%2Bw"},
        {"jdbc:oceanbase://db1/x?password=100%", "100%"},
        {"u:p%40+w@tcp(db1)/x", "p%40+w"},
        {"u:p/@:w@tcp(db1)/x", "p/@:w"},
        {"u:@tcp(db1)/x", ""},
        {"mysql://u:%ff%fe@db1", "\xff\xfe"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target target;
        struct secret *secret;
        char problem[TARGET_PROBLEM] = "";
        if (target_parse(rows[i].text, &ports, &target, problem) != 0)
            fail_msg("%s: %s", rows[i].text, problem);
        assert_int_equal(target.settings->password.at != NULL, rows[i].password != NULL);
        if (rows[i].password) {
            assert_int_equal(secret_decode(&target.settings->password, &secret), 0);
            assert_string_equal(secret_bytes(secret), rows[i].password);
            secret_free(secret);
        }
        target_clear(&target);
    }
}

static void lengths_are_bounded(void **state)
{
    static const struct {
        const char *front, *behind;
        size_t most;
    } rows[] = {
        {"mysql://u:", "@db1", SECRET_MAX},  {"mysql://", "@db1", 511},
        {"mysql://", ":1", HOST_NAME - 1},   {"mysql://db1/", "", 255},
        {"jdbc:mysql://db1?user=", "", 511},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t more = 0; more < 2; more++) {
            char text[4096], filler[2048], problem[TARGET_PROBLEM] = "";
            struct target target;
            memset(filler, 'a', sizeof filler);
            filler[rows[i].most + more] = '\0';
            snprintf(text, sizeof text, "%s%s%s", rows[i].front, filler, rows[i].behind);
            assert_int_equal(target_parse(text, &ports, &target, problem), more ? -EINVAL : 0);
            assert_int_equal(*problem != '\0', more);
            if (!more)
                target_clear(&target);
        }
    }
}

/* "h0,h1,…" */
static int parse_hosts(size_t count, struct target *ret_target)
{
    char text[4096] = "mysql://", problem[TARGET_PROBLEM];
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%sh%zu", i ? "," : "", i);
    return target_parse(text, &ports, ret_target, problem);
}

static void hosts_are_bounded(void **state)
{
    struct target target;
    (void)state;
    assert_int_equal(parse_hosts(GROUP_HOSTS, &target), 0);
    assert_int_equal(target.other_count, GROUP_HOSTS - 1);
    target_clear(&target);
    assert_int_equal(parse_hosts(GROUP_HOSTS + 1, &target), -EINVAL);
}

/* Hosts share what is said of all of them. */
static void settings_are_shared(void **state)
{
    static const char text[] = "jdbc:mysql://h1,(host=h2,user=b),h3/x?user=a";
    struct target target;
    char problem[TARGET_PROBLEM];
    (void)state;
    assert_int_equal(target_parse(text, &ports, &target, problem), 0);
    assert_int_equal(target.other_count, 2);
    assert_ptr_equal(target.settings, target.others[1].settings);
    assert_ptr_not_equal(target.settings, target.others[0].settings);
    assert_string_equal(settings_text(target.settings, SETTING_USER), "a");
    assert_string_equal(settings_text(target.others[0].settings, SETTING_USER), "b");
    assert_string_equal(settings_text(target.others[0].settings, SETTING_DATABASE), "x");
    target_clear(&target);
}

/* Every beginning of every text of the table is accepted, or refused in one line. */
static void beginnings(void **state)
{
    char line[1024], problem[TARGET_PROBLEM];
    FILE *table = fopen(TEST_DATA "/targets.txt", "r");
    size_t count = 0;
    (void)state;
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        line[strcspn(line, "\n")] = '\0';
        for (size_t length = strlen(line); *line != ' ' && *line != '#' && length > 0; length--) {
            struct target target;
            line[length] = '\0';
            *problem = '\0';
            int error = target_parse(line, &ports, &target, problem);
            if (error == 0)
                target_clear(&target);
            else if (error != -EINVAL || !*problem || strchr(problem, '\n') ||
                     (strstr(line, "//") && strstr(problem, "s3cretp")))
                fail_msg("%s: %d %s", line, error, problem);
            count++;
        }
    }
    assert_int_equal(fclose(table), 0);
    assert_true(count > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords),         cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(hosts_are_bounded), cmocka_unit_test(settings_are_shared),
        cmocka_unit_test(beginnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
