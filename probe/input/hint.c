#include "probe/input/hint.h"
#include "probe/input/endpoint.h"
#include <stdio.h>
#include <string.h>

enum { HINT = 64 }; /* a mended text that is longer is not worth a hint */

/* "db1:2883/" */
static void mend_path(const char *text, char *to)
{
    if (strchr(text, '/'))
        snprintf(to, HINT, "%.*s", (int)strcspn(text, "/"), text);
}

/* "db1 2883" */
static void mend_space(const char *text, char *to)
{
    size_t host = strcspn(text, " \t");
    if (text[host])
        snprintf(to, HINT, "%.*s:%s", (int)host, text, text + host + strspn(text + host, " \t"));
}

/* "[db1]:2883" */
static void mend_brackets(const char *text, char *to)
{
    size_t host = strcspn(text, "]");
    if (*text == '[' && text[host])
        snprintf(to, HINT, "%.*s%s", (int)host - 1, text + 1, text + host + 1);
}

/* "fe80::1%eth0:2883" */
static void mend_ipv6(const char *text, char *to)
{
    const char *colon = strrchr(text, ':');
    if (colon)
        snprintf(to, HINT, "[%.*s]%s", (int)(colon - text), text, colon);
}

/* Frequent slips: the first mended text that is a target is the hint. */
void hint_add(const char *text, char *problem)
{
    static void (*const mends[])(const char *, char *) = {mend_path, mend_space, mend_brackets,
                                                          mend_ipv6};
    char ignored[TARGET_PROBLEM];
    struct endpoint endpoint;
    if (strlen(text) >= HINT - 4)
        return;
    for (size_t i = 0; i < sizeof mends / sizeof mends[0]; i++) {
        char mended[HINT] = "";
        mends[i](text, mended);
        if (endpoint_parse(mended, &endpoint, ignored) < 0)
            continue;
        size_t used = strlen(problem);
        snprintf(problem + used, TARGET_PROBLEM - used, "; did you mean %s?", mended);
        return;
    }
}
