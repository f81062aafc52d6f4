#include "probe/render/escape.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct range {
    uint32_t first;
    uint32_t last;
};

/* What moves a terminal's cursor, turns the direction of writing or is not seen at all (Unicode
 * Technical Report 36, "Bidirectional Text Spoofing"; UAX 9, explicit formatting characters). */
static const struct range unseen_in_text[] = {
    {0x0000, 0x001f},   /* C0 */
    {0x007f, 0x009f},   /* DEL, C1 */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x180e, 0x180e},   /* Mongolian vowel separator */
    {0x200b, 0x200f},   /* zero width, direction marks */
    {0x2028, 0x202e},   /* line and paragraph separator, embeddings and overrides */
    {0x2060, 0x206f},   /* word joiner, invisible operators, isolates, deprecated controls */
    {0xfeff, 0xfeff},   /* zero width no-break space */
    {0xfff9, 0xfffb},   /* interlinear annotation */
    {0xe0000, 0xe007f}, /* tags */
};

/* THE table: what each format must not see. */
static const struct {
    const struct range *ranges;
    size_t count;
} unseen[ESCAPE_COUNT] = {
    [ESCAPE_TEXT] = {unseen_in_text, sizeof unseen_in_text / sizeof unseen_in_text[0]},
    [ESCAPE_JSON_SOURCE] = {NULL, 0},
    [ESCAPE_JSON] = {unseen_in_text, sizeof unseen_in_text / sizeof unseen_in_text[0]},
};

enum { REPLACEMENT = 0xfffd, CHARACTER_MAX = 4 };

/* The well-formed sequences by their first byte, and what may follow it (Unicode, table 3-7): a
 * narrower second byte keeps out overlong forms, surrogates and what is above U+10FFFF. */
static const struct lead {
    uint8_t first;
    uint8_t last;
    uint8_t length;
    uint8_t bits; /* of the first byte that belong to the code point */
    uint8_t second_first;
    uint8_t second_last;
} leads[] = {
    {0x00, 0x7f, 1, 0x7f, 0x00, 0x00}, {0xc2, 0xdf, 2, 0x1f, 0x80, 0xbf},
    {0xe0, 0xe0, 3, 0x0f, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x0f, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x0f, 0x80, 0x9f}, {0xee, 0xef, 3, 0x0f, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x07, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x07, 0x80, 0xbf},
    {0xf4, 0xf4, 4, 0x07, 0x80, 0x8f},
};

static const struct lead *lead_find(uint8_t byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

/* The character at the beginning: its bytes, and the code point or U+FFFD. Of a broken sequence the
 * longest beginning of a good one is replaced as a whole, as the Unicode standard recommends. */
static size_t decode(const uint8_t *bytes, size_t length, uint32_t *ret_point)
{
    const struct lead *lead = lead_find(bytes[0]);
    *ret_point = REPLACEMENT;
    if (!lead)
        return 1;
    uint32_t point = bytes[0] & lead->bits;
    for (size_t i = 1; i < lead->length; i++) {
        uint8_t first = i == 1 ? lead->second_first : 0x80;
        uint8_t last = i == 1 ? lead->second_last : 0xbf;
        if (i == length || bytes[i] < first || bytes[i] > last)
            return i;
        point = point << 6 | (bytes[i] & 0x3f);
    }
    *ret_point = point;
    return lead->length;
}

static bool is_unseen(enum escape_for how, uint32_t point)
{
    for (size_t i = 0; i < unseen[how].count; i++)
        if (point >= unseen[how].ranges[i].first && point <= unseen[how].ranges[i].last)
            return true;
    return false;
}

/* JSON knows 16 bits only: above them a surrogate pair (RFC 8259, section 7). */
static size_t write_escape(enum escape_for how, uint32_t point, char *to, size_t size)
{
    uint32_t above = point - 0x10000;
    int length;
    if (how == ESCAPE_JSON && point > 0xffff)
        length =
            snprintf(to, size, "\\u%04x\\u%04x", 0xd800 + (above >> 10), 0xdc00 + (above & 0x3ff));
    else if (how == ESCAPE_JSON)
        length = snprintf(to, size, "\\u%04x", point);
    else
        length = snprintf(to, size, point < 0x100 ? "\\x%02X" : "\\u{%04X}", point);
    return (size_t)length;
}

size_t escape(enum escape_for how, const char *text, size_t length, char *to, size_t size)
{
    size_t written = 0;
    for (size_t at = 0; at < length;) {
        const uint8_t *bytes = (const uint8_t *)text + at;
        uint32_t point;
        size_t taken = decode(bytes, length - at, &point);
        char shown[16];
        size_t needed = taken;
        if (is_unseen(how, point))
            needed = write_escape(how, point, shown, sizeof shown);
        else if (point == REPLACEMENT)
            needed = (size_t)snprintf(shown, sizeof shown, "\xef\xbf\xbd");
        else
            memcpy(shown, bytes, taken);
        if (written + needed >= size)
            break;
        memcpy(to + written, shown, needed);
        written += needed;
        at += taken;
    }
    if (size > 0)
        to[written] = '\0';
    return written;
}
