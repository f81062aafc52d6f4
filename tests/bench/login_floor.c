/*
 * The floor for logins: what a client costs that knows everything beforehand. Processes side by
 * side, each one login after the other: connect, greeting, SSLRequest, TLS with one SSL_CTX and no
 * verification, mysql_native_password, one statement, COM_QUIT. No deadline, no evidence.
 *
 *     bench-login-floor PORT COUNT PROCESSES USER PASSWORD [plain]
 *
 * Exit 1 when a login fails.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFER = 4096, CAPABILITIES = 0x000fa685, WITH_SSL = 0x800, SALT = 20 };

struct client {
    int fd;
    SSL *ssl; /* NULL in clear */
};

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static void put(const struct client *client, const void *bytes, size_t length)
{
    size_t written;
    bool done = client->ssl ? SSL_write_ex(client->ssl, bytes, length, &written) == 1
                            : send(client->fd, bytes, length, 0) == (ssize_t)length;
    if (!done)
        give_up("send");
}

static size_t get(const struct client *client, uint8_t *bytes)
{
    size_t length = 0;
    if (client->ssl)
        return SSL_read_ex(client->ssl, bytes, BUFFER, &length) == 1 ? length : 0;
    ssize_t count = recv(client->fd, bytes, BUFFER, 0);
    return count > 0 ? (size_t)count : 0;
}

static void packet(const struct client *client, uint8_t sequence, const uint8_t *payload,
                   size_t length)
{
    uint8_t bytes[BUFFER] = {(uint8_t)length, (uint8_t)(length >> 8), 0, sequence};
    memcpy(bytes + 4, payload, length);
    put(client, bytes, length + 4);
}

/* SHA1(password) XOR SHA1(salt + SHA1(SHA1(password))). */
static void scramble(const char *password, const uint8_t *salt, uint8_t *proof)
{
    uint8_t once[SALT], twice[SALT], mixed[2 * SALT];
    SHA1((const uint8_t *)password, strlen(password), once);
    SHA1(once, SALT, twice);
    memcpy(mixed, salt, SALT);
    memcpy(mixed + SALT, twice, SALT);
    SHA1(mixed, 2 * SALT, proof);
    for (int i = 0; i < SALT; i++)
        proof[i] ^= once[i];
}

static void read_salt(const struct client *client, uint8_t *salt)
{
    uint8_t greeting[BUFFER] = {0};
    if (get(client, greeting) < 60)
        give_up("greeting");
    const uint8_t *after = greeting + 5 + strlen((char *)greeting + 5) + 1;
    memcpy(salt, after + 4, 8);
    memcpy(salt + 8, after + 31, 12);
}

static void begin_tls(struct client *client, SSL_CTX *context)
{
    uint8_t head[32] = {0};
    uint32_t flags = CAPABILITIES | WITH_SSL;
    memcpy(head, &flags, sizeof flags);
    head[7] = 1;
    head[8] = 33;
    packet(client, 1, head, sizeof head);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, client->fd);
    if (SSL_connect(ssl) != 1)
        give_up("TLS");
    client->ssl = ssl;
}

static void log_in(const struct client *client, const uint8_t *salt, char **credentials)
{
    static const char plugin[] = "mysql_native_password";
    uint8_t payload[512] = {0};
    uint32_t flags = CAPABILITIES | (client->ssl ? WITH_SSL : 0);
    memcpy(payload, &flags, sizeof flags);
    payload[7] = 1;
    payload[8] = 33;
    size_t at = 32;
    at += (size_t)sprintf((char *)payload + at, "%.64s", credentials[0]) + 1;
    payload[at++] = SALT;
    scramble(credentials[1], salt, payload + at);
    at += SALT;
    memcpy(payload + at, plugin, sizeof plugin);
    packet(client, client->ssl ? 2 : 1, payload, at + sizeof plugin);
}

static void one(int port, SSL_CTX *context, char **credentials)
{
    static const uint8_t query[] = "\x03SELECT 1 FROM DUAL";
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    uint8_t salt[SALT], answer[BUFFER];
    setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(client.fd, (struct sockaddr *)&to, sizeof to) < 0)
        give_up("connect");
    read_salt(&client, salt);
    if (context)
        begin_tls(&client, context);
    log_in(&client, salt, credentials);
    if (get(&client, answer) < 5 || answer[4] != 0)
        give_up("login");
    packet(&client, 0, query, sizeof query - 1);
    if (get(&client, answer) < 5 || answer[4] == 0xff)
        give_up("statement");
    packet(&client, 0, (const uint8_t[]){1}, 1);
    while (get(&client, answer) > 0)
        ;
    SSL_free(client.ssl);
    close(client.fd);
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    int port = atoi(argv[1]), count = atoi(argv[2]), processes = atoi(argv[3]), failed = 0;
    for (int i = 0; i < processes; i++) {
        if (fork() != 0)
            continue;
        SSL_CTX *context = argc > 6 ? NULL : SSL_CTX_new(TLS_client_method());
        for (int j = i; j < count; j += processes)
            one(port, context, argv + 4);
        exit(0);
    }
    for (int status; wait(&status) > 0;)
        failed |= status;
    return failed ? 1 : 0;
}
