#include "probe/input/secret.h"
#include "probe/input/residue.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* CR, LF, and one byte more: a full buffer holds too much. */
enum { BUFFER = SECRET_MAX + 3 };

/* Alone in its pages, because locking and leaving out of dumps are done by the page. */
struct secret {
    size_t size; /* of all */
    size_t length;
    char bytes[];
};

/* Locking can fail for want of RLIMIT_MEMLOCK; the secret is then still wiped. */
static struct secret *secret_alloc(size_t bytes)
{
    size_t size = sizeof(struct secret) + bytes;
    struct secret *secret =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        return NULL;
    (void)madvise(secret, size, MADV_DONTDUMP);
    (void)mlock(secret, size);
    secret->size = size;
    return secret;
}

/* A NUL stands behind the bytes: the pages are fresh. */
static int copy(const char *bytes, size_t length, struct secret **ret_secret)
{
    struct secret *secret = secret_alloc(length + 1);
    if (!secret)
        return -ENOMEM;
    memcpy(secret->bytes, bytes, length);
    residue_wipe();
    secret->length = length;
    *ret_secret = secret;
    return 0;
}

int secret_new(const char *bytes, size_t length, struct secret **ret_secret)
{
    return length > SECRET_MAX ? -E2BIG : copy(bytes, length, ret_secret);
}

int secret_text_new(const char *text, size_t length, struct secret **ret_secret)
{
    return length > SECRET_TEXT_MAX ? -E2BIG : copy(text, length, ret_secret);
}

/* One read(2): 1, 0 at the end, or an error. */
static int read_some(int fd, struct secret *secret)
{
    if (secret->length == BUFFER)
        return -E2BIG;
    ssize_t count;
    do
        count = read(fd, secret->bytes + secret->length, BUFFER - secret->length);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return -errno;
    secret->length += (size_t)count;
    return count > 0;
}

/* Takes the line end off; what is left is one line within bounds, or refused. */
static int make_line(struct secret *secret)
{
    char *bytes = secret->bytes;
    size_t length = secret->length;
    if (length > 0 && bytes[length - 1] == '\n') {
        length--;
        if (length > 0 && bytes[length - 1] == '\r')
            length--;
    }
    if (length > SECRET_MAX)
        return -E2BIG;
    if (memchr(bytes, '\0', length) || memchr(bytes, '\n', length))
        return -EINVAL;
    memset(bytes + length, 0, BUFFER - length);
    secret->length = length;
    return 0;
}

static int finish_line(struct secret *secret, int error, struct secret **ret_secret)
{
    if (error == 0)
        error = make_line(secret);
    residue_wipe();
    if (error < 0)
        secret_free(secret);
    else
        *ret_secret = secret;
    return error;
}

int secret_read(int fd, struct secret **ret_secret)
{
    struct secret *secret = secret_alloc(BUFFER);
    if (!secret)
        return -ENOMEM;
    int error;
    do
        error = read_some(fd, secret);
    while (error > 0);
    return finish_line(secret, error, ret_secret);
}

int secret_read_typed(int fd, struct secret **ret_secret)
{
    struct secret *secret = secret_alloc(BUFFER);
    if (!secret)
        return -ENOMEM;
    int found = read_some(fd, secret);
    int error = found == 0 ? -ECANCELED : found < 0 ? found : 0;
    return finish_line(secret, error, ret_secret);
}

const char *secret_bytes(const struct secret *secret)
{
    return secret->bytes;
}

char *secret_text(struct secret *secret)
{
    return secret->bytes;
}

size_t secret_length(const struct secret *secret)
{
    return secret->length;
}

void secret_free(struct secret *secret)
{
    if (!secret)
        return;
    size_t size = secret->size;
    explicit_bzero(secret, size);
    (void)munmap(secret, size);
}
