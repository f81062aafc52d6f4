#include "proto/packet.h"
#include "proto/reply.h"
#include "tests/unit/guard.h"
#include "tests/unit/samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum parse parse_guarded(const void *bytes, size_t length, struct reply *reply)
{
    struct guarded input = guard(bytes, length);
    enum parse parse = reply_parse(input.bytes, length, reply);
    unguard(&input);
    return parse;
}

static const struct {
    const char *sample;
    enum reply_kind kind;
    uint8_t sequence;
    const char *plugin;
    size_t data_length;
    uint16_t code;
    const char *sqlstate;
    const char *message;
} replies[] = {
    {"ok", REPLY_OK, 2, "", 0, 0, "", ""},
    {"err-1045", REPLY_ERROR, 2, "", 0, 1045, "28000",
     "Access denied for user 'd'@'127.0.0.2' (using password: NO)"},
    {"err-without-marker", REPLY_ERROR, 2, "", 0, 1043, "", "Bad handshake"},
    {"err-1156", REPLY_ERROR, 1, "", 0, 1156, "08S01", "Got packets out of order"},
    {"switch-native", REPLY_AUTH_SWITCH, 2, "mysql_native_password", 20, 0, "", ""},
    {"switch-ed25519", REPLY_AUTH_SWITCH, 2, "client_ed25519", 32, 0, "", ""},
    {"switch-dialog", REPLY_AUTH_SWITCH, 2, "dialog", 0, 0, "", ""},
    {"switch-sha256", REPLY_AUTH_SWITCH, 2, "sha256_password", 20, 0, "", ""},
    {"switch-old", REPLY_AUTH_SWITCH, 2, "mysql_old_password", 0, 0, "", ""},
    {"more-full-authentication", REPLY_AUTH_MORE, 2, "", 1, 0, "", ""},
    {"question-password", REPLY_AUTH_MORE, 4, "", 11, 0, "", ""},
    {"more-public-key", REPLY_AUTH_MORE, 4, "", 453, 0, "", ""},
};

static void each_reply_has_its_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        const struct sample *from = sample(replies[i].sample);
        struct reply reply = {0};
        print_message("  %s\n", from->name);
        assert_int_equal(parse_guarded(from->bytes, from->length, &reply), PARSE_OK);
        assert_int_equal(reply.kind, replies[i].kind);
        assert_int_equal(reply.sequence, replies[i].sequence);
        assert_int_equal(reply.size, from->length);
        assert_string_equal(reply.plugin, replies[i].plugin);
        assert_int_equal(reply.data_length, replies[i].data_length);
        assert_int_equal(reply.error.code, replies[i].code);
        assert_string_equal(reply.error.sqlstate, replies[i].sqlstate);
        assert_string_equal(reply.error.message, replies[i].message);
    }
}

static void an_ok_tells_the_status(void **state)
{
    (void)state;
    struct reply reply;
    assert_int_equal(parse_guarded(sample("ok")->bytes, sample("ok")->length, &reply), PARSE_OK);
    assert_int_equal(reply.status, 2);
}

static void more_data_is_kept(void **state)
{
    (void)state;
    const struct sample *from = sample("more-full-authentication");
    struct reply reply;
    assert_int_equal(parse_guarded(from->bytes, from->length, &reply), PARSE_OK);
    assert_int_equal(reply.data[0], 4);
}

static void every_prefix_of_every_reply_is_more(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < sample_count; i++) {
        struct reply reply, untouched;
        memset(&reply, 0x5a, sizeof(reply));
        untouched = reply;
        if (strcmp(samples[i].kind, "reply") != 0)
            continue;
        count++;
        for (size_t length = 0; length < samples[i].length; length++)
            assert_int_equal(parse_guarded(samples[i].bytes, length, &reply), PARSE_MORE);
        assert_memory_equal(&reply, &untouched, sizeof(reply));
    }
    assert_int_equal(count, sizeof(replies) / sizeof(replies[0]));
}

/* Bytes as a string literal, so that a NUL may stand in it. */
#define BYTES(literal_) literal_, sizeof(literal_) - 1

static const struct {
    const char *promise;
    const char *bytes;
    size_t length;
    enum parse parse;
} edges[] = {
    {"an empty packet answers nothing", BYTES("\0\0\0"), PARSE_BAD},
    {"another first byte, the rest still to come", BYTES("\x20\0\0\x02\x0a"), PARSE_BAD},
    {"LOCAL INFILE is no answer to a login",
     BYTES("\x02\0\0\x02\xfb"
           "a"),
     PARSE_BAD},
    {"6 is no question",
     BYTES("\x02\0\0\x02\x06"
           "a"),
     PARSE_BAD},
    {"longer than any answer", BYTES("\x01\0\x01"), PARSE_BAD},
    {"OK without a status", BYTES("\x03\0\0\x02\0\0\0"), PARSE_BAD},
    {"OK with half a status", BYTES("\x04\0\0\x02\0\0\0\x02"), PARSE_BAD},
    {"OK with long counts", BYTES("\x08\0\0\x02\0\xfc\1\2\0\x02\0\0"), PARSE_OK},
    {"OK with a count of 8 bytes", BYTES("\x0d\0\0\x02\0\xfe\1\2\3\4\5\6\7\x08\0\x02\0"), PARSE_OK},
    {"OK with a count cut off", BYTES("\x04\0\0\x02\0\xfd\1\2"), PARSE_BAD},
    {"OK with NULL for a count", BYTES("\x07\0\0\x02\0\xfb\0\x02\0\0\0"), PARSE_BAD},
    {"an ERR of one byte", BYTES("\x01\0\0\x02\xff"), PARSE_BAD},
    {"an ERR with half a code", BYTES("\x02\0\0\x02\xff\x15"), PARSE_BAD},
    {"an ERR without a message", BYTES("\x03\0\0\x02\xff\x15\x04"), PARSE_OK},
    {"a plugin without its NUL",
     BYTES("\x04\0\0\x02\xfe"
           "abc"),
     PARSE_BAD},
    {"more data of no bytes", BYTES("\x01\0\0\x02\x01"), PARSE_OK},
};

static void a_body_that_ends_too_early_is_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        struct reply reply;
        print_message("  %s\n", edges[i].promise);
        assert_int_equal(parse_guarded(edges[i].bytes, edges[i].length, &reply), edges[i].parse);
    }
}

static const struct {
    const char *payload;
    size_t length;
    const char *sqlstate;
    const char *message;
} messages[] = {
    {BYTES("\xff\x15\x04#28000no"), "28000", "no"},
    {BYTES("\xff\x15\x04#28000"), "28000", ""},
    {BYTES("\xff\x15\x04#2800"), "", "#2800"},
    {BYTES("\xff\x15\x04n\0o\0"), "", "no"},
    {BYTES("\xff\x15\x04\x1b[31m\xfe"), "", "\x1b[31m\xfe"},
};

static void messages_are_raw_without_their_nuls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct server_error error;
        struct guarded input = guard(messages[i].payload, messages[i].length);
        assert_int_equal(server_error_parse(input.bytes, messages[i].length, &error), PARSE_OK);
        assert_string_equal(error.sqlstate, messages[i].sqlstate);
        assert_string_equal(error.message, messages[i].message);
        unguard(&input);
    }
}

static void a_long_message_is_cut(void **state)
{
    (void)state;
    char payload[1000] = "\xff\x15\x04";
    struct server_error error;
    memset(payload + 3, 'm', sizeof(payload) - 3);
    assert_int_equal(server_error_parse((uint8_t *)payload, sizeof(payload), &error), PARSE_OK);
    assert_int_equal(strlen(error.message), SERVER_ERROR_MESSAGE - 1);
}

static void only_an_err_is_an_error(void **state)
{
    (void)state;
    struct server_error error;
    assert_int_equal(server_error_parse((const uint8_t *)"\0\x15\x04", 3, &error), PARSE_BAD);
    assert_int_equal(server_error_parse(NULL, 0, &error), PARSE_BAD);
}

static void a_plugin_name_has_at_most_63_bytes(void **state)
{
    (void)state;
    uint8_t bytes[PACKET_HEADER + 1 + PLUGIN_NAME + 1] = {PLUGIN_NAME + 2, 0, 0, 2, 0xfe};
    struct reply reply;
    memset(bytes + PACKET_HEADER + 1, 'p', PLUGIN_NAME);
    assert_int_equal(parse_guarded(bytes, sizeof(bytes), &reply), PARSE_BAD);
    bytes[PACKET_HEADER + PLUGIN_NAME] = 0;
    assert_int_equal(parse_guarded(bytes, sizeof(bytes), &reply), PARSE_OK);
    assert_int_equal(strlen(reply.plugin), PLUGIN_NAME - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reply_has_its_fields),
        cmocka_unit_test(an_ok_tells_the_status),
        cmocka_unit_test(more_data_is_kept),
        cmocka_unit_test(every_prefix_of_every_reply_is_more),
        cmocka_unit_test(a_body_that_ends_too_early_is_bad),
        cmocka_unit_test(messages_are_raw_without_their_nuls),
        cmocka_unit_test(a_long_message_is_cut),
        cmocka_unit_test(only_an_err_is_an_error),
        cmocka_unit_test(a_plugin_name_has_at_most_63_bytes),
    };
    return cmocka_run_group_tests(tests, samples_read, NULL);
}
