/* The library's face: obprobe.h over the rooms behind it. */
#include "obprobe.h"
#include "probe/client/client.h"
#include "probe/run/conditions.h"
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
    struct secret *text; /* of the target, which may point into it */
    struct target target;
};

enum { TLS_TEXTS = 7 };

struct obprobe {
    struct run *run;
    struct obprobe_calls calls;
    struct run_options options;
    char *user;
    char *database;
    char *tls_texts[TLS_TEXTS];
    struct secret *secret;
    struct waiting *first;
    struct waiting **end;
    struct waiting *begun; /* the last one handed out, whose text is still being read */
};

static void free_begun(struct obprobe *run)
{
    if (run->begun)
        secret_free(run->begun->text);
    free(run->begun);
    run->begun = NULL;
}

static bool next_target(void *context, struct target *ret_target)
{
    struct obprobe *run = context;
    struct waiting *waiting = run->first;
    free_begun(run);
    if (!waiting)
        return false;
    *ret_target = waiting->target;
    run->first = waiting->next;
    if (!run->first)
        run->end = &run->first;
    run->begun = waiting;
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
    options->client = settings->client && client_is_built();
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
    free_begun(run);
    materials_free(run->options.materials);
    secret_free(run->secret);
    for (size_t i = 0; i < TLS_TEXTS; i++)
        free(run->tls_texts[i]);
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
                    struct run_options *options)
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
    const char *const given[TLS_TEXTS] = {
        settings->tls_ca,  settings->tls_capath,  settings->tls_crl,     settings->tls_cert,
        settings->tls_key, settings->tls_ciphers, settings->tls_versions};
    char **texts = run->tls_texts;
    int error = 0;
    for (size_t i = 0; error == 0 && i < TLS_TEXTS; i++)
        error = copy_text(given[i], &texts[i]);
    options->tls = (struct tls_settings){.mode = modes[settings->tls_mode],
                                         .ca = texts[0],
                                         .capath = texts[1],
                                         .crl = texts[2],
                                         .cert = texts[3],
                                         .key = texts[4],
                                         .ciphers = texts[5],
                                         .versions = texts[6]};
    options->tls_mode_given = settings->tls_mode != OBPROBE_TLS_PREFERRED;
    return error;
}

static int open_run(struct obprobe *run, const struct obprobe_settings *given, char *ret_problem)
{
    static const struct target bare;
    struct obprobe_settings settings;
    struct run_options *options = &run->options;
    struct run_calls calls = {next_target, finished, run};
    if (!complete_settings(given, &settings) || !take_settings(&settings, options))
        return -EINVAL;
    int error = take_login(run, &settings, &options->login);
    if (error == 0)
        error = take_tls(run, &settings, options);
    if (error == 0)
        error = materials_new(&options->materials);
    if (error == 0)
        error = conditions_read(options, &bare, ret_problem);
    return error < 0 ? error : run_new(options, &calls, &run->run);
}

int obprobe_open_or_explain(const struct obprobe_settings *settings,
                            const struct obprobe_calls *calls, struct obprobe **ret_run,
                            char *problem, size_t size)
{
    char line[MATERIALS_PROBLEM] = "";
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

static int read_target(const struct obprobe *run, const char *text, struct waiting *waiting,
                       char *ret_problem)
{
    static const struct ports ports = {.otherwise = DEFAULT_PORT};
    int error = secret_text_new(text, strlen(text), &waiting->text);
    if (error == -E2BIG) {
        snprintf(ret_problem, MATERIALS_PROBLEM, "a target of more than %d bytes", SECRET_TEXT_MAX);
        return -EINVAL;
    }
    if (error == 0)
        error = target_parse(secret_bytes(waiting->text), &ports, &waiting->target, ret_problem);
    if (error == 0)
        error = conditions_read(&run->options, &waiting->target, ret_problem);
    return error;
}

static int make_waiting(const struct obprobe *run, const char *text, struct waiting **ret_waiting,
                        char *ret_problem)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    int error = waiting ? read_target(run, text, waiting, ret_problem) : -ENOMEM;
    if (error == 0) {
        *ret_waiting = waiting;
    } else if (waiting) {
        target_clear(&waiting->target);
        secret_free(waiting->text);
        free(waiting);
    }
    return error;
}

int obprobe_add(struct obprobe *run, const char *target, char *problem, size_t size)
{
    char line[MATERIALS_PROBLEM] = "";
    struct waiting *waiting = NULL;
    int error = make_waiting(run, target, &waiting, line);
    if (size)
        snprintf(problem, size, "%s", line);
    if (error < 0)
        return error;
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
