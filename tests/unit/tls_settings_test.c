#include "tests/unit/tls_peer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#define COUNT(rows_) (sizeof(rows_) / sizeof((rows_)[0]))

static struct made authority, user;

/* Files stand in the test's own folder, whose path is taken out of the problem; "" is the folder.
 */
static const struct {
    const char *promise;
    struct tls_settings settings;
    const char *problem; /* NULL: good */
} rows[] = {
    {"nothing", {0}, NULL},
    {"CA", {.ca = "ca.pem"}, NULL},
    {"folder of CAs", {.capath = ""}, NULL},
    {"CA and a list of it", {.ca = "ca.pem", .crl = "crl.pem"}, NULL},
    {"certificate and key", {.cert = "user.pem", .key = "user.key"}, NULL},
    {"both in one file", {.cert = "both.pem"}, NULL},
    {"the key's file alone", {.key = "both.pem"}, NULL},
    {"all versions", {.versions = "TLSv1,TLSv1.0,TLSv1.1,TLSv1.2,TLSv1.3"}, NULL},
    {"ciphers", {.ciphers = "HIGH:!aNULL:@SECLEVEL=1"}, NULL},
    {"no such CA", {.ca = "none.pem"}, "option '--ssl-ca': 'none.pem': No such file or directory"},
    {"a folder as CA", {.ca = ""}, "option '--ssl-ca': '': no regular file"},
    {"a FIFO as CA", {.ca = "fifo"}, "option '--ssl-ca': 'fifo': no regular file"},
    {"text as CA", {.ca = "text"}, "option '--ssl-ca': 'text': no certificate in it"},
    {"an empty CA", {.ca = "empty"}, "option '--ssl-ca': 'empty': no certificate in it"},
    {"a key as CA", {.ca = "user.key"}, "option '--ssl-ca': 'user.key': no certificate in it"},
    {"half a CA", {.ca = "half.pem"}, "option '--ssl-ca': 'half.pem': broken PEM"},
    {"a huge CA", {.ca = "huge"}, "option '--ssl-ca': 'huge': File too large"},
    {"no such folder",
     {.capath = "none"},
     "option '--ssl-capath': 'none': No such file or directory"},
    {"a file as folder", {.capath = "ca.pem"}, "option '--ssl-capath': 'ca.pem': Not a directory"},
    {"no such list",
     {.ca = "ca.pem", .crl = "none"},
     "option '--ssl-crl': 'none': No such file or directory"},
    {"a certificate as list", {.crl = "ca.pem"}, "option '--ssl-crl': 'ca.pem': no CRL in it"},
    {"no such certificate",
     {.cert = "none", .key = "user.key"},
     "option '--ssl-cert': 'none': No such file or directory"},
    {"text as certificate",
     {.cert = "text", .key = "user.key"},
     "option '--ssl-cert': 'text': no certificate in it"},
    {"half a certificate",
     {.cert = "half.pem", .key = "user.key"},
     "option '--ssl-cert': 'half.pem': a broken certificate"},
    {"a broken issuer",
     {.cert = "chain.pem", .key = "user.key"},
     "option '--ssl-cert': 'chain.pem': a broken certificate"},
    {"no key", {.cert = "user.pem"}, "option '--ssl-cert': 'user.pem': no private key in it"},
    {"no certificate", {.key = "user.key"}, "option '--ssl-key': 'user.key': no certificate in it"},
    {"no such key",
     {.cert = "user.pem", .key = "none"},
     "option '--ssl-key': 'none': No such file or directory"},
    {"another's key",
     {.cert = "user.pem", .key = "ca.key"},
     "option '--ssl-key': 'ca.key': the key does not match the certificate"},
    {"an encrypted key",
     {.cert = "user.pem", .key = "locked.key"},
     "option '--ssl-key': 'locked.key': the key is encrypted; only a key without a passphrase can "
     "be used"},
    {"an encrypted CA", {.ca = "locked.pem"}, "option '--ssl-ca': 'locked.pem': broken PEM"},
    {"an unknown version",
     {.versions = "TLSv1.2,TLSv1.4"},
     "option '--tls-version': 'TLSv1.2,TLSv1.4': known are TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3"},
    {"half a version",
     {.versions = "TLSv"},
     "option '--tls-version': 'TLSv': known are TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3"},
    {"no version", {.versions = " ,"}, "option '--tls-version': ' ,': no version in it"},
    {"an unknown cipher",
     {.ciphers = "NONE"},
     "option '--ssl-cipher': 'NONE': no cipher of that name"},
    {"an unknown suite",
     {.ciphers = "TLS_NONE"},
     "option '--ssl-cipher': 'TLS_NONE': no cipher of that name"},
    {"an unknown suite beside a cipher",
     {.ciphers = "AES128-SHA:TLS_NONE"},
     "option '--ssl-cipher': 'AES128-SHA:TLS_NONE': no cipher of that name"},
    {"a name of RFC 5246",
     {.ciphers = "TLS_RSA_WITH_AES_128_CBC_SHA"},
     "option '--ssl-cipher': 'TLS_RSA_WITH_AES_128_CBC_SHA': no cipher of that name"},
    {"no cipher", {.ciphers = ":"}, "option '--ssl-cipher': ':': no cipher of that name"},
};

static const char *in_folder(const char *name)
{
    return name ? scratch_path(name) : NULL;
}

/* "'/tmp/…/none.pem'" becomes "'none.pem'". */
static void take_folder_out(char *problem)
{
    const char *folder = scratch_path("");
    char *at = strstr(problem, folder);
    if (!at)
        return;
    size_t length = strlen(folder) + (at[strlen(folder)] == '/');
    memmove(at, at + length, strlen(at + length) + 1);
}

static void each_problem_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tls_client *client = NULL;
        char problem[TLS_PROBLEM] = "";
        struct tls_settings settings = rows[i].settings;
        settings.ca = in_folder(settings.ca);
        settings.capath = in_folder(settings.capath);
        settings.crl = in_folder(settings.crl);
        settings.cert = in_folder(settings.cert);
        settings.key = in_folder(settings.key);
        print_message("  %s\n", rows[i].promise);
        int result = tls_client_new(&settings, &client, problem);
        take_folder_out(problem);
        assert_string_equal(problem, rows[i].problem ? rows[i].problem : "");
        assert_int_equal(result, rows[i].problem ? -EINVAL : 0);
        assert_int_equal(client != NULL, !rows[i].problem);
        assert_int_equal(ERR_peek_error(), 0);
        tls_client_free(client);
    }
}

static void a_long_path_is_cut(void **state)
{
    (void)state;
    char path[1000], problem[TLS_PROBLEM];
    struct tls_client *client;
    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(tls_client_new(&(struct tls_settings){.ca = path}, &client, problem), -EINVAL);
    assert_non_null(strstr(problem, "File name too long"));
}

static void nothing_is_freed_that_is_nothing(void **state)
{
    (void)state;
    tls_client_free(NULL);
    tls_session_free(NULL);
}

static void write_halves(void)
{
    char text[8192];
    FILE *whole = fopen(scratch_path("user.pem"), "re");
    assert_non_null(whole);
    size_t length = fread(text, 1, sizeof(text) - 1, whole);
    fclose(whole);
    text[length] = '\0';
    FILE *chain = scratch_file("chain.pem");
    fprintf(chain, "%s%.200s", text, text);
    fclose(chain);
    text[200] = '\0';
    write_text("half.pem", text);
}

static int make_all(void **state)
{
    (void)state;
    authority = make_certificate((struct recipe){.subject = "CA", .authority = true});
    user = make_certificate((struct recipe){.subject = "user", .issuer = &authority});
    X509_CRL *crl = make_crl(&authority, NULL);
    write_certificate("ca.pem", &authority);
    write_key("ca.key", &authority, NULL);
    write_certificate("user.pem", &user);
    write_key("user.key", &user, NULL);
    write_key("locked.key", &user, "secret");
    write_both("both.pem", &user);
    write_crls("crl.pem", (X509_CRL *const[]){crl, NULL});
    write_text("text", "no PEM\n");
    write_text("empty", "");
    write_text("locked.pem", "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                             "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                             "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n");
    write_text("huge", "");
    write_halves();
    X509_CRL_free(crl);
    return truncate(scratch_path("huge"), (64 << 20) + 1) || mkfifo(scratch_path("fifo"), 0600);
}

static int unmake_all(void **state)
{
    (void)state;
    unmake(&authority);
    unmake(&user);
    scratch_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_problem_is_named),
        cmocka_unit_test(a_long_path_is_cut),
        cmocka_unit_test(nothing_is_freed_that_is_nothing),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
