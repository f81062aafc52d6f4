#include "probe/render/paragraph.h"
#include <ctype.h>
#include <string.h>

/* Columns, one a character: all that is shown is escaped, and East Asian text comes from servers
 * only, where a ragged edge does no harm. */
static unsigned columns(const char *text, size_t length)
{
    unsigned count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* "2.1 ms" and "3.06 s" are not parted. */
static bool parts_unit(const char *space, const char *text)
{
    if (space == text || !isdigit((unsigned char)space[-1]))
        return false;
    size_t unit = strcspn(space + 1, " .,;:)");
    return (unit == 1 && space[1] == 's') || (unit == 2 && strncmp(space + 1, "ms", 2) == 0);
}

/* Bytes up to the next place where the line may end. */
static size_t word_length(const char *text)
{
    const char *at = text;
    do
        at += 1 + strcspn(at + 1, " ");
    while (*at && parts_unit(at, text));
    return (size_t)(at - text);
}

void paragraph(const struct page *page, const char *label, unsigned hang, const char *text)
{
    unsigned column = page->indent + text_columns(label);
    bool line_begun = false;
    fprintf(page->out, "%*s%s", (int)page->indent, "", label);
    text += strspn(text, " ");
    while (*text) {
        size_t length = word_length(text);
        unsigned wide = columns(text, length);
        if (line_begun && page->width && column + 1 + wide > page->width) {
            column = page->indent + hang;
            fprintf(page->out, "\n%*s", (int)column, "");
            line_begun = false;
        }
        fprintf(page->out, "%s%.*s", line_begun ? " " : "", (int)length, text);
        column += wide + line_begun;
        line_begun = true;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', page->out);
}

unsigned text_columns(const char *text)
{
    return columns(text, strlen(text));
}

void hanging(const struct page *page, const char *label, const char *text)
{
    paragraph(page, label, text_columns(label), text);
}

/* Further lines of an item stand two columns in, so that the next item is seen. */
void list_item(const struct page *page, const char *label, bool first, const char *text)
{
    unsigned hang = text_columns(label);
    struct page below = *page;
    if (first) {
        paragraph(page, label, hang + 2, text);
        return;
    }
    below.indent += hang;
    paragraph(&below, "", 2, text);
}
