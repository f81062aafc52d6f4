/* A key store that says anything; the input's first byte chooses the password. */
#include "probe/tls/key_store.h"
#include "tests/fuzz/promise.h"
#include <openssl/err.h>
#include <openssl/evp.h>

static const char *const passwords[] = {NULL, "", "changeit", "pa55 word"};

/* The digest of a JKS store, worked out once more: passwords here are ASCII. */
static void promise_digest(const uint8_t *bytes, size_t length, const char *password)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    PROMISE(length >= 32 && context && EVP_DigestInit_ex(context, EVP_sha1(), NULL));
    for (const char *at = password; *at; at++)
        PROMISE(EVP_DigestUpdate(context, (const char[]){'\0', *at}, 2));
    PROMISE(EVP_DigestUpdate(context, "Mighty Aphrodite", 16));
    PROMISE(EVP_DigestUpdate(context, bytes, length - 20));
    PROMISE(EVP_DigestFinal_ex(context, digest, NULL));
    PROMISE(memcmp(digest, bytes + length - 20, 20) == 0);
    EVP_MD_CTX_free(context);
}

static void promise_contents(const struct key_store *store)
{
    PROMISE(sk_X509_num(store->authorities) <= KEY_STORE_CERTIFICATES);
    PROMISE(sk_X509_num(store->others) <= KEY_STORE_CERTIFICATES);
    PROMISE(store->format != KEY_STORE_NONE);
    PROMISE(!store->key || !store->key_problem);
    PROMISE(store->format != KEY_STORE_PEM || sk_X509_num(store->authorities) == 0);
}

static void parse(const uint8_t *bytes, size_t length, const char *password)
{
    struct key_store store = {0};
    struct secret *secret = NULL;
    if (password)
        PROMISE(secret_new(password, strlen(password), &secret) == 0);
    const char *wrong = key_store_parse(bytes, length, secret, &store);
    ERR_clear_error();
    if (wrong) {
        PROMISE(!store.authorities && !store.others && !store.key && !store.certificate);
    } else {
        promise_contents(&store);
        if (password && store.format == KEY_STORE_JKS)
            promise_digest(bytes, length, password);
        key_store_clear(&store);
    }
    secret_free(secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length)
        parse(bytes + 1, length - 1, passwords[bytes[0] % 4]);
    return 0;
}
