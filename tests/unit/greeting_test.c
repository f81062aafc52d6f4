#include "proto/greeting.h"
#include "proto/packet.h"
#include "tests/unit/guard.h"
#include "tests/unit/samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum parse parse_guarded(const void *bytes, size_t length, struct opening *opening)
{
    struct guarded input = guard(bytes, length);
    enum parse parse = opening_parse(input.bytes, length, opening);
    unguard(&input);
    return parse;
}

static const struct {
    const char *sample;
    const char *version;
    uint32_t connection_id;
    uint32_t capabilities;
    uint32_t mariadb_capabilities;
    uint8_t charset;
    uint16_t status;
    size_t auth_data_length;
    const char *plugin;
} greetings[] = {
    {"mariadb-10.11-plain", "5.5.5-10.11.19-MariaDB-0+deb12u1", 4, 0x81fff7fe, 0x1d, 8, 2, 20,
     "mysql_native_password"},
    {"mariadb-10.11-tls", "5.5.5-10.11.19-MariaDB-0+deb12u1", 60, 0x81fffffe, 0x1d, 8, 2, 20,
     "mysql_native_password"},
    {"mysql-9.7", "9.7.4-2", 9, 0xdfffffff, 0, 255, 2, 20, "caching_sha2_password"},
    {"mysql-5.6", "5.6.24", 1, 0x807ff7ff, 0, 8, 2, 20, "mysql_native_password"},
    {"obproxy-4.3", "5.6.25", 5, 0x009ff7df, 0, 46, 0, 20, "mysql_native_password"},
    {"obproxy-3.1", "5.6.25", 5, 0x0098f7df, 0, 83, 0, 20, "mysql_native_password"},
    {"observer-4", "5.7.25", 0x80100005, 0x3098f7df, 0, 46, 0, 20, "mysql_native_password"},
    {"plugin-without-nul", "5.5.8", 1, 0x800ff7ff, 0, 8, 2, 20, "mysql_native_password"},
    {"short-form", "3.22.32", 77, 0x0c, 0, 0, 0, 8, ""},
};

static void each_greeting_has_its_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
        const struct sample *from = sample(greetings[i].sample);
        struct opening opening = {0};
        assert_int_equal(parse_guarded(from->bytes, from->length, &opening), PARSE_OK);
        const struct greeting *greeting = &opening.greeting;
        assert_int_equal(opening.kind, OPENING_GREETING);
        assert_int_equal(opening.protocol, 10);
        assert_string_equal(greeting->version, greetings[i].version);
        assert_int_equal(greeting->connection_id, greetings[i].connection_id);
        assert_int_equal(greeting->capabilities, greetings[i].capabilities);
        assert_int_equal(greeting->mariadb_capabilities, greetings[i].mariadb_capabilities);
        assert_int_equal(greeting->charset, greetings[i].charset);
        assert_int_equal(greeting->status, greetings[i].status);
        assert_int_equal(greeting->auth_data_length, greetings[i].auth_data_length);
        assert_string_equal(greeting->auth_plugin, greetings[i].plugin);
        assert_int_equal(greeting->short_form, greetings[i].auth_data_length == 8);
    }
}

static void the_auth_data_is_both_parts_without_the_nul(void **state)
{
    (void)state;
    const struct sample *from = sample("obproxy-4.3");
    struct opening opening;
    assert_int_equal(parse_guarded(from->bytes, from->length, &opening), PARSE_OK);
    assert_memory_equal(opening.greeting.auth_data, "aaaaaaaabbbbbbbbbbbb", 20);
}

static const struct {
    const char *sample;
    uint16_t code;
    const char *sqlstate;
    const char *message;
} errors[] = {
    {"err-1040", 1040, "", "Too many connections"},
    {"err-1040-marker", 1040, "08004", "Too many connections"},
    {"err-1129", 1129, "",
     "Host '127.0.0.2' is blocked because of many connection errors; unblock with "
     "'mariadb-admin flush-hosts'"},
    {"err-1130", 1130, "", "Host '127.0.0.2' is not allowed to connect to this MariaDB server"},
};

static void an_error_stands_in_the_greetings_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        const struct sample *from = sample(errors[i].sample);
        struct opening opening;
        assert_int_equal(parse_guarded(from->bytes, from->length, &opening), PARSE_OK);
        assert_int_equal(opening.kind, OPENING_ERROR);
        assert_int_equal(opening.error.code, errors[i].code);
        assert_string_equal(opening.error.sqlstate, errors[i].sqlstate);
        assert_string_equal(opening.error.message, errors[i].message);
    }
}

static void protocol_9_is_known_as_such(void **state)
{
    (void)state;
    const struct sample *from = sample("protocol-9");
    struct opening opening;
    assert_int_equal(parse_guarded(from->bytes, from->length, &opening), PARSE_OK);
    assert_int_equal(opening.kind, OPENING_OLD_PROTOCOL);
    assert_int_equal(opening.protocol, 9);
    assert_int_equal(opening.size, from->length);
    assert_string_equal(opening.greeting.version, "3.20.32");
}

static void every_prefix_of_every_opening_is_more(void **state)
{
    (void)state;
    size_t openings = 0;
    for (size_t i = 0; i < sample_count; i++) {
        struct opening opening, untouched;
        memset(&opening, 0x5a, sizeof(opening));
        untouched = opening;
        if (strcmp(samples[i].kind, "opening") != 0)
            continue;
        openings++;
        for (size_t length = 0; length < samples[i].length; length++)
            assert_int_equal(parse_guarded(samples[i].bytes, length, &opening), PARSE_MORE);
        assert_memory_equal(&opening, &untouched, sizeof(opening));
        assert_int_equal(parse_guarded(samples[i].bytes, samples[i].length, &opening), PARSE_OK);
        assert_int_equal(opening.size, samples[i].length);
    }
    assert_true(openings > 15);
}

/* Bytes as a string literal, so that a NUL may stand in it. */
#define BYTES(literal_) literal_, sizeof(literal_) - 1

static const struct {
    const char *promise;
    const char *bytes;
    size_t length;
    enum parse parse;
} broken[] = {
    {"a length's low byte may be anything", BYTES("S"), PARSE_MORE},
    {"no length yet", BYTES("SS"), PARSE_MORE},
    {"text declares megabytes", BYTES("SSH"), PARSE_BAD},
    {"an empty packet is no opening", BYTES("\0\0\0"), PARSE_BAD},
    {"sequence 0 may go on", BYTES("\x20\0\0\0"), PARSE_MORE},
    {"another sequence cannot", BYTES("\x20\0\0\x01"), PARSE_BAD},
    {"protocol 10 may go on", BYTES("\x20\0\0\0\x0a"), PARSE_MORE},
    {"protocol 9 may go on", BYTES("\x20\0\0\0\x09"), PARSE_MORE},
    {"an ERR may go on", BYTES("\x20\0\0\0\xff"), PARSE_MORE},
    {"protocol 11 is unknown", BYTES("\x20\0\0\0\x0b"), PARSE_BAD},
    {"an OK does not open", BYTES("\x07\0\0\0\0"), PARSE_BAD},
    {"the X protocol's notice", BYTES("\x05\0\0\0\x0b\x08\x05\x1a\0"), PARSE_BAD},
    {"PostgreSQL's error", BYTES("E\0\0\0\x45"), PARSE_BAD},
    {"a greeting of one byte", BYTES("\x01\0\0\0\x0a"), PARSE_BAD},
    {"a version without its NUL",
     BYTES("\x04\0\0\0\x0a"
           "8.0"),
     PARSE_BAD},
    {"cut in the connection id",
     BYTES("\x08\0\0\0\x0a"
           "8.0\0\1\2\3"),
     PARSE_BAD},
    {"cut behind the charset",
     BYTES("\x15\0\0\0\x0a"
           "8.0\0\1\0\0\0saltsalt\0\xff\xf7\x08"),
     PARSE_BAD},
    {"a code without its second byte", BYTES("\x02\0\0\0\xff\x10"), PARSE_BAD},
    {"protocol 9 without a connection id",
     BYTES("\x06\0\0\0\x09"
           "3.20\0"),
     PARSE_BAD},
};

static void what_no_server_sends_is_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct opening opening;
        print_message("  %s\n", broken[i].promise);
        assert_int_equal(parse_guarded(broken[i].bytes, broken[i].length, &opening),
                         broken[i].parse);
    }
}

/* A greeting with these fields,  behind the reserved bytes. */
static enum parse parse_made(const char *version, uint32_t capabilities, uint8_t declared,
                             const char *tail, size_t tail_length, struct opening *opening)
{
    uint8_t bytes[512];
    struct writer writer = writer_over(bytes, sizeof(bytes));
    packet_begin(&writer);
    writer_uint(&writer, 10, 1);
    writer_text(&writer, version);
    writer_uint(&writer, 1, 4);
    writer_put(&writer, "12345678", 9);
    writer_uint(&writer, capabilities & 0xffff, 2);
    writer_put(&writer, "\x08\x02\0", 3);
    writer_uint(&writer, capabilities >> 16, 2);
    writer_uint(&writer, declared, 1);
    writer_zeros(&writer, 6);
    writer_uint(&writer, 0x1d, 4);
    writer_put(&writer, tail, tail_length);
    packet_end(&writer, 0);
    return parse_guarded(bytes, writer_length(&writer), opening);
}

enum { WITH_PLUGIN = CLIENT_LONG_PASSWORD | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH };

static void auth_data_is_taken_as_long_as_it_is(void **state)
{
    (void)state;
    static const struct {
        uint8_t declared;
        const char *tail;
        size_t tail_length;
        enum parse parse;
        size_t auth_data_length;
        const char *plugin;
    } cases[] = {
        {21, BYTES("123456789abc\0p\0"), PARSE_OK, 20, "p"},
        {0, BYTES("123456789abc\0p\0"), PARSE_OK, 20, "p"},
        {0, BYTES(""), PARSE_OK, 8, ""},
        {21, BYTES("1234"), PARSE_OK, 12, ""},
        {21, BYTES("123456789abc"), PARSE_OK, 20, ""},
        {33, BYTES("123456789abcdefghijklmno\0p\0"), PARSE_OK, 32, "p"},
        {33, BYTES("123456789abc\0p\0"), PARSE_BAD, 0, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct opening opening;
        assert_int_equal(parse_made("8", WITH_PLUGIN, cases[i].declared, cases[i].tail,
                                    cases[i].tail_length, &opening),
                         cases[i].parse);
        if (cases[i].parse != PARSE_OK)
            continue;
        assert_int_equal(opening.greeting.auth_data_length, cases[i].auth_data_length);
        assert_string_equal(opening.greeting.auth_plugin, cases[i].plugin);
    }
}

static void the_longest_auth_data_fits(void **state)
{
    (void)state;
    char tail[247];
    struct opening opening;
    memset(tail, 'x', sizeof(tail));
    assert_int_equal(parse_made("8", CLIENT_LONG_PASSWORD, 255, tail, sizeof(tail), &opening),
                     PARSE_OK);
    assert_int_equal(opening.greeting.auth_data_length, GREETING_AUTH_DATA);
}

static void a_plugin_name_has_at_most_63_bytes(void **state)
{
    (void)state;
    char tail[13 + PLUGIN_NAME] = {0};
    struct opening opening;
    memset(tail + 13, 'p', PLUGIN_NAME);
    assert_int_equal(parse_made("8", WITH_PLUGIN, 21, tail, sizeof(tail), &opening), PARSE_BAD);
    assert_int_equal(parse_made("8", WITH_PLUGIN, 21, tail, sizeof(tail) - 1, &opening), PARSE_OK);
    assert_int_equal(strlen(opening.greeting.auth_plugin), PLUGIN_NAME - 1);
}

static void a_plugin_is_only_read_where_it_is_offered(void **state)
{
    (void)state;
    struct opening opening;
    assert_int_equal(
        parse_made("8", CLIENT_LONG_PASSWORD, 21, BYTES("123456789abc\0p\0"), &opening), PARSE_OK);
    assert_string_equal(opening.greeting.auth_plugin, "");
}

static void reserved_bytes_are_mariadbs_only_without_long_password(void **state)
{
    (void)state;
    struct opening opening;
    assert_int_equal(parse_made("8", CLIENT_LONG_PASSWORD, 0, "", 0, &opening), PARSE_OK);
    assert_int_equal(opening.greeting.mariadb_capabilities, 0);
    assert_int_equal(parse_made("8", 0, 0, "", 0, &opening), PARSE_OK);
    assert_int_equal(opening.greeting.mariadb_capabilities, 0x1d);
}

static void a_long_version_is_cut(void **state)
{
    (void)state;
    char version[200];
    struct opening opening;
    memset(version, 'v', sizeof(version) - 1);
    version[sizeof(version) - 1] = '\0';
    assert_int_equal(parse_made(version, CLIENT_LONG_PASSWORD, 0, "", 0, &opening), PARSE_OK);
    assert_int_equal(strlen(opening.greeting.version), SERVER_VERSION - 1);
    assert_int_equal(opening.greeting.connection_id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_greeting_has_its_fields),
        cmocka_unit_test(the_auth_data_is_both_parts_without_the_nul),
        cmocka_unit_test(an_error_stands_in_the_greetings_place),
        cmocka_unit_test(protocol_9_is_known_as_such),
        cmocka_unit_test(every_prefix_of_every_opening_is_more),
        cmocka_unit_test(what_no_server_sends_is_bad),
        cmocka_unit_test(auth_data_is_taken_as_long_as_it_is),
        cmocka_unit_test(the_longest_auth_data_fits),
        cmocka_unit_test(a_plugin_name_has_at_most_63_bytes),
        cmocka_unit_test(a_plugin_is_only_read_where_it_is_offered),
        cmocka_unit_test(reserved_bytes_are_mariadbs_only_without_long_password),
        cmocka_unit_test(a_long_version_is_cut),
    };
    return cmocka_run_group_tests(tests, samples_read, NULL);
}
