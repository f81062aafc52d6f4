/* The command line: what each option sets, what is refused and how. */
#include "probe/cli/option_row.h"
#include "probe/cli/order.h"
#include "tests/unit/command_line.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *const *words, struct options *options, char *problem)
{
    struct line line = line_of(words);
    int error = options_parse(line.argc, line.argv, options, problem);
    line_free(&line); /* texts of `options` are gone: only numbers are looked at */
    return error;
}

static void defaults(void **state)
{
    struct options options;
    char problem[CLI_PROBLEM];
    (void)state;
    assert_int_equal(parse((const char *[WORDS]){"db1"}, &options, problem), 0);
    assert_int_equal(options.request, REQUEST_PROBE);
    assert_int_equal(options.run.timeout_ms, 20000);
    assert_int_equal(options.run.connect_timeout_ms, 5000);
    assert_int_equal(options.run.total_timeout_ms, 0);
    assert_int_equal(options.run.jobs, 256);
    assert_int_equal(options.run.rate, 0);
    assert_int_equal(options.run.until, UNTIL_LOGIN);
    assert_int_equal(options.ports.otherwise, 2883);
    assert_ptr_equal(options.format, format_find("human"));
    assert_int_equal(options.operand_count, 1);
    options_clear(&options);
}

#define SETS(member, wanted, ...)                                                                  \
    {                                                                                              \
#member, offsetof(struct options, member), sizeof(((struct options *)0)->member), wanted,  \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static uint64_t number_at(const void *at, size_t size)
{
    uint64_t number = 0;
    uint32_t word;
    uint16_t half;
    switch (size) {
    case sizeof number:
        memcpy(&number, at, sizeof number);
        return number;
    case sizeof word:
        memcpy(&word, at, sizeof word);
        return word;
    case sizeof half:
        memcpy(&half, at, sizeof half);
        return half;
    default:
        return *(const uint8_t *)at;
    }
}

static void options_set_members(void **state)
{
    static const struct {
        const char *member;
        size_t offset, size;
        unsigned wanted;
        const char *words[WORDS];
    } rows[] = {
        SETS(ports.given, 3306, "-P3306", "db1"),
        SETS(ports.given, 3306, "db1", "--port=3306"),
        SETS(run.family, FAMILY_IPV4, "-4", "db1"),
        SETS(run.family, FAMILY_IPV6, "-6", "db1"),
        SETS(run.family, FAMILY_IPV6, "-46", "db1"),
        SETS(run.all_addresses, 1, "--all-addresses", "db1"),
        SETS(any, 1, "db1", "db2", "--any"),
        SETS(run.bind_to.ss_family, AF_INET, "--bind-address=127.0.0.1", "db1"),
        SETS(run.bind_to.ss_family, AF_INET6, "--bind-address", "::1", "db1"),
        SETS(run.until, UNTIL_CONNECT, "--until=connect", "db1"),
        SETS(run.until, UNTIL_GREETING, "--until=greeting", "db1"),
        SETS(run.until, UNTIL_LOGIN, "--until=greeting", "--until=login", "db1"),
        SETS(run.timeout_ms, 500, "-t", "0.5", "db1"),
        SETS(run.timeout_ms, 3000, "--timeout=3", "db1"),
        SETS(run.timeout_ms, 3000, "-t", "5", "-t3.", "db1"),
        SETS(run.timeout_ms, 250, "-t.25", "db1"),
        SETS(run.timeout_ms, 1, "-t0.0001", "db1"),
        SETS(run.timeout_ms, 3600000, "-t3600", "db1"),
        SETS(run.connect_timeout_ms, 1500, "--connect-timeout", "1.5", "db1"),
        SETS(run.total_timeout_ms, 60000, "--total-timeout=60", "db1"),
        SETS(run.jobs, 1, "-j1", "db1"),
        SETS(run.jobs, 65535, "--jobs=65535", "db1"),
        SETS(run.rate, 100, "--rate", "100", "db1"),
        SETS(run.rate, 0, "--rate=5", "--rate=0", "db1"),
        SETS(run.only_port, 1, "--only-port", "db1"),
        SETS(anonymous, 1, "--anonymous", "db1"),
        SETS(operand_count, 0, "-S", "/run/mysqld.sock"),
        SETS(password.fd, 3, "--password-fd=3", "db1"),
        SETS(password.fd, 0, "--password-fd=0", "-f", "list"),
        SETS(max_rejections, 2, "db1"),
        SETS(max_rejections, 1000, "--max-rejections=1000", "db1"),
        SETS(run.tls.mode, TLS_PREFERRED, "db1"),
        SETS(run.tls.mode, TLS_DISABLED, "--ssl-mode=disabled", "db1"),
        SETS(run.tls.mode, TLS_DISABLED, "--skip-ssl", "db1"),
        SETS(run.tls.mode, TLS_PREFERRED, "--ssl-mode=PREFERRED", "db1"),
        SETS(run.tls.mode, TLS_REQUIRED, "--ssl-mode", "Required", "db1"),
        SETS(run.tls.mode, TLS_REQUIRED, "--ssl", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_CA, "--ssl-mode=verify-ca", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_CA, "--ssl-mode=VERIFY_CA", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_IDENTITY, "--ssl-mode=Verify_Identity", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_IDENTITY, "--ssl-verify-server-cert", "db1"),
        /* the last mode counts, but --ssl lowers none */
        SETS(run.tls.mode, TLS_REQUIRED, "--ssl-mode=verify-ca", "--ssl-mode=required", "db1"),
        SETS(run.tls.mode, TLS_DISABLED, "--ssl", "--skip-ssl", "db1"),
        SETS(run.tls.mode, TLS_REQUIRED, "--skip-ssl", "--ssl", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_CA, "--ssl-mode=verify-ca", "--ssl", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_IDENTITY, "--ssl-verify-server-cert", "--ssl", "db1"),
        /* authorities without a mode are asked, with one only where it says so */
        SETS(run.tls.mode, TLS_VERIFY_CA, "--ssl-ca=ca.pem", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_CA, "--ssl-capath=/etc/ssl/certs", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_CA, "--ssl", "--ssl-ca=ca.pem", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_CA, "--ssl-ca=ca.pem", "--skip-ssl", "--ssl", "db1"),
        SETS(run.tls.mode, TLS_REQUIRED, "--ssl-ca=ca.pem", "--ssl-mode=required", "db1"),
        SETS(run.tls.mode, TLS_PREFERRED, "--ssl-mode=preferred", "--ssl-ca=ca.pem", "db1"),
        SETS(run.tls.mode, TLS_DISABLED, "--ssl-ca=ca.pem", "--skip-ssl", "db1"),
        SETS(run.tls.mode, TLS_VERIFY_IDENTITY, "--ssl-ca=x", "--ssl-verify-server-cert", "db1"),
        SETS(run.tls.mode, TLS_PREFERRED, "--ssl-crl=x", "--ssl-cert=y", "--ssl-key=z", "db1"),
        SETS(tls_expiry_days, 30, "db1"),
        SETS(tls_expiry_days, 14, "--tls-expiry-days=14", "db1"),
        SETS(tls_expiry_days, 0, "--tls-expiry-days=0", "db1"),
        SETS(tls_expiry_days, 36500, "--tls-expiry-days=36500,36500", "db1"),
        SETS(tls_expiry_critical_days, 0, "--tls-expiry-days=14", "db1"),
        SETS(tls_expiry_critical_days, 7, "--tls-expiry-days=14,7", "db1"),
        SETS(run.get_server_public_key, 1, "--get-server-public-key", "db1"),
        SETS(ordered, 1, "--ordered", "db1"),
        SETS(exit_zero, 1, "--exit-zero", "db1"),
        SETS(quiet, 1, "-q", "db1"),
        SETS(verbose, 3, "-vv", "db1", "-v"),
        SETS(color, COLOR_ALWAYS, "--color=always", "db1"),
        SETS(color, COLOR_NEVER, "--color=always", "--color", "never", "db1"),
        SETS(request, REQUEST_CAUSES, "--list-causes"),
        SETS(request, REQUEST_HELP, "-?"),
        SETS(request, REQUEST_HELP, "-v?"),
        SETS(request, REQUEST_HELP, "--help", "--what-follows-is-not-read"),
        SETS(request, REQUEST_VERSION, "-V"),
        SETS(request, REQUEST_VERSION, "--version"),
        SETS(operand_count, 3, "a", "-v", "b", "--", "-v"),
        SETS(operand_count, 0, "-h", "a"),
        SETS(operand_count, 0, "-f", "-"),
        SETS(operand_count, 1, "-f", "list", "a"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        char problem[CLI_PROBLEM];
        if (parse(rows[i].words, &options, problem) != 0)
            fail_msg("%s: %s", rows[i].words[0], problem);
        const char *at = (const char *)&options + rows[i].offset;
        if (number_at(at, rows[i].size) != rows[i].wanted)
            fail_msg("%s does not set %s to %u", rows[i].words[0], rows[i].member, rows[i].wanted);
        options_clear(&options);
    }
}

static void bad_lines_are_explained(void **state)
{
    static const struct {
        const char *problem;
        const char *words[WORDS];
    } rows[] = {
        {"no target", {NULL}},
        {"no target", {"-v"}},
        {"no target", {"--"}},
        {"option '-h' needs a value (HOST); for help: --help", {"-h"}},
        {"option '-h' needs a value (HOST)", {"-h", "-v"}},
        {"option '--host' needs a value (HOST)", {"--host", "--help"}},
        {"option '--host': its value is empty", {"--host="}},
        {"option '-h': its value is empty", {"-h", ""}},
        {"for several targets leave -h out", {"-h", "db1", "db2"}},
        {"for a port: -P 2883", {"-h", "db1", "2883"}},
        {"option '-P': port 0 is not between 1 and 65535", {"-P0", "db1"}},
        {"option '--port': port 70000 is not between 1 and 65535", {"--port=70000", "db1"}},
        {"option '-P': port 'x' is not a number", {"-P", "x", "db1"}},
        {"only one list of targets", {"-f", "a", "--targets=b"}},
        {"option '-t': '0' is not a number of seconds above 0", {"-t", "0", "db1"}},
        {"option '-t': '0.000' is not", {"-t0.000", "db1"}},
        {"option '--timeout': '-1' is not", {"--timeout", "-1", "db1"}},
        {"option '--timeout': 'inf' is not", {"--timeout=inf", "db1"}},
        {"option '--timeout': 'nan' is not", {"--timeout=nan", "db1"}},
        {"option '--timeout': '1e3' is not", {"--timeout=1e3", "db1"}},
        {"option '--timeout': '0x5' is not", {"--timeout=0x5", "db1"}},
        {"option '--timeout': '5s' is not", {"--timeout=5s", "db1"}},
        {"option '--timeout': '.' is not", {"--timeout=.", "db1"}},
        {"option '--timeout': '1.2.3' is not", {"--timeout=1.2.3", "db1"}},
        {"is more than 3600 seconds", {"--timeout=3601", "db1"}},
        {"is more than 3600 seconds", {"--timeout=99999999999999999999", "db1"}},
        {"option '--connect-timeout': '0'", {"--connect-timeout=0", "db1"}},
        {"option '--total-timeout': ' 1'", {"--total-timeout= 1", "db1"}},
        {"option '-j': '0' is not a number from 1 to 65535", {"-j0", "db1"}},
        {"option '-j': '65536' is not a number", {"-j", "65536", "db1"}},
        {"option '-j': '-1' is not a number", {"-j", "-1", "db1"}},
        {"option '--jobs': '99999999999999999999' is not", {"--jobs=99999999999999999999", "db1"}},
        {"option '--rate': '1.5' is not a number from 0", {"--rate=1.5", "db1"}},
        {"option '--until': 'tls' is not one of connect, greeting, login", {"--until=tls", "db1"}},
        {"option '--color': 'yes' is not one of auto, always, never", {"--color=yes", "db1"}},
        {"option '-o': 'xml' is not one of human, json", {"-o", "xml", "db1"}},
        {"option '--format': format 'nagios' is not built yet", {"--format=nagios", "db1"}},
        {"option '--bind-address': 'lo' is not an IPv4 or IPv6 address",
         {"--bind-address=lo", "db1"}},
        {"option '--bind-address': '127.1' is not", {"--bind-address=127.1", "db1"}},
        {"option '--bind-address': '256.0.0.1' is not", {"--bind-address=256.0.0.1", "db1"}},
        {"--bind-address is an IPv4 address, and -6", {"-6", "--bind-address=127.0.0.1", "db1"}},
        {"--bind-address is an IPv6 address, and -4", {"--bind-address=::1", "-4", "db1"}},
        {"option '--any' takes no value", {"--any=yes", "db1"}},
        {"--list-causes takes no target", {"--list-causes", "db1"}},
        {"--list-causes takes no target", {"--list-causes", "-S/x"}},
        {"-S is a target of its own", {"-S", "/x", "-h", "db1"}},
        {"-S is a target of its own", {"-S", "/x", "db1"}},
        {"-S is a target of its own", {"-S", "/x", "-f", "list"}},
        {"option '-u': its value is empty", {"-u", "", "db1"}},
        {"option '--max-rejections': '0' is not a number from 1 to 1000",
         {"--max-rejections=0", "db1"}},
        {"option '--ssl-mode': 'on' is not one of disabled, preferred, required",
         {"--ssl-mode=on", "db1"}},
        {"is not one of disabled", {"--ssl-mode=verify-identity-of-a-server-far-away", "db1"}},
        {"--ssl-key without --ssl-cert", {"--ssl-key=k", "db1"}},
        {"'x' is not WARN or WARN,CRIT in days", {"--tls-expiry-days=x", "db1"}},
        {"'1,' is not WARN", {"--tls-expiry-days=1,", "db1"}},
        {"',1' is not WARN", {"--tls-expiry-days=,1", "db1"}},
        {"'3,2,1' is not WARN", {"--tls-expiry-days=3,2,1", "db1"}},
        {"'-1' is not WARN", {"--tls-expiry-days=-1", "db1"}},
        {"'36501' is not WARN", {"--tls-expiry-days=36501", "db1"}},
        {"7 days are critical before 5", {"--tls-expiry-days=5,7", "db1"}},
        {"option '-help': did you mean --help?", {"-help"}},
        {"option '-host': did you mean --host?", {"-host=x"}},
        {"unknown option '-x'", {"-x", "db1"}},
        {"unknown option '-x'", {"-vx", "db1"}},
        {"unknown option '--frobnicate'; for help: --help", {"--frobnicate", "db1"}},
        {"unknown option '--timeot'; did you mean --timeout?", {"--timeot=3", "db1"}},
        {"unknown option '--tiemout'; did you mean --timeout?", {"--tiemout", "3", "db1"}},
        {"unknown option '--colour'; did you mean --color?", {"--colour=never", "db1"}},
        {"unknown option '--order'; did you mean --ordered?", {"--order", "db1"}},
        {"unknown option '--conn'; did you mean --connect-timeout?", {"--conn=3", "db1"}},
        {"unknown option '--t'; did you mean", {"--t=3", "db1"}},
        {"unknown option '--timeout...'; a value is given as --timeout=SEC", {"--timeout3", "db1"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options = {.ports.given = 7};
        char problem[CLI_PROBLEM] = "";
        assert_int_equal(parse(rows[i].words, &options, problem), -EINVAL);
        assert_int_equal(options.ports.given, 7);
        if (!strstr(problem, rows[i].problem))
            fail_msg("%s: %s", rows[i].problem, problem);
    }
}

/* By its name, its letter, and with or without the value it will take. */
static void options_to_come_are_refused_by_name(void **state)
{
    size_t refused = 0;
    (void)state;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        char name[64], letter[3] = {'-', row->letter, '\0'};
        snprintf(name, sizeof name, "--%s", row->name ? row->name : "");
        const char *spellings[] = {row->name ? name : NULL, row->letter ? letter : NULL};
        for (size_t j = 0; !row->action.apply && j < 2; j++) {
            struct options options;
            char problem[CLI_PROBLEM], wanted[128];
            if (!spellings[j])
                continue;
            snprintf(wanted, sizeof wanted, "option '%s' is not built yet", spellings[j]);
            assert_int_equal(parse((const char *[WORDS]){"db1", spellings[j]}, &options, problem),
                             -EINVAL);
            assert_string_equal(problem, wanted);
            assert_int_equal(
                parse((const char *[WORDS]){spellings[j], "value", "db1"}, &options, problem),
                -EINVAL);
            assert_string_equal(problem, wanted);
            refused++;
        }
    }
    assert_true(refused > 0);
}

static void names_are_bounded(void **state)
{
    static const struct {
        const char *option;
        size_t most;
    } rows[] = {{"-u", LOGIN_USER - 1}, {"--database", LOGIN_DATABASE - 1}};
    char value[LOGIN_USER + 2], problem[CLI_PROBLEM];
    struct options options;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *words[WORDS] = {rows[i].option, value, "db1"};
        memset(value, 'x', sizeof value);
        value[rows[i].most + 1] = '\0';
        assert_int_equal(parse(words, &options, problem), -EINVAL);
        assert_non_null(strstr(problem, "longer than"));
        value[rows[i].most] = '\0';
        assert_int_equal(parse(words, &options, problem), 0);
        options_clear(&options);
    }
}

/* As given, without a copy. */
static void texts_are_those_of_argv(void **state)
{
    static const struct {
        size_t offset;
        const char *option;
    } rows[] = {
        {offsetof(struct options, login.user), "-u"},
        {offsetof(struct options, login.database), "-D"},
        {offsetof(struct options, password.file), "--password-file"},
        {offsetof(struct options, run.tls.ca), "--ssl-ca"},
        {offsetof(struct options, run.tls.capath), "--ssl-capath"},
        {offsetof(struct options, run.tls.crl), "--ssl-crl"},
        {offsetof(struct options, run.tls.cert), "--ssl-cert"},
        {offsetof(struct options, run.tls.ciphers), "--ssl-cipher"},
        {offsetof(struct options, run.tls.versions), "--tls-version"},
        {offsetof(struct options, run.public_key_path), "--server-public-key-path"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options;
        char problem[CLI_PROBLEM];
        struct line line = line_of((const char *[WORDS]){rows[i].option, "text", "db1"});
        assert_int_equal(options_parse(line.argc, line.argv, &options, problem), 0);
        const char *const *at = (const void *)((const char *)&options + rows[i].offset);
        assert_ptr_equal(*at, line.argv[2]);
        options_clear(&options);
        line_free(&line);
    }
}

static void help_names_what_is_built_in_80_columns(void **state)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    (void)state;
    assert_non_null(out);
    options_help(out);
    assert_int_equal(fclose(out), 0);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char name[64];
        if (!option_rows[i].name)
            continue;
        snprintf(name, sizeof name, "      --%s", option_rows[i].name);
        bool found = strstr(text, name + (option_rows[i].letter ? 5 : 0)) != NULL;
        assert_int_equal(found, option_rows[i].action.apply != NULL);
    }
    assert_non_null(strstr(text, format_names()));
    free(text);
}

static void letters_and_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        assert_true(row->name || row->letter);
        assert_true(row->argument == ARGUMENT_NONE || row->placeholder);
        if (row->letter)
            assert_ptr_equal(option_by_letter(row->letter), row);
        for (size_t j = 0; j < i; j++)
            assert_true(!row->name || !option_rows[j].name ||
                        strcmp(row->name, option_rows[j].name) != 0);
    }
}

/* --ordered: whatever order they finish in, and whichever never come. */
static void texts_are_held_back_until_their_turn(void **state)
{
    enum { TEXTS = 500, STEP = 137 }; /* coprime: every number once, far out of order */
    struct order order = {0};
    uint32_t taken = 0;
    char *text;
    size_t length;
    (void)state;
    for (uint32_t i = 0, number = 0; i < TEXTS; i++, number = (number + STEP) % TEXTS) {
        char spelled[16];
        snprintf(spelled, sizeof spelled, "%u", number);
        if (number == 491)
            continue;
        assert_int_equal(order_put(&order, number, strdup(spelled), strlen(spelled)), 0);
        for (; (text = order_take(&order, &length)) != NULL; free(text))
            assert_int_equal(strtoul(text, NULL, 10), taken++);
    }
    assert_int_equal(taken, 491);
    for (taken = 492; (text = order_take_rest(&order, &length)) != NULL; free(text))
        assert_int_equal(strtoul(text, NULL, 10), taken++);
    assert_int_equal(taken, TEXTS);
    order_clear(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(options_set_members),
        cmocka_unit_test(bad_lines_are_explained),
        cmocka_unit_test(options_to_come_are_refused_by_name),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(texts_are_those_of_argv),
        cmocka_unit_test(help_names_what_is_built_in_80_columns),
        cmocka_unit_test(letters_and_names_are_unique),
        cmocka_unit_test(texts_are_held_back_until_their_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
