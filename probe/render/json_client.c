/* libmariadb's login as JSON: what it says is quoted, and no verdict. */
#include "probe/render/json_object.h"
#include "probe/render/language.h"
#include "probe/render/libmariadb_texts.h"
#include "probe/render/text.h"

static const char *result_name(enum client_result result)
{
    static const char *const names[] = {
        [CLIENT_NOT_RUN] = "not-run", [CLIENT_PREDICTED] = "predicted", [CLIENT_PASSED] = "passed",
        [CLIENT_FAILED] = "failed",   [CLIENT_TIMED_OUT] = "timed-out",
    };
    return names[result];
}

/* "" for none. */
static const char *reason_name(enum client_reason reason)
{
    static const char *const names[] = {
        [CLIENT_REASON_NONE] = "",
        [CLIENT_NO_TIME] = "no-time",
        [CLIENT_CUT] = "run-ended",
        [CLIENT_COUNTED] = "counted-before",
        [CLIENT_NO_THREAD] = "no-thread",
        [CLIENT_PLUGINS] = "several-plugins",
        [CLIENT_CANNOT_SAY] = "cannot-say",
        [CLIENT_KEY_STORE] = "key-store",
        [CLIENT_ANY_KEY] = "public-key-not-allowed",
        [CLIENT_IN_CLEAR] = "password-in-clear",
        [CLIENT_ASKS_PEOPLE] = "asks-on-terminal",
        [CLIENT_ASKS_OTHERS] = "asks-others",
        [CLIENT_NO_FILE] = "no-file",
        [CLIENT_PLUGIN_FILE] = "plugin-file",
        [CLIENT_CERTIFICATE] = "certificate",
        [CLIENT_TLS_POLICY] = "tls-policy",
    };
    return names[reason];
}

/* "" for nothing that is known. */
static const char *conflates(const struct client_evidence *client)
{
    const char *others = libmariadb_conflates(client->code, client->message);
    return others ? tr(others) : "";
}

json_t *json_client(const struct client_evidence *client, const struct stage_facts *stage)
{
    struct part object = object_begin();
    put_text(&object, "result", result_name(client->result));
    put_text_if(&object, "reason", reason_name(client->reason));
    if (client->code) {
        put_integer(&object, "code", client->code);
        if (client->wrapped)
            put_integer(&object, "server_code", client->wrapped);
        put_text(&object, "sqlstate", client->sqlstate);
        put_text(&object, "message", client->message);
        put_text_if(&object, "conflates", conflates(client));
    }
    put_text_if(&object, "plugin", client->plugin);
    if (client->alone)
        put_flag(&object, "alone", true);
    if (client->questions)
        put_integer(&object, "questions", client->questions);
    if (stage->outcome != OUTCOME_NOT_RUN)
        put_seconds(&object, "seconds", stage->duration_us);
    put_text_if(&object, "library", client->library);
    return part_end(&object);
}
