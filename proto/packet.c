#include "proto/packet.h"

enum { LENGTH_BYTES = 3 };

enum parse packet_parse(const uint8_t *bytes, size_t length, struct packet *ret_packet)
{
    if (length < LENGTH_BYTES)
        return PARSE_MORE;
    uint32_t declared = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
    if (declared > PACKET_MAX_BEFORE_LOGIN)
        return PARSE_BAD;
    if (length < PACKET_HEADER || length - PACKET_HEADER < declared)
        return PARSE_MORE;
    *ret_packet = (struct packet){
        .sequence = bytes[LENGTH_BYTES],
        .length = declared,
        .payload = bytes + PACKET_HEADER,
    };
    return PARSE_OK;
}

void packet_begin(struct writer *writer)
{
    writer_zeros(writer, PACKET_HEADER);
}

/* A writer holds one packet, so the header is at its beginning. */
void packet_end(struct writer *writer, uint8_t sequence)
{
    if (writer->failed)
        return;
    struct writer header = writer_over(writer->bytes, PACKET_HEADER);
    writer_uint(&header, writer->length - PACKET_HEADER, LENGTH_BYTES);
    writer_uint(&header, sequence, 1);
}
