/* Whether libmariadb may be asked at all, and what it is told. */
#include "tests/unit/client_play.h"
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Files that can be read. */
#define HERE   TEST_DATA "/targets.txt"
#define FOLDER TEST_DATA

/* ---- what a login is changed to ---- */

static void by(struct login_had *had, const char *plugin)
{
    snprintf(had->evidence.exchange.auth_plugin, PLUGIN_NAME, "%s", plugin);
}

static void in_tls(struct login_had *had)
{
    had->evidence.exchange.secured = true;
    had->tls = (struct tls_evidence){.handshake = TLS_DONE,
                                     .judged = true,
                                     .verify_code = 19,
                                     .policy = TLS_HOLDS,
                                     .certificate_count = 1,
                                     .certificates = {{.sha256 = {0xab}}},
                                     .leaf_sha1 = {0xcd, 0xef}};
}

static void in_verified_tls(struct login_had *had)
{
    in_tls(had);
    had->evidence.tls_mode = TLS_VERIFY_IDENTITY;
    had->tls.verify_code = 0;
    had->tls.name = TLS_HOLDS;
}

static void over_a_socket(struct login_had *had)
{
    static char path[] = "/run/mysqld.sock";
    had->target = (struct target){.input = path, .host = path + strlen(path), .socket = path};
    had->ip = (struct ip){.family = FAMILY_UNIX};
}

static void nothing(struct login_had *had)
{
    (void)had;
}

static void sha2(struct login_had *had)
{
    by(had, "caching_sha2_password");
}

static void sha2_on_loopback(struct login_had *had)
{
    sha2(had);
    had->ip.bytes[0] = 127;
}

static void sha2_with_leave(struct login_had *had)
{
    sha2(had);
    had->conditions.get_server_public_key = true;
}

static void sha2_in_tls(struct login_had *had)
{
    sha2(had);
    in_tls(had);
}

static void sha2_over_a_socket(struct login_had *had)
{
    sha2(had);
    over_a_socket(had);
}

static void dialog(struct login_had *had)
{
    by(had, "dialog");
}

static void clear(struct login_had *had)
{
    by(had, "mysql_clear_password");
}

static void clear_in_tls(struct login_had *had)
{
    clear(had);
    in_tls(had);
}

static void clear_in_verified_tls(struct login_had *had)
{
    clear(had);
    in_verified_tls(had);
}

static void kerberos_in_tls(struct login_had *had)
{
    by(had, "auth_gssapi_client");
    in_tls(had);
}

static void kerberos_over_a_socket(struct login_had *had)
{
    by(had, "auth_gssapi_client");
    over_a_socket(had);
}

static void dialog_over_a_socket(struct login_had *had)
{
    dialog(had);
    over_a_socket(had);
}

static void an_unknown_plugin(struct login_had *had)
{
    by(had, "authentication_of_mars");
}

static void two_plugins(struct login_had *had)
{
    had->evidence.exchange.auth_switches = 2;
}

static void no_name(struct login_had *had)
{
    had->conditions.login.user = "";
}

static void a_key_store(struct login_had *had)
{
    in_tls(had);
    had->options.tls.key_store = "keys.p12";
}

static void a_key_store_without_tls(struct login_had *had)
{
    had->options.tls.key_store = "keys.p12";
}

static void unknown_authority(struct login_had *had)
{
    in_tls(had);
    had->options.tls.ca = HERE;
}

static void known_authority(struct login_had *had)
{
    unknown_authority(had);
    had->tls.verify_code = 0;
}

static void a_list_that_is_gone(struct login_had *had)
{
    known_authority(had);
    had->options.tls.crl = "/nonexistent";
}

static void a_key_that_is_gone(struct login_had *had)
{
    sha2_on_loopback(had);
    had->options.public_key_path = "/nonexistent";
}

static void kerberos_with_only_port(struct login_had *had)
{
    kerberos_over_a_socket(had);
    had->evidence.only_port = true;
}

static void old_tls(struct login_had *had)
{
    in_tls(had);
    had->tls.policy = TLS_FAILS;
}

/* dialog: this program does not export the callback. */
static const struct {
    const char *name;
    void (*change)(struct login_had *had);
    enum client_result result;
    enum client_reason reason;
} judgements[] = {
    {"a hash on plaintext", nothing, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"a hash in TLS that nobody verified", in_tls, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"caching_sha2 on plaintext", sha2, CLIENT_NOT_RUN, CLIENT_ANY_KEY},
    {"the same on loopback", sha2_on_loopback, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"the same, with leave to fetch the key", sha2_with_leave, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"the same in TLS", sha2_in_tls, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"the same over a socket", sha2_over_a_socket, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"the password itself on plaintext", clear, CLIENT_NOT_RUN, CLIENT_IN_CLEAR},
    {"the same in unverified TLS", clear_in_tls, CLIENT_NOT_RUN, CLIENT_IN_CLEAR},
    {"the same in verified TLS", clear_in_verified_tls, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"GSSAPI in unverified TLS", kerberos_in_tls, CLIENT_NOT_RUN, CLIENT_IN_CLEAR},
    {"GSSAPI over a socket", kerberos_over_a_socket, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"GSSAPI, and --only-port", kerberos_with_only_port, CLIENT_NOT_RUN, CLIENT_ASKS_OTHERS},
    {"a revocation list that is gone", a_list_that_is_gone, CLIENT_NOT_RUN, CLIENT_NO_FILE},
    {"the server's RSA key that is gone", a_key_that_is_gone, CLIENT_NOT_RUN, CLIENT_NO_FILE},
    {"dialog on plaintext", dialog, CLIENT_NOT_RUN, CLIENT_IN_CLEAR},
    {"dialog without the callback", dialog_over_a_socket, CLIENT_NOT_RUN, CLIENT_ASKS_PEOPLE},
    {"a plugin that is not known", an_unknown_plugin, CLIENT_NOT_RUN, CLIENT_PLUGINS},
    {"several plugins, one after the other", two_plugins, CLIENT_NOT_RUN, CLIENT_PLUGINS},
    {"a user without a name", no_name, CLIENT_NOT_RUN, CLIENT_CANNOT_SAY},
    {"a Java key store", a_key_store, CLIENT_NOT_RUN, CLIENT_KEY_STORE},
    {"a Java key store, and no TLS", a_key_store_without_tls, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"authorities that do not know it", unknown_authority, CLIENT_PREDICTED, CLIENT_CERTIFICATE},
    {"authorities that know it", known_authority, CLIENT_PASSED, CLIENT_REASON_NONE},
    {"TLS that the machine forbids", old_tls, CLIENT_PREDICTED, CLIENT_TLS_POLICY},
};

static void whoever_may_not_be_asked_is_not_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof judgements / sizeof judgements[0]; i++) {
        struct login_had had;
        struct client_evidence evidence;
        login_had(&had, "secret", 6);
        judgements[i].change(&had);
        enum client_result result = client_judge(&had.wire, &evidence);
        if (result != judgements[i].result || evidence.result != result ||
            evidence.reason != judgements[i].reason)
            fail_msg("%s: %d, reason %d", judgements[i].name, result, evidence.reason);
        login_had_free(&had);
    }
}

static void a_password_with_a_nul_cannot_be_said(void **state)
{
    struct login_had had;
    struct client_evidence evidence;
    (void)state;
    login_had(&had, "se\0ret", 6);
    assert_int_equal(client_judge(&had.wire, &evidence), CLIENT_NOT_RUN);
    assert_int_equal(evidence.reason, CLIENT_CANNOT_SAY);
    login_had_free(&had);
}

/* ---- what it is told ---- */

static void in_tls_with_files(struct login_had *had)
{
    known_authority(had);
    had->options.tls.capath = FOLDER;
    had->options.tls.crl = HERE;
    had->options.tls.cert = HERE;
    had->options.tls.key = HERE;
    had->options.tls.ciphers = "AES128-SHA";
    had->options.tls.versions = "TLSv1.2";
}

static void on_plaintext_with_files(struct login_had *had)
{
    in_tls_with_files(had);
    had->evidence.exchange.secured = false;
    had->options.public_key_path = HERE;
}

static void with_a_trust_store(struct login_had *had)
{
    in_tls(had);
    had->options.tls.trust_store = "trust.jks";
    had->options.tls.crl = HERE;
}

static void from_an_address(struct login_had *had)
{
    struct sockaddr_in *source = (struct sockaddr_in *)(void *)&had->options.bind_to;
    source->sin_family = AF_INET;
    source->sin_addr.s_addr = htonl(0x0a010709);
}

#define SHA1_TEXT "cdef000000000000000000000000000000000000"

/* NULL: it is not told that. */
static const struct {
    const char *name;
    void (*change)(struct login_had *had);
    enum mysql_option option;
    const char *text;
} tellings[] = {
    {"one plugin alone", nothing, MARIADB_OPT_RESTRICTED_AUTH, "mysql_native_password"},
    {"and that from the beginning", sha2_in_tls, MYSQL_DEFAULT_AUTH, "caching_sha2_password"},
    {"no files", nothing, MYSQL_OPT_LOCAL_INFILE, "0"},
    {"packets of 1 MiB", nothing, MYSQL_OPT_MAX_ALLOWED_PACKET, "1048576"},
    {"TCP", nothing, MYSQL_OPT_PROTOCOL, "1"},
    {"a socket", sha2_over_a_socket, MYSQL_OPT_PROTOCOL, "2"},
    {"its time", nothing, MYSQL_OPT_READ_TIMEOUT, "7"},
    {"no source", nothing, MYSQL_OPT_BIND, NULL},
    {"the source", from_an_address, MYSQL_OPT_BIND, "10.1.7.9"},
    {"nobody's certificate", nothing, MARIADB_OPT_TLS_PEER_FP, NULL},
    {"the leaf's fingerprint", in_tls, MARIADB_OPT_TLS_PEER_FP, SHA1_TEXT},
    {"authorities", in_tls_with_files, MYSQL_OPT_SSL_CA, HERE},
    {"a folder of authorities", in_tls_with_files, MYSQL_OPT_SSL_CAPATH, FOLDER},
    {"revocations", in_tls_with_files, MYSQL_OPT_SSL_CRL, HERE},
    {"a certificate", in_tls_with_files, MYSQL_OPT_SSL_CERT, HERE},
    {"its key", in_tls_with_files, MYSQL_OPT_SSL_KEY, HERE},
    {"ciphers", in_tls_with_files, MYSQL_OPT_SSL_CIPHER, "AES128-SHA"},
    {"versions", in_tls_with_files, MARIADB_OPT_TLS_VERSION, "TLSv1.2"},
    {"no authorities on plaintext", on_plaintext_with_files, MYSQL_OPT_SSL_CA, NULL},
    {"no certificate on plaintext", on_plaintext_with_files, MYSQL_OPT_SSL_CERT, NULL},
    {"no ciphers on plaintext", on_plaintext_with_files, MYSQL_OPT_SSL_CIPHER, NULL},
    {"the RSA key on plaintext", on_plaintext_with_files, MYSQL_SERVER_PUBLIC_KEY, HERE},
    {"no RSA key in TLS", in_tls_with_files, MYSQL_SERVER_PUBLIC_KEY, NULL},
    {"no authorities of a Java store", with_a_trust_store, MYSQL_OPT_SSL_CA, NULL},
    {"and no revocations beside it", with_a_trust_store, MYSQL_OPT_SSL_CRL, NULL},
    {"no option file", nothing, MYSQL_READ_DEFAULT_FILE, NULL},
    {"no group of one", nothing, MYSQL_READ_DEFAULT_GROUP, NULL},
};

static void it_is_told_what_the_wire_had(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tellings / sizeof tellings[0]; i++) {
        struct login_had had;
        struct client_order order;
        struct client_evidence evidence;
        login_had(&had, "secret", 6);
        tellings[i].change(&had);
        memset(&play, 0, sizeof play);
        assert_int_equal(client_order_make(&had.wire, 7, &order), 0);
        client_login(&order, &evidence);
        client_order_clear(&order);
        login_had_free(&had);
        const char *told = play_told(tellings[i].option);
        if (!told != !tellings[i].text || (told && strcmp(told, tellings[i].text) != 0))
            fail_msg("%s: told %s", tellings[i].name, told ? told : "nothing");
        assert_int_equal(evidence.result, CLIENT_PASSED);
    }
}

static void without_its_plugin_it_connects_nowhere(void **state)
{
    struct login_had had;
    struct client_order order;
    struct client_evidence evidence;
    (void)state;
    login_had(&had, "secret", 6);
    by(&had, "authentication_of_mars");
    memset(&play, 0, sizeof play);
    assert_int_equal(client_order_make(&had.wire, 7, &order), 0);
    client_login(&order, &evidence);
    assert_int_equal(evidence.result, CLIENT_PREDICTED);
    assert_int_equal(evidence.reason, CLIENT_PLUGIN_FILE);
    assert_int_equal(evidence.code, 2059);
    assert_int_equal(play.connected, 0);
    client_order_clear(&order);
    login_had_free(&had);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_may_not_be_asked_is_not_asked),
        cmocka_unit_test(a_password_with_a_nul_cannot_be_said),
        cmocka_unit_test(it_is_told_what_the_wire_had),
        cmocka_unit_test(without_its_plugin_it_connects_nowhere),
    };
    return client_begin() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
