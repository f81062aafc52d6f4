/* What libmariadb said when it logged in as the application would. */
#include "probe/render/escape.h"
#include "probe/render/libmariadb_texts.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"
#include "probe/verdict/client_plugins.h"
#include <string.h>

/* Cut where a character ends; the rest of the sentence has room beside it. */
enum { QUOTED = 381 };

const char *words_client_reason(enum client_reason reason)
{
    static const char *const words[] = {
        [CLIENT_REASON_NONE] = "",
        [CLIENT_NO_TIME] = N_("less time was left than the wire's login had taken and 1 s"),
        [CLIENT_CUT] = N_("the run was ended first"),
        [CLIENT_COUNTED] =
            N_("a login of its counted against this host there already, in this run"),
        [CLIENT_NO_THREAD] = N_("no thread was free for it"),
        [CLIENT_PLUGINS] = N_(
            "the server asks for several plugins, or for one that is not known here, and refusing "
            "one of them would count against this host"),
        [CLIENT_CANNOT_SAY] = N_("it cannot be told an empty user, or a password with a NUL in it"),
        [CLIENT_KEY_STORE] = N_("it cannot read the client certificate's key store"),
        [CLIENT_ANY_KEY] =
            N_("without TLS it would encrypt the password for whoever sends an RSA key "
               "(to allow that: --get-server-public-key)"),
        [CLIENT_IN_CLEAR] =
            N_("it would send the password as it is, and this connection is neither "
               "TLS with a verified server nor a unix socket"),
        [CLIENT_ASKS_PEOPLE] = N_("its plugin would ask on the terminal"),
        [CLIENT_ASKS_OTHERS] = N_("its plugin asks other servers (--only-port)"),
        [CLIENT_NO_FILE] = N_("a file that it needs for TLS or the RSA key can be read no more"),
        [CLIENT_PLUGIN_FILE] = N_("it cannot load the plugin"),
        [CLIENT_CERTIFICATE] = N_("it would refuse the certificate under the authorities given"),
        [CLIENT_TLS_POLICY] = N_("the policy of this machine's OpenSSL forbids the TLS agreed on"),
    };
    return tr(words[reason]);
}

static void say_quotation(struct words *words, const struct client_evidence *client)
{
    char message[QUOTED];
    escape(ESCAPE_TEXT, client->message, strlen(client->message), message, sizeof message);
    say(words, "libmariadb %s says %u (%s): \"%s\".", client->library, client->code,
        client->sqlstate, message);
    const char *others = libmariadb_conflates(client->code, client->message);
    if (others)
        say(words, "%s", tr(others));
}

/* ---- beside a login that the wire had ---- */

void words_client_beside(struct words *words, const struct client_evidence *client)
{
    if (client->result == CLIENT_PASSED)
        say(words, "libmariadb %s logged in too.", client->library);
    else if (client->result == CLIENT_NOT_RUN && client->reason)
        say(words, "libmariadb was not asked: %s.", words_client_reason(client->reason));
}

/* ---- where it decides ---- */

bool words_client_fits(const struct address_result *address)
{
    return address->client && address->verdict.stage == STAGE_CLIENT;
}

static void say_what_the_wire_had(struct words *words, const struct report *report,
                                  const struct address_result *address)
{
    char server[VERSION_TEXT], user[ENDPOINT_TEXT];
    const struct client_evidence *client = address->client;
    const struct exchange_facts *exchange = &address->evidence.exchange;
    (void)server_text(exchange, server);
    (void)words_user(report, user);
    if (client->alone)
        say(words, "%s at %s wants %s to log in by %s, which only libmariadb speaks here.", server,
            address->text, user, client->plugin);
    else
        say(words, "%s at %s let %s in by %s on the wire, and answered a statement.", server,
            address->text, user, client->plugin);
}

static void say_prediction(struct words *words, const struct client_evidence *client)
{
    if (client->reason == CLIENT_PLUGIN_FILE) {
        say_quotation(words, client);
        return;
    }
    say(words, "libmariadb %s was not run, because %s, and an abort counts against this host.",
        client->library, words_client_reason(client->reason));
}

static void say_result(struct words *words, const struct address_result *address)
{
    char after[DURATION_TEXT];
    const struct client_evidence *client = address->client;
    (void)duration_text(address->evidence.stages[STAGE_CLIENT].duration_us, after);
    if (client->result == CLIENT_PASSED)
        say(words, "libmariadb %s logged in and had a statement answered in %s.", client->library,
            after);
    else if (client->result == CLIENT_PREDICTED)
        say_prediction(words, client);
    else if (client->result == CLIENT_TIMED_OUT)
        say(words, "libmariadb %s had no answer in %s.", client->library, after);
    else
        say_quotation(words, client);
}

void words_client_tell(struct words *words, const struct report *report,
                       const struct address_result *address)
{
    const struct client_evidence *client = address->client;
    say_what_the_wire_had(words, report, address);
    say_result(words, address);
    if (client->questions)
        say(words, "The server asked %u more %s, which got an empty answer: obprobe asks nobody.",
            COUNTED(client->questions, "question"));
}

/* ---- the note ---- */

void words_client_inconclusive(const struct client_evidence *client, char *to, size_t size)
{
    char message[SENTENCE];
    if (client->result == CLIENT_TIMED_OUT) {
        text_add(to, size,
                 tr("libmariadb %s had no answer before %s; the login on the wire worked."),
                 client->library,
                 client->reason == CLIENT_CUT ? tr("the run was ended") : tr("the time was over"));
        return;
    }
    escape(ESCAPE_TEXT, client->message, strlen(client->message), message, sizeof message);
    text_add(to, size,
             tr("libmariadb %s met a limit a moment after the login on the wire had worked, %u: "
                "\"%s\". It says nothing of the library."),
             client->library, diagnose_client_code(client), message);
}

const char *words_client_of_server(const struct client_evidence *client)
{
    return diagnose_client_quotes(client) ? client->message : "";
}

/* ---- what mends it ---- */

const char *words_client_remedy(const struct client_evidence *client)
{
    static const char *const own_client =
        N_("Test this account with the application's own client.");
    if (!client->alone)
        return "";
    if (client->result != CLIENT_NOT_RUN)
        return tr(own_client);
    switch (client->reason) {
    case CLIENT_IN_CLEAR:
        return tr(REMEDY_VERIFY);
    case CLIENT_NO_TIME:
        return tr("Give libmariadb more time to log in: --timeout=40");
    default:
        return tr(own_client);
    }
}

const char *words_client_package(const struct client_evidence *client)
{
    const struct client_plugin *plugin = client_plugin_find(client->plugin);
    return plugin && plugin->package ? plugin->package : "";
}
