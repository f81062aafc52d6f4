/* A login that the wire had, and a libmariadb that does what the test says. The linker finds these
 * definitions before the library's. */
#ifndef TESTS_UNIT_CLIENT_PLAY_H
#define TESTS_UNIT_CLIENT_PLAY_H

#include "probe/run/client_order.h"
#include <mysql.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TOLD = 32, TOLD_TEXT = 512 };

static pthread_mutex_t play_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t play_release = PTHREAD_COND_INITIALIZER;

static struct {
    bool held; /* connections do not come back */
    size_t holding;
    size_t connected; /* how often it was tried */
    bool refused;
    struct {
        enum mysql_option option;
        char text[TOLD_TEXT];
    } told[TOLD];
    size_t told_count;
} play;

/* What the option was set to, NULL when it was not. */
static inline const char *play_told(enum mysql_option option)
{
    for (size_t i = 0; i < play.told_count; i++)
        if (play.told[i].option == option)
            return play.told[i].text;
    return NULL;
}

static inline bool is_number(enum mysql_option option)
{
    return option == MYSQL_OPT_PROTOCOL || option == MYSQL_OPT_CONNECT_TIMEOUT ||
           option == MYSQL_OPT_READ_TIMEOUT || option == MYSQL_OPT_WRITE_TIMEOUT ||
           option == MYSQL_OPT_LOCAL_INFILE;
}

int STDCALL mysql_optionsv(MYSQL *mysql, enum mysql_option option, ...)
{
    va_list arguments;
    (void)mysql;
    va_start(arguments, option);
    const void *value = va_arg(arguments, const void *);
    va_end(arguments);
    pthread_mutex_lock(&play_lock);
    if (play.told_count < TOLD) {
        char *to = play.told[play.told_count].text;
        play.told[play.told_count++].option = option;
        if (is_number(option))
            snprintf(to, TOLD_TEXT, "%u", *(const unsigned *)value);
        else if (option == MYSQL_OPT_MAX_ALLOWED_PACKET)
            snprintf(to, TOLD_TEXT, "%zu", *(const size_t *)value);
        else
            snprintf(to, TOLD_TEXT, "%s", (const char *)value);
    }
    pthread_mutex_unlock(&play_lock);
    return 0;
}

MYSQL *STDCALL mysql_real_connect(MYSQL *mysql, const char *host, const char *user,
                                  const char *passwd, const char *db, unsigned int port,
                                  const char *unix_socket, unsigned long clientflag)
{
    (void)host, (void)user, (void)passwd, (void)db, (void)port, (void)unix_socket, (void)clientflag;
    pthread_mutex_lock(&play_lock);
    play.connected++;
    play.holding++;
    while (play.held)
        pthread_cond_wait(&play_release, &play_lock);
    play.holding--;
    bool refused = play.refused;
    pthread_mutex_unlock(&play_lock);
    return refused ? NULL : mysql;
}

int STDCALL mysql_query(MYSQL *mysql, const char *q)
{
    (void)mysql;
    return strcmp(q, "SELECT 1 FROM DUAL") != 0;
}

MYSQL_RES *STDCALL mysql_use_result(MYSQL *mysql)
{
    (void)mysql;
    return NULL;
}

static inline void play_hold(bool held)
{
    pthread_mutex_lock(&play_lock);
    play.held = held;
    pthread_cond_broadcast(&play_release);
    pthread_mutex_unlock(&play_lock);
}

static inline size_t play_holding(void)
{
    pthread_mutex_lock(&play_lock);
    size_t holding = play.holding;
    pthread_mutex_unlock(&play_lock);
    return holding;
}

/* ---- what the wire had ---- */

struct login_had {
    struct run_options options;
    struct target target;
    struct conditions conditions;
    struct ip ip;
    struct evidence evidence;
    struct tls_evidence tls;
    struct wire wire;
};

static inline void login_had_free(struct login_had *had)
{
    secret_free(had->conditions.own_secret);
}

/* On plaintext, by mysql_native_password, at an address that is not loopback's. */
static inline void login_had(struct login_had *had, const char *password, size_t length)
{
    static char host[] = "10.1.2.3";
    *had = (struct login_had){.target = {.input = host, .host = host, .port = 2883},
                              .ip = {.family = 4, .bytes = {10, 1, 2, 3}}};
    if (secret_new(password, length, &had->conditions.own_secret) < 0)
        return;
    had->conditions.login = (struct login){.user = "app", .secret = had->conditions.own_secret};
    struct exchange_facts *exchange = &had->evidence.exchange;
    exchange->greeted = exchange->credentials = exchange->logged_in = true;
    exchange->statement_sent = exchange->statement_answered = true;
    snprintf(exchange->auth_plugin, sizeof exchange->auth_plugin, "mysql_native_password");
    had->wire = (struct wire){.options = &had->options,
                              .target = &had->target,
                              .conditions = &had->conditions,
                              .address = host,
                              .ip = &had->ip,
                              .evidence = &had->evidence,
                              .tls = &had->tls};
}

#endif
