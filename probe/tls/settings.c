/* What the user asked for, read and checked before anything is sent. */
#include "probe/tls/tls_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20, CULPRIT = 120 }; /* the largest public CRLs have some 20 MiB */

bool out_of_memory(void)
{
    return ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE ||
           ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
}

int settings_problem(char *ret_problem, const char *place, const char *culprit, const char *wrong)
{
    if (out_of_memory())
        return -ENOMEM;
    snprintf(ret_problem, TLS_PROBLEM, "%s '%.*s': %s", place, CULPRIT, culprit, wrong);
    return -EINVAL;
}

/* MySQL says TLSv1, MariaDB TLSv1.0; MySQL takes either case. */
static const struct {
    const char *name;
    unsigned version;
} versions[] = {
    {"TLSv1", TLS1_VERSION},     {"TLSv1.0", TLS1_VERSION},   {"TLSv1.1", TLS1_1_VERSION},
    {"TLSv1.2", TLS1_2_VERSION}, {"TLSv1.3", TLS1_3_VERSION},
};

static unsigned version_bit(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        if (strlen(versions[i].name) == length && !strncasecmp(versions[i].name, name, length))
            return VERSION_BIT(versions[i].version);
    return 0;
}

int versions_parse(const char *names, unsigned *ret_versions, char *ret_problem)
{
    static const char separators[] = ", ";
    unsigned set = 0;
    for (const char *at = names + strspn(names, separators); *at;) {
        size_t length = strcspn(at, separators);
        unsigned bit = version_bit(at, length);
        if (!bit)
            return settings_problem(ret_problem, OPTION("--tls-version"), names,
                                    "known are TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3");
        set |= bit;
        at += length;
        at += strspn(at, separators);
    }
    if (!set)
        return settings_problem(ret_problem, OPTION("--tls-version"), names, "no version in it");
    *ret_versions = set;
    return 0;
}

int no_passphrase(char *passphrase, int size, int writing, void *asked)
{
    (void)passphrase;
    (void)size;
    (void)writing;
    if (asked)
        *(bool *)asked = true;
    return -1;
}

enum { CHUNK = 16384 };

/* 0 or an errno. */
static int read_in_chunks(int fd, char *chunk, BIO *bio)
{
    ssize_t length;
    for (size_t total = 0; (length = read(fd, chunk, CHUNK)) != 0;) {
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return errno;
        total += (size_t)length;
        if (total > FILE_MAX)
            return EFBIG;
        if (BIO_write(bio, chunk, (int)length) != length)
            return ENOMEM;
    }
    return 0;
}

static int read_all(int fd, BIO *bio)
{
    char chunk[CHUNK];
    int error = read_in_chunks(fd, chunk, bio);
    OPENSSL_cleanse(chunk, sizeof(chunk)); /* it may have been a key */
    return error;
}

/* Opened without waiting: a FIFO would, for its writer. */
static int open_regular(const char *path, const char **ret_wrong)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0) {
        *ret_wrong = strerror(errno);
    } else if (!S_ISREG(status.st_mode)) {
        *ret_wrong = "no regular file";
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

int file_read(const char *place, const char *path, BIO **ret_bio, char *ret_problem)
{
    const char *wrong = NULL;
    int fd = open_regular(path, &wrong);
    if (fd < 0)
        return settings_problem(ret_problem, place, path, wrong);
    BIO *bio = BIO_new(BIO_s_mem());
    int error = bio ? read_all(fd, bio) : ENOMEM;
    close(fd);
    if (!error) {
        *ret_bio = bio;
        return 0;
    }
    BIO_free(bio);
    if (error == ENOMEM)
        return -ENOMEM;
    return settings_problem(ret_problem, place, path, strerror(error));
}
