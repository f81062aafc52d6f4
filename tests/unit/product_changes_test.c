/* Greetings that nobody sends: each field of a sample as another one has it. */
#include "tests/unit/greetings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Each changes to the field that `other` has. */
static void change_version(struct greeting *greeting, const struct greeting *other)
{
    memcpy(greeting->version, other->version, sizeof(greeting->version));
}

static void change_id(struct greeting *greeting, const struct greeting *other)
{
    greeting->connection_id = other->connection_id;
}

static void change_salt(struct greeting *greeting, const struct greeting *other)
{
    memcpy(greeting->auth_data, other->auth_data, sizeof(greeting->auth_data));
    greeting->auth_data_length = other->auth_data_length;
}

static void change_lower(struct greeting *greeting, const struct greeting *other)
{
    greeting->capabilities &= 0xffff0000;
    greeting->capabilities |= other->capabilities & 0xffff;
}

static void change_upper(struct greeting *greeting, const struct greeting *other)
{
    greeting->capabilities &= 0xffff;
    greeting->capabilities |= other->capabilities & 0xffff0000;
}

static void change_mariadb(struct greeting *greeting, const struct greeting *other)
{
    greeting->mariadb_capabilities = other->mariadb_capabilities;
}

static void change_charset(struct greeting *greeting, const struct greeting *other)
{
    greeting->charset = other->charset;
}

static void change_status(struct greeting *greeting, const struct greeting *other)
{
    greeting->status = other->status;
}

static void change_plugin(struct greeting *greeting, const struct greeting *other)
{
    memcpy(greeting->auth_plugin, other->auth_plugin, sizeof(greeting->auth_plugin));
}

static void (*const changes[])(struct greeting *greeting, const struct greeting *other) = {
    change_version, change_id,      change_salt,   change_lower,  change_upper,
    change_mariadb, change_charset, change_status, change_plugin,
};

enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

static unsigned certain_claims(const struct greeting *greeting)
{
    unsigned count = 0;
    for (int product = 0; product < PRODUCT_COUNT; product++)
        count += product_claim((enum product)product, greeting).certainty == CERTAINTY_CERTAIN;
    return count;
}

/* What holds of every greeting, and a product that is named is the one whose claim is the best. */
static void check_recognition(const struct greeting *greeting)
{
    struct recognition recognition = product_recognise(greeting);
    struct recognition claim = product_claim(recognition.product, greeting);
    assert_true(certain_claims(greeting) <= 1);
    assert_int_equal(recognition.certainty, claim.certainty);
    assert_int_equal(recognition.signs, claim.signs);
    assert_int_equal(recognition.product == PRODUCT_UNKNOWN, recognition.signs == 0);
    for (int product = 0; product < PRODUCT_COUNT; product++)
        assert_true(product_claim((enum product)product, greeting).certainty <=
                    recognition.certainty);
}

/* Two fields of a sample as two others have them: all second changes, and a ninth of the first. */
static void no_greeting_is_certain_to_be_two_products(void **state)
{
    (void)state;
    size_t pairs = greeting_count * greeting_count;
    for (size_t i = 0; i < greeting_count * pairs; i++) {
        struct greeting one = greetings[i / pairs].greeting;
        changes[i % CHANGES](&one, &greetings[i % pairs / greeting_count].greeting);
        for (size_t second = 0; second < CHANGES; second++) {
            struct greeting two = one;
            changes[second](&two, &greetings[i % greeting_count].greeting);
            check_recognition(&two);
        }
    }
}

static void each_change_alone_is_tried(void **state)
{
    (void)state;
    for (size_t i = 0; i < greeting_count * greeting_count * CHANGES; i++) {
        struct greeting greeting = greetings[i / CHANGES % greeting_count].greeting;
        changes[i % CHANGES](&greeting, &greetings[i / CHANGES / greeting_count].greeting);
        check_recognition(&greeting);
    }
}

/* The administrator's version string, or the one that a proxy copies. */
static void another_version_string_changes_no_product(void **state)
{
    (void)state;
    for (size_t i = 0; i < greeting_count * greeting_count; i++) {
        struct greeting greeting = greetings[i % greeting_count].greeting;
        enum product before = product_recognise(&greeting).product;
        change_version(&greeting, &greetings[i / greeting_count].greeting);
        assert_int_equal(product_recognise(&greeting).product, before);
        assert_true(product_recognise(&greeting).certainty >= CERTAINTY_LIKELY ||
                    before == PRODUCT_UNKNOWN);
    }
}

static void the_version_string_alone_makes_no_product(void **state)
{
    (void)state;
    for (size_t i = 0; i < greeting_count; i++) {
        struct greeting greeting = {0};
        change_version(&greeting, &greetings[i].greeting);
        assert_int_equal(product_recognise(&greeting).product, PRODUCT_UNKNOWN);
        for (int product = 0; product < PRODUCT_COUNT; product++)
            assert_int_equal(product_claim((enum product)product, &greeting).certainty,
                             CERTAINTY_NONE);
    }
}

/* ---- what one sign does ---- */

static void check_certainty(const struct greeting *greeting, enum product product,
                            enum certainty certainty, uint32_t against)
{
    struct recognition recognition = product_recognise(greeting);
    assert_int_equal(recognition.product, product);
    assert_int_equal(recognition.certainty, certainty);
    assert_int_equal(recognition.against, against);
}

static void the_constant_salt_is_enough_for_an_obproxy(void **state)
{
    (void)state;
    struct greeting greeting = {0};
    struct greeting proxy = greeting_of("obproxy-4.3");
    change_salt(&greeting, &proxy);
    check_certainty(&greeting, PRODUCT_OCEANBASE_PROXY, CERTAINTY_CERTAIN, 0);
    greeting.auth_data_length = 19;
    check_certainty(&greeting, PRODUCT_UNKNOWN, CERTAINTY_NONE, 0);
}

static void the_constant_salt_in_a_servers_greeting_makes_nothing_certain(void **state)
{
    (void)state;
    static const char *const servers[] = {"mysql-9.7", "mysql-5.6", "mariadb-10.11-plain",
                                          "observer-4", "mariadb-11.4"};
    struct greeting proxy = greeting_of("obproxy-4.3");
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        struct greeting greeting = greeting_of(servers[i]);
        enum product server = product_recognise(&greeting).product;
        change_salt(&greeting, &proxy);
        assert_int_equal(product_recognise(&greeting).product, PRODUCT_OCEANBASE_PROXY);
        assert_int_equal(product_recognise(&greeting).certainty, CERTAINTY_LIKELY);
        assert_true(product_recognise(&greeting).against != 0);
        assert_int_equal(product_claim(server, &greeting).certainty, CERTAINTY_LIKELY);
    }
}

static void the_connection_id_and_the_flags_split_observer_from_proxy(void **state)
{
    (void)state;
    struct greeting greeting = greeting_of("obproxy-3.1");
    greeting.auth_data[0] = 'b';
    check_certainty(&greeting, PRODUCT_OCEANBASE_PROXY, CERTAINTY_LIKELY, 0);
    greeting.connection_id = 0x80000000;
    check_certainty(&greeting, PRODUCT_OCEANBASE_OBSERVER, CERTAINTY_LIKELY, 0);
    greeting.capabilities |= 0x10000000;
    check_certainty(&greeting, PRODUCT_OCEANBASE_OBSERVER, CERTAINTY_CERTAIN, 0);
    greeting.connection_id = 0x7fffffff;
    check_certainty(&greeting, PRODUCT_OCEANBASE_OBSERVER, CERTAINTY_LIKELY, 0);
    greeting.capabilities |= CLIENT_MULTI_STATEMENTS;
    check_certainty(&greeting, PRODUCT_OCEANBASE_OBSERVER, CERTAINTY_POSSIBLE, S(MULTI_STATEMENTS));
}

/* An OBProxy 4.x and MaxScale offer the same flags. */
static void the_status_splits_maxscale_from_obproxy(void **state)
{
    (void)state;
    struct greeting greeting = greeting_of("maxscale-22");
    strcpy(greeting.version, "5.7.44");
    check_certainty(&greeting, PRODUCT_MAXSCALE, CERTAINTY_LIKELY, 0);
    greeting.status = 0;
    check_certainty(&greeting, PRODUCT_OCEANBASE_PROXY, CERTAINTY_LIKELY, 0);
    greeting.status = 1;
    check_certainty(&greeting, PRODUCT_UNKNOWN, CERTAINTY_NONE, 0);
}

static void an_empty_greeting_is_unknown(void **state)
{
    (void)state;
    struct greeting greeting = {0};
    check_certainty(&greeting, PRODUCT_UNKNOWN, CERTAINTY_NONE, 0);
    assert_string_equal(product_version(&greeting), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_alone_is_tried),
        cmocka_unit_test(no_greeting_is_certain_to_be_two_products),
        cmocka_unit_test(another_version_string_changes_no_product),
        cmocka_unit_test(the_version_string_alone_makes_no_product),
        cmocka_unit_test(the_constant_salt_is_enough_for_an_obproxy),
        cmocka_unit_test(the_constant_salt_in_a_servers_greeting_makes_nothing_certain),
        cmocka_unit_test(the_connection_id_and_the_flags_split_observer_from_proxy),
        cmocka_unit_test(the_status_splits_maxscale_from_obproxy),
        cmocka_unit_test(an_empty_greeting_is_unknown),
    };
    return cmocka_run_group_tests(tests, greetings_read, NULL);
}
