/* Where passwords may stand in a text, and how it is shown without them. */
#include "probe/input/conceal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void parts_are_concealed(void **state)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"db1:2883", "db1:2883"},
        {"[::1]:2883", "[::1]:2883"},
        {"/run/mysqld.sock", "/run/mysqld.sock"},
        {"mysql://app@db1/x", "mysql://app@db1/x"},
        {"mysql://app:pw@db1/x", "mysql://app:***@db1/x"},
        {"mysql://app:p@w:x@db1/x", "mysql://app:***@db1/x"},
        {"mysql://app:p/w?x@db1/x", "mysql://app:***@db1/x"},
        {"app:pw@db1", "app:***@db1"},
        {"mysql://app:pw", "mysql://app:***"},
        {"mysql://root@sys:pw", "mysql://root@sys:***"},
        {"root@sys:pw", "root@sys:***"},
        {"root@sys#ob:pw", "root@sys#ob:***"},
        {"app@db1:2883", "app@db1:2883"},
        {"app@tcp(db1:3306)/x", "app@tcp(db1:3306)/x"},
        {"app@[::1]:3306", "app@[::1]:3306"},
        {"mysql://app:pw/x", "mysql://app:***/x"},
        {"mysql://db1:2883/x", "mysql://db1:2883/x"},
        {"mysql://db1:1,db2:2/x", "mysql://db1:1,db2:2/x"},
        {"mysql://[::1]:1/x", "mysql://[::1]:1/x"},
        {"app:pw@tcp(db1)/x", "app:***@tcp(db1)/x"},
        {"mysql:/app:pw@db1", "mysql:***@db1"},
        {"jdbc:mysql://db1/x?user=u&password=pw", "jdbc:mysql://db1/x?user=u&password=***"},
        {"jdbc:mysql://db1/x?password=p=w&user=u", "jdbc:mysql://db1/x?password=***&user=u"},
        {"jdbc:mysql://db1/x?PassWord=pw", "jdbc:mysql://db1/x?PassWord=***"},
        {"jdbc:mysql://db1/x?trustStorePassword=pw", "jdbc:mysql://db1/x?trustStorePassword=***"},
        {"jdbc:mysql://db1/x?pass%77ord=pw", "jdbc:mysql://db1/x?pass%77ord=***"},
        {"jdbc:mysql://db1/x?token=pw&pwd=pw", "jdbc:mysql://db1/x?token=***&pwd=***"},
        {"jdbc:mysql://db1/x?user=root@sys#c", "jdbc:mysql://db1/x?user=root@sys#c"},
        {"jdbc:mysql://db1:1/x?user=root@sys&password=pw",
         "jdbc:mysql://db1:1/x?user=root@sys&password=***"},
        {"address=(host=h)(password=p,w)(port=1)", "address=(host=h)(password=***)(port=1)"},
        {"(host=h,password=pw,port=1)", "(host=h,password=***)"},
        {"db\x1b[1", "db?[1"},
        {"password=", "password="},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char shown[128];
        conceal_copy(rows[i].text, rows[i].text + strlen(rows[i].text), shown, sizeof shown);
        assert_string_equal(shown, rows[i].shown);
    }
}

static void a_long_text_loses_its_begin(void **state)
{
    char text[5000], shown[32];
    (void)state;
    memset(text, 'a', sizeof text);
    strcpy(text + sizeof text - 22, "?password=s3cret&b=c");
    conceal_copy(text, text + strlen(text), shown, sizeof shown);
    assert_string_equal(shown, "...aaaaaaaaaaa?password=***&b=c");
    conceal_copy(text, text, shown, sizeof shown);
    assert_string_equal(shown, "");
}

/* More than there is room for: everything from the first on. */
static void very_many_are_all_concealed(void **state)
{
    char text[4000] = "?", shown[64];
    (void)state;
    for (int i = 0; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "password=secret%d&", i);
    conceal_copy(text, text + strlen(text), shown, sizeof shown);
    assert_null(strstr(shown, "secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_concealed),
        cmocka_unit_test(a_long_text_loses_its_begin),
        cmocka_unit_test(very_many_are_all_concealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
