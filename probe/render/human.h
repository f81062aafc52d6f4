/* What the files of the human format share. */
#ifndef PROBE_RENDER_HUMAN_H
#define PROBE_RENDER_HUMAN_H

#include "probe/render/paragraph.h"
#include "probe/verdict/report.h"

/* The sentences about one address, as one paragraph; NULL for the name. */
void human_evidence(const struct page *page, const struct report *report,
                    const struct address_result *address);

/* What other drivers will do there; `verbose`: old ones too, and why. */
void human_drivers(const struct page *page, const struct report *report, bool verbose);

void human_notes(const struct page *page, const struct report *report);

/* How many hosts a group needs, which makes one host's verdict the whole group's. */
void human_group_need(const struct page *page, const struct group_report *group);

/* What became of the hosts that the page is not about. */
void human_other_hosts(const struct page *page, const struct group_report *group);

/* -v and -vv of each host. 0 or -ENOMEM. */
int human_group_details(const struct page *page, const struct group_report *group,
                        unsigned verbose);

/* -v: resolution, stages and evidence of each address; -vv: every fact. 0 or -ENOMEM. */
int human_details(const struct page *page, const struct report *report, unsigned verbose);

#endif
