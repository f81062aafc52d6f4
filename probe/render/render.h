/* Formats: each reads reports and the table of causes, and writes text. Nothing else. */
#ifndef PROBE_RENDER_RENDER_H
#define PROBE_RENDER_RENDER_H

#include "probe/verdict/report.h"
#include <stdio.h>

struct render_options {
    unsigned verbose;
    bool color;
    unsigned width; /* of the terminal, 0 where the output is none */
};

enum { UNDERSTOOD_FILES = 10 };

struct understood_text {
    const char *key; /* of JSON */
    const char *text;
};

/* What was understood of one host of a target, without probing it. Texts are NULL and numbers 0
 * where nothing is said. */
struct understood {
    const struct target *host;
    bool login; /* with a password; else anonymous */
    const char *user;
    const char *database;
    const char *ssl_mode;
    struct understood_text files[UNDERSTOOD_FILES];
    bool get_server_public_key;
    uint32_t connect_timeout_ms;
    uint32_t timeout_ms;
};

/* One row of the table of formats. All return 0 or a negative errno (no memory); trouble with the
 * stream is the caller's to see with ferror(). */
struct format {
    const char *name;
    bool for_people;     /* in the language of the environment */
    bool second_opinion; /* libmariadb is asked about a single target without being told to */
    int (*report)(FILE *out, const struct report *report, const struct render_options *options);
    /* --no-probe: `hosts` of a target, of which the first is `hosts[0].host` */
    int (*target)(FILE *out, const struct understood *hosts, size_t count,
                  const struct render_options *options);
    /* after the last target; NULL where there is nothing to add */
    int (*summary)(FILE *out, const struct tally *tally, const struct render_options *options);
    int (*causes)(FILE *out, const struct render_options *options); /* --list-causes */
};

/* The format of that name, NULL when it is not built. */
const struct format *format_find(const char *name);

/* "human, json": for messages and --help. */
const char *format_names(void);

#endif
