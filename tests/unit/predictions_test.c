/* What is predicted from which facts: each row's prediction, and its near misses, where one fact is
 * another one and the prediction is gone. */
#include "probe/render/words_drivers.h"
#include "probe/verdict/predictions.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One probe; what is left out is an anonymous one of 10.1.2.3 without TLS. */
struct row {
    enum product product;
    const char *version;
    const char *plugin;  /* the greeting's */
    const char *asked;   /* of an account that was logged in */
    const char *address; /* "/" is a socket */
    bool offered;        /* TLS */
    enum tls_mode mode;
    uint16_t tls; /* the version agreed on; 0: no handshake */
    int code;     /* of the verification */
    bool expired;
    bool misnamed;
    bool rejected; /* the account's password */
    enum proof_refusal refusal;
    const char *ids; /* in the table's order, a space between */
};

/* Facts that go together. */
#define MYSQL         .product = PRODUCT_MYSQL, .version = "8.4.3"
#define MARIADB(text) .product = PRODUCT_MARIADB, .version = (text)
#define OLD_MARIADB   MARIADB("10.11.19-MariaDB-0+deb12u1")
#define NEW_MARIADB   MARIADB("11.4.2-MariaDB")
#define SHA2          .plugin = "caching_sha2_password"
#define NATIVE        .plugin = "mysql_native_password"
#define TLS(number)   .offered = true, .tls = (number)
#define TLS_1_3       TLS(0x0304)

/* What goes together in the answer. */
#define NO_TLS "mariadb-tls-by-default ssl-option-in-plaintext"
#define CLEAR  "mariadb-sends-in-clear"
#define OLD    "old-tls-client"
#define TRUST  "mariadb-verifies-by-default"
#define NINE   "mysql9-native-password"
#define SHA    "no-caching-sha2"

static const struct row table[] = {
    /* all is well: nothing for drivers of today */
    {MYSQL, SHA2, TLS_1_3, .ids = OLD " " SHA},
    {NEW_MARIADB, .plugin = "client_ed25519_of_tomorrow", TLS_1_3, .ids = ""},
    {MYSQL, SHA2, .address = "/", .ids = SHA},

    /* the RSA key: not over TLS, not over a socket, not with another plugin */
    {MYSQL, SHA2, .ids = "public-key-retrieval " NO_TLS " " CLEAR " " SHA},
    {MYSQL, .plugin = "sha256_password", .ids = "public-key-retrieval " NO_TLS},
    {MYSQL, NATIVE, .ids = NO_TLS " " NINE},
    {MYSQL, SHA2, .offered = true, .mode = TLS_DISABLED,
     .ids = "public-key-retrieval " OLD " " SHA},
    {MYSQL, SHA2, .offered = true, .mode = TLS_PREFERRED, .ids = OLD " " SHA},

    /* no TLS: told of every product, but not of a socket */
    {.product = PRODUCT_OCEANBASE_PROXY, .version = "5.6.25", NATIVE, .ids = NO_TLS " " NINE},
    {.product = PRODUCT_OCEANBASE_PROXY, .version = "5.6.25", NATIVE, TLS_1_3, .ids = NINE},
    {OLD_MARIADB, NATIVE, .address = "/", .ids = NINE},
    {OLD_MARIADB, NATIVE, .address = "127.0.0.1", .ids = NO_TLS " " NINE},

    /* a certificate that is not trusted */
    {MYSQL, SHA2, TLS_1_3, .code = 19, .ids = TRUST " " OLD " " SHA},
    {MYSQL, SHA2, TLS_1_3, .misnamed = true, .ids = TRUST " " OLD " " SHA},
    {MYSQL, SHA2, TLS_1_3, .code = 19, .address = "127.0.0.1", .ids = OLD " " SHA},
    {MYSQL, SHA2, TLS_1_3, .misnamed = true, .address = "::1", .ids = OLD " " SHA},
    {MYSQL, SHA2, TLS_1_3, .code = 19, .address = "127.0.0.2", .ids = TRUST " " OLD " " SHA},
    {MYSQL, SHA2, TLS_1_3, .code = 19, .address = "::2", .ids = TRUST " " OLD " " SHA},
    /* … which a MariaDB from 11.4 proves with the password, for plugins that can */
    {OLD_MARIADB, NATIVE, TLS_1_3, .code = 18, .ids = TRUST " " NINE},
    {MARIADB("11.3.2-MariaDB"), NATIVE, TLS_1_3, .code = 18, .ids = TRUST " " NINE},
    {NEW_MARIADB, NATIVE, TLS_1_3, .code = 18, .ids = NINE},
    {NEW_MARIADB, NATIVE, TLS_1_3, .misnamed = true, .ids = NINE},
    {MARIADB("12.0.1-MariaDB"), NATIVE, TLS_1_3, .code = 18, .ids = NINE},
    {NEW_MARIADB, NATIVE, .asked = "dialog", TLS_1_3, .code = 18, .ids = TRUST},
    {NEW_MARIADB, NATIVE, .asked = "parsec", TLS_1_3, .code = 18, .ids = "mariadb-plugin"},
    {.product = PRODUCT_MAXSCALE, .version = "11.4.2", NATIVE, TLS_1_3, .code = 18, .ids = NINE},
    {.product = PRODUCT_MAXSCALE,
     .version = "8.4.2",
     SHA2,
     TLS_1_3,
     .code = 18,
     .ids = TRUST " " SHA},
    {.product = PRODUCT_MYSQL,
     .version = "11.4.2",
     NATIVE,
     TLS_1_3,
     .code = 18,
     .ids = TRUST " " OLD " " NINE},
    /* … and nothing makes up for these */
    {NEW_MARIADB, NATIVE, TLS_1_3, .code = 10, .address = "127.0.0.1", .ids = TRUST " " NINE},
    {NEW_MARIADB, NATIVE, TLS_1_3, .code = 9, .ids = TRUST " " NINE},
    {NEW_MARIADB, NATIVE, TLS_1_3, .code = 23, .ids = TRUST " " NINE},
    {NEW_MARIADB, NATIVE, TLS_1_3, .code = 10, .address = "/", .ids = NINE},
    {NEW_MARIADB, NATIVE, TLS_1_3, .code = 18, .expired = true, .ids = TRUST " " NINE},

    /* old TLS */
    {OLD_MARIADB, NATIVE, TLS(0x0302), .ids = "tls-too-old " NINE},
    {OLD_MARIADB, NATIVE, TLS(0x0301), .code = 18, .ids = "tls-too-old " NINE},
    {OLD_MARIADB, NATIVE, TLS(0x0303), .ids = NINE},
    {MYSQL, SHA2, TLS(0x0302), .ids = "tls-too-old " SHA},
    {.product = PRODUCT_MYSQL, .version = "8.0.28", SHA2, TLS_1_3, .ids = OLD " " SHA},
    {.product = PRODUCT_MYSQL, .version = "8.0.27-log", SHA2, TLS_1_3, .ids = SHA},
    {.product = PRODUCT_MYSQL, .version = "", SHA2, TLS_1_3, .ids = SHA},
    {.product = PRODUCT_MYSQL,
     .version = "99999999999999999999",
     SHA2,
     TLS_1_3,
     .ids = OLD " " SHA},
    {.product = PRODUCT_TIDB, .version = "8.0.28-TiDB-v8", SHA2, TLS_1_3, .ids = SHA},

    /* the plugin: the account's where there is one */
    {MYSQL, SHA2, .asked = "mysql_native_password", TLS_1_3, .ids = OLD " " NINE},
    {MYSQL, NATIVE, .asked = "caching_sha2_password", TLS_1_3, .ids = OLD " " SHA},
    {OLD_MARIADB, NATIVE, .asked = "client_ed25519", .refusal = PROOF_NOT_SPOKEN, TLS_1_3,
     .ids = "mariadb-plugin"},
    {OLD_MARIADB, NATIVE, .asked = "mysql_clear_password", TLS_1_3, .ids = "cleartext-password"},
    {OLD_MARIADB, NATIVE, .asked = "mysql_clear_password", .refusal = PROOF_IN_CLEAR, TLS_1_3,
     .ids = "cleartext-password"},
    {OLD_MARIADB, NATIVE, .asked = "auth_gssapi_client", .refusal = PROOF_NOT_SPOKEN, TLS_1_3,
     .ids = ""},
    {MYSQL, SHA2, .asked = "caching_sha2_password", .refusal = PROOF_WITHOUT_KEY,
     .ids = "public-key-retrieval " NO_TLS " " CLEAR " " SHA},
    /* … unless it may be one that the server made up for a user that does not exist */
    {MYSQL, SHA2, .asked = "mysql_native_password", .rejected = true, TLS_1_3, .ids = OLD " " SHA},
};

enum { ROWS = sizeof table / sizeof table[0] };

/* ---- facts of a row ---- */

struct server {
    struct ip ip;
    struct evidence evidence;
    struct tls_evidence tls;
    struct seen seen;
};

static void place(struct server *scene, const char *address)
{
    scene->evidence.connect.unix_socket = address[0] == '/';
    if (address[0] == '/')
        scene->ip.family = FAMILY_UNIX;
    else
        scene->ip.family = strchr(address, ':') ? 6 : 4;
    inet_pton(scene->ip.family == 6 ? AF_INET6 : AF_INET, address, scene->ip.bytes);
}

static void log_in(struct exchange_facts *exchange, const struct row *row)
{
    snprintf(exchange->auth_plugin, sizeof exchange->auth_plugin, "%s",
             row->asked ? row->asked : row->plugin);
    exchange->credentials = row->asked != NULL;
    exchange->refusal = row->refusal;
    exchange->logged_in = row->asked && !row->rejected && row->refusal == PROOF_NOT_REFUSED;
    exchange->error.code = exchange->logged_in ? 0 : 1045;
}

static void shake_hands(struct tls_evidence *tls, const struct row *row)
{
    tls->handshake = TLS_DONE;
    tls->version = row->tls;
    tls->judged = true;
    tls->verify_code = row->code;
    tls->certificate_count = 1;
    tls->days_left = row->expired ? -1 : 0;
    tls->name = row->misnamed ? TLS_FAILS : TLS_HOLDS;
    snprintf(tls->verify_text, sizeof tls->verify_text, "words for %d", row->code);
}

static const struct seen *scene_of(struct server *scene, const struct row *row)
{
    struct exchange_facts *exchange = &scene->evidence.exchange;
    *scene = (struct server){.seen = {&scene->ip, &scene->evidence, NULL}};
    place(scene, row->address ? row->address : "10.1.2.3");
    scene->evidence.tls_mode = row->mode;
    exchange->greeted = true;
    exchange->product = row->product;
    exchange->capabilities = row->offered ? CLIENT_SSL : 0;
    snprintf(exchange->version, sizeof exchange->version, "%s", row->version);
    snprintf(exchange->default_plugin, sizeof exchange->default_plugin, "%s", row->plugin);
    log_in(exchange, row);
    if (row->tls) {
        shake_hands(&scene->tls, row);
        scene->seen.tls = &scene->tls;
    }
    return &scene->seen;
}

static void ids_of(uint32_t predictions, char *to, size_t size)
{
    const char *before = "";
    *to = '\0';
    for (unsigned i = 0; i < PREDICTION_COUNT; i++)
        if (predictions & UINT32_C(1) << i) {
            size_t length = strlen(to);
            snprintf(to + length, size - length, "%s%s", before,
                     prediction_row((enum prediction)i)->id);
            before = " ";
        }
}

/* ---- tests ---- */

static void facts_decide(void **state)
{
    (void)state;
    static struct server scene;
    for (size_t i = 0; i < ROWS; i++) {
        char found[512];
        ids_of(predictions_of(scene_of(&scene, &table[i])), found, sizeof found);
        if (strcmp(found, table[i].ids) != 0)
            fail_msg("row %zu: \"%s\" and not \"%s\"", i, found, table[i].ids);
    }
}

static void every_prediction_is_made_and_missed(void **state)
{
    (void)state;
    static struct server scene;
    uint32_t made = 0, missed = 0;
    for (size_t i = 0; i < ROWS; i++) {
        uint32_t predictions = predictions_of(scene_of(&scene, &table[i]));
        made |= predictions;
        missed |= ~predictions;
    }
    assert_int_equal(made, (UINT32_C(1) << PREDICTION_COUNT) - 1);
    assert_int_equal(missed, UINT32_MAX);
}

static void nothing_is_said_of_who_did_not_greet(void **state)
{
    (void)state;
    static struct server scene;
    const struct row row = {MYSQL, SHA2, .ids = ""};
    scene_of(&scene, &row);
    scene.evidence.exchange.greeted = false;
    assert_int_equal(predictions_of(&scene.seen), 0);
}

/* A certificate that nobody looked at says nothing. */
static void nothing_is_said_of_what_was_not_judged(void **state)
{
    (void)state;
    static struct server scene;
    const struct row row = {MYSQL, SHA2, TLS_1_3, .code = 19, .ids = ""};
    scene_of(&scene, &row);
    assert_true(predictions_of(&scene.seen) & UINT32_C(1) << PREDICT_CERTIFICATE);
    scene.tls.judged = false;
    assert_false(predictions_of(&scene.seen) & UINT32_C(1) << PREDICT_CERTIFICATE);
    scene.tls.judged = true;
    scene.tls.handshake = TLS_ALERTED;
    assert_false(predictions_of(&scene.seen) & UINT32_C(1) << PREDICT_CERTIFICATE);
}

static void causes_that_have_something_else_to_mend_get_none(void **state)
{
    (void)state;
    assert_true(predictions_fit(CAUSE_READY_LOGIN));
    assert_true(predictions_fit(CAUSE_READY_HANDSHAKE));
    assert_true(predictions_fit(CAUSE_TLS_NOT_OFFERED));
    assert_true(predictions_fit(CAUSE_DENIED_AUTH_PLUGIN));
    assert_false(predictions_fit(CAUSE_DENIED_CREDENTIALS));
    assert_false(predictions_fit(CAUSE_DENIED_HOST_BLOCKED));
    assert_false(predictions_fit(CAUSE_PROTOCOL_NOT_MYSQL));
    assert_false(predictions_fit(CAUSE_UNAVAILABLE_OFFLINE));
    assert_false(predictions_fit(CAUSE_NONE));
}

/* ---- words ---- */

static void rows_are_complete(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PREDICTION_COUNT; i++) {
        const struct prediction_row *row = prediction_row((enum prediction)i);
        assert_true(row->id[0] && row->drivers[0] && row->source[0]);
        assert_true(row->id[strspn(row->id, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0');
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(row->id, prediction_row((enum prediction)j)->id);
        const char *sentences[] = {row->happens, row->mends, row->rule};
        for (size_t j = 0; j < 3; j++)
            assert_true(sentences[j][0] && sentences[j][strlen(sentences[j]) - 1] == '.');
    }
}

static void report_of(struct report *report, struct address_result *address, const struct row *row)
{
    static struct server scene;
    static char host[] = "db1";
    scene_of(&scene, row);
    *address = (struct address_result){.ip = scene.ip, .evidence = scene.evidence, .tls = NULL};
    if (scene.seen.tls)
        address->tls = &scene.tls;
    *report = (struct report){.target = {.input = host, .host = host, .port = 3306},
                              .addresses = address,
                              .address_count = 1,
                              .predictions = UINT32_MAX};
}

static void no_placeholder_is_left(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MYSQL, SHA2, .ids = ""},
        {MYSQL, SHA2, .asked = "mysql_native_password", TLS_1_3, .code = 19, .ids = ""},
        {OLD_MARIADB, NATIVE, TLS(0x0301), .misnamed = true, .ids = ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct report report;
        static struct address_result address;
        report_of(&report, &address, &rows[i]);
        for (unsigned j = 0; j < PREDICTION_COUNT; j++) {
            char text[PREDICTION_TEXT];
            words_prediction_advice(&report, (enum prediction)j, text);
            assert_null(strchr(text, '{'));
            assert_true(strlen(text) < PREDICTION_TEXT - 100);
        }
    }
}

static void words_claim_what_was_seen(void **state)
{
    (void)state;
    static const struct {
        struct row row;
        enum prediction prediction;
        const char *text, *rule;
    } cases[] = {
        {{MYSQL, NATIVE, .ids = ""},
         PREDICT_NATIVE_PASSWORD,
         "accounts with the default plugin cannot log in",
         "The plugin of the greeting is mysql_native_password."},
        {{MYSQL, SHA2, .asked = "mysql_native_password", .ids = ""},
         PREDICT_NATIVE_PASSWORD,
         "this account cannot log in",
         "The plugin of the account is mysql_native_password."},
        {{MYSQL, SHA2, TLS_1_3, .code = 19, .ids = ""},
         PREDICT_CERTIFICATE,
         "do not trust the certificate",
         "Verified here the certificate gives: words for 19 (code 19), and"},
        {{MYSQL, SHA2, TLS_1_3, .code = 19, .expired = true, .ids = ""},
         PREDICT_CERTIFICATE,
         "do not trust the certificate",
         "The certificate, or one of its chain, has expired, and"},
        {{MYSQL, SHA2, TLS_1_3, .misnamed = true, .ids = ""},
         PREDICT_CERTIFICATE,
         "do not trust the certificate",
         "The certificate is not for db1, and"},
        {{OLD_MARIADB, NATIVE, TLS(0x0302), .ids = ""},
         PREDICT_OLD_TLS,
         "their TLS handshake fails",
         "The server chose TLSv1.1 although"},
        {{OLD_MARIADB, NATIVE, .ids = ""},
         PREDICT_PLAINTEXT,
         "silently",
         "The greeting of MariaDB 10.11.19 offers no TLS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct report report;
        static struct address_result address;
        char text[PREDICTION_TEXT];
        report_of(&report, &address, &cases[i].row);
        words_prediction(&report, cases[i].prediction, text);
        assert_non_null(strstr(text, cases[i].text));
        words_prediction_rule(&report, cases[i].prediction, text);
        assert_non_null(strstr(text, cases[i].rule));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_decide),
        cmocka_unit_test(every_prediction_is_made_and_missed),
        cmocka_unit_test(nothing_is_said_of_who_did_not_greet),
        cmocka_unit_test(nothing_is_said_of_what_was_not_judged),
        cmocka_unit_test(causes_that_have_something_else_to_mend_get_none),
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(no_placeholder_is_left),
        cmocka_unit_test(words_claim_what_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
