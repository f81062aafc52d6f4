#include "proto/writer.h"
#include "tests/unit/guard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void bytes_are_written_in_order(void **state)
{
    (void)state;
    struct guarded output = guard("..............", 14);
    struct writer writer = writer_over(output.bytes, 14);
    writer_uint(&writer, 0x030201, 3);
    writer_zeros(&writer, 2);
    writer_text(&writer, "ab");
    writer_put(&writer, "cd", 2);
    writer_uint(&writer, 0xfffefdfcu, 4);
    assert_int_equal(writer_length(&writer), 14);
    assert_memory_equal(output.bytes, "\x01\x02\x03\0\0ab\0cd\xfc\xfd\xfe\xff", 14);
    unguard(&output);
}

static void what_does_not_fit_leaves_the_buffer_as_it_is(void **state)
{
    (void)state;
    struct guarded output = guard("....", 4);
    struct writer writer = writer_over(output.bytes, 4);
    writer_put(&writer, "ab", 2);
    writer_text(&writer, "cd");
    assert_memory_equal(output.bytes, "ab..", 4);
    assert_int_equal(writer_length(&writer), 0);
    unguard(&output);
}

static void the_error_sticks(void **state)
{
    (void)state;
    uint8_t bytes[2] = {'.', '.'};
    struct writer writer = writer_over(bytes, sizeof(bytes));
    writer_uint(&writer, 1, 3);
    writer_uint(&writer, 1, 1);
    assert_int_equal(bytes[0], '.');
    assert_int_equal(writer_length(&writer), 0);
}

static void nothing_fits_into_nothing(void **state)
{
    (void)state;
    struct writer writer = writer_over(NULL, 0);
    writer_put(&writer, NULL, 0);
    assert_false(writer.failed);
    writer_uint(&writer, 0, 1);
    assert_true(writer.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_written_in_order),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_is),
        cmocka_unit_test(the_error_sticks),
        cmocka_unit_test(nothing_fits_into_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
