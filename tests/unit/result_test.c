#include "proto/packet.h"
#include "proto/result.h"
#include "tests/unit/guard.h"
#include "tests/unit/samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum parse parse_guarded(const void *bytes, size_t length, struct result *result)
{
    struct guarded input = guard(bytes, length);
    enum parse parse = result_parse(input.bytes, length, result);
    unguard(&input);
    return parse;
}

/* ---- what real servers answer ---- */

static void the_set_of_select_1_is_one_row(void **state)
{
    (void)state;
    const struct sample *from = sample("rows-of-select-1");
    struct result result = {0};
    assert_int_equal(parse_guarded(from->bytes, from->length, &result), PARSE_OK);
    assert_int_equal(result.kind, RESULT_ROWS);
    assert_int_equal(result.size, from->length);
    assert_int_equal(result.rows, 1);
    assert_int_equal(result.error.code, 0);
}

static void an_err_stands_in_the_sets_place(void **state)
{
    (void)state;
    const struct sample *from = sample("err-1820");
    struct result result = {0};
    assert_int_equal(parse_guarded(from->bytes, from->length, &result), PARSE_OK);
    assert_int_equal(result.kind, RESULT_ERROR);
    assert_int_equal(result.size, from->length);
    assert_int_equal(result.error.code, 1820);
    assert_string_equal(result.error.sqlstate, "HY000");
    assert_string_equal(result.error.message,
                        "You must SET PASSWORD before executing this statement");
}

static void every_prefix_is_more_and_writes_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"rows-of-select-1", "err-1820"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct sample *from = sample(names[i]);
        struct result result, untouched;
        memset(&result, 0x5a, sizeof(result));
        untouched = result;
        for (size_t length = 0; length < from->length; length++)
            assert_int_equal(parse_guarded(from->bytes, length, &result), PARSE_MORE);
        assert_memory_equal(&result, &untouched, sizeof(result));
    }
}

static void what_is_behind_the_set_is_not_taken(void **state)
{
    (void)state;
    const struct sample *from = sample("rows-of-select-1");
    uint8_t bytes[SAMPLE_BYTES + 3];
    struct result result;
    memcpy(bytes, from->bytes, from->length);
    memset(bytes + from->length, 0xff, 3);
    assert_int_equal(parse_guarded(bytes, from->length + 3, &result), PARSE_OK);
    assert_int_equal(result.size, from->length);
}

static void what_is_no_set_is_bad(void **state)
{
    (void)state;
    static const char *const names[] = {"ok-to-statement", "local-infile", "switch-native",
                                        "mariadb-10.11-plain"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct result result;
        print_message("  %s\n", names[i]);
        assert_int_equal(parse_guarded(sample(names[i])->bytes, sample(names[i])->length, &result),
                         PARSE_BAD);
    }
}

/* ---- sets at their edges, composed of packets ---- */

/* Each adds its header: the length of the literal, the sequence. */
#define P(sequence_, payload_)                                                                     \
    {                                                                                              \
        sequence_, payload_, sizeof(payload_) - 1                                                  \
    }
#define END                                                                                        \
    {                                                                                              \
        0, NULL, 0                                                                                 \
    }
#define COLUMN     "\3def\0\0\0\1a\0\x0c\x3f\0\1\0\0\0\3\1\0\0\0\0"
#define EOF_PACKET "\xfe\0\0\2\0"
#define ERR        "\xff\x25\5#70100gone"

enum { PACKETS = 8 };

struct one {
    int sequence;
    const char *payload;
    size_t length;
};

static const struct {
    const char *promise;
    struct one packets[PACKETS];
    enum parse parse;
    enum result_kind kind;
    unsigned rows; /* or the error's code */
} sets[] = {
    {"no row at all",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(4, EOF_PACKET), END},
     PARSE_OK,
     RESULT_ROWS,
     0},
    {"two columns, two rows",
     {P(1, "\2"), P(2, COLUMN), P(3, COLUMN), P(4, EOF_PACKET), P(5, "\1a\1b"), P(6, "\1a\1b"),
      P(7, EOF_PACKET), END},
     PARSE_OK,
     RESULT_ROWS,
     2},
    {"an EOF of before 4.1 has one byte",
     {P(1, "\1"), P(2, COLUMN), P(3, "\xfe"), P(4, "\xfe"), END},
     PARSE_OK,
     RESULT_ROWS,
     0},
    {"a row that is NULL",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(4, "\xfb"), P(5, EOF_PACKET), END},
     PARSE_OK,
     RESULT_ROWS,
     1},
    {"9 bytes with EOF's head are a row",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(4, "\xfe\0\0\0\0\0\0\0\0"), P(5, EOF_PACKET),
      END},
     PARSE_OK,
     RESULT_ROWS,
     1},
    {"8 bytes are an EOF",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(4, "\xfe\0\0\0\0\0\0\0"), END},
     PARSE_OK,
     RESULT_ROWS,
     0},
    {"an ERR behind a row",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(4, "\1a"), P(5, ERR), END},
     PARSE_OK,
     RESULT_ERROR,
     1317},
    {"an ERR in the first row's place",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(4, ERR), END},
     PARSE_OK,
     RESULT_ERROR,
     1317},
    {"an ERR may have any sequence", {P(0, ERR), END}, PARSE_OK, RESULT_ERROR, 1317},
    {"an ERR behind rows, too",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(0, ERR), END},
     PARSE_OK,
     RESULT_ERROR,
     1317},

    {"no column", {P(1, "\0"), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"more than a handful of columns", {P(1, "\x11"), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"a count of 3 bytes", {P(1, "\xfc\1\0"), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"a count with something behind it", {P(1, "\1\0"), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"a request for a file without a name", {P(1, "\xfb"), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"EOF in the count's place", {P(1, EOF_PACKET), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"a column too few",
     {P(1, "\2"), P(2, COLUMN), P(3, EOF_PACKET), END},
     PARSE_BAD,
     RESULT_ROWS,
     0},
    {"a column too many", {P(1, "\1"), P(2, COLUMN), P(3, COLUMN), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"an ERR among the columns", {P(1, "\1"), P(2, ERR), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"an ERR without a code", {P(1, "\xff\0"), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"an ERR without a code behind rows",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(4, "\xff"), END},
     PARSE_BAD,
     RESULT_ROWS,
     0},

    {"an empty packet first", {P(1, ""), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"an empty column", {P(1, "\1"), P(2, ""), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"an empty row",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(4, ""), END},
     PARSE_BAD,
     RESULT_ROWS,
     0},

    {"the first packet out of sequence", {P(0, "\1"), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"a column out of sequence", {P(1, "\1"), P(3, COLUMN), END}, PARSE_BAD, RESULT_ROWS, 0},
    {"the columns' end out of sequence",
     {P(1, "\1"), P(2, COLUMN), P(2, EOF_PACKET), END},
     PARSE_BAD,
     RESULT_ROWS,
     0},
    {"a row out of sequence",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(5, "\1a"), END},
     PARSE_BAD,
     RESULT_ROWS,
     0},
    {"the end out of sequence",
     {P(1, "\1"), P(2, COLUMN), P(3, EOF_PACKET), P(0, EOF_PACKET), END},
     PARSE_BAD,
     RESULT_ROWS,
     0},
};

struct composed {
    uint8_t bytes[SAMPLE_BYTES];
    size_t length;
};

static void compose(struct composed *to, int sequence, const void *payload, size_t length)
{
    uint8_t *at = to->bytes + to->length;
    assert_in_range(length, 0, UINT8_MAX);
    assert_in_range(PACKET_HEADER + length, 0, SAMPLE_BYTES - to->length);
    memcpy(at, (uint8_t[]){(uint8_t)length, 0, 0, (uint8_t)sequence}, PACKET_HEADER);
    if (length)
        memcpy(at + PACKET_HEADER, payload, length);
    to->length += PACKET_HEADER + length;
}

/* PARSE_BAD may come before the last byte, but then it stays. */
static void check_growth(const struct composed *set, enum parse whole)
{
    enum parse before = PARSE_MORE;
    struct result result;
    for (size_t length = 0; length <= set->length; length++) {
        enum parse now = parse_guarded(set->bytes, length, &result);
        assert_true(now == before || before == PARSE_MORE);
        assert_true(now != PARSE_OK || length == set->length);
        before = now;
    }
    assert_int_equal(before, whole);
}

static void each_set_is_told_from_what_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        struct composed set = {0};
        struct result result = {0};
        print_message("  %s\n", sets[i].promise);
        for (const struct one *one = sets[i].packets; one->payload; one++)
            compose(&set, one->sequence, one->payload, one->length);
        check_growth(&set, sets[i].parse);
        if (parse_guarded(set.bytes, set.length, &result) != PARSE_OK)
            continue;
        assert_int_equal(result.kind, sets[i].kind);
        assert_int_equal(result.size, set.length);
        assert_int_equal(result.kind == RESULT_ROWS ? result.rows : result.error.code,
                         sets[i].rows);
    }
}

/* Columns and rows alike: 16 of them, and with one more the set is given up. */
static enum parse parse_of(unsigned columns, unsigned rows, struct result *result)
{
    struct composed set = {0};
    int sequence = 1;
    compose(&set, sequence++, &(uint8_t){(uint8_t)columns}, 1);
    for (unsigned i = 0; i < columns; i++)
        compose(&set, sequence++, "\3def", 4);
    compose(&set, sequence++, EOF_PACKET, sizeof(EOF_PACKET) - 1);
    for (unsigned i = 0; i < rows; i++)
        compose(&set, sequence++, "\1a", 2);
    compose(&set, sequence, EOF_PACKET, sizeof(EOF_PACKET) - 1);
    return parse_guarded(set.bytes, set.length, result);
}

static void a_handful_is_the_most(void **state)
{
    (void)state;
    struct result result = {0};
    assert_int_equal(parse_of(16, 16, &result), PARSE_OK);
    assert_int_equal(result.rows, 16);
    assert_int_equal(parse_of(1, 17, &result), PARSE_BAD);
    assert_int_equal(parse_of(17, 1, &result), PARSE_BAD);
}

/* Text of another protocol reads as such a length. */
static void a_length_that_no_answer_has_is_bad_at_once(void **state)
{
    (void)state;
    static const uint8_t head[] = {1, 0, 1};
    uint8_t bytes[SAMPLE_BYTES];
    const struct sample *from = sample("rows-of-select-1");
    struct result result;
    assert_int_equal(parse_guarded(head, sizeof(head), &result), PARSE_BAD);
    memcpy(bytes, from->bytes, from->length);
    memcpy(bytes + 5, head, sizeof(head));
    assert_int_equal(parse_guarded(bytes, 5 + sizeof(head), &result), PARSE_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_set_of_select_1_is_one_row),
        cmocka_unit_test(an_err_stands_in_the_sets_place),
        cmocka_unit_test(every_prefix_is_more_and_writes_nothing),
        cmocka_unit_test(what_is_behind_the_set_is_not_taken),
        cmocka_unit_test(what_is_no_set_is_bad),
        cmocka_unit_test(each_set_is_told_from_what_is_none),
        cmocka_unit_test(a_handful_is_the_most),
        cmocka_unit_test(a_length_that_no_answer_has_is_bad_at_once),
    };
    return cmocka_run_group_tests(tests, samples_read, NULL);
}
