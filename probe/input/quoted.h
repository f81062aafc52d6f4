/* What somebody else says may quote the password. */
#ifndef PROBE_INPUT_QUOTED_H
#define PROBE_INPUT_QUOTED_H

#include "probe/input/secret.h"

/* Puts "***" in place of the password in a text that is kept in `size` bytes, and leaves out what
 * may be its beginning where the text fills them. A password of less than 4 bytes is part of
 * ordinary words, and the gaps would tell it. */
void quoted_hide(char *text, size_t size, const struct secret *secret);

#endif
