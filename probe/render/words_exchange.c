/* What was seen of an address that a connection was established to. */
#include "probe/render/escape.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"
#include <string.h>

static const struct exchange_facts *exchange_of(const struct address_result *address)
{
    return &address->evidence.exchange;
}

static const char *stage_time(const struct address_result *address, enum stage stage, char *to)
{
    return duration_text(address->evidence.stages[stage].duration_us, to);
}

/* From the first SYN to the end of the stage. */
static const char *time_until(const struct address_result *address, enum stage stage, char *to)
{
    const struct stage_facts *from = &address->evidence.stages[STAGE_CONNECT];
    const struct stage_facts *until = &address->evidence.stages[stage];
    uint32_t end = until->begin_us + until->duration_us;
    return duration_text(end > from->begin_us ? end - from->begin_us : 0, to);
}

/* ---- ready ---- */

static bool stopped_at_connect(const struct address_result *address)
{
    return address->evidence.until == UNTIL_CONNECT;
}

static void tell_connected(struct words *words, const struct report *report,
                           const struct address_result *address)
{
    char place[ENDPOINT_TEXT], after[DURATION_TEXT];
    say(words, "%s accepted the connection in %s.", place_text(report, address, place),
        stage_time(address, STAGE_CONNECT, after));
}

static bool stopped_at_greeting(const struct address_result *address)
{
    return address->verdict.cause == CAUSE_READY_GREETED;
}

static void tell_greeted(struct words *words, const struct report *report,
                         const struct address_result *address)
{
    char server[VERSION_TEXT], after[DURATION_TEXT];
    (void)report;
    say(words, "%s at %s greeted in %s.", server_text(exchange_of(address), server), address->text,
        time_until(address, STAGE_GREETING, after));
}

static bool completed(const struct address_result *address)
{
    return address->verdict.cause == CAUSE_READY_HANDSHAKE;
}

static void tell_completed(struct words *words, const struct report *report,
                           const struct address_result *address)
{
    const struct exchange_facts *exchange = exchange_of(address);
    char server[VERSION_TEXT], after[DURATION_TEXT];
    (void)report;
    say(words, "%s at %s completed the handshake in %s; ", server_text(exchange, server),
        address->text, time_until(address, STAGE_LOGIN, after));
    if (exchange->logged_in)
        go_on(words, "it let obprobe_nobody in without a password: an anonymous account exists.");
    else if (exchange->error.code == 1045)
        go_on(words, "'Access denied' to obprobe_nobody is the expected answer.");
    else
        go_on(words, "error %u to obprobe_nobody concerns that account alone.",
              exchange->error.code);
    if (exchange->product == PRODUCT_OCEANBASE_PROXY &&
        diagnose_answered_by(&address->evidence) == ANSWERED_BACKEND)
        say(words, "That came from an observer behind the OBProxy, so it reaches one.");
}

/* ---- the server said why ---- */

static bool error_came(const struct address_result *address)
{
    return exchange_of(address)->error.code != 0;
}

/* The server's own words, quoted and made safe. */
static void tell_error(struct words *words, const struct report *report,
                       const struct address_result *address)
{
    const struct exchange_facts *exchange = exchange_of(address);
    const struct server_error *error = &exchange->error;
    char server[VERSION_TEXT], after[DURATION_TEXT], message[SENTENCE];
    (void)report;
    time_until(address, address->verdict.stage, after);
    if (exchange->statement_sent)
        say(words,
            "%s at %s accepted the login, and answered the first statement after %s with "
            "error %u",
            server_text(exchange, server), address->text, after, error->code);
    else if (exchange->greeted)
        say(words, "%s at %s answered the login%s after %s with error %u",
            server_text(exchange, server), address->text,
            exchange->secured ? tr(", inside TLS,") : "", after, error->code);
    else
        say(words, "The server at %s sent, in place of its greeting and after %s, error %u",
            address->text, after, error->code);
    if (error->sqlstate[0]) {
        escape(ESCAPE_TEXT, error->sqlstate, strlen(error->sqlstate), message, sizeof message);
        go_on(words, " (%s)", message);
    }
    escape(ESCAPE_TEXT, error->message, strlen(error->message), message, sizeof message);
    if (message[0])
        go_on(words, ": \"%s\"", message);
    go_on(words, ".");
}

/* ---- bytes that are no MySQL ---- */

static void tell_services(struct words *words, const struct exchange_facts *exchange)
{
    char services[SENTENCE / 2] = "";
    add_services(services, sizeof services, exchange->services);
    if (services[0])
        say(words, "That fits %s.", services);
}

/* ", and closed the connection" */
static const char *ending_words(enum ending ending)
{
    static const char *const words[] = {[ENDING_OPEN] = "",
                                        [ENDING_CLOSED] = N_(", and closed the connection"),
                                        [ENDING_RESET] = N_(", and reset the connection")};
    return tr(words[ending]);
}

static bool old_protocol(const struct address_result *address)
{
    return exchange_of(address)->old_protocol;
}

static void tell_old_protocol(struct words *words, const struct report *report,
                              const struct address_result *address)
{
    char after[DURATION_TEXT];
    (void)report;
    say(words, "%s greeted after %s with protocol version 9.", address->text,
        time_until(address, STAGE_GREETING, after));
    if (exchange_of(address)->first_length)
        tell_bytes(words, exchange_of(address));
}

/* A login that went out only because the time was over drew no reaction worth a word. */
static bool spoken_to(const struct exchange_facts *exchange)
{
    return exchange->blind && exchange->login_wait_us > 0;
}

static bool bytes_came(const struct address_result *address)
{
    return exchange_of(address)->first_length > 0 && !exchange_of(address)->greeted;
}

static void tell_other_bytes(struct words *words, const struct report *report,
                             const struct address_result *address)
{
    const struct exchange_facts *exchange = exchange_of(address);
    char place[ENDPOINT_TEXT];
    say(words, "%s sent %u %s", place_text(report, address, place),
        COUNTED(exchange->bytes_received, "byte"));
    if (spoken_to(exchange) || exchange->asked_again)
        go_on(words, " when it was spoken to");
    go_on(words, ", %s%s.",
          exchange->greeting_partial ? tr("the beginning of a greeting") : tr("no MySQL greeting"),
          ending_words(exchange->ending));
    tell_bytes(words, exchange);
    tell_services(words, exchange);
}

/* ---- greeted, and then ---- */

static bool greeted(const struct address_result *address)
{
    return exchange_of(address)->greeted;
}

static void tell_login_end(struct words *words, const struct exchange_facts *exchange)
{
    char after[DURATION_TEXT];
    duration_text(exchange->login_wait_us, after);
    if (exchange->wrong_sequence)
        say(words, "Its answer to the login, after %s, has the wrong sequence number.", after);
    else if (exchange->reply_bad)
        say(words, "Its answer to the login, after %s, is no well-formed packet.", after);
    else if (exchange->ending == ENDING_CLOSED)
        say(words, "It closed the connection %s after the login packet, without a word.", after);
    else if (exchange->ending == ENDING_RESET)
        say(words, "The connection was reset %s after the login packet.", after);
    else if (exchange->withheld == WITHHELD_LATE && !exchange->blind)
        say(words, "The login waited for the outcome of another one until its time was over.");
    else
        say(words, "No answer to the login packet came in %s.", after);
}

static void tell_login(struct words *words, const struct report *report,
                       const struct address_result *address)
{
    const struct exchange_facts *exchange = exchange_of(address);
    char server[VERSION_TEXT], after[DURATION_TEXT];
    (void)report;
    say(words, "%s at %s greeted after %s.", server_text(exchange, server), address->text,
        time_until(address, STAGE_GREETING, after));
    tell_login_end(words, exchange);
    if (exchange->first_length)
        tell_bytes(words, exchange);
}

/* ---- too late ---- */

/* Greeted, and answered to the anonymous name, when there was no time left for what was asked. */
static bool came_too_late(const struct address_result *address)
{
    enum cause cause = address->verdict.cause;
    return exchange_of(address)->greeted && !exchange_of(address)->credentials &&
           (cause == CAUSE_TIMED_OUT_GREETING ||
            (cause == CAUSE_TIMED_OUT_LOGIN && exchange_of(address)->error.code));
}

static void tell_too_late(struct words *words, const struct report *report,
                          const struct address_result *address)
{
    char server[VERSION_TEXT], after[DURATION_TEXT];
    (void)report;
    say(words, "%s at %s greeted after %s.", server_text(exchange_of(address), server),
        address->text, time_until(address, STAGE_GREETING, after));
    say(words, address->evidence.wants_login
                   ? N_("That left no time for a login with the password.")
                   : N_("That left no time for TLS."));
}

/* ---- not a byte ---- */

static bool always(const struct address_result *address)
{
    (void)address;
    return true;
}

static void tell_question(struct words *words, const struct exchange_facts *exchange)
{
    static const char *const asked[] = {[QUESTION_NONE] = N_("nothing"),
                                        [QUESTION_LOGIN] = N_("a login packet"),
                                        [QUESTION_CLIENT_HELLO] = N_("a TLS ClientHello"),
                                        [QUESTION_SSL_REQUEST] = N_("PostgreSQL's SSLRequest")};
    static const char *const ends[] = {[ENDING_OPEN] = N_("silence"),
                                       [ENDING_CLOSED] = N_("a close"),
                                       [ENDING_RESET] = N_("a reset")};
    if (exchange->asked_again)
        say(words, "A second connection with %s got %s.", tr(asked[exchange->question]),
            tr(ends[exchange->question_ending]));
}

/* How long each side was silent is what tells a balancer from a dead server. */
static void tell_nothing(struct words *words, const struct report *report,
                         const struct address_result *address)
{
    static const char *const ends[] = {
        [ENDING_OPEN] = N_("%s accepted the connection in %s and sent nothing in %s."),
        [ENDING_CLOSED] =
            N_("%s accepted the connection in %s and closed it without a byte after %s."),
        [ENDING_RESET] =
            N_("%s accepted the connection in %s and reset it without a byte after %s."),
    };
    const struct exchange_facts *exchange = exchange_of(address);
    char place[ENDPOINT_TEXT], connected[DURATION_TEXT], after[DURATION_TEXT];
    say(words, ends[exchange->ending], place_text(report, address, place),
        stage_time(address, STAGE_CONNECT, connected), stage_time(address, STAGE_GREETING, after));
    if (spoken_to(exchange))
        say(words, "A login packet was sent to it unasked, %s before the end.",
            duration_text(exchange->login_wait_us, after));
    if (address->evidence.connect.tcp.unacked)
        say(words, "It never acknowledged what was sent to it.");
    tell_question(words, exchange);
    if (spoken_to(exchange) || exchange->asked_again)
        tell_services(words, exchange);
}

const struct kind exchange_kinds[] = {
    {stopped_at_connect, tell_connected},
    {stopped_at_greeting, tell_greeted},
    {words_tls_fits, words_tls_tell},
    {words_client_fits, words_client_tell},
    {words_refusal_fits, words_refusal_tell},
    {words_ready_fits, words_ready_tell},
    {address_lacks_password, words_withheld_tell},
    {came_too_late, tell_too_late},
    {completed, tell_completed},
    {error_came, tell_error},
    {old_protocol, tell_old_protocol},
    {greeted, tell_login},
    {bytes_came, tell_other_bytes},
    {always, tell_nothing},
};
