/* The library's face: obprobe.h over the rooms behind it. */
#include "obprobe.h"
#include "probe/run/run.h"
#include "probe/run/sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Evidence counts microseconds in 32 bits. */
enum { MAX_SECONDS = 3600 };

struct waiting {
    struct waiting *next;
    struct target target;
};

struct obprobe {
    struct run *run;
    struct obprobe_calls calls;
    char *user;
    char *database;
    struct secret *secret;
    struct tls_client *tls;
    struct waiting *first;
    struct waiting **end;
};

static bool next_target(void *context, struct target *ret_target)
{
    struct obprobe *run = context;
    struct waiting *waiting = run->first;
    if (!waiting)
        return false;
    *ret_target = waiting->target;
    run->first = waiting->next;
    if (!run->first)
        run->end = &run->first;
    free(waiting);
    return true;
}

static void finished(void *context, struct report *report)
{
    const struct obprobe *run = context;
    run->calls.finished(run->calls.context, (const struct obprobe_report *)(const void *)report);
}

/* Seconds to milliseconds, at least one; false for what is no time. */
static bool set_time(double seconds, bool may_be_zero, uint32_t *ret_ms)
{
    if (!(seconds >= 0) || seconds > MAX_SECONDS || (seconds == 0 && !may_be_zero))
        return false;
    *ret_ms = (uint32_t)(seconds * 1000 + 0.999);
    return true;
}

static bool set_source(const char *text, struct sockaddr_storage *ret_source)
{
    union socket_address source = {0};
    if (text && inet_pton(AF_INET, text, &source.v4.sin_addr) == 1)
        source.any.sa_family = AF_INET;
    else if (text && inet_pton(AF_INET6, text, &source.v6.sin6_addr) == 1)
        source.any.sa_family = AF_INET6;
    memcpy(ret_source, &source, sizeof source);
    return !text || source.any.sa_family;
}

static bool fits(const char *text, size_t size)
{
    return !text || strlen(text) < size;
}

static bool login_fits(const struct obprobe_settings *settings)
{
    bool nameless = settings->password && !settings->user;
    return !nameless && fits(settings->user, LOGIN_USER) &&
           fits(settings->database, LOGIN_DATABASE);
}

/* Callers built with an older header have fewer members: those keep their defaults. */
static bool complete_settings(const struct obprobe_settings *given, struct obprobe_settings *ret)
{
    *ret = (struct obprobe_settings)OBPROBE_SETTINGS_INIT;
    if (given->size < offsetof(struct obprobe_settings, user) || given->size > sizeof *ret)
        return false;
    memcpy(ret, given, given->size);
    return true;
}

static bool take_settings(const struct obprobe_settings *settings, struct run_options *options)
{
    run_options_init(options);
    options->jobs = settings->jobs;
    options->rate = settings->rate;
    options->family = settings->family == 4   ? FAMILY_IPV4
                      : settings->family == 6 ? FAMILY_IPV6
                                              : FAMILY_ANY;
    options->until = settings->until == OBPROBE_UNTIL_CONNECT    ? UNTIL_CONNECT
                     : settings->until == OBPROBE_UNTIL_GREETING ? UNTIL_GREETING
                                                                 : UNTIL_LOGIN;
    options->only_port = settings->only_port;
    options->all_addresses = settings->all_addresses;
    options->max_rejections = settings->max_rejections;
    options->expiry_days = settings->tls_expiry_days;
    options->get_server_public_key = settings->get_server_public_key;
    return settings->jobs > 0 && settings->max_rejections > 0 && login_fits(settings) &&
           set_time(settings->timeout, false, &options->timeout_ms) &&
           set_time(settings->connect_timeout, false, &options->connect_timeout_ms) &&
           set_time(settings->total_timeout, true, &options->total_timeout_ms) &&
           set_source(settings->bind_address, &options->bind_to);
}

static void free_run(struct obprobe *run)
{
    run_free(run->run);
    tls_client_free(run->tls);
    secret_free(run->secret);
    free(run->user);
    free(run->database);
    free(run);
}

static int copy_text(const char *text, char **ret_copy)
{
    *ret_copy = text ? strdup(text) : NULL;
    return text && !*ret_copy ? -ENOMEM : 0;
}

/* A login needs a name and a password; a name alone still says tenant and cluster. */
static int take_login(struct obprobe *run, const struct obprobe_settings *settings,
                      struct login *ret_login)
{
    int error = copy_text(settings->user, &run->user);
    if (error == 0)
        error = copy_text(settings->database, &run->database);
    if (error == 0 && settings->password)
        error = secret_new(settings->password, strlen(settings->password), &run->secret);
    *ret_login =
        (struct login){.user = run->user, .database = run->database, .secret = run->secret};
    return error == -E2BIG ? -EINVAL : error;
}

static int take_tls(struct obprobe *run, const struct obprobe_settings *settings,
                    struct run_options *options, char *ret_problem)
{
    static const enum tls_mode modes[] = {
        [OBPROBE_TLS_PREFERRED] = TLS_PREFERRED,
        [OBPROBE_TLS_DISABLED] = TLS_DISABLED,
        [OBPROBE_TLS_REQUIRED] = TLS_REQUIRED,
        [OBPROBE_TLS_VERIFY_CA] = TLS_VERIFY_CA,
        [OBPROBE_TLS_VERIFY_IDENTITY] = TLS_VERIFY_IDENTITY,
    };
    if ((unsigned)settings->tls_mode >= sizeof modes / sizeof modes[0])
        return -EINVAL;
    struct tls_settings tls = {
        .mode = modes[settings->tls_mode],
        .ca = settings->tls_ca,
        .capath = settings->tls_capath,
        .crl = settings->tls_crl,
        .cert = settings->tls_cert,
        .key = settings->tls_key,
        .ciphers = settings->tls_ciphers,
        .versions = settings->tls_versions,
    };
    options->tls_mode = tls.mode;
    int error = tls.mode == TLS_DISABLED ? 0 : tls_client_new(&tls, &run->tls, ret_problem);
    options->tls = run->tls;
    return error;
}

static int open_run(struct obprobe *run, const struct obprobe_settings *given, char *ret_problem)
{
    struct obprobe_settings settings;
    struct run_options options;
    struct run_calls calls = {next_target, finished, run};
    if (!complete_settings(given, &settings) || !take_settings(&settings, &options))
        return -EINVAL;
    int error = take_login(run, &settings, &options.login);
    if (error == 0)
        error = take_tls(run, &settings, &options, ret_problem);
    return error < 0 ? error : run_new(&options, &calls, &run->run);
}

int obprobe_open_or_explain(const struct obprobe_settings *settings,
                            const struct obprobe_calls *calls, struct obprobe **ret_run,
                            char *problem, size_t size)
{
    char line[TLS_PROBLEM] = "";
    if (!settings || !calls || !calls->finished)
        return -EINVAL;
    struct obprobe *run = calloc(1, sizeof *run);
    if (!run)
        return -ENOMEM;
    run->calls = *calls;
    run->end = &run->first;
    int error = open_run(run, settings, line);
    if (size)
        snprintf(problem, size, "%s", line);
    if (error < 0)
        free_run(run);
    else
        *ret_run = run;
    return error;
}

int obprobe_open(const struct obprobe_settings *settings, const struct obprobe_calls *calls,
                 struct obprobe **ret_run)
{
    return obprobe_open_or_explain(settings, calls, ret_run, NULL, 0);
}

void obprobe_close(struct obprobe *run)
{
    struct target target;
    if (!run)
        return;
    run_free(run->run);
    run->run = NULL;
    while (next_target(run, &target))
        target_clear(&target);
    free_run(run);
}

int obprobe_add(struct obprobe *run, const char *target, char *problem, size_t size)
{
    char line[TARGET_PROBLEM] = "";
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (!waiting)
        return -ENOMEM;
    int error = target_parse(target, DEFAULT_PORT, &waiting->target, line);
    if (size)
        snprintf(problem, size, "%s", line);
    if (error < 0) {
        free(waiting);
        return error;
    }
    *run->end = waiting;
    run->end = &waiting->next;
    run_resume(run->run);
    return 0;
}

int obprobe_fd(const struct obprobe *run)
{
    return run_fd(run->run);
}

int obprobe_timeout(const struct obprobe *run)
{
    return run_timeout_ms(run->run);
}

int obprobe_step(struct obprobe *run)
{
    return run_step(run->run);
}

void obprobe_stop(struct obprobe *run)
{
    run_stop(run->run);
}

int obprobe_run(struct obprobe *run)
{
    int state;
    while ((state = obprobe_step(run)) > 0) {
        struct pollfd descriptor = {.fd = obprobe_fd(run), .events = POLLIN};
        if (poll(&descriptor, 1, obprobe_timeout(run)) < 0 && errno != EINTR)
            return -errno;
    }
    return state;
}
