/* What the files of the exchange share. */
#ifndef PROBE_EXCHANGE_EXCHANGE_INTERNAL_H
#define PROBE_EXCHANGE_EXCHANGE_INTERNAL_H

#include "probe/exchange/exchange.h"
#include "proto/auth.h"

/* The anonymous login as it goes out before any greeting; its size. */
size_t exchange_blind_bytes(const struct exchange *exchange, uint8_t *bytes, size_t size);

/* Queues the login packet, with or without credentials; whatever is left of the nonce is used. */
void exchange_queue_login(struct exchange *exchange, bool blind, bool credentials);

/* Queues COM_QUIT: DONE. */
void exchange_quit(struct exchange *exchange);

/* Queues the SSLRequest. */
void exchange_queue_ssl_request(struct exchange *exchange);

/* Where the next packet is written; no room without memory. */
struct room {
    uint8_t *at;
    size_t size;
};
struct room exchange_room(struct exchange *exchange);

/* While the turn is awaited nothing but an ERR makes sense (a timeout, a shutdown): whether it
 * came. */
bool exchange_take_early_error(struct exchange *exchange);

/* Goes on with what has come in so far. */
void exchange_advance(struct exchange *exchange);

/* The stream's first packet. */
enum parse exchange_parse_opening(struct exchange *exchange);

/* Removes what was parsed from the front of the input. */
void exchange_take_input(struct exchange *exchange, size_t length);

/* Keeps the server's error, without the password: who knows it may quote it. */
void exchange_take_error(struct exchange *exchange, const struct server_error *error);

/* Whether there is a password to log in with. */
bool exchange_has_password(const struct exchange *exchange);

/* The answers to what the server asks behind the login. */
void exchange_handle_switch(struct exchange *exchange, const struct reply *reply);
void exchange_handle_more(struct exchange *exchange, const struct reply *reply);

/* The answer to the login or the statement is no well-formed one: DONE. */
void exchange_fail_reply(struct exchange *exchange);

#endif
