#include "probe/render/words_drivers.h"
#include "probe/render/escape.h"
#include "probe/render/language.h"
#include "probe/render/placeholders.h"
#include "probe/render/text.h"
#include "probe/render/words.h"
#include <stdio.h>
#include <string.h>

bool report_predicts(const struct report *report, enum prediction prediction)
{
    return report->predictions & UINT32_C(1) << prediction;
}

/* ---- facts; each puts at most SENTENCE bytes, made safe ---- */

static void put_account(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    snprintf(to, SENTENCE, "%s",
             prediction_knows_account(&address->evidence.exchange)
                 ? tr("this account")
                 : tr("accounts with the default plugin"));
}

static void put_seen(const struct report *report, const struct address_result *address, char *to)
{
    const struct exchange_facts *exchange = &address->evidence.exchange;
    const char *plugin = prediction_plugin(exchange);
    char safe[4 * PLUGIN_NAME];
    (void)report;
    escape(ESCAPE_TEXT, plugin, strlen(plugin), safe, sizeof safe);
    snprintf(to, SENTENCE, tr("The plugin of %s is %s"),
             prediction_knows_account(exchange) ? tr("the account") : tr("the greeting"), safe);
}

static void put_server(const struct report *report, const struct address_result *address, char *to)
{
    char server[VERSION_TEXT];
    (void)report;
    snprintf(to, SENTENCE, "%s", server_text(&address->evidence.exchange, server));
}

static void put_tls(const struct report *report, const struct address_result *address, char *to)
{
    const char *version = address->tls ? tls_version_name(address->tls->version) : NULL;
    (void)report;
    snprintf(to, SENTENCE, "%s", version ? version : tr("an old version of TLS"));
}

static void put_certificate(const struct report *report, const struct address_result *address,
                            char *to)
{
    const struct tls_evidence *tls = address->tls;
    char host[ENDPOINT_TEXT];
    if (tls && prediction_certificate_expired(tls)) {
        snprintf(to, SENTENCE, "%s", tr("The certificate, or one of its chain, has expired"));
        return;
    }
    if (tls && tls->verify_code) {
        snprintf(to, SENTENCE, tr("Verified here the certificate gives: %s (code %d)"),
                 tls->verify_text, tls->verify_code);
        return;
    }
    escape(ESCAPE_TEXT, report->target.host, strlen(report->target.host), host, sizeof host);
    to[0] = '\0';
    text_add(to, SENTENCE, tr("The certificate is not for %s"), host);
}

static const struct placeholder placeholders[] = {
    {"{account}", put_account},         {"{seen}", put_seen},
    {"{server}", put_server},           {"{tls}", put_tls},
    {"{certificate}", put_certificate}, {NULL, NULL},
};

/* Appends the text of the table; its facts are there whenever its row holds. */
static void fill_in(const struct report *report, const char *text, char *to)
{
    (void)placeholders_fill(placeholders, report, text, strlen(text), to, PREDICTION_TEXT);
}

/* ---- sentences ---- */

static void add_prediction(const struct report *report, enum prediction prediction, char *to)
{
    const struct prediction_row *row = prediction_row(prediction);
    text_add(to, PREDICTION_TEXT, tr("%s: "), tr(row->drivers));
    fill_in(report, tr(row->happens), to);
    text_add(to, PREDICTION_TEXT, "%s%s", sentence_gap(), tr(row->mends));
}

void words_prediction(const struct report *report, enum prediction prediction, char *to)
{
    to[0] = '\0';
    add_prediction(report, prediction, to);
}

void words_prediction_rule(const struct report *report, enum prediction prediction, char *to)
{
    to[0] = '\0';
    fill_in(report, tr(prediction_row(prediction)->rule), to);
}

void words_prediction_advice(const struct report *report, enum prediction prediction, char *to)
{
    to[0] = '\0';
    add_prediction(report, prediction, to);
    text_add(to, PREDICTION_TEXT, "%s", tr(" ("));
    fill_in(report, tr(prediction_row(prediction)->rule), to);
    text_add(to, PREDICTION_TEXT, "%s", tr(")"));
}
