#include "probe/input/quoted.h"
#include "probe/input/residue.h"
#include <string.h>

enum { QUOTED_MIN = 4 };

static const char HIDDEN[] = "***";

static void hide_whole(char *text, const char *password, size_t length)
{
    char *rest = text;
    while ((rest = strstr(rest, password))) {
        memmove(rest + strlen(HIDDEN), rest + length, strlen(rest + length) + 1);
        memcpy(rest, HIDDEN, strlen(HIDDEN));
        rest += strlen(HIDDEN);
    }
}

/* Where the text was cut, so may be what it quotes. */
static void hide_cut(char *text, size_t size, const char *password, size_t length)
{
    size_t end = strlen(text);
    if (end + 1 < size)
        return;
    for (size_t part = length - 1; part >= 1; part--)
        if (part <= end && strncmp(text + end - part, password, part) == 0) {
            text[end - part] = '\0';
            return;
        }
}

void quoted_hide(char *text, size_t size, const struct secret *secret)
{
    size_t length = secret_length(secret);
    if (length < QUOTED_MIN)
        return;
    hide_cut(text, size, secret_bytes(secret), length);
    hide_whole(text, secret_bytes(secret), length);
    residue_wipe();
}
