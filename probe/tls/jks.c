/*
 * JKS, Sun's first key store (OpenJDK: sun/security/provider/JavaKeyStore.java, engineLoad and
 * getPreKeyedHash). Numbers are big-endian; texts and blobs stand behind their lengths:
 *
 *     FEEDFEED, version, count of entries
 *     entry: tag, alias, date (8 bytes), and for a key: protected key, count of chain, chain
 *                                        for a trusted certificate: the certificate
 *     certificate: its type (version 2 only), DER
 *     SHA-1 of password, "Mighty Aphrodite" and all of the above
 */
#include "probe/tls/key_store_formats.h"
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <string.h>

enum { ENTRY_KEY = 1, ENTRY_TRUSTED = 2, DATE_LENGTH = 8 };

struct reading {
    struct span left;
    uint32_t version;
    uint32_t certificates; /* so far */
    struct span key;       /* of the first entry with one */
    struct key_store *store;
};

static const char broken[] = "a broken JKS key store";

bool sha1_digest(const struct span *parts, size_t count, uint8_t *ret_digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, EVP_sha1(), NULL);
    for (size_t i = 0; i < count && good; i++)
        good = EVP_DigestUpdate(context, parts[i].bytes, parts[i].length);
    good = good && EVP_DigestFinal_ex(context, ret_digest, NULL);
    EVP_MD_CTX_free(context);
    return good;
}

static bool take(struct reading *reading, size_t length, struct span *ret_span)
{
    if (length > reading->left.length)
        return false;
    *ret_span = (struct span){reading->left.bytes, length};
    reading->left.bytes += length;
    reading->left.length -= length;
    return true;
}

/* Of at most 4 bytes. */
static bool take_number(struct reading *reading, size_t size, uint32_t *ret_number)
{
    struct span span;
    uint32_t number = 0;
    if (!take(reading, size, &span))
        return false;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | span.bytes[i];
    *ret_number = number;
    return true;
}

static bool take_counted(struct reading *reading, size_t size_of_length, struct span *ret_span)
{
    uint32_t length;
    return take_number(reading, size_of_length, &length) && take(reading, length, ret_span);
}

static bool take_type(struct reading *reading)
{
    struct span type;
    return reading->version == 1 || (take_counted(reading, 2, &type) && type.length == 5 &&
                                     memcmp(type.bytes, "X.509", 5) == 0);
}

static const char *take_certificate(struct reading *reading, X509 **ret_certificate)
{
    struct span der;
    if (++reading->certificates > KEY_STORE_CERTIFICATES)
        return "too many certificates in it";
    if (!take_type(reading) || !take_counted(reading, 4, &der))
        return broken;
    const uint8_t *end = der.bytes;
    X509 *certificate = d2i_X509(NULL, &end, (long)der.length);
    if (!certificate || end != der.bytes + der.length) {
        X509_free(certificate);
        return "a broken certificate in it";
    }
    *ret_certificate = certificate;
    return NULL;
}

static const char *take_trusted(struct reading *reading)
{
    X509 *certificate = NULL;
    const char *wrong = take_certificate(reading, &certificate);
    return wrong ? wrong : key_store_add(reading->store->authorities, certificate);
}

/* Only the first entry's chain is kept; its first certificate is the key's. */
static const char *keep(struct key_store *store, bool wanted, bool first, X509 *certificate)
{
    if (!wanted)
        X509_free(certificate);
    else if (first)
        store->certificate = certificate;
    else
        return key_store_add(store->others, certificate);
    return NULL;
}

static const char *take_key(struct reading *reading)
{
    struct span key;
    uint32_t count;
    const char *wrong = NULL;
    bool wanted = !reading->key.bytes;
    if (!take_counted(reading, 4, &key) || !take_number(reading, 4, &count))
        return broken;
    if (wanted)
        reading->key = key;
    for (uint32_t i = 0; i < count && !wrong; i++) {
        X509 *certificate = NULL;
        wrong = take_certificate(reading, &certificate);
        if (!wrong)
            wrong = keep(reading->store, wanted, i == 0, certificate);
    }
    return wrong;
}

static const char *take_entry(struct reading *reading)
{
    uint32_t tag;
    struct span skipped;
    if (!take_number(reading, 4, &tag) || !take_counted(reading, 2, &skipped) ||
        !take(reading, DATE_LENGTH, &skipped))
        return broken;
    if (tag == ENTRY_KEY)
        return take_key(reading);
    return tag == ENTRY_TRUSTED ? take_trusted(reading) : broken;
}

static const char *take_all(struct reading *reading)
{
    uint32_t magic, count;
    const char *wrong = NULL;
    if (!take_number(reading, 4, &magic) || !take_number(reading, 4, &reading->version) ||
        !take_number(reading, 4, &count))
        return broken;
    if (reading->version != 1 && reading->version != 2)
        return "a JKS key store of an unknown version";
    for (uint32_t i = 0; i < count && !wrong; i++)
        wrong = take_entry(reading);
    if (!wrong && reading->left.length != SHA1_LENGTH)
        wrong = broken;
    return wrong;
}

static const char *check_digest(struct span file, struct span password)
{
    static const uint8_t whitener[] = "Mighty Aphrodite";
    uint8_t digest[SHA1_LENGTH];
    struct span data = {file.bytes, file.length - SHA1_LENGTH};
    struct span parts[] = {password, {whitener, sizeof whitener - 1}, data};
    if (!sha1_digest(parts, 3, digest))
        return "its digest, SHA-1, is not to be had from this machine's OpenSSL";
    return memcmp(digest, data.bytes + data.length, SHA1_LENGTH) == 0
               ? NULL
               : "the password is wrong, or the file was changed";
}

static const char *open_with(struct span password, struct span file, const struct reading *reading)
{
    const char *wrong = check_digest(file, password);
    if (!wrong && reading->key.bytes)
        reading->store->key_problem = jks_unlock(reading->key, password, &reading->store->key);
    return wrong;
}

/* UTF-16, big-endian, without the two NUL bytes that OpenSSL puts behind it for PKCS#12. */
static const char *open_store(const struct secret *password, struct span file,
                              const struct reading *reading)
{
    int size = 0;
    unsigned char *wide = NULL;
    if (!OPENSSL_utf82uni(secret_bytes(password), (int)secret_length(password), &wide, &size))
        return "no memory for its password";
    const char *wrong = open_with((struct span){wide, (size_t)size - 2}, file, reading);
    OPENSSL_clear_free(wide, (size_t)size);
    return wrong;
}

/* Without a password Java reads the certificates all the same, and does not look at the digest. */
const char *jks_parse(struct span file, const struct secret *password, struct key_store *store)
{
    struct reading reading = {.left = file, .store = store};
    const char *wrong = take_all(&reading);
    if (!wrong && password)
        return open_store(password, file, &reading);
    if (!wrong && reading.key.bytes)
        store->key_problem = missing_password;
    return wrong;
}
