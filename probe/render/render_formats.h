/* The functions behind the rows of the table of formats. */
#ifndef PROBE_RENDER_RENDER_FORMATS_H
#define PROBE_RENDER_RENDER_FORMATS_H

#include "probe/render/render.h"

int human_report(FILE *out, const struct report *report, const struct render_options *options);
int human_target(FILE *out, const struct understood *hosts, size_t count,
                 const struct render_options *options);
int human_summary(FILE *out, const struct tally *tally, const struct render_options *options);
int human_causes(FILE *out, const struct render_options *options);

int json_report(FILE *out, const struct report *report, const struct render_options *options);
int json_target(FILE *out, const struct understood *hosts, size_t count,
                const struct render_options *options);
int json_causes(FILE *out, const struct render_options *options);

#endif
