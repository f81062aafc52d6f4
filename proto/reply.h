/* What a server answers to a login: OK, ERR, AuthSwitchRequest, AuthMoreData. */
#ifndef PROTO_REPLY_H
#define PROTO_REPLY_H

#include "proto/parse.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SERVER_ERROR_MESSAGE = 256,
    PLUGIN_NAME = 64,
    AUTH_DATA = 2048, /* an RSA key of 8192 bits is 1.5 KB as PEM */
};

struct server_error {
    uint16_t code;
    char sqlstate[6];                   /* "" where the packet has no #-marker */
    char message[SERVER_ERROR_MESSAGE]; /* raw bytes of the server, NUL-terminated, may be cut;
                                           NUL bytes inside are kept out */
};

/* The payload of an ERR packet, 0xff included. The #-marker is optional: it is missing in the
 * greeting's place and from very old servers. */
enum parse server_error_parse(const uint8_t *payload, size_t length,
                              struct server_error *ret_error);

enum reply_kind {
    REPLY_OK,
    REPLY_ERROR,
    REPLY_AUTH_SWITCH, /* also the one-byte form of before 5.6, which means mysql_old_password */
    REPLY_AUTH_MORE,   /* also a question of the `dialog` plugin, which comes bare */
};

struct reply {
    enum reply_kind kind;
    uint8_t sequence;
    size_t size;               /* bytes of the stream that this packet took */
    struct server_error error; /* REPLY_ERROR */
    char plugin[PLUGIN_NAME];  /* REPLY_AUTH_SWITCH; longer names are PARSE_BAD */
    uint8_t data[AUTH_DATA];   /* REPLY_AUTH_SWITCH: the nonce without its NUL; AUTH_MORE: data */
    size_t data_length;        /* may have been cut to AUTH_DATA */
    uint16_t status;           /* REPLY_OK: server status flags */
};

/*
 * The next packet of the stream as an answer to a login (Connection Phase Packets). Any first byte
 * but 0x00, 0xff, 0xfe, 0x01 and a question's 0x02 to 0x05 is PARSE_BAD; so is a body that ends too
 * early for its kind.
 */
enum parse reply_parse(const uint8_t *bytes, size_t length, struct reply *ret_reply);

#endif
