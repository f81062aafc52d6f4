/* What an accepted target promises, whatever its form was. */
#ifndef TESTS_FUZZ_TARGET_PROMISE_H
#define TESTS_FUZZ_TARGET_PROMISE_H

#include "probe/input/target.h"
#include "tests/fuzz/promise.h"
#include <errno.h>
#include <stdio.h>

enum { TEXT_MAX = 4096 };

static const struct ports ports = {.otherwise = DEFAULT_PORT};

static inline bool is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '\x7f')
            return false;
    return true;
}

static inline void promise_socket(const struct target *host)
{
    size_t length = strlen(host->socket);
    PROMISE(length > 0 && length <= SOCKET_PATH && !*host->host && host->port == 0);
    PROMISE(is_clean(host->socket) && host->socket[length - 1] != '/');
}

static inline void promise_host(const struct target *host)
{
    if (host->socket) {
        promise_socket(host);
        return;
    }
    size_t length = strlen(host->host);
    PROMISE(length > 0 && length < HOST_NAME && host->port > 0);
    PROMISE(is_clean(host->host) && !strpbrk(host->host, " @/?=[]()"));
}

static inline void promise_settings(const struct target_settings *settings, const char *text)
{
    if (!settings)
        return;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        PROMISE(!settings->texts[i] || is_clean(settings->texts[i]));
    PROMISE(!settings->ignored || is_clean(settings->ignored));
    PROMISE(settings->timeout_ms <= 3600 * 1000 && settings->connect_timeout_ms <= 3600 * 1000);
    const struct encoded *password = &settings->password;
    if (!password->at)
        return;
    struct secret *secret;
    PROMISE(password->at >= text && password->at + password->length <= text + strlen(text));
    PROMISE(secret_decode(password, &secret) == 0);
    PROMISE(strlen(secret_bytes(secret)) == secret_length(secret));
    secret_free(secret);
}

/* Whether a part of the text is in another text, and in the first one only where it stands. */
static inline bool tells(const char *told, const struct encoded *password, const char *text)
{
    char part[TEXT_MAX + 1];
    if (password->length < 8 || password->length > TEXT_MAX)
        return false;
    snprintf(part, sizeof part, "%.*s", (int)password->length, password->at);
    const char *first = strstr(text, part);
    return first == password->at && !strstr(first + 1, part) && strstr(told, part);
}

/* Without what should have been encoded, and might as well belong to the hosts around it. */
static inline bool is_plain(const char *text)
{
    return !strpbrk(text, "[](){},;@:=&?/ #'\"\\") && is_clean(text);
}

static inline bool is_plain_login(const struct target_settings *settings)
{
    struct secret *secret;
    const char *user = settings->texts[SETTING_USER];
    if (user && !is_plain(user))
        return false;
    if (!settings->password.at)
        return true;
    PROMISE(secret_decode(&settings->password, &secret) == 0);
    bool plain = is_plain(secret_bytes(secret));
    secret_free(secret);
    return plain;
}

static inline bool are_plain_logins(const struct target *target)
{
    bool plain = is_plain_login(target->settings);
    for (size_t i = 0; i < target->other_count && plain; i++)
        plain = is_plain_login(target->others[i].settings);
    return plain;
}

/* The input without its passwords is the same target. */
static inline void promise_input(const struct target *target, const char *text)
{
    struct target again;
    char problem[TARGET_PROBLEM];
    const struct target_settings *settings = target->settings;
    PROMISE(strlen(target->input) <= strlen(text));
    if (settings && settings->password.at)
        PROMISE(!tells(target->input, &settings->password, text));
    if (!are_plain_logins(target) || strchr(text, '['))
        return;
    PROMISE(target_parse(target->input, &ports, &again, problem) == 0);
    PROMISE(again.other_count == target->other_count && again.port == target->port);
    PROMISE(strcmp(again.host, target->host) == 0);
    PROMISE(!again.settings || !again.settings->password.at);
    target_clear(&again);
}

static inline void promise_target(const struct target *target, const char *text)
{
    promise_host(target);
    promise_settings(target->settings, text);
    PROMISE(target->input && target->other_count < GROUP_HOSTS);
    for (size_t i = 0; i < target->other_count; i++) {
        promise_host(&target->others[i]);
        promise_settings(target->others[i].settings, text);
        PROMISE(!target->others[i].input && !target->others[i].others);
    }
    if (target->settings)
        promise_input(target, text);
}

static inline void promise_problem(const char *problem)
{
    size_t length = strlen(problem);
    PROMISE(length > 0 && length < TARGET_PROBLEM && is_clean(problem));
}

/* Parses the text, and holds what comes out to its promises. */
static inline void promise_parse(const char *text)
{
    char problem[TARGET_PROBLEM + 1];
    struct target target;
    memset(problem, 'x', sizeof problem);
    int error = target_parse(text, &ports, &target, problem);
    if (error == 0) {
        promise_target(&target, text);
        target_clear(&target);
    } else {
        PROMISE(error == -EINVAL);
        promise_problem(problem);
    }
    PROMISE(problem[TARGET_PROBLEM] == 'x');
}

#endif
