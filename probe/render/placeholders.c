#include "probe/render/placeholders.h"
#include "probe/render/text.h"
#include <string.h>

/* Other braces stand for themselves, as in a command of awk. */
static const struct placeholder *placeholder_at(const struct placeholder *table, const char *text)
{
    for (; table->name; table++)
        if (strncmp(text, table->name, strlen(table->name)) == 0)
            return table;
    return NULL;
}

/* Up to the next brace, which is not the first byte: that one is none of a placeholder. */
static size_t plain_length(const char *text, const char *end)
{
    const char *brace = memchr(text + 1, '{', (size_t)(end - text) - 1);
    return (size_t)((brace ? brace : end) - text);
}

bool placeholders_fill(const struct placeholder *table, const struct report *report,
                       const char *text, size_t length, char *to, size_t size)
{
    const char *end = text + length;
    while (text < end) {
        const struct placeholder *placeholder = placeholder_at(table, text);
        if (!placeholder) {
            size_t plain = plain_length(text, end);
            text_add(to, size, "%.*s", (int)plain, text);
            text += plain;
            continue;
        }
        char fact[SENTENCE] = "";
        placeholder->put(report, decisive_address(report), fact);
        if (!fact[0])
            return false;
        text_add(to, size, "%s", fact);
        text += strlen(placeholder->name);
    }
    return true;
}
