#include "probe/render/libmariadb_texts.h"
#include <stddef.h>
#include <string.h>

struct row {
    unsigned code;
    const char *fragment;
    const char *sentence;
};

static const struct row rows[] = {
#define LIBMARIADB_TEXT(code, fragment, causes, sentence) {code, fragment, sentence},
#include "probe/render/libmariadb_texts.def"
#undef LIBMARIADB_TEXT
};

const char *libmariadb_conflates(unsigned code, const char *text)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code && strstr(text, rows[i].fragment))
            return rows[i].sentence;
    return NULL;
}
