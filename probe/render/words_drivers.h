/* Predictions of a report in words, the facts of its decisive address filled in. */
#ifndef PROBE_RENDER_WORDS_DRIVERS_H
#define PROBE_RENDER_WORDS_DRIVERS_H

#include "probe/verdict/predictions.h"
#include "probe/verdict/report.h"

enum { PREDICTION_TEXT = 1536 };

bool report_predicts(const struct report *report, enum prediction prediction);

/* "Who: what happens to them. What mends it." `to` has PREDICTION_TEXT bytes, and below too. */
void words_prediction(const struct report *report, enum prediction prediction, char *to);

/* What was seen, and why that follows. */
void words_prediction_rule(const struct report *report, enum prediction prediction, char *to);

/* Both as one item of advice: the rule in parentheses. */
void words_prediction_advice(const struct report *report, enum prediction prediction, char *to);

#endif
