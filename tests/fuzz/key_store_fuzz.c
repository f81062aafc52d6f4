/* Any bytes as a JKS: certificates that are bounded, or one line of what is wrong; without the
 * right password never anything. */
#include "probe/tls/key_store.h"
#include "tests/fuzz/promise.h"

static void read_bytes(const uint8_t *bytes, size_t size, const struct secret *password)
{
    STACK_OF(X509) *found = sk_X509_new_null();
    PROMISE(found);
    const char *wrong = jks_read(bytes, size, password, found);
    PROMISE(wrong || (size_t)sk_X509_num(found) <= size);
    PROMISE(!wrong || *wrong);
    PROMISE(!password || wrong);
    sk_X509_pop_free(found, X509_free);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct secret *unlikely;
    if (!unlikely)
        PROMISE(secret_new("not the password of any store", 29, &unlikely) == 0);
    uint8_t *exact = malloc(size ? size : 1);
    PROMISE(exact);
    if (size)
        memcpy(exact, data, size);
    read_bytes(exact, size, NULL);
    read_bytes(exact, size, unlikely);
    free(exact);
    return 0;
}
