/* What to do: the advice of a cause or circumstance, with this target's facts. */
#include "probe/render/escape.h"
#include "probe/render/language.h"
#include "probe/render/placeholders.h"
#include "probe/render/sentences.h"
#include "probe/render/shell.h"
#include "probe/render/text.h"
#include <ctype.h>
#include <idn2.h>
#include <stdio.h>
#include <string.h>

/* A port that came from -P stands not in the text that was typed. */
static bool says_its_port(const struct target *target)
{
    char port[8];
    size_t length = (size_t)snprintf(port, sizeof port, ":%u", target->port);
    size_t typed = strlen(target->input);
    return target->socket || target->settings || target->port == DEFAULT_PORT ||
           (typed > length && strcmp(target->input + typed - length, port) == 0);
}

/* Each puts its fact into `to`, made safe, or leaves it empty where the fact is absent; `address`
 * may be NULL. */
static void put_target(const struct report *report, const struct address_result *address, char *to)
{
    char word[SENTENCE], endpoint[ENDPOINT_TEXT];
    (void)address;
    shell_word(report->target.input, word, sizeof word);
    if (says_its_port(&report->target))
        escape(ESCAPE_TEXT, word, strlen(word), to, SENTENCE);
    else
        text_add(to, SENTENCE, "%s",
                 endpoint_text(report->target.host, report->target.port, endpoint));
}

static void put_host(const struct report *report, const struct address_result *address, char *to)
{
    (void)address;
    escape(ESCAPE_TEXT, report->target.host, strlen(report->target.host), to, SENTENCE);
}

static void put_port(const struct report *report, const struct address_result *address, char *to)
{
    (void)address;
    if (!report->target.socket)
        snprintf(to, SENTENCE, "%u", report->target.port);
}

static void put_address(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    snprintf(to, SENTENCE, "%s", address ? address->text : "");
}

static void put_source(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    if (address)
        ip_numeric(&address->evidence.connect.source, to);
}

static void put_sender(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    if (address && address->evidence.connect.icmp.seen)
        ip_numeric(&address->evidence.connect.icmp.from, to);
}

static void put_message(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    /* what libmariadb says of its own is no server's, and is quoted already */
    const char *message = !address                     ? ""
                          : words_client_fits(address) ? words_client_of_server(address->client)
                                                       : address->evidence.exchange.error.message;
    /* what was said to obprobe_nobody explains nothing of a password that was not used */
    bool to_nobody =
        address && address_withheld(address) && !address->evidence.exchange.credentials;
    if (message[0] && !to_nobody)
        escape(ESCAPE_TEXT, message, strlen(message), to, SENTENCE);
}

static void put_service(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    if (address)
        add_services(to, SENTENCE, address->evidence.exchange.services);
}

static void put_remedy(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    const char *client = address && address->client ? words_client_remedy(address->client) : "";
    if (address)
        snprintf(to, SENTENCE, "%s", *client ? client : words_remedy(&address->evidence.exchange));
}

static void put_socket(const struct report *report, const struct address_result *address, char *to)
{
    (void)address;
    if (report->target.socket)
        escape(ESCAPE_TEXT, report->target.socket, strlen(report->target.socket), to, SENTENCE);
}

/* The form of a name outside ASCII that stands in the DNS (RFC 5891). */
static void put_punycode(const struct report *report, const struct address_result *address,
                         char *to)
{
    char *ascii = NULL;
    const char *host = report->target.host;
    (void)address;
    for (const char *at = host; *at; at++)
        if ((unsigned char)*at >= 0x80)
            (void)(ascii || idn2_to_ascii_8z(host, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL));
    if (ascii)
        snprintf(to, SENTENCE, "%s", ascii);
    idn2_free(ascii);
}

static void put_package(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    if (address && address->client)
        snprintf(to, SENTENCE, "%s", words_client_package(address->client));
}

static void put_plugin(const struct report *report, const struct address_result *address, char *to)
{
    (void)report;
    if (address && address->client)
        escape(ESCAPE_TEXT, address->client->plugin, strlen(address->client->plugin), to, SENTENCE);
}

/* As an observer wants it. */
static void put_short_name(const struct report *report, const struct address_result *address,
                           char *to)
{
    struct login_name name = login_name_read(report->login_name);
    (void)address;
    if (!name.user.length || !name.tenant.length)
        return;
    char text[LOGIN_USER];
    snprintf(text, sizeof text, "%.*s@%.*s", (int)name.user.length, name.user.at,
             (int)name.tenant.length, name.tenant.at);
    escape(ESCAPE_TEXT, text, strlen(text), to, SENTENCE);
}

/* Between quotes of SQL. */
static void put_user(const struct report *report, const struct address_result *address, char *to)
{
    struct login_name name;
    (void)address;
    if (report_login_name(report, &name) && !slice_find(name.user, '\'') &&
        !slice_find(name.user, '\\'))
        escape(ESCAPE_TEXT, name.user.at, name.user.length, to, SENTENCE);
}

/* An identifier of SQL without quotes; no tenant has another name. */
static void put_tenant(const struct report *report, const struct address_result *address, char *to)
{
    struct login_name name;
    (void)address;
    if (!report_login_name(report, &name) || name.tenant.length == 0)
        return;
    for (size_t i = 0; i < name.tenant.length; i++)
        if (!isalnum((unsigned char)name.tenant.at[i]) && name.tenant.at[i] != '_')
            return;
    snprintf(to, SENTENCE, "%.*s", (int)name.tenant.length, name.tenant.at);
}

static void put_reading(const struct report *report, const struct address_result *address, char *to)
{
    (void)address;
    words_reading(report, to);
}

static void put_port_speaks(const struct report *report, const struct address_result *address,
                            char *to)
{
    (void)address;
    snprintf(to, SENTENCE, "%s", report->target.socket ? "" : words_port(report->target.port));
}

static const struct placeholder placeholders[] = {
    {"{target}", put_target},
    {"{host}", put_host},
    {"{port}", put_port},
    {"{address}", put_address},
    {"{source}", put_source},
    {"{sender}", put_sender},
    {"{message}", put_message},
    {"{service}", put_service},
    {"{remedy}", put_remedy},
    {"{socket}", put_socket},
    {"{punycode}", put_punycode},
    {"{package}", put_package},
    {"{plugin}", put_plugin},
    {"{user}", put_user},
    {"{tenant}", put_tenant},
    {"{short_name}", put_short_name},
    {"{reading}", put_reading},
    {"{port_speaks}", put_port_speaks},
    {NULL, NULL},
};

bool words_unprobed(const struct report *report)
{
    return report->address_count > 0 && report->decisive == report->address_count;
}

static const struct circumstance_row *circumstance_row_of(const struct report *report)
{
    const struct address_result *address = decisive_address(report);
    return address && address->circumstance ? circumstance_row(address->circumstance) : NULL;
}

static const char *next_of(const struct report *report)
{
    const struct circumstance_row *circumstance = circumstance_row_of(report);
    return tr(circumstance ? circumstance->next : cause_row(report->verdict.cause)->next);
}

void words_explanation(const struct report *report, char *to)
{
    const struct circumstance_row *circumstance = circumstance_row_of(report);
    const struct cause_row *cause = cause_row(report->verdict.cause);
    to[0] = '\0';
    if (circumstance)
        text_add(to, SENTENCE_PAIR, "%s", tr(circumstance->explanation));
    else
        text_add(to, SENTENCE_PAIR, "%s%s%s", tr(cause->summary), sentence_gap(),
                 tr(cause->explanation));
}

void words_advice(const struct report *report, struct words *ret_words)
{
    const char *next = next_of(report);
    ret_words->count = 0;
    if (words_unprobed(report)) {
        say(ret_words, "Probe the other addresses by themselves: -v lists them.");
        return;
    }
    while (*next && ret_words->count < SENTENCES) {
        size_t length = strcspn(next, "\n");
        char *line = ret_words->line[ret_words->count];
        line[0] = '\0';
        if (placeholders_fill(placeholders, report, next, length, line, SENTENCE))
            ret_words->count++;
        next += length;
        next += *next == '\n';
    }
}
