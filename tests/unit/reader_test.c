#include "proto/reader.h"
#include "tests/unit/guard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void integers_are_little_endian(void **state)
{
    (void)state;
    struct guarded input = guard("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a", 10);
    struct reader reader = reader_over(input.bytes, 10);
    assert_int_equal(reader_u8(&reader), 0x01);
    assert_int_equal(reader_u16(&reader), 0x0302);
    assert_int_equal(reader_uint(&reader, 3), 0x060504);
    assert_int_equal(reader_u32(&reader), 0x0a090807);
    assert_false(reader_failed(&reader));
    assert_int_equal(reader_left(&reader), 0);
    unguard(&input);
}

static void a_read_past_the_end_yields_zero_and_sticks(void **state)
{
    (void)state;
    struct guarded input = guard("\x11\x22\x33", 3);
    struct reader reader = reader_over(input.bytes, 3);
    assert_int_equal(reader_u32(&reader), 0);
    assert_true(reader_failed(&reader));
    assert_int_equal(reader_u8(&reader), 0); /* although a byte is left */
    assert_null(reader_take(&reader, 0));
    unguard(&input);
}

static void no_bytes_are_read_from_nothing(void **state)
{
    (void)state;
    size_t length = 7;
    struct reader reader = reader_over(NULL, 0);
    assert_int_equal(reader_left(&reader), 0);
    assert_null(reader_until_nul(&reader, &length));
    assert_int_equal(length, 7);
    assert_true(reader_failed(&reader));
}

static void text_ends_at_its_nul(void **state)
{
    (void)state;
    size_t length;
    struct guarded input = guard("ab\0\0c", 5);
    struct reader reader = reader_over(input.bytes, 5);
    assert_memory_equal(reader_until_nul(&reader, &length), "ab", 3);
    assert_int_equal(length, 2);
    assert_non_null(reader_until_nul(&reader, &length));
    assert_int_equal(length, 0);
    assert_null(reader_until_nul(&reader, &length)); /* "c" without a NUL */
    assert_true(reader_failed(&reader));
    unguard(&input);
}

static void skipping_more_than_is_left_fails(void **state)
{
    (void)state;
    struct guarded input = guard("ab", 2);
    struct reader reader = reader_over(input.bytes, 2);
    reader_skip(&reader, 2);
    assert_false(reader_failed(&reader));
    reader_skip(&reader, SIZE_MAX);
    assert_true(reader_failed(&reader));
    unguard(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(a_read_past_the_end_yields_zero_and_sticks),
        cmocka_unit_test(no_bytes_are_read_from_nothing),
        cmocka_unit_test(text_ends_at_its_nul),
        cmocka_unit_test(skipping_more_than_is_left_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
