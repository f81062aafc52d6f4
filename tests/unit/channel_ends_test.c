/* TLS that fails, and how a channel ends in each of its states. */
#include "tests/unit/channel_talk.h"

#define GREETED "greeted ssl_request_sent"
#define LOGIN   "ssl@1 app[native:maria-tls]@2"

static void begin_secured(struct talk *talk, const struct talk_wish *wish)
{
    talk_begin(talk, wish);
    say_in_clear(talk, "mariadb-10.11-tls");
    settle(talk);
    assert_true(talk->facts.secured);
}

/* ---- TLS that fails ---- */

static void an_alert_in_the_handshake_ends_it(void **state)
{
    (void)state;
    struct tls_client *old = client_new((struct tls_settings){.versions = "TLSv1.2"});
    struct talk talk;
    talk_begin(&talk, &(struct talk_wish){
                          .mode = TLS_REQUIRED, .client = old, .theirs.version = TLS1_3_VERSION});
    say_in_clear(&talk, "mariadb-10.11-tls");
    settle(&talk);
    assert_int_equal(talk.tls->handshake, TLS_ALERTED);
    assert_int_equal(talk.tls->alert_received, SSL_AD_PROTOCOL_VERSION);
    check_talk(&talk, "done: " GREETED " tls_broken", "ssl@1");
    channel_end(&talk.channel, ENDING_CLOSED);
    assert_int_equal(talk.tls->handshake, TLS_ALERTED);
    talk_free(&talk);
    tls_client_free(old);
}

/* TLS 1.3: the server looks at our certificate when to us the handshake is done. */
static void a_certificate_may_be_missed_late(void **state)
{
    (void)state;
    static const struct {
        bool waits; /* for the turn, when the alert comes */
        const char *facts;
    } rows[] = {
        {false, "done: " GREETED " secured tls_broken credentials proof_sent login_sent"},
        {true, "done: " GREETED " secured tls_broken"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct talk talk;
        begin_secured(&talk,
                      &(struct talk_wish){
                          .mode = TLS_REQUIRED,
                          .wish.waits = rows[i].waits,
                          .theirs = {.version = TLS1_3_VERSION,
                                     .asks = &authority,
                                     .verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT}});
        struct played played = {.facts = talk.facts, .state = talk.channel.exchange.state};
        check_facts(&played, rows[i].facts);
        assert_int_equal(talk.tls->handshake, TLS_ALERTED);
        assert_int_equal(talk.tls->alert_received, SSL_AD_CERTIFICATE_REQUIRED);
        assert_true(talk.tls->client_certificate_asked);
        assert_true(talk.tls->judged);
        talk_free(&talk);
    }
}

/* A record of the client that is none makes the server send a fatal alert. */
static void make_the_peer_alert(struct talk *talk)
{
    static const uint8_t bad[] = {SSL3_RT_APPLICATION_DATA,
                                  3,
                                  3,
                                  0,
                                  17,
                                  1,
                                  2,
                                  3,
                                  4,
                                  5,
                                  6,
                                  7,
                                  8,
                                  9,
                                  10,
                                  11,
                                  12,
                                  13,
                                  14,
                                  15,
                                  16,
                                  17};
    uint8_t bytes[16];
    NEEDED(BIO_write(talk->peer.input, bad, sizeof(bad)) == sizeof(bad));
    NEEDED(SSL_read(talk->peer.ssl, bytes, sizeof(bytes)) <= 0);
    ERR_clear_error();
}

/* The alert may come with the plaintext before it, in one piece or in many. */
static void an_alert_behind_plaintext_is_heard(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        const char *facts;
    } rows[] = {
        {"", "done: " GREETED " secured tls_broken credentials proof_sent login_sent"},
        {"switch:mysql_native_password@3",
         "done: " GREETED " secured tls_broken credentials proof_sent login_sent switches=1"},
        {"ok@3", "done: " GREETED " secured tls_broken credentials proof_sent statement_sent "
                 "login_sent logged_in"},
        {"err-1045@3", "done: " GREETED " secured credentials proof_sent login_sent error=1045"},
    };
    static const size_t pieces[] = {ALL, 1, 50};
    for (size_t i = 0; i < 3 * (sizeof(rows) / sizeof(rows[0])); i++) {
        struct talk talk;
        uint8_t bytes[ROOM];
        struct stream words = stream_of(rows[i / 3].words);
        print_message("  %s\n", rows[i / 3].words);
        begin_secured(&talk, &(struct talk_wish){.mode = TLS_REQUIRED});
        if (words.length)
            NEEDED(SSL_write(talk.peer.ssl, words.bytes, (int)words.length) > 0);
        make_the_peer_alert(&talk);
        talk.wish.piece = pieces[i % 3];
        give(&talk, bytes, take_from_peer(&talk, bytes));
        struct played played = {.facts = talk.facts, .state = talk.channel.exchange.state};
        check_facts(&played, rows[i / 3].facts);
        if (talk.facts.tls_broken)
            assert_int_equal(talk.tls->handshake, TLS_ALERTED);
        channel_end(&talk.channel, ENDING_CLOSED);
        talk_free(&talk);
    }
}

static void a_record_that_was_changed_on_its_way_ends_it(void **state)
{
    (void)state;
    struct talk talk;
    uint8_t bytes[ROOM];
    struct stream ok = stream_of("ok@3");
    begin_secured(&talk, &(struct talk_wish){.mode = TLS_REQUIRED});
    NEEDED(SSL_write(talk.peer.ssl, ok.bytes, (int)ok.length) > 0);
    size_t length = take_from_peer(&talk, bytes);
    bytes[length - 1] ^= 1;
    give(&talk, bytes, length);
    assert_int_equal(talk.tls->handshake, TLS_FAILED_HERE);
    assert_string_not_equal(talk.tls->reason, "");
    check_talk(&talk, "done: " GREETED " secured tls_broken credentials proof_sent login_sent",
               LOGIN);
    talk_free(&talk);
}

static void garbage_inside_is_no_answer(void **state)
{
    (void)state;
    struct talk talk;
    begin_secured(&talk, &(struct talk_wish){.mode = TLS_REQUIRED});
    say_inside(&talk, "t:HTTP/1.1");
    assert_int_equal(talk.tls->handshake, TLS_DONE);
    assert_memory_equal(talk.facts.first_bytes, "HTTP/1.1", 8);
    check_talk(&talk, "done: " GREETED " secured credentials proof_sent login_sent reply_bad",
               LOGIN);
    talk_free(&talk);
}

/* close_notify, then the end of the stream: the server's will, not a failure of TLS. */
static void a_close_inside_is_a_close(void **state)
{
    (void)state;
    struct talk talk;
    begin_secured(&talk, &(struct talk_wish){.mode = TLS_REQUIRED});
    NEEDED(SSL_shutdown(talk.peer.ssl) >= 0);
    settle(&talk);
    channel_end(&talk.channel, ENDING_CLOSED);
    assert_int_equal(talk.tls->handshake, TLS_DONE);
    assert_int_equal(talk.facts.ending, ENDING_CLOSED);
    check_talk(&talk, "done: " GREETED " secured credentials proof_sent login_sent", LOGIN);
    talk_free(&talk);
}

/* ---- how it ends ---- */

enum moment { IN_HANDSHAKE, IN_TURN, IN_LOGIN, IN_STATEMENT };

static const struct {
    const char *promise;
    enum moment moment;
    enum ending ending;
    enum tls_handshake handshake;
    const char *facts;
    const char *packets; /* the server got */
} ends[] = {
    {"TLS under way, out of time", IN_HANDSHAKE, ENDING_OPEN, TLS_UNDER_WAY, "done: " GREETED,
     "ssl@1"},
    {"TLS under way, closed", IN_HANDSHAKE, ENDING_CLOSED, TLS_CLOSED, "done: " GREETED, "ssl@1"},
    {"TLS under way, reset", IN_HANDSHAKE, ENDING_RESET, TLS_RESET, "done: " GREETED, "ssl@1"},
    {"waiting, out of time: anonymous, inside", IN_TURN, ENDING_OPEN, TLS_DONE,
     "done: " GREETED " secured login_sent withheld=late", "ssl@1 obprobe_nobody[]@2"},
    {"waiting, closed", IN_TURN, ENDING_CLOSED, TLS_DONE, "done: " GREETED " secured withheld=waited", "ssl@1"},
    {"no answer to the login, out of time", IN_LOGIN, ENDING_OPEN, TLS_DONE,
     "done: " GREETED " secured credentials proof_sent login_sent", LOGIN},
    {"no answer to the login, reset", IN_LOGIN, ENDING_RESET, TLS_DONE,
     "done: " GREETED " secured credentials proof_sent login_sent", LOGIN},
    {"none to the statement, out of time: COM_QUIT, inside", IN_STATEMENT, ENDING_OPEN, TLS_DONE,
     "done: " GREETED " secured credentials proof_sent statement_sent login_sent logged_in",
     LOGIN QUIT},
    {"none to the statement, closed", IN_STATEMENT, ENDING_CLOSED, TLS_DONE,
     "done: " GREETED " secured credentials proof_sent statement_sent login_sent logged_in",
     LOGIN " query@0"},
};

static void come_to(struct talk *talk, enum moment moment)
{
    talk_begin(talk, &(struct talk_wish){.mode = TLS_REQUIRED, .wish.waits = moment == IN_TURN});
    say_in_clear(talk, "mariadb-10.11-tls");
    if (moment == IN_HANDSHAKE)
        (void)carry_from_channel(talk);
    else
        settle(talk);
    if (moment == IN_STATEMENT)
        say_inside(talk, "ok@3");
}

static void each_end_in_each_state_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct talk talk;
        print_message("  %s\n", ends[i].promise);
        come_to(&talk, ends[i].moment);
        channel_end(&talk.channel, ends[i].ending);
        (void)carry_from_channel(&talk);
        peer_listens(&talk);
        assert_int_equal(talk.tls->handshake, ends[i].handshake);
        assert_int_equal(talk.facts.ending, ends[i].ending);
        check_talk(&talk, ends[i].facts, ends[i].packets);
        talk_free(&talk);
    }
}

/* ---- after the verdict ---- */

/* As the owner's successor does, who only brings the connection to a good end. */
static void take_over(struct talk *talk, struct exchange_facts *unread, enum exchange_state resumed)
{
    *unread = talk->facts;
    talk->channel.exchange.facts = unread;
    talk->channel.exchange.state = resumed;
    talk->channel.exchange.hurry = true;
    talk->channel.tls.name = "";
    talk->channel.tls.ret_facts = NULL;
}

static void after_the_verdict_tls_still_ends_in_an_anonymous_login(void **state)
{
    (void)state;
    static const enum tls_mode modes[] = {TLS_PREFERRED, TLS_REQUIRED, TLS_VERIFY_CA,
                                          TLS_VERIFY_IDENTITY};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct talk talk;
        struct exchange_facts unread;
        talk_begin(&talk, &(struct talk_wish){.mode = modes[i]});
        say_in_clear(&talk, "mariadb-10.11-tls");
        (void)carry_from_channel(&talk);
        channel_end(&talk.channel, ENDING_OPEN);
        struct exchange_facts facts = talk.facts;
        struct tls_evidence tls = *talk.tls;
        take_over(&talk, &unread, EXCHANGE_TLS);
        settle(&talk);
        assert_true(unread.login_sent && !unread.credentials);
        say_inside(&talk, "ok@3");
        assert_memory_equal(&talk.facts, &facts, sizeof(facts));
        assert_memory_equal(talk.tls, &tls, sizeof(tls));
        struct told told = tell_packets(talk.said, talk.said_length);
        assert_string_equal(told.text, "ssl@1 obprobe_nobody[]@2 quit@0");
        talk_free(&talk);
    }
}

static void after_the_verdict_a_login_still_ends_with_com_quit(void **state)
{
    (void)state;
    struct talk talk;
    struct exchange_facts unread;
    begin_secured(&talk, &(struct talk_wish){.mode = TLS_REQUIRED});
    channel_end(&talk.channel, ENDING_OPEN);
    take_over(&talk, &unread, EXCHANGE_LOGIN);
    say_inside(&talk, "ok@3");
    struct told told = tell_packets(talk.said, talk.said_length);
    assert_string_equal(told.text, LOGIN " quit@0");
    assert_false(unread.statement_sent);
    talk_free(&talk);
}

/* ---- in no order ---- */

static void what_comes_after_the_end_changes_nothing(void **state)
{
    (void)state;
    for (enum moment moment = IN_HANDSHAKE; moment <= IN_STATEMENT; moment++) {
        struct talk talk;
        come_to(&talk, moment);
        channel_end(&talk.channel, ENDING_CLOSED);
        struct exchange_facts facts = talk.facts;
        (void)carry_from_channel(&talk);
        size_t said = talk.said_length;
        say_in_clear(&talk, "t:HTTP/1.1 mariadb-10.11-tls");
        assert_int_equal(channel_advance(&talk.channel), 0);
        channel_end(&talk.channel, ENDING_CLOSED);
        (void)carry_from_channel(&talk);
        peer_listens(&talk);
        assert_int_equal(talk.said_length, said);
        memcpy(facts.first_bytes, talk.facts.first_bytes, sizeof(facts.first_bytes));
        facts.first_length = talk.facts.first_length;
        assert_memory_equal(&talk.facts, &facts, sizeof(facts));
        talk_free(&talk);
    }
}

static void without_a_byte_there_is_nothing_to_end(void **state)
{
    (void)state;
    static const enum ending endings[] = {ENDING_OPEN, ENDING_CLOSED, ENDING_RESET};
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        struct talk talk;
        talk_begin(&talk, &(struct talk_wish){.mode = TLS_REQUIRED});
        assert_int_equal(channel_advance(&talk.channel), 0);
        assert_int_equal(channel_receive(&talk.channel, (const uint8_t *)"", 0), 0);
        channel_end(&talk.channel, endings[i]);
        (void)carry_from_channel(&talk);
        assert_null(talk.tls);
        bool open = endings[i] == ENDING_OPEN;
        check_talk(&talk,
                   open ? "done: login_sent blind withheld=late http tls postgresql redis "
                          "memcached mongodb mqtt echo oceanbase-rpc"
                        : "done: ",
                   open ? "obprobe_nobody[]@1" : "");
        channel_clear(&talk.channel);
        talk_free(&talk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_in_the_handshake_ends_it),
        cmocka_unit_test(a_certificate_may_be_missed_late),
        cmocka_unit_test(an_alert_behind_plaintext_is_heard),
        cmocka_unit_test(a_record_that_was_changed_on_its_way_ends_it),
        cmocka_unit_test(garbage_inside_is_no_answer),
        cmocka_unit_test(a_close_inside_is_a_close),
        cmocka_unit_test(each_end_in_each_state_is_told),
        cmocka_unit_test(after_the_verdict_tls_still_ends_in_an_anonymous_login),
        cmocka_unit_test(after_the_verdict_a_login_still_ends_with_com_quit),
        cmocka_unit_test(what_comes_after_the_end_changes_nothing),
        cmocka_unit_test(without_a_byte_there_is_nothing_to_end),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
