/* The table of what libmariadb's texts conflate: which row a text finds, and that the rows hold.
 * What they say is held against real answers by tests/server/differential_test.py. */
#include "probe/render/libmariadb_texts.h"
#include "probe/verdict/causes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct row {
    unsigned code;
    const char *fragment;
    const char *causes;
    const char *sentence;
} rows[] = {
#define LIBMARIADB_TEXT(code, fragment, causes, sentence) {code, fragment, causes, sentence},
#include "probe/render/libmariadb_texts.def"
#undef LIBMARIADB_TEXT
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- texts ---- */

#define GREETING "Lost connection to server at 'handshake: reading initial communication packet'"
#define LOGIN    "Lost connection to server at 'reading authorization packet'"

static void a_text_finds_its_sentence(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        const char *text;
        const char *words; /* of the sentence; NULL: there must be none */
    } facts[] = {
        {2002, "Can't connect to server on '10.0.0.1' (115)", "a closed port"},
        {2002, "Can't connect to server on 'db1' (110)", "a packet filter that drops"},
        {2002, "Can't connect to server on 'db1' (101)", "a missing route"},
        {2002, "Can't connect to server on 'db1' (13)", NULL},
        {2002,
         "Received error packet before completion of TLS handshake. The authenticity of the "
         "following error cannot be verified: 1129 - Host is blocked",
         "blocks this host"},
        {2013, GREETING ", system error: 110", "stays silent"},
        {2013, GREETING ", system error: 104", "reset at once"},
        {2013, GREETING ", system error: 11", "an SSH or mail server"},
        {2013, GREETING ", system error: 0", "an SSH or mail server"},
        {2013, GREETING ", system error: 115", "an SSH or mail server"},
        {2013, LOGIN ", system error: 110", "silent after the login"},
        {2013, LOGIN ", system error: 104", NULL},
        {2013, LOGIN ", system error: 11", "closes on the login"},
        {2013, "Lost connection to server during query", "after the login"},
        {2013, "Can't connect to server (11).", "a second greeting"},
        {1045, "Plugin gssapi could not be loaded: gssapi.so", "not installed"},
        {1045, "Access denied for user 'app'@'localhost' (using password: YES)", NULL},
        {2026, "TLS/SSL error: self-signed certificate", "once an authority is given"},
        {2026, "TLS/SSL error: self-signed certificate in certificate chain", "client certificate"},
        {2026, "TLS/SSL error: wrong version number", NULL},
        {2027, "Received malformed packet", "backend"},
        {2027, "", "backend"},
        {1040, "Too many connections", NULL},
        {0, "", NULL},
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const char *sentence = libmariadb_conflates(facts[i].code, facts[i].text);
        if (!facts[i].words)
            assert_null(sentence);
        else if (!sentence || !strstr(sentence, facts[i].words))
            fail_msg("%u %s: %s", facts[i].code, facts[i].text, sentence ? sentence : "nothing");
    }
}

/* ---- rows ---- */

static void every_cause_is_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        char causes[512];
        assert_true(snprintf(causes, sizeof causes, "%s", rows[i].causes) < (int)sizeof causes);
        char *rest = NULL;
        assert_true(*rows[i].causes);
        for (char *id = strtok_r(causes, " ", &rest); id; id = strtok_r(NULL, " ", &rest))
            if (cause_find(id) == CAUSE_NONE)
                fail_msg("%u %s: no cause %s", rows[i].code, rows[i].fragment, id);
    }
}

static bool takes_all_of(const struct row *first, const struct row *later)
{
    return first->code == later->code && strstr(later->fragment, first->fragment);
}

static void no_row_hides_a_later_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t later = i + 1; later < ROWS; later++)
            if (takes_all_of(&rows[i], &rows[later]))
                fail_msg("%u %s: never found", rows[later].code, rows[later].fragment);
}

static void sentences_are_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const char *sentence = rows[i].sentence;
        if (!sentence)
            continue;
        size_t length = strlen(sentence);
        assert_true(length > 20 && length < 256);
        assert_int_equal(sentence[length - 1], '.');
        assert_null(strstr(sentence, "  "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_finds_its_sentence),
        cmocka_unit_test(every_cause_is_one),
        cmocka_unit_test(no_row_hides_a_later_one),
        cmocka_unit_test(sentences_are_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
