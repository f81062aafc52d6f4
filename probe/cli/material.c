#include "probe/cli/material.h"
#include "probe/cli/option_row.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_MAX = 64 * 1024 };

static int refuse_key(const struct options *options, const char *why, char *ret_problem)
{
    return cli_problem(ret_problem, "option '--server-public-key-path': '%.100s': %s",
                       options->server_public_key_path, why);
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

static int read_key(const struct options *options, struct public_key **ret_key, char *ret_problem)
{
    uint8_t pem[KEY_FILE_MAX];
    unsigned bits = 0;
    if (!options->server_public_key_path)
        return 0;
    ssize_t length = read_file(options->server_public_key_path, pem);
    if (length < 0)
        return refuse_key(options,
                          length == -EISDIR ? "not a regular file" : strerror((int)-length),
                          ret_problem);
    int error = public_key_parse(pem, (size_t)length, ret_key, &bits);
    if (error == -EKEYREJECTED)
        return refuse_key(options, "the key has less than 2048 or more than 8192 bits",
                          ret_problem);
    return error == -EINVAL ? refuse_key(options, "no RSA public key in PEM form", ret_problem)
                            : error;
}

int material_read(const struct options *options, struct material *ret_material, char *ret_problem)
{
    struct material material = {0};
    char problem[TLS_PROBLEM];
    int error = read_key(options, &material.public_key, ret_problem);
    if (error == 0 && options->tls.mode != TLS_DISABLED) {
        error = tls_client_new(&options->tls, &material.tls, problem);
        if (error == -EINVAL)
            cli_problem(ret_problem, "%s", problem);
    }
    if (error < 0)
        material_clear(&material);
    else
        *ret_material = material;
    return error;
}

void material_clear(struct material *material)
{
    tls_client_free(material->tls);
    public_key_free(material->public_key);
    *material = (struct material){0};
}
