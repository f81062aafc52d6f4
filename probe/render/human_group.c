/* A target of several hosts: which of them are needed, and what became of each. */
#include "probe/render/human.h"
#include "probe/render/language.h"
#include "probe/render/text.h"
#include "probe/render/words.h"

static void add_verdict(char *to, size_t size, const struct report *member)
{
    char endpoint[ENDPOINT_TEXT];
    text_add(to, size, "%s: %s (%s)", target_text(&member->target, endpoint),
             cause_row(member->verdict.cause)->id, confidence_name(member->verdict.confidence));
}

void human_group_need(const struct page *page, const struct group_report *group)
{
    char text[NOTE_TEXT] = "", endpoint[ENDPOINT_TEXT];
    const char *before = tr("ready: ");
    text_add(text, sizeof text, tr("The group needs %s of its %zu hosts; "),
             group->mode == MODE_REPLICATION ? tr("all") : tr("one"), group->count);
    for (size_t i = 0; i < group->count; i++) {
        if (!group->members[i].ready)
            continue;
        text_add(text, sizeof text, "%s%s", before,
                 target_text(&group->members[i].target, endpoint));
        before = tr(", ");
    }
    text_add(text, sizeof text, "%s", group->ready ? tr(".") : tr("none is ready."));
    paragraph(page, "", 0, text);
}

void human_other_hosts(const struct page *page, const struct group_report *group)
{
    bool first = true;
    for (size_t i = 0; i < group->count; i++) {
        char text[ENDPOINT_TEXT + SENTENCE] = "";
        if (i == group->decisive)
            continue;
        add_verdict(text, sizeof text, &group->members[i]);
        list_item(page, tr("Other hosts: "), first, text);
        first = false;
    }
}

int human_group_details(const struct page *page, const struct group_report *group, unsigned verbose)
{
    struct page inside = *page;
    int failed = 0;
    inside.indent += 2;
    for (size_t i = 0; i < group->count && !failed; i++) {
        const struct report *member = &group->members[i];
        char heading[ENDPOINT_TEXT + SENTENCE] = "";
        add_verdict(heading, sizeof heading, member);
        paragraph(page, tr("Host: "), 2, heading);
        if (i != group->decisive) {
            human_evidence(&inside, member, decisive_address(member));
            human_notes(&inside, member);
        }
        failed = human_details(&inside, member, verbose);
    }
    return failed;
}
