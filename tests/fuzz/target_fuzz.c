/* Any text as a target: accepted ones are sound, refused ones are explained on one short line. */
#include "tests/fuzz/target_promise.h"

/* What was understood means the same when it is written out. */
static void promise_stable(const char *input)
{
    char text[HOST_NAME + 16], problem[TARGET_PROBLEM];
    struct target target, again;
    if (target_parse(input, &ports, &target, problem) < 0)
        return;
    bool ipv6 = strchr(target.host, ':') != NULL;
    /* in brackets "%25" would be read as '%' alone */
    if (!target.socket && !target.settings && !strstr(target.host, "%25")) {
        snprintf(text, sizeof text, ipv6 ? "[%s]:%u" : "%s:%u", target.host, target.port);
        PROMISE(target_parse(text, &ports, &again, problem) == 0);
        PROMISE(strcmp(again.host, target.host) == 0 && again.port == target.port);
        target_clear(&again);
    }
    target_clear(&target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    PROMISE(text);
    memcpy(text, data, size);
    text[size] = '\0';
    if (strlen(text) <= TEXT_MAX) {
        promise_parse(text);
        promise_stable(text);
    }
    free(text);
    return 0;
}
