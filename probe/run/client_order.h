/* What libmariadb is to be told, and whether it may be asked at all. */
#ifndef PROBE_RUN_CLIENT_ORDER_H
#define PROBE_RUN_CLIENT_ORDER_H

#include "probe/client/client.h"
#include "probe/run/conditions.h"

/* A connection that the wire has had. */
struct wire {
    const struct run_options *options;
    const struct target *target;
    const struct conditions *conditions;
    const char *address; /* numeric, with the scope id */
    const struct ip *ip;
    const struct evidence *evidence;
    const struct tls_evidence *tls; /* NULL: none */
};

/* What is known before it is asked: CLIENT_NOT_RUN, without a reason yet. */
void client_describe(const struct exchange_facts *exchange, struct client_evidence *ret_evidence);

/* Whether libmariadb may log in where the wire did: CLIENT_NOT_RUN or CLIENT_PREDICTED with the
 * reason why not, or CLIENT_PASSED: it may. Fills in what is known before. */
enum client_result client_judge(const struct wire *wire, struct client_evidence *ret_evidence);

/* For one that may. `seconds` bounds each of its reads. 0 or -ENOMEM. */
int client_order_make(const struct wire *wire, unsigned seconds, struct client_order *ret_order);

#endif
