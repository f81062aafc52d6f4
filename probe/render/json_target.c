/* --no-probe as JSON: the keys of a report as far as they are known without probing. */
#include "probe/render/json_object.h"
#include "probe/render/render_formats.h"
#include "probe/render/words.h"

enum { SCHEMA_VERSION = 1 };

void json_put_place(struct part *object, const struct target *host)
{
    if (host->socket) {
        put_text(object, "socket", host->socket);
        return;
    }
    put_text(object, "host", host->host);
    put_integer(object, "port", host->port);
}

static void put_connection(struct part *object, const struct understood *understood)
{
    put_text(object, "login", understood->login ? "credentials" : "anonymous");
    put_text_if(object, "user", understood->user);
    put_text_if(object, "database", understood->database);
    put_text_if(object, "ssl_mode", understood->ssl_mode);
    for (size_t i = 0; i < UNDERSTOOD_FILES; i++)
        put_text_if(object, understood->files[i].key, understood->files[i].text);
    if (understood->get_server_public_key)
        put_flag(object, "get_server_public_key", true);
    put_seconds(object, "connect_timeout", understood->connect_timeout_ms * 1000);
    put_seconds(object, "timeout", understood->timeout_ms * 1000);
}

static json_t *host_json(const struct understood *understood)
{
    struct part object = object_begin();
    json_put_place(&object, understood->host);
    put_connection(&object, understood);
    return part_end(&object);
}

static json_t *group_json(const struct understood *hosts, size_t count)
{
    struct part object = object_begin();
    struct part array = array_begin();
    for (size_t i = 0; i < count; i++)
        add(&array, host_json(&hosts[i]));
    put_text(&object, "mode", group_mode_name(hosts[0].host->mode));
    put(&object, "hosts", part_end(&array));
    return part_end(&object);
}

static json_t *notes_json(const struct target_settings *settings)
{
    char text[NOTE_TEXT];
    struct part array = array_begin();
    if (settings && settings->ignored) {
        struct part note = object_begin();
        words_ignored(settings, text, sizeof text);
        put_text(&note, "id", "parameter-ignored");
        put_text(&note, "text", text);
        add(&array, part_end(&note));
    }
    return part_end(&array);
}

int json_target(FILE *out, const struct understood *hosts, size_t count,
                const struct render_options *options)
{
    const struct target *target = hosts[0].host;
    struct part object = object_begin();
    (void)options;
    put_integer(&object, "schema_version", SCHEMA_VERSION);
    put_text(&object, "obprobe", OBPROBE_VERSION);
    put_text(&object, "input", target->input);
    if (target->line)
        put_integer(&object, "line", target->line);
    json_put_place(&object, target);
    if (count > 1)
        put(&object, "group", group_json(hosts, count));
    put_connection(&object, &hosts[0]);
    put(&object, "notes", notes_json(target->settings));
    return json_line(out, part_end(&object));
}
