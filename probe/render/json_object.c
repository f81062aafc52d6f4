#include "probe/render/json_object.h"
#include "probe/render/escape.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Decimal digits that a count of microseconds in 32 bits has. */
enum { SECONDS_DIGITS = 10 };

struct part object_begin(void)
{
    json_t *json = json_object();
    return (struct part){.json = json, .failed = !json};
}

struct part array_begin(void)
{
    json_t *json = json_array();
    return (struct part){.json = json, .failed = !json};
}

json_t *part_end(struct part *part)
{
    if (!part->failed)
        return part->json;
    json_decref(part->json);
    return NULL;
}

void put(struct part *object, const char *key, json_t *value)
{
    if (!value || json_object_set_new(object->json, key, value) < 0)
        object->failed = true;
}

void put_integer(struct part *object, const char *key, json_int_t value)
{
    put(object, key, json_integer(value));
}

void put_flag(struct part *object, const char *key, bool value)
{
    put(object, key, json_boolean(value));
}

void put_seconds(struct part *object, const char *key, uint32_t us)
{
    put(object, key, json_real(us / 1e6));
}

void put_text(struct part *object, const char *key, const char *text)
{
    put_bytes(object, key, text, strlen(text));
}

void put_bytes(struct part *object, const char *key, const char *text, size_t text_length)
{
    /* A byte that is no UTF-8 becomes the three of U+FFFD. */
    size_t size = 3 * text_length + 1;
    char *valid = malloc(size);
    if (!valid) {
        object->failed = true;
        return;
    }
    size_t length = escape(ESCAPE_JSON_SOURCE, text, text_length, valid, size);
    put(object, key, json_stringn(valid, length));
    free(valid);
}

void put_text_if(struct part *object, const char *key, const char *text)
{
    if (text && text[0])
        put_text(object, key, text);
}

void add(struct part *array, json_t *value)
{
    if (!value || json_array_append_new(array->json, value) < 0)
        array->failed = true;
}

int json_line(FILE *out, json_t *json)
{
    if (!json)
        return -ENOMEM;
    char *text = json_dumps(json, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(SECONDS_DIGITS));
    json_decref(json);
    size_t length = text ? strlen(text) : 0;
    size_t size = 6 * length + 1; /* one byte becomes \u00NN at most */
    char *line = text ? malloc(size) : NULL;
    if (line) {
        fwrite(line, 1, escape(ESCAPE_JSON, text, length, line, size), out);
        fputc('\n', out);
    }
    int error = line ? 0 : -ENOMEM;
    free(line);
    free(text);
    return error;
}
