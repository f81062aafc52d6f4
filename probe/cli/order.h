/* --ordered: texts that are finished before their turn are held back. */
#ifndef PROBE_CLI_ORDER_H
#define PROBE_CLI_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct held {
    char *text; /* NULL: not finished yet */
    size_t length;
};

struct order {
    uint32_t next;  /* index of the text whose turn it is */
    uint32_t count; /* slots in use: from `next` to the last index held */
    uint32_t first; /* slot of `next` in the ring */
    uint32_t size;  /* a power of two, or 0 */
    struct held *ring;
};

/* Takes `text` (malloc'ed), finished as number `index`. 0, or -ENOMEM with the text freed. */
int order_put(struct order *order, uint32_t index, char *text, size_t length);

/* The next text in its turn, the caller's to free, or NULL while it is not finished. */
char *order_take(struct order *order, size_t *ret_length);

/* The same at the end of a run that was stopped: texts that will never come are passed over. */
char *order_take_rest(struct order *order, size_t *ret_length);

void order_clear(struct order *order);

#endif
