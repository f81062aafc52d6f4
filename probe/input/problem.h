/* How a target's problem is told: one line, shorter than TARGET_PROBLEM bytes with the NUL. */
#ifndef PROBE_INPUT_PROBLEM_H
#define PROBE_INPUT_PROBLEM_H

enum { EXCERPT = 84 }; /* of a culprit's text in a problem */

/* Writes TARGET_PROBLEM bytes at most; -EINVAL. */
int target_problem(char *ret_problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The beginning of a text on one line, as the caller's `to` of EXCERPT bytes. */
const char *target_excerpt(const char *text, char *to);

#endif
