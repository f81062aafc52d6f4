/* The texts of the notes that the fold set. */
#include "probe/render/escape.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"
#include <string.h>

static bool is_dead(const struct address_result *address)
{
    return cause_row(address->verdict.cause)->category != CATEGORY_READY &&
           !address_skipped(address);
}

static void add_each(char *to, size_t size, const struct report *report,
                     bool (*is_one)(const struct address_result *address))
{
    const char *before = "";
    for (size_t i = 0; i < report->address_count; i++) {
        const struct address_result *address = &report->addresses[i];
        if (!is_one(address))
            continue;
        text_add(to, size, "%s%s (%s)", before, address->text,
                 cause_row(address->verdict.cause)->id);
        before = tr(", ");
    }
}

static void note_dead(const struct report *report, char *to, size_t size)
{
    size_t dead = 0;
    for (size_t i = 0; i < report->address_count; i++)
        dead += is_dead(&report->addresses[i]);
    text_add(to, size,
             dead == 1 ? tr("%zu of %zu addresses is not ready: ")
                       : tr("%zu of %zu addresses are not ready: "),
             dead, report->address_count);
    add_each(to, size, report, is_dead);
    text_add(to, size, "%s", tr("."));
}

static void note_skipped(const struct report *report, char *to, size_t size)
{
    text_add(to, size, "%s", tr("Passed over, because this machine cannot use them: "));
    add_each(to, size, report, address_skipped);
    text_add(to, size, "%s", tr("."));
}

static void note_slow(const struct report *report, char *to, size_t size)
{
    const struct address_result *slow = report->addresses;
    while (slow < report->addresses + report->address_count && !slow->evidence.exchange.slow)
        slow++;
    if (slow == report->addresses + report->address_count)
        return;
    char after[DURATION_TEXT];
    text_add(to, size,
             tr("The greeting of %s came only after %s. Usually the server looks up the name of "
                "the client's address and its DNS does not answer: set skip-name-resolve there, or "
                "mend its DNS. A server or a path that stalls looks the same."),
             slow->text, duration_text(slow->evidence.stages[STAGE_GREETING].duration_us, after));
}

static void note_salt(const struct report *report, char *to, size_t size)
{
    (void)report;
    text_add(to, size, "%s",
             tr("The OBProxy sends the same salt to every client, so a login that was "
                "overheard can be replayed: set enable_proxy_scramble on it."));
}

static void note_proxy(const struct report *report, char *to, size_t size)
{
    (void)report;
    text_add(to, size, "%s", tr("The answer came from a proxy or router in front of the server."));
}

/* Whose answer it was that proves nothing: a proxy's to anybody, or an OBProxy's to its own users.
 */
static void note_backend(const struct report *report, char *to, size_t size)
{
    const struct address_result *address = decisive_address(report);
    if (address && address->evidence.names_proxysys && address->evidence.exchange.logged_in) {
        text_add(
            to, size, "%s",
            tr("The users of proxysys are the OBProxy's own: whether a server behind it can be "
               "reached was not tested. A login of a tenant's user tests it."));
        return;
    }
    text_add(to, size, "%s",
             tr("The proxy answered by itself, as it does before it contacts a server: whether one "
                "behind it can be reached was not tested. A login with credentials tests it."));
}

/* ---- certificates ---- */

static bool ends_first(const struct address_result *address, const struct address_result *than)
{
    return address->tls && address->tls->judged && address->tls->certificate_count > 0 &&
           (!than || address->tls->days_left < than->tls->days_left);
}

static void note_expires(const struct report *report, char *to, size_t size)
{
    const struct address_result *first = NULL;
    for (size_t i = 0; i < report->address_count; i++)
        if (ends_first(&report->addresses[i], first))
            first = &report->addresses[i];
    if (!first)
        return;
    int days = first->tls->days_left;
    if (days < 0)
        text_add(to, size, tr("The certificate of %s, or one of its chain, has expired."),
                 first->text);
    else
        text_add(to, size,
                 days == 1 ? tr("The certificate of %s, or one of its chain, ends in %d day.")
                           : tr("The certificate of %s, or one of its chain, ends in %d days."),
                 first->text, days);
}

static const struct address_result *first_tls(const struct report *report,
                                              bool (*is_one)(const struct address_result *address))
{
    for (size_t i = 0; i < report->address_count; i++)
        if (report->addresses[i].tls && is_one(&report->addresses[i]))
            return &report->addresses[i];
    return NULL;
}

static void note_unverified(const struct report *report, char *to, size_t size)
{
    const struct address_result *address = first_tls(report, address_unverified);
    char host[ENDPOINT_TEXT];
    if (!address)
        return;
    escape(ESCAPE_TEXT, report->target.host, strlen(report->target.host), host, sizeof host);
    text_add(to, size, tr("TLS with %s is encrypted, but not verified: "), address->text);
    if (address->tls->verify_code)
        text_add(to, size, tr("%s (code %d)"), address->tls->verify_text,
                 address->tls->verify_code);
    else
        text_add(to, size, tr("the certificate is not for %s"), host);
    text_add(to, size, "%s",
             tr(". Clients that verify refuse it; to test that: --ssl-mode=verify-identity"));
}

static void note_policy(const struct report *report, char *to, size_t size)
{
    const struct address_result *address = first_tls(report, address_breaks_policy);
    if (!address)
        return;
    const char *version = tls_version_name(address->tls->version);
    text_add(to, size,
             tr("The policy of this machine's OpenSSL does not allow what %s chose (%s, %s): "
                "programs that follow it cannot connect."),
             address->text, version ? version : "TLS", address->tls->cipher);
}

/* ---- logins ---- */

static void note_withheld(const struct report *report, char *to, size_t size)
{
    const char *before = "";
    for (size_t i = 0; i < report->address_count; i++) {
        const struct address_result *address = &report->addresses[i];
        if (!address_withheld(address))
            continue;
        text_add(to, size, tr("%sThe password was not used at %s: %s."), before, address->text,
                 words_withheld(address->evidence.exchange.withheld));
        before = sentence_gap();
    }
}

static void note_counted(const struct report *report, char *to, size_t size)
{
    (void)report;
    text_add(to, size, "%s",
             tr("This probe can count as a connection error of this machine on the server "
                "(max_connect_errors)."));
}

static void note_dead_hosts(const struct report *report, char *to, size_t size)
{
    const struct group_report *group = report->group;
    const char *before = "";
    char endpoint[ENDPOINT_TEXT];
    if (!group)
        return;
    size_t dead = group->count - group->ready;
    text_add(to, size,
             dead == 1 ? tr("%zu of %zu hosts of the group is not ready: ")
                       : tr("%zu of %zu hosts of the group are not ready: "),
             dead, group->count);
    for (size_t i = 0; i < group->count; i++) {
        const struct report *member = &group->members[i];
        if (member->ready)
            continue;
        text_add(to, size, "%s%s (%s)", before, target_text(&member->target, endpoint),
                 cause_row(member->verdict.cause)->id);
        before = tr(", ");
    }
    text_add(to, size, "%s", tr("."));
}

static void note_ignored(const struct report *report, char *to, size_t size)
{
    words_ignored(report->target.settings, to, size);
}

static void note_inconclusive(const struct report *report, char *to, size_t size)
{
    const struct address_result *end = report->addresses + report->address_count;
    for (const struct address_result *address = report->addresses; address < end; address++) {
        if (!address->client || !diagnose_client_inconclusive(address->client))
            continue;
        words_client_inconclusive(address->client, to, size);
        return;
    }
}

/* ---- OceanBase ---- */

static void note_split(const struct report *report, char *to, size_t size)
{
    char reading[SENTENCE] = "";
    words_reading(report, reading);
    text_add(to, size,
             tr("%s A name with '@' or '#' is not split so: if that is not meant, give the tenant, "
                "USER@TENANT#CLUSTER."),
             reading);
}

static void note_tenant(const struct report *report, char *to, size_t size)
{
    (void)report;
    text_add(
        to, size, "%s",
        tr("Whether the tenant exists is not known: to an unknown user an observer says the "
           "same in every tenant. A login with credentials tests it, and so does an OBProxy."));
}

static void note_default(const struct report *report, char *to, size_t size)
{
    char reading[SENTENCE] = "";
    words_reading(report, reading);
    text_add(to, size, tr("%s If another tenant is meant, name it: USER@TENANT"), reading);
}

static void note_account(const struct report *report, char *to, size_t size)
{
    char name[ENDPOINT_TEXT];
    escape(ESCAPE_TEXT, report->login_name, strlen(report->login_name), name, sizeof name);
    text_add(to, size,
             tr("Whether %s may log in was not tested: no password was used (-p asks for one, "
                "--password-file reads it)."),
             name);
}

static void note_not_oceanbase(const struct report *report, char *to, size_t size)
{
    const struct address_result *address = decisive_address(report);
    char server[VERSION_TEXT], name[ENDPOINT_TEXT];
    if (!address || !report->login_name)
        return;
    escape(ESCAPE_TEXT, report->login_name, strlen(report->login_name), name, sizeof name);
    text_add(
        to, size,
        tr("This is %s and not OceanBase: it knows of no tenant and no cluster, and takes %s for "
           "a user's whole name. Check host and port."),
        server_text(&address->evidence.exchange, server), name);
}

void words_note(const struct report *report, enum note note, char *to, size_t size)
{
    static void (*const notes[NOTE_COUNT])(const struct report *report, char *to, size_t size) = {
        [NOTE_ADDRESS_DEAD] = note_dead,
        [NOTE_ADDRESS_SKIPPED] = note_skipped,
        [NOTE_SLOW_GREETING] = note_slow,
        [NOTE_CONSTANT_SALT] = note_salt,
        [NOTE_PROXY_IN_PATH] = note_proxy,
        [NOTE_BACKEND_NOT_TESTED] = note_backend,
        [NOTE_CERTIFICATE_EXPIRES] = note_expires,
        [NOTE_CERTIFICATE_UNVERIFIED] = note_unverified,
        [NOTE_TLS_POLICY] = note_policy,
        [NOTE_LOGIN_WITHHELD] = note_withheld,
        [NOTE_COUNTED] = note_counted,
        [NOTE_HOST_DEAD] = note_dead_hosts,
        [NOTE_PARAMETER_IGNORED] = note_ignored,
        [NOTE_CLIENT_INCONCLUSIVE] = note_inconclusive,
        [NOTE_LOGIN_NAME_SPLIT] = note_split,
        [NOTE_TENANT_NOT_TESTED] = note_tenant,
        [NOTE_TENANT_BY_DEFAULT] = note_default,
        [NOTE_NOT_OCEANBASE] = note_not_oceanbase,
        [NOTE_ACCOUNT_NOT_TESTED] = note_account,
    };
    to[0] = '\0';
    notes[note](report, to, size);
}

void words_ignored(const struct target_settings *settings, char *to, size_t size)
{
    *to = '\0';
    text_add(to, size, tr("Not honoured, so that an application may connect in another way: %s."),
             settings->ignored);
}
