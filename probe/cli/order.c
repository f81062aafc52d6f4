#include "probe/cli/order.h"
#include <errno.h>
#include <stdlib.h>

enum { FIRST_SIZE = 64 };

static struct held *slot(const struct order *order, uint32_t offset)
{
    return &order->ring[(order->first + offset) & (order->size - 1)];
}

/* A ring of at least `count` slots, unrolled to begin at its first. */
static int make_room(struct order *order, uint32_t count)
{
    uint32_t size = order->size ? order->size : FIRST_SIZE;
    while (size < count && size < UINT32_C(1) << 31)
        size *= 2;
    if (size < count)
        return -ENOMEM;
    if (size == order->size)
        return 0;
    struct held *ring = calloc(size, sizeof *ring);
    if (!ring)
        return -ENOMEM;
    for (uint32_t i = 0; i < order->count; i++)
        ring[i] = *slot(order, i);
    free(order->ring);
    order->ring = ring;
    order->size = size;
    order->first = 0;
    return 0;
}

int order_put(struct order *order, uint32_t index, char *text, size_t length)
{
    uint32_t offset = index - order->next;
    int error = make_room(order, offset + 1);
    if (error < 0) {
        free(text);
        return error;
    }
    *slot(order, offset) = (struct held){text, length};
    if (order->count <= offset)
        order->count = offset + 1;
    return 0;
}

char *order_take(struct order *order, size_t *ret_length)
{
    if (order->count == 0)
        return NULL;
    struct held held = *slot(order, 0);
    if (!held.text)
        return NULL;
    *slot(order, 0) = (struct held){0};
    order->first = (order->first + 1) & (order->size - 1);
    order->count--;
    order->next++;
    *ret_length = held.length;
    return held.text;
}

char *order_take_rest(struct order *order, size_t *ret_length)
{
    while (order->count > 0 && !slot(order, 0)->text) {
        order->first = (order->first + 1) & (order->size - 1);
        order->count--;
        order->next++;
    }
    return order_take(order, ret_length);
}

void order_clear(struct order *order)
{
    for (uint32_t i = 0; i < order->count; i++)
        free(slot(order, i)->text);
    free(order->ring);
    *order = (struct order){0};
}
