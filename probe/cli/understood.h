/* --no-probe: what was understood of the targets, without sending anything. */
#ifndef PROBE_CLI_UNDERSTOOD_H
#define PROBE_CLI_UNDERSTOOD_H

#include "probe/cli/output.h"
#include "probe/cli/source.h"

/* All targets to the output. 0 or a negative errno. */
int understood_write(const struct options *options, struct source *source,
                     const struct render_options *render, struct output *output);

#endif
