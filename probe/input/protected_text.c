#include "probe/input/protected_text.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_SIZE = 1 << 16 };

static int resize(struct protected_text *text, size_t size)
{
    void *bytes =
        text->bytes ? mremap(text->bytes, text->size, size, MREMAP_MAYMOVE)
                    : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        return -ENOMEM;
    (void)madvise(bytes, size, MADV_DONTDUMP);
    text->bytes = bytes;
    text->size = size;
    return 0;
}

static int make_room(struct protected_text *text)
{
    if (text->length + 1 < text->size)
        return 0;
    return resize(text, text->size ? 2 * text->size : FIRST_SIZE);
}

int protected_text_read(struct protected_text *text, int fd, size_t most)
{
    for (;;) {
        int error = make_room(text);
        if (error < 0)
            return error;
        char *to = text->bytes + text->length;
        ssize_t count = read(fd, to, text->size - text->length - 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? -errno : 0;
        text->length += (size_t)count;
        if (text->length > most)
            return -EFBIG;
        if (memchr(to, '\0', (size_t)count))
            return 0;
    }
}

int protected_text_copy(struct protected_text *text, const char *bytes, size_t length)
{
    int error = resize(text, length + 1);
    if (error == 0 && length)
        memcpy(text->bytes, bytes, length);
    if (error == 0)
        text->length = length;
    return error;
}

void protected_text_clear(struct protected_text *text)
{
    if (text->bytes) {
        explicit_bzero(text->bytes, text->size);
        (void)munmap(text->bytes, text->size);
    }
    *text = (struct protected_text){0};
}
