#include "probe/render/words.h"
#include "probe/render/escape.h"
#include "probe/render/language.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(struct words *words, const char *format, va_list arguments)
{
    text_add_list(words->line[words->count - 1], SENTENCE, tr(format), arguments);
}

void say(struct words *words, const char *format, ...)
{
    if (words->count == SENTENCES)
        return;
    words->line[words->count++][0] = '\0';
    va_list arguments;
    va_start(arguments, format);
    append(words, format, arguments);
    va_end(arguments);
}

void go_on(struct words *words, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(words, format, arguments);
    va_end(arguments);
}

void add_services(char *to, size_t size, uint32_t services)
{
    const char *before = "";
    for (unsigned service = 0; service < SERVICE_COUNT; service++)
        if (services & SERVICE_BIT(service)) {
            text_add(to, size, "%s%s", before, tr(service_title((enum service)service)));
            before = tr(", or ");
        }
}

/* ---- the name ---- */

static const char *eai_words(const struct resolution_facts *resolution)
{
    return resolution->eai == EAI_SYSTEM ? strerror(resolution->system_error)
                                         : gai_strerror(resolution->eai);
}

static void tell_name(struct words *words, const struct report *report)
{
    const struct resolution_facts *resolution = &report->resolution;
    char after[DURATION_TEXT], host[ENDPOINT_TEXT];
    duration_text(resolution->duration_us, after);
    escape(ESCAPE_TEXT, report->target.host, strlen(report->target.host), host, sizeof host);
    if (!resolution->asked && !resolution->answered)
        say(words, "The resolver was never asked for %s: no lookup could be started in time.",
            host);
    else if (!resolution->answered)
        say(words, "The resolver of this machine gave no answer for %s in %s.", host, after);
    else if (resolution->eai == 0)
        say(words, "The resolver of this machine answered for %s after %s, with no address.", host,
            after);
    else
        say(words, "The resolver of this machine answered for %s after %s: %s (%s).", host, after,
            eai_words(resolution),
            eai_name(resolution->eai) ? eai_name(resolution->eai) : tr("another error"));
}

/* --all-addresses asked for more than can be probed. */
static void tell_unprobed(struct words *words, const struct report *report)
{
    say(words, "The name has %u addresses, of which the first %zu were probed.",
        report->resolution.address_count, report->address_count);
}

/* ---- an address ---- */

static bool never_probed(const struct evidence *evidence)
{
    return evidence->skipped && !evidence->connect.family_unusable;
}

void words_evidence(const struct report *report, const struct address_result *address,
                    struct words *ret_words)
{
    *ret_words = (struct words){0};
    if (!address) {
        (report->address_count ? tell_unprobed : tell_name)(ret_words, report);
        return;
    }
    if (never_probed(&address->evidence)) {
        say(ret_words, "%s was not probed.", address->text);
        return;
    }
    const struct kind *kind = address->evidence.stages[STAGE_CONNECT].outcome == OUTCOME_PASSED
                                  ? exchange_kinds
                                  : connect_kinds;
    while (!kind->fits(address))
        kind++;
    kind->tell(ret_words, report, address);
    if (address->evidence.other_tls)
        say(ret_words, "Another target of this run, with other TLS settings, found that; nothing "
                       "else was tried there.");
    if (address->evidence.cut_short)
        say(ret_words, "The run was ended before the probe was through.");
}
