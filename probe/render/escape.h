/* Everything that a server or a user said passes through here before it is shown. */
#ifndef PROBE_RENDER_ESCAPE_H
#define PROBE_RENDER_ESCAPE_H

#include <stddef.h>

/* For whom the text is made safe; escape.c holds one table of what each must not see. */
enum escape_for { ESCAPE_TEXT, ESCAPE_JSON_SOURCE, ESCAPE_JSON, ESCAPE_COUNT };

/*
 * Copies `length` bytes of `text` to `to` (size bytes, always NUL-terminated, cut at a character's
 * edge). Invalid UTF-8 becomes U+FFFD everywhere. ESCAPE_TEXT: C0, DEL, C1, bidirectional controls,
 * U+2028/9 and zero-width characters become \xNN or \u{NNNN}. ESCAPE_JSON_SOURCE: only made valid
 * UTF-8, the JSON library takes it from there. ESCAPE_JSON: for a JSON text as that library writes
 * it; what a terminal must not see, and JSON allows raw, becomes \uNNNN. Returns the bytes written
 * without the NUL.
 */
size_t escape(enum escape_for how, const char *text, size_t length, char *to, size_t size);

#endif
