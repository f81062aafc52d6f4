/*
 * Sources: MySQL's protocol documentation, "OK_Packet", "ERR_Packet",
 * "Protocol::AuthSwitchRequest", "Protocol::OldAuthSwitchRequest", "Protocol::AuthMoreData".
 */
#include "proto/reply.h"

#include "proto/greeting.h"
#include "proto/packet.h"
#include "proto/reader.h"

enum {
    HEAD_OK = 0x00,
    HEAD_AUTH_MORE = 0x01,
    HEAD_QUESTION = 0x02,
    HEAD_LAST_QUESTION = 0x03,
    HEAD_PASSWORD = 0x04,
    HEAD_LAST_PASSWORD = 0x05,
    HEAD_AUTH_SWITCH = 0xfe,
    HEAD_ERROR = 0xff,
    SQLSTATE = 5,
};

/* NUL bytes inside would end the C string early and hide the rest of the message. */
static void copy_message(struct server_error *error, const uint8_t *text, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used < SERVER_ERROR_MESSAGE - 1; i++) {
        if (text[i])
            error->message[used++] = (char)text[i];
    }
    error->message[used] = '\0';
}

enum parse server_error_parse(const uint8_t *payload, size_t length, struct server_error *ret_error)
{
    struct reader reader = reader_over(payload, length);
    struct server_error error = {0};
    bool is_error = reader_u8(&reader) == HEAD_ERROR;
    error.code = reader_u16(&reader);
    /* No server has an error 0, and the facts use it for "no error". */
    if (reader_failed(&reader) || !is_error || error.code == 0)
        return PARSE_BAD;
    if (reader_left(&reader) > SQLSTATE && *reader.at == '#') {
        reader_skip(&reader, 1);
        memcpy(error.sqlstate, reader_take(&reader, SQLSTATE), SQLSTATE);
    }
    size_t left = reader_left(&reader);
    copy_message(&error, reader_take(&reader, left), left);
    *ret_error = error;
    return PARSE_OK;
}

/* A length-encoded integer; 0xfb and 0xff introduce none. */
static void skip_length_encoded(struct reader *reader)
{
    uint8_t first = reader_u8(reader);
    if (first == 0xfb || first == 0xff)
        reader->failed = true;
    else if (first > 0xfb)
        reader_skip(reader, first == 0xfc ? 2 : first == 0xfd ? 3 : 8);
}

static void parse_ok(struct reader *reader, struct reply *reply)
{
    reply->kind = REPLY_OK;
    skip_length_encoded(reader); /* affected rows */
    skip_length_encoded(reader); /* last insert id */
    reply->status = reader_u16(reader);
}

/* What is left of the packet, cut to AUTH_DATA. */
static void take_data(struct reader *reader, struct reply *reply)
{
    size_t left = reader_left(reader);
    reply->data_length = left < AUTH_DATA ? left : AUTH_DATA;
    const uint8_t *data = reader_take(reader, left);
    if (data)
        memcpy(reply->data, data, reply->data_length);
}

static void parse_auth_switch(struct reader *reader, struct reply *reply)
{
    static const char old_plugin[] = "mysql_old_password";
    reply->kind = REPLY_AUTH_SWITCH;
    if (reader_left(reader) == 0) {
        memcpy(reply->plugin, old_plugin, sizeof(old_plugin));
        return;
    }
    size_t length = 0;
    const uint8_t *name = reader_until_nul(reader, &length);
    if (!name || length >= PLUGIN_NAME) {
        reader->failed = true;
        return;
    }
    memcpy(reply->plugin, name, length);
    if (reader_left(reader) && reader->end[-1] == 0)
        reader->end--;
    take_data(reader, reply);
}

static void parse_auth_more(struct reader *reader, struct reply *reply)
{
    reply->kind = REPLY_AUTH_MORE;
    take_data(reader, reply);
}

/* The `dialog` plugin's questions come bare, because MariaDB puts 0x01 only before plugin data that
 * could be taken for another packet (MariaDB, mysql/auth_dialog_client.h; measured with PAM). */
static void parse_question(struct reader *reader, struct reply *reply)
{
    reader->at--;
    parse_auth_more(reader, reply);
}

static void parse_error(struct reader *reader, struct reply *reply)
{
    reply->kind = REPLY_ERROR;
    const uint8_t *payload = reader->at - 1;
    size_t length = reader_left(reader) + 1;
    if (server_error_parse(payload, length, &reply->error) != PARSE_OK)
        reader->failed = true;
}

static const struct head {
    uint8_t byte;
    void (*parse)(struct reader *reader, struct reply *reply);
} heads[] = {
    {HEAD_OK, parse_ok},
    {HEAD_ERROR, parse_error},
    {HEAD_AUTH_SWITCH, parse_auth_switch},
    {HEAD_AUTH_MORE, parse_auth_more},
    {HEAD_QUESTION, parse_question},
    {HEAD_LAST_QUESTION, parse_question},
    {HEAD_PASSWORD, parse_question},
    {HEAD_LAST_PASSWORD, parse_question},
};

static const struct head *find_head(uint8_t byte)
{
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (heads[i].byte == byte)
            return &heads[i];
    }
    return NULL;
}

/* Whether the bytes so far exclude every answer, although the packet is not complete. */
static bool hopeless(const uint8_t *bytes, size_t length)
{
    bool empty = length >= 3 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0;
    return empty || (length > PACKET_HEADER && !find_head(bytes[PACKET_HEADER]));
}

enum parse reply_parse(const uint8_t *bytes, size_t length, struct reply *ret_reply)
{
    struct packet packet;
    enum parse framed = packet_parse(bytes, length, &packet);
    if (framed == PARSE_BAD || hopeless(bytes, length))
        return PARSE_BAD;
    if (framed == PARSE_MORE)
        return PARSE_MORE;
    struct reader reader = reader_over(packet.payload, packet.length);
    struct reply reply = {.sequence = packet.sequence, .size = PACKET_HEADER + packet.length};
    find_head(reader_u8(&reader))->parse(&reader, &reply);
    if (reader_failed(&reader))
        return PARSE_BAD;
    *ret_reply = reply;
    return PARSE_OK;
}
