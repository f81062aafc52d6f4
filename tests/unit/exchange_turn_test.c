/* Logins with a password: inside TLS, when the turn comes or not, and how each state ends. */
#include "tests/unit/exchange_login_play.h"

#define VERIFIED .secrecy = SECRECY_VERIFIED

/* ---- TLS ---- */

static const struct tls_wish preferred = {.mode = TLS_PREFERRED},
                             required = {.mode = TLS_REQUIRED, .unverified = true},
                             verified = {.mode = TLS_VERIFY_IDENTITY},
                             unacceptable = {.mode = TLS_VERIFY_CA,
                                             .unverified = true,
                                             .unacceptable = true},
                             never = {.mode = TLS_REQUIRED, .never = true};

#define SECURED "done: greeted ssl_request_sent secured "
#define WITHIN  "mariadb-10.11-tls | "

static const struct login_row in_tls[] = {
    {"the login is inside, and its sequence goes on",
     {APP, .tls = &required},
     WITHIN "ok@3 " ROWS,
     SECURED "credentials proof_sent " ACCEPTED " login_sent logged_in",
     "ssl@1 app[native:maria-tls]@2" QUIT},
    {"answers to switches go on from there",
     {APP, .tls = &verified},
     WITHIN "switch:mysql_native_password@3 switch:mysql_clear_password@5 ok@7 " ROWS,
     SECURED "credentials proof_sent " ACCEPTED " login_sent logged_in switches=2",
     "ssl@1 app[native:maria-tls]@2 native:letters@4 password@6" QUIT},
    {"TLS that nobody vouches for hides no password sent in clear",
     {APP, .tls = &required},
     WITHIN "switch:mysql_clear_password@3 err-1045@5",
     SECURED "credentials proof_sent login_sent switches=1 error=1045 refused=in-clear",
     "ssl@1 app[native:maria-tls]@2 1@4"},
    {"but full authentication does with it",
     {APP, .tls = &required},
     WITHIN "switch:caching_sha2_password@3 " FULL "@5 ok@7 " ROWS,
     SECURED "credentials proof_sent " ACCEPTED
             " full_authentication login_sent logged_in switches=1 mores=1",
     "ssl@1 app[native:maria-tls]@2 sha2:letters@4 password@6" QUIT},
    {"no key is used inside TLS",
     {APP, .tls = &preferred, .may_fetch_key = true, .key = &given_key},
     WITHIN "switch:sha256_password@3 ok@5 " ROWS,
     SECURED "credentials proof_sent " ACCEPTED " login_sent logged_in switches=1",
     "ssl@1 app[native:maria-tls]@2 password@4" QUIT},
    {"the database stands in it, its flag in the SSLRequest already",
     {APP, .database = "shop", .tls = &required},
     WITHIN "ok@3 " ROWS,
     SECURED "credentials proof_sent " ACCEPTED " login_sent logged_in",
     "ssl@1 app/shop[native:maria-tls]@2" QUIT},
    {"an anonymous login in its place has the same flags",
     {APP, .database = "shop", .tls = &required, .withheld = WITHHELD_WAITED},
     WITHIN "err-1045@3",
     SECURED "login_sent error=1045 withheld=waited",
     "ssl@1 obprobe_nobody/[]@2"},
    {"a judgement that fails: anonymous, and no turn is awaited",
     {APP, .database = "shop", .tls = &unacceptable, .waits = true},
     WITHIN "err-1045@3",
     SECURED "login_sent error=1045 withheld=tls",
     "ssl@1 obprobe_nobody/[]@2"},
    {"without a password nothing is withheld",
     {.tls = &unacceptable},
     WITHIN "err-1045@3",
     SECURED "login_sent error=1045",
     "ssl@1 obprobe_nobody[]@2"},
    {"preferred, and not offered",
     {APP, .tls = &preferred},
     "mariadb-10.11-plain ok " ROWS,
     "done: greeted credentials proof_sent " ACCEPTED " login_sent logged_in",
     "app[native:maria]@1" QUIT},
    {"required, and not offered: no password",
     {APP, .tls = &required},
     "mariadb-10.11-plain err-1045",
     "done: greeted login_sent error=1045 withheld=tls",
     "obprobe_nobody[]@1"},
    {"what comes in clear behind the greeting is not heard inside",
     {APP, .tls = &required},
     "mariadb-10.11-tls ok@3 " ROWS " | err-1045@3",
     SECURED "credentials proof_sent login_sent error=1045",
     "ssl@1 app[native:maria-tls]@2"},
    {"an answer of the sequence outside is out of order",
     {APP, .tls = &required},
     WITHIN "ok@2",
     SECURED "credentials proof_sent login_sent reply_bad wrong_sequence",
     "ssl@1 app[native:maria-tls]@2"},
    {"turned away before TLS",
     {APP, .tls = &required},
     "err-1040 |",
     "done: error_in_greeting error=1040",
     ""},
};

/* ---- the turn ---- */

static const struct login_row turns[] = {
    {"rejected elsewhere",
     {APP, .withheld = WITHHELD_REJECTED},
     "mariadb-10.11-plain err-1045",
     "done: greeted login_sent error=1045 withheld=rejected",
     "obprobe_nobody[]@1"},
    {"too long a wait",
     {APP, .withheld = WITHHELD_WAITED},
     "mysql-9.7 " FULL " err-1045@4",
     "done: greeted login_sent mores=1 error=1045 withheld=waited",
     "obprobe_nobody[]@1 1@3"},
    {"no time left",
     {APP, .withheld = WITHHELD_LATE},
     "mariadb-10.11-plain switch:mysql_clear_password ok@4",
     "done: greeted login_sent logged_in switches=1 withheld=late",
     "obprobe_nobody[]@1 1@3 quit@0"},
    {"for want of TLS",
     {APP, .withheld = WITHHELD_TLS},
     "mariadb-10.11-plain ok",
     "done: greeted login_sent logged_in withheld=tls",
     "obprobe_nobody[]@1 quit@0"},
    {"the anonymous name has tenant and cluster",
     {APP, .withheld = WITHHELD_REJECTED, .anonymous_user = ANONYMOUS_USER "@sys#ob"},
     "mariadb-10.11-plain err-1045",
     "done: greeted login_sent error=1045 withheld=rejected",
     "obprobe_nobody@sys#ob[]@1"},
    {"in a hurry nobody waits for a turn",
     {APP, .hurry = true, .waits = true},
     "mariadb-10.11-plain err-1045",
     "done: greeted login_sent error=1045 withheld=late",
     "obprobe_nobody[]@1"},
    {"nor is TLS begun",
     {APP, .hurry = true, .tls = &preferred},
     "mariadb-10.11-tls ok",
     "done: greeted login_sent logged_in withheld=late",
     "obprobe_nobody[]@1 quit@0"},
    {"nor is a password told in clear where TLS was wanted",
     {APP, .hurry = true, .tls = &required},
     "mariadb-10.11-tls ok",
     "done: greeted login_sent logged_in withheld=late",
     "obprobe_nobody[]@1 quit@0"},
};

LOGIN_ROWS_TEST(inside_tls_a_login_goes_on_from_the_ssl_request, in_tls)
LOGIN_ROWS_TEST(a_withheld_password_is_an_anonymous_login, turns)

/* ---- how it ends, in each state ---- */

static const struct {
    const char *promise;
    struct wish wish;
    enum first first;
    const char *server;
    struct {
        const char *facts;
        const char *output;
    } open, broken; /* at the end of the time; closed or reset */
} ends[] = {
    {"no greeting: a blind login names nobody",
     {APP},
     SERVER_FIRST,
     "x:640000000a352e352e35",
     {"opening: greeting_partial login_sent blind withheld=late", "obprobe_nobody[]@1"},
     {"opening: greeting_partial", ""}},
    {"after a blind login no password is used",
     {APP, .tls = &required},
     LOGIN_FIRST,
     "mariadb-10.11-tls",
     {"login: greeted slow login_sent blind withheld=late", "obprobe_nobody[]@1"},
     {"login: greeted slow login_sent blind withheld=late", "obprobe_nobody[]@1"}},
    {"TLS that is under way: there is no good end",
     {APP, .tls = &never},
     SERVER_FIRST,
     "mariadb-10.11-tls |",
     {"tls: greeted ssl_request_sent", "ssl@1"},
     {"tls: greeted ssl_request_sent", "ssl@1"}},
    {"waiting for the turn: anonymous at the last moment",
     {APP, .database = "shop", .waits = true},
     SERVER_FIRST,
     "mariadb-10.11-plain",
     {"turn: greeted login_sent withheld=late", "obprobe_nobody[]@1"},
     {"turn: greeted withheld=waited", ""}},
    {"likewise inside TLS",
     {APP, .tls = &required, .waits = true},
     SERVER_FIRST,
     "mariadb-10.11-tls |",
     {"turn: greeted ssl_request_sent secured login_sent withheld=late",
      "ssl@1 obprobe_nobody[]@2"},
     {"turn: greeted ssl_request_sent secured withheld=waited", "ssl@1"}},
    {"an ERR while waiting is the answer",
     {APP, .waits = true},
     SERVER_FIRST,
     "mariadb-10.11-plain err-1156",
     {"turn: greeted error=1156", ""},
     {"turn: greeted error=1156", ""}},
    {"anything else is none",
     {APP, .waits = true},
     SERVER_FIRST,
     "mariadb-10.11-plain switch:mysql_clear_password@4",
     {"turn: greeted login_sent reply_bad wrong_sequence withheld=late", "obprobe_nobody[]@1"},
     {"turn: greeted withheld=waited", ""}},
    {"no answer to the login",
     {APP},
     SERVER_FIRST,
     "mariadb-10.11-plain",
     {"login: greeted credentials proof_sent login_sent", "app[native:maria]@1"},
     {"login: greeted credentials proof_sent login_sent", "app[native:maria]@1"}},
    {"none after a proof",
     {APP, VERIFIED},
     SERVER_FIRST,
     "mariadb-10.11-plain switch:mysql_clear_password",
     {"login: greeted credentials proof_sent login_sent switches=1",
      "app[native:maria]@1 password@3"},
     {"login: greeted credentials proof_sent login_sent switches=1",
      "app[native:maria]@1 password@3"}},
    {"none to the statement: COM_QUIT while the connection stands",
     {APP},
     SERVER_FIRST,
     "mariadb-10.11-plain ok",
     {"statement: greeted credentials proof_sent statement_sent login_sent logged_in",
      "app[native:maria]@1" QUIT},
     {"statement: greeted credentials proof_sent statement_sent login_sent logged_in",
      "app[native:maria]@1 query@0"}},
    {"done is done",
     {APP},
     SERVER_FIRST,
     "mariadb-10.11-plain ok " ROWS,
     {"done: greeted credentials proof_sent " ACCEPTED " login_sent logged_in",
      "app[native:maria]@1" QUIT},
     {"done: greeted credentials proof_sent " ACCEPTED " login_sent logged_in",
      "app[native:maria]@1" QUIT}},
};

static void each_end_in_each_state_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        for (int ending = ENDING_OPEN; ending <= ENDING_RESET; ending++) {
            struct manner manner = {
                .first = ends[i].first, .ending = (enum ending)ending, .wish = ends[i].wish};
            bool open = ending == ENDING_OPEN;
            struct login_row row = {.promise = ends[i].promise,
                                    .server = ends[i].server,
                                    .facts = open ? ends[i].open.facts : ends[i].broken.facts,
                                    .output = open ? ends[i].open.output : ends[i].broken.output};
            check_login_row(&row, &manner);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inside_tls_a_login_goes_on_from_the_ssl_request),
        cmocka_unit_test(a_withheld_password_is_an_anonymous_login),
        cmocka_unit_test(each_end_in_each_state_is_told),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
