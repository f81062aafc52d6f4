/* The packets that the client sends up to the login. */
#include "probe/exchange/exchange_internal.h"
#include "proto/login_request.h"
#include <string.h>

enum { LOGIN_MAX_PACKET = (1 << 24) - 1, CHARSET_UTF8 = 33 };

static const char NATIVE[] = "mysql_native_password";

/*
 * What every login of this program begins with, the SSLRequest too: inside TLS the flags must be
 * those of the SSLRequest, which knows not yet whether the login will be anonymous (MySQL 9.7 calls
 * other ones a bad handshake, measured). An anonymous login then names an empty database.
 */
static struct login_request request_for(const struct exchange *exchange, uint32_t offered)
{
    const struct exchange_facts *facts = exchange->facts;
    bool names_database = exchange_has_password(exchange) && exchange->plan.login->database;
    return (struct login_request){
        .sequence = facts->secured ? 2 : 1,
        .capabilities =
            (offered & (CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_TRANSACTIONS |
                        CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS)) |
            (facts->ssl_request_sent ? CLIENT_SSL : 0) |
            (facts->ssl_request_sent && names_database ? offered & CLIENT_CONNECT_WITH_DB : 0),
        .database = "",
        .max_packet = LOGIN_MAX_PACKET,
        .charset = CHARSET_UTF8,
    };
}

/*
 * The attributes name the program to whoever looks at the server's logs. The blind login has one
 * more: CR LF CR LF ends a line for services that read lines, so that they answer (measured:
 * memcached, HTTP servers).
 */
static void add_attributes(struct login_request *request, bool blind)
{
    static const struct connect_attribute attributes[] = {
        {"program_name", "obprobe"},
        {"_client_name", "obprobe"},
        {"_client_version", OBPROBE_VERSION},
        {"line_end", "\r\n\r\n"},
    };
    request->attributes = attributes;
    request->attribute_count = blind ? 4 : 3;
}

static size_t anonymous_bytes(const struct exchange *exchange, uint8_t *bytes, size_t size,
                              bool blind)
{
    const char *asked = blind ? "" : exchange->facts->auth_plugin;
    const struct auth_plugin *plugin = auth_plugin_find(asked);
    uint8_t proof[HARMLESS_ANSWER_MAX] = {0};
    char user[LOGIN_ANONYMOUS];
    struct login_request request =
        request_for(exchange, blind ? UINT32_MAX : exchange->facts->capabilities);
    anonymous_user(exchange->plan.login_name, exchange->facts->product == PRODUCT_OCEANBASE_PROXY,
                   user);
    request.user = user;
    request.auth = proof;
    request.auth_length = plugin->login_length;
    request.plugin = plugin->name ? plugin->name : NATIVE;
    add_attributes(&request, blind);
    return login_request_write(bytes, size, &request);
}

size_t exchange_blind_bytes(const struct exchange *exchange, uint8_t *bytes, size_t size)
{
    return anonymous_bytes(exchange, bytes, size, true);
}

/* A scramble that proves the password and tells nothing else: any other plugin's proof waits for
 * the server to ask for it. The proof's length; 0 for the empty password or where there is no way.
 */
static size_t scramble(struct exchange *exchange, bool sha2, uint8_t *ret_proof)
{
    const struct secret *secret = exchange->plan.login->secret;
    const char *password = secret_bytes(secret);
    size_t length = secret_length(secret);
    if (length == 0)
        return 0;
    if (!exchange->has_nonce) { /* of before 4.1, with 8 bytes of salt */
        exchange->facts->refusal = PROOF_NOT_SPOKEN;
        return 0;
    }
    bool made = sha2 ? proof_caching_sha2(password, length, exchange->nonce, ret_proof)
                     : proof_native(password, length, exchange->nonce, ret_proof);
    if (!made)
        exchange->facts->refusal = PROOF_NOT_SPOKEN;
    return !made ? 0 : sha2 ? SHA2_PROOF : NATIVE_PROOF;
}

static size_t credentials_bytes(struct exchange *exchange, uint8_t *bytes, size_t size)
{
    const struct login *login = exchange->plan.login;
    const char *asked = exchange->facts->auth_plugin;
    bool sha2 = auth_plugin_find(asked)->method == AUTH_CACHING_SHA2;
    uint8_t proof[SHA2_PROOF] = {0};
    uint32_t offered = exchange->facts->capabilities;
    struct login_request request = request_for(exchange, offered);
    request.user = login->user;
    request.auth = proof;
    request.auth_length = scramble(exchange, sha2, proof);
    request.plugin = sha2 ? asked : NATIVE;
    if (login->database) {
        request.database = login->database;
        request.capabilities |= offered & CLIENT_CONNECT_WITH_DB;
    }
    add_attributes(&request, false);
    exchange->facts->proof_sent = request.auth_length > 0;
    size_t length = login_request_write(bytes, size, &request);
    explicit_bzero(proof, sizeof proof);
    return length;
}

void exchange_queue_login(struct exchange *exchange, bool blind, bool credentials)
{
    struct exchange_facts *facts = exchange->facts;
    struct room room = exchange_room(exchange);
    size_t written = credentials ? credentials_bytes(exchange, room.at, room.size)
                                 : anonymous_bytes(exchange, room.at, room.size, blind);
    exchange->output_length += written;
    facts->login_sent = written > 0; /* else for want of memory */
    facts->credentials = credentials;
    facts->blind = blind;
    exchange->sequence = facts->secured ? 3 : 2;
}

void exchange_queue_ssl_request(struct exchange *exchange)
{
    exchange->facts->ssl_request_sent = true;
    struct login_request request = request_for(exchange, exchange->facts->capabilities);
    struct room room = exchange_room(exchange);
    exchange->output_length += ssl_request_write(room.at, room.size, &request);
}
