/*
 * Key stores of Java applications, read without a JVM: PKCS#12 (RFC 7292, as OpenJDK's
 * sun/security/pkcs12/PKCS12KeyStore.java reads it) and JKS (sun/security/provider/
 * JavaKeyStore.java). Nothing in a file is believed before it is checked: lengths against what is
 * left, iterations against what a machine can do, certificates against KEY_STORE_CERTIFICATES.
 */
#ifndef PROBE_TLS_KEY_STORE_H
#define PROBE_TLS_KEY_STORE_H

#include "probe/input/settings.h"
#include <openssl/x509.h>

enum { KEY_STORE_CERTIFICATES = 4096 };

/* A PEM file is one to the drivers too; this room has its own readers for it. */
enum key_store_format { KEY_STORE_NONE, KEY_STORE_PEM, KEY_STORE_PKCS12, KEY_STORE_JKS };

/* All of it owned. */
struct key_store {
    enum key_store_format format;
    STACK_OF(X509) * authorities; /* the entries of trusted certificates */
    EVP_PKEY *key;                /* of the first entry with a private key; NULL: none */
    const char *key_problem;      /* why that could not be read, static; NULL when it was */
    X509 *certificate;            /* the key's own; NULL: none */
    STACK_OF(X509) * others; /* the key's chain, its own issuer first; without a key what belongs to
                                no entry, which Java does not see */
};

/*
 * Reads a store that is in memory. `password` in UTF-8, NULL when none was given: then the store is
 * read as far as it is open to everyone, or to the empty password. NULL, or what is wrong in static
 * text, with OpenSSL's queue of errors as it was left: it tells when memory was short. A PEM file
 * has only its format told.
 */
const char *key_store_parse(const uint8_t *bytes, size_t length, const struct secret *password,
                            struct key_store *ret_store);

/* The same for a file. `place` as settings_problem() has it. 0, -ENOMEM or -EINVAL. */
int key_store_read(const char *place, const char *path, const struct encoded *password,
                   struct key_store *ret_store, char *ret_problem);

void key_store_clear(struct key_store *store);

#endif
