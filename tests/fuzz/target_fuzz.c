/* Any text as a target: accepted ones are sound, refused ones are explained on one short line. */
#include "probe/input/target.h"
#include "tests/fuzz/promise.h"
#include <errno.h>
#include <stdio.h>

static const struct ports ports = {.otherwise = DEFAULT_PORT};

static void require_sound_socket(const struct target *target)
{
    size_t length = strlen(target->socket);
    PROMISE(length > 0 && length <= SOCKET_PATH && !*target->host && target->port == 0);
    for (size_t i = 0; i < length; i++)
        PROMISE((unsigned char)target->socket[i] >= ' ' && target->socket[i] != '\x7f');
    PROMISE(target->socket[length - 1] != '/' && strcmp(target->socket, target->input) == 0);
}

static void require_sound(const struct target *target)
{
    size_t length = strlen(target->host);
    PROMISE(length > 0 && length < HOST_NAME && target->port > 0);
    for (size_t i = 0; i < length; i++)
        PROMISE((unsigned char)target->host[i] > ' ' && target->host[i] != '\x7f');
    PROMISE(!strpbrk(target->host, "@/?=[]()"));
}

/* What was understood means the same when it is written out. */
static void require_stable(const struct target *target)
{
    char text[HOST_NAME + 16], problem[TARGET_PROBLEM];
    struct target again;
    bool ipv6 = strchr(target->host, ':') != NULL;
    /* in brackets "%25" would be read as '%' alone */
    if (strstr(target->host, "%25"))
        return;
    snprintf(text, sizeof text, ipv6 ? "[%s]:%u" : "%s:%u", target->host, target->port);
    PROMISE(target_parse(text, &ports, &again, problem) == 0);
    PROMISE(strcmp(again.host, target->host) == 0 && again.port == target->port);
    target_clear(&again);
}

static void require_explained(const char *text, const char *problem)
{
    size_t length = strlen(problem);
    const char *at = strrchr(text, '@');
    PROMISE(length > 0 && length < TARGET_PROBLEM);
    for (size_t i = 0; i < length; i++)
        PROMISE((unsigned char)problem[i] >= ' ');
    /* shorter ones can occur by chance; the path of a socket holds no password */
    if (at && at - text > 8 && *text != '/' && strncmp(text, "./", 2) != 0)
        PROMISE(!strstr(problem, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[TARGET_PROBLEM + 1];
    struct target target;
    char *text = malloc(size + 1);
    PROMISE(text);
    memcpy(text, data, size);
    text[size] = '\0';
    memset(problem, 'x', sizeof problem);
    int error = target_parse(text, &ports, &target, problem);
    if (error == 0) {
        if (target.socket) {
            require_sound_socket(&target);
        } else {
            require_sound(&target);
            require_stable(&target);
        }
        target_clear(&target);
    } else {
        PROMISE(error == -EINVAL);
        require_explained(text, problem);
    }
    PROMISE(problem[TARGET_PROBLEM] == 'x');
    free(text);
    return 0;
}
