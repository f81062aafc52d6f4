#include "tests/unit/exchange_play.h"

/* ---- what each server is told, and what is learned from it ---- */

#define SWITCH "switch-native"
#define MORE   "more-full-authentication"

static const struct {
    const char *promise;
    const char *server;
    const char *facts;  /* after the state in which the stream's end found the exchange */
    const char *output; /* the packets sent */
    struct manner manner;
} rows[] = {
    {"a name that is not known",
     "mariadb-10.11-plain err-1045",
     "done: greeted login_sent error=1045",
     "login@1",
     {0}},
    {"TLS that is offered is not begun",
     "mariadb-10.11-tls err-1045",
     "done: greeted login_sent error=1045",
     "login@1",
     {0}},
    {"an anonymous account lets in: COM_QUIT",
     "mariadb-10.11-plain ok",
     "done: greeted login_sent logged_in",
     "login@1 quit@0",
     {0}},
    {"an ERR may have any sequence",
     "mariadb-10.11-plain err-1156@0",
     "done: greeted login_sent error=1156",
     "login@1",
     {0}},
    {"a server of before 4.1",
     "short-form err-without-marker",
     "done: greeted login_sent error=1043",
     "login@1",
     {0}},
    {"protocol 9 gets its login too",
     "protocol-9",
     "done: old_protocol login_sent",
     "login@1",
     {0}},
    {"full", "err-1040", "done: error_in_greeting error=1040", "", {0}},
    {"full, with the marker", "err-1040-marker", "done: error_in_greeting error=1040", "", {0}},
    {"blocked", "err-1129", "done: error_in_greeting error=1129", "", {0}},
    {"not allowed from here", "err-1130", "done: error_in_greeting error=1130", "", {0}},

    {"a switch to native wants 20 bytes",
     "mariadb-10.11-plain " SWITCH " err-1045@4",
     "done: greeted login_sent switches=1 error=1045",
     "login@1 20@3",
     {0}},
    {"a switch to ed25519 wants 64",
     "mariadb-10.11-plain switch-ed25519 err-1045@4",
     "done: greeted login_sent switches=1 error=1045",
     "login@1 64@3",
     {0}},
    {"a switch to sha256 wants none",
     "mysql-9.7 switch-sha256 err-1045@4",
     "done: greeted login_sent switches=1 error=1045",
     "login@1 0@3",
     {0}},
    {"the old switch of one byte wants 9",
     "mysql-5.6 switch-old err-1045@4",
     "done: greeted login_sent switches=1 error=1045",
     "login@1 9@3",
     {0}},
    {"let in after a switch",
     "mariadb-10.11-plain " SWITCH " ok@4",
     "done: greeted login_sent logged_in switches=1",
     "login@1 20@3 quit@0",
     {0}},
    {"each switch is answered",
     "mariadb-10.11-plain " SWITCH " switch-sha256@4 switch-old@6 err-1045@8",
     "done: greeted login_sent switches=3 error=1045",
     "login@1 20@3 0@5 9@7",
     {0}},
    {"the longest answers, asked for all at once",
     "greeting:client_ed25519 switch-ed25519@2 switch-ed25519@4 switch-ed25519@6 "
     "switch-ed25519@8 " MORE "@10 " MORE "@12 " MORE "@14 " MORE "@16 ok@18",
     "done: greeted login_sent logged_in switches=4 mores=4",
     "login@1 64@3 64@5 64@7 64@9 1@11 1@13 1@15 1@17 quit@0",
     {0}},
    {"switches do not go on for ever",
     "mariadb-10.11-plain " SWITCH "@2 " SWITCH "@4 " SWITCH "@6 " SWITCH "@8 " SWITCH "@10",
     "done: greeted login_sent reply_bad switches=4",
     "login@1 20@3 20@5 20@7 20@9 20@11",
     {0}},

    {"dialog's question gets an empty answer",
     "mariadb-10.11-plain switch-dialog question-password err-1045@6",
     "done: greeted login_sent switches=1 mores=1 error=1045",
     "login@1 1@3 1@5",
     {0}},
    {"full authentication gets an empty password",
     "mysql-9.7 " MORE " err-1045@4",
     "done: greeted login_sent mores=1 error=1045",
     "login@1 1@3",
     {0}},
    {"caching_sha2's 3 goes on to OK by itself",
     "mysql-9.7 x:020000020103 ok@3",
     "done: greeted fast_authentication login_sent logged_in mores=1",
     "login@1 quit@0",
     {0}},
    {"an RSA key that was not asked for",
     "mysql-9.7 " MORE " more-public-key@4 err-1045@6",
     "done: greeted login_sent mores=2 error=1045",
     "login@1 1@3 1@5",
     {0}},
    {"questions do not go on for ever",
     "mysql-9.7 " MORE "@2 " MORE "@4 " MORE "@6 " MORE "@8 " MORE "@10",
     "done: greeted login_sent reply_bad mores=4",
     "login@1 1@3 1@5 1@7 1@9",
     {0}},

    {"OK out of sequence lets nobody in",
     "mariadb-10.11-plain ok@3",
     "done: greeted login_sent reply_bad wrong_sequence",
     "login@1",
     {0}},
    {"a switch out of sequence is not answered",
     "mariadb-10.11-plain " SWITCH "@1",
     "done: greeted login_sent reply_bad wrong_sequence",
     "login@1",
     {0}},
    {"out of sequence after a switch",
     "mariadb-10.11-plain " SWITCH " ok@3",
     "done: greeted login_sent reply_bad wrong_sequence switches=1",
     "login@1 20@3",
     {0}},
    {"no answer to a login",
     "mariadb-10.11-plain x:0100000206",
     "done: greeted login_sent reply_bad",
     "login@1",
     {0}},
    {"text after the greeting",
     "mariadb-10.11-plain t:HTT",
     "done: greeted login_sent reply_bad",
     "login@1",
     {0}},
    {"a second greeting",
     "mariadb-10.11-plain x:640000000a",
     "done: greeted login_sent reply_bad",
     "login@1",
     {0}},

    {"asked for the greeting only",
     "mariadb-10.11-plain",
     "done: greeted",
     "",
     {.until = UNTIL_GREETING}},
    {"asked for the greeting only, and full",
     "err-1040",
     "done: error_in_greeting error=1040",
     "",
     {.until = UNTIL_GREETING}},
    {"a late greeting: no second login",
     "mariadb-10.11-plain err-1045",
     "done: greeted slow login_sent blind error=1045",
     "login@1",
     {.first = LOGIN_FIRST}},
    {"a late greeting, let in",
     "mysql-9.7 ok",
     "done: greeted slow login_sent blind logged_in",
     "login@1 quit@0",
     {.first = LOGIN_FIRST}},
    {"a late greeting, then a switch",
     "mariadb-10.11-plain " SWITCH " err-1045@4",
     "done: greeted slow login_sent blind switches=1 error=1045",
     "login@1 20@3",
     {.first = LOGIN_FIRST}},
    {"a late greeting goes on to its answer where only it was asked for",
     "mariadb-10.11-plain err-1045",
     "done: greeted slow login_sent blind error=1045",
     "login@1",
     {.until = UNTIL_GREETING, .first = LOGIN_FIRST}},
    {"late and full",
     "err-1040",
     "done: login_sent blind error_in_greeting error=1040",
     "login@1",
     {.first = LOGIN_FIRST}},
    {"late and old",
     "protocol-9",
     "done: old_protocol login_sent blind",
     "login@1",
     {.first = LOGIN_FIRST}},
};

static void each_server_is_answered_well_in_whatever_pieces_it_speaks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct played played;
        print_message("  %s\n", rows[i].promise);
        play_in_all_pieces(rows[i].server, &rows[i].manner, &played);
        check(&played, rows[i].facts, rows[i].output);
    }
}

/* ---- how it ends, in each state ---- */

#define HALF            "x:640000000a352e352e35" /* of a greeting */
#define SILENT_SERVICES "http tls postgresql redis memcached mongodb mqtt echo oceanbase-rpc"

static const struct {
    const char *promise;
    const char *server;
    enum first first;
    struct {
        const char *facts;
        const char *output;
        enum question next_question;
    } at[ENDING_RESET + 1];
} ends[] = {
    {"silence: the login goes out at the deadline",
     "",
     SERVER_FIRST,
     {{"opening: login_sent blind " SILENT_SERVICES, "login@1", QUESTION_NONE},
      {"opening: ", "", QUESTION_NONE},
      {"opening: ", "", QUESTION_NONE}}},
    {"half a greeting: the login goes out at the deadline",
     HALF,
     SERVER_FIRST,
     {{"opening: greeting_partial login_sent blind", "login@1", QUESTION_NONE},
      {"opening: greeting_partial", "", QUESTION_NONE},
      {"opening: greeting_partial", "", QUESTION_NONE}}},
    {"no byte on a blind login: one more question if it did not stay open",
     "",
     LOGIN_FIRST,
     {{"opening: login_sent blind redis mongodb oceanbase-rpc", "login@1", QUESTION_NONE},
      {"opening: login_sent blind tls postgresql memcached", "login@1", QUESTION_SSL_REQUEST},
      {"opening: login_sent blind tls mqtt", "login@1", QUESTION_CLIENT_HELLO}}},
    {"half a greeting on a blind login: no second login",
     HALF,
     LOGIN_FIRST,
     {{"opening: greeting_partial login_sent blind", "login@1", QUESTION_NONE},
      {"opening: greeting_partial login_sent blind", "login@1", QUESTION_NONE},
      {"opening: greeting_partial login_sent blind", "login@1", QUESTION_NONE}}},
    {"nothing after the login",
     "mariadb-10.11-plain",
     SERVER_FIRST,
     {{"login: greeted login_sent", "login@1", QUESTION_NONE},
      {"login: greeted login_sent", "login@1", QUESTION_NONE},
      {"login: greeted login_sent", "login@1", QUESTION_NONE}}},
    {"half an answer to the login",
     "mariadb-10.11-plain x:07000002",
     SERVER_FIRST,
     {{"login: greeted login_sent", "login@1", QUESTION_NONE},
      {"login: greeted login_sent", "login@1", QUESTION_NONE},
      {"login: greeted login_sent", "login@1", QUESTION_NONE}}},
    {"a broken greeting of version 10 may still be MySQL's",
     "x:020000000a35",
     SERVER_FIRST,
     {{"listen: greeting_bad login_sent blind", "login@1", QUESTION_NONE},
      {"listen: greeting_bad", "", QUESTION_NONE},
      {"listen: greeting_bad", "", QUESTION_NONE}}},
    {"another service gets no login",
     "t:SSH-2.0-OpenSSH_9.2 x:0d0a",
     SERVER_FIRST,
     {{"listen: greeting_bad ssh", "", QUESTION_NONE},
      {"listen: greeting_bad ssh", "", QUESTION_NONE},
      {"listen: greeting_bad ssh", "", QUESTION_NONE}}},
    {"what is no service known gets no login either",
     "x:0400000007",
     SERVER_FIRST,
     {{"listen: greeting_bad", "", QUESTION_NONE},
      {"listen: greeting_bad", "", QUESTION_NONE},
      {"listen: greeting_bad", "", QUESTION_NONE}}},
    {"done is done",
     "mariadb-10.11-plain err-1045",
     SERVER_FIRST,
     {{"done: greeted login_sent error=1045", "login@1", QUESTION_NONE},
      {"done: greeted login_sent error=1045", "login@1", QUESTION_NONE},
      {"done: greeted login_sent error=1045", "login@1", QUESTION_NONE}}},
};

static void each_end_in_each_state_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        for (int ending = ENDING_OPEN; ending <= ENDING_RESET; ending++) {
            struct played played;
            struct manner manner = {.first = ends[i].first, .ending = (enum ending)ending};
            print_message("  %s (%d)\n", ends[i].promise, ending);
            play_in_all_pieces(ends[i].server, &manner, &played);
            check(&played, ends[i].at[ending].facts, ends[i].at[ending].output);
            assert_int_equal(played.facts.ending, ending);
            assert_int_equal(played.next_question, ends[i].at[ending].next_question);
        }
}

/* ---- what is kept ---- */

static void the_greetings_fields_are_kept(void **state)
{
    (void)state;
    struct played played;
    const struct exchange_facts *facts = &played.facts;
    play_in_all_pieces("mariadb-10.11-plain", &(struct manner){0}, &played);
    assert_int_equal(facts->product, PRODUCT_MARIADB);
    assert_int_equal(facts->certainty, CERTAINTY_CERTAIN);
    assert_true(facts->signs & SIGN_BIT(SIGN_MARIADB_CAPABILITIES));
    assert_int_equal(facts->signs_against, 0);
    assert_string_equal(facts->version, "10.11.19-MariaDB-0+deb12u1");
    assert_string_equal(facts->auth_plugin, "mysql_native_password");
    assert_int_equal(facts->protocol, 10);
    assert_int_equal(facts->connection_id, 4);
    assert_int_equal(facts->charset, 8);
    assert_int_equal(facts->status, 2);
    assert_int_equal(facts->capabilities, 0x81fff7fe);
    assert_int_equal(facts->mariadb_capabilities, 0x1d);
    assert_false(facts->constant_salt);
    assert_int_equal(facts->first_length, 0);
    play_in_all_pieces("obproxy-4.3 " SWITCH, &(struct manner){0}, &played);
    assert_int_equal(facts->product, PRODUCT_OCEANBASE_PROXY);
    assert_true(facts->constant_salt);
    play_in_all_pieces("mysql-9.7 switch-ed25519", &(struct manner){0}, &played);
    assert_string_equal(facts->auth_plugin, "client_ed25519");
}

static void of_another_service_only_the_first_bytes_are_kept(void **state)
{
    (void)state;
    static const uint8_t chunk[FIRST_BYTES - 1] = "220 and so on";
    struct exchange_facts facts = {0};
    struct exchange exchange = {0};
    exchange_begin(&exchange, &facts, &(struct exchange_plan){.tls_mode = TLS_DISABLED});
    for (int i = 0; i < 2 * UINT16_MAX / (int)sizeof(chunk); i++)
        assert_int_equal(exchange_receive(&exchange, chunk, sizeof(chunk)), 0);
    assert_int_equal(facts.first_length, FIRST_BYTES);
    assert_memory_equal(facts.first_bytes, chunk, sizeof(chunk));
    assert_int_equal(facts.first_bytes[FIRST_BYTES - 1], chunk[0]);
    assert_int_equal(facts.bytes_received, UINT16_MAX);
    assert_in_range(exchange.input_length, 0, sizeof(chunk));
    exchange_clear(&exchange);
}

/* In pieces as a socket gives them, so that the packet's last byte ends one. */
static void the_greatest_packet_fits_and_the_next_is_read(void **state)
{
    (void)state;
    enum { WHOLE = PACKET_HEADER + PACKET_MAX_BEFORE_LOGIN, PIECE = WHOLE / 4 };
    static uint8_t great[WHOLE] = {0, 0, 1, 2, 1};
    struct stream greeting = stream_of("mysql-9.7"), denied = stream_of("err-1045@4");
    struct exchange_facts facts = {0};
    struct exchange exchange = {0};
    exchange_begin(&exchange, &facts, &(struct exchange_plan){.tls_mode = TLS_DISABLED});
    assert_int_equal(exchange_receive(&exchange, greeting.bytes, greeting.length), 0);
    for (size_t at = 0; at < WHOLE; at += PIECE) {
        assert_int_equal(facts.auth_mores, 0);
        assert_int_equal(exchange_receive(&exchange, great + at, PIECE), 0);
    }
    assert_int_equal(facts.auth_mores, 1);
    assert_null(exchange.input);
    assert_int_equal(exchange_receive(&exchange, denied.bytes, denied.length), 0);
    assert_int_equal(facts.error.code, 1045);
    exchange_clear(&exchange);
}

static void what_comes_after_the_last_fact_changes_nothing(void **state)
{
    (void)state;
    struct stream server = stream_of("mariadb-10.11-plain err-1045");
    struct exchange_facts facts = {0}, before;
    struct exchange exchange = {0};
    exchange_begin(&exchange, &facts, &(struct exchange_plan){.tls_mode = TLS_DISABLED});
    assert_int_equal(exchange_receive(&exchange, server.bytes, server.length), 0);
    before = facts;
    exchange_sent(&exchange, exchange.output_length);
    assert_int_equal(exchange_receive(&exchange, server.bytes, server.length), 0);
    assert_memory_equal(&facts, &before, sizeof(facts));
    assert_int_equal(exchange.output_length, 0);
    assert_null(exchange.input);
}

static void output_is_taken_from_the_front(void **state)
{
    (void)state;
    struct exchange_facts facts = {0};
    struct exchange exchange = {0};
    uint8_t login[EXCHANGE_OUTPUT], taken[EXCHANGE_OUTPUT];
    exchange_begin(&exchange, &facts, &(struct exchange_plan){.tls_mode = TLS_DISABLED});
    exchange_blind_login(&exchange);
    size_t length = exchange.output_length;
    memcpy(login, exchange.output, length);
    for (size_t i = 0; i < length; i++) {
        taken[i] = exchange.output[0];
        exchange_sent(&exchange, 1);
    }
    assert_int_equal(exchange.output_length, 0);
    assert_memory_equal(taken, login, length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_server_is_answered_well_in_whatever_pieces_it_speaks),
        cmocka_unit_test(each_end_in_each_state_is_told),
        cmocka_unit_test(the_greetings_fields_are_kept),
        cmocka_unit_test(of_another_service_only_the_first_bytes_are_kept),
        cmocka_unit_test(the_greatest_packet_fits_and_the_next_is_read),
        cmocka_unit_test(what_comes_after_the_last_fact_changes_nothing),
        cmocka_unit_test(output_is_taken_from_the_front),
    };
    return cmocka_run_group_tests(tests, samples_read, NULL);
}
