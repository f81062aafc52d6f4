#include "probe/run/resolver.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { THREAD_STACK = 512 * 1024 };

struct query {
    struct task task;
    void (*answered)(void *context, const struct answer *answer); /* the loop's alone */
    void *context;
    int family;
    struct answer answer;
    char host[];
};

/* SOCK_STREAM alone: one entry an address. No AI_ADDRCONFIG: an address of a family that this
 * machine cannot use is a fact worth reporting. */
static void look_up(struct task *task)
{
    struct query *query = OWNER(task, struct query, task);
    struct addrinfo hints = {.ai_family = query->family, .ai_socktype = SOCK_STREAM};
    errno = 0;
    query->answer.eai = getaddrinfo(query->host, NULL, &hints, &query->answer.addresses);
    query->answer.system_error = query->answer.eai == EAI_SYSTEM ? errno : 0;
}

static void answer(struct task *task)
{
    struct query *query = OWNER(task, struct query, task);
    query->answered(query->context, &query->answer);
}

static void query_free(struct task *task)
{
    struct query *query = OWNER(task, struct query, task);
    if (query->answer.addresses)
        freeaddrinfo(query->answer.addresses);
    free(query);
}

int resolver_new(struct loop *loop, struct workers **ret_resolver)
{
    return workers_new(loop, RESOLVER_THREADS, THREAD_STACK, ret_resolver);
}

int resolver_ask(struct workers *resolver, const char *host, int family,
                 void (*answered)(void *context, const struct answer *answer), void *context,
                 struct query **ret_query)
{
    size_t length = strlen(host) + 1;
    struct query *query = calloc(1, sizeof *query + length);
    if (!query)
        return -ENOMEM;
    memcpy(query->host, host, length);
    query->family = family;
    query->answered = answered;
    query->context = context;
    query->task.work = look_up;
    query->task.done = answer;
    query->task.give_back = query_free;
    int error = workers_submit(resolver, &query->task);
    if (error == 0)
        *ret_query = query;
    return error;
}

uint64_t query_asked_us(const struct query *query)
{
    return task_taken_us(&query->task);
}

void query_abandon(struct query *query)
{
    (void)task_abandon(&query->task);
}
