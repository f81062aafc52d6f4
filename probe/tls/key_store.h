/* Key stores of Java: PKCS#12, JKS, or PEM under that name. */
#ifndef PROBE_TLS_KEY_STORE_H
#define PROBE_TLS_KEY_STORE_H

#include "probe/tls/tls_internal.h"

/* What is in it; NULL for what is not. */
struct key_store {
    STACK_OF(X509) * certificates; /* authorities; the rest of the chain, where there is a key */
    X509 *certificate;             /* of the key */
    EVP_PKEY *key;
};

/* `what` names it in the problem ("trust store"). 0, -ENOMEM, or -EINVAL (TLS_PROBLEM bytes):
 * unreadable, no key store, a wrong password. */
int key_store_read(const char *what, const char *path, const struct encoded *password,
                   struct key_store *ret_store, char *ret_problem);
void key_store_clear(struct key_store *store);

/* The certificates that a JKS of these bytes trusts, pushed to `certificates`. NULL, or what is
 * wrong; password NULL: the digest is not checked. */
const char *jks_read(const uint8_t *bytes, size_t length, const struct secret *password,
                     STACK_OF(X509) * certificates);

#endif
