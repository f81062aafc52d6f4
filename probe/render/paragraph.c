#include "probe/render/paragraph.h"
#include "probe/render/columns.h"
#include <ctype.h>
#include <string.h>

/* "2.1 ms" and "3.06 s" are not parted. */
static bool parts_unit(const char *space, const char *text)
{
    if (space == text || !isdigit((unsigned char)space[-1]))
        return false;
    const char *unit = space + 1;
    size_t length = strspn(unit, "ms");
    return !isalnum((unsigned char)unit[length]) &&
           ((length == 1 && unit[0] == 's') || (length == 2 && strncmp(unit, "ms", 2) == 0));
}

/* Bytes up to the next place where the line may end. */
static size_t word_length(const char *text)
{
    const char *at = text;
    const char *next = at + character_length(at);
    while (*next && (*next == ' ' ? parts_unit(next, text) : !may_part(at, next))) {
        at = next;
        next = at + character_length(at);
    }
    return (size_t)(next - text);
}

void paragraph(const struct page *page, const char *label, unsigned hang, const char *text)
{
    unsigned column = page->indent + text_columns(label);
    bool line_begun = false;
    bool blank = false;
    fprintf(page->out, "%*s%s", (int)page->indent, "", label);
    text += strspn(text, " ");
    while (*text) {
        size_t length = word_length(text);
        unsigned wide = columns(text, length);
        if (line_begun && page->width && column + blank + wide > page->width) {
            column = page->indent + hang;
            fprintf(page->out, "\n%*s", (int)column, "");
            line_begun = false;
        }
        blank = blank && line_begun;
        fprintf(page->out, "%s%.*s", blank ? " " : "", (int)length, text);
        column += wide + blank;
        line_begun = true;
        text += length;
        blank = *text == ' ';
        text += strspn(text, " ");
    }
    fputc('\n', page->out);
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
