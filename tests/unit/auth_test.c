#include "proto/auth.h"
#include "proto/reply.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name;
    size_t login_length;
    size_t switch_length;
} rows[] = {
    {"mysql_native_password", 0, 20},
    {"caching_sha2_password", 0, 0},
    {"sha256_password", 0, 0},
    {"client_ed25519", 64, 64},
    {"mysql_old_password", 0, 9},
    {"mysql_clear_password", 1, 1},
    {"dialog", 1, 1},
    {"parsec", 1, 1},
    {"auth_gssapi_client", 1, 1},
};

static void each_plugin_has_its_harmless_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct auth_plugin *plugin = auth_plugin_find(rows[i].name);
        assert_string_equal(plugin->name, rows[i].name);
        assert_int_equal(plugin->login_length, rows[i].login_length);
        assert_int_equal(plugin->switch_length, rows[i].switch_length);
    }
}

static void an_unknown_plugin_gets_the_last_row(void **state)
{
    (void)state;
    size_t count;
    const struct auth_plugin *all = auth_plugins(&count);
    assert_int_equal(count, sizeof(rows) / sizeof(rows[0]) + 1);
    assert_ptr_equal(auth_plugin_find("nobody_knows"), &all[count - 1]);
    assert_ptr_equal(auth_plugin_find(""), &all[count - 1]);
    assert_null(all[count - 1].name);
}

static void every_answer_and_name_fits(void **state)
{
    (void)state;
    size_t count;
    const struct auth_plugin *all = auth_plugins(&count);
    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].login_length <= HARMLESS_ANSWER_MAX);
        assert_true(all[i].switch_length <= HARMLESS_ANSWER_MAX);
        assert_true(!all[i].name || strlen(all[i].name) < PLUGIN_NAME);
    }
}

static void the_old_switch_means_a_plugin_of_the_table(void **state)
{
    (void)state;
    struct reply reply;
    assert_int_equal(reply_parse((const uint8_t *)"\x01\0\0\x02\xfe", 5, &reply), PARSE_OK);
    assert_string_equal(reply.plugin, AUTH_OLD_PASSWORD);
    assert_string_equal(auth_plugin_find(reply.plugin)->name, AUTH_OLD_PASSWORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_plugin_has_its_harmless_lengths),
        cmocka_unit_test(an_unknown_plugin_gets_the_last_row),
        cmocka_unit_test(every_answer_and_name_fits),
        cmocka_unit_test(the_old_switch_means_a_plugin_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
