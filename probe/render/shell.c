#include "probe/render/shell.h"
#include "probe/render/text.h"
#include <string.h>

void shell_word(const char *text, char *to, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._/:@%+=,[]";
    *to = '\0';
    if (*text && text[strspn(text, plain)] == '\0') {
        text_add(to, size, "%s", text);
        return;
    }
    text_add(to, size, "'");
    for (; *text; text += strcspn(text, "'")) {
        if (*text == '\'') {
            text_add(to, size, "'\\''");
            text++;
        }
        text_add(to, size, "%.*s", (int)strcspn(text, "'"), text);
    }
    text_add(to, size, "'");
}
