#include "probe/exchange/exchange_internal.h"
#include "probe/input/quoted.h"

void exchange_take_error(struct exchange *exchange, const struct server_error *error)
{
    struct server_error *taken = &exchange->facts->error;
    *taken = *error;
    if (exchange_has_password(exchange))
        quoted_hide(taken->message, sizeof taken->message, exchange->plan.login->secret);
}
