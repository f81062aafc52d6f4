/*
 * Framing of the MySQL protocol: a little-endian length of 3 bytes, a sequence number, the payload
 * (MySQL Internals, "Protocol Basics: MySQL Packets").
 */
#ifndef PROTO_PACKET_H
#define PROTO_PACKET_H

#include "proto/parse.h"
#include "proto/writer.h"

enum {
    PACKET_HEADER = 4,
    /* Nothing that a server sends before the login's answer is longer; text of another protocol
     * reads as a length of megabytes. */
    PACKET_MAX_BEFORE_LOGIN = 65536,
};

struct packet {
    uint8_t sequence;
    uint32_t length;        /* of the payload */
    const uint8_t *payload; /* points into the caller's buffer */
};

/*
 * The first packet of the stream. PARSE_BAD as soon as its three length bytes declare more than
 * PACKET_MAX_BEFORE_LOGIN. The whole packet takes PACKET_HEADER + length bytes of the stream.
 */
enum parse packet_parse(const uint8_t *bytes, size_t length, struct packet *ret_packet);

/* Room for a header, filled in by packet_end once the payload behind it is written. */
void packet_begin(struct writer *writer);
void packet_end(struct writer *writer, uint8_t sequence);

#endif
