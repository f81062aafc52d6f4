#include "probe/run/resolver.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THREAD_STACK = 512 * 1024 };

struct query {
    struct query *next;
    void (*answered)(void *context, const struct answer *answer); /* the loop's alone */
    void *context;
    atomic_uint_fast64_t asked_us;
    atomic_int references; /* the loop's and the pool's */
    atomic_bool abandoned;
    int family;
    struct answer answer;
    char host[];
};

struct queue {
    struct query *first;
    struct query **end;
};

/* What the threads share. It lives until the resolver and every thread have left it. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct queue waiting;
    struct queue done;
    size_t threads;
    size_t idle;
    size_t references;
    bool closed;
    int event; /* eventfd, written when `done` gets its first */
    atomic_uint_fast64_t progress_us;
};

struct resolver {
    struct watch watch;
    struct loop *loop;
    struct pool *pool;
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void queue_put(struct queue *queue, struct query *query)
{
    query->next = NULL;
    *queue->end = query;
    queue->end = &query->next;
}

static struct query *queue_take(struct queue *queue)
{
    struct query *query = queue->first;
    if (query && !(queue->first = query->next))
        queue->end = &queue->first;
    return query;
}

static void query_unref(struct query *query)
{
    if (atomic_fetch_sub(&query->references, 1) != 1)
        return;
    if (query->answer.addresses)
        freeaddrinfo(query->answer.addresses);
    free(query);
}

static void drop_all(struct queue *queue)
{
    struct query *query;
    while ((query = queue_take(queue)))
        query_unref(query);
}

/* Called with the lock held; unlocks. */
static void pool_unref(struct pool *pool)
{
    bool last = --pool->references == 0;
    pthread_mutex_unlock(&pool->lock);
    if (!last)
        return;
    drop_all(&pool->done);
    close(pool->event);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* SOCK_STREAM alone: one entry an address. No AI_ADDRCONFIG: an address of a family that this
 * machine cannot use is a fact worth reporting. */
static void look_up(struct query *query)
{
    struct addrinfo hints = {.ai_family = query->family, .ai_socktype = SOCK_STREAM};
    atomic_store(&query->asked_us, monotonic_us());
    errno = 0;
    query->answer.eai = getaddrinfo(query->host, NULL, &hints, &query->answer.addresses);
    query->answer.system_error = query->answer.eai == EAI_SYSTEM ? errno : 0;
}

static void finish(struct pool *pool, struct query *query)
{
    uint64_t one = 1;
    queue_put(&pool->done, query);
    atomic_store(&pool->progress_us, monotonic_us());
    if (write(pool->event, &one, sizeof one) < 0) {
        /* Only EAGAIN at a full counter is possible: the loop is woken already. */
    }
}

static void *work(void *argument)
{
    struct pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    while (!pool->closed) {
        struct query *query = queue_take(&pool->waiting);
        if (!query) {
            pool->idle++;
            pthread_cond_wait(&pool->work, &pool->lock);
            pool->idle--;
            continue;
        }
        if (atomic_load(&query->abandoned)) {
            query_unref(query);
            continue;
        }
        pthread_mutex_unlock(&pool->lock);
        look_up(query);
        pthread_mutex_lock(&pool->lock);
        finish(pool, query);
    }
    pool->threads--;
    pool_unref(pool);
    return NULL;
}

/* A thread of its own for a query that finds none idle. Signals stay with the program's threads. */
static int start_thread(struct pool *pool)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);
    if (error)
        return -error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, THREAD_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, work, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error)
        return -error;
    pool->threads++;
    pool->references++;
    return 0;
}

static size_t queue_length(const struct queue *queue, size_t at_most)
{
    size_t length = 0;
    for (const struct query *query = queue->first; query && length < at_most; query = query->next)
        length++;
    return length;
}

static void deliver(struct watch *watch, uint32_t events)
{
    struct resolver *resolver =
        (struct resolver *)((char *)watch - offsetof(struct resolver, watch));
    struct pool *pool = resolver->pool;
    uint64_t count;
    struct query *query;
    struct queue done;
    (void)events;
    queue_init(&done);
    pthread_mutex_lock(&pool->lock);
    if (read(pool->event, &count, sizeof count) < 0)
        count = 0;
    while ((query = queue_take(&pool->done)))
        queue_put(&done, query);
    pthread_mutex_unlock(&pool->lock);
    while ((query = queue_take(&done))) {
        if (!atomic_load(&query->abandoned)) {
            query->answered(query->context, &query->answer);
            query_unref(query);
        }
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): loop and pool hold one reference each. */
        query_unref(query);
    }
}

static struct pool *pool_new(void)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (pool->event < 0) {
        free(pool);
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    queue_init(&pool->waiting);
    queue_init(&pool->done);
    pool->references = 1;
    return pool;
}

int resolver_new(struct loop *loop, struct resolver **ret_resolver)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (!resolver)
        return -ENOMEM;
    resolver->loop = loop;
    resolver->watch = (struct watch){.fd = -1, .ready = deliver};
    resolver->pool = pool_new();
    /* The watch has a duplicate: the pool may outlive this resolver, and so must its event. */
    if (resolver->pool)
        resolver->watch.fd = dup(resolver->pool->event);
    if (resolver->watch.fd < 0 || loop_watch(loop, &resolver->watch, EPOLLIN) < 0) {
        resolver_free(resolver);
        return -ENOMEM;
    }
    *ret_resolver = resolver;
    return 0;
}

void resolver_free(struct resolver *resolver)
{
    if (!resolver)
        return;
    /* The duplicate's close alone would leave the event in epoll as long as the pool has its own.
     */
    if (resolver->watch.fd >= 0)
        (void)epoll_ctl(resolver->loop->epoll, EPOLL_CTL_DEL, resolver->watch.fd, NULL);
    loop_unwatch(resolver->loop, &resolver->watch);
    if (resolver->pool) {
        pthread_mutex_lock(&resolver->pool->lock);
        resolver->pool->closed = true;
        drop_all(&resolver->pool->waiting);
        pthread_cond_broadcast(&resolver->pool->work);
        pool_unref(resolver->pool);
    }
    free(resolver);
}

int resolver_ask(struct resolver *resolver, const char *host, int family,
                 void (*answered)(void *context, const struct answer *answer), void *context,
                 struct query **ret_query)
{
    struct pool *pool = resolver->pool;
    size_t length = strlen(host) + 1;
    struct query *query = calloc(1, sizeof *query + length);
    int error = 0;
    if (!query)
        return -ENOMEM;
    memcpy(query->host, host, length);
    query->family = family;
    query->answered = answered;
    query->context = context;
    atomic_store(&query->references, 2);
    pthread_mutex_lock(&pool->lock);
    queue_put(&pool->waiting, query);
    /* Threads just woken still count as idle, so compare with all that waits. */
    if (queue_length(&pool->waiting, pool->idle + 1) > pool->idle &&
        pool->threads < RESOLVER_THREADS)
        error = start_thread(pool);
    pthread_cond_signal(&pool->work);
    /* Without a new thread an old one will come to it; without any thread nobody would. */
    error = pool->threads ? 0 : error;
    pthread_mutex_unlock(&pool->lock);
    if (error)
        query_abandon(query);
    else
        *ret_query = query;
    return error;
}

uint64_t query_asked_us(const struct query *query)
{
    return atomic_load(&query->asked_us);
}

uint64_t resolver_progress_us(const struct resolver *resolver)
{
    return atomic_load(&resolver->pool->progress_us);
}

void query_abandon(struct query *query)
{
    atomic_store(&query->abandoned, true);
    query_unref(query);
}
