#include "probe/render/json_object.h"
#include "probe/render/language.h"
#include "probe/render/render_formats.h"
#include "probe/render/text.h"
#include "probe/render/words.h"
#include "probe/render/words_drivers.h"
#include <string.h>

enum { SCHEMA_VERSION = 1 };

/* ---- parts ---- */

/* Identifiers alone: scripts compare them, and the catalogue has the rest. */
static json_t *alternatives_json(const struct verdict *verdict)
{
    struct part array = array_begin();
    for (size_t i = 0; i < ALTERNATIVES && verdict->alternatives[i]; i++)
        add(&array, json_string(cause_row(verdict->alternatives[i])->id));
    return part_end(&array);
}

/* What to do comes before what others will do. */
static json_t *advice_json(const struct report *report)
{
    struct words words;
    struct part array = array_begin();
    words_advice(report, &words);
    for (size_t i = 0; i < words.count; i++)
        add(&array, json_string(words.line[i]));
    for (unsigned i = 0; i < PREDICTION_COUNT; i++) {
        char text[PREDICTION_TEXT];
        if (!report_predicts(report, (enum prediction)i) || !prediction_row(i)->current)
            continue;
        words_prediction_advice(report, (enum prediction)i, text);
        add(&array, json_string(text));
    }
    return part_end(&array);
}

static json_t *prediction_json(const struct report *report, enum prediction prediction)
{
    const struct prediction_row *row = prediction_row(prediction);
    char text[PREDICTION_TEXT];
    struct part object = object_begin();
    put_text(&object, "id", row->id);
    put_text(&object, "drivers", tr(row->drivers));
    put_flag(&object, "current", row->current);
    words_prediction(report, prediction, text);
    put_text(&object, "text", text);
    words_prediction_rule(report, prediction, text);
    put_text(&object, "rule", text);
    put_text(&object, "source", tr(row->source));
    return part_end(&object);
}

static json_t *predictions_json(const struct report *report)
{
    struct part array = array_begin();
    for (unsigned i = 0; i < PREDICTION_COUNT; i++)
        if (report_predicts(report, (enum prediction)i))
            add(&array, prediction_json(report, (enum prediction)i));
    return part_end(&array);
}

static json_t *note_json(const struct report *report, enum note note)
{
    char text[NOTE_TEXT];
    struct part object = object_begin();
    words_note(report, note, text, sizeof text);
    put_text(&object, "id", note_id(note));
    put_text(&object, "text", text);
    return part_end(&object);
}

/* `notes`: which of the report's. */
static json_t *notes_json(const struct report *report, uint32_t notes)
{
    struct part array = array_begin();
    for (unsigned note = 0; note < NOTE_COUNT; note++)
        if (notes & UINT32_C(1) << note)
            add(&array, note_json(report, (enum note)note));
    return part_end(&array);
}

/* All that the resolver gave, those that were not probed included. */
static json_t *resolved_json(const struct report *report)
{
    struct part array = array_begin();
    for (size_t i = 0; i < report->resolution.address_count; i++) {
        char text[IP_TEXT];
        add(&array,
            json_string(i < report->address_count ? report->addresses[i].text
                                                  : ip_numeric(&report->resolved[i], text)));
    }
    return part_end(&array);
}

/* A numeric host was never looked up, so it has no time. */
static json_t *resolution_json(const struct report *report)
{
    const struct resolution_facts *resolution = &report->resolution;
    struct part object = object_begin();
    if (resolution->asked)
        put_seconds(&object, "seconds", resolution->duration_us);
    if (resolution->eai)
        put_text_if(&object, "error", eai_name(resolution->eai));
    if (resolution->address_count && !report->target.socket)
        put(&object, "addresses", resolved_json(report));
    return part_end(&object);
}

/* ---- an address ---- */

static json_t *stage_json(const struct stage_facts *facts, enum stage stage)
{
    struct part object = object_begin();
    put_text(&object, "name", stage_name(stage));
    put_text(&object, "outcome", outcome_name(facts->outcome));
    if (facts->outcome != OUTCOME_NOT_RUN)
        put_seconds(&object, "seconds", facts->duration_us);
    return part_end(&object);
}

/* Every probe means to go through these; the others are listed where they ran. */
static bool is_listed(const struct evidence *evidence, enum stage stage)
{
    return stage == STAGE_CONNECT || stage == STAGE_GREETING || stage == STAGE_LOGIN ||
           evidence->stages[stage].outcome != OUTCOME_NOT_RUN;
}

static json_t *stages_json(const struct evidence *evidence)
{
    struct part array = array_begin();
    for (unsigned stage = 0; stage < STAGE_COUNT; stage++)
        if (is_listed(evidence, (enum stage)stage))
            add(&array, stage_json(&evidence->stages[stage], (enum stage)stage));
    return part_end(&array);
}

static void put_verdict(struct part *object, const struct verdict *verdict)
{
    const struct cause_row *row = cause_row(verdict->cause);
    put_text(object, "category", category_name(row->category));
    put_text(object, "cause", row->id);
    put_text(object, "stage", stage_name(verdict->stage));
    put_text(object, "confidence", confidence_name(verdict->confidence));
    put(object, "alternatives", alternatives_json(verdict));
}

static void put_circumstance(struct part *object, const struct address_result *address)
{
    if (address && address->circumstance)
        put_text(object, "circumstance", circumstance_row(address->circumstance)->id);
}

static void put_client(struct part *object, const struct address_result *address)
{
    if (address->client)
        put(object, "client",
            json_client(address->client, &address->evidence.stages[STAGE_CLIENT]));
}

static json_t *address_json(const struct report *report, const struct address_result *address)
{
    const char *family = address->ip.family == 6   ? "ipv6"
                         : address->ip.family == 4 ? "ipv4"
                                                   : "unix";
    struct part object = object_begin();
    put_text(&object, "address", address->text);
    if (!report->target.socket)
        put_integer(&object, "port", report->target.port);
    put_text(&object, "family", family);
    if (address_skipped(address))
        put_flag(&object, "skipped", true);
    put_verdict(&object, &address->verdict);
    put_circumstance(&object, address);
    put(&object, "stages", stages_json(&address->evidence));
    put(&object, "evidence", json_evidence(&address->evidence));
    if (address->tls)
        put(&object, "tls", json_tls(address->evidence.tls_mode, address->tls));
    put_client(&object, address);
    return part_end(&object);
}

static json_t *addresses_json(const struct report *report)
{
    struct part array = array_begin();
    for (size_t i = 0; i < report->address_count; i++)
        add(&array, address_json(report, &report->addresses[i]));
    return part_end(&array);
}

/* ---- a target ---- */

static void put_target(struct part *object, const struct report *report)
{
    char time[TIME_TEXT];
    put_integer(object, "schema_version", SCHEMA_VERSION);
    put_text_if(object, "time", time_text(report->time, time));
    put_text(object, "obprobe", OBPROBE_VERSION);
    put_text(object, "input", report->target.input);
    if (report->target.line)
        put_integer(object, "line", report->target.line);
    json_put_place(object, &report->target);
}

/* Sentences here are for people; scripts take the identifiers above. */
static void put_meaning(struct part *object, const struct report *report)
{
    const struct cause_row *row = cause_row(report->verdict.cause);
    put_circumstance(object, decisive_address(report));
    put_integer(object, "exit_code", report->exit_code);
    put_flag(object, "transient", row->persistence == TRANSIENT);
    put_text(object, "summary", tr(row->summary));
    put(object, "advice", advice_json(report));
    put(object, "notes", notes_json(report, report->notes));
    put(object, "predictions", predictions_json(report));
}

static void put_part(struct part *object, const char *key, struct slice part)
{
    if (part.length)
        put_bytes(object, key, part.at, part.length);
}

/* Who logs in, as given; and what OceanBase makes of the name, of which an anonymous login keeps
 * tenant and cluster. */
static void put_user(struct part *object, const struct report *report)
{
    struct login_name name;
    put_text_if(object, "user", report->user);
    if (!report_login_name(report, &name))
        return;
    if (report->user)
        put_part(object, "user_name", name.user);
    put_part(object, "tenant", name.tenant);
    put_part(object, "cluster", name.cluster);
}

/* What was done to find out. Whoever did not greet has no `server`. */
static void put_probe(struct part *object, const struct report *report)
{
    const struct address_result *decisive = decisive_address(report);
    char source[IP_TEXT];
    put_seconds(object, "seconds", report->elapsed_us);
    put_text(object, "server_cost", server_cost_name(report_cost(report)));
    put_text(object, "login", report_logged_in(report) ? "credentials" : "anonymous");
    put_user(object, report);
    put_text_if(object, "database", settings_text(report->target.settings, SETTING_DATABASE));
    if (decisive)
        put_text_if(object, "source_address",
                    ip_numeric(&decisive->evidence.connect.source, source));
    put_integer(object, "control_packets", report_control_packets(report));
    put(object, "resolution", resolution_json(report));
    put(object, "addresses", addresses_json(report));
    if (decisive && decisive->evidence.exchange.greeted)
        put(object, "server", json_server(&decisive->evidence));
    if (decisive)
        put_client(object, decisive);
}

/* A host of a group: what there is to know of it by itself. */
static json_t *member_json(const struct report *report)
{
    uint32_t notes = report->notes & ~(UINT32_C(1) << NOTE_HOST_DEAD);
    struct part object = object_begin();
    json_put_place(&object, &report->target);
    put_flag(&object, "ready", report->ready);
    put_verdict(&object, &report->verdict);
    put_integer(&object, "exit_code", report->exit_code);
    if (notes)
        put(&object, "notes", notes_json(report, notes));
    put_probe(&object, report);
    return part_end(&object);
}

static json_t *group_json(const struct group_report *group)
{
    struct part object = object_begin();
    struct part array = array_begin();
    for (size_t i = 0; i < group->count; i++)
        add(&array, member_json(&group->members[i]));
    put_text(&object, "mode", group_mode_name(group->mode));
    put(&object, "hosts", part_end(&array));
    return part_end(&object);
}

int json_report(FILE *out, const struct report *report, const struct render_options *options)
{
    (void)options;
    struct part object = object_begin();
    put_target(&object, report);
    if (report->group)
        put(&object, "group", group_json(report->group));
    put_flag(&object, "ready", report->ready);
    put_verdict(&object, &report->verdict);
    put_meaning(&object, report);
    put_probe(&object, report);
    return json_line(out, part_end(&object));
}
