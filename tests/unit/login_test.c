#include "probe/input/login.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NONE "(none)"

/* What an OBProxy makes of a name: user, tenant, cluster and its id, the separator of three parts.
 */
static const struct {
    const char *name;
    const char *user, *tenant, *cluster, *id;
    char separator;
    const char *anonymous, *at_obproxy; /* "": the same */
} rows[] = {
    {NULL, "", NONE, NONE, NONE, 0, ANONYMOUS_USER, ""},
    {"", "", NONE, NONE, NONE, 0, ANONYMOUS_USER, ""},
    {"app", "app", NONE, NONE, NONE, 0, ANONYMOUS_USER, ""},
    {"app@sys", "app", "sys", NONE, NONE, 0, ANONYMOUS_USER "@sys", ""},
    {"app@sys#ob", "app", "sys", "ob", NONE, 0, ANONYMOUS_USER "@sys#ob", ""},
    {"app@sys#ob:7", "app", "sys", "ob", "7", 0, ANONYMOUS_USER "@sys#ob:7", ""},
    {"app#ob", "app", NONE, "ob", NONE, 0, ANONYMOUS_USER "#ob", ""},
    {"app#ob:7", "app", NONE, "ob", "7", 0, ANONYMOUS_USER "#ob:7", ""},
    {"root@proxysys", "root", "proxysys", NONE, NONE, 0, ANONYMOUS_USER "@proxysys", ""},
    /* Neither proxy nor observer looks further than the first '@'. */
    {"a@b@sys#ob", "a", "b@sys", "ob", NONE, 0, ANONYMOUS_USER "@b@sys#ob", ""},
    {"@sys#ob", "", "sys", "ob", NONE, 0, ANONYMOUS_USER "@sys#ob", ""},
    {"app@", "app", "", NONE, NONE, 0, ANONYMOUS_USER "@", ""},
    {"app@#", "app", "", "", NONE, 0, ANONYMOUS_USER "@#", ""},
    {"@", "", "", NONE, NONE, 0, ANONYMOUS_USER "@", ""},
    {"#", "", NONE, "", NONE, 0, ANONYMOUS_USER "#", ""},
    {"app@sys#ob#2", "app", "sys", "ob#2", NONE, 0, ANONYMOUS_USER "@sys#ob#2", ""},
    /* Three parts, in the order of the separators and not in that of the text. */
    {"ob:sys:app", "app", "sys", "ob", NONE, ':', ANONYMOUS_USER, ANONYMOUS_USER "@sys#ob"},
    {"a-b-c", "c", "b", "a", NONE, '-', ANONYMOUS_USER, ANONYMOUS_USER "@b#a"},
    {"svc.pay.rw", "rw", "pay", "svc", NONE, '.', ANONYMOUS_USER, ANONYMOUS_USER "@pay#svc"},
    {"a.b.c-d-e", "e", "d", "a.b.c", NONE, '-', ANONYMOUS_USER, ANONYMOUS_USER "@d#a.b.c"},
    {"ob-sys-app:7", "app", "sys", "ob", "7", '-', ANONYMOUS_USER, ANONYMOUS_USER "@sys#ob:7"},
    {"ob-sys-app-7", "app", "sys", "ob", "7", '-', ANONYMOUS_USER, ANONYMOUS_USER "@sys#ob:7"},
    {"a:b-c", "a:b-c", NONE, NONE, NONE, 0, ANONYMOUS_USER, ""},
    {"a-b", "a-b", NONE, NONE, NONE, 0, ANONYMOUS_USER, ""},
    {"--", "", "", "", NONE, '-', ANONYMOUS_USER, ANONYMOUS_USER "@#"},
    {"a-b-c@sys", "a-b-c", "sys", NONE, NONE, 0, ANONYMOUS_USER "@sys", ""},
    {"a-b-c#ob", "a-b-c", NONE, "ob", NONE, 0, ANONYMOUS_USER "#ob", ""},
    {"a_b_c", "a_b_c", NONE, NONE, NONE, 0, ANONYMOUS_USER, ""},
};

static void assert_slice(struct slice slice, const char *text)
{
    bool none = strcmp(text, NONE) == 0;
    assert_int_equal(!slice.at, none);
    assert_int_equal(slice.length, none ? 0 : strlen(text));
    assert_memory_equal(none ? "" : slice.at, none ? "" : text, slice.length);
}

static void a_login_name_is_what_an_obproxy_takes_it_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct login_name name = login_name_read(rows[i].name ? rows[i].name : "");
        print_message("  %s\n", rows[i].name ? rows[i].name : NONE);
        assert_slice(name.user, rows[i].user);
        assert_slice(name.tenant, rows[i].tenant);
        assert_slice(name.cluster, rows[i].cluster);
        assert_slice(name.cluster_id, rows[i].id);
        assert_int_equal(name.separator, rows[i].separator);
    }
}

static void tenant_and_cluster_go_with_the_anonymous_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *at_obproxy = *rows[i].at_obproxy ? rows[i].at_obproxy : rows[i].anonymous;
        char name[LOGIN_ANONYMOUS];
        memset(name, 'x', sizeof(name));
        print_message("  %s\n", rows[i].name ? rows[i].name : NONE);
        anonymous_user(rows[i].name, false, name);
        assert_string_equal(name, rows[i].anonymous);
        anonymous_user(rows[i].name, true, name);
        assert_string_equal(name, at_obproxy);
    }
}

static void proxysys_is_the_tenant_of_that_very_name(void **state)
{
    static const struct {
        const char *name;
        bool is;
    } names[] = {
        {"root@proxysys", true},      {"root@proxysys#ob", true}, {"ob:proxysys:root", true},
        {"proxysys", false},          {"root@proxysys2", false},  {"root@proxy", false},
        {"root@sys#proxysys", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct login_name name = login_name_read(names[i].name);
        print_message("  %s\n", names[i].name);
        assert_int_equal(login_name_is_proxysys(&name), names[i].is);
    }
}

static void assert_inside(struct slice part, const char *text)
{
    if (part.at)
        assert_in_range(part.at - text, 0, strlen(text));
    assert_true(part.length == 0 || slice_end(part) <= text + strlen(text));
}

/* All names of up to six bytes over the bytes that mean something. */
static void every_name_is_taken_apart_within_its_bounds(void **state)
{
    static const char alphabet[] = "a@#:-.";
    enum { LETTERS = sizeof(alphabet) - 1, LONGEST = 6 };
    unsigned names = 1;
    (void)state;
    for (unsigned length = 1; length <= LONGEST; length++) {
        char text[LONGEST + 1] = "", name[LOGIN_ANONYMOUS];
        names *= LETTERS;
        for (unsigned i = 0; i < names; i++) {
            unsigned rest = i;
            for (unsigned at = 0; at < length; at++, rest /= LETTERS)
                text[at] = alphabet[rest % LETTERS];
            struct login_name parts = login_name_read(text);
            assert_inside(parts.user, text);
            assert_inside(parts.tenant, text);
            assert_inside(parts.cluster, text);
            assert_inside(parts.cluster_id, text);
            assert_true(parts.user.length + parts.tenant.length + parts.cluster.length +
                            parts.cluster_id.length <=
                        length);
            anonymous_user(text, true, name);
            assert_in_range(strlen(name), strlen(ANONYMOUS_USER), strlen(ANONYMOUS_USER) + length);
        }
    }
}

/* Whole, where the user's name is all tenant. */
static void the_longest_name_fits(void **state)
{
    (void)state;
    enum { OWN = sizeof(ANONYMOUS_USER) - 1, LONGEST = LOGIN_USER - 1 };
    char user[LOGIN_USER], name[LOGIN_ANONYMOUS], three[LOGIN_USER];
    memset(user, 't', LONGEST);
    user[0] = '@';
    user[LONGEST] = '\0';
    anonymous_user(user, true, name);
    assert_int_equal(strlen(name), OWN + LONGEST);
    assert_memory_equal(name, ANONYMOUS_USER, OWN);
    assert_string_equal(name + OWN, user);
    memcpy(three, user, sizeof(three));
    three[0] = '-', three[1] = '-';
    anonymous_user(three, true, name);
    assert_string_equal(name, ANONYMOUS_USER "@#");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_name_is_what_an_obproxy_takes_it_for),
        cmocka_unit_test(proxysys_is_the_tenant_of_that_very_name),
        cmocka_unit_test(tenant_and_cluster_go_with_the_anonymous_name),
        cmocka_unit_test(every_name_is_taken_apart_within_its_bounds),
        cmocka_unit_test(the_longest_name_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
