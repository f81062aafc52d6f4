/* What other drivers will do, for people. */
#include "probe/render/columns.h"
#include "probe/render/human.h"
#include "probe/render/language.h"
#include "probe/render/text.h"
#include "probe/render/words_drivers.h"
#include <string.h>

static const char *const label = N_("Drivers: ");

/* Why, below its item. */
static void reason(const struct page *page, const struct report *report, enum prediction prediction)
{
    struct page below = *page;
    char rule[PREDICTION_TEXT], text[2 * PREDICTION_TEXT] = "";
    words_prediction_rule(report, prediction, rule);
    text_add(text, sizeof text, tr("%s Source: %s."), rule, tr(prediction_row(prediction)->source));
    below.indent += text_columns(tr(label)) + 2;
    paragraph(&below, tr("Why: "), 2, text);
}

static bool is_told(const struct report *report, enum prediction prediction, bool verbose)
{
    return report_predicts(report, prediction) && (verbose || prediction_row(prediction)->current);
}

/* Who is ready wants one line to read. */
static void names(const struct page *page, const struct report *report)
{
    char text[PREDICTION_TEXT] = "";
    for (unsigned i = 0; i < PREDICTION_COUNT; i++)
        if (is_told(report, (enum prediction)i, false))
            text_add(text, sizeof text, "%s%s", *text ? tr(", ") : "",
                     prediction_row((enum prediction)i)->id);
    if (!*text)
        return;
    text_add(text, sizeof text, "%s",
             tr(": what some others will meet here; -v says who and why."));
    paragraph(page, tr(label), 2, text);
}

void human_drivers(const struct page *page, const struct report *report, bool verbose)
{
    bool first = true;
    if (report->ready && !verbose) {
        names(page, report);
        return;
    }
    for (unsigned i = 0; i < PREDICTION_COUNT; i++) {
        enum prediction prediction = (enum prediction)i;
        char text[PREDICTION_TEXT];
        if (!is_told(report, prediction, verbose))
            continue;
        words_prediction(report, prediction, text);
        list_item(page, tr(label), first, text);
        if (verbose)
            reason(page, report, prediction);
        first = false;
    }
}
