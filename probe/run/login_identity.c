#include "probe/run/login_identity.h"
#include "probe/input/residue.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

enum { SHA256_DIGEST = 32 };

int identity_key_new(struct identity_key *ret_key)
{
    ssize_t length = getrandom(ret_key->bytes, sizeof ret_key->bytes, 0);
    return length == sizeof ret_key->bytes ? 0 : -EIO;
}

static bool digest(const struct identity_key *key, const struct login *login, EVP_MD_CTX *context,
                   uint8_t ret_digest[SHA256_DIGEST])
{
    return EVP_DigestInit_ex2(context, EVP_sha256(), NULL) &&
           EVP_DigestUpdate(context, key->bytes, sizeof key->bytes) &&
           EVP_DigestUpdate(context, login->user, strlen(login->user) + 1) &&
           EVP_DigestUpdate(context, secret_bytes(login->secret), secret_length(login->secret)) &&
           EVP_DigestFinal_ex(context, ret_digest, NULL);
}

int login_identify(const struct identity_key *key, const struct login *login,
                   struct login_identity *ret_identity)
{
    uint8_t whole[SHA256_DIGEST];
    *ret_identity = (struct login_identity){{0}};
    if (!login->secret || !login->user)
        return 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && digest(key, login, context, whole);
    EVP_MD_CTX_free(context);
    residue_wipe();
    if (!done) {
        ERR_clear_error(); /* what is left there would be taken for TLS's */
        return -ENOMEM;
    }
    memcpy(ret_identity->bytes, whole, sizeof ret_identity->bytes);
    return 0;
}

bool identity_equal(const struct login_identity *a, const struct login_identity *b)
{
    static const struct login_identity none;
    return memcmp(a, b, sizeof *a) == 0 && memcmp(a, &none, sizeof none) != 0;
}
