/*
 * Whether an ordinary client of this machine would have agreed to what the wire agreed to. Its
 * rules (security levels, MinProtocol and the like of the system's configuration) are OpenSSL's to
 * know, so they are not written down here once more: a session that is never connected is asked.
 * Groups and signature algorithms that the configuration leaves out are not looked at.
 */
#include "probe/tls/tls_internal.h"

/* Is the version between the limits that MinProtocol and MaxProtocol set? 0: no limit. */
static bool version_in_limits(SSL *strict, int version)
{
    long least = SSL_get_min_proto_version(strict);
    long most = SSL_get_max_proto_version(strict);
    return version >= least && (!most || version <= most);
}

static bool offers(SSL *strict, const SSL_CIPHER *cipher)
{
    STACK_OF(SSL_CIPHER) *offered = SSL_get1_supported_ciphers(strict);
    bool found = ciphers_hold(offered, cipher);
    sk_SSL_CIPHER_free(offered);
    return found;
}

/*
 * Asked twice, for the list depends on the versions: as it is (with TLS 1.2 switched off a client
 * does not offer TLS 1.3 either, for versions must have no hole), then with no other version
 * possible. Where SSL_OP_NO_TLSv1 and the like forbid it there is no list.
 */
static bool offers_in_version(SSL *strict, int version, const SSL_CIPHER *cipher)
{
    return version_in_limits(strict, version) && offers(strict, cipher) &&
           SSL_set_min_proto_version(strict, version) &&
           SSL_set_max_proto_version(strict, version) && offers(strict, cipher);
}

/* OpenSSL's own measure of strength, put to the key and to the hash that the server signed its part
 * of the handshake with. */
static bool strong_enough(SSL *strict, int operation, int bits, int nid, void *what)
{
    int (*callback)(const SSL *, const SSL_CTX *, int, int, int, void *, void *) =
        SSL_get_security_callback(strict);
    return callback(strict, NULL, operation, bits, nid, what, SSL_get0_security_ex_data(strict));
}

static bool key_strong_enough(SSL *strict, SSL *wire)
{
    EVP_PKEY *key = NULL;
    if (!SSL_get_peer_tmp_key(wire, &key))
        return true; /* RSA key exchange: the chain's judgement covers its key */
    bool strong =
        strong_enough(strict, SSL_SECOP_TMP_DH, EVP_PKEY_get_security_bits(key), NID_undef, key);
    EVP_PKEY_free(key);
    return strong;
}

/* A hash is as strong as half its length against collisions, but for those that are broken: their
 * bits are OpenSSL's (t1_lib.c, sigalg_security_bits). */
static int hash_bits(int nid)
{
    const EVP_MD *hash = EVP_get_digestbynid(nid);
    switch (nid) {
    case NID_sha1:
        return 64;
    case NID_md5_sha1:
        return 67;
    default:
        return hash ? EVP_MD_get_size(hash) * 4 : 0;
    }
}

static bool hash_strong_enough(SSL *strict, SSL *wire)
{
    int nid;
    if (!SSL_get_peer_signature_nid(wire, &nid) || nid == NID_undef)
        return true; /* nothing was signed, or by an algorithm with its own hash (Ed25519) */
    return strong_enough(strict, SSL_SECOP_SIGALG_CHECK, hash_bits(nid), nid, NULL);
}

enum tls_judgement policy_judge(const struct tls_session *session)
{
    int version = SSL_version(session->ssl);
    SSL *strict = SSL_new(session->client->machine);
    if (!strict)
        return TLS_NOT_JUDGED;
    bool agrees = offers_in_version(strict, version, SSL_get_current_cipher(session->ssl)) &&
                  key_strong_enough(strict, session->ssl) &&
                  hash_strong_enough(strict, session->ssl);
    SSL_free(strict);
    return agrees ? TLS_HOLDS : TLS_FAILS;
}
