/* Which language a run's words are in. */
#ifndef PROBE_CLI_LANG_H
#define PROBE_CLI_LANG_H

#include "probe/cli/options.h"

/* What --lang says; else, where people read the format, what the environment says; else English,
 * for what scripts read must not change with who runs them. */
enum language lang_of(const struct options *options);

#endif
