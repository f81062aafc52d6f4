/* Texts of tables with facts to be filled in: "{target}". */
#ifndef PROBE_RENDER_PLACEHOLDERS_H
#define PROBE_RENDER_PLACEHOLDERS_H

#include "probe/render/words.h"

/* `put` leaves `to` (SENTENCE bytes, "") as it is where the fact is absent; what it puts is safe.
 * `address` may be NULL. */
struct placeholder {
    const char *name; /* with its braces */
    void (*put)(const struct report *report, const struct address_result *address, char *to);
};

/* Ends with a row without a name. Appends `length` bytes of the text to `to` (`size` bytes), with
 * the facts of the report's decisive address. False where a fact is absent: the rest is then left
 * out. */
bool placeholders_fill(const struct placeholder *table, const struct report *report,
                       const char *text, size_t length, char *to, size_t size);

#endif
