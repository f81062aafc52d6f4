/* Logins with a password, from the greeting to COM_QUIT. */
#include "tests/unit/exchange_login_play.h"

#define VERIFIED .secrecy = SECRECY_VERIFIED

static const struct login_row chains[] = {
    {"each switch is answered, each in its own way",
     {APP, VERIFIED},
     "mariadb-10.11-plain switch:mysql_native_password switch:mysql_clear_password@4 "
     "switch:caching_sha2_password@6 ok@8 " ROWS,
     "done: greeted credentials proof_sent " ACCEPTED " login_sent logged_in switches=3",
     "app[native:maria]@1 native:letters@3 password@5 sha2:letters@7" QUIT},
    {"switches do not go on for ever",
     {APP},
     "mariadb-10.11-plain switch:mysql_native_password switch:mysql_native_password@4 "
     "switch:mysql_native_password@6 switch:mysql_native_password@8 "
     "switch:mysql_native_password@10",
     "done: greeted credentials proof_sent login_sent reply_bad switches=4",
     "app[native:maria]@1 native:letters@3 native:letters@5 native:letters@7 native:letters@9 "
     "20@11"},
    {"nor do questions",
     {APP, .may_fetch_key = true},
     "mysql-9.7 " FULL " key:garbage@4 " FULL "@6 key:2048@8 " FULL "@10",
     "done: greeted credentials proof_sent full_authentication public_key_asked login_sent "
     "reply_bad mores=4 refused=key-bad",
     "app[sha2:mysql]@1 key-2@3 1@5 1@7 1@9"},
    {"a switch out of sequence is told nothing",
     {APP, VERIFIED},
     "mariadb-10.11-plain switch:mysql_clear_password@3",
     "done: greeted credentials proof_sent login_sent reply_bad wrong_sequence",
     "app[native:maria]@1"},
    {"OK out of sequence lets nobody in",
     {APP},
     "mariadb-10.11-plain ok@3",
     "done: greeted credentials proof_sent login_sent reply_bad wrong_sequence",
     "app[native:maria]@1"},
};

static const struct login_row fields[] = {
    {"a salt of 8 bytes is of a scramble that is not spoken",
     {APP},
     "short-form err-without-marker",
     "done: greeted credentials login_sent error=1043 refused=not-spoken",
     "app@1"},
    {"the old login names the database",
     {APP, .database = "shop"},
     "short-form err-without-marker",
     "done: greeted credentials login_sent error=1043 refused=not-spoken",
     "app/shop@1"},
    {"a database",
     {APP, .database = "shop"},
     "mariadb-10.11-plain ok " ROWS,
     "done: greeted credentials proof_sent " ACCEPTED " login_sent logged_in",
     "app/shop[native:maria]@1" QUIT},
    {"which the server takes not in the login",
     {APP, .database = "shop"},
     "x:310000000a t:8.0 x:0001000000 t:abcdefgh x:0001a2210200000015 x:00000000000000000000 "
     "t:ijklmnopqrst x:00 ok " ROWS,
     "done: greeted credentials proof_sent " ACCEPTED " login_sent logged_in",
     "app[native:letters]@1" QUIT},
    {"in clear an anonymous login names none",
     {APP, .database = "shop", .withheld = WITHHELD_REJECTED},
     "mariadb-10.11-plain err-1045",
     "done: greeted login_sent error=1045 withheld=rejected",
     "obprobe_nobody[]@1"},
    {"a user without a password is nobody",
     {.user = USER, .database = "shop", .anonymous_user = ANONYMOUS_USER "@sys"},
     "mariadb-10.11-plain err-1045",
     "done: greeted login_sent error=1045",
     "obprobe_nobody@sys[]@1"},
};

static const struct login_row statements[] = {
    {"an ERR to the statement: the session ends in order",
     {APP},
     "mariadb-10.11-plain ok err-1820",
     "done: greeted credentials proof_sent statement_sent login_sent logged_in error=1820",
     "app[native:maria]@1" QUIT},
    {"an OK is no set",
     {APP},
     "mariadb-10.11-plain ok ok-to-statement",
     "done: greeted credentials proof_sent statement_sent login_sent logged_in reply_bad",
     "app[native:maria]@1" QUIT},
    {"no file is ever sent",
     {APP},
     "mariadb-10.11-plain ok local-infile",
     "done: greeted credentials proof_sent statement_sent login_sent logged_in reply_bad",
     "app[native:maria]@1" QUIT},
    {"garbage",
     {APP},
     "mariadb-10.11-plain ok t:HTT",
     "done: greeted credentials proof_sent statement_sent login_sent logged_in reply_bad",
     "app[native:maria]@1" QUIT},
    {"half a set at the end of the time",
     {APP},
     "mariadb-10.11-plain ok x:0100000101",
     "statement: greeted credentials proof_sent statement_sent login_sent logged_in",
     "app[native:maria]@1" QUIT},
};

LOGIN_ROWS_TEST(chains_end, chains)
LOGIN_ROWS_TEST(the_login_packet_has_what_the_server_takes, fields)
LOGIN_ROWS_TEST(whatever_the_statement_comes_to_the_session_ends_in_order, statements)

/* ---- the longest ---- */

enum { LONG_USER = LOGIN_USER - 1, LONG_DATABASE = LOGIN_DATABASE - 1 };

static const char *long_text(char letter, size_t length)
{
    static char texts[3][SECRET_MAX + 1];
    char *text = texts[letter % 3];
    memset(text, letter, length);
    text[length] = '\0';
    return text;
}

/* 'a', 'b' and 'c' are user, database and password. */
static struct manner long_manner(size_t password)
{
    return (struct manner){.wish = {.user = long_text('a', LONG_USER),
                                    .database = long_text('b', LONG_DATABASE),
                                    .password = long_text('c', password),
                                    .secrecy = SECRECY_VERIFIED}};
}

static void the_longest_names_and_password_fit(void **state)
{
    (void)state;
    struct played played;
    struct manner manner = long_manner(SECRET_MAX);
    play_in_all_pieces("mariadb-10.11-plain switch:mysql_clear_password err-1045@4", &manner,
                       &played);
    check_facts(&played, "done: greeted credentials proof_sent login_sent switches=1 error=1045");
    assert_non_null(
        memmem(played.output, played.output_length, long_text('a', LONG_USER), LONG_USER + 1));
    assert_non_null(memmem(played.output, played.output_length, long_text('b', LONG_DATABASE),
                           LONG_DATABASE + 1));
    assert_non_null(
        memmem(played.output, played.output_length, long_text('c', SECRET_MAX), SECRET_MAX + 1));
}

/* A key of 2048 bits encrypts 214 bytes, the password's NUL among them. */
static void a_password_that_does_not_fit_the_key_stays_here(void **state)
{
    (void)state;
    struct played played;
    struct manner manner = long_manner(214);
    manner.wish.secrecy = SECRECY_NONE;
    manner.wish.key = &given_key;
    play_in_all_pieces("mysql-9.7 " FULL " err-1045@4", &manner, &played);
    check_facts(&played, "done: greeted credentials proof_sent full_authentication login_sent "
                         "mores=1 error=1045 refused=key-too-small");
}

/* Also of what is still to be sent. */
static void nothing_is_left_of_what_was_not_sent(void **state)
{
    (void)state;
    struct secret *secret = NULL;
    assert_int_equal(secret_new(PASSWORD, strlen(PASSWORD), &secret), 0);
    struct stream server = stream_of("mysql-9.7 " FULL);
    struct login login = {.user = USER, .secret = secret};
    struct exchange_plan plan = {
        .tls_mode = TLS_DISABLED, .secrecy = SECRECY_SOCKET, .login = &login};
    struct exchange_facts facts = {0};
    struct exchange exchange = {0};
    exchange_begin(&exchange, &facts, &plan);
    assert_int_equal(exchange_receive(&exchange, server.bytes, server.length), 0);
    exchange_login(&exchange, WITHHELD_NOT);
    assert_true(facts.full_authentication);
    assert_non_null(memmem(exchange.output, exchange.output_length, PASSWORD, sizeof(PASSWORD)));
    exchange_clear(&exchange);
    assert_null(exchange.output);
    assert_int_equal(exchange.output_length, 0);
    assert_null(memmem(&exchange, sizeof(exchange), PASSWORD, strlen(PASSWORD)));
    assert_null(memmem(&facts, sizeof(facts), PASSWORD, strlen(PASSWORD)));
    secret_free(secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_end),
        cmocka_unit_test(the_login_packet_has_what_the_server_takes),
        cmocka_unit_test(whatever_the_statement_comes_to_the_session_ends_in_order),
        cmocka_unit_test(the_longest_names_and_password_fit),
        cmocka_unit_test(a_password_that_does_not_fit_the_key_stays_here),
        cmocka_unit_test(nothing_is_left_of_what_was_not_sent),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
