#include "probe/input/login.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *user;
    const char *anonymous;
} rows[] = {
    {NULL, ANONYMOUS_USER},
    {"", ANONYMOUS_USER},
    {"app", ANONYMOUS_USER},
    {"app@sys", ANONYMOUS_USER "@sys"},
    {"app@sys#obcluster", ANONYMOUS_USER "@sys#obcluster"},
    {"app#obcluster", ANONYMOUS_USER "#obcluster"},
    /* The user itself may hold '@': the tenant is behind the last one. */
    {"a@b@sys#obcluster", ANONYMOUS_USER "@sys#obcluster"},
    {"a@b.example@sys", ANONYMOUS_USER "@sys"},
    {"@sys", ANONYMOUS_USER "@sys"},
    {"@sys#obcluster", ANONYMOUS_USER "@sys#obcluster"},
    {"#obcluster", ANONYMOUS_USER "#obcluster"},
    {"app@", ANONYMOUS_USER "@"},
    {"app@#", ANONYMOUS_USER "@#"},
    {"@", ANONYMOUS_USER "@"},
    {"#", ANONYMOUS_USER "#"},
    /* What is behind the first '#' is the cluster's, whatever it holds. */
    {"app#ob@cluster", ANONYMOUS_USER "#ob@cluster"},
    {"app@sys#ob@cluster#2", ANONYMOUS_USER "@sys#ob@cluster#2"},
    {"app:sys", ANONYMOUS_USER},
};

static void tenant_and_cluster_go_with_the_anonymous_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[LOGIN_ANONYMOUS];
        memset(name, 'x', sizeof(name));
        print_message("  %s\n", rows[i].user ? rows[i].user : "(none)");
        anonymous_user(rows[i].user, name);
        assert_string_equal(name, rows[i].anonymous);
    }
}

/* Whole, where the user's name is all tenant. */
static void the_longest_name_fits(void **state)
{
    (void)state;
    enum { OWN = sizeof(ANONYMOUS_USER) - 1, LONGEST = LOGIN_USER - 1 };
    char user[LOGIN_USER], name[LOGIN_ANONYMOUS];
    memset(user, 't', LONGEST);
    user[0] = '@';
    user[LONGEST] = '\0';
    anonymous_user(user, name);
    assert_int_equal(strlen(name), OWN + LONGEST);
    assert_memory_equal(name, ANONYMOUS_USER, OWN);
    assert_string_equal(name + OWN, user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tenant_and_cluster_go_with_the_anonymous_name),
        cmocka_unit_test(the_longest_name_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
