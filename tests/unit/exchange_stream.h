/* What a server says to an exchange, as words. */
#ifndef TESTS_UNIT_EXCHANGE_STREAM_H
#define TESTS_UNIT_EXCHANGE_STREAM_H

#include "proto/packet.h"
#include "tests/unit/samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOM = 8192, TEXT = 512, PAUSES = 4 };

/* The switches' nonce. */
#define LETTERS "abcdefghijklmnopqrst"

struct stream {
    uint8_t bytes[ROOM];
    size_t length;
    size_t pauses[PAUSES]; /* where the server waits for what it is answered */
    size_t pause_count;
};

static void put(struct stream *stream, const void *bytes, size_t length)
{
    assert_in_range(length, 0, ROOM - stream->length);
    memcpy(stream->bytes + stream->length, bytes, length);
    stream->length += length;
}

/* MariaDB's greeting with another plugin at its end. */
static void put_greeting(struct stream *stream, const char *plugin)
{
    const struct sample *from = sample("mariadb-10.11-plain");
    size_t begin = stream->length;
    put(stream, from->bytes, from->length - sizeof("mysql_native_password"));
    put(stream, plugin, strlen(plugin) + 1);
    stream->bytes[begin] = (uint8_t)(stream->length - begin - PACKET_HEADER);
}

/* One packet; the sequence behind '@', 2 without it. */
static void put_packet(struct stream *stream, const char *sequence, const void *payload,
                       size_t length)
{
    uint8_t number = sequence ? (uint8_t)strtoul(sequence, NULL, 10) : 2;
    put(stream, (uint8_t[]){(uint8_t)length, (uint8_t)(length >> 8), 0, number}, PACKET_HEADER);
    put(stream, payload, length);
}

static void put_switch(struct stream *stream, char *word)
{
    char payload[TEXT] = "\xfe";
    char *sequence = strchr(word, '@');
    if (sequence)
        *sequence++ = '\0';
    size_t plugin = strlen(word) + 1;
    assert_in_range(plugin, 0, sizeof(payload) - 1 - sizeof(LETTERS));
    memcpy(payload + 1, word, plugin);
    memcpy(payload + 1 + plugin, LETTERS, sizeof(LETTERS));
    put_packet(stream, sequence, payload, 1 + plugin + sizeof(LETTERS));
}

/* Of the tests that have RSA keys: what stands in for a key's name. */
static size_t (*pem_of)(const char *name, char *to, size_t size);

static void put_key(struct stream *stream, char *word)
{
    char payload[ROOM] = "\x01";
    char *sequence = strchr(word, '@');
    if (sequence)
        *sequence++ = '\0';
    put_packet(stream, sequence, payload, 1 + pem_of(word, payload + 1, sizeof(payload) - 1));
}

/* A sample's name, with "@SEQUENCE" when it is to have another one. */
static void put_sample(struct stream *stream, char *word)
{
    char *sequence = strchr(word, '@');
    size_t begin = stream->length;
    if (sequence)
        *sequence++ = '\0';
    const struct sample *from = sample(word);
    put(stream, from->bytes, from->length);
    if (sequence)
        stream->bytes[begin + 3] = (uint8_t)strtoul(sequence, NULL, 10);
}

static void put_hex(struct stream *stream, const char *digits)
{
    for (; *digits; digits += 2) {
        char pair[] = {digits[0], digits[1], '\0'};
        put(stream, &(uint8_t){(uint8_t)strtoul(pair, NULL, 16)}, 1);
    }
}

static void put_pause(struct stream *stream)
{
    assert_in_range(stream->pause_count, 0, PAUSES - 1);
    stream->pauses[stream->pause_count++] = stream->length;
}

/* Samples; "greeting:PLUGIN"; "switch:PLUGIN"; "key:NAME"; "x:" and hexadecimal digits; "t:" and
 * text without blanks; "|": the server waits, what is behind it never comes in one piece with what
 * is before. */
static struct stream stream_of(const char *words)
{
    struct stream stream = {0};
    char copy[TEXT];
    assert_in_range(snprintf(copy, sizeof(copy), "%s", words), 0, TEXT - 1);
    for (char *rest = copy, *word; (word = strsep(&rest, " "));) {
        if (strncmp(word, "greeting:", 9) == 0)
            put_greeting(&stream, word + 9);
        else if (strncmp(word, "switch:", 7) == 0)
            put_switch(&stream, word + 7);
        else if (strncmp(word, "key:", 4) == 0)
            put_key(&stream, word + 4);
        else if (strcmp(word, "|") == 0)
            put_pause(&stream);
        else if (strncmp(word, "x:", 2) == 0)
            put_hex(&stream, word + 2);
        else if (strncmp(word, "t:", 2) == 0)
            put(&stream, word + 2, strlen(word + 2));
        else if (*word)
            put_sample(&stream, word);
    }
    return stream;
}

#endif
