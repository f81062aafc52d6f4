/* What was seen of a login with credentials. */
#include "probe/render/escape.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"
#include <string.h>

const char *words_user(const struct report *report, char *to)
{
    const char *user = report->user ? report->user : "";
    escape(ESCAPE_TEXT, user, strlen(user), to, ENDPOINT_TEXT);
    return to;
}

/* ", inside TLSv1.3" */
static void tell_secrecy(struct words *words, const struct address_result *address)
{
    const char *version = address->tls ? tls_version_name(address->tls->version) : NULL;
    if (address->evidence.exchange.secured)
        go_on(words, ", inside %s", version ? version : "TLS");
}

bool words_ready_fits(const struct address_result *address)
{
    return address->verdict.cause == CAUSE_READY_LOGIN;
}

void words_ready_tell(struct words *words, const struct report *report,
                      const struct address_result *address)
{
    char server[VERSION_TEXT], user[ENDPOINT_TEXT], after[DURATION_TEXT];
    const struct stage_facts *from = &address->evidence.stages[STAGE_CONNECT];
    const struct stage_facts *until = &address->evidence.stages[STAGE_STATEMENT];
    uint32_t end = until->begin_us + until->duration_us;
    say(words, "%s at %s let %s in", server_text(&address->evidence.exchange, server),
        address->text, words_user(report, user));
    tell_secrecy(words, address);
    duration_text(end > from->begin_us ? end - from->begin_us : 0, after);
    if (address->evidence.exchange.error.code)
        go_on(words,
              ", and answered the statement with error %u, all in %s: users of proxysys have "
              "the OBProxy's own commands alone.",
              address->evidence.exchange.error.code, after);
    else
        go_on(words, ", and answered a statement, all in %s.", after);
    if (address->client)
        words_client_beside(words, address->client);
}

bool words_refusal_fits(const struct address_result *address)
{
    return address->verdict.cause == CAUSE_DENIED_AUTH_PLUGIN &&
           address->evidence.exchange.refusal != PROOF_NOT_REFUSED;
}

static void tell_why(struct words *words, const struct exchange_facts *exchange)
{
    switch (exchange->refusal) {
    case PROOF_NOT_REFUSED:
    case PROOF_NOT_SPOKEN:
        say(words, "obprobe does not speak that plugin.");
        break;
    case PROOF_IN_CLEAR:
        say(words, "It sends the password as it is, and this connection is neither TLS with a "
                   "verified server nor a unix socket.");
        break;
    case PROOF_WITHOUT_KEY:
        say(words,
            "The server wants the password itself, not a hash of it, and this connection has "
            "no TLS; asking the server for an RSA key was not allowed.");
        break;
    case PROOF_KEY_BAD:
        say(words, "What the server sent as its RSA key is none.");
        break;
    case PROOF_KEY_SIZE:
        say(words, "The RSA key that the server sent has %u bits; from 2048 to 8192 are used.",
            exchange->public_key_bits);
        break;
    case PROOF_KEY_TOO_SMALL:
        say(words, "The password does not fit the server's RSA key.");
        break;
    }
}

void words_refusal_tell(struct words *words, const struct report *report,
                        const struct address_result *address)
{
    const struct exchange_facts *exchange = &address->evidence.exchange;
    char server[VERSION_TEXT], user[ENDPOINT_TEXT], plugin[2 * PLUGIN_NAME];
    escape(ESCAPE_TEXT, exchange->auth_plugin, strlen(exchange->auth_plugin), plugin,
           sizeof plugin);
    say(words, "%s at %s wants %s to log in by %s.", server_text(exchange, server), address->text,
        words_user(report, user), plugin[0] ? plugin : tr("a plugin without a name"));
    tell_why(words, exchange);
    if (address->client)
        words_client_beside(words, address->client);
    say(words, "The password itself was not sent.");
    if (exchange->product == PRODUCT_MYSQL)
        say(words, "MySQL counts that as one failed login of the account "
                   "(FAILED_LOGIN_ATTEMPTS).");
}

/* ---- what kept it back ---- */

const char *words_withheld(enum withheld withheld)
{
    static const char *const words[] = {
        [WITHHELD_NOT] = "",
        [WITHHELD_TLS] = N_("TLS was not good enough for it"),
        [WITHHELD_LATE] = N_("there was no time left for it"),
        [WITHHELD_REJECTED] = N_("it was rejected elsewhere in this run, and a password that is "
                                 "rejected again and again locks its account (--max-rejections)"),
        [WITHHELD_WAITED] = N_("another login with it had no outcome in time"),
    };
    return tr(words[withheld]);
}

void words_withheld_tell(struct words *words, const struct report *report,
                         const struct address_result *address)
{
    char server[VERSION_TEXT];
    (void)report;
    say(words, "%s at %s completed the handshake with an anonymous login.",
        server_text(&address->evidence.exchange, server), address->text);
}

/* ---- what mends it ---- */

const char *words_remedy(const struct exchange_facts *exchange)
{
    static const char *const remedies[] = {
        [PROOF_NOT_REFUSED] = "",
        [PROOF_NOT_SPOKEN] = N_(
            "Test this account with the application's own client, or let libmariadb try it "
            "(--client); here give one that uses mysql_native_password or caching_sha2_password."),
        [PROOF_IN_CLEAR] = REMEDY_VERIFY,
        [PROOF_WITHOUT_KEY] =
            N_("Use TLS, or allow the server's RSA key: --get-server-public-key, or "
               "safer --server-public-key-path=FILE"),
        [PROOF_KEY_BAD] = N_("Use TLS; on the server, see caching_sha2_password_public_key_path."),
        [PROOF_KEY_SIZE] = N_("Use TLS, or give the server an RSA key of 2048 bits or more."),
        [PROOF_KEY_TOO_SMALL] = N_("Use TLS, or give the server a longer RSA key."),
    };
    return tr(remedies[exchange->refusal]);
}
