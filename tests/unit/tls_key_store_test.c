/* Key stores in a client: whom it trusts, what it sends, what it says about a store that is no
 * good. */
#include "tests/unit/tls_peer.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(rows_) (sizeof(rows_) / sizeof((rows_)[0]))

/* "one" is in most stores and has issued "between"; nobody knows the stranger. */
static struct made one, between, stranger;

/* Paths are those of tests/data/key_stores, where the test runs. */
static struct encoded spelt(const char *password)
{
    return (struct encoded){password, password ? strlen(password) : 0, CODING_FORM};
}

static const struct {
    const char *promise;
    const char *store;
    const char *password;
    const struct made *issuer;
    int code;
} trusted[] = {
    {"PKCS#12", "trust.p12", "pa55+word", &one, X509_V_OK},
    {"PKCS#12, a stranger", "trust.p12", "pa55+word", &stranger,
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {"JKS", "trust.jks", "pa55+w%C3%B6rd", &one, X509_V_OK},
    {"JKS without its password", "trust.jks", NULL, &one, X509_V_OK},
    {"JKS, a stranger", "trust.jks", NULL, &stranger, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {"PEM", "one.pem", NULL, &one, X509_V_OK},
    {"three authorities", "three.p12", "changeit", &one, X509_V_OK},
    {"an authority that another one signed", "between.p12", "changeit", &between, X509_V_OK},
    {"an authority of the authority in the store", "trust.jks", NULL, &between,
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {"the chain of a key is no authority", "key.p12", "changeit", &one,
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
};

static void a_trust_store_is_whom_the_client_trusts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(trusted); i++) {
        struct encoded password = spelt(trusted[i].password);
        struct tls_settings ours = {.trust_store = trusted[i].store,
                                    .trust_store_password = password.at ? &password : NULL};
        struct made leaf = make_certificate((struct recipe){
            .subject = "db1", .alternatives = "DNS:db1.example", .issuer = trusted[i].issuer});
        print_message("  %s\n", trusted[i].promise);
        struct tls_evidence facts =
            facts_of(ours, (struct peer_settings){.leaf = &leaf}, "db1.example");
        assert_int_equal(facts.verify_code, trusted[i].code);
        assert_int_equal(facts.name, TLS_HOLDS);
        unmake(&leaf);
    }
}

static void a_trust_store_stands_in_place_of_the_ca(void **state)
{
    (void)state;
    struct tls_settings ours = {.ca = "none.pem", .capath = "none", .trust_store = "trust.jks"};
    struct made leaf = make_certificate((struct recipe){.subject = "db1", .issuer = &one});
    struct tls_evidence facts = facts_of(ours, (struct peer_settings){.leaf = &leaf}, "");
    assert_int_equal(facts.verify_code, X509_V_OK);
    unmake(&leaf);
}

static const struct {
    const char *promise;
    const char *store;
    const char *password;
    const char *subject; /* of the certificate that is sent */
} sent[] = {
    {"PKCS#12", "key.p12", "changeit", "CN=client"},
    {"PKCS#12 of the empty password", "key_of_empty_password.p12", NULL, "CN=client"},
    {"JKS", "key.jks", "changeit", "CN=client"},
};

static void assert_client_sent(SSL *peer, const char *subject)
{
    char text[256];
    X509 *certificate = SSL_get1_peer_certificate(peer);
    assert_non_null(certificate);
    X509_NAME *name = X509_get_subject_name(certificate);
    BIO *bio = BIO_new(BIO_s_mem());
    NEEDED(bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0);
    int length = BIO_read(bio, text, sizeof text - 1);
    assert_true(length > 0);
    text[length] = '\0';
    assert_string_equal(text, subject);
    assert_int_equal(SSL_get_verify_result(peer), X509_V_OK); /* with the chain that came along */
    BIO_free(bio);
    X509_free(certificate);
}

static void a_key_store_is_what_the_client_sends(void **state)
{
    (void)state;
    struct made leaf = make_certificate((struct recipe){.subject = "db1", .issuer = &one});
    for (size_t i = 0; i < COUNT(sent); i++) {
        struct peer peer;
        struct encoded password = spelt(sent[i].password);
        struct tls_client *client =
            client_new((struct tls_settings){.cert = "none",
                                             .key_store = sent[i].store,
                                             .key_store_password = password.at ? &password : NULL});
        struct peer_settings theirs = {.leaf = &leaf,
                                       .asks = &one,
                                       .verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT};
        print_message("  %s\n", sent[i].promise);
        struct tls_session *session = played(client, theirs, &peer);
        assert_int_equal(tls_session_state(session), TLS_DONE);
        assert_client_sent(peer.ssl, sent[i].subject);
        tls_session_free(session);
        peer_free(&peer);
        tls_client_free(client);
    }
    unmake(&leaf);
}

static void a_key_store_may_be_pem(void **state)
{
    (void)state;
    struct tls_client *client = NULL;
    char problem[TLS_PROBLEM] = "";
    char path[4096];
    struct made user = make_certificate((struct recipe){.subject = "user"});
    write_both("both.pem", &user);
    snprintf(path, sizeof path, "%s", scratch_path("both.pem"));
    assert_int_equal(tls_client_new(&(struct tls_settings){.key_store = path}, &client, problem),
                     0);
    tls_client_free(client);
    unmake(&user);
}

static char long_password[SECRET_MAX + 2];

static const struct {
    const char *promise;
    const char *trust_store;
    const char *key_store;
    const char *password;
    const char *problem;
} problems[] = {
    {"no such trust store", "none", NULL, NULL, "trust store 'none': No such file or directory"},
    {"no such key store", NULL, "none", NULL, "key store 'none': No such file or directory"},
    {"a folder", "..", NULL, NULL, "trust store '..': no regular file"},
    {"a wrong password", "three.p12", NULL, "wrong",
     "trust store 'three.p12': the password is wrong"},
    {"a missing password", "three.p12", NULL, NULL,
     "trust store 'three.p12': the password is missing"},
    {"a password without end", "three.p12", NULL, long_password,
     "trust store 'three.p12': its password is too long"},
    {"a wrong password of JKS", "three.jks", NULL, "wrong",
     "trust store 'three.jks': the password is wrong, or the file was changed"},
    {"nobody in PKCS#12", "empty.p12", NULL, "changeit",
     "trust store 'empty.p12': no certificate in it"},
    {"nobody in JKS", "empty.jks", NULL, "changeit",
     "trust store 'empty.jks': no certificate in it"},
    {"nobody whom Java would see", "unmarked.p12", NULL, "changeit",
     "trust store 'unmarked.p12': Java trusts no certificate of it, for none is marked: add them "
     "with keytool -importcert"},
    {"JCEKS", "trust.jceks", NULL, "changeit",
     "trust store 'trust.jceks': JCEKS is not supported: convert it with keytool -importkeystore "
     "-deststoretype PKCS12"},
    {"text", "README.md", NULL, NULL,
     "trust store 'README.md': no key store: neither PKCS#12, JKS nor PEM"},
    {"a key as PEM", "one.key", NULL, NULL, "trust store 'one.key': no certificate in it"},
    {"a certificate alone as PEM", NULL, "one.pem", NULL,
     "key store 'one.pem': no private key in it"},
    {"authorities alone", NULL, "three.jks", "changeit",
     "key store 'three.jks': no private key in it"},
    {"a key without its password", NULL, "key.jks", NULL,
     "key store 'key.jks': the password is missing"},
    {"a key with a password of its own", NULL, "key_of_another_password.jks", "changeit",
     "key store 'key_of_another_password.jks': its private key has a password of its own"},
};

static void each_problem_names_the_store(void **state)
{
    (void)state;
    memset(long_password, 'x', sizeof long_password - 1);
    for (size_t i = 0; i < COUNT(problems); i++) {
        struct tls_client *client = NULL;
        char problem[TLS_PROBLEM] = "";
        struct encoded password = spelt(problems[i].password);
        const struct encoded *given = password.at ? &password : NULL;
        struct tls_settings settings = {.trust_store = problems[i].trust_store,
                                        .trust_store_password = given,
                                        .key_store = problems[i].key_store,
                                        .key_store_password = given};
        print_message("  %s\n", problems[i].promise);
        assert_int_equal(tls_client_new(&settings, &client, problem), -EINVAL);
        assert_string_equal(problem, problems[i].problem);
        assert_int_equal(ERR_peek_error(), 0);
        assert_null(client);
    }
}

static struct made read_made(const char *certificate, const char *key)
{
    FILE *of_certificate = fopen(certificate, "re");
    FILE *of_key = fopen(key, "re");
    NEEDED(of_certificate && of_key);
    struct made made = {PEM_read_X509(of_certificate, NULL, NULL, NULL),
                        PEM_read_PrivateKey(of_key, NULL, NULL, NULL)};
    NEEDED(made.certificate && made.key);
    fclose(of_certificate);
    fclose(of_key);
    return made;
}

static int make_all(void **state)
{
    (void)state;
    NEEDED(!chdir(TEST_DATA "/key_stores"));
    one = read_made("one.pem", "one.key");
    between = read_made("between.pem", "between.key");
    stranger = make_certificate((struct recipe){.subject = "stranger", .authority = true});
    return 0;
}

static int unmake_all(void **state)
{
    (void)state;
    unmake(&one);
    unmake(&between);
    unmake(&stranger);
    scratch_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trust_store_is_whom_the_client_trusts),
        cmocka_unit_test(a_trust_store_stands_in_place_of_the_ca),
        cmocka_unit_test(a_key_store_is_what_the_client_sends),
        cmocka_unit_test(a_key_store_may_be_pem),
        cmocka_unit_test(each_problem_names_the_store),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
