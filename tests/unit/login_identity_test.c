/* Which logins are the same, told by their identities alone. */
#include "probe/run/login_identity.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct identity_key key;

static int make_key(void **state)
{
    (void)state;
    return identity_key_new(&key);
}

struct words {
    const char *user;
    const char *password; /* NULL: none */
};

static struct login_identity identity_under(const struct identity_key *under,
                                            const struct words *words)
{
    struct secret *secret = NULL;
    struct login_identity identity;
    memset(&identity, 'x', sizeof identity);
    if (words->password)
        assert_int_equal(secret_new(words->password, strlen(words->password), &secret), 0);
    struct login login = {.user = words->user, .secret = secret};
    assert_int_equal(login_identify(under, &login, &identity), 0);
    secret_free(secret);
    return identity;
}

static void logins_are_told_apart_by_user_and_password(void **state)
{
    static const struct {
        const char *what;
        struct words a, b;
        bool same;
    } rows[] = {
        {"the same words in other places", {"app", "s3cret"}, {"app", "s3cret"}, true},
        {"another password", {"app", "s3cret"}, {"app", "s3creT"}, false},
        {"another user", {"app", "s3cret"}, {"App", "s3cret"}, false},
        {"a longer password", {"app", "s3cret"}, {"app", "s3cret "}, false},
        {"the border between them", {"app", "s3cret"}, {"apps", "3cret"}, false},
        {"exchanged", {"app", "s3cret"}, {"s3cret", "app"}, false},
        {"empty passwords", {"app", ""}, {"app", ""}, true},
        {"an empty one, and one that is not", {"app", ""}, {"app", "s3cret"}, false},
        {"an empty one, and none", {"app", ""}, {"app", NULL}, false},
        {"no password is the same as nothing", {"app", NULL}, {"app", NULL}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct login_identity a = identity_under(&key, &rows[i].a);
        struct login_identity b = identity_under(&key, &rows[i].b);
        print_message("  %s\n", rows[i].what);
        assert_int_equal(identity_equal(&a, &b), rows[i].same);
        assert_int_equal(identity_equal(&b, &a), rows[i].same);
    }
}

static void of_another_run_they_say_nothing(void **state)
{
    static const struct words words = {"app", "s3cret"};
    struct identity_key other;
    (void)state;
    assert_int_equal(identity_key_new(&other), 0);
    assert_memory_not_equal(&key, &other, sizeof key);
    struct login_identity a = identity_under(&key, &words), b = identity_under(&other, &words);
    assert_false(identity_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logins_are_told_apart_by_user_and_password),
        cmocka_unit_test(of_another_run_they_say_nothing),
    };
    return cmocka_run_group_tests(tests, make_key, NULL);
}
