#include "proto/packet.h"
#include "tests/unit/guard.h"
#include "tests/unit/samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *promise;
    const char *bytes;
    size_t length;
    enum parse parse;
    uint32_t payload;
} rows[] = {
    {"nothing yet", "", 0, PARSE_MORE, 0},
    {"no length before its third byte", "\xff\xff", 2, PARSE_MORE, 0},
    {"an empty packet", "\0\0\0\x05", 4, PARSE_OK, 0},
    {"a header alone", "\x02\0\0\0", 4, PARSE_MORE, 0},
    {"a byte is missing", "\x02\0\0\0a", 5, PARSE_MORE, 0},
    {"complete", "\x02\0\0\0ab", 6, PARSE_OK, 2},
    {"what follows stays in the stream", "\x02\0\0\0abcd", 8, PARSE_OK, 2},
    {"65536 is the longest", "\0\0\x01", 3, PARSE_MORE, 0},
    {"one more is too long, without its sequence number", "\x01\0\x01", 3, PARSE_BAD, 0},
    {"SSH's banner is megabytes", "SSH", 3, PARSE_BAD, 0},
    {"HTTP is megabytes", "HTT", 3, PARSE_BAD, 0},
};

static void each_row_parses_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet packet = {.sequence = 99};
        struct guarded input = guard(rows[i].bytes, rows[i].length);
        print_message("  %s\n", rows[i].promise);
        assert_int_equal(packet_parse(input.bytes, rows[i].length, &packet), rows[i].parse);
        if (rows[i].parse == PARSE_OK) {
            assert_int_equal(packet.length, rows[i].payload);
            assert_int_equal(packet.sequence, rows[i].bytes[3]);
            assert_ptr_equal(packet.payload, input.bytes + PACKET_HEADER);
        } else {
            assert_int_equal(packet.sequence, 99);
        }
        unguard(&input);
    }
}

static void the_longest_packet_is_good(void **state)
{
    (void)state;
    static uint8_t bytes[PACKET_HEADER + PACKET_MAX_BEFORE_LOGIN] = {0, 0, 1, 0};
    struct packet packet;
    assert_int_equal(packet_parse(bytes, sizeof(bytes) - 1, &packet), PARSE_MORE);
    assert_int_equal(packet_parse(bytes, sizeof(bytes), &packet), PARSE_OK);
    assert_int_equal(packet.length, PACKET_MAX_BEFORE_LOGIN);
}

static void every_prefix_of_every_sample_is_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_count; i++) {
        const uint8_t *bytes = samples[i].bytes;
        size_t first = PACKET_HEADER + (bytes[0] | (size_t)bytes[1] << 8);
        assert_in_range(first, PACKET_HEADER + 1, samples[i].length);
        for (size_t length = 0; length <= samples[i].length; length++) {
            struct packet packet;
            struct guarded input = guard(bytes, length);
            assert_int_equal(packet_parse(input.bytes, length, &packet),
                             length < first ? PARSE_MORE : PARSE_OK);
            unguard(&input);
        }
    }
}

static void begin_and_end_frame_what_is_between(void **state)
{
    (void)state;
    uint8_t bytes[16];
    struct writer writer = writer_over(bytes, sizeof(bytes));
    packet_begin(&writer);
    writer_put(&writer, "abc", 3);
    packet_end(&writer, 7);
    assert_int_equal(writer_length(&writer), 7);
    assert_memory_equal(bytes,
                        "\x03\0\0\x07"
                        "abc",
                        7);
}

static void a_packet_that_does_not_fit_is_none(void **state)
{
    (void)state;
    uint8_t bytes[6];
    struct writer writer = writer_over(bytes, sizeof(bytes));
    packet_begin(&writer);
    writer_put(&writer, "abc", 3);
    packet_end(&writer, 7);
    assert_int_equal(writer_length(&writer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_parses_as_it_says),
        cmocka_unit_test(the_longest_packet_is_good),
        cmocka_unit_test(every_prefix_of_every_sample_is_more),
        cmocka_unit_test(begin_and_end_frame_what_is_between),
        cmocka_unit_test(a_packet_that_does_not_fit_is_none),
    };
    return cmocka_run_group_tests(tests, samples_read, NULL);
}
