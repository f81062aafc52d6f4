#include "proto/product.h"
#include "tests/unit/samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct greeting greeting_of(const char *name)
{
    struct opening opening = {0};
    const struct sample *from = sample(name);
    assert_int_equal(opening_parse(from->bytes, from->length, &opening), PARSE_OK);
    return opening.greeting;
}

static const struct {
    const char *sample;
    enum product product;
    const char *version;
    bool constant_salt;
} rows[] = {
    {"mariadb-10.11-plain", PRODUCT_MARIADB, "10.11.19-MariaDB-0+deb12u1", false},
    {"mariadb-10.11-tls", PRODUCT_MARIADB, "10.11.19-MariaDB-0+deb12u1", false},
    {"mysql-9.7", PRODUCT_MYSQL, "9.7.4-2", false},
    {"mysql-5.6", PRODUCT_MYSQL, "5.6.24", false},
    {"mysql-5.7-autocommit-off", PRODUCT_MYSQL, "5.7.44", false},
    {"obproxy-4.3", PRODUCT_OCEANBASE_PROXY, "5.6.25", true},
    {"obproxy-3.1", PRODUCT_OCEANBASE_PROXY, "5.6.25", true},
    {"obproxy-4.3-scramble", PRODUCT_OCEANBASE_PROXY, "5.7.25-OceanBase-v4.2.1.0", false},
    {"observer-4", PRODUCT_OCEANBASE_OBSERVER, "5.7.25", false},
    {"proxysql-2", PRODUCT_PROXYSQL, "8.0.11", false},
    {"maxscale-22", PRODUCT_MAXSCALE, "10.2.12 22.08.4-maxscale", false},
    {"mysql-router-8.0", PRODUCT_MYSQL_ROUTER, "8.0.36-router", false},
    {"tidb-8.5", PRODUCT_TIDB, "8.0.11-TiDB-v8.5.1", false},
    {"manticore-6", PRODUCT_SPHINX, "6.3.6 593045790@24080214", false},
    {"short-form", PRODUCT_UNKNOWN, "3.22.32", false},
};

static void each_greeting_names_its_product(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct greeting greeting = greeting_of(rows[i].sample);
        print_message("  %s\n", rows[i].sample);
        assert_int_equal(product_recognise(&greeting), rows[i].product);
        assert_string_equal(product_version(&greeting), rows[i].version);
        assert_int_equal(greeting_has_constant_salt(&greeting), rows[i].constant_salt);
    }
}

static void the_version_string_alone_proves_no_oceanbase(void **state)
{
    (void)state;
    struct greeting greeting = greeting_of("mysql-5.6");
    strcpy(greeting.version, "5.7.25-OceanBase-v4.2.1.0");
    assert_int_equal(product_recognise(&greeting), PRODUCT_MYSQL);
}

static void the_constant_salt_alone_proves_obproxy(void **state)
{
    (void)state;
    struct greeting greeting = greeting_of("mysql-9.7");
    memcpy(greeting.auth_data, "aaaaaaaabbbbbbbbbbbb", 20);
    assert_int_equal(product_recognise(&greeting), PRODUCT_OCEANBASE_PROXY);
    greeting.auth_data_length = 19;
    assert_int_equal(product_recognise(&greeting), PRODUCT_MYSQL);
}

static void a_connection_id_above_2_31_is_an_observers(void **state)
{
    (void)state;
    struct greeting greeting = greeting_of("obproxy-4.3-scramble");
    greeting.connection_id = 0x80000000;
    assert_int_equal(product_recognise(&greeting), PRODUCT_OCEANBASE_OBSERVER);
}

static void a_mariadb_under_another_name_shows_its_capabilities(void **state)
{
    (void)state;
    struct greeting greeting = greeting_of("mariadb-10.11-plain");
    strcpy(greeting.version, "11.4.2-db");
    assert_int_equal(product_recognise(&greeting), PRODUCT_MARIADB);
}

static void an_empty_greeting_is_unknown(void **state)
{
    (void)state;
    struct greeting greeting = {0};
    assert_int_equal(product_recognise(&greeting), PRODUCT_UNKNOWN);
    assert_string_equal(product_version(&greeting), "");
}

static void mysqls_own_5_5_5_keeps_its_prefix(void **state)
{
    (void)state;
    struct greeting greeting = {.version = "5.5.5-m3"};
    assert_string_equal(product_version(&greeting), "5.5.5-m3");
}

static void every_product_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < PRODUCT_COUNT; i++) {
        assert_true(strlen(product_name((enum product)i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(product_name((enum product)i), product_name((enum product)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_greeting_names_its_product),
        cmocka_unit_test(the_version_string_alone_proves_no_oceanbase),
        cmocka_unit_test(the_constant_salt_alone_proves_obproxy),
        cmocka_unit_test(a_connection_id_above_2_31_is_an_observers),
        cmocka_unit_test(a_mariadb_under_another_name_shows_its_capabilities),
        cmocka_unit_test(an_empty_greeting_is_unknown),
        cmocka_unit_test(mysqls_own_5_5_5_keeps_its_prefix),
        cmocka_unit_test(every_product_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, samples_read, NULL);
}
