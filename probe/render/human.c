/* For people: one verdict line, then why and what next. */
#include "probe/render/human.h"
#include "probe/render/language.h"
#include "probe/render/render_formats.h"
#include "probe/render/text.h"
#include "probe/render/words.h"
#include <string.h>

/* ECMA-48, SGR: green for ready, yellow for what this machine is at fault for, red for the rest. */
static const char *color_of(enum category category)
{
    switch (category) {
    case CATEGORY_READY:
        return "\033[1;32m";
    case CATEGORY_NAME:
    case CATEGORY_LOCAL:
    case CATEGORY_CLIENT:
        return "\033[1;33m";
    default:
        return "\033[1;31m";
    }
}

/* Never wrapped: scripts that read the human format cut this line. */
static void verdict_line(const struct page *page, const struct report *report,
                         const struct render_options *options)
{
    const struct cause_row *row = cause_row(report->verdict.cause);
    char endpoint[ENDPOINT_TEXT];
    fprintf(page->out, "%s  %s%s%s  %s (%s)\n", target_text(&report->target, endpoint),
            options->color ? color_of(row->category) : "", category_title(row->category),
            options->color ? "\033[0m" : "", row->id, confidence_name(report->verdict.confidence));
}

void human_evidence(const struct page *page, const struct report *report,
                    const struct address_result *address)
{
    struct words words;
    char text[SENTENCES * (SENTENCE + 1)] = "";
    words_evidence(report, address, &words);
    for (size_t i = 0; i < words.count; i++)
        text_add(text, sizeof text, "%s%s", words.line[i], sentence_gap());
    paragraph(page, "", 0, text);
}

/* The tables' part of the answer: the same for every target with that cause or circumstance. */
static void explanation(const struct page *page, const struct report *report)
{
    char text[SENTENCE_PAIR];
    if (words_unprobed(report))
        return;
    words_explanation(report, text);
    paragraph(page, "", 0, text);
}

static void not_excluded(const struct page *page, const struct verdict *verdict)
{
    for (size_t i = 0; i < ALTERNATIVES && verdict->alternatives[i]; i++) {
        const struct cause_row *row = cause_row(verdict->alternatives[i]);
        char text[SENTENCE] = "";
        text_add(text, sizeof text, tr("%s: %s"), row->id, tr(row->summary));
        list_item(page, tr("Not excluded: "), i == 0, text);
    }
}

static void other_addresses(const struct page *page, const struct report *report)
{
    bool first = true;
    for (size_t i = 0; i < report->address_count; i++) {
        const struct address_result *address = &report->addresses[i];
        char text[SENTENCE] = "";
        if (i == report->decisive)
            continue;
        text_add(text, sizeof text, "%s: %s (%s)", address->text,
                 cause_row(address->verdict.cause)->id,
                 confidence_name(address->verdict.confidence));
        list_item(page, tr("Other addresses: "), first, text);
        first = false;
    }
}

/* A name can have more addresses than are probed; in silence they would seem to be fine. */
static void not_probed(const struct page *page, const struct report *report)
{
    char label[64], ip[IP_TEXT], text[NOTE_TEXT] = "";
    if (report->resolution.address_count <= report->address_count)
        return;
    snprintf(label, sizeof label, tr("Not probed, beyond the first %zu: "), report->address_count);
    for (size_t i = report->address_count; i < report->resolution.address_count; i++)
        text_add(text, sizeof text, "%s ", ip_numeric(&report->resolved[i], ip));
    paragraph(page, label, 2, text);
}

static void advice(const struct page *page, const struct report *report)
{
    struct words words;
    words_advice(report, &words);
    for (size_t i = 0; i < words.count; i++)
        list_item(page, tr("Next: "), i == 0, words.line[i]);
}

void human_notes(const struct page *page, const struct report *report)
{
    for (unsigned note = 0; note < NOTE_COUNT; note++) {
        char text[NOTE_TEXT];
        if (!(report->notes & UINT32_C(1) << note) || note == NOTE_PARAMETER_IGNORED)
            continue; /* parameters are told on standard error, once for a run */
        words_note(report, (enum note)note, text, sizeof text);
        hanging(page, tr("Note: "), text);
    }
}

/* What else there is behind the verdict; -v tells all of it further down. */
static void others(const struct page *page, const struct report *report, bool verbose)
{
    if (!verbose)
        other_addresses(page, report);
    if (!verbose && report->group)
        human_other_hosts(page, report->group);
    if (!report->ready && report->group)
        human_group_need(page, report->group);
}

/* Who is ready wants one line to read and not a lecture; -v gives it. */
int human_report(FILE *out, const struct report *report, const struct render_options *options)
{
    const struct page page = {.out = out, .width = options->width, .indent = 2};
    verdict_line(&page, report, options);
    human_evidence(&page, report, decisive_address(report));
    if (!report->ready || options->verbose) {
        explanation(&page, report);
        not_excluded(&page, &report->verdict);
        others(&page, report, options->verbose > 0);
        advice(&page, report);
    }
    human_drivers(&page, report, options->verbose > 0);
    human_notes(&page, report);
    not_probed(&page, report);
    if (!options->verbose)
        return 0;
    return report->group ? human_group_details(&page, report->group, options->verbose)
                         : human_details(&page, report, options->verbose);
}

int human_summary(FILE *out, const struct tally *tally, const struct render_options *options)
{
    (void)options;
    if (tally->targets > 1)
        fprintf(out, tr("%zu of %zu targets ready\n"), tally->ready, tally->targets);
    return 0;
}
