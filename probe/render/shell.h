/* Words for a shell's command line. */
#ifndef PROBE_RENDER_SHELL_H
#define PROBE_RENDER_SHELL_H

#include <stddef.h>

/* One word of sh(1), quoted where it must be; what does not fit in `size` bytes is cut. */
void shell_word(const char *text, char *to, size_t size);

#endif
