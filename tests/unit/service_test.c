#include "proto/login_request.h"
#include "proto/service.h"
#include "tests/unit/guard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { QUESTIONS = QUESTION_SSL_REQUEST + 1, ENDINGS = ENDING_RESET + 1, ROOM = 512 };

static const char *const questions[QUESTIONS] = {"none", "login", "client-hello", "ssl-request"};
static const char *const endings[ENDINGS] = {"open", "closed", "reset"};
static const char *const services[SERVICE_COUNT] = {
    "ssh",       "http",    "tls",    "smtp", "ftp",  "postgresql",    "redis",
    "memcached", "mongodb", "mysqlx", "mqtt", "echo", "oceanbase-rpc",
};

/* One row of tests/data/packets/reactions.txt, where its format is described. */
struct measured {
    char server[64];
    int service;
    int question;
    int ending;
    uint8_t bytes[ROOM];
    size_t length;
};

static struct measured measured[128];
static size_t measured_count;
static uint8_t sent[QUESTIONS][ROOM];
static size_t sent_length[QUESTIONS];

static int index_of(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    fprintf(stderr, "no such name: %s\n", name);
    abort();
}

static void unescape(struct measured *row, const char *text)
{
    if (strcmp(text, "SENT") == 0) {
        row->length = sent_length[row->question];
        memcpy(row->bytes, sent[row->question], row->length);
        return;
    }
    while (*text && row->length < ROOM) {
        unsigned byte = (unsigned char)*text;
        bool escaped = sscanf(text, "\\x%2x", &byte) == 1;
        row->bytes[row->length++] = (uint8_t)byte;
        text += escaped ? 4 : 1;
    }
}

static bool read_row(char *line, struct measured *row)
{
    char service[24], question[24], ending[24];
    int bytes = 0;
    *row = (struct measured){0};
    if (line[0] == '#' || sscanf(line, "%63[^|]| %23s | %23s | %23s | %n", row->server, service,
                                 question, ending, &bytes) != 4)
        return false;
    line[strcspn(line, "\n")] = '\0';
    row->service = index_of(services, SERVICE_COUNT, service);
    row->question = index_of(questions, QUESTIONS, question);
    row->ending = index_of(endings, ENDINGS, ending);
    if (bytes)
        unescape(row, line + bytes);
    return true;
}

static int read_reactions(void **state)
{
    char line[1024];
    struct login_request login = {.user = "obprobe_nobody", .sequence = 1};
    FILE *file = fopen(TEST_DATA "/packets/reactions.txt", "r");
    (void)state;
    sent_length[QUESTION_LOGIN] = login_request_write(sent[QUESTION_LOGIN], ROOM, &login);
    for (int i = QUESTION_CLIENT_HELLO; i < QUESTIONS; i++)
        sent_length[i] = service_question_write((enum question)i, sent[i], ROOM);
    while (file && measured_count < 128 && fgets(line, sizeof(line), file))
        measured_count += read_row(line, &measured[measured_count]);
    if (file)
        fclose(file);
    return measured_count ? 0 : -1;
}

static uint32_t recognise_guarded(int question, int ending, const void *bytes, size_t length)
{
    struct guarded input = guard(bytes, length);
    struct reaction reaction = {
        .question = (enum question)question,
        .ending = (enum ending)ending,
        .sent = sent[question],
        .sent_length = sent_length[question],
        .bytes = input.bytes,
        .length = length,
    };
    uint32_t set = service_recognise(&reaction);
    unguard(&input);
    return set;
}

static void each_measured_reaction_is_recognised(void **state)
{
    (void)state;
    for (size_t i = 0; i < measured_count; i++) {
        const struct measured *row = &measured[i];
        uint32_t set = recognise_guarded(row->question, row->ending, row->bytes, row->length);
        print_message("  %s %s\n", row->server, questions[row->question]);
        assert_true(set & SERVICE_BIT(row->service));
        if (row->length)
            assert_int_equal(set, SERVICE_BIT(row->service));
    }
}

/* MongoDB and OceanBase's RPC port could not be had for measuring. */
static bool was_measured(int service, int question, int ending)
{
    bool found = service == SERVICE_MONGODB || service == SERVICE_OCEANBASE_RPC;
    for (size_t i = 0; i < measured_count; i++)
        found |= measured[i].service == service && measured[i].question == question &&
                 measured[i].ending == ending && measured[i].length == 0;
    return found;
}

static void silence_names_only_what_was_measured(void **state)
{
    (void)state;
    for (int question = 0; question < QUESTIONS; question++)
        for (int ending = 0; ending < ENDINGS; ending++) {
            uint32_t set = recognise_guarded(question, ending, NULL, 0);
            for (int service = 0; service < SERVICE_COUNT; service++)
                if (set & SERVICE_BIT(service))
                    assert_true(was_measured(service, question, ending));
        }
}

/* Bytes as a string literal, so that a NUL may stand in it. */
#define BYTES(literal_) literal_, sizeof(literal_) - 1
#define SET(name_)      SERVICE_BIT(SERVICE_##name_)

static const struct {
    const char *bytes;
    size_t length;
    uint32_t set;
} banners[] = {
    {BYTES("SSH-2.0-dropbear"), SET(SSH)},
    {BYTES("Exceeded MaxStartups\r\n"), SET(SSH)},
    {BYTES("HTTP/1.1 400 Bad Request"), SET(HTTP)},
    {BYTES("HTTP/1.0 200 OK"), SET(HTTP)},
    {BYTES("<html><head>"), SET(HTTP)},
    {BYTES("\0\0\x06\x04\0\0\0\0\0\0\3\0\0\0\x64"), SET(HTTP)},
    {BYTES("\x15\x03\x01\0\x02\x02\x28"), SET(TLS)},
    {BYTES("\x15\x03\x03\0\x02\x02\x46"), SET(TLS)},
    {BYTES("\x16\x03\x03\x40\xff\x02"), SET(TLS)},
    {BYTES("220 mail.example ESMTP Postfix (Debian/GNU)\r\n"), SET(SMTP)},
    {BYTES("220-mail.example\r\n220 smtp ready\r\n"), SET(SMTP)},
    {BYTES("554 5.7.1 no service\r\n"), SET(SMTP)},
    {BYTES("220 ProFTPD Server\r\n"), SET(FTP)},
    {BYTES("120 ready in 5 minutes\r\n"), SET(FTP)},
    {BYTES("220 ready\r\n"), SET(SMTP) | SET(FTP)},
    {BYTES("421 too many connections\r\n"), SET(SMTP) | SET(FTP)},
    {BYTES("220 SMTP and FTP\r\n"), SET(SMTP) | SET(FTP)},
    {BYTES("E\0\0\0\x8dSFATAL\0VFATAL\0"), SET(POSTGRESQL)},
    {BYTES("-DENIED Redis is running in protected mode"), SET(REDIS)},
    {BYTES("-ERR unknown command"), SET(REDIS)},
    {BYTES("-NOAUTH Authentication required."), SET(REDIS)},
    {BYTES("ERROR\r\n"), SET(MEMCACHED)},
    {BYTES("ERROR Too many open connections\r\n"), SET(MEMCACHED)},
    {BYTES("CLIENT_ERROR line too long\r\n"), SET(MEMCACHED)},
    {BYTES("\x26\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0"), SET(MONGODB)},
    {BYTES("\x26\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0"), SET(MONGODB)},
    {BYTES("\x05\0\0\0\x0b\x08\x05\x1a\0"), SET(MYSQLX)},
    {BYTES("\x25\0\0\0\1\x08\1\x10"), SET(MYSQLX)},
    {BYTES("\x20\x02\0\1"), SET(MQTT)},
    {BYTES("\x20\x03\0\x87\0"), SET(MQTT)},
    {BYTES("\xe0\x02\x82\0"), SET(MQTT)},
    /* and what is none of them */
    {BYTES("SSG-2.0"), 0},
    {BYTES("S"), 0},
    {BYTES("HTTP/2"), 0},
    {BYTES("\0\0\x07\x04\0\0\0\0\0"), 0},
    {BYTES("\x16\x03"), 0},
    {BYTES("\x16\x03\x03\0"), 0},
    {BYTES("\x17\x03\x03\0\x10"), 0},
    {BYTES("\x16\x04\0\0\x10"), 0},
    {BYTES("\x16\x03\x05\0\x10"), 0},
    {BYTES("\x16\x03\x03\x41\x01"), 0},
    {BYTES("220"), 0},
    {BYTES("2200 "), 0},
    {BYTES("E\0\0\0\x8d"), 0},
    {BYTES("E\0\1\0\0S"), 0},
    {BYTES("E\0\0\0\x8dX"), 0},
    {BYTES("N"), 0},
    {BYTES("-err "), 0},
    {BYTES("-E"), 0},
    {BYTES("-ERR"), 0},
    {BYTES("ERROR"), 0},
    {BYTES("\x26\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0"), 0},
    {BYTES("\x10\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0"), 0},
    {BYTES("\x05\0\0\0\x0b\x09"), 0},
    {BYTES("\x05\0\0\0\x0c\x08"), 0},
    {BYTES("\x20\x02\2\1"), 0},
    {BYTES("\xe0\x02\0\0"), 0},
};

static void each_banner_names_its_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(banners) / sizeof(banners[0]); i++) {
        print_message("  %s\n", banners[i].bytes);
        assert_int_equal(
            recognise_guarded(QUESTION_NONE, ENDING_OPEN, banners[i].bytes, banners[i].length),
            banners[i].set);
    }
}

static void postgresqls_one_byte_answers_only_its_own_question(void **state)
{
    (void)state;
    for (int question = 0; question < QUESTIONS; question++)
        assert_int_equal(recognise_guarded(question, ENDING_OPEN, "N", 1),
                         question == QUESTION_SSL_REQUEST ? SET(POSTGRESQL) : 0);
    assert_int_equal(recognise_guarded(QUESTION_SSL_REQUEST, ENDING_OPEN, "X", 1), 0);
    assert_int_equal(recognise_guarded(QUESTION_SSL_REQUEST, ENDING_OPEN, "SS", 2), 0);
}

static void an_echo_is_known_by_its_first_eight_bytes(void **state)
{
    (void)state;
    const uint8_t *hello = sent[QUESTION_CLIENT_HELLO];
    assert_int_equal(recognise_guarded(QUESTION_CLIENT_HELLO, ENDING_OPEN, hello, 8), SET(ECHO));
    assert_int_equal(recognise_guarded(QUESTION_CLIENT_HELLO, ENDING_OPEN, hello, 7), SET(TLS));
    assert_int_equal(recognise_guarded(QUESTION_LOGIN, ENDING_OPEN, hello, 8), SET(TLS));
}

/* Every question; then which one follows a reaction to the login, by its ending and first bytes. */
static void the_next_question_follows_the_ending(void **state)
{
    (void)state;
    static const enum question after_login[ENDINGS] = {
        [ENDING_OPEN] = QUESTION_NONE,
        [ENDING_CLOSED] = QUESTION_SSL_REQUEST,
        [ENDING_RESET] = QUESTION_CLIENT_HELLO,
    };
    for (int question = 0; question < QUESTIONS; question++)
        for (int ending = 0; ending < ENDINGS; ending++) {
            struct reaction silent = {.question = (enum question)question,
                                      .ending = (enum ending)ending};
            struct reaction spoken = silent;
            spoken.bytes = (const uint8_t *)"?";
            spoken.length = 1;
            assert_int_equal(service_next_question(&silent),
                             question == QUESTION_LOGIN ? after_login[ending] : QUESTION_NONE);
            assert_int_equal(service_next_question(&spoken), QUESTION_NONE);
        }
}

static void the_questions_are_written_whole_or_not_at_all(void **state)
{
    (void)state;
    for (int question = 0; question < QUESTIONS; question++) {
        uint8_t bytes[ROOM] = {0};
        size_t size = service_question_write((enum question)question, bytes, sizeof(bytes));
        assert_int_equal(size != 0, question >= QUESTION_CLIENT_HELLO);
        if (!size)
            continue;
        struct guarded output = guard(bytes, size);
        assert_int_equal(service_question_write((enum question)question, output.bytes, size), size);
        assert_int_equal(service_question_write((enum question)question, output.bytes, size - 1),
                         0);
        unguard(&output);
    }
}

/* The lengths of RFC 8446, 5.1, 4 and 4.1.2, each of which must lead to the same end. */
static void the_client_hellos_lengths_agree(void **state)
{
    (void)state;
    const uint8_t *hello = sent[QUESTION_CLIENT_HELLO];
    size_t length = sent_length[QUESTION_CLIENT_HELLO];
    size_t at = 5 + 4 + 2 + 32;
    assert_int_equal(hello[3] << 8 | hello[4], length - 5);
    assert_int_equal(hello[6] << 16 | hello[7] << 8 | hello[8], length - 9);
    at += 1u + hello[at];
    at += 2u + (size_t)(hello[at] << 8 | hello[at + 1]);
    at += 1u + hello[at];
    assert_int_equal(hello[at] << 8 | hello[at + 1], length - at - 2);
    for (at += 2; at + 4 <= length;)
        at += 4u + (size_t)(hello[at + 2] << 8 | hello[at + 3]);
    assert_int_equal(at, length);
}

static void every_service_has_its_name_and_a_title(void **state)
{
    (void)state;
    for (int i = 0; i < SERVICE_COUNT; i++) {
        assert_string_equal(service_name((enum service)i), services[i]);
        assert_true(strncmp(service_title((enum service)i), "a", 1) == 0 ||
                    strncmp(service_title((enum service)i), "the ", 4) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_measured_reaction_is_recognised),
        cmocka_unit_test(silence_names_only_what_was_measured),
        cmocka_unit_test(each_banner_names_its_set),
        cmocka_unit_test(postgresqls_one_byte_answers_only_its_own_question),
        cmocka_unit_test(an_echo_is_known_by_its_first_eight_bytes),
        cmocka_unit_test(the_next_question_follows_the_ending),
        cmocka_unit_test(the_questions_are_written_whole_or_not_at_all),
        cmocka_unit_test(the_client_hellos_lengths_agree),
        cmocka_unit_test(every_service_has_its_name_and_a_title),
    };
    return cmocka_run_group_tests(tests, read_reactions, NULL);
}
