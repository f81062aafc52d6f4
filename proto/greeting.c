/*
 * Sources: MySQL's protocol documentation, "Protocol::HandshakeV10", "Protocol::HandshakeV9";
 * MariaDB's "Connection: Initial Handshake Packet" for the capabilities in the reserved bytes.
 */
#include "proto/greeting.h"

#include "proto/packet.h"
#include "proto/reader.h"

enum {
    PROTOCOL_9 = 9,
    PROTOCOL_10 = 10,
    HEAD_ERROR = 0xff,
    AUTH_DATA_FIRST = 8,
    AUTH_DATA_SECOND = 13, /* at least, with its NUL */
};

static void parse_version(struct reader *reader, struct greeting *greeting)
{
    size_t length = 0;
    const uint8_t *version = reader_until_nul(reader, &length);
    if (!version)
        return;
    if (length > SERVER_VERSION - 1)
        length = SERVER_VERSION - 1;
    memcpy(greeting->version, version, length);
}

static void append_auth_data(struct reader *reader, size_t length, struct greeting *greeting)
{
    const uint8_t *data = reader_take(reader, length);
    if (!data)
        return;
    memcpy(greeting->auth_data + greeting->auth_data_length, data, length);
    greeting->auth_data_length += length;
}

/* The documented length is max(13, declared - 8). Only what is declared beyond the 13 must be
 * there: servers without plugins declare 0 and old imitations send fewer. */
static void parse_second_auth_data(struct reader *reader, size_t declared,
                                   struct greeting *greeting)
{
    size_t length = AUTH_DATA_SECOND;
    if (declared > AUTH_DATA_FIRST + AUTH_DATA_SECOND)
        length = declared - AUTH_DATA_FIRST;
    else if (length > reader_left(reader))
        length = reader_left(reader);
    append_auth_data(reader, length, greeting);
    size_t *total = &greeting->auth_data_length;
    if (length && *total && greeting->auth_data[*total - 1] == 0)
        (*total)--;
}

/* Some servers leave the NUL out (MySQL bug #59453). */
static void parse_plugin(struct reader *reader, struct greeting *greeting)
{
    size_t left = reader_left(reader);
    const uint8_t *name = reader_take(reader, left);
    if (!name)
        return;
    const uint8_t *nul = memchr(name, 0, left);
    size_t length = nul ? (size_t)(nul - name) : left;
    if (length >= PLUGIN_NAME) {
        reader->failed = true;
        return;
    }
    memcpy(greeting->auth_plugin, name, length);
}

static void parse_long_form(struct reader *reader, struct greeting *greeting)
{
    greeting->charset = reader_u8(reader);
    greeting->status = reader_u16(reader);
    greeting->capabilities |= (uint32_t)reader_u16(reader) << 16;
    size_t declared = reader_u8(reader);
    reader_skip(reader, 6);
    uint32_t reserved = reader_u32(reader);
    if (!(greeting->capabilities & CLIENT_LONG_PASSWORD))
        greeting->mariadb_capabilities = reserved;
    parse_second_auth_data(reader, declared, greeting);
    if (greeting->capabilities & CLIENT_PLUGIN_AUTH)
        parse_plugin(reader, greeting);
}

static bool parse_greeting(struct reader *reader, struct greeting *greeting)
{
    parse_version(reader, greeting);
    greeting->connection_id = reader_u32(reader);
    append_auth_data(reader, AUTH_DATA_FIRST, greeting);
    reader_skip(reader, 1);
    greeting->capabilities = reader_u16(reader);
    greeting->short_form = reader_left(reader) == 0;
    if (!greeting->short_form)
        parse_long_form(reader, greeting);
    return !reader_failed(reader);
}

/* Version and connection id, as far as they are the same in both protocols. */
static bool parse_old_protocol(struct reader *reader, struct greeting *greeting)
{
    parse_version(reader, greeting);
    greeting->connection_id = reader_u32(reader);
    return !reader_failed(reader);
}

static bool parse_body(const struct packet *packet, struct opening *opening)
{
    struct reader reader = reader_over(packet->payload, packet->length);
    opening->protocol = reader_u8(&reader);
    switch (opening->protocol) {
    case PROTOCOL_10:
        opening->kind = OPENING_GREETING;
        return parse_greeting(&reader, &opening->greeting);
    case PROTOCOL_9:
        opening->kind = OPENING_OLD_PROTOCOL;
        return parse_old_protocol(&reader, &opening->greeting);
    default:
        opening->kind = OPENING_ERROR;
        return server_error_parse(packet->payload, packet->length, &opening->error) == PARSE_OK;
    }
}

/* Whether the bytes so far exclude every opening, although the packet is not complete. */
static bool hopeless(const uint8_t *bytes, size_t length)
{
    if (length >= 3 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0)
        return true;
    if (length >= PACKET_HEADER && bytes[3] != 0)
        return true;
    if (length <= PACKET_HEADER)
        return false;
    uint8_t protocol = bytes[PACKET_HEADER];
    return protocol != PROTOCOL_10 && protocol != PROTOCOL_9 && protocol != HEAD_ERROR;
}

enum parse opening_parse(const uint8_t *bytes, size_t length, struct opening *ret_opening)
{
    struct packet packet;
    enum parse framed = packet_parse(bytes, length, &packet);
    if (framed == PARSE_BAD || hopeless(bytes, length))
        return PARSE_BAD;
    if (framed == PARSE_MORE)
        return PARSE_MORE;
    struct opening opening = {
        .sequence = packet.sequence,
        .size = PACKET_HEADER + packet.length,
    };
    if (!parse_body(&packet, &opening))
        return PARSE_BAD;
    *ret_opening = opening;
    return PARSE_OK;
}
