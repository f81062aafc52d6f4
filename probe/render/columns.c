#include "probe/render/columns.h"
#include <stdint.h>
#include <string.h>

/* Tables and not wcwidth(3): that needs a locale of UTF-8 to be installed, which small images lack.
 */
struct range {
    uint32_t first;
    uint32_t last;
};

/* Blocks of combining marks and variation selectors (Unicode 15, general category Mn or Me). A mark
 * of a single script elsewhere counts as a column: its line ends early, and never late. */
static const struct range marks[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},   {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20f0},   {0x302a, 0x302d}, {0x3099, 0x309a},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

/* Unicode 15, EastAsianWidth.txt: W and F; what stands between them and is not assigned counts too,
 * and, as in the C library, the hexagrams and circled numbers amid the Chinese blocks. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},   {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0xa4c6},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe10, 0xfe6b},   {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x1b2fb},
    {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a},
    {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393},
    {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4},
    {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d},
    {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596},
    {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc},
    {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc},
    {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff},
    {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

/* Of UTF-8 that is known to be good. */
static uint32_t code_point(const char *text)
{
    static const unsigned char bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t length = character_length(text);
    uint32_t point = (unsigned char)text[0];
    if (length < sizeof bits)
        point &= bits[length];
    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3f);
    return point;
}

static bool is_in(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

size_t character_length(const char *text)
{
    size_t length = 1;
    while (((unsigned char)text[length] & 0xc0) == 0x80)
        length++;
    return length;
}

unsigned character_columns(const char *text)
{
    uint32_t point = code_point(text);
    if (point < marks[0].first)
        return 1;
    if (is_in(point, marks, sizeof marks / sizeof marks[0]))
        return 0;
    return is_in(point, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

unsigned columns(const char *text, size_t length)
{
    unsigned count = 0;
    for (const char *at = text; at < text + length; at += character_length(at))
        count += character_columns(at);
    return count;
}

unsigned text_columns(const char *text)
{
    return columns(text, strlen(text));
}

static bool stands_in(const char *set, const char *character)
{
    return memmem(set, strlen(set), character, character_length(character));
}

/* What must not begin or end a line (W3C, Requirements for Chinese Text Layout: prohibition rules).
 */
bool may_part(const char *left, const char *right)
{
    static const char never_first[] = "，。；：？！、）】》〉」』〕”’…—～·％,.;:?!)]}>%/'\"";
    static const char never_last[] = "（【《〈「『〔“‘([{<'\"";
    bool is_wide = character_columns(left) == 2 || character_columns(right) == 2;
    return is_wide && character_columns(right) > 0 && !stands_in(never_first, right) &&
           !stands_in(never_last, left);
}
