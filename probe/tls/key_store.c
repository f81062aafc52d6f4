/* Which key store a file is, and how it gets into memory. */
#include "probe/input/residue.h"
#include "probe/tls/key_store_formats.h"
#include "probe/tls/tls_internal.h"
#include <errno.h>
#include <openssl/err.h>
#include <string.h>

const char wrong_password[] = "the password is wrong";
const char missing_password[] = "the password is missing";

static const char unknown_format[] = "no key store: neither PKCS#12, JKS nor PEM";
static const char jceks[] = "JCEKS is not supported: convert it with keytool -importkeystore "
                            "-deststoretype PKCS12";

static bool begins(struct span file, const char *magic, size_t length)
{
    return file.length >= length && memcmp(file.bytes, magic, length) == 0;
}

/* A SEQUENCE, in any form of its length, that begins with the version 3 (RFC 7292, section 4). */
static bool is_pkcs12(struct span file)
{
    if (!begins(file, "\x30", 1) || file.length < 2)
        return false;
    size_t head = file.bytes[1] < 0x80 ? 2 : 2u + (file.bytes[1] & 0x7F);
    return file.length > head &&
           begins((struct span){file.bytes + head, file.length - head}, "\x02\x01\x03", 3);
}

static const char *parse(struct span file, const struct secret *password, struct key_store *store)
{
    static const char pem[] = "-----BEGIN ";
    store->authorities = sk_X509_new_null();
    store->others = sk_X509_new_null();
    if (begins(file, "\xCE\xCE\xCE\xCE", 4))
        return jceks;
    if (begins(file, "\xFE\xED\xFE\xED", 4)) {
        store->format = KEY_STORE_JKS;
        return jks_parse(file, password, store);
    }
    if (is_pkcs12(file)) {
        store->format = KEY_STORE_PKCS12;
        return pkcs12_parse(file, password, store);
    }
    if (file.length && memmem(file.bytes, file.length, pem, sizeof pem - 1))
        store->format = KEY_STORE_PEM;
    return store->format == KEY_STORE_NONE ? unknown_format : NULL;
}

const char *key_store_parse(const uint8_t *bytes, size_t length, const struct secret *password,
                            struct key_store *ret_store)
{
    struct key_store store = {0};
    const char *wrong = parse((struct span){bytes, length}, password, &store);
    residue_wipe();
    if (wrong) {
        key_store_clear(&store);
        return wrong;
    }
    ERR_clear_error();
    *ret_store = store;
    return NULL;
}

void key_store_clear(struct key_store *store)
{
    sk_X509_pop_free(store->authorities, X509_free);
    sk_X509_pop_free(store->others, X509_free);
    X509_free(store->certificate);
    EVP_PKEY_free(store->key);
    *store = (struct key_store){0};
}

const char *key_store_add(STACK_OF(X509) * certificates, X509 *certificate)
{
    const char *wrong = NULL;
    if (sk_X509_num(certificates) >= KEY_STORE_CERTIFICATES)
        wrong = "too many certificates in it";
    else if (!certificate || sk_X509_push(certificates, certificate) <= 0)
        wrong = "a broken certificate in it";
    if (wrong)
        X509_free(certificate);
    return wrong;
}

static int decode(const char *place, const char *path, const struct encoded *encoded,
                  struct secret **ret_secret, char *ret_problem)
{
    int result = encoded && encoded->at ? secret_decode(encoded, ret_secret) : 0;
    if (result == -E2BIG)
        return settings_problem(ret_problem, place, path, "its password is too long");
    return result;
}

static int parse_file(const char *place, const char *path, const struct secret *password,
                      struct key_store *ret_store, char *ret_problem)
{
    BIO *bio;
    char *bytes = NULL;
    int result = file_read(place, path, &bio, ret_problem);
    if (result)
        return result;
    long length = BIO_get_mem_data(bio, &bytes);
    ERR_clear_error();
    const char *wrong =
        key_store_parse((const uint8_t *)bytes, (size_t)length, password, ret_store);
    result = wrong ? settings_problem(ret_problem, place, path, wrong) : 0;
    ERR_clear_error();
    BIO_free(bio);
    return result;
}

int key_store_read(const char *place, const char *path, const struct encoded *password,
                   struct key_store *ret_store, char *ret_problem)
{
    struct secret *secret = NULL;
    int result = decode(place, path, password, &secret, ret_problem);
    if (!result)
        result = parse_file(place, path, secret, ret_store, ret_problem);
    secret_free(secret);
    return result;
}
