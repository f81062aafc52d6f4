#include "proto/reader.h"
#include "tests/unit/exchange_play.h"

/* ---- another service ---- */

static const struct {
    const char *promise;
    enum first first;
    const char *server;
    bool answered; /* no more needs to be awaited */
    const char *facts;
} services[] = {
    {"a banner unasked", SERVER_FIRST, "t:SSH-2.0-x", false, "listen: greeting_bad ssh"},
    {"a banner of two", SERVER_FIRST, "x:323230206d61696c0d0a", false,
     "listen: greeting_bad smtp ftp"},
    {"HTTP's complaint about the login", LOGIN_FIRST, "t:HTTP/1.1 x:20 t:400", false,
     "listen: greeting_bad login_sent blind http"},
    {"memcached's, by the line's end in the login", LOGIN_FIRST, "t:ERROR x:0d0a", false,
     "listen: greeting_bad login_sent blind memcached"},
    {"a TLS alert to the login", LOGIN_FIRST, "x:15030300020246", false,
     "listen: greeting_bad login_sent blind tls"},
    {"a TLS alert to a ClientHello", CLIENT_HELLO_FIRST, "x:15030300020246", true, "listen: tls"},
    {"a ServerHello begins", CLIENT_HELLO_FIRST, "x:160303007a02", true, "listen: tls"},
    {"PostgreSQL without TLS", SSL_REQUEST_FIRST, "t:N", true, "listen: postgresql"},
    {"PostgreSQL with TLS", SSL_REQUEST_FIRST, "t:S", true, "listen: postgresql"},
    {"none known", SSL_REQUEST_FIRST, "t:?", false, "listen: "},
    {"a greeting to another's question is no greeting", CLIENT_HELLO_FIRST, "mariadb-10.11-plain",
     false, "listen: "},
};

static void another_service_is_known_by_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        struct manner manner = {.first = services[i].first, .ending = ENDING_CLOSED};
        struct stream server = stream_of(services[i].server);
        struct played played;
        size_t kept = server.length < FIRST_BYTES ? server.length : FIRST_BYTES;
        print_message("  %s\n", services[i].promise);
        play_in_all_pieces(services[i].server, &manner, &played);
        check_facts(&played, services[i].facts);
        assert_int_equal(played.answered, services[i].answered);
        assert_int_equal(played.next_question, QUESTION_NONE);
        assert_int_equal(played.facts.first_length, kept);
        assert_memory_equal(played.facts.first_bytes, server.bytes, kept);
        assert_int_equal(played.facts.bytes_received, server.length);
    }
}

static void an_echo_is_known_by_its_own_login(void **state)
{
    (void)state;
    struct manner manner = {.first = LOGIN_FIRST, .ending = ENDING_OPEN};
    struct stream server = {0};
    struct played played;
    play_once(&server, &manner, 1, 1, &played);
    put(&server, played.output, played.output_length);
    play_once(&server, &manner, server.length, 1, &played);
    check(&played, "listen: greeting_bad login_sent blind echo", "login@1");
}

/* The question's bytes and nothing else go out, whatever the answer: a login behind them would be
 * garbage to everyone. */
static void check_asked_alone(enum first first, enum question question, const char *server)
{
    uint8_t bytes[EXCHANGE_OUTPUT];
    size_t size = service_question_write(question, bytes, sizeof(bytes));
    for (int ending = ENDING_OPEN; ending <= ENDING_RESET; ending++) {
        struct manner manner = {.first = first, .ending = (enum ending)ending};
        struct played played;
        play_in_all_pieces(server, &manner, &played);
        assert_int_equal(played.output_length, size);
        assert_memory_equal(played.output, bytes, size);
        assert_false(played.facts.login_sent);
        assert_int_equal(played.next_question, QUESTION_NONE);
    }
}

static void a_question_is_asked_alone(void **state)
{
    (void)state;
    static const char *const servers[] = {"", "t:?", "mariadb-10.11-plain", "err-1040"};
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        print_message("  %s\n", servers[i]);
        check_asked_alone(CLIENT_HELLO_FIRST, QUESTION_CLIENT_HELLO, servers[i]);
        check_asked_alone(SSL_REQUEST_FIRST, QUESTION_SSL_REQUEST, servers[i]);
    }
}

/* ---- the login ---- */

enum {
    KNOWN = CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_TRANSACTIONS |
            CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS,
    RESERVED = 23,
};

static const struct {
    const char *greeting;
    enum first first;
    size_t size; /* of the payload, the version's text aside */
    size_t proof;
    const char *plugin; /* NULL: the server offers none */
    bool attributes;
} logins[] = {
    {"mariadb-10.11-plain", SERVER_FIRST, 130, 0, "mysql_native_password", true},
    {"mariadb-10.11-tls", SERVER_FIRST, 130, 0, "mysql_native_password", true},
    {"mysql-9.7", SERVER_FIRST, 130, 0, "caching_sha2_password", true},
    {"plugin-without-nul", SERVER_FIRST, 70, 0, "mysql_native_password", false},
    {"greeting:client_ed25519", SERVER_FIRST, 187, 64, "client_ed25519", true},
    {"greeting:sha256_password", SERVER_FIRST, 124, 0, "sha256_password", true},
    {"greeting:mysql_clear_password", SERVER_FIRST, 130, 1, "mysql_clear_password", true},
    {"greeting:dialog", SERVER_FIRST, 116, 1, "dialog", true},
    {"greeting:not_known", SERVER_FIRST, 130, 0, "mysql_native_password", true},
    {"", LOGIN_FIRST, 144, 0, "mysql_native_password", true},
};

static void assert_text(struct reader *reader, const char *text)
{
    size_t length = 0;
    const uint8_t *bytes = reader_until_nul(reader, &length);
    assert_non_null(bytes);
    assert_string_equal((const char *)bytes, text);
}

/* HandshakeResponse41 to its last byte: no flag but those offered and known, no database, no TLS,
 * and a proof of nothing but zeros. */
static void check_login(struct reader *reader, uint32_t offered, size_t i)
{
    assert_int_equal(reader_u32(reader), offered & KNOWN);
    reader_skip(reader, 4 + 1);
    for (int zeros = 0; zeros < RESERVED; zeros++)
        assert_int_equal(reader_u8(reader), 0);
    assert_text(reader, ANONYMOUS_USER);
    assert_int_equal(reader_u8(reader), logins[i].proof);
    for (size_t zeros = 0; zeros < logins[i].proof; zeros++)
        assert_int_equal(reader_u8(reader), 0);
    if (logins[i].plugin)
        assert_text(reader, logins[i].plugin);
    if (logins[i].attributes)
        reader_skip(reader, reader_u8(reader));
    assert_int_equal(reader_left(reader), 0);
    assert_false(reader_failed(reader));
}

static void each_login_is_whole_and_proves_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
        struct manner manner = {.first = logins[i].first, .ending = ENDING_CLOSED};
        struct played played;
        struct packet packet;
        print_message("  %s\n", logins[i].greeting);
        play_in_all_pieces(logins[i].greeting, &manner, &played);
        assert_int_equal(packet_parse(played.output, played.output_length, &packet), PARSE_OK);
        assert_int_equal(PACKET_HEADER + packet.length, played.output_length);
        assert_int_equal(packet.sequence, 1);
        size_t version = logins[i].attributes ? strlen(OBPROBE_VERSION) : 0;
        assert_int_equal(packet.length - version, logins[i].size);
        struct reader reader = reader_over(packet.payload, packet.length);
        bool blind = logins[i].first == LOGIN_FIRST;
        check_login(&reader, blind ? UINT32_MAX : played.facts.capabilities, i);
        assert_int_equal(memmem(packet.payload, packet.length, "\r\n\r\n", 4) != NULL, blind);
    }
}

/* HandshakeResponse320: 16 flags, the greatest packet in 3 bytes, the name, nothing else. */
static void a_server_without_protocol_41_gets_the_old_login(void **state)
{
    (void)state;
    static const char old[] = "\x14\0\0\x01\0\0\xff\xff\xff" ANONYMOUS_USER;
    static const char *const openings[] = {"short-form", "protocol-9"};
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
        struct played played;
        play_in_all_pieces(openings[i], &(struct manner){.ending = ENDING_CLOSED}, &played);
        assert_int_equal(played.output_length, sizeof(old));
        assert_memory_equal(played.output, old, sizeof(old));
    }
}

static void a_second_login_is_never_queued(void **state)
{
    (void)state;
    struct stream greeting = stream_of("mariadb-10.11-plain");
    struct exchange_facts facts = {0};
    struct exchange exchange = {0};
    exchange_begin(&exchange, &facts, &(struct exchange_plan){.tls_mode = TLS_DISABLED});
    assert_int_equal(exchange_receive(&exchange, greeting.bytes, greeting.length), 0);
    size_t length = exchange.output_length;
    exchange_blind_login(&exchange);
    assert_int_equal(exchange.output_length, length);
    assert_false(facts.blind);
    exchange_clear(&exchange);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_service_is_known_by_its_answer),
        cmocka_unit_test(an_echo_is_known_by_its_own_login),
        cmocka_unit_test(a_question_is_asked_alone),
        cmocka_unit_test(each_login_is_whole_and_proves_nothing),
        cmocka_unit_test(a_server_without_protocol_41_gets_the_old_login),
        cmocka_unit_test(a_second_login_is_never_queued),
    };
    return cmocka_run_group_tests(tests, samples_read, NULL);
}
