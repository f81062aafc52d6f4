/*
 * What is encrypted in a PKCS#12 store, and the password that opens it. The work that a file may
 * ask for is bounded: key derivations count their iterations.
 */
#ifndef PROBE_TLS_PKCS12_CIPHER_H
#define PROBE_TLS_PKCS12_CIPHER_H

#include "probe/input/secret.h"
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

struct pkcs12_cipher {
    OSSL_LIB_CTX *library; /* its own, with the ciphers of old: RC2 was Java's until 2021 */
    OSSL_PROVIDER *usual;
    OSSL_PROVIDER *legacy;    /* NULL where it is not installed */
    const char *passwords[2]; /* to be tried */
    int count;
    int length;    /* of the first */
    bool given;    /* by the user */
    bool verified; /* by the store's digest */
    long work;     /* iterations that are left */
};

/* `password` in UTF-8, kept by the caller; NULL: not given. False when OpenSSL has no provider or
 * no memory. */
bool pkcs12_cipher_open(const struct secret *password, struct pkcs12_cipher *ret_cipher);
void pkcs12_cipher_close(struct pkcs12_cipher *cipher);

/* Finds the right password by the store's digest, where there is one. NULL, or what is wrong. */
const char *pkcs12_cipher_verify(struct pkcs12_cipher *cipher, PKCS12 *store);

/* Both are NULL, or what is wrong. */
const char *pkcs12_decrypt_bags(struct pkcs12_cipher *cipher, PKCS7 *safe,
                                STACK_OF(PKCS12_SAFEBAG) * *ret_bags);
const char *pkcs12_decrypt_key(struct pkcs12_cipher *cipher, const PKCS12_SAFEBAG *bag,
                               PKCS8_PRIV_KEY_INFO **ret_key);

#endif
