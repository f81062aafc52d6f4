/* What a server answers to a statement: the whole result set of a COM_QUERY, or an ERR. */
#ifndef PROTO_RESULT_H
#define PROTO_RESULT_H

#include "proto/reply.h"

enum result_kind {
    RESULT_ROWS, /* complete, however many rows */
    RESULT_ERROR /* in place of the set, or behind some of its rows */
};

struct result {
    enum result_kind kind;
    size_t size;               /* bytes of the stream that the set took */
    unsigned rows;             /* RESULT_ROWS */
    struct server_error error; /* RESULT_ERROR */
};

/*
 * The stream from the answer's first packet on, for a client without CLIENT_DEPRECATE_EOF.
 * PARSE_BAD for what is no set: an OK, a request for a local file, no column or more than a
 * handful, a packet out of sequence, a set that has not ended after a handful of rows.
 */
enum parse result_parse(const uint8_t *bytes, size_t length, struct result *ret_result);

#endif
