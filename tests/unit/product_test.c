#include "tests/unit/greetings.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What each sample is recognised as, and by what. Whatever is not named here claims nothing. */
static const struct row {
    const char *sample;
    enum product product;
    enum certainty certainty;
    uint32_t signs;
    const char *version;
} rows[] = {
    {"mariadb-10.11-plain", PRODUCT_MARIADB, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(COMPRESSION) | S(GAPLESS_CAPABILITIES) |
         S(MARIADB_CAPABILITIES) | S(MARIADB_FLAGS) | S(VERSION_STRING),
     .version = "10.11.19-MariaDB-0+deb12u1"},
    {"mariadb-10.11-tls", PRODUCT_MARIADB, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(COMPRESSION) | S(GAPLESS_CAPABILITIES) |
         S(MARIADB_CAPABILITIES) | S(MARIADB_FLAGS) | S(VERSION_STRING),
     .version = "10.11.19-MariaDB-0+deb12u1"},
    {"mariadb-11.4", PRODUCT_MARIADB, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(COMPRESSION) | S(GAPLESS_CAPABILITIES) |
         S(MARIADB_CAPABILITIES) | S(MARIADB_FLAGS) | S(VERSION_STRING),
     .version = "11.4.2-MariaDB-ubu2404"},
    {"mariadb-10.1", PRODUCT_MARIADB, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(COMPRESSION) | S(MARIADB_PROGRESS_FLAG) |
         S(VERSION_STRING),
     .version = "10.1.48-MariaDB"},
    {"mysql-9.7", PRODUCT_MYSQL, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(CACHING_SHA2_PLUGIN) | S(COMPRESSION) | S(MYSQL_CAPABILITIES) |
         S(GAPLESS_CAPABILITIES),
     .version = "9.7.4-2"},
    {"mysql-5.6", PRODUCT_MYSQL, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(COMPRESSION) | S(MYSQL_CAPABILITIES) | S(GAPLESS_CAPABILITIES),
     .version = "5.6.24"},
    {"mysql-5.7-autocommit-off", PRODUCT_MYSQL, CERTAINTY_CERTAIN,
     S(COMPRESSION) | S(MYSQL_CAPABILITIES) | S(GAPLESS_CAPABILITIES), .version = "5.7.44"},
    {"plugin-without-nul", PRODUCT_MYSQL, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(COMPRESSION) | S(MYSQL_CAPABILITIES) | S(GAPLESS_CAPABILITIES),
     .version = "5.5.8"},
    {"mysql-router-passes-on", PRODUCT_MYSQL, CERTAINTY_LIKELY,
     S(STATUS_AUTOCOMMIT) | S(CACHING_SHA2_PLUGIN) | S(MYSQL_CAPABILITIES), .version = "8.0.36"},
    {"obproxy-4.3", PRODUCT_OCEANBASE_PROXY, CERTAINTY_CERTAIN,
     S(CONSTANT_SALT) | S(STATUS_ZERO) | S(NATIVE_PLUGIN) | S(OCEANBASE_CAPABILITIES) |
         S(MULTI_STATEMENTS) | S(CHARSET),
     .version = "5.6.25"},
    {"obproxy-3.1", PRODUCT_OCEANBASE_PROXY, CERTAINTY_CERTAIN,
     S(CONSTANT_SALT) | S(STATUS_ZERO) | S(NATIVE_PLUGIN) | S(OCEANBASE_CAPABILITIES) | S(CHARSET),
     .version = "5.6.25"},
    {"obproxy-4.3-scramble", PRODUCT_OCEANBASE_PROXY, CERTAINTY_LIKELY,
     S(STATUS_ZERO) | S(NATIVE_PLUGIN) | S(OCEANBASE_CAPABILITIES) | S(MULTI_STATEMENTS) |
         S(CHARSET) | S(VERSION_STRING),
     .version = "5.7.25-OceanBase-v4.2.1.0"},
    {"observer-4", PRODUCT_OCEANBASE_OBSERVER, CERTAINTY_CERTAIN,
     S(STATUS_ZERO) | S(NATIVE_PLUGIN) | S(OCEANBASE_CAPABILITIES) | S(OBSERVER_CAPABILITIES) |
         S(HIGH_CONNECTION_ID) | S(CHARSET),
     .version = "5.7.25"},
    {"seekdb-1", PRODUCT_OCEANBASE_OBSERVER, CERTAINTY_CERTAIN,
     S(STATUS_ZERO) | S(NATIVE_PLUGIN) | S(OCEANBASE_CAPABILITIES) | S(OBSERVER_CAPABILITIES) |
         S(HIGH_CONNECTION_ID) | S(CHARSET),
     .version = "5.7.25"},
    {"proxysql-2", PRODUCT_PROXYSQL, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(PROXYSQL_CAPABILITIES) | S(PROXYSQL_FLAGS) | S(CHARSET),
     .version = "5.5.30"},
    {"proxysql-3", PRODUCT_PROXYSQL, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(PROXYSQL_CAPABILITIES) | S(PROXYSQL_FLAGS) | S(CHARSET),
     .version = "8.0.11"},
    {"maxscale-22", PRODUCT_MAXSCALE, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(MAXSCALE_CAPABILITIES) | S(VERSION_STRING),
     .version = "10.2.12 22.08.4-maxscale"},
    {"maxscale-22-mariadb", PRODUCT_MAXSCALE, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(MARIADB_CAPABILITIES) | S(MAXSCALE_CAPABILITIES),
     .version = "10.6.12-MariaDB-log"},
    {"mysql-router-8.0", PRODUCT_MYSQL_ROUTER, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(CACHING_SHA2_PLUGIN) | S(ZERO_CONNECTION_ID) |
         S(ROUTER_CAPABILITIES) | S(CHARSET) | S(VERSION_STRING),
     .version = "8.0.36-router"},
    {"tidb-8.5", PRODUCT_TIDB, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(TIDB_CAPABILITIES) | S(CHARSET) |
         S(VERSION_STRING),
     .version = "8.0.11-TiDB-v8.5.1"},
    {"tidb-6.5", PRODUCT_TIDB, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(TIDB_CAPABILITIES) | S(CHARSET) |
         S(VERSION_STRING),
     .version = "5.7.25-TiDB-v6.5.0"},
    {"manticore-6", PRODUCT_SPHINX, CERTAINTY_CERTAIN,
     S(STATUS_AUTOCOMMIT) | S(NATIVE_PLUGIN) | S(SPHINX_CAPABILITIES) | S(CHARSET),
     .version = "6.3.6 593045790@24080214"},
    {"short-form", PRODUCT_UNKNOWN, CERTAINTY_NONE, .version = "3.22.32"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void each_greeting_names_its_product(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct greeting greeting = greeting_of(rows[i].sample);
        struct recognition recognition = product_recognise(&greeting);
        print_message("  %s\n", rows[i].sample);
        assert_int_equal(recognition.product, rows[i].product);
        assert_int_equal(recognition.certainty, rows[i].certainty);
        assert_int_equal(recognition.signs, rows[i].signs);
        assert_int_equal(recognition.against, 0);
        assert_string_equal(product_version(&greeting), rows[i].version);
    }
}

static void no_greeting_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(greeting_count, ROWS);
}

static void every_other_recogniser_claims_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct greeting greeting = greeting_of(rows[i].sample);
        for (int product = 0; product < PRODUCT_COUNT; product++) {
            struct recognition claim = product_claim((enum product)product, &greeting);
            bool own = product == (int)rows[i].product;
            print_message("  %s as %s\n", rows[i].sample, product_name((enum product)product));
            assert_int_equal(claim.certainty, own ? rows[i].certainty : CERTAINTY_NONE);
        }
    }
}

/* ---- names ---- */

static void mysqls_own_5_5_5_keeps_its_prefix(void **state)
{
    (void)state;
    struct greeting greeting = {.version = "5.5.5-m3"};
    assert_string_equal(product_version(&greeting), "5.5.5-m3");
}

static void check_names(const char *(*name)(int index), int count)
{
    for (int i = 0; i < count; i++) {
        assert_true(strlen(name(i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name(i), name(j));
    }
}

static const char *product_at(int index)
{
    return product_name((enum product)index);
}

static const char *sign_at(int index)
{
    return greeting_sign_name((enum greeting_sign)index);
}

static const char *certainty_at(int index)
{
    return certainty_name((enum certainty)index);
}

static void every_name_is_another(void **state)
{
    (void)state;
    check_names(product_at, PRODUCT_COUNT);
    check_names(sign_at, SIGN_COUNT);
    check_names(certainty_at, CERTAINTY_CERTAIN + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_greeting_names_its_product),
        cmocka_unit_test(no_greeting_is_left_out),
        cmocka_unit_test(every_other_recogniser_claims_nothing),
        cmocka_unit_test(mysqls_own_5_5_5_keeps_its_prefix),
        cmocka_unit_test(every_name_is_another),
    };
    return cmocka_run_group_tests(tests, greetings_read, NULL);
}
