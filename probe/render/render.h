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

/* One row of the table of formats. All return 0 or a negative errno (no memory); trouble with the
 * stream is the caller's to see with ferror(). */
struct format {
    const char *name;
    int (*report)(FILE *out, const struct report *report, const struct render_options *options);
    /* after the last target; NULL where there is nothing to add */
    int (*summary)(FILE *out, const struct tally *tally, const struct render_options *options);
    int (*causes)(FILE *out, const struct render_options *options); /* --list-causes */
};

/* The format of that name, NULL when it is not built. */
const struct format *format_find(const char *name);

/* "human, json": for messages and --help. */
const char *format_names(void);

#endif
