/* Source: MySQL's protocol documentation, "Protocol::SSLRequest", "Protocol::HandshakeResponse41",
 * "Protocol::HandshakeResponse320", "COM_QUERY", "COM_QUIT". */
#include "proto/login_request.h"

#include "proto/greeting.h"
#include "proto/packet.h"

enum { RESERVED = 23, COM_QUIT = 0x01, COM_QUERY = 0x03, AUTH_LENGTH_MAX = 255 };

/* A length-encoded integer; nothing here reaches the forms of 3 and 8 bytes. */
static void write_length(struct writer *writer, size_t length)
{
    if (length > UINT16_MAX) {
        writer->failed = true;
    } else if (length > 250) {
        writer_uint(writer, 0xfc, 1);
        writer_uint(writer, length, 2);
    } else {
        writer_uint(writer, length, 1);
    }
}

static size_t length_size(size_t length)
{
    return length > 250 ? 3 : 1;
}

static void write_counted_text(struct writer *writer, const char *text)
{
    size_t length = strlen(text);
    write_length(writer, length);
    writer_put(writer, text, length);
}

static void write_auth(struct writer *writer, const struct login_request *request)
{
    if (request->capabilities & CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA)
        write_length(writer, request->auth_length);
    else if (request->capabilities & CLIENT_SECURE_CONNECTION)
        writer_uint(writer, request->auth_length, 1);
    writer_put(writer, request->auth, request->auth_length);
    if (!(request->capabilities &
          (CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA | CLIENT_SECURE_CONNECTION)))
        writer_uint(writer, 0, 1);
}

static void write_attributes(struct writer *writer, const struct login_request *request)
{
    size_t total = 0;
    for (size_t i = 0; i < request->attribute_count; i++) {
        size_t name = strlen(request->attributes[i].name);
        size_t value = strlen(request->attributes[i].value);
        total += length_size(name) + name + length_size(value) + value;
    }
    write_length(writer, total);
    for (size_t i = 0; i < request->attribute_count; i++) {
        write_counted_text(writer, request->attributes[i].name);
        write_counted_text(writer, request->attributes[i].value);
    }
}

static void write_head_41(struct writer *writer, const struct login_request *request)
{
    writer_uint(writer, request->capabilities, 4);
    writer_uint(writer, request->max_packet, 4);
    writer_uint(writer, request->charset, 1);
    writer_zeros(writer, RESERVED);
}

static void write_response_41(struct writer *writer, const struct login_request *request)
{
    write_head_41(writer, request);
    writer_text(writer, request->user);
    write_auth(writer, request);
    if (request->capabilities & CLIENT_CONNECT_WITH_DB)
        writer_text(writer, request->database);
    if (request->capabilities & CLIENT_PLUGIN_AUTH)
        writer_text(writer, request->plugin);
    if (request->capabilities & CLIENT_CONNECT_ATTRS)
        write_attributes(writer, request);
}

/* Servers of before 4.1 know no charset, plugin or attributes, and only 16 flags. */
static void write_head_320(struct writer *writer, const struct login_request *request)
{
    writer_uint(writer, request->capabilities, 2);
    writer_uint(writer, request->max_packet, 3);
}

static void write_response_320(struct writer *writer, const struct login_request *request)
{
    write_head_320(writer, request);
    writer_text(writer, request->user);
    writer_put(writer, request->auth, request->auth_length);
    if (request->capabilities & CLIENT_CONNECT_WITH_DB) {
        writer_uint(writer, 0, 1);
        writer_text(writer, request->database);
    }
}

size_t login_request_write(uint8_t *bytes, size_t size, const struct login_request *request)
{
    struct writer writer = writer_over(bytes, size);
    if (request->auth_length > AUTH_LENGTH_MAX)
        return 0;
    packet_begin(&writer);
    if (request->capabilities & CLIENT_PROTOCOL_41)
        write_response_41(&writer, request);
    else
        write_response_320(&writer, request);
    packet_end(&writer, request->sequence);
    return writer_length(&writer);
}

size_t ssl_request_write(uint8_t *bytes, size_t size, const struct login_request *request)
{
    struct writer writer = writer_over(bytes, size);
    packet_begin(&writer);
    if (request->capabilities & CLIENT_PROTOCOL_41)
        write_head_41(&writer, request);
    else
        write_head_320(&writer, request);
    packet_end(&writer, request->sequence);
    return writer_length(&writer);
}

static size_t write_payload(uint8_t *bytes, size_t size, uint8_t sequence, const uint8_t *payload,
                            size_t length)
{
    struct writer writer = writer_over(bytes, size);
    packet_begin(&writer);
    writer_put(&writer, payload, length);
    packet_end(&writer, sequence);
    return writer_length(&writer);
}

size_t auth_response_write(uint8_t *bytes, size_t size, uint8_t sequence, const uint8_t *auth,
                           size_t auth_length)
{
    return auth_length > PACKET_MAX_BEFORE_LOGIN
               ? 0
               : write_payload(bytes, size, sequence, auth, auth_length);
}

size_t query_write(uint8_t *bytes, size_t size, const char *statement)
{
    struct writer writer = writer_over(bytes, size);
    packet_begin(&writer);
    writer_uint(&writer, COM_QUERY, 1);
    writer_put(&writer, statement, strlen(statement));
    packet_end(&writer, 0);
    return writer_length(&writer);
}

size_t quit_write(uint8_t *bytes, size_t size)
{
    return write_payload(bytes, size, 0, (const uint8_t[]){COM_QUIT}, 1);
}
