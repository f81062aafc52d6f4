/* A login inside TLS, against a real server over memory. */
#include "tests/unit/channel_talk.h"

static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
static const size_t pieces[] = {ALL, 1, 7};

#define OTHER_NAME .name = "db2.example"
#define SECURED    "done: greeted ssl_request_sent secured "
#define LET_IN     "credentials proof_sent " ACCEPTED " "

static const struct {
    const char *promise;
    struct talk_wish wish;
    bool trustless;
    const char *inside;
    const char *facts;
    const char *packets;
} rows[] = {
    {"from the SSLRequest to COM_QUIT",
     {.mode = TLS_REQUIRED},
     false,
     "ok@3 | " ROWS,
     SECURED LET_IN "login_sent logged_in",
     "ssl@1 app[native:maria-tls]@2" QUIT},
    {"a server that waits for nothing",
     {.mode = TLS_REQUIRED},
     false,
     "ok@3 " ROWS,
     SECURED LET_IN "login_sent logged_in",
     "ssl@1 app[native:maria-tls]@2" QUIT},
    {"rejected",
     {.mode = TLS_REQUIRED},
     false,
     "err-1045@3",
     SECURED "credentials proof_sent login_sent error=1045",
     "ssl@1 app[native:maria-tls]@2"},
    {"full authentication inside TLS that nobody vouches for",
     {.mode = TLS_PREFERRED},
     true,
     "switch:caching_sha2_password@3 | " FULL "@5 | ok@7 | " ROWS,
     SECURED "credentials proof_sent " ACCEPTED
             " full_authentication login_sent logged_in switches=1 mores=1",
     "ssl@1 app[native:maria-tls]@2 sha2:letters@4 password@6" QUIT},
    {"the password itself to the server that was asked for",
     {.mode = TLS_VERIFY_IDENTITY},
     false,
     "switch:mysql_clear_password@3 | ok@5 | " ROWS,
     SECURED LET_IN "login_sent logged_in switches=1",
     "ssl@1 app[native:maria-tls]@2 password@4" QUIT},
    {"also where verification happens to hold",
     {.mode = TLS_PREFERRED},
     false,
     "switch:mysql_clear_password@3 | ok@5 | " ROWS,
     SECURED LET_IN "login_sent logged_in switches=1",
     "ssl@1 app[native:maria-tls]@2 password@4" QUIT},
    {"whose name does not matter when only its CA was asked for",
     {.mode = TLS_VERIFY_CA, OTHER_NAME},
     false,
     "switch:mysql_clear_password@3 | ok@5 | " ROWS,
     SECURED LET_IN "login_sent logged_in switches=1",
     "ssl@1 app[native:maria-tls]@2 password@4" QUIT},
    {"not to one of another name",
     {.mode = TLS_REQUIRED, OTHER_NAME},
     false,
     "switch:mysql_clear_password@3 | err-1045@5",
     SECURED "credentials proof_sent login_sent switches=1 error=1045 refused=in-clear",
     "ssl@1 app[native:maria-tls]@2 1@4"},
    {"another CA's, where the CA was asked for: nobody logs in",
     {.mode = TLS_VERIFY_CA, .wish.database = "shop"},
     true,
     "err-1045@3",
     SECURED "login_sent error=1045 withheld=tls",
     "ssl@1 obprobe_nobody/[]@2"},
    {"another name, where the name was asked for: nobody logs in",
     {.mode = TLS_VERIFY_IDENTITY, OTHER_NAME},
     false,
     "ok@3",
     SECURED "login_sent logged_in withheld=tls",
     "ssl@1 obprobe_nobody[]@2 quit@0"},
    {"a turn that does not come: nobody logs in",
     {.mode = TLS_REQUIRED, .wish.withheld = WITHHELD_WAITED},
     false,
     "err-1045@3",
     SECURED "login_sent error=1045 withheld=waited",
     "ssl@1 obprobe_nobody[]@2"},
};

static void check_row(size_t i, int version, size_t piece)
{
    struct talk talk;
    struct talk_wish wish = rows[i].wish;
    wish.client = rows[i].trustless ? trustless : trusting;
    wish.theirs.version = version;
    wish.piece = piece;
    talk_begin(&talk, &wish);
    say_in_clear(&talk, "mariadb-10.11-tls");
    settle(&talk);
    say_inside(&talk, rows[i].inside);
    assert_int_equal(talk.tls->handshake, TLS_DONE);
    assert_int_equal(talk.tls->version, version);
    assert_true(talk.tls->judged);
    assert_int_equal(talk.tls->injected, 0);
    assert_int_equal(talk.facts.first_length, 0);
    channel_end(&talk.channel, ENDING_CLOSED);
    check_talk(&talk, rows[i].facts, rows[i].packets);
    talk_free(&talk);
}

static void each_login_goes_through_tls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("  %s\n", rows[i].promise);
        for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++)
            check_row(i, TLS1_3_VERSION, pieces[j]);
    }
}

/* This machine's own policy may forbid the old ones: under REQUIRED that is only a note. */
static void through_every_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++)
            check_row(0, versions[i], pieces[j]);
}

static void without_tls_it_is_the_exchange_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct talk talk;
        talk_begin(&talk, &(struct talk_wish){.mode = TLS_PREFERRED, .piece = pieces[i]});
        say_in_clear(&talk, "mariadb-10.11-plain ok " ROWS);
        settle(&talk);
        assert_null(talk.tls);
        assert_null(talk.channel.session);
        check_talk(&talk, "done: greeted " LET_IN "login_sent logged_in",
                   "app[native:maria]@1" QUIT);
        talk_free(&talk);
    }
}

/* ---- in clear where TLS is to begin ---- */

/* CVE-2021-3393 and its like: what a man in the middle put behind the greeting. */
static void what_came_behind_the_greeting_is_counted_and_dropped(void **state)
{
    (void)state;
    static const char *const behind[] = {"", "x:00", "ok@3", "ok@3 rows-of-select-1", "t:HTTP/1.1"};
    for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
        char words[TEXT];
        struct talk talk;
        print_message("  %s\n", behind[i]);
        snprintf(words, sizeof(words), "mariadb-10.11-tls %s", behind[i]);
        talk_begin(&talk, &(struct talk_wish){.mode = TLS_REQUIRED});
        say_in_clear(&talk, words);
        settle(&talk);
        assert_int_equal(talk.tls->injected, stream_of(behind[i]).length);
        check_talk(&talk,
                   "login: greeted ssl_request_sent secured credentials proof_sent login_sent",
                   "ssl@1 app[native:maria-tls]@2");
        say_inside(&talk, "err-1045@3");
        assert_int_equal(talk.facts.error.code, 1045);
        assert_false(talk.facts.logged_in);
        talk_free(&talk);
    }
}

static const struct {
    const char *promise;
    const char *words;
} texts[] = {
    {"HTTP", "t:HTTP/1.1"},
    {"an ERR", "err-1045"},
    {"a packet with the length of a TLS record's head", "x:160000"
                                                        "02ff130442616420"},
    {"OK", "ok"},
    {"a greeting once more", "mariadb-10.11-tls"},
};

/* Cut anywhere, also within the two bytes by which a record is known. */
static void text_in_tls_place_ends_it_and_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct stream text = stream_of(texts[i].words);
        print_message("  %s\n", texts[i].promise);
        for (size_t piece = 1; piece <= text.length; piece++) {
            struct talk talk;
            talk_begin(&talk, &(struct talk_wish){.mode = TLS_REQUIRED});
            say_in_clear(&talk, "mariadb-10.11-tls");
            talk.wish.piece = piece;
            give(&talk, text.bytes, text.length);
            settle(&talk);
            assert_int_equal(talk.tls->handshake, TLS_PLAINTEXT);
            assert_true(talk.facts.first_length && talk.facts.first_length <= text.length);
            assert_memory_equal(talk.facts.first_bytes, text.bytes, talk.facts.first_length);
            check_talk(&talk, "done: greeted ssl_request_sent tls_broken", "ssl@1");
            talk_free(&talk);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_login_goes_through_tls),
        cmocka_unit_test(through_every_version),
        cmocka_unit_test(without_tls_it_is_the_exchange_alone),
        cmocka_unit_test(what_came_behind_the_greeting_is_counted_and_dropped),
        cmocka_unit_test(text_in_tls_place_ends_it_and_is_kept),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
