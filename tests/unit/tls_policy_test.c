/*
 * The judgement "a client of this machine would agree" against such a client: an OpenSSL context as
 * any program gets it, under the system's configuration and under one of the test's own.
 */
#include "tests/unit/tls_peer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows_) (sizeof(rows_) / sizeof((rows_)[0]))

static struct made ec_leaf, rsa_leaf;
static EVP_PKEY *small_dh;

static const struct {
    int version;
    const char *cipher;
    const struct made *leaf;
    const char *signatures;
    bool small_dh;
} servers[] = {
    {TLS1_VERSION, "ECDHE-RSA-AES128-SHA", &rsa_leaf, NULL, false},
    {TLS1_VERSION, "AES128-SHA", &rsa_leaf, NULL, false},
    {TLS1_VERSION, "DHE-RSA-AES128-SHA", &rsa_leaf, NULL, false},
    {TLS1_1_VERSION, "AES128-SHA", &rsa_leaf, NULL, false},
    {TLS1_1_VERSION, "ECDHE-ECDSA-AES128-SHA", &ec_leaf, NULL, false},
    {TLS1_2_VERSION, "AES128-SHA", &rsa_leaf, NULL, false},
    {TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", &rsa_leaf, NULL, false},
    {TLS1_2_VERSION, "ECDHE-RSA-CAMELLIA128-SHA256", &rsa_leaf, NULL, false},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", &ec_leaf, NULL, false},
    {TLS1_2_VERSION, "AECDH-AES128-SHA", NULL, NULL, false},
    {TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", &rsa_leaf, "RSA+SHA1", false},
    {TLS1_2_VERSION, "DHE-RSA-AES128-SHA", &rsa_leaf, NULL, false},
    {TLS1_2_VERSION, "DHE-RSA-AES128-SHA", &rsa_leaf, NULL, true},
    {TLS1_3_VERSION, "ALL", &rsa_leaf, NULL, false},
    {TLS1_3_VERSION, "ALL", &ec_leaf, NULL, false},
};

static bool plain_client_agrees(struct peer_settings settings)
{
    struct peer peer = peer_new(settings);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    BIO_up_ref(peer.input);
    BIO_up_ref(peer.output);
    SSL_set_bio(ssl, peer.output, peer.input);
    SSL_set_connect_state(ssl);
    int result = 0;
    for (int i = 0; i < 5 && result != 1; i++) {
        result = SSL_do_handshake(ssl);
        (void)SSL_do_handshake(peer.ssl);
        ERR_clear_error();
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    peer_free(&peer);
    return result == 1;
}

static struct tls_evidence facts_with(size_t i, bool *ret_agrees)
{
    char ciphers[64];
    snprintf(ciphers, sizeof(ciphers), "%s:@SECLEVEL=0", servers[i].cipher);
    struct peer_settings settings = {.leaf = servers[i].leaf,
                                     .version = servers[i].version,
                                     .ciphers = ciphers,
                                     .signatures = servers[i].signatures,
                                     .dh = servers[i].small_dh ? small_dh : NULL};
    *ret_agrees = plain_client_agrees(settings);
    return facts_of((struct tls_settings){.capath = "/"}, settings, ""); /* no CA: it is quicker */
}

/* How many servers the wire does not complete a handshake with, and how many are judged otherwise
 * than such a client behaves; not cmocka's asserts, for this runs in child processes. */
static int count_differences(bool judged)
{
    int count = 0;
    for (size_t i = 0; i < COUNT(servers); i++) {
        bool agrees;
        struct tls_evidence facts = facts_with(i, &agrees);
        bool same = facts.policy == (agrees ? TLS_HOLDS : TLS_FAILS);
        printf("  %04x %s: %s%s\n", (unsigned)servers[i].version, servers[i].cipher,
               agrees ? "agrees" : "refuses", same ? "" : ", judged otherwise");
        count += facts.handshake != TLS_DONE || (judged && !same);
    }
    return count;
}

/* OpenSSL reads its configuration once a process. */
static int run_under(const char *configuration, const char *how)
{
    int status = 0;
    write_text("openssl.cnf", configuration);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        setenv("OPENSSL_CONF", scratch_path("openssl.cnf"), 1);
        execl("/proc/self/exe", "tls_policy_test", how, NULL);
        _exit(255);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int differences_under(const char *setting, const char *how)
{
    char text[512];
    snprintf(text, sizeof(text),
             "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\n"
             "system_default = default\n[default]\n%s\n",
             setting);
    print_message(" %s\n", setting);
    return run_under(text, how);
}

static void it_is_that_of_a_client(void **state)
{
    static const char *const settings[] = {
        "",
        "MinProtocol = TLSv1.2",
        "MaxProtocol = TLSv1.1\nCipherString = DEFAULT@SECLEVEL=0",
        "Protocol = -TLSv1.2",
        "Protocol = -TLSv1, -TLSv1.1",
        "CipherString = DEFAULT@SECLEVEL=0",
        "CipherString = DEFAULT@SECLEVEL=1",
        "CipherString = DEFAULT@SECLEVEL=3",
        "CipherString = AES128-SHA",
        "Ciphersuites = TLS_AES_128_CCM_SHA256",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++)
        assert_int_equal(differences_under(settings[i], "judged"), 0);
}

static void no_configuration_forbids_the_wire(void **state)
{
    static const char *const settings[] = {
        "MinProtocol = TLSv1.3\nCipherString = AES256-SHA:@SECLEVEL=5",
        "Groups = P-521\nCiphersuites = TLS_AES_128_CCM_SHA256",
        "SignatureAlgorithms = ECDSA+SHA512",
        "Options = -ExtendedMasterSecret,-UnsafeLegacyServerConnect\nVerifyMode = Peer",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(settings); i++)
        assert_int_equal(differences_under(settings[i], "completed"), 0);
}

/* With config_diagnostics (as Debian has it) OpenSSL then makes no context, for no program. */
static void a_broken_configuration_is_told(void **state)
{
    (void)state;
    assert_int_equal(run_under("config_diagnostics = 1\nopenssl_conf = init\n"
                               "[init]\nssl_conf = missing\n",
                               "broken"),
                     0);
}

static bool client_tells_of_openssl(void)
{
    struct tls_client *client = NULL;
    char problem[TLS_PROBLEM] = "";
    int result = tls_client_new(&(struct tls_settings){0}, &client, problem);
    printf("  %s\n", problem);
    return result == -EINVAL && !client && !strncmp(problem, "OpenSSL cannot be used: ", 24);
}

static void an_old_version_signed_with_sha1_is_refused_here(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_of((struct tls_settings){0},
                 (struct peer_settings){.leaf = &rsa_leaf, .version = TLS1_VERSION}, "");
    assert_int_equal(facts.policy, TLS_FAILS);
}

/* A level in the user's list is the user's wish, as in the mysql client. */
static void a_level_of_the_users_list_counts(void **state)
{
    (void)state;
    struct tls_evidence facts =
        facts_of((struct tls_settings){.ciphers = "DEFAULT:@SECLEVEL=0"},
                 (struct peer_settings){.leaf = &rsa_leaf, .version = TLS1_VERSION}, "");
    assert_int_equal(facts.policy, TLS_HOLDS);
}

static int make_all(void **state)
{
    (void)state;
    ec_leaf = make_certificate((struct recipe){.subject = "db1"});
    rsa_leaf = make_certificate((struct recipe){.subject = "db1", .rsa_bits = 2048});
    small_dh = make_dh(512);
    return 0;
}

static int unmake_all(void **state)
{
    (void)state;
    unmake(&ec_leaf);
    unmake(&rsa_leaf);
    EVP_PKEY_free(small_dh);
    return 0;
}

static int unmake_all_and_folder(void **state)
{
    unmake_all(state);
    scratch_remove();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_that_of_a_client),
        cmocka_unit_test(no_configuration_forbids_the_wire),
        cmocka_unit_test(a_broken_configuration_is_told),
        cmocka_unit_test(an_old_version_signed_with_sha1_is_refused_here),
        cmocka_unit_test(a_level_of_the_users_list_counts),
    };
    if (argc == 2 && !strcmp(argv[1], "broken"))
        return client_tells_of_openssl() ? 0 : 1;
    if (argc == 2) {
        make_all(NULL);
        int count = count_differences(!strcmp(argv[1], "judged"));
        unmake_all(NULL);
        return count;
    }
    return cmocka_run_group_tests(tests, make_all, unmake_all_and_folder);
}
