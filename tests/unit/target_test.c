/* What a target's text means, and what is said of one that means nothing. */
#include "probe/input/target.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A250 A50 A50 A50 A50 A50
#define A100 A50 A50
#define A50  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct ports ports = {.otherwise = 4000};

static const struct {
    const char *text;
    const char *host;
    uint16_t port;
} good[] = {
    {"db1", "db1", 4000},
    {"db1:2883", "db1", 2883},
    {"db1:1", "db1", 1},
    {"db1:65535", "db1", 65535},
    {"db1:0002883", "db1", 2883},
    {"db-1.example.com.", "db-1.example.com.", 4000},
    {"under_score:3306", "under_score", 3306},
    {"1db:3306", "1db", 3306},
    {"db.1", "db.1", 4000},
    {"0xdbs", "0xdbs", 4000},
    {"jdbc:2883", "jdbc", 2883},
    {"b\xc3\xbc"
     "cher.example",
     "b\xc3\xbc"
     "cher.example",
     4000},
    {"10.2.3.4", "10.2.3.4", 4000},
    {"10.2.3.4:3306", "10.2.3.4", 3306},
    {"::1", "::1", 4000},
    {"[::1]", "::1", 4000},
    {"[::1]:2883", "::1", 2883},
    {"2001:db8::1:2883", "2001:db8::1:2883", 4000},
    {"::ffff:10.2.3.4", "::ffff:10.2.3.4", 4000},
    {"fe80::1%eth0", "fe80::1%eth0", 4000},
    {"fe80::1%eth0.100", "fe80::1%eth0.100", 4000},
    {"fe80::1%25eth0", "fe80::1%eth0", 4000},
    {"fe80::1%25", "fe80::1%25", 4000},
    {"fe80::1%253", "fe80::1%253", 4000},
    {"[fe80::1%eth0]:2883", "fe80::1%eth0", 2883},
    {"[fe80::1%25eth0]:2883", "fe80::1%eth0", 2883},
    {"[fe80::1%253]:2883", "fe80::1%3", 2883},
    {"[fe80::1%25]:2883", "fe80::1%25", 2883},
    {A250 "aaaaa", A250 "aaaaa", 4000},
};

/* `part` must be in the problem, `secret` must not. */
static const struct {
    const char *text;
    const char *part;
    const char *secret;
} bad[] = {
    {"", "the host is empty", NULL},
    {":2883", "the host is empty", NULL},
    {"[]:2883", "no IPv6 address in the brackets", NULL},
    {A250 "aaaaaa", "256 bytes; at most 255", NULL},
    {"db1:", "the port is empty", NULL},
    {"db1:0", "port 0 is not between", NULL},
    {"db1:70000", "'db1:70000': port 70000 is not between", NULL},
    {"db1:65536", "port 65536 is not between", NULL},
    {"db1:99999999999999999999999", "is not between", NULL},
    {"db1:+1", "port '+1' is not a number", NULL},
    {"db1:-1", "port '-1' is not a number", NULL},
    {"db1: 1", "port ' 1' is not a number", NULL},
    {"db1:mysql", "port 'mysql' is not a number", NULL},
    {"[::1]:0", "port 0 is not between", NULL},
    {"12345", "a number is not a host; for a port write HOST:12345", NULL},
    {"60:2883", "a number is not a host", NULL},
    {"70000", "a number is not a host", "HOST:"},
    {"0", "a number is not a host", "HOST:"},
    {"0.5", "a number is not a host", NULL},
    {"127.1", "a number is not a host", NULL},
    {"0x7f000001", "a number is not a host", NULL},
    {"256.1.1.1", "not an IPv4 address", NULL},
    {"010.0.0.1", "not an IPv4 address", NULL},
    {"1.2.3.4.5", "not an IPv4 address", NULL},
    {"a b", "white space", NULL},
    {" db1", "white space", NULL},
    {"db1\t", "white space", NULL},
    {"db1\n", "a control character", "\n"},
    {"db\x1b[2J1", "a control character", "\x1b"},
    {"db1\x7f", "a control character", "\x7f"},
    {"db1,db2", "cannot contain ','", NULL},
    {"db1#x", "cannot contain '#'", NULL},
    {"db%31", "cannot contain '%'", NULL},
    {"db1..example", "an empty label", NULL},
    {".example", "an empty label", NULL},
    {"-db1", "cannot begin with '-'", "db1"},
    {"a:b:c", "neither HOST:PORT nor an IPv6 address", "mean"},
    {"fe80::1%", "neither HOST:PORT nor an IPv6 address", NULL},
    {"fe80::1%sixteen-letters-", "neither HOST:PORT nor an IPv6 address", NULL},
    {"[::1", "']' is missing", NULL},
    {"[::1]2883", "only :PORT may follow ']'", NULL},
    {"[10.2.3.4]", "no IPv6 address in the brackets; did you mean 10.2.3.4?", NULL},
    {"[db1]:2883", "did you mean db1:2883?", NULL},
    {"db1:2883/", "did you mean db1:2883?", NULL},
    {"db1:2883/test", "did you mean db1:2883?", NULL},
    {"db1 2883", "did you mean db1:2883?", NULL},
    {"fe80::1%eth0:2883", "did you mean [fe80::1%eth0]:2883?", NULL},
    {"1:2:3:4:5:6:7:8:2883", "did you mean [1:2:3:4:5:6:7:8]:2883?", NULL},
    {"/", "'/': a folder is no socket", NULL},
    {"./", "'./': a folder is no socket", NULL},
    {"/run/mysqld/", "a folder is no socket", NULL},
    {"/run/my\nsqld.sock", "'/run/my?sqld.sock': a control character", "\n"},
    {"/run/mysqld.sock\x7f", "a control character in the path", "\x7f"},
    {"/" A100 "aaaaaaa", "the path of a socket has 108 bytes; at most 107 are possible", NULL},
    {"mysqld.sock/x", "cannot contain '/'", NULL},
    {"postgres://u:s3cret@db1/x", "a URL of this scheme is not a target", "s3cret"},
    {"root:s3cret@db1:3306", "'root:***@db1:3306': a user", "s3cret"},
    {"db1?password=s3cret", "'db1?password=***': parameters", "s3cret"},
    {"address=(host=h)(password=s3cret)", "a target with '='", "s3cret"},
    {"(db1)", "a target with '('", NULL},
};

static void good_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct target target;
        char problem[TARGET_PROBLEM] = "untouched";
        if (target_parse(good[i].text, &ports, &target, problem) != 0)
            fail_msg("%s: %s", good[i].text, problem);
        assert_string_equal(target.input, good[i].text);
        assert_string_equal(target.host, good[i].host);
        assert_int_equal(target.port, good[i].port);
        assert_null(target.socket);
        assert_int_equal(target.line, 0);
        target_clear(&target);
        assert_null(target.input);
    }
}

static void bad_targets_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct target target = {.port = 7};
        char problem[TARGET_PROBLEM] = "";
        assert_int_equal(target_parse(bad[i].text, &ports, &target, problem), -EINVAL);
        assert_int_equal(target.port, 7);
        if (!strstr(problem, bad[i].part))
            fail_msg("%s: %s", bad[i].text, problem);
        if (bad[i].secret && strstr(problem, bad[i].secret))
            fail_msg("%s tells: %s", bad[i].text, problem);
    }
}

/* HOST PORT, as in telnet and nc. */
static void pairs(void **state)
{
    static const struct {
        const char *host, *port, *input, *problem;
    } rows[] = {
        {"db1", "2883", "db1:2883", NULL},
        {"::1", "2883", "[::1]:2883", NULL},
        {"[::1]", "2883", "[::1]:2883", NULL},
        {"fe80::1%eth0", "2883", "[fe80::1%eth0]:2883", NULL},
        {"db1", "0", NULL, "port 0 is not between 1 and 65535"},
        {"db1", "70000", NULL, "port 70000 is not between 1 and 65535"},
        {"db1:3306", "2883", NULL, "two ports: 'db1:3306' and 2883"},
        {"60", "2883", NULL, "a number is not a host"},
        {"root:s3cret@db1", "2883", NULL, "a user ('...@...') belongs to a URL"},
        {"/run/mysqld.sock", "2883", NULL, "'/run/mysqld.sock': a socket has no port"},
        {"./mysqld.sock", "2883", NULL, "a socket has no port"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target target, again;
        char problem[TARGET_PROBLEM] = "";
        int error = target_parse_pair(rows[i].host, rows[i].port, &target, problem);
        assert_int_equal(error, rows[i].problem ? -EINVAL : 0);
        if (rows[i].problem) {
            assert_non_null(strstr(problem, rows[i].problem));
            assert_null(strstr(problem, "s3cret"));
            continue;
        }
        assert_string_equal(target.input, rows[i].input);
        assert_int_equal(target_parse(target.input, &ports, &again, problem), 0);
        assert_string_equal(target.host, again.host);
        assert_int_equal(target.port, again.port);
        target_clear(&target);
        target_clear(&again);
    }
}

/* As -S takes them; TARGET takes those that begin with '/' or "./". */
static void sockets(void **state)
{
    static const struct {
        const char *path, *input;
    } rows[] = {
        {"/run/mysqld/mysqld.sock", "/run/mysqld/mysqld.sock"},
        {"./mysqld.sock", "./mysqld.sock"},
        {"../mysqld.sock", "./../mysqld.sock"},
        {"mysqld.sock", "./mysqld.sock"},
        {"db1:2883", "./db1:2883"},
        {"/tmp/my sql@(x)=?.sock", "/tmp/my sql@(x)=?.sock"},
        {"/tmp/b\xc3\xbc"
         "cher",
         "/tmp/b\xc3\xbc"
         "cher"},
        {"/" A100 "aaaaaa", "/" A100 "aaaaaa"},
        {A100 "aaaaaaa", "./" A100 "aaaaaaa"},
        {"", NULL},
        {"a\tb", NULL},
        {A100 "aaaaaaaa", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct target target;
        char problem[TARGET_PROBLEM] = "";
        int error = target_parse_socket(rows[i].path, &target, problem);
        assert_int_equal(error, rows[i].input ? 0 : -EINVAL);
        assert_int_equal(*problem == '\0', error == 0);
        if (error < 0)
            continue;
        assert_string_equal(target.socket, rows[i].path);
        assert_string_equal(target.input, rows[i].input);
        assert_string_equal(target.host, "");
        assert_int_equal(target.port, 0);
        target_clear(&target);
    }
}

static void a_path_is_a_target(void **state)
{
    static const char *const paths[] = {"/run/mysqld/mysqld.sock", "./mysqld.sock", "/a@tcp(b)/c"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct target target;
        char problem[TARGET_PROBLEM];
        assert_int_equal(target_parse(paths[i], &ports, &target, problem), 0);
        assert_string_equal(target.input, paths[i]);
        assert_string_equal(target.socket, paths[i]);
        assert_string_equal(target.host, "");
        assert_int_equal(target.port, 0);
        target_clear(&target);
    }
}

static void a_long_culprit_is_cut(void **state)
{
    char text[2000], problem[TARGET_PROBLEM];
    struct target target;
    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    text[10] = ':';
    assert_int_equal(target_parse(text, &ports, &target, problem), -EINVAL);
    assert_non_null(strstr(problem, "xxx...': port 'xxx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_targets),
        cmocka_unit_test(bad_targets_are_explained),
        cmocka_unit_test(pairs),
        cmocka_unit_test(sockets),
        cmocka_unit_test(a_path_is_a_target),
        cmocka_unit_test(a_long_culprit_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
