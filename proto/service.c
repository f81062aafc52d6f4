#include "proto/service.h"

#include "proto/service_recognisers.h"
#include "proto/translated.h"

enum {
    ENDING_COUNT = ENDING_RESET + 1,
    QUESTION_COUNT = QUESTION_SSL_REQUEST + 1,
};

static const struct recogniser {
    const char *name;
    const char *title;
    bool (*fits)(const struct reaction *reaction); /* NULL: known by its silence alone */
} recognisers[SERVICE_COUNT] = {
    [SERVICE_SSH] = {"ssh", N_("an SSH server"), looks_like_ssh},
    [SERVICE_HTTP] = {"http", N_("an HTTP server"), looks_like_http},
    [SERVICE_TLS] = {"tls", N_("a service that speaks TLS from the start, such as HTTPS"),
                     looks_like_tls},
    [SERVICE_SMTP] = {"smtp", N_("an SMTP server"), looks_like_smtp},
    [SERVICE_FTP] = {"ftp", N_("an FTP server"), looks_like_ftp},
    [SERVICE_POSTGRESQL] = {"postgresql", N_("a PostgreSQL server"), looks_like_postgresql},
    [SERVICE_REDIS] = {"redis", N_("a Redis server"), looks_like_redis},
    [SERVICE_MEMCACHED] = {"memcached", N_("a memcached server"), looks_like_memcached},
    [SERVICE_MONGODB] = {"mongodb", N_("a MongoDB server"), looks_like_mongodb},
    [SERVICE_MYSQLX] = {"mysqlx", N_("the X protocol port of a MySQL server"), looks_like_mysqlx},
    [SERVICE_MQTT] = {"mqtt", N_("an MQTT broker"), looks_like_mqtt},
    [SERVICE_ECHO] = {"echo", N_("an echo service"), looks_like_echo},
    [SERVICE_OCEANBASE_RPC] = {"oceanbase-rpc", N_("an OceanBase RPC port"), NULL},
};

enum {
    HTTP = SERVICE_BIT(SERVICE_HTTP),
    TLS = SERVICE_BIT(SERVICE_TLS),
    POSTGRESQL = SERVICE_BIT(SERVICE_POSTGRESQL),
    REDIS = SERVICE_BIT(SERVICE_REDIS),
    MEMCACHED = SERVICE_BIT(SERVICE_MEMCACHED),
    MONGODB = SERVICE_BIT(SERVICE_MONGODB),
    MQTT = SERVICE_BIT(SERVICE_MQTT),
    ECHO = SERVICE_BIT(SERVICE_ECHO),
    RPC = SERVICE_BIT(SERVICE_OCEANBASE_RPC),
};

/*
 * Who answers a question without a byte, and how. Measured with nginx 1.22, haproxy 2.6,
 * stunnel 5.68, openssl s_server 3.0, PostgreSQL 15, Redis 7.0 (plain and TLS), memcached 1.6 (text
 * and binary), mosquitto 2.0, Python's http.server, socat. MongoDB from its source: it waits for
 * the rest of a message of up to 48 MB, and closes on a greater one and on a ClientHello.
 * OceanBase's RPC port never speaks unless it is spoken to in its own tongue.
 */
static const uint32_t byteless[QUESTION_COUNT][ENDING_COUNT] = {
    [QUESTION_NONE] = {[ENDING_OPEN] = HTTP | TLS | POSTGRESQL | REDIS | MEMCACHED | MONGODB |
                                       MQTT | ECHO | RPC},
    [QUESTION_LOGIN] = {[ENDING_OPEN] = REDIS | MONGODB | RPC,
                        [ENDING_CLOSED] = TLS | POSTGRESQL | MEMCACHED,
                        [ENDING_RESET] = TLS | MQTT},
    [QUESTION_CLIENT_HELLO] = {[ENDING_OPEN] = REDIS | RPC,
                               [ENDING_CLOSED] = POSTGRESQL | MEMCACHED | MONGODB,
                               [ENDING_RESET] = MQTT},
    [QUESTION_SSL_REQUEST] = {[ENDING_OPEN] = HTTP | REDIS | MEMCACHED | RPC,
                              [ENDING_CLOSED] = TLS | MONGODB,
                              [ENDING_RESET] = TLS | MQTT},
};

const char *service_name(enum service service)
{
    return recognisers[service].name;
}

const char *service_title(enum service service)
{
    return recognisers[service].title;
}

/* An echo repeats whatever was asked, a ClientHello's TLS record too. */
static uint32_t recognise_bytes(const struct reaction *reaction)
{
    if (looks_like_echo(reaction))
        return ECHO;
    uint32_t services = 0;
    for (int i = 0; i < SERVICE_COUNT; i++) {
        if (recognisers[i].fits && recognisers[i].fits(reaction))
            services |= SERVICE_BIT(i);
    }
    return services;
}

uint32_t service_recognise(const struct reaction *reaction)
{
    return reaction->length ? recognise_bytes(reaction)
                            : byteless[reaction->question][reaction->ending];
}

/* After a bare close PostgreSQL is the one that can name itself; after a reset TLS is. */
enum question service_next_question(const struct reaction *reaction)
{
    if (reaction->question != QUESTION_LOGIN || reaction->length)
        return QUESTION_NONE;
    switch (reaction->ending) {
    case ENDING_CLOSED:
        return QUESTION_SSL_REQUEST;
    case ENDING_RESET:
        return QUESTION_CLIENT_HELLO;
    default:
        return QUESTION_NONE;
    }
}
