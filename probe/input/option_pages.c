#include "probe/input/option_pages.h"
#include "probe/input/residue.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A full room holds too much. */
enum { ROOM = OPTION_FILE_MAX + 1 };

static int read_all(int fd, struct option_pages *pages)
{
    while (pages->length < ROOM) {
        ssize_t count = read(fd, pages->bytes + pages->length, ROOM - pages->length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? -errno : 0;
        pages->length += (size_t)count;
    }
    return -EFBIG;
}

int option_pages_read(int fd, struct option_pages *ret_pages)
{
    void *room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return -ENOMEM;
    (void)madvise(room, ROOM, MADV_DONTDUMP);
    struct option_pages pages = {.bytes = room};
    int error = read_all(fd, &pages);
    if (error < 0) {
        option_pages_free(&pages);
        return error;
    }
    /* No more than there is: the limit of locked memory is for the passwords too. */
    (void)mlock(pages.bytes, pages.length + 1);
    *ret_pages = pages;
    return 0;
}

void option_pages_free(struct option_pages *pages)
{
    explicit_bzero(pages->bytes, pages->length);
    (void)munmap(pages->bytes, ROOM);
    residue_wipe();
}
