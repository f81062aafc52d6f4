#include "probe/cli/output.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK = 4096, /* a pipe that is writable takes this without waiting (pipe(7), PIPE_BUF) */
    FIRST_SIZE = 8192,
    NAMES_TRIED = 100,
};

/* A new file beside `path`; an existing file's mode is kept. */
static int create_temporary(struct output *output, const struct stat *existing)
{
    size_t size = strlen(output->path) + 32;
    output->temporary = malloc(size);
    if (!output->temporary)
        return -ENOMEM;
    for (unsigned i = 0; i < NAMES_TRIED && output->fd < 0; i++) {
        snprintf(output->temporary, size, "%s.%ld-%u.tmp", output->path, (long)getpid(), i);
        output->fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (output->fd < 0 && errno != EEXIST)
            break;
    }
    if (output->fd >= 0 && (!existing || fchmod(output->fd, existing->st_mode & 07777) == 0))
        return 0;
    int error = -errno;
    if (output->fd < 0) {
        free(output->temporary);
        output->temporary = NULL;
    }
    return error;
}

/* A symbolic link stays one, what it points to is replaced. A device or a pipe is no file that
 * could be replaced: it is written to. */
static int open_path(const char *path, struct output *output)
{
    struct stat existing;
    bool exists = stat(path, &existing) == 0;
    if (exists && S_ISDIR(existing.st_mode))
        return -EISDIR;
    if (exists && !S_ISREG(existing.st_mode)) {
        output->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return output->fd < 0 ? -errno : 0;
    }
    if (exists && access(path, W_OK) < 0)
        return -errno;
    output->path = exists ? realpath(path, NULL) : strdup(path);
    return output->path ? create_temporary(output, exists ? &existing : NULL) : -errno;
}

int output_open(const char *path, struct output *ret_output)
{
    struct output output = {.fd = path ? -1 : STDOUT_FILENO};
    int error = path ? open_path(path, &output) : 0;
    if (error < 0)
        output_close(&output);
    else
        *ret_output = output;
    return error;
}

/* What is written makes room, at the cost of one move for as much text. */
static void compact(struct output *output)
{
    if (output->at <= output->length / 2)
        return;
    output->length -= output->at;
    memmove(output->waiting, output->waiting + output->at, output->length);
    output->at = 0;
}

int output_add(struct output *output, const char *text, size_t length)
{
    compact(output);
    size_t size = output->size ? output->size : FIRST_SIZE;
    while (size - output->length < length)
        size *= 2;
    if (size > output->size) {
        char *waiting = realloc(output->waiting, size);
        if (!waiting)
            return -ENOMEM;
        output->waiting = waiting;
        output->size = size;
    }
    memcpy(output->waiting + output->length, text, length);
    output->length += length;
    return 0;
}

bool output_is_waiting(const struct output *output)
{
    return output->at < output->length;
}

bool output_is_full(const struct output *output)
{
    return output->length - output->at > OUTPUT_BACKLOG;
}

/* 1: some was written, 0: not now, or a negative errno. */
static int write_chunk(struct output *output)
{
    struct pollfd writable = {.fd = output->fd, .events = POLLOUT};
    if (poll(&writable, 1, 0) <= 0)
        return 0;
    size_t length = output->length - output->at;
    ssize_t written =
        write(output->fd, output->waiting + output->at, length < CHUNK ? length : CHUNK);
    if (written < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : -errno;
    output->at += (size_t)written;
    return 1;
}

int output_drain(struct output *output)
{
    int result = 1;
    while (result == 1 && output_is_waiting(output))
        result = write_chunk(output);
    return result < 0 ? result : 0;
}

int output_wait(struct output *output)
{
    int error = 0;
    struct pollfd writable = {.fd = output->fd, .events = POLLOUT};
    while (error == 0 && output_is_waiting(output)) {
        poll(&writable, 1, -1);
        error = output_drain(output);
    }
    return error;
}

int output_finish(struct output *output)
{
    if (!output->path)
        return 0;
    if (fsync(output->fd) < 0 || rename(output->temporary, output->path) < 0)
        return -errno;
    free(output->temporary);
    output->temporary = NULL;
    return 0;
}

void output_close(struct output *output)
{
    if (output->temporary)
        unlink(output->temporary);
    if (output->fd > STDERR_FILENO)
        close(output->fd);
    free(output->temporary);
    free(output->path);
    free(output->waiting);
    *output = (struct output){.fd = -1};
}
