/* Paragraphs and lists for a terminal. */
#ifndef PROBE_RENDER_PARAGRAPH_H
#define PROBE_RENDER_PARAGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where text goes: an indentation, and a right edge (0: none, nothing is wrapped). */
struct page {
    FILE *out;
    unsigned width;
    unsigned indent;
};

/* One paragraph behind `label` (may be ""), wrapped at spaces and between Chinese characters,
 * further lines `hang` columns in from the page's indentation. A word that is too long stays whole;
 * a number stays with its unit. */
void paragraph(const struct page *page, const char *label, unsigned hang, const char *text);

/* The same, further lines below the text behind the label. */
void hanging(const struct page *page, const char *label, const char *text);

/* An item of a list: the first item carries the label, the others stand below its text. */
void list_item(const struct page *page, const char *label, bool first, const char *text);

#endif
