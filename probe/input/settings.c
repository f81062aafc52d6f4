#include "probe/input/settings.h"
#include "probe/input/residue.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct target_settings *settings_new(void)
{
    struct target_settings *settings = calloc(1, sizeof *settings);
    if (!settings)
        return NULL;
    settings->holders = 1;
    settings->tls_mode = -1;
    return settings;
}

static bool copy_text(const char *text, char **ret_copy)
{
    *ret_copy = text ? strdup(text) : NULL;
    return !text || *ret_copy;
}

struct target_settings *settings_clone(const struct target_settings *settings)
{
    struct target_settings *clone = settings_new();
    if (!clone)
        return NULL;
    struct target_settings own = *settings;
    own.holders = 1;
    memset(own.texts, 0, sizeof own.texts);
    bool whole = copy_text(settings->ignored, &own.ignored);
    for (size_t i = 0; i < SETTING_COUNT && whole; i++)
        whole = copy_text(settings->texts[i], &own.texts[i]);
    *clone = own;
    if (whole)
        return clone;
    settings_unref(clone);
    return NULL;
}

struct target_settings *settings_ref(struct target_settings *settings)
{
    if (settings)
        settings->holders++;
    return settings;
}

void settings_unref(struct target_settings *settings)
{
    if (!settings || --settings->holders > 0)
        return;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        free(settings->texts[i]);
    free(settings->ignored);
    free(settings);
}

static unsigned hex(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a') + 10;
}

const char *decode_byte(const char *at, enum coding coding, char *ret_byte)
{
    if (coding != CODING_RAW && *at == '%') {
        *ret_byte = (char)(hex(at[1]) * 16 + hex(at[2]));
        return at + 3;
    }
    *ret_byte = *at;
    if (coding == CODING_FORM && *at == '+')
        *ret_byte = ' ';
    return at + 1;
}

int secret_decode(const struct encoded *encoded, struct secret **ret_secret)
{
    char bytes[SECRET_MAX];
    size_t length = 0;
    const char *end = encoded->at + encoded->length;
    const char *at = encoded->at;
    while (at < end && length < sizeof bytes)
        at = decode_byte(at, encoded->coding, &bytes[length++]);
    int error = at < end ? -E2BIG : secret_new(bytes, length, ret_secret);
    explicit_bzero(bytes, sizeof bytes);
    residue_wipe();
    return error;
}

const char *settings_text(const struct target_settings *settings, enum setting setting)
{
    return settings ? settings->texts[setting] : NULL;
}
