/*
 * Java's old key stores: magic, version, count, entries, SHA-1 (OpenJDK's
 * sun.security.provider.JavaKeyStore). Certificates stand in them in clear, keys encrypted in a way
 * of Sun's own.
 */
#include "probe/input/residue.h"
#include "probe/tls/key_store.h"
#include <openssl/evp.h>
#include <openssl/x509.h>

enum { MAGIC = 0xfeedfeed, DIGEST = 20, ENTRIES = 1024, TAG_KEY = 1, TAG_CERTIFICATE = 2 };

/* Reads on past the end as zeros; whether that happened is looked at in the end. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool broken;
};

static const uint8_t *take(struct cursor *cursor, size_t length)
{
    static const uint8_t nothing[8];
    if (cursor->broken || (size_t)(cursor->end - cursor->at) < length) {
        cursor->broken = true;
        return length <= sizeof nothing ? nothing : NULL;
    }
    const uint8_t *taken = cursor->at;
    cursor->at += length;
    return taken;
}

static uint32_t take_32(struct cursor *cursor)
{
    const uint8_t *b = take(cursor, 4);
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void skip_text(struct cursor *cursor)
{
    const uint8_t *b = take(cursor, 2);
    (void)take(cursor, (size_t)b[0] << 8 | b[1]);
}

/* NULL, or what is wrong; `certificates` NULL: it is passed over. */
static const char *read_certificate(struct cursor *cursor, uint32_t version,
                                    STACK_OF(X509) * certificates)
{
    if (version == 2)
        skip_text(cursor);
    uint32_t length = take_32(cursor);
    const uint8_t *der = take(cursor, length);
    if (cursor->broken || length > INT32_MAX)
        return "a broken JKS key store";
    if (!certificates)
        return NULL;
    X509 *certificate = d2i_X509(NULL, &der, (long)length);
    if (!certificate)
        return "a broken certificate";
    if (sk_X509_push(certificates, certificate))
        return NULL;
    X509_free(certificate);
    return "no memory";
}

/* A key and its chain: no authorities. */
static const char *pass_key(struct cursor *cursor, uint32_t version)
{
    (void)take(cursor, take_32(cursor));
    uint32_t count = take_32(cursor);
    const char *wrong = count > ENTRIES ? "a broken JKS key store" : NULL;
    for (uint32_t i = 0; i < count && !wrong; i++)
        wrong = read_certificate(cursor, version, NULL);
    return wrong;
}

static const char *read_entry(struct cursor *cursor, uint32_t version,
                              STACK_OF(X509) * certificates)
{
    uint32_t tag = take_32(cursor);
    skip_text(cursor);
    (void)take(cursor, 8); /* its date */
    if (tag == TAG_KEY)
        return pass_key(cursor, version);
    if (tag == TAG_CERTIFICATE)
        return read_certificate(cursor, version, certificates);
    return "a broken JKS key store";
}

static bool add_password(EVP_MD_CTX *context, const struct secret *password)
{
    const char *bytes = secret_bytes(password);
    for (size_t i = 0; i < secret_length(password); i++) {
        const char wide[] = {0, bytes[i]};
        if (!EVP_DigestUpdate(context, wide, sizeof wide))
            return false;
    }
    return true;
}

static bool is_ascii(const struct secret *password)
{
    for (size_t i = 0; i < secret_length(password); i++)
        if ((unsigned char)secret_bytes(password)[i] >= 0x80)
            return false;
    return true;
}

/* The digest is over the password in UTF-16 and the rest; passwords outside ASCII are not checked.
 */
static bool password_fits(const uint8_t *bytes, size_t length, const struct secret *password)
{
    static const char salt[] = "Mighty Aphrodite";
    uint8_t digest[DIGEST];
    if (!is_ascii(password))
        return true;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done =
        context && EVP_DigestInit_ex2(context, EVP_sha1(), NULL) &&
        add_password(context, password) && EVP_DigestUpdate(context, salt, sizeof salt - 1) &&
        EVP_DigestUpdate(context, bytes, length) && EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    residue_wipe();
    return done && memcmp(digest, bytes + length, DIGEST) == 0;
}

const char *jks_read(const uint8_t *bytes, size_t length, const struct secret *password,
                     STACK_OF(X509) * certificates)
{
    if (length < 12 + DIGEST)
        return "a broken JKS key store";
    struct cursor cursor = {bytes, bytes + length - DIGEST, false};
    bool is_jks = take_32(&cursor) == MAGIC;
    uint32_t version = take_32(&cursor), count = take_32(&cursor);
    if (!is_jks || version < 1 || version > 2 || count > ENTRIES)
        return "a broken JKS key store";
    if (password && !password_fits(bytes, length - DIGEST, password))
        return "its password is wrong, or it is broken";
    const char *wrong = NULL;
    for (uint32_t i = 0; i < count && !wrong; i++)
        wrong = read_entry(&cursor, version, certificates);
    if (!wrong && (cursor.broken || cursor.at != cursor.end))
        wrong = "a broken JKS key store";
    return wrong;
}
