/* What the files of the human format share. */
#ifndef PROBE_RENDER_HUMAN_H
#define PROBE_RENDER_HUMAN_H

#include "probe/render/paragraph.h"
#include "probe/verdict/report.h"

/* The sentences about one address, as one paragraph; NULL for the name. */
void human_evidence(const struct page *page, const struct report *report,
                    const struct address_result *address);

/* -v: resolution, stages and evidence of each address; -vv: every fact. 0 or -ENOMEM. */
int human_details(const struct page *page, const struct report *report, unsigned verbose);

#endif
