/* The catalogue for people: --list-causes. */
#include "probe/render/language.h"
#include "probe/render/paragraph.h"
#include "probe/render/render_formats.h"
#include "probe/render/text.h"
#include "probe/render/words.h"
#include <string.h>

/* An item that is all a fact says nothing where there is no target. */
static bool is_placeholder(const char *item, size_t length)
{
    return length > 1 && item[0] == '{' && item[length - 1] == '}';
}

static void advice_items(const struct page *page, const char *next)
{
    bool first = true;
    while (*next) {
        size_t length = strcspn(next, "\n");
        char item[SENTENCE] = "";
        text_add(item, sizeof item, "%.*s", (int)length, next);
        if (!is_placeholder(next, length)) {
            list_item(page, tr("Next: "), first, item);
            first = false;
        }
        next += length;
        next += *next == '\n';
    }
}

/* Those in which more is known than this cause says. */
static void list_circumstances(const struct page *page, const struct cause_row *cause)
{
    struct page below = *page;
    below.indent += 2;
    for (unsigned i = CIRCUMSTANCE_NONE + 1; i < CIRCUMSTANCE_COUNT; i++) {
        const struct circumstance_row *row = circumstance_row((enum circumstance)i);
        if (cause_row(row->cause) != cause)
            continue;
        fprintf(page->out, "%*s%s\n", (int)page->indent, "", row->id);
        paragraph(&below, "", 0, tr(row->explanation));
        advice_items(&below, tr(row->next));
    }
}

static void list_cause(const struct page *page, const struct cause_row *row, bool verbose)
{
    struct page below = *page;
    char text[SENTENCE] = "";
    below.indent += 4;
    text_add(text, sizeof text, tr("%s: %s"),
             row->persistence == TRANSIENT ? tr("transient") : tr("permanent"), tr(row->summary));
    fprintf(page->out, "%*s%s\n", (int)page->indent, "", row->id);
    paragraph(&below, "", 0, text);
    if (!verbose)
        return;
    paragraph(&below, "", 0, tr(row->explanation));
    advice_items(&below, tr(row->next));
    list_circumstances(&below, row);
}

int human_causes(FILE *out, const struct render_options *options)
{
    const struct page page = {.out = out, .width = options->width, .indent = 2};
    const struct page margin = {.out = out, .width = options->width};
    enum category category = CATEGORY_COUNT;
    for (unsigned cause = CAUSE_NONE + 1; cause < CAUSE_COUNT; cause++) {
        const struct cause_row *row = cause_row((enum cause)cause);
        char heading[SENTENCE] = "";
        if (row->category != category) {
            category = row->category;
            text_add(heading, sizeof heading, tr("%s (exit code %d): %s"), category_name(category),
                     category_exit_code(category), tr(category_meaning(category)));
            paragraph(&margin, "", 2, heading);
        }
        list_cause(&page, row, options->verbose > 0);
    }
    return 0;
}
