/* Every format over every situation, against what a person has read and found good
 * (tests/golden/). UPDATE_GOLDEN=1 writes the files anew. */
#include "probe/render/columns.h"
#include "probe/render/language.h"
#include "probe/render/render.h"
#include "tests/unit/render_group_fixtures.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static const struct golden {
    const char *file;
    const char *format;
    struct render_options options;
    enum language language;
} goldens[] = {
    {"human.txt", "human", {0}, LANGUAGE_ENGLISH},
    {"human-60-columns.txt", "human", {.width = 60}, LANGUAGE_ENGLISH},
    {"human-color.txt", "human", {.color = true, .width = 100}, LANGUAGE_ENGLISH},
    {"human-verbose.txt", "human", {.verbose = 1, .width = 100}, LANGUAGE_ENGLISH},
    {"human-very-verbose.txt", "human", {.verbose = 2, .width = 100}, LANGUAGE_ENGLISH},
    {"json.txt", "json", {0}, LANGUAGE_ENGLISH},
    {"human-zh.txt", "human", {0}, LANGUAGE_CHINESE},
    {"human-zh-60-columns.txt", "human", {.verbose = 1, .width = 60}, LANGUAGE_CHINESE},
};

enum { GOLDENS = sizeof goldens / sizeof goldens[0] };

/* All situations, one after another; the caller frees it. */
static char *rendered(const struct golden *golden)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const struct format *format = format_find(golden->format);
    assert_non_null(out);
    assert_non_null(format);
    language_use(golden->language);
    for (size_t i = 0; i < SITUATIONS; i++) {
        static struct fixture fixture;
        fixture_make(&fixture, i);
        assert_int_equal(format->report(out, &fixture.report, &golden->options), 0);
    }
    for (size_t i = 0; i < GROUP_SITUATIONS; i++) {
        static struct group_fixture fixture;
        const struct report *report = group_fixture_make(&fixture, i);
        assert_int_equal(format->report(out, report, &golden->options), 0);
    }
    language_use(LANGUAGE_ENGLISH);
    fclose(out);
    return text;
}

/* The program's version changes, the files do not. */
static void hide_version(char *text)
{
    static const char version[] = "\"" OBPROBE_VERSION "\"";
    static const char key[] = "\"obprobe\": ";
    for (char *at = text; (at = strstr(at, key));) {
        at += strlen(key);
        assert_memory_equal(at, version, strlen(version));
        memset(at + 1, '#', strlen(version) - 2);
    }
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Prints what differs. */
static int differs(const char *path, const char *text)
{
    char actual[] = "/tmp/obprobe-golden-XXXXXX";
    char command[1024];
    int fd = mkstemp(actual);
    assert_true(fd >= 0);
    close(fd);
    write_file(actual, text);
    snprintf(command, sizeof command, "diff -u '%s' '%s' >&2", path, actual);
    int status = system(command);
    unlink(actual);
    return status;
}

static void each_format_looks_as_agreed(void **state)
{
    (void)state;
    int different = 0;
    for (size_t i = 0; i < GOLDENS; i++) {
        char path[512];
        char *text = rendered(&goldens[i]);
        snprintf(path, sizeof path, "%s/%s", GOLDEN, goldens[i].file);
        hide_version(text);
        if (getenv("UPDATE_GOLDEN"))
            write_file(path, text);
        different |= differs(path, text);
        free(text);
    }
    assert_int_equal(different, 0);
}

/* ---- human ---- */

/* The verdict line stays whole, for cut(1). */
static void no_line_is_wider_than_the_terminal(void **state)
{
    (void)state;
    static const unsigned widths[] = {60, 80, 120};
    for (unsigned i = 0; i < 2 * sizeof widths / sizeof widths[0]; i++) {
        unsigned width = widths[i / 2];
        char *text = rendered(&(struct golden){
            .format = "human", .options = {.width = width, .verbose = 1}, .language = i % 2});
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            if (line[0] == ' ' && text_columns(line) > width)
                fail_msg("wider than %u: %s", width, line);
        free(text);
    }
}

/* Every line of the human format at every width, in both languages. */
static void for_each_line(void (*check)(const char *line, size_t length))
{
    for (unsigned i = 2 * 30; i < 2 * 120; i++) {
        char *text = rendered(&(struct golden){
            .format = "human", .options = {.width = i / 2, .verbose = 1}, .language = i % 2});
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            if (line[0] == ' ')
                check(line + strspn(line, " "), strlen(line + strspn(line, " ")));
        free(text);
    }
}

static void check_unit(const char *line, size_t length)
{
    (void)length;
    assert_true(strncmp(line, "ms", 2) != 0 && strncmp(line, "s ", 2) != 0 &&
                strncmp(line, "s.", 2) != 0 && strncmp(line, "s,", 2) != 0 &&
                strncmp(line, "s，", 4) != 0 && strncmp(line, "s。", 4) != 0);
}

static void a_number_stays_with_its_unit(void **state)
{
    (void)state;
    for_each_line(check_unit);
}

static void check_punctuation(const char *line, size_t length)
{
    static const char *const closing[] = {"，", "。", "；", "：", "？",
                                          "！", "）", "」", "”",  "、"};
    static const char *const opening[] = {"（", "「", "“"};
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
        if (strncmp(line, closing[i], 3) == 0)
            fail_msg("begins with closing punctuation: %s", line);
    for (size_t i = 0; i < sizeof opening / sizeof opening[0]; i++)
        if (length >= 3 && strcmp(line + length - 3, opening[i]) == 0)
            fail_msg("ends with opening punctuation: %s", line);
}

static void punctuation_stays_with_what_it_belongs_to(void **state)
{
    (void)state;
    for_each_line(check_punctuation);
}

static void no_control_character_reaches_the_terminal(void **state)
{
    (void)state;
    for (unsigned verbose = 0; verbose <= 2; verbose++) {
        char *text = rendered(&(struct golden){.format = "human", .options = {.verbose = verbose}});
        for (const char *at = text; *at; at++)
            assert_true((unsigned char)*at >= 0x20 || *at == '\n');
        assert_null(strstr(text, "\xe2\x80\xae"));
        assert_null(strstr(text, "\x7f"));
        free(text);
    }
}

static void every_dead_address_is_named(void **state)
{
    (void)state;
    char *text = rendered(&goldens[0]);
    assert_non_null(strstr(text, "2001:db8::5 (refused.no-listener)"));
    assert_non_null(strstr(text, "2001:db8::5: timed-out.connect"));
    free(text);
}

/* Of a name with very many addresses the first are probed, and all are listed. */
static void addresses_that_were_not_probed_are_named(void **state)
{
    (void)state;
    static struct fixture fixture;
    const struct render_options options = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ready_with_a_dead_address(&fixture);
    fixture.report.address_count = 1;
    report_fold(&fixture.report, &(struct fold_rules){0});
    assert_int_equal(format_find("human")->report(out, &fixture.report, &options), 0);
    assert_int_equal(format_find("json")->report(out, &fixture.report, &options), 0);
    fclose(out);
    assert_non_null(strstr(text, "Not probed, beyond the first 1: 10.1.2.3 2001:db8::6"));
    assert_non_null(
        strstr(text, "\"addresses\": [\"2001:db8::5\", \"10.1.2.3\", \"2001:db8::6\"]"));
    free(text);
}

static void a_run_of_several_ends_with_a_count(void **state)
{
    (void)state;
    static const struct {
        struct tally tally;
        const char *text;
    } rows[] = {
        {{.targets = 1, .ready = 1}, ""},
        {{.targets = 3, .ready = 2, .failure_code = 13}, "2 of 3 targets ready\n"},
    };
    for (size_t i = 0; i < 2; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        const struct render_options options = {0};
        assert_int_equal(format_find("human")->summary(out, &rows[i].tally, &options), 0);
        fclose(out);
        assert_string_equal(text, rows[i].text);
        free(text);
    }
}

/* ---- JSON ---- */

/* The published keys; a key that is not here is a new promise. */
static const char *const target_keys[] = {"schema_version",
                                          "time",
                                          "obprobe",
                                          "input",
                                          "line",
                                          "host",
                                          "port",
                                          "ready",
                                          "category",
                                          "cause",
                                          "stage",
                                          "confidence",
                                          "alternatives",
                                          "exit_code",
                                          "transient",
                                          "summary",
                                          "advice",
                                          "notes",
                                          "seconds",
                                          "server_cost",
                                          "login",
                                          "user",
                                          "user_name",
                                          "tenant",
                                          "cluster",
                                          "circumstance",
                                          "socket",
                                          "resolution",
                                          "source_address",
                                          "addresses",
                                          "server",
                                          "control_packets",
                                          "group",
                                          "database",
                                          "client",
                                          "predictions",
                                          NULL};
static const char *const group_keys[] = {"mode", "hosts", NULL};
static const char *const host_keys[] = {"host",
                                        "port",
                                        "socket",
                                        "ready",
                                        "category",
                                        "cause",
                                        "stage",
                                        "confidence",
                                        "alternatives",
                                        "exit_code",
                                        "notes",
                                        "seconds",
                                        "server_cost",
                                        "login",
                                        "user",
                                        "user_name",
                                        "tenant",
                                        "cluster",
                                        "database",
                                        "source_address",
                                        "control_packets",
                                        "resolution",
                                        "addresses",
                                        "server",
                                        "client",
                                        NULL};
static const char *const note_keys[] = {"id", "text", NULL};
static const char *const prediction_keys[] = {"id",   "drivers", "current", "text",
                                              "rule", "source",  NULL};
static const char *const resolution_keys[] = {"seconds", "addresses", "error", NULL};
static const char *const address_keys[] = {"address",    "port",         "family",   "category",
                                           "cause",      "stages",       "evidence", "stage",
                                           "confidence", "alternatives", "skipped",  "tls",
                                           "client",     "circumstance", NULL};
static const char *const client_keys[] = {
    "result", "server_code", "conflates", "reason",  "code",    "sqlstate", "message",
    "plugin", "alone",       "questions", "seconds", "library", NULL};
static const char *const stage_keys[] = {"name", "outcome", "seconds", NULL};
static const char *const evidence_keys[] = {
    "errno", "errno_name", "icmp", "syn_retransmits", "first_bytes", "service", "server_error",
    /* what explains a verdict further */
    "failed_call", "route_errno", "route_errno_name", "source_address", "link_down",
    "family_unusable", "no_error_queue", "retransmits", "retrans", "segs_in", "unacked",
    "rtt_seconds", "life", "control_packets", "bytes_received", "services", "ending", "question",
    "question_ending", "greeting_bad", "greeting_partial", "login_sent", "blind_login",
    "slow_greeting", "reply_bad", "wrong_sequence", "error_in_greeting", "logged_in",
    "auth_switches", "login_wait_seconds", "cut_short", "ssl_request_sent", "login_in_tls",
    "credentials", "proof_sent", "fast_authentication", "full_authentication", "public_key_asked",
    "public_key_given", "public_key_bits", "no_socket", "statement_sent", "statement_answered",
    "auth_plugin", "refusal", "withheld", NULL};
static const char *const tls_keys[] = {"handshake",
                                       "version",
                                       "cipher",
                                       "group",
                                       "alert_received",
                                       "alert_sent",
                                       "reason",
                                       "client_certificate_sent",
                                       "plaintext_bytes_dropped",
                                       "verified",
                                       "verify_code",
                                       "verify_text",
                                       "verify_depth",
                                       "name_matches",
                                       "version_allowed",
                                       "cipher_allowed",
                                       "policy_allows",
                                       "allowed_ciphers_refused",
                                       "days_left",
                                       "subject",
                                       "issuer",
                                       "not_before",
                                       "not_after",
                                       "names",
                                       "names_truncated",
                                       "chain",
                                       "chain_truncated",
                                       NULL};
static const char *const certificate_keys[] = {"subject",   "issuer",    "not_before",
                                               "not_after", "sha256",    "key_type",
                                               "key_bits",  "signature", NULL};
static const char *const icmp_keys[] = {
    "type", "code", "from", "version", "from_self", "from_target", "borrowed", "seconds", NULL};
static const char *const error_keys[] = {"code", "sqlstate", "message", NULL};
static const char *const server_keys[] = {"product",
                                          "product_confidence",
                                          "product_signs",
                                          "product_signs_against",
                                          "version",
                                          "version_string",
                                          "protocol",
                                          "auth_plugin",
                                          "connection_id",
                                          "tls_offered",
                                          "answered_by",
                                          "capabilities",
                                          "charset",
                                          "status",
                                          "mariadb_capabilities",
                                          NULL};
static const char *const life_keys[] = {"target_syns",
                                        "pairs_unanswered",
                                        "control_port",
                                        "control_syns",
                                        "control_answers",
                                        "echo_requests",
                                        "echo_answers",
                                        "decisive",
                                        "lossy",
                                        "input_drops",
                                        NULL};

/* Where each object sits; the first match of its key below the target. */
static const struct {
    const char *key;
    const char *const *keys;
} schema[] = {
    {"notes", note_keys},   {"resolution", resolution_keys},  {"addresses", address_keys},
    {"stages", stage_keys}, {"evidence", evidence_keys},      {"icmp", icmp_keys},
    {"life", life_keys},    {"server_error", error_keys},     {"server", server_keys},
    {"tls", tls_keys},      {"chain", certificate_keys},      {"group", group_keys},
    {"hosts", host_keys},   {"predictions", prediction_keys}, {"client", client_keys},
};

static bool is_among(const char *key, const char *const *keys)
{
    while (*keys && strcmp(*keys, key) != 0)
        keys++;
    return *keys != NULL;
}

static const char *const *keys_of(const char *key)
{
    for (size_t i = 0; i < sizeof schema / sizeof schema[0]; i++)
        if (strcmp(schema[i].key, key) == 0)
            return schema[i].keys;
    fail_msg("an object under the unknown key %s", key);
    return NULL;
}

static void check_keys(json_t *object, const char *const *keys);

static void check_value(const char *key, json_t *value)
{
    size_t i;
    json_t *item;
    assert_false(json_is_null(value));
    if (json_is_object(value))
        check_keys(value, keys_of(key));
    json_array_foreach(value, i, item) if (json_is_object(item)) check_keys(item, keys_of(key));
}

static void check_keys(json_t *object, const char *const *keys)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!is_among(key, keys))
            fail_msg("the key %s is not published", key);
        check_value(key, value);
    }
}

static void for_each_json(void (*check)(json_t *report))
{
    char *text = rendered(&(struct golden){.format = "json"});
    size_t lines = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        json_error_t error;
        json_t *report = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        assert_non_null(report);
        check(report);
        json_decref(report);
    }
    assert_int_equal(lines, SITUATIONS + GROUP_SITUATIONS);
    free(text);
}

static void check_target_keys(json_t *report)
{
    check_keys(report, target_keys);
}

static void json_has_published_keys_only(void **state)
{
    (void)state;
    for_each_json(check_target_keys);
}

static void check_always_there(json_t *report)
{
    static const char *const always[] = {
        "schema_version",  "time",        "obprobe", "input",      "ready",
        "category",        "cause",       "stage",   "confidence", "alternatives",
        "exit_code",       "transient",   "summary", "advice",     "notes",
        "seconds",         "server_cost", "login",   "resolution", "addresses",
        "control_packets", "predictions"};
    bool is_socket = json_object_get(report, "socket") != NULL;
    assert_int_equal(json_object_get(report, "host") == NULL, is_socket);
    assert_int_equal(json_object_get(report, "port") == NULL, is_socket);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        if (!json_object_get(report, always[i]))
            fail_msg("the key %s is missing", always[i]);
    assert_int_equal(json_integer_value(json_object_get(report, "schema_version")), 1);
    assert_true(json_array_size(json_object_get(report, "advice")) > 0);
}

static void json_has_the_keys_that_are_always_there(void **state)
{
    (void)state;
    for_each_json(check_always_there);
}

static void json_lists_every_cause(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0, lines = 0;
    FILE *out = open_memstream(&text, &size);
    const struct render_options options = {0};
    assert_int_equal(format_find("json")->causes(out, &options), 0);
    fclose(out);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        json_t *cause = json_loads(line, 0, NULL);
        assert_non_null(cause);
        const char *id = json_string_value(json_object_get(cause, "id"));
        assert_int_equal(cause_find(id), lines + 1);
        json_decref(cause);
    }
    assert_int_equal(lines, CAUSE_COUNT - 1);
    free(text);
}

static void unknown_formats_are_none(void **state)
{
    (void)state;
    assert_null(format_find(""));
    assert_null(format_find("nagios"));
    assert_null(format_find("JSON"));
    assert_string_equal(format_names(), "human, json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_looks_as_agreed),
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(a_number_stays_with_its_unit),
        cmocka_unit_test(punctuation_stays_with_what_it_belongs_to),
        cmocka_unit_test(no_control_character_reaches_the_terminal),
        cmocka_unit_test(every_dead_address_is_named),
        cmocka_unit_test(addresses_that_were_not_probed_are_named),
        cmocka_unit_test(a_run_of_several_ends_with_a_count),
        cmocka_unit_test(json_has_published_keys_only),
        cmocka_unit_test(json_has_the_keys_that_are_always_there),
        cmocka_unit_test(json_lists_every_cause),
        cmocka_unit_test(unknown_formats_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
