/* Source: MySQL's protocol documentation, "COM_QUERY Response", "Protocol::ColumnDefinition41",
 * "EOF_Packet". */
#include "proto/result.h"

#include "proto/packet.h"

enum {
    HEAD_EOF = 0xfe,
    HEAD_ERROR = 0xff,
    EOF_MAX = 9, /* a longer packet with this head is a row */
    HANDFUL = 16,
};

/* Where the parser stands in the stream. */
struct set {
    const uint8_t *bytes;
    size_t length;
    size_t at;
    uint8_t sequence;
};

/* The next packet, which must not be empty. Only an ERR may come out of sequence. */
static enum parse next(struct set *set, struct packet *ret_packet)
{
    enum parse parsed = packet_parse(set->bytes + set->at, set->length - set->at, ret_packet);
    if (parsed != PARSE_OK)
        return parsed;
    if (ret_packet->length == 0)
        return PARSE_BAD;
    if (ret_packet->sequence != set->sequence && ret_packet->payload[0] != HEAD_ERROR)
        return PARSE_BAD;
    set->at += PACKET_HEADER + ret_packet->length;
    set->sequence++;
    return PARSE_OK;
}

static bool is_eof(const struct packet *packet)
{
    return packet->payload[0] == HEAD_EOF && packet->length < EOF_MAX;
}

static enum parse take_error(const struct set *set, const struct packet *packet,
                             struct result *ret_result)
{
    struct result result = {.kind = RESULT_ERROR, .size = set->at};
    if (server_error_parse(packet->payload, packet->length, &result.error) != PARSE_OK)
        return PARSE_BAD;
    *ret_result = result;
    return PARSE_OK;
}

/* `count` column definitions and the EOF behind them. */
static enum parse skip_columns(struct set *set, unsigned count)
{
    struct packet packet;
    for (unsigned i = 0; i <= count; i++) {
        enum parse parsed = next(set, &packet);
        if (parsed != PARSE_OK)
            return parsed;
        if (packet.payload[0] == HEAD_ERROR || is_eof(&packet) != (i == count))
            return PARSE_BAD;
    }
    return PARSE_OK;
}

static enum parse take_rows(struct set *set, struct result *ret_result)
{
    struct packet packet;
    for (unsigned rows = 0; rows <= HANDFUL; rows++) {
        enum parse parsed = next(set, &packet);
        if (parsed != PARSE_OK)
            return parsed;
        if (packet.payload[0] == HEAD_ERROR)
            return take_error(set, &packet, ret_result);
        if (is_eof(&packet)) {
            *ret_result = (struct result){.kind = RESULT_ROWS, .size = set->at, .rows = rows};
            return PARSE_OK;
        }
    }
    return PARSE_BAD;
}

enum parse result_parse(const uint8_t *bytes, size_t length, struct result *ret_result)
{
    struct set set = {.bytes = bytes, .length = length, .sequence = 1};
    struct packet packet;
    enum parse parsed = next(&set, &packet);
    if (parsed != PARSE_OK)
        return parsed;
    if (packet.payload[0] == HEAD_ERROR)
        return take_error(&set, &packet, ret_result);
    if (packet.length != 1 || packet.payload[0] == 0 || packet.payload[0] > HANDFUL)
        return PARSE_BAD;
    parsed = skip_columns(&set, packet.payload[0]);
    return parsed == PARSE_OK ? take_rows(&set, ret_result) : parsed;
}
