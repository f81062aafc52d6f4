/* A copy of bytes that ends where an unreadable page begins: one byte read too many is a SIGSEGV.
 */
#ifndef TESTS_UNIT_GUARD_H
#define TESTS_UNIT_GUARD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guarded {
    uint8_t *bytes;
    void *pages;
    size_t size;
};

static inline struct guarded guard(const void *bytes, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (length / page + 1) * page;
    uint8_t *pages =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + room, page, PROT_NONE))
        abort();
    if (length)
        memcpy(pages + room - length, bytes, length);
    return (struct guarded){pages + room - length, pages, room + page};
}

static inline void unguard(struct guarded *guarded)
{
    munmap(guarded->pages, guarded->size);
}

#endif
