#include "probe/render/language.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* po/zh_CN.po as msgfmt compiles it for the byte order of this machine; CMake says where it is. */
__asm__(".pushsection .rodata\n"
        ".balign 4\n"
        ".hidden obprobe_catalogue_zh\n"
        ".globl obprobe_catalogue_zh\n"
        "obprobe_catalogue_zh:\n"
        ".incbin \"" OBPROBE_CATALOGUE_ZH "\"\n"
        ".popsection\n");

extern const char obprobe_catalogue_zh[];

/* Both as the gettext manual has them, "The Format of GNU MO Files"; the offsets count from the
 * beginning. */
struct header {
    uint32_t magic;
    uint32_t revision;
    uint32_t count;
    uint32_t originals; /* sorted, as strcmp() does */
    uint32_t translations;
};

struct text {
    uint32_t length; /* without the NUL behind it */
    uint32_t offset;
};

static _Thread_local enum language used;

enum language language_use(enum language language)
{
    enum language before = used;
    used = language;
    return before;
}

bool language_find(const char *name, enum language *ret_language)
{
    static const char *const names[] = {[LANGUAGE_ENGLISH] = "en", [LANGUAGE_CHINESE] = "zh"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_language = (enum language)i;
            return true;
        }
    return false;
}

/* Whatever is said is UTF-8. A locale that names no charset is taken for one of today. */
static bool is_utf8(const char *locale)
{
    const char *charset = strchr(locale, '.');
    size_t length = charset ? strcspn(++charset, "@") : 0;
    return !charset || (length == 5 && strncasecmp(charset, "utf-8", length) == 0) ||
           (length == 4 && strncasecmp(charset, "utf8", length) == 0);
}

/* Where the characters are the traditional ones. */
static bool is_traditional(const char *territory)
{
    static const char *const those[] = {"_TW", "_HK", "_MO"};
    for (unsigned i = 0; i < sizeof those / sizeof those[0]; i++)
        if (strncmp(territory, those[i], strlen(those[i])) == 0)
            return true;
    return false;
}

enum language language_of_locale(const char *locale)
{
    size_t length = strcspn(locale, "_.@");
    bool chinese = length == 2 && strncmp(locale, "zh", 2) == 0 && is_utf8(locale) &&
                   !is_traditional(locale + length);
    return chinese ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH;
}

static const struct header *catalogue(void)
{
    return (const void *)obprobe_catalogue_zh;
}

static const struct text *texts(uint32_t offset)
{
    return (const void *)(obprobe_catalogue_zh + offset);
}

const char *language_text(size_t index, const char **ret_translation)
{
    if (index >= catalogue()->count)
        return NULL;
    *ret_translation = obprobe_catalogue_zh + texts(catalogue()->translations)[index].offset;
    return obprobe_catalogue_zh + texts(catalogue()->originals)[index].offset;
}

static int compare(const void *text, const void *original)
{
    return strcmp(text, obprobe_catalogue_zh + ((const struct text *)original)->offset);
}

/* The translation of "" is the catalogue's header. */
const char *tr(const char *text)
{
    const char *translation = text;
    const struct text *originals = texts(catalogue()->originals);
    if (used == LANGUAGE_ENGLISH || !*text)
        return text;
    const struct text *found =
        bsearch(text, originals, catalogue()->count, sizeof *originals, compare);
    if (found)
        (void)language_text((size_t)(found - originals), &translation);
    return translation;
}

const char *tr_counted(unsigned count, const char *one, const char *many)
{
    return used == LANGUAGE_ENGLISH && count != 1 ? many : tr(one);
}

const char *sentence_gap(void)
{
    return used == LANGUAGE_ENGLISH ? " " : "";
}
