#include "proto/service.h"

#include "proto/writer.h"

/*
 * RFC 8446, 4.1.2: a ClientHello that servers of TLS 1.0 to 1.3 answer with a ServerHello or an
 * alert. No server name, like the mysql client; the key share is X25519's base point, for no secret
 * is wanted.
 */
static const char client_hello[] =
    "\x16\x03\x01\x00\xb2"             /* record: handshake, 178 bytes */
    "\x01\x00\x00\xae"                 /* ClientHello, 174 bytes */
    "\x03\x03"                         /* legacy_version: TLS 1.2 */
    "obprobe asks: is this TLS here? " /* random, fixed */
    "\x00"                             /* legacy_session_id: none */
    /* cipher_suites: TLS 1.3, ECDHE, RSA; last, RFC 5746's signal */
    "\x00\x24\x13\x01\x13\x02\x13\x03\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30"
    "\xcc\xa9\xcc\xa8\xc0\x09\xc0\x13\xc0\x0a\xc0\x14\x00\x9c\x00\x9d"
    "\x00\x2f\x00\x35\x00\xff"
    "\x01\x00"                                         /* legacy_compression_methods: null */
    "\x00\x61"                                         /* extensions */
    "\x00\x0a\x00\x08\x00\x06\x00\x1d\x00\x17\x00\x18" /* supported_groups: x25519, secp256r1,
                                                          secp384r1 */
    "\x00\x0b\x00\x02\x01\x00"                         /* ec_point_formats: uncompressed */
    /* signature_algorithms: ECDSA, RSA-PSS, RSA */
    "\x00\x0d\x00\x18\x00\x16\x04\x03\x05\x03\x06\x03\x08\x04\x08\x05"
    "\x08\x06\x04\x01\x05\x01\x06\x01\x02\x03\x02\x01"
    "\x00\x2b\x00\x05\x04\x03\x04\x03\x03" /* supported_versions: TLS 1.3, 1.2 */
    /* key_share: x25519 */
    "\x00\x33\x00\x26\x00\x24\x00\x1d\x00\x20\x09\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

/* PostgreSQL's documentation, "Message Formats": SSLRequest. */
static const uint8_t ssl_request[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};

size_t service_question_write(enum question question, uint8_t *bytes, size_t size)
{
    struct writer writer = writer_over(bytes, size);
    if (question == QUESTION_CLIENT_HELLO)
        writer_put(&writer, client_hello, sizeof(client_hello) - 1);
    else if (question == QUESTION_SSL_REQUEST)
        writer_put(&writer, ssl_request, sizeof(ssl_request));
    return writer_length(&writer);
}
