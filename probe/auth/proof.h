/*
 * Proofs that one knows a password, as MySQL's authentication plugins want them. Computed with
 * OpenSSL; intermediate values are wiped.
 *
 * Sources: MySQL's protocol documentation, "Native Authentication", "Caching_sha2_password
 * information"; the RSA exchange as sha256_password describes it.
 */
#ifndef PROBE_AUTH_PROOF_H
#define PROBE_AUTH_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NATIVE_PROOF = 20,
    SHA2_PROOF = 32,
    NONCE = 20,       /* the part of the salt that counts */
    RSA_PROOF = 1024, /* of a key of 8192 bits */
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192,
};

/* SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))). False when OpenSSL fails (out of memory, a
 * FIPS provider without SHA-1): `ret_proof` is then zeroed. */
bool proof_native(const char *password, size_t length, const uint8_t nonce[NONCE],
                  uint8_t ret_proof[NATIVE_PROOF]);

/* SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce): caching_sha2_password's fast path.
 */
bool proof_caching_sha2(const char *password, size_t length, const uint8_t nonce[NONCE],
                        uint8_t ret_proof[SHA2_PROOF]);

/* An RSA public key of a server. */
struct public_key;

/* From PEM ("BEGIN PUBLIC KEY" or "BEGIN RSA PUBLIC KEY"). 0, -EINVAL when it is none, no RSA key
 * or one that hides nothing, -EKEYREJECTED when its size is out of bounds (its bits are told
 * nevertheless), -ENOMEM. */
int public_key_parse(const uint8_t *pem, size_t length, struct public_key **ret_key,
                     unsigned *ret_bits);
void public_key_free(struct public_key *key); /* NULL is fine */

/* RSA-OAEP (SHA-1, MGF1) of password and NUL, XORed with the nonce over and over. 0, -EINVAL when
 * the password is too long for the key or the key's numbers are no key, -ENOMEM; nothing of the
 * password is left behind. */
int proof_rsa(const struct public_key *key, const char *password, size_t length,
              const uint8_t nonce[NONCE], uint8_t ret_proof[RSA_PROOF], size_t *ret_length);

#endif
