/* What was seen of TLS, where it decides the verdict. */
#include "probe/render/escape.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"
#include <string.h>

/* RFC 8446, 6.2, and RFC 5246, 7.2, in their own words. */
static const char *alert_name(int alert)
{
    static const struct {
        int alert;
        const char *name;
    } names[] = {
        {10, "unexpected message"},  {20, "bad record MAC"},          {40, "handshake failure"},
        {42, "bad certificate"},     {43, "unsupported certificate"}, {44, "certificate revoked"},
        {45, "certificate expired"}, {46, "certificate unknown"},     {47, "illegal parameter"},
        {48, "unknown CA"},          {49, "access denied"},           {50, "decode error"},
        {51, "decrypt error"},       {70, "protocol version"},        {71, "insufficient security"},
        {80, "internal error"},      {86, "inappropriate fallback"},  {109, "missing extension"},
        {112, "unrecognized name"},  {116, "certificate required"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].alert == alert)
            return names[i].name;
    return tr("an alert without a name");
}

static const char *stage_time(const struct address_result *address, char *to)
{
    return duration_text(address->evidence.stages[STAGE_TLS].duration_us, to);
}

/* ---- the handshake did not come about ---- */

static void tell_not_offered(struct words *words, const struct address_result *address)
{
    char server[VERSION_TEXT];
    say(words, "%s at %s greeted, and its greeting does not offer TLS.",
        server_text(&address->evidence.exchange, server), address->text);
}

static void tell_alert(struct words *words, const struct address_result *address)
{
    char server[VERSION_TEXT], after[DURATION_TEXT];
    int alert = address->tls->alert_received;
    say(words, "%s at %s ended the TLS handshake after %s with the alert \"%s\" (%d).",
        server_text(&address->evidence.exchange, server), address->text, stage_time(address, after),
        alert_name(alert), alert);
    if (address->tls->client_certificate_asked)
        say(words, "It had asked for a client certificate, and %s.",
            address->tls->client_certificate_sent ? tr("one was sent") : tr("none was given"));
}

static void tell_failure(struct words *words, const struct address_result *address)
{
    static const char *const ends[] = {
        [TLS_NOT_RUN] = N_("The TLS handshake did not begin"),
        [TLS_UNDER_WAY] = N_("Nothing more came in the TLS handshake"),
        [TLS_FAILED_HERE] = N_("The TLS handshake could not be completed on this side"),
        [TLS_PLAINTEXT] = N_("The request for TLS was answered in clear"),
        [TLS_CLOSED] = N_("The connection was closed in the TLS handshake"),
        [TLS_RESET] = N_("The connection was reset in the TLS handshake"),
    };
    const struct tls_evidence *tls = address->tls;
    char server[VERSION_TEXT], after[DURATION_TEXT], reason[SENTENCE / 2];
    say(words, "%s at %s offers TLS.", server_text(&address->evidence.exchange, server),
        address->text);
    say(words, "%s, after %s", tr(ends[tls->handshake]), stage_time(address, after));
    escape(ESCAPE_TEXT, tls->reason, strlen(tls->reason), reason, sizeof reason);
    go_on(words, reason[0] ? N_(": %s.") : N_("."), reason);
    if (tls->handshake == TLS_PLAINTEXT && address->evidence.exchange.first_length)
        tell_bytes(words, &address->evidence.exchange);
}

/* ---- it did, and is not good enough ---- */

static void tell_set_up(struct words *words, const struct address_result *address)
{
    char server[VERSION_TEXT], after[DURATION_TEXT];
    const char *version = tls_version_name(address->tls->version);
    say(words, "%s at %s set up %s (%s) in %s.", server_text(&address->evidence.exchange, server),
        address->text, version ? version : "TLS", address->tls->cipher, stage_time(address, after));
}

static void tell_chain(struct words *words, const struct tls_evidence *tls)
{
    const struct tls_certificate *leaf = &tls->certificates[0];
    char subject[SENTENCE / 2], issuer[SENTENCE / 2], from[TIME_TEXT], until[TIME_TEXT];
    if (tls->certificate_count == 0)
        return;
    escape(ESCAPE_TEXT, leaf->subject, strlen(leaf->subject), subject, sizeof subject);
    escape(ESCAPE_TEXT, leaf->issuer, strlen(leaf->issuer), issuer, sizeof issuer);
    say(words, "Its certificate is for \"%s\", issued by \"%s\", valid from %s to %s.", subject,
        issuer, time_text(leaf->not_before, from), time_text(leaf->not_after, until));
}

static void add_names(char *to, size_t size, const struct tls_evidence *tls)
{
    for (size_t i = 0; i < tls->name_count && i < TLS_NAMES; i++) {
        char name[TLS_NAME * 2];
        escape(ESCAPE_TEXT, tls->names[i], strlen(tls->names[i]), name, sizeof name);
        text_add(to, size, "%s%s", i ? tr(", ") : "", name);
    }
}

static void tell_judgement(struct words *words, const struct report *report,
                           const struct address_result *address)
{
    const struct tls_evidence *tls = address->tls;
    enum tls_mode mode = address->evidence.tls_mode;
    char names[SENTENCE / 2] = "", host[ENDPOINT_TEXT];
    if (mode >= TLS_VERIFY_CA && tls->verify_code)
        say(words, "The verification says: %s (code %d, certificate %u of the chain).",
            tls->verify_text, tls->verify_code, tls->verify_depth);
    escape(ESCAPE_TEXT, report->target.host, strlen(report->target.host), host, sizeof host);
    add_names(names, sizeof names, tls);
    if (mode >= TLS_VERIFY_IDENTITY && tls->name == TLS_FAILS)
        say(words, "\"%s\" is none of its names: %s.", host, names[0] ? names : tr("it has none"));
    if (tls->version_allowed == TLS_FAILS)
        say(words, "--tls-version does not allow that version.");
    if (tls->cipher_allowed == TLS_FAILS)
        say(words, "--ssl-cipher does not allow that cipher.");
    if (tls->allowed_refused)
        say(words, "A second connection that offered only those allowed was refused.");
    if (tls->policy == TLS_FAILS)
        say(words, "The policy of this machine's OpenSSL does not allow it.");
}

/* ---- all of them ---- */

bool words_tls_fits(const struct address_result *address)
{
    return address->verdict.stage == STAGE_TLS;
}

void words_tls_tell(struct words *words, const struct report *report,
                    const struct address_result *address)
{
    const struct tls_evidence *tls = address->tls;
    if (!tls) {
        tell_not_offered(words, address);
    } else if (tls->handshake == TLS_ALERTED) {
        tell_alert(words, address);
    } else if (tls->handshake != TLS_DONE) {
        tell_failure(words, address);
    } else {
        tell_set_up(words, address);
        tell_chain(words, tls);
        tell_judgement(words, report, address);
    }
    if (address->evidence.wants_login && !address->evidence.exchange.proof_sent)
        say(words, "The password was not sent.");
}
