/*
 * What a MySQL-protocol server says first: the greeting (Protocol::HandshakeV10) or an ERR in its
 * place.
 */
#ifndef PROTO_GREETING_H
#define PROTO_GREETING_H

#include "proto/reply.h"

enum {
    SERVER_VERSION = 96,
    GREETING_AUTH_DATA = 255,
};

/* Capability flags, named as in the protocol documentation. */
enum {
    CLIENT_LONG_PASSWORD = 0x00000001,
    CLIENT_CONNECT_WITH_DB = 0x00000008,
    CLIENT_PROTOCOL_41 = 0x00000200,
    CLIENT_SSL = 0x00000800,
    CLIENT_TRANSACTIONS = 0x00002000,
    CLIENT_SECURE_CONNECTION = 0x00008000,
    CLIENT_MULTI_STATEMENTS = 0x00010000,
    CLIENT_PLUGIN_AUTH = 0x00080000,
    CLIENT_CONNECT_ATTRS = 0x00100000,
    CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA = 0x00200000,
    CLIENT_DEPRECATE_EOF = 0x01000000,
};

struct greeting {
    char version[SERVER_VERSION]; /* raw bytes, NUL-terminated, cut when longer */
    uint32_t connection_id;
    uint32_t capabilities;
    uint32_t mariadb_capabilities; /* the last 4 reserved bytes, only when CLIENT_LONG_PASSWORD is
                                      clear (MariaDB's mark), else 0 */
    uint8_t charset;
    uint16_t status;
    bool short_form; /* ends after the first 8 bytes of auth data and the lower capabilities */
    uint8_t auth_data[GREETING_AUTH_DATA]; /* both parts, without the NUL */
    size_t auth_data_length;
    char auth_plugin[PLUGIN_NAME]; /* "" where CLIENT_PLUGIN_AUTH is not offered */
};

enum opening_kind {
    OPENING_GREETING,
    OPENING_ERROR,       /* 1040, 1129, 1130 … in the greeting's place */
    OPENING_OLD_PROTOCOL /* protocol 9, of before MySQL 3.21 */
};

struct opening {
    enum opening_kind kind;
    uint8_t protocol; /* the payload's first byte */
    uint8_t sequence;
    size_t size; /* bytes of the stream that this packet took */
    struct greeting greeting;
    struct server_error error;
};

/*
 * The first packet of a connection. PARSE_BAD when it is none that a MySQL server can send: a wrong
 * length, a sequence other than 0, another protocol byte, fields that do not fit. A plugin name
 * without its NUL is accepted (MySQL bug #59453); auth data shorter than the 8 + 12 of the protocol
 * is taken as it is.
 */
enum parse opening_parse(const uint8_t *bytes, size_t length, struct opening *ret_opening);

#endif
