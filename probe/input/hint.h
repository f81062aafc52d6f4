/* What may have been meant by a text that is no target. */
#ifndef PROBE_INPUT_HINT_H
#define PROBE_INPUT_HINT_H

/* Appends "; did you mean ...?" to a problem (TARGET_PROBLEM bytes) where a frequent slip, mended,
 * makes a target. The text must not hold a password. */
void hint_add(const char *text, char *problem);

#endif
