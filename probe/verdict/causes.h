/* The catalogue of causes: causes.def is the one table, this is its face. */
#ifndef PROBE_VERDICT_CAUSES_H
#define PROBE_VERDICT_CAUSES_H

#include "probe/verdict/evidence.h"

enum category {
    CATEGORY_READY,
    CATEGORY_NAME,
    CATEGORY_LOCAL,
    CATEGORY_UNREACHABLE,
    CATEGORY_REFUSED,
    CATEGORY_FILTERED,
    CATEGORY_TIMED_OUT,
    CATEGORY_PROTOCOL,
    CATEGORY_TLS,
    CATEGORY_DENIED,
    CATEGORY_UNAVAILABLE,
    CATEGORY_CLIENT,
    CATEGORY_COUNT
};

/* Exit codes that belong to no category. */
enum { EXIT_INTERNAL = 1, EXIT_USAGE = 2, EXIT_MIXED = 20, EXIT_SIGINT = 130, EXIT_SIGTERM = 143 };

/* CAUSE_NONE, then one CAUSE_<category>_<name> per row: CAUSE_FILTERED_DROPPED. */
enum cause {
    CAUSE_NONE,
#define CAUSE(category, name, id, ...) CAUSE_##category##_##name,
#include "probe/verdict/causes.def"
#undef CAUSE
    CAUSE_COUNT
};

enum persistence { TRANSIENT, PERMANENT };

enum nagios { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

/* Which evidence a verdict of this cause needs; the rest of the catalogue only as an alternative.
 */
enum needs {
    NEEDS_PROBE,
    NEEDS_TRACE,
    NEEDS_HOST_CHECK,
    NEEDS_TLS,
    NEEDS_LOGIN,
    NEEDS_CLIENT,
    NEEDS_SOCKET /* a target that is a unix socket */
};

struct cause_row {
    const char *id; /* "filtered.dropped" */
    enum category category;
    enum stage stage; /* where it is usually found; the verdict's own stage is in the verdict */
    enum persistence persistence;
    enum nagios nagios;
    enum needs needs;
    const char *summary;     /* one sentence without placeholders */
    const char *explanation; /* what it means, why it can happen */
    const char *next;        /* what to do; sentences apart by '\n', each one item of the advice;
                                placeholders of words.h */
};

const struct cause_row *cause_row(enum cause cause);
enum cause cause_find(const char *id); /* CAUSE_NONE when there is none */
const char *category_name(enum category category);
const char *category_title(enum category category); /* "TIMED-OUT" */
const char *category_meaning(enum category category);
int category_exit_code(enum category category);
const char *stage_name(enum stage stage);
const char *outcome_name(enum outcome outcome);
const char *needs_name(enum needs needs);

#endif
