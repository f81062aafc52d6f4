#include "probe/verdict/causes.h"
#include "proto/translated.h"
#include <string.h>

static const struct cause_row rows[CAUSE_COUNT] = {
#define CAUSE(category_, name_, id_, stage_, persistence_, nagios_, needs_, summary_,              \
              explanation_, next_)                                                                 \
    [CAUSE_##category_##_##name_] = {.id = (id_),                                                  \
                                     .category = CATEGORY_##category_,                             \
                                     .stage = STAGE_##stage_,                                      \
                                     .persistence = (persistence_),                                \
                                     .nagios = NAGIOS_##nagios_,                                   \
                                     .needs = NEEDS_##needs_,                                      \
                                     .summary = (summary_),                                        \
                                     .explanation = (explanation_),                                \
                                     .next = (next_)},
#include "probe/verdict/causes.def"
#undef CAUSE
};

/* Names and exit codes are published: never renamed, never renumbered. */
static const struct {
    const char *name;
    const char *title;
    int exit_code;
    const char *meaning;
} categories[CATEGORY_COUNT] = {
    [CATEGORY_READY] = {"ready", "READY", 0,
                        N_("the handshake completed; with credentials: logged in and one statement "
                           "answered")},
    [CATEGORY_NAME] = {"name", "NAME", 10, N_("the host name did not resolve")},
    [CATEGORY_LOCAL] =
        {"local", "LOCAL", 11,
         N_("this machine stopped the attempt: no route, local firewall, no free port "
            "or descriptor")},
    [CATEGORY_UNREACHABLE] = {"unreachable", "UNREACHABLE", 12,
                              N_("the network says that the host or network cannot be reached")},
    [CATEGORY_REFUSED] = {"refused", "REFUSED", 13,
                          N_("the connection was actively refused with a reset")},
    [CATEGORY_FILTERED] = {"filtered", "FILTERED", 14,
                           N_("a packet filter is in the way: rejected by ICMP, or dropped in "
                              "silence")},
    [CATEGORY_TIMED_OUT] = {"timed-out", "TIMED-OUT", 15,
                            N_("no answer in time, and the evidence does not show a filter")},
    [CATEGORY_PROTOCOL] = {"protocol", "PROTOCOL", 16,
                           N_("TCP works, but what answers does not complete a MySQL handshake")},
    [CATEGORY_TLS] = {"tls", "TLS", 17, N_("the TLS part of the handshake fails")},
    [CATEGORY_DENIED] = {"denied", "DENIED", 18,
                         N_("the server answered and says no: credentials, host, database, tenant, "
                            "cluster")},
    [CATEGORY_UNAVAILABLE] =
        {"unavailable", "UNAVAILABLE", 19,
         N_("the server answered and cannot serve now: full, starting, stopping, "
            "backend gone")},
    [CATEGORY_CLIENT] = {"client", "CLIENT", 21,
                         N_("the login on the wire works, libmariadb on this machine fails")},
};

static const char *const stages[STAGE_COUNT] = {
    [STAGE_NAME] = "name",     [STAGE_CONNECT] = "connect", [STAGE_GREETING] = "greeting",
    [STAGE_TLS] = "tls",       [STAGE_LOGIN] = "login",     [STAGE_STATEMENT] = "statement",
    [STAGE_CLIENT] = "client", [STAGE_PATH] = "path",
};

static const char *const outcomes[] = {
    [OUTCOME_NOT_RUN] = "not-run",
    [OUTCOME_PASSED] = "passed",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_TIMED_OUT] = "timed-out",
};

static const char *const needs_names[] = {
    [NEEDS_PROBE] = "probe",   [NEEDS_TRACE] = "trace", [NEEDS_HOST_CHECK] = "host-check",
    [NEEDS_TLS] = "tls",       [NEEDS_LOGIN] = "login", [NEEDS_CLIENT] = "client",
    [NEEDS_SOCKET] = "socket",
};

const struct cause_row *cause_row(enum cause cause)
{
    return &rows[cause];
}

enum cause cause_find(const char *id)
{
    for (unsigned cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++)
        if (strcmp(rows[cause].id, id) == 0)
            return (enum cause)cause;
    return CAUSE_NONE;
}

const char *category_name(enum category category)
{
    return categories[category].name;
}

const char *category_title(enum category category)
{
    return categories[category].title;
}

const char *category_meaning(enum category category)
{
    return categories[category].meaning;
}

int category_exit_code(enum category category)
{
    return categories[category].exit_code;
}

const char *stage_name(enum stage stage)
{
    return stages[stage];
}

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome];
}

const char *needs_name(enum needs needs)
{
    return needs_names[needs];
}
