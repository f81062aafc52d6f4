/* What a client sends: SSLRequest, HandshakeResponse41 (HandshakeResponse320 without
 * CLIENT_PROTOCOL_41), the answer to an AuthSwitchRequest, COM_QUERY, COM_QUIT. */
#ifndef PROTO_LOGIN_REQUEST_H
#define PROTO_LOGIN_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct connect_attribute {
    const char *name;
    const char *value;
};

struct login_request {
    uint8_t sequence;
    uint32_t capabilities; /* what is written follows from these flags */
    uint32_t max_packet;
    uint8_t charset;
    const char *user;
    const uint8_t *auth; /* the proof, at most 255 bytes */
    size_t auth_length;
    const char *database;                       /* with CLIENT_CONNECT_WITH_DB */
    const char *plugin;                         /* with CLIENT_PLUGIN_AUTH */
    const struct connect_attribute *attributes; /* with CLIENT_CONNECT_ATTRS */
    size_t attribute_count;
};

/* Each writes one whole framed packet and returns its size, or 0 when it does not fit. */
size_t login_request_write(uint8_t *bytes, size_t size, const struct login_request *request);

/* The login's first fields alone, CLIENT_SSL among its capabilities: what is behind it is TLS. */
size_t ssl_request_write(uint8_t *bytes, size_t size, const struct login_request *request);
size_t auth_response_write(uint8_t *bytes, size_t size, uint8_t sequence, const uint8_t *auth,
                           size_t auth_length);
size_t query_write(uint8_t *bytes, size_t size, const char *statement); /* COM_QUERY, sequence 0 */
size_t quit_write(uint8_t *bytes, size_t size);                         /* COM_QUIT, sequence 0 */

#endif
