#include "probe/run/materials.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_MAX = 64 * 1024, TLS_TEXTS = 9 };

/* The texts that tell one set of settings from another. */
struct texts {
    const char *of[TLS_TEXTS];
};

struct client {
    struct client *next;
    char *texts[TLS_TEXTS];
    struct tls_client *tls;
};

struct key {
    struct key *next;
    char *path;
    struct public_key *key;
};

struct materials {
    struct client *clients;
    struct key *keys;
    unsigned count; /* of both */
};

int materials_new(struct materials **ret_materials)
{
    struct materials *materials = calloc(1, sizeof *materials);
    if (!materials)
        return -ENOMEM;
    *ret_materials = materials;
    return 0;
}

static void client_free(struct client *client)
{
    for (size_t i = 0; i < TLS_TEXTS; i++)
        free(client->texts[i]);
    tls_client_free(client->tls);
    free(client);
}

static void key_free(struct key *key)
{
    free(key->path);
    public_key_free(key->key);
    free(key);
}

void materials_free(struct materials *materials)
{
    if (!materials)
        return;
    for (struct client *client = materials->clients, *next; client; client = next) {
        next = client->next;
        client_free(client);
    }
    for (struct key *key = materials->keys, *next; key; key = next) {
        next = key->next;
        key_free(key);
    }
    free(materials);
}

static int too_many(char *ret_problem)
{
    snprintf(ret_problem, MATERIALS_PROBLEM,
             "more than %d different TLS settings and keys in one run", MATERIALS_MAX);
    return -EINVAL;
}

/* ---- TLS ---- */

static struct texts texts_of(const struct tls_settings *settings)
{
    return (struct texts){{settings->ca, settings->capath, settings->crl, settings->cert,
                           settings->key, settings->ciphers, settings->versions,
                           settings->trust_store, settings->key_store}};
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_of(const struct client *client, const struct texts *texts)
{
    for (size_t i = 0; i < TLS_TEXTS; i++)
        if (!same_text(client->texts[i], texts->of[i]))
            return false;
    return true;
}

static const struct client *find_client(const struct materials *materials,
                                        const struct tls_settings *settings)
{
    struct texts texts = texts_of(settings);
    const struct client *client = materials->clients;
    while (client && !is_of(client, &texts))
        client = client->next;
    return client;
}

static struct client *client_new(const struct tls_settings *settings)
{
    struct texts texts = texts_of(settings);
    struct client *client = calloc(1, sizeof *client);
    bool whole = client;
    for (size_t i = 0; i < TLS_TEXTS && whole; i++)
        if (texts.of[i])
            whole = (client->texts[i] = strdup(texts.of[i])) != NULL;
    if (client && !whole) {
        client_free(client);
        return NULL;
    }
    return client;
}

int materials_add_tls(struct materials *materials, const struct tls_settings *settings,
                      char *ret_problem)
{
    char problem[TLS_PROBLEM];
    if (find_client(materials, settings))
        return 0;
    if (materials->count == MATERIALS_MAX)
        return too_many(ret_problem);
    struct client *client = client_new(settings);
    if (!client)
        return -ENOMEM;
    int error = tls_client_new(settings, &client->tls, problem);
    if (error == -EINVAL)
        snprintf(ret_problem, MATERIALS_PROBLEM, "%s", problem);
    if (error < 0) {
        client_free(client);
        return error;
    }
    client->next = materials->clients;
    materials->clients = client;
    materials->count++;
    return 0;
}

const struct tls_client *materials_tls(const struct materials *materials,
                                       const struct tls_settings *settings)
{
    const struct client *client = find_client(materials, settings);
    return client ? client->tls : NULL;
}

/* ---- public keys ---- */

static int refuse_key(const char *path, const char *why, char *ret_problem)
{
    snprintf(ret_problem, MATERIALS_PROBLEM, "option '--server-public-key-path': '%.100s': %s",
             path, why);
    return -EINVAL;
}

/* The whole file, at most KEY_FILE_MAX bytes of it; what is no file could be read for ever. */
static ssize_t read_file(const char *path, uint8_t *to)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t count = fstat(fd, &status) < 0 ? -errno : S_ISREG(status.st_mode) ? 0 : -EISDIR;
    if (count == 0)
        count = read(fd, to, KEY_FILE_MAX);
    if (count == -1)
        count = -errno;
    close(fd);
    return count;
}

static int read_key(const char *path, struct public_key **ret_key, char *ret_problem)
{
    uint8_t pem[KEY_FILE_MAX];
    unsigned bits = 0;
    ssize_t length = read_file(path, pem);
    if (length < 0)
        return refuse_key(path, length == -EISDIR ? "not a regular file" : strerror((int)-length),
                          ret_problem);
    int error = public_key_parse(pem, (size_t)length, ret_key, &bits);
    if (error == -EKEYREJECTED)
        return refuse_key(path, "the key has less than 2048 or more than 8192 bits", ret_problem);
    return error == -EINVAL ? refuse_key(path, "no RSA public key in PEM form", ret_problem)
                            : error;
}

static const struct key *find_key(const struct materials *materials, const char *path)
{
    const struct key *key = materials->keys;
    while (key && strcmp(key->path, path) != 0)
        key = key->next;
    return key;
}

int materials_add_key(struct materials *materials, const char *path, char *ret_problem)
{
    if (find_key(materials, path))
        return 0;
    if (materials->count == MATERIALS_MAX)
        return too_many(ret_problem);
    struct key *key = calloc(1, sizeof *key);
    int error =
        key && (key->path = strdup(path)) ? read_key(path, &key->key, ret_problem) : -ENOMEM;
    if (error < 0) {
        if (key)
            key_free(key);
        return error;
    }
    key->next = materials->keys;
    materials->keys = key;
    materials->count++;
    return 0;
}

const struct public_key *materials_key(const struct materials *materials, const char *path)
{
    const struct key *key = find_key(materials, path);
    return key ? key->key : NULL;
}
