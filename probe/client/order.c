#include "probe/client/client.h"
#include <stdlib.h>
#include <string.h>

bool client_order_set(struct client_order *order, enum client_text which, const char *text)
{
    if (!text)
        return true;
    order->texts[which] = strdup(text);
    return order->texts[which] != NULL;
}

void client_order_clear(struct client_order *order)
{
    for (size_t i = 0; i < CLIENT_TEXTS; i++)
        free(order->texts[i]);
    secret_free(order->secret);
    *order = (struct client_order){0};
}
