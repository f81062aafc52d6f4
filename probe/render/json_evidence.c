/* The facts of one address as JSON. -vv of the human format shows the same. */
#include "probe/render/json_object.h"
#include "probe/render/text.h"
#include <string.h>

static json_t *icmp_json(const struct icmp_facts *icmp)
{
    char from[IP_TEXT];
    struct part object = object_begin();
    put_integer(&object, "type", icmp->type);
    put_integer(&object, "code", icmp->code);
    put_text_if(&object, "from", ip_numeric(&icmp->from, from));
    put_integer(&object, "version", icmp->family);
    put_flag(&object, "from_self", icmp->from_self);
    put_flag(&object, "from_target", icmp->from_target);
    put_flag(&object, "borrowed", icmp->borrowed);
    put_seconds(&object, "seconds", icmp->after_us);
    return part_end(&object);
}

/* TCP_INFO's own names (tcp(7), linux/tcp.h without "tcpi_"). */
static void put_tcp(struct part *object, const struct tcp_facts *tcp)
{
    put_integer(object, "syn_retransmits", tcp->total_retrans);
    put_integer(object, "retransmits", tcp->retransmits);
    put_integer(object, "retrans", tcp->retrans);
    put_integer(object, "segs_in", tcp->segs_in);
    put_integer(object, "unacked", tcp->unacked);
    if (tcp->rtt_us)
        put_seconds(object, "rtt_seconds", tcp->rtt_us);
}

/* How silence was judged: the port asked for against the same host's other answers. */
static json_t *life_json(const struct life_facts *life)
{
    struct part object = object_begin();
    put_integer(&object, "target_syns", life->target_syns);
    put_integer(&object, "pairs_unanswered", life->pairs_unanswered);
    if (life->control_syns)
        put_integer(&object, "control_port", life->control_port);
    put_integer(&object, "control_syns", life->control_syns);
    put_integer(&object, "control_answers", life->control_answers);
    put_integer(&object, "echo_requests", life->echo_requests);
    put_integer(&object, "echo_answers", life->echo_answers);
    put_flag(&object, "decisive", life->decisive);
    put_flag(&object, "lossy", life->lossy);
    put_integer(&object, "input_drops", life->input_drops);
    return part_end(&object);
}

/* The number differs between systems, the name does not. */
static void put_errno(struct part *object, const char *key, const char *name_key, int error)
{
    if (!error)
        return;
    put_integer(object, key, error);
    put_text_if(object, name_key, errno_name(error));
}

static void put_connect(struct part *object, const struct connect_facts *connect, bool attempted)
{
    static const char *const calls[] = {[CALL_NONE] = "",
                                        [CALL_SOCKET] = "socket",
                                        [CALL_BIND] = "bind",
                                        [CALL_CONNECT] = "connect",
                                        [CALL_ASYNC] = "connecting"};
    char source[IP_TEXT];
    put_errno(object, "errno", "errno_name", connect->error);
    put_text_if(object, "failed_call", calls[connect->failed_call]);
    put_errno(object, "route_errno", "route_errno_name", connect->route_error);
    put_text_if(object, "source_address", ip_numeric(&connect->source, source));
    if (connect->link_down)
        put_text_if(object, "link_down", connect->interface);
    if (connect->family_unusable)
        put_flag(object, "family_unusable", true);
    if (connect->no_error_queue)
        put_flag(object, "no_error_queue", true);
    if (connect->no_socket)
        put_flag(object, "no_socket", true);
    if (connect->icmp.seen)
        put(object, "icmp", icmp_json(&connect->icmp));
    if (attempted && !connect->unix_socket)
        put_tcp(object, &connect->tcp);
    if (connect->life.ran)
        put(object, "life", life_json(&connect->life));
    put_integer(object, "control_packets", connect->control_packets);
}

static json_t *services_json(uint32_t services)
{
    struct part array = array_begin();
    for (unsigned service = 0; service < SERVICE_COUNT; service++)
        if (services & SERVICE_BIT(service))
            add(&array, json_string(service_name((enum service)service)));
    return part_end(&array);
}

/* `service` is the one that its own bytes name; `services` are all that it can be. */
static void put_services(struct part *object, uint32_t services, bool by_bytes)
{
    for (unsigned service = 0; service < SERVICE_COUNT; service++)
        if (by_bytes && services == SERVICE_BIT(service))
            put_text(object, "service", service_name((enum service)service));
    if (services)
        put(object, "services", services_json(services));
}

/* A server may leave out the SQLSTATE (in the greeting's place it does), its message never. */
static json_t *error_json(const struct server_error *error)
{
    struct part object = object_begin();
    put_integer(&object, "code", error->code);
    put_text_if(&object, "sqlstate", error->sqlstate);
    put_text(&object, "message", error->message);
    return part_end(&object);
}

static void put_first_bytes(struct part *object, const struct exchange_facts *exchange)
{
    char hex[2 * FIRST_BYTES + 1] = "";
    for (size_t i = 0; i < exchange->first_length && i < FIRST_BYTES; i++)
        text_add(hex, sizeof hex, "%02x", exchange->first_bytes[i]);
    put_text_if(object, "first_bytes", hex);
}

static void put_question(struct part *object, const struct exchange_facts *exchange)
{
    static const char *const questions[] = {[QUESTION_NONE] = "",
                                            [QUESTION_LOGIN] = "login",
                                            [QUESTION_CLIENT_HELLO] = "client-hello",
                                            [QUESTION_SSL_REQUEST] = "postgresql-ssl-request"};
    static const char *const endings[] = {
        [ENDING_OPEN] = "open", [ENDING_CLOSED] = "closed", [ENDING_RESET] = "reset"};
    put_text(object, "ending", endings[exchange->ending]);
    if (exchange->asked_again) {
        put_text_if(object, "question", questions[exchange->question]);
        put_text(object, "question_ending", endings[exchange->question_ending]);
    }
}

/* Flags that are false say nothing, and are absent. */
static void put_flags(struct part *object, const struct exchange_facts *exchange)
{
    const struct {
        const char *key;
        bool value;
    } flags[] = {
        {"greeting_bad", exchange->greeting_bad},
        {"greeting_partial", exchange->greeting_partial},
        {"ssl_request_sent", exchange->ssl_request_sent},
        {"login_in_tls", exchange->secured && exchange->login_sent},
        {"login_sent", exchange->login_sent},
        {"credentials", exchange->credentials},
        {"proof_sent", exchange->proof_sent},
        {"fast_authentication", exchange->fast_authentication},
        {"full_authentication", exchange->full_authentication},
        {"public_key_asked", exchange->public_key_asked},
        {"public_key_given", exchange->public_key_given},
        {"statement_sent", exchange->statement_sent},
        {"statement_answered", exchange->statement_answered},
        {"blind_login", exchange->blind},
        {"slow_greeting", exchange->slow},
        {"reply_bad", exchange->reply_bad},
        {"wrong_sequence", exchange->wrong_sequence},
        {"error_in_greeting", exchange->error_in_greeting},
        {"logged_in", exchange->logged_in},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flags[i].value)
            put_flag(object, flags[i].key, true);
}

/* How the password was proved, or why it was not. */
static void put_login(struct part *object, const struct exchange_facts *exchange)
{
    static const char *const refusals[] = {
        [PROOF_NOT_REFUSED] = "",
        [PROOF_NOT_SPOKEN] = "plugin-not-spoken",
        [PROOF_IN_CLEAR] = "password-in-clear",
        [PROOF_WITHOUT_KEY] = "public-key-not-allowed",
        [PROOF_KEY_BAD] = "public-key-malformed",
        [PROOF_KEY_SIZE] = "public-key-size",
        [PROOF_KEY_TOO_SMALL] = "public-key-too-small",
    };
    static const char *const withheld[] = {
        [WITHHELD_NOT] = "",          [WITHHELD_TLS] = "tls",
        [WITHHELD_LATE] = "late",     [WITHHELD_REJECTED] = "rejected",
        [WITHHELD_WAITED] = "waited",
    };
    if (strcmp(exchange->auth_plugin, exchange->default_plugin) != 0)
        put_text_if(object, "auth_plugin", exchange->auth_plugin);
    put_text_if(object, "refusal", refusals[exchange->refusal]);
    put_text_if(object, "withheld", withheld[exchange->withheld]);
    if (exchange->public_key_bits)
        put_integer(object, "public_key_bits", exchange->public_key_bits);
}

static void put_exchange(struct part *object, const struct exchange_facts *exchange)
{
    put_integer(object, "bytes_received", exchange->bytes_received);
    put_first_bytes(object, exchange);
    put_services(object, exchange->services, exchange->first_length > 0);
    put_question(object, exchange);
    put_flags(object, exchange);
    put_login(object, exchange);
    if (exchange->auth_switches)
        put_integer(object, "auth_switches", exchange->auth_switches);
    if (exchange->login_sent)
        put_seconds(object, "login_wait_seconds", exchange->login_wait_us);
    if (exchange->error.code)
        put(object, "server_error", error_json(&exchange->error));
}

/* What an exchange left behind has no meaning before there was a connection. */
json_t *json_evidence(const struct evidence *evidence)
{
    struct part object = object_begin();
    enum outcome outcome = evidence->stages[STAGE_CONNECT].outcome;
    put_connect(&object, &evidence->connect, outcome != OUTCOME_NOT_RUN);
    if (outcome == OUTCOME_PASSED)
        put_exchange(&object, &evidence->exchange);
    if (evidence->cut_short)
        put_flag(&object, "cut_short", true);
    return part_end(&object);
}

/* What speaks for the product, and what against it where anything does. */
static json_t *signs_json(uint32_t signs)
{
    struct part array = array_begin();
    for (unsigned sign = 0; sign < SIGN_COUNT; sign++)
        if (signs & SIGN_BIT(sign))
            add(&array, json_string(greeting_sign_name((enum greeting_sign)sign)));
    return part_end(&array);
}

static void put_product(struct part *object, const struct exchange_facts *exchange)
{
    put_text(object, "product", product_name(exchange->product));
    put_text(object, "product_confidence", certainty_name(exchange->certainty));
    put(object, "product_signs", signs_json(exchange->signs));
    if (exchange->signs_against)
        put(object, "product_signs_against", signs_json(exchange->signs_against));
}

json_t *json_server(const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    char release[VERSION_TEXT];
    struct part object = object_begin();
    put_product(&object, exchange);
    snprintf(release, sizeof release, "%.*s", (int)release_length(exchange), exchange->version);
    put_text_if(&object, "version", release);
    put_text_if(&object, "version_string", exchange->version);
    put_integer(&object, "protocol", exchange->protocol);
    put_text_if(&object, "auth_plugin", exchange->default_plugin);
    put_integer(&object, "connection_id", exchange->connection_id);
    put_flag(&object, "tls_offered", exchange->capabilities & CLIENT_SSL);
    put_text(&object, "answered_by", answered_by_name(diagnose_answered_by(evidence)));
    put_integer(&object, "capabilities", exchange->capabilities);
    if (exchange->mariadb_capabilities)
        put_integer(&object, "mariadb_capabilities", exchange->mariadb_capabilities);
    put_integer(&object, "charset", exchange->charset);
    put_integer(&object, "status", exchange->status);
    return part_end(&object);
}
