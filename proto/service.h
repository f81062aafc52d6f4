/* What answers where a MySQL server was expected: recognised from its bytes and its reactions. */
#ifndef PROTO_SERVICE_H
#define PROTO_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum service {
    SERVICE_SSH,
    SERVICE_HTTP,
    SERVICE_TLS, /* HTTPS and everything else that wants a ClientHello first */
    SERVICE_SMTP,
    SERVICE_FTP,
    SERVICE_POSTGRESQL,
    SERVICE_REDIS,
    SERVICE_MEMCACHED,
    SERVICE_MONGODB,
    SERVICE_MYSQLX,
    SERVICE_MQTT,
    SERVICE_ECHO,
    SERVICE_OCEANBASE_RPC,
    SERVICE_COUNT
};

/* A set of services, one bit each: what cannot be told apart stays together. */
/* The set is a uint32_t of these bits. */
#define SERVICE_BIT(service) (UINT32_C(1) << (service))

/* How the connection stood when the evidence was complete. */
enum ending {
    ENDING_OPEN,   /* still open, silent */
    ENDING_CLOSED, /* end of stream */
    ENDING_RESET
};

/* What was asked before the bytes came. */
enum question {
    QUESTION_NONE,         /* they came unasked */
    QUESTION_LOGIN,        /* the blind login, with CR LF CR LF in an attribute */
    QUESTION_CLIENT_HELLO, /* a TLS ClientHello */
    QUESTION_SSL_REQUEST   /* PostgreSQL's SSLRequest */
};

struct reaction {
    enum question question;
    enum ending ending;
    const uint8_t *sent; /* the bytes of the question, to know an echo */
    size_t sent_length;
    const uint8_t *bytes; /* the first bytes received after the question */
    size_t length;
};

/* The name in the report ("postgresql"). */
const char *service_name(enum service service);

/* What a person calls it ("a PostgreSQL server"). */
const char *service_title(enum service service);

/*
 * The services whose known behaviour fits the reaction. Bytes name one service or few; silence and
 * a bare close leave the set of those known to react so (measured; each recogniser names its
 * source). Empty: nothing known reacts so.
 */
uint32_t service_recognise(const struct reaction *reaction);

/*
 * The question worth one further connection after this reaction to the blind login, or
 * QUESTION_NONE. Never a question where a MySQL server that hangs could sit behind the silence: it
 * would count against this host there.
 */
enum question service_next_question(const struct reaction *reaction);

/* The bytes of a question other than the login; their size, 0 when there are none. */
size_t service_question_write(enum question question, uint8_t *bytes, size_t size);

#endif
