/* Key stores of Java, made by keytool: what is read of them, and what is said of those that are
 * not.
 */
#include "probe/tls/key_store.h"
#include <errno.h>
#include <openssl/x509_vfy.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define STORE(name_) TEST_DATA "/key_stores/" name_

static struct encoded password_of(const char *text)
{
    return (struct encoded){text, text ? strlen(text) : 0, CODING_RAW};
}

static void stores(void **state)
{
    static const struct {
        const char *path;
        const char *password;
        int certificates;
        bool key;
        const char *problem;
    } rows[] = {
        {STORE("trust.jks"), "changeit", 2, false, NULL},
        {STORE("trust.jks"), NULL, 2, false, NULL},
        {STORE("trust.jks"), "changeIt", 0, false, "password is wrong"},
        {STORE("trust.jks"), "", 0, false, "password is wrong"},
        {STORE("trust.p12"), "changeit", 2, false, NULL},
        {STORE("trust.p12"), "changeIt", 0, false, "password is wrong"},
        {STORE("trust.p12"), NULL, 0, false, "it needs a password"},
        {STORE("trust.jceks"), "changeit", 0, false, "a JCEKS key store: convert it with keytool"},
        {STORE("key.p12"), "changeit", 1, true, NULL},
        {STORE("key.jks"), "changeit", 0, false, NULL},
        {STORE("key.jks"), "x", 0, false, "password is wrong"},
        {STORE("README.md"), NULL, 0, false, "no key store"},
        {STORE("none"), NULL, 0, false, "No such file"},
        {STORE(""), NULL, 0, false, "no regular file"},
        {"/dev/null", NULL, 0, false, "no regular file"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct encoded password = password_of(rows[i].password);
        struct key_store store;
        char problem[TLS_PROBLEM] = "";
        int error = key_store_read("trust store", rows[i].path, password.at ? &password : NULL,
                                   &store, problem);
        if (error != (rows[i].problem ? -EINVAL : 0))
            fail_msg("%s: %d %s", rows[i].path, error, problem);
        if (rows[i].problem) {
            assert_non_null(strstr(problem, rows[i].problem));
            assert_ptr_equal(strstr(problem, "trust store '"), problem);
            continue;
        }
        assert_int_equal(sk_X509_num(store.certificates), rows[i].certificates);
        assert_int_equal(store.key != NULL, rows[i].key);
        assert_int_equal(store.certificate != NULL, rows[i].key);
        key_store_clear(&store);
    }
}

static size_t load(const char *path, uint8_t *to, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(to, 1, size, file);
    assert_int_equal(fclose(file), 0);
    return length;
}

static struct secret *changeit(void)
{
    struct secret *secret = NULL;
    assert_int_equal(secret_new("changeit", 8, &secret), 0);
    return secret;
}

/* Cut anywhere, or with any byte changed: refused, and nothing is read past its end. */
static void broken_stores_are_refused(void **state)
{
    static const char *const paths[] = {STORE("trust.jks"), STORE("key.jks")};
    struct secret *password = changeit();
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        uint8_t whole[4096];
        size_t length = load(paths[i], whole, sizeof whole);
        for (size_t cut = 0; cut < length; cut++) {
            STACK_OF(X509) *found = sk_X509_new_null();
            uint8_t *exact = malloc(cut ? cut : 1);
            memcpy(exact, whole, cut);
            assert_non_null(jks_read(exact, cut, NULL, found));
            free(exact);
            sk_X509_pop_free(found, X509_free);
        }
        for (size_t at = 0; at < length; at++) {
            STACK_OF(X509) *found = sk_X509_new_null();
            whole[at] ^= 0x41;
            assert_non_null(jks_read(whole, length, password, found));
            whole[at] ^= 0x41;
            sk_X509_pop_free(found, X509_free);
        }
    }
    secret_free(password);
}

/* A certificate of the first authority is trusted by a store with it, and by no other. */
static void authorities_are_trusted(void **state)
{
    static const struct {
        const char *trust_store, *ca;
        bool trusted;
    } rows[] = {
        {STORE("trust.jks"), NULL, true},
        {STORE("trust.p12"), NULL, true},
        {STORE("key.p12"), NULL, true},
        {NULL, NULL, false},
    };
    struct encoded password = password_of("changeit");
    struct key_store client;
    char problem[TLS_PROBLEM];
    (void)state;
    assert_int_equal(key_store_read("key store", STORE("key.p12"), &password, &client, problem), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tls_settings settings = {.trust_store = rows[i].trust_store,
                                        .trust_store_password = &password};
        struct trust *trust;
        assert_int_equal(trust_new(&settings, &trust, problem), 0);
        X509_STORE_CTX *chain = X509_STORE_CTX_new();
        assert_int_equal(X509_STORE_CTX_init(chain, trust_store(trust), client.certificate, NULL),
                         1);
        assert_int_equal(X509_verify_cert(chain) == 1, rows[i].trusted);
        X509_STORE_CTX_free(chain);
        trust_free(trust);
    }
    key_store_clear(&client);
}

/* The client's certificate and key of a store serve a handshake; other stores have none. */
static void client_certificates(void **state)
{
    static const struct {
        const char *path, *problem;
    } rows[] = {
        {STORE("key.p12"), NULL},
        {STORE("trust.p12"), "no private key that can be used in it"},
        {STORE("key.jks"), "keytool -importkeystore -deststoretype PKCS12"},
    };
    struct encoded password = password_of("changeit");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tls_settings settings = {.key_store = rows[i].path, .key_store_password = &password};
        struct tls_client *client;
        char problem[TLS_PROBLEM] = "";
        int error = tls_client_new(&settings, &client, problem);
        assert_int_equal(error, rows[i].problem ? -EINVAL : 0);
        if (rows[i].problem) {
            assert_non_null(strstr(problem, rows[i].problem));
            continue;
        }
        assert_non_null(SSL_CTX_get0_certificate(client->wire));
        assert_non_null(SSL_CTX_get0_privatekey(client->wire));
        tls_client_free(client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores),
        cmocka_unit_test(broken_stores_are_refused),
        cmocka_unit_test(authorities_are_trusted),
        cmocka_unit_test(client_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
