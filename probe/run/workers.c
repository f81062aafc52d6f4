#include "probe/run/workers.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    struct task *first;
    struct task **end;
};

/* What the threads share. It lives until its owner and every thread have left it. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct queue waiting;
    struct queue done;
    size_t most; /* threads */
    size_t stack;
    size_t threads;
    size_t idle;
    size_t references;
    bool closed;
    int event; /* eventfd, written when `done` gets its first */
    atomic_uint_fast64_t progress_us;
};

struct workers {
    struct watch watch;
    struct loop *loop;
    struct pool *pool;
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void queue_put(struct queue *queue, struct task *task)
{
    task->next = NULL;
    *queue->end = task;
    queue->end = &task->next;
}

static struct task *queue_take(struct queue *queue)
{
    struct task *task = queue->first;
    if (task && !(queue->first = task->next))
        queue->end = &queue->first;
    return task;
}

static void task_unref(struct task *task)
{
    if (atomic_fetch_sub(&task->references, 1) == 1)
        task->give_back(task);
}

static void drop_all(struct queue *queue)
{
    struct task *task;
    while ((task = queue_take(queue)))
        task_unref(task);
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

static void finish(struct pool *pool, struct task *task)
{
    uint64_t one = 1;
    queue_put(&pool->done, task);
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
        struct task *task = queue_take(&pool->waiting);
        if (!task) {
            pool->idle++;
            pthread_cond_wait(&pool->work, &pool->lock);
            pool->idle--;
            continue;
        }
        /* in this order, so that whoever abandons it knows whether it may have been begun */
        atomic_store(&task->taken_us, monotonic_us());
        if (atomic_load(&task->abandoned)) {
            task_unref(task);
            continue;
        }
        pthread_mutex_unlock(&pool->lock);
        task->work(task);
        pthread_mutex_lock(&pool->lock);
        finish(pool, task);
    }
    pool->threads--;
    pool_unref(pool);
    return NULL;
}

/* A thread of its own for a task that finds none idle. Signals stay with the program's threads. */
static int start_thread(struct pool *pool)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);
    if (error)
        return -error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, pool->stack);
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
    for (const struct task *task = queue->first; task && length < at_most; task = task->next)
        length++;
    return length;
}

static void deliver(struct watch *watch, uint32_t events)
{
    struct pool *pool = OWNER(watch, struct workers, watch)->pool;
    uint64_t count;
    struct task *task;
    struct queue done;
    (void)events;
    queue_init(&done);
    pthread_mutex_lock(&pool->lock);
    if (read(pool->event, &count, sizeof count) < 0)
        count = 0;
    while ((task = queue_take(&pool->done)))
        queue_put(&done, task);
    pthread_mutex_unlock(&pool->lock);
    while ((task = queue_take(&done))) {
        if (!atomic_load(&task->abandoned)) {
            task->done(task);
            task_unref(task);
        }
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): loop and threads hold one reference each. */
        task_unref(task);
    }
}

static struct pool *pool_new(size_t threads, size_t stack)
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
    pool->most = threads;
    pool->stack = stack;
    pool->references = 1;
    return pool;
}

int workers_new(struct loop *loop, size_t threads, size_t stack, struct workers **ret_workers)
{
    struct workers *workers = calloc(1, sizeof *workers);
    if (!workers)
        return -ENOMEM;
    workers->loop = loop;
    workers->watch = (struct watch){.fd = -1, .ready = deliver};
    workers->pool = pool_new(threads, stack);
    /* The watch has a duplicate: the pool may outlive its owner, and so must its event. */
    if (workers->pool)
        workers->watch.fd = dup(workers->pool->event);
    if (workers->watch.fd < 0 || loop_watch(loop, &workers->watch, EPOLLIN) < 0) {
        workers_free(workers);
        return -ENOMEM;
    }
    *ret_workers = workers;
    return 0;
}

void workers_free(struct workers *workers)
{
    if (!workers)
        return;
    /* The duplicate's close alone would leave the event in epoll as long as the pool has its own.
     */
    if (workers->watch.fd >= 0)
        (void)epoll_ctl(workers->loop->epoll, EPOLL_CTL_DEL, workers->watch.fd, NULL);
    loop_unwatch(workers->loop, &workers->watch);
    if (workers->pool) {
        pthread_mutex_lock(&workers->pool->lock);
        workers->pool->closed = true;
        drop_all(&workers->pool->waiting);
        pthread_cond_broadcast(&workers->pool->work);
        pool_unref(workers->pool);
    }
    free(workers);
}

int workers_submit(struct workers *workers, struct task *task)
{
    struct pool *pool = workers->pool;
    int error = 0;
    atomic_store(&task->references, 2);
    pthread_mutex_lock(&pool->lock);
    queue_put(&pool->waiting, task);
    /* Threads just woken still count as idle, so compare with all that waits. */
    if (queue_length(&pool->waiting, pool->idle + 1) > pool->idle && pool->threads < pool->most)
        error = start_thread(pool);
    pthread_cond_signal(&pool->work);
    /* Without a new thread an old one will come to it; without any thread nobody would. */
    error = pool->threads ? 0 : error;
    pthread_mutex_unlock(&pool->lock);
    if (error)
        (void)task_abandon(task);
    return error;
}

uint64_t task_taken_us(const struct task *task)
{
    return atomic_load(&task->taken_us);
}

bool task_abandon(struct task *task)
{
    atomic_store(&task->abandoned, true);
    bool taken = atomic_load(&task->taken_us) != 0;
    task_unref(task);
    return taken;
}

uint64_t workers_progress_us(const struct workers *workers)
{
    return atomic_load(&workers->pool->progress_us);
}

bool workers_busy(struct workers *workers)
{
    pthread_mutex_lock(&workers->pool->lock);
    bool busy = workers->pool->threads > workers->pool->idle;
    pthread_mutex_unlock(&workers->pool->lock);
    return busy;
}
