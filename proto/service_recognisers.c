#include "proto/service_recognisers.h"

#include "proto/reader.h"
#include <strings.h>

static bool starts_with(const struct reaction *reaction, const char *text)
{
    size_t length = strlen(text);
    return reaction->length >= length && memcmp(reaction->bytes, text, length) == 0;
}

static bool starts_with_any(const struct reaction *reaction, const char *const *texts)
{
    while (*texts && !starts_with(reaction, *texts))
        texts++;
    return *texts;
}

/* Either case; the bytes are no C string. */
static bool contains(const struct reaction *reaction, const char *text)
{
    size_t length = strlen(text);
    const char *bytes = (const char *)reaction->bytes;
    for (size_t i = 0; i + length <= reaction->length; i++) {
        if (strncasecmp(bytes + i, text, length) == 0)
            return true;
    }
    return false;
}

static struct reader bytes_of(const struct reaction *reaction)
{
    return reader_over(reaction->bytes, reaction->length);
}

static uint32_t take_big_endian_u32(struct reader *reader)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 8 | reader_u8(reader);
    return value;
}

/* RFC 4253, 4.2: the server's identification line. OpenSSH sends the other line when it is full. */
bool looks_like_ssh(const struct reaction *reaction)
{
    static const char *const texts[] = {"SSH-", "Exceeded MaxStartups", NULL};
    return starts_with_any(reaction, texts);
}

/* RFC 9113, 3.4: a server of HTTP/2 begins with a SETTINGS frame on stream 0. */
static bool is_http2_preface(const struct reaction *reaction)
{
    static const uint8_t type_to_stream[] = {0x04, 0, 0, 0, 0, 0};
    const uint8_t *bytes = reaction->bytes;
    return reaction->length >= 3 + sizeof(type_to_stream) && bytes[0] == 0 && bytes[1] == 0 &&
           bytes[2] % 6 == 0 && memcmp(bytes + 3, type_to_stream, sizeof(type_to_stream)) == 0;
}

/* RFC 9112, 4. Python's http.server answers what is no request line with a bare page (measured). */
bool looks_like_http(const struct reaction *reaction)
{
    static const char *const texts[] = {"HTTP/1.", "<!DOCTYPE", "<!doctype",
                                        "<html",   "<HTML",     NULL};
    return starts_with_any(reaction, texts) || is_http2_preface(reaction);
}

/* RFC 8446, 5.1 and RFC 5246, 6.2.1: a record that is an alert or the handshake's beginning. */
bool looks_like_tls(const struct reaction *reaction)
{
    enum { ALERT = 21, HANDSHAKE = 22, RECORD_MAX = 16384 + 256 };
    struct reader reader = bytes_of(reaction);
    uint8_t type = reader_u8(&reader);
    uint8_t major = reader_u8(&reader);
    uint8_t minor = reader_u8(&reader);
    uint8_t high = reader_u8(&reader);
    uint8_t low = reader_u8(&reader);
    return !reader_failed(&reader) && (type == ALERT || type == HANDSHAKE) && major == 3 &&
           minor <= 4 && (high << 8 | low) <= RECORD_MAX;
}

/* A reply code is three digits, then a space or, in a reply of several lines, a hyphen. */
static bool starts_with_code(const struct reaction *reaction, const char *code)
{
    return starts_with(reaction, code) && reaction->length > 3 &&
           (reaction->bytes[3] == ' ' || reaction->bytes[3] == '-');
}

/* RFC 5321, 3.1 and 4.2: 220, 421 or 554 opens. Where FTP could have sent it the text decides. */
bool looks_like_smtp(const struct reaction *reaction)
{
    if (starts_with_code(reaction, "554"))
        return true;
    return (starts_with_code(reaction, "220") || starts_with_code(reaction, "421")) &&
           (contains(reaction, "SMTP") || !contains(reaction, "FTP"));
}

/* RFC 959, 5.4: 120, 220 or 421 opens. */
bool looks_like_ftp(const struct reaction *reaction)
{
    if (starts_with_code(reaction, "120"))
        return true;
    return (starts_with_code(reaction, "220") || starts_with_code(reaction, "421")) &&
           (contains(reaction, "FTP") || !contains(reaction, "SMTP"));
}

/* PostgreSQL's documentation, "Message Formats": ErrorResponse, its first field the severity; "SSL
 * Session Encryption": one byte S or N to an SSLRequest (measured). */
bool looks_like_postgresql(const struct reaction *reaction)
{
    enum { LENGTH_MIN = 4 + 1 + 1, LENGTH_MAX = 30000 };
    if (reaction->question == QUESTION_SSL_REQUEST && reaction->length == 1)
        return reaction->bytes[0] == 'N' || reaction->bytes[0] == 'S';
    struct reader reader = bytes_of(reaction);
    uint8_t type = reader_u8(&reader);
    uint32_t length = take_big_endian_u32(&reader);
    uint8_t field = reader_u8(&reader);
    return !reader_failed(&reader) && type == 'E' && length >= LENGTH_MIN && length <= LENGTH_MAX &&
           field == 'S';
}

/* Redis' "RESP protocol specification": an error is "-", a word in capitals, a space, a text.
 * -DENIED comes unasked in protected mode. */
bool looks_like_redis(const struct reaction *reaction)
{
    size_t end = 1;
    while (end < reaction->length && reaction->bytes[end] >= 'A' && reaction->bytes[end] <= 'Z')
        end++;
    return starts_with(reaction, "-") && end > 2 && end < reaction->length &&
           reaction->bytes[end] == ' ';
}

/* memcached's doc/protocol.txt, "Error strings"; the second one greets when it is full. */
bool looks_like_memcached(const struct reaction *reaction)
{
    static const char *const texts[] = {"ERROR\r\n", "ERROR Too many open connections",
                                        "CLIENT_ERROR ", "SERVER_ERROR ", NULL};
    return starts_with_any(reaction, texts);
}

/* MongoDB's "Wire Protocol": a header of four integers, the last one OP_REPLY or OP_MSG. */
bool looks_like_mongodb(const struct reaction *reaction)
{
    enum { HEADER = 16, MESSAGE_MAX = 48000000, OP_REPLY = 1, OP_MSG = 2013 };
    struct reader reader = bytes_of(reaction);
    uint32_t length = reader_u32(&reader);
    reader_skip(&reader, 8);
    uint32_t operation = reader_u32(&reader);
    return !reader_failed(&reader) && length > HEADER && length <= MESSAGE_MAX &&
           (operation == OP_REPLY || operation == OP_MSG);
}

/* MySQL's "X Protocol": a length of 4 bytes, a type, a protobuf message whose first field is a
 * number. A notice comes unasked, an error answers the login. */
bool looks_like_mysqlx(const struct reaction *reaction)
{
    enum { ERROR = 1, NOTICE = 11, FRAME_MAX = 65536, FIRST_FIELD = 0x08 };
    struct reader reader = bytes_of(reaction);
    uint32_t length = reader_u32(&reader);
    uint8_t type = reader_u8(&reader);
    uint8_t field = reader_u8(&reader);
    return !reader_failed(&reader) && length > 1 && length <= FRAME_MAX &&
           (type == ERROR || type == NOTICE) && field == FIRST_FIELD;
}

/* MQTT 3.1.1, 3.2 and MQTT 5, 3.2, 3.14: CONNACK, or DISCONNECT, whose reasons are errors. */
bool looks_like_mqtt(const struct reaction *reaction)
{
    enum { CONNACK = 0x20, DISCONNECT = 0xe0, FIRST_ERROR_REASON = 0x80 };
    struct reader reader = bytes_of(reaction);
    uint8_t type = reader_u8(&reader);
    uint8_t length = reader_u8(&reader);
    uint8_t flags_or_reason = reader_u8(&reader);
    if (reader_failed(&reader) || length < 1 || length > 127)
        return false;
    if (type == CONNACK)
        return length >= 2 && flags_or_reason <= 1;
    return type == DISCONNECT && flags_or_reason >= FIRST_ERROR_REASON;
}

/* RFC 862. Eight bytes are enough to be no accident; a record of TLS begins like the question. */
bool looks_like_echo(const struct reaction *reaction)
{
    enum { ENOUGH = 8 };
    size_t same =
        reaction->length < reaction->sent_length ? reaction->length : reaction->sent_length;
    return same >= ENOUGH && memcmp(reaction->bytes, reaction->sent, same) == 0;
}
