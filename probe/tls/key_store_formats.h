/* The readers of single formats, behind key_store.h. */
#ifndef PROBE_TLS_KEY_STORE_FORMATS_H
#define PROBE_TLS_KEY_STORE_FORMATS_H

#include "probe/tls/key_store.h"

/* Bytes of the store, or of a password; not owned. */
struct span {
    const uint8_t *bytes;
    size_t length;
};

/* Both fill an empty store, whose stacks are there. NULL, or what is wrong; then the store may have
 * been filled in part. */
const char *pkcs12_parse(struct span file, const struct secret *password, struct key_store *store);
const char *jks_parse(struct span file, const struct secret *password, struct key_store *store);

/* A private key as Sun's key protector leaves it, `password` in UTF-16 and not NULL. NULL, or what
 * is wrong. */
const char *jks_unlock(struct span protected_key, struct span password, EVP_PKEY **ret_key);

enum { SHA1_LENGTH = 20 };

/* Over the parts, one behind the other. False when this machine's OpenSSL cannot do it. */
bool sha1_digest(const struct span *parts, size_t count, uint8_t *ret_digest);

/* Takes the certificate over, also when it fails. NULL, or what is wrong. */
const char *key_store_add(STACK_OF(X509) * certificates, X509 *certificate);

extern const char wrong_password[];
extern const char missing_password[];

#endif
