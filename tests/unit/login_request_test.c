#include "proto/greeting.h"
#include "proto/login_request.h"
#include "proto/packet.h"
#include "proto/reader.h"
#include "tests/unit/guard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FIXED = PACKET_HEADER + 32 }; /* up to the user name */

static const struct connect_attribute attributes[] = {{"a", "bc"}, {"de", ""}};

static struct login_request request(uint32_t capabilities)
{
    return (struct login_request){
        .sequence = 1,
        .capabilities = CLIENT_PROTOCOL_41 | capabilities,
        .max_packet = 0x01000000,
        .charset = 45,
        .user = "me",
        .auth = (const uint8_t *)"PROOF",
        .auth_length = 5,
        .database = "db",
        .plugin = "plug",
        .attributes = attributes,
        .attribute_count = 2,
    };
}

/* Bytes as a string literal, so that a NUL may stand in it. */
#define BYTES(literal_) literal_, sizeof(literal_) - 1

static const struct {
    uint32_t capabilities;
    const char *rest; /* from the user name on */
    size_t length;
} rows[] = {
    {0, BYTES("me\0PROOF\0")},
    {CLIENT_SECURE_CONNECTION, BYTES("me\0\x05PROOF")},
    {CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA, BYTES("me\0\x05PROOF")},
    {CLIENT_SECURE_CONNECTION | CLIENT_CONNECT_WITH_DB, BYTES("me\0\x05PROOF"
                                                              "db\0")},
    {CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH, BYTES("me\0\x05PROOFplug\0")},
    {CLIENT_SECURE_CONNECTION | CLIENT_CONNECT_ATTRS, BYTES("me\0\x05PROOF\x09\x01"
                                                            "a\x02"
                                                            "bc\x02"
                                                            "de\0")},
    {CLIENT_SECURE_CONNECTION | CLIENT_CONNECT_WITH_DB | CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS,
     BYTES("me\0\x05PROOF"
           "db\0plug\0\x09\x01"
           "a\x02"
           "bc\x02"
           "de\0")},
};

static void the_capabilities_govern_what_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[256];
        struct login_request login = request(rows[i].capabilities);
        size_t size = login_request_write(bytes, sizeof(bytes), &login);
        assert_int_equal(size, FIXED + rows[i].length);
        assert_memory_equal(bytes + FIXED, rows[i].rest, rows[i].length);
    }
}

static void the_fixed_part_is_in_its_place(void **state)
{
    (void)state;
    uint8_t bytes[256];
    static const uint8_t reserved[23];
    struct login_request login = request(CLIENT_SECURE_CONNECTION);
    struct packet packet;
    size_t size = login_request_write(bytes, sizeof(bytes), &login);
    assert_int_equal(packet_parse(bytes, size, &packet), PARSE_OK);
    assert_int_equal(packet.sequence, 1);
    assert_int_equal(packet.length, size - PACKET_HEADER);
    struct reader reader = reader_over(packet.payload, packet.length);
    assert_int_equal(reader_u32(&reader), login.capabilities);
    assert_int_equal(reader_u32(&reader), 0x01000000);
    assert_int_equal(reader_u8(&reader), 45);
    assert_memory_equal(reader_take(&reader, sizeof(reserved)), reserved, sizeof(reserved));
}

static void before_4_1_there_are_16_flags_and_no_plugin(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct login_request login = request(CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS);
    login.capabilities = CLIENT_LONG_PASSWORD | CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS;
    login.max_packet = 0x00ff8001;
    assert_int_equal(login_request_write(bytes, sizeof(bytes), &login), 17);
    assert_memory_equal(bytes, "\x0d\0\0\x01\x01\0\x01\x80\xffme\0PROOF", 17);
    login.capabilities = CLIENT_CONNECT_WITH_DB;
    assert_int_equal(login_request_write(bytes, sizeof(bytes), &login), 21);
    assert_memory_equal(bytes + 4, "\x08\0\x01\x80\xffme\0PROOF\0db\0", 17);
}

static void an_empty_proof_is_one_zero_length(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct login_request login = request(CLIENT_SECURE_CONNECTION);
    login.auth = NULL;
    login.auth_length = 0;
    size_t size = login_request_write(bytes, sizeof(bytes), &login);
    assert_int_equal(size, FIXED + 4);
    assert_memory_equal(bytes + FIXED, "me\0\0", 4);
}

static void a_proof_has_at_most_255_bytes(void **state)
{
    (void)state;
    static const uint8_t proof[256];
    uint8_t bytes[512];
    struct login_request login = request(CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA);
    login.auth = proof;
    login.auth_length = 255;
    assert_int_equal(login_request_write(bytes, sizeof(bytes), &login), FIXED + 3 + 3 + 255);
    assert_memory_equal(bytes + FIXED + 3, "\xfc\xff\0", 3);
    login.auth_length = 256;
    assert_int_equal(login_request_write(bytes, sizeof(bytes), &login), 0);
}

static void long_attributes_have_long_lengths(void **state)
{
    (void)state;
    char value[301];
    uint8_t bytes[512];
    memset(value, 'v', 300);
    value[300] = '\0';
    const struct connect_attribute one = {"k", value};
    struct login_request login = request(CLIENT_SECURE_CONNECTION | CLIENT_CONNECT_ATTRS);
    login.attributes = &one;
    login.attribute_count = 1;
    assert_int_equal(login_request_write(bytes, sizeof(bytes), &login),
                     FIXED + 9 + 3 + 2 + 3 + 300);
    assert_memory_equal(bytes + FIXED + 9, "\xfc\x31\x01\x01k\xfc\x2c\x01", 8);
}

static void what_does_not_fit_is_not_written(void **state)
{
    (void)state;
    uint8_t whole[256];
    struct login_request login = request(CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH);
    size_t needed = login_request_write(whole, sizeof(whole), &login);
    for (size_t size = 0; size <= needed; size++) {
        struct guarded output = guard(whole, size);
        size_t written = login_request_write(output.bytes, size, &login);
        assert_int_equal(written, size < needed ? 0 : needed);
        unguard(&output);
    }
}

static void answers_and_farewell_are_framed(void **state)
{
    (void)state;
    uint8_t bytes[16];
    assert_int_equal(auth_response_write(bytes, sizeof(bytes), 3, (const uint8_t *)"xyz", 3), 7);
    assert_memory_equal(bytes, "\x03\0\0\x03xyz", 7);
    assert_int_equal(auth_response_write(bytes, sizeof(bytes), 5, NULL, 0), 4);
    assert_memory_equal(bytes, "\0\0\0\x05", 4);
    assert_int_equal(quit_write(bytes, sizeof(bytes)), 5);
    assert_memory_equal(bytes, "\x01\0\0\0\x01", 5);
    assert_int_equal(auth_response_write(bytes, 6, 3, (const uint8_t *)"xyz", 3), 0);
    assert_int_equal(quit_write(bytes, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_capabilities_govern_what_is_written),
        cmocka_unit_test(the_fixed_part_is_in_its_place),
        cmocka_unit_test(before_4_1_there_are_16_flags_and_no_plugin),
        cmocka_unit_test(an_empty_proof_is_one_zero_length),
        cmocka_unit_test(a_proof_has_at_most_255_bytes),
        cmocka_unit_test(long_attributes_have_long_lengths),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(answers_and_farewell_are_framed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
