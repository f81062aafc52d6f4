/*
 * Exchanges with a password: keys for the server to send, proofs known by vectors that were made
 * with Python's hashlib, and the packets that went out in words.
 */
#ifndef TESTS_UNIT_EXCHANGE_LOGIN_PLAY_H
#define TESTS_UNIT_EXCHANGE_LOGIN_PLAY_H

#include "proto/greeting.h"
#include "proto/reader.h"
#include "tests/unit/exchange_play.h"
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define USER     "app"
#define PASSWORD "s3cret-Passw0rd"
#define APP      .user = USER, .password = PASSWORD
#define EMPTY    .user = USER, .password = ""

/* What a server says, what comes of it, what is said to it. */
#define FULL     "more-full-authentication"
#define ROWS     "rows-of-select-1"
#define ACCEPTED "statement_sent statement_answered"
#define QUIT     " query@0 quit@0"

/* ---- proofs ---- */

/* Of PASSWORD, by the nonce they are for: that of a greeting, or of the switches. */
static const struct {
    const char *name;
    const char *hex;
} vectors[] = {
    {"native:maria", "0eee471e07a109fc6d4bade18aa7021d6fce7fb8"},
    {"native:maria-tls", "501722479eeedd1af5c538573b3949bea2e32929"},
    {"native:mysql", "ca9764e9b3075de3b6f3cd98de0ca00dae79bca7"},
    {"native:mysql-5.6", "577202ddf9f4d089d0157ae1704299cf1b9b8058"},
    {"native:letters", "8ffa3798498f5edcc4633225d4c1126452623d5b"},
    {"sha2:mysql", "e7299a84bd2175b6a5880549aab225e38dceaf22b81eed5a2a888cb99279b458"},
    {"sha2:letters", "edeaec5d01e513330aef168ecf2add20adf07916d8e982850b6984dd24821600"},
};

static const char *vector_of(const uint8_t *bytes, size_t length)
{
    char hex[2 * 64 + 1] = "";
    for (size_t i = 0; i < length && i < 64; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        if (strcmp(vectors[i].hex, hex) == 0)
            return vectors[i].name;
    return NULL;
}

/* ---- keys ---- */

enum { RSA_BYTES = 256 }; /* of 2048 bits */

static EVP_PKEY *server_key, *small_key, *tiny_key, *no_rsa_key;
static struct public_key *given_key;

static size_t write_pem(EVP_PKEY *key, char *to, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    int length = BIO_read(bio, to, (int)size);
    BIO_free(bio);
    assert_true(length > 0);
    return (size_t)length;
}

static size_t pem_by_name(const char *name, char *to, size_t size)
{
    static const char garbage[] = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n";
    if (strcmp(name, "garbage") == 0) {
        memcpy(to, garbage, sizeof(garbage) - 1);
        return sizeof(garbage) - 1;
    }
    return write_pem(strcmp(name, "2048") == 0   ? server_key
                     : strcmp(name, "1024") == 0 ? small_key
                     : strcmp(name, "512") == 0  ? tiny_key
                                                 : no_rsa_key,
                     to, size);
}

static int make_keys(void **state)
{
    char pem[ROOM];
    unsigned bits;
    server_key = EVP_RSA_gen(2048);
    small_key = EVP_RSA_gen(1024);
    tiny_key = EVP_RSA_gen(512);
    no_rsa_key = EVP_EC_gen("P-256");
    size_t length = write_pem(server_key, pem, sizeof(pem));
    pem_of = pem_by_name;
    return samples_read(state) || public_key_parse((uint8_t *)pem, length, &given_key, &bits);
}

static int free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(server_key);
    EVP_PKEY_free(small_key);
    EVP_PKEY_free(tiny_key);
    EVP_PKEY_free(no_rsa_key);
    public_key_free(given_key);
    return 0;
}

/* ---- on the wire ---- */

static unsigned clear_passwords; /* how often PASSWORD went out in clear */

/* RSA's padding is another each time: what is encrypted takes its place, filled up with zeros. */
static void decrypt(uint8_t *bytes)
{
    uint8_t clear[RSA_BYTES] = {0};
    size_t size = sizeof(clear);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(server_key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(context, clear, &size, bytes, RSA_BYTES), 1);
    EVP_PKEY_CTX_free(context);
    memcpy(bytes, clear, RSA_BYTES);
}

static void watch_wire(uint8_t *bytes, size_t length)
{
    struct packet packet;
    clear_passwords += memmem(bytes, length, PASSWORD, strlen(PASSWORD)) != NULL;
    for (; length; length -= PACKET_HEADER + packet.length) {
        assert_int_equal(packet_parse(bytes, length, &packet), PARSE_OK);
        if (packet.length == RSA_BYTES)
            decrypt(bytes + PACKET_HEADER);
        bytes += PACKET_HEADER + packet.length;
    }
}

/* ---- packets in words ---- */

/* PASSWORD and its NUL, XORed with the nonce over and over. */
static bool is_masked(const uint8_t *bytes, const uint8_t *nonce)
{
    for (size_t i = 0; i < sizeof(PASSWORD); i++)
        if ((bytes[i] ^ nonce[i % NONCE]) != PASSWORD[i])
            return false;
    return true;
}

static const char *rsa_name(const uint8_t *bytes)
{
    static const uint8_t mysql[NONCE] = "JnFG%\x12\x18?|{JpO\x0c.Wq4x\x06";
    return is_masked(bytes, (const uint8_t *)LETTERS) ? "rsa:letters"
           : is_masked(bytes, mysql)                  ? "rsa:mysql"
                                                      : "rsa:?";
}

static bool all_zeros(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return false;
    return true;
}

static const char *name_of_answer(const uint8_t *bytes, size_t length, char *number)
{
    if (length == sizeof(PASSWORD) && memcmp(bytes, PASSWORD, length) == 0)
        return "password";
    if (length == 1 && (bytes[0] == 1 || bytes[0] == 2))
        return bytes[0] == 1 ? "key-1" : "key-2";
    if (length == RSA_BYTES)
        return rsa_name(bytes);
    const char *vector = vector_of(bytes, length);
    if (vector)
        return vector;
    snprintf(number, 16, all_zeros(bytes, length) ? "%d" : "?%d", (int)length);
    return number;
}

static const char *text_of(struct reader *reader)
{
    size_t length = 0;
    const uint8_t *text = reader_until_nul(reader, &length);
    assert_non_null(text);
    return (const char *)text;
}

/* "USER/DATABASE[PROOF]"; without a NUL's worth of protocol 4.1 there is no proof to be read. */
static void tell_login(struct told *told, const struct packet *packet, uint32_t asked)
{
    char number[16];
    struct reader reader = reader_over(packet->payload, packet->length);
    bool old = !(reader_u16(&reader) & CLIENT_PROTOCOL_41);
    reader_skip(&reader, old ? 3 : 2 + 4 + 1 + 23);
    tell(told, " %s", text_of(&reader));
    if (old) {
        if (reader_left(&reader))
            reader_skip(&reader, 1);
        if (reader_left(&reader))
            tell(told, "/%s", text_of(&reader));
        tell(told, "@%d", packet->sequence);
        return;
    }
    size_t length = reader_u8(&reader);
    const uint8_t *proof = reader_take(&reader, length);
    assert_non_null(proof);
    const char *name = length ? name_of_answer(proof, length, number) : "";
    if (asked & CLIENT_CONNECT_WITH_DB)
        tell(told, "/%s", text_of(&reader));
    if (asked & CLIENT_PLUGIN_AUTH && vector_of(proof, length))
        assert_string_equal(text_of(&reader), length == NATIVE_PROOF ? "mysql_native_password"
                                                                     : "caching_sha2_password");
    tell(told, "[%s]@%d", name, packet->sequence);
}

static void tell_command(struct told *told, const struct packet *packet)
{
    static const char query[] = "\x03SELECT 1 FROM DUAL";
    if (packet->length == 1 && packet->payload[0] == 1)
        tell(told, " quit@0");
    else if (packet->length == sizeof(query) - 1 &&
             memcmp(packet->payload, query, packet->length) == 0)
        tell(told, " query@0");
    else
        tell(told, " ?@0");
}

enum { SSL_REQUEST = 4 + 4 + 1 + 23 };

/* Inside TLS the login's flags are those of the SSLRequest. */
static struct told tell_packets(const uint8_t *bytes, size_t length)
{
    struct told told = {0};
    uint32_t ssl_flags = 0;
    bool logged = false;
    char number[16];
    for (struct packet packet; length; length -= PACKET_HEADER + packet.length) {
        assert_int_equal(packet_parse(bytes, length, &packet), PARSE_OK);
        struct reader reader = reader_over(packet.payload, packet.length);
        uint32_t asked = packet.length >= 4 ? reader_u32(&reader) : 0;
        if (packet.sequence == 0) {
            tell_command(&told, &packet);
        } else if (!logged && !ssl_flags && packet.length == SSL_REQUEST) {
            assert_true(asked & CLIENT_SSL);
            ssl_flags = asked;
            tell(&told, " ssl@%d", packet.sequence);
        } else if (!logged) {
            assert_int_equal(asked & CLIENT_SSL, ssl_flags & CLIENT_SSL);
            assert_true(!ssl_flags || asked == ssl_flags);
            logged = true;
            tell_login(&told, &packet, asked);
        } else {
            tell(&told, " %s@%d", name_of_answer(packet.payload, packet.length, number),
                 packet.sequence);
        }
        bytes = packet.payload + packet.length;
    }
    return told;
}

struct login_row {
    const char *promise;
    struct wish wish;
    const char *server;
    const char *facts;
    const char *output; /* "password" in it: it went out in clear, or inside TLS */
};

/* However it is cut, and the password is in nothing that goes out but where a row says so. */
static void check_login_row(const struct login_row *row, const struct manner *manner)
{
    struct played played;
    clear_passwords = 0;
    seen_going_out = watch_wire;
    print_message("  %s\n", row->promise);
    play_in_all_pieces(row->server, manner, &played);
    seen_going_out = NULL;
    struct told told = tell_packets(played.output, played.output_length);
    check_facts(&played, row->facts);
    assert_string_equal(told.text, row->output);
    assert_int_equal(clear_passwords != 0, strstr(row->output, "password@") != NULL);
}

static inline void check_login_rows(const struct login_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_login_row(&rows[i], &(struct manner){.wish = rows[i].wish});
}

/* A test over a table. */
#define LOGIN_ROWS_TEST(name_, rows_)                                                              \
    static void name_(void **state)                                                                \
    {                                                                                              \
        (void)state;                                                                               \
        check_login_rows(rows_, sizeof(rows_) / sizeof((rows_)[0]));                               \
    }

#endif
