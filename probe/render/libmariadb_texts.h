/* What libmariadb's texts conflate: libmariadb_texts.def is the one table, this is its face. */
#ifndef PROBE_RENDER_LIBMARIADB_TEXTS_H
#define PROBE_RENDER_LIBMARIADB_TEXTS_H

/* One sentence on which other situations give this code and text of libmariadb; NULL when none are
 * known, as for what a server says itself. */
const char *libmariadb_conflates(unsigned code, const char *text);

#endif
