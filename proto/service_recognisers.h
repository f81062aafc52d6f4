/* One recogniser a service, over the bytes it sent. Private to service.c. */
#ifndef PROTO_SERVICE_RECOGNISERS_H
#define PROTO_SERVICE_RECOGNISERS_H

#include "proto/service.h"

bool looks_like_ssh(const struct reaction *reaction);
bool looks_like_http(const struct reaction *reaction);
bool looks_like_tls(const struct reaction *reaction);
bool looks_like_smtp(const struct reaction *reaction);
bool looks_like_ftp(const struct reaction *reaction);
bool looks_like_postgresql(const struct reaction *reaction);
bool looks_like_redis(const struct reaction *reaction);
bool looks_like_memcached(const struct reaction *reaction);
bool looks_like_mongodb(const struct reaction *reaction);
bool looks_like_mysqlx(const struct reaction *reaction);
bool looks_like_mqtt(const struct reaction *reaction);
bool looks_like_echo(const struct reaction *reaction);

#endif
