/* -v and -vv. */
#include "probe/render/escape.h"
#include "probe/render/human.h"
#include "probe/render/json_object.h"
#include "probe/render/language.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"
#include "probe/render/words.h"
#include <errno.h>
#include <string.h>

static void resolution_line(const struct page *page, const struct report *report)
{
    char text[NOTE_TEXT] = "", ip[IP_TEXT], after[DURATION_TEXT];
    if (!report->resolution.asked)
        return;
    const char *error = report->resolution.eai ? eai_name(report->resolution.eai) : NULL;
    (void)duration_text(report->resolution.duration_us, after);
    if (error)
        text_add(text, sizeof text, tr("%s after %s"), error, after);
    else
        text_add(text, sizeof text, tr("resolved in %s:"), after);
    for (size_t i = 0; i < report->resolution.address_count; i++)
        text_add(text, sizeof text, " %s", ip_numeric(&report->resolved[i], ip));
    paragraph(page, tr("Name: "), 2, text);
}

/* The name's stage belongs to the target and is told once. */
static void stages_line(const struct page *page, const struct evidence *evidence)
{
    char text[SENTENCE] = "", after[DURATION_TEXT];
    const char *before = "";
    for (unsigned i = STAGE_CONNECT; i < STAGE_COUNT; i++) {
        const struct stage_facts *stage = &evidence->stages[i];
        if (stage->outcome == OUTCOME_NOT_RUN)
            continue;
        text_add(text, sizeof text, tr("%s%s %s in %s"), before, stage_name((enum stage)i),
                 outcome_name(stage->outcome), duration_text(stage->duration_us, after));
        before = tr(", ");
    }
    paragraph(page, tr("Stages: "), 2, text[0] ? text : tr("none was run"));
}

static void server_line(const struct page *page, const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    char server[VERSION_TEXT], plugin[4 * PLUGIN_NAME];
    char text[3 * SENTENCE] = "";
    if (!exchange->greeted)
        return;
    escape(ESCAPE_TEXT, exchange->auth_plugin, strlen(exchange->auth_plugin), plugin,
           sizeof plugin);
    text_add(text, sizeof text, tr("%s, connection %u, plugin %s, TLS %s, answered by %s"),
             server_text(exchange, server), exchange->connection_id,
             plugin[0] ? plugin : tr("none"),
             exchange->capabilities & CLIENT_SSL ? tr("offered") : tr("not offered"),
             tr(answered_by_name(diagnose_answered_by(evidence))));
    paragraph(page, tr("Server: "), 2, text);
}

static void login_line(const struct page *page, const struct report *report)
{
    char reading[SENTENCE];
    words_reading(report, reading);
    if (report->login_name && reading[0])
        paragraph(page, tr("Login: "), 2, reading);
}

static void recognised_line(const struct page *page, const struct exchange_facts *exchange)
{
    char text[2 * SENTENCE];
    if (exchange->certainty == CERTAINTY_NONE)
        return;
    words_recognised(exchange, text, sizeof text);
    paragraph(page, tr("Recognised: "), 2, text);
}

/* Who is behind the encryption, as far as it was looked at. */
static void add_certificate(char *to, size_t size, const struct address_result *address)
{
    const struct tls_evidence *tls = address->tls;
    char subject[2 * TLS_DISTINGUISHED_NAME], until[TIME_TEXT];
    if (tls->certificate_count) {
        const struct tls_certificate *leaf = &tls->certificates[0];
        escape(ESCAPE_TEXT, leaf->subject, strlen(leaf->subject), subject, sizeof subject);
        text_add(to, size, tr(", certificate of \"%s\" until %s"), subject,
                 time_text(leaf->not_after, until));
    }
    if (!tls->judged)
        return;
    if (diagnose_tls_verified(address->evidence.tls_mode, tls))
        text_add(to, size, "%s", tr(", verified"));
    else
        text_add(to, size, tr(", not verified: %s (code %d)%s"), tls->verify_text, tls->verify_code,
                 tls->name == TLS_FAILS ? tr(", and for another name") : "");
}

static void tls_line(const struct page *page, const struct address_result *address)
{
    const struct tls_evidence *tls = address->tls;
    char text[3 * SENTENCE] = "";
    if (!tls || tls->handshake != TLS_DONE)
        return;
    const char *version = tls_version_name(tls->version);
    text_add(text, sizeof text, tr("%s, %s"), version ? version : tr("unknown version"),
             tls->cipher);
    if (tls->group[0])
        text_add(text, sizeof text, tr(", %s"), tls->group);
    add_certificate(text, sizeof text, address);
    paragraph(page, tr("TLS: "), 2, text);
}

/* ---- -vv: every fact, under its name in the JSON ---- */

/* The JSON holds the raw text of servers, which a terminal must not see. */
static void value_text(const json_t *value, char *to, size_t size)
{
    to[0] = '\0';
    if (json_is_string(value))
        escape(ESCAPE_TEXT, json_string_value(value), json_string_length(value), to, size);
    else if (json_is_boolean(value))
        text_add(to, size, "%s", json_is_true(value) ? tr("yes") : tr("no"));
    else if (json_is_real(value))
        text_add(to, size, "%.6g", json_real_value(value));
    else
        text_add(to, size, "%lld", (long long)json_integer_value(value));
}

static void list_fact(const struct page *page, const char *key, const json_t *value)
{
    char text[4 * SENTENCE], label[SENTENCE];
    value_text(value, text, sizeof text);
    snprintf(label, sizeof label, "%s = ", key);
    paragraph(page, label, 4, text);
}

static void list_facts(const struct page *page, const char *prefix, json_t *facts);

static void list_value(const struct page *page, const char *name, json_t *value)
{
    char prefix[SENTENCE / 2] = "";
    if (!json_is_object(value)) {
        list_fact(page, name, value);
        return;
    }
    text_add(prefix, sizeof prefix, "%s.", name);
    list_facts(page, prefix, value);
}

/* Objects and arrays inside are told below their own names: icmp.type. Depth 3 at most, by what
 * json_evidence() and json_tls() build. */
static void list_facts(const struct page *page, const char *prefix, json_t *facts)
{
    const char *key;
    json_t *value;
    json_object_foreach(facts, key, value)
    {
        char name[SENTENCE / 2];
        size_t index;
        json_t *item;
        snprintf(name, sizeof name, "%s%s", prefix, key);
        if (json_is_array(value)) {
            json_array_foreach(value, index, item) list_value(page, name, item);
        } else {
            list_value(page, name, value);
        }
    }
}

static void first_bytes_line(const struct page *page, const struct exchange_facts *exchange)
{
    char text[8 * FIRST_BYTES];
    if (exchange->first_length == 0)
        return;
    escape(ESCAPE_TEXT, (const char *)exchange->first_bytes, exchange->first_length, text,
           sizeof text);
    paragraph(page, tr("first_bytes as text = "), 4, text);
}

/* All of an object that is there, below a name; takes it over. */
static int named_facts(const struct page *page, const char *prefix, json_t *facts)
{
    if (!facts)
        return -ENOMEM;
    list_facts(page, prefix, facts);
    json_decref(facts);
    return 0;
}

static void client_line(const struct page *page, const struct address_result *address)
{
    const struct client_evidence *client = address->client;
    char text[SENTENCE] = "", plugin[4 * CLIENT_PLUGIN];
    if (!client)
        return;
    escape(ESCAPE_TEXT, client->plugin, strlen(client->plugin), plugin, sizeof plugin);
    text_add(text, sizeof text, tr("libmariadb %s, plugin %s, %s"), client->library, plugin,
             client->result == CLIENT_NOT_RUN || client->result == CLIENT_PREDICTED
                 ? tr("not run")
                 : outcome_name(address->evidence.stages[STAGE_CLIENT].outcome));
    if (client->reason)
        text_add(text, sizeof text, tr(": %s"), words_client_reason(client->reason));
    paragraph(page, tr("Client: "), 2, text);
}

static int all_facts(const struct page *page, const struct address_result *address)
{
    const struct evidence *evidence = &address->evidence;
    json_t *facts = json_evidence(evidence);
    json_t *server = json_server(evidence);
    int failed = facts && server ? 0 : -ENOMEM;
    if (!failed) {
        list_facts(page, "", facts);
        first_bytes_line(page, &evidence->exchange);
    }
    if (!failed && evidence->exchange.greeted)
        list_facts(page, "server.", server);
    if (!failed && address->tls)
        failed = named_facts(page, "tls.", json_tls(evidence->tls_mode, address->tls));
    if (!failed && address->client)
        failed = named_facts(page, "client.",
                             json_client(address->client, &evidence->stages[STAGE_CLIENT]));
    json_decref(facts);
    json_decref(server);
    return failed;
}

static int address_details(const struct page *page, const struct report *report,
                           const struct address_result *address, unsigned verbose)
{
    struct page inside = *page;
    char heading[SENTENCE] = "", place[ENDPOINT_TEXT];
    text_add(heading, sizeof heading, "%s: %s (%s)", place_text(report, address, place),
             cause_row(address->verdict.cause)->id, confidence_name(address->verdict.confidence));
    paragraph(page, "", 2, heading);
    inside.indent += 2;
    if (address != decisive_address(report))
        human_evidence(&inside, report, address);
    stages_line(&inside, &address->evidence);
    server_line(&inside, &address->evidence);
    recognised_line(&inside, &address->evidence.exchange);
    if (address == decisive_address(report))
        login_line(&inside, report);
    tls_line(&inside, address);
    client_line(&inside, address);
    return verbose > 1 ? all_facts(&inside, address) : 0;
}

int human_details(const struct page *page, const struct report *report, unsigned verbose)
{
    char text[SENTENCE] = "", elapsed[DURATION_TEXT];
    int failed = 0;
    resolution_line(page, report);
    for (size_t i = 0; i < report->address_count && !failed; i++)
        failed = address_details(page, report, &report->addresses[i], verbose);
    text_add(text, sizeof text, tr("%s. Cost to the server: %s. Control packets: %u."),
             duration_text(report->elapsed_us, elapsed), tr(server_cost_name(report_cost(report))),
             report_control_packets(report));
    paragraph(page, tr("Time: "), 2, text);
    return failed;
}
