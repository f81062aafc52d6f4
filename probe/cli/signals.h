/* Signals as a descriptor. */
#ifndef PROBE_CLI_SIGNALS_H
#define PROBE_CLI_SIGNALS_H

#include <signal.h>
#include <stddef.h>

/* Blocks those of the signals that are not ignored; they can be read from the signalfd(2) that is
 * returned, or a negative errno. `ret_before` (NULL is fine): the mask that was. */
int signals_open(const int *numbers, size_t count, sigset_t *ret_before);

#endif
