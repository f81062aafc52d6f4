/* Any facts, contradictory ones included, get a verdict that promises nothing it cannot know. */
#include "probe/verdict/circumstances.h"
#include "probe/verdict/diagnose.h"
#include "probe/verdict/predictions.h"
#include "tests/fuzz/promise.h"

/* Bytes that are no value of the field's type would be undefined behaviour, not a finding. */
#define AS_BOOL(field_) memset(&(field_), *(const uint8_t *)&(field_)&1, 1)
#define AS_ENUM(field_, last_)                                                                     \
    ((field_) = (__typeof__(field_))((unsigned)(field_) % ((last_) + 1u)))

static void tame_connect(struct connect_facts *connect)
{
    AS_ENUM(connect->failed_call, CALL_ASYNC);
    connect->error &= 0xff;
    connect->route_error &= 0xff;
    AS_BOOL(connect->unix_socket);
    AS_BOOL(connect->no_socket);
    AS_BOOL(connect->bound);
    AS_BOOL(connect->loopback);
    AS_BOOL(connect->family_unusable);
    AS_BOOL(connect->no_error_queue);
    AS_BOOL(connect->link_down);
    AS_BOOL(connect->icmp.seen);
    AS_BOOL(connect->icmp.from_self);
    AS_BOOL(connect->icmp.from_target);
    AS_BOOL(connect->icmp.borrowed);
    AS_BOOL(connect->life.ran);
    AS_BOOL(connect->life.decisive);
    AS_BOOL(connect->life.lossy);
}

static void tame_exchange(struct exchange_facts *exchange)
{
    AS_BOOL(exchange->greeting_bad);
    AS_BOOL(exchange->greeting_partial);
    AS_BOOL(exchange->old_protocol);
    AS_BOOL(exchange->greeted);
    AS_BOOL(exchange->ssl_request_sent);
    AS_BOOL(exchange->secured);
    AS_BOOL(exchange->tls_broken);
    AS_BOOL(exchange->login_sent);
    AS_BOOL(exchange->credentials);
    AS_BOOL(exchange->proof_sent);
    AS_BOOL(exchange->proof_asked);
    AS_BOOL(exchange->statement_sent);
    AS_BOOL(exchange->statement_answered);
    AS_BOOL(exchange->fast_authentication);
    AS_BOOL(exchange->full_authentication);
    AS_BOOL(exchange->public_key_asked);
    AS_BOOL(exchange->public_key_given);
    AS_ENUM(exchange->withheld, WITHHELD_WAITED);
    AS_ENUM(exchange->refusal, PROOF_KEY_TOO_SMALL);
    exchange->auth_plugin[PLUGIN_NAME - 1] = '\0';
    exchange->default_plugin[PLUGIN_NAME - 1] = '\0';
    exchange->version[SERVER_VERSION - 1] = '\0';
    AS_BOOL(exchange->blind);
    AS_BOOL(exchange->slow);
    AS_BOOL(exchange->reply_bad);
    AS_BOOL(exchange->logged_in);
    AS_BOOL(exchange->error_in_greeting);
    AS_BOOL(exchange->wrong_sequence);
    AS_BOOL(exchange->asked_again);
    AS_BOOL(exchange->constant_salt);
    AS_ENUM(exchange->ending, ENDING_RESET);
    AS_ENUM(exchange->question, QUESTION_SSL_REQUEST);
    AS_ENUM(exchange->question_ending, ENDING_RESET);
    AS_ENUM(exchange->product, PRODUCT_COUNT - 1);
    AS_ENUM(exchange->certainty, CERTAINTY_CERTAIN);
    exchange->signs %= SIGN_BIT(SIGN_COUNT);
    exchange->signs_against %= SIGN_BIT(SIGN_COUNT);
    exchange->error.sqlstate[sizeof(exchange->error.sqlstate) - 1] = '\0';
    exchange->error.message[sizeof(exchange->error.message) - 1] = '\0';
    /* TLS is asked for where a greeting offered it before the login, and secures nothing unasked */
    exchange->ssl_request_sent &= !exchange->blind && exchange->capabilities & CLIENT_SSL;
    exchange->secured &= exchange->ssl_request_sent;
    /* what goes out before the greeting names nobody, as does a login in a withheld one's place */
    exchange->credentials &= !exchange->blind && exchange->withheld == WITHHELD_NOT;
}

static void tame_evidence(struct evidence *evidence)
{
    for (unsigned i = 0; i < STAGE_COUNT; i++)
        AS_ENUM(evidence->stages[i].outcome, OUTCOME_TIMED_OUT);
    AS_ENUM(evidence->until, UNTIL_GREETING);
    AS_ENUM(evidence->tls_mode, TLS_VERIFY_IDENTITY);
    AS_BOOL(evidence->wants_login);
    AS_BOOL(evidence->names_tenant);
    AS_BOOL(evidence->names_cluster);
    AS_BOOL(evidence->names_proxysys);
    AS_BOOL(evidence->three_parts);
    AS_BOOL(evidence->only_port);
    AS_BOOL(evidence->skipped);
    AS_BOOL(evidence->shared);
    AS_BOOL(evidence->other_tls);
    AS_BOOL(evidence->cut_short);
    tame_connect(&evidence->connect);
    tame_exchange(&evidence->exchange);
}

static void tame_tls(struct tls_evidence *tls)
{
    AS_ENUM(tls->handshake, TLS_RESET);
    AS_BOOL(tls->client_certificate_asked);
    AS_BOOL(tls->client_certificate_sent);
    AS_BOOL(tls->judged);
    AS_BOOL(tls->allowed_refused);
    AS_ENUM(tls->name, TLS_FAILS);
    AS_ENUM(tls->version_allowed, TLS_FAILS);
    AS_ENUM(tls->cipher_allowed, TLS_FAILS);
    AS_ENUM(tls->policy, TLS_FAILS);
}

/* It is only asked behind a login that calls for it, and alone only where that says so. */
static bool tame_client(struct client_evidence *client, const struct evidence *evidence)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    AS_ENUM(client->result, CLIENT_TIMED_OUT);
    AS_ENUM(client->reason, CLIENT_TLS_POLICY);
    AS_BOOL(client->logged_in);
    client->logged_in |= client->result == CLIENT_PASSED;
    client->alone = diagnose_client_alone(exchange);
    client->sqlstate[sizeof(client->sqlstate) - 1] = '\0';
    client->message[sizeof(client->message) - 1] = '\0';
    client->plugin[sizeof(client->plugin) - 1] = '\0';
    return diagnose_client_wanted(exchange) && exchange->greeted &&
           evidence->until == UNTIL_LOGIN &&
           evidence->stages[STAGE_CONNECT].outcome == OUTCOME_PASSED;
}

/* A choice of the input's first byte: without it, random bytes almost never name a known code. */
static uint16_t code_of(uint8_t choice)
{
    static const uint16_t codes[] = {0,    1040, 1043, 1044, 1045, 1049, 1053, 1129, 1130,
                                     1159, 1203, 1226, 1227, 1235, 1251, 1275, 1524, 1698,
                                     1820, 1862, 2003, 2801, 3032, 3118, 3159, 3955, 4150,
                                     4151, 4666, 4669, 4780, 5150, 5157, 5260, 8001, 8002};
    return codes[choice % (sizeof(codes) / sizeof(codes[0]))];
}

static bool concerns_the_account(uint16_t code)
{
    static const uint16_t codes[] = {1045, 1044, 1049, 1251, 1698, 1226,
                                     1820, 1862, 3118, 3955, 4150, 4151};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* Only of a unix socket is a full queue known without a look from the server's side. */
static bool is_found_by_probe(enum cause cause)
{
    enum needs needs = cause_row(cause)->needs;
    return needs == NEEDS_PROBE || needs == NEEDS_TLS || needs == NEEDS_LOGIN ||
           needs == NEEDS_SOCKET || needs == NEEDS_CLIENT ||
           cause == CAUSE_UNAVAILABLE_ACCEPT_QUEUE_FULL;
}

static void check_shape(const struct verdict *verdict, unsigned rule)
{
    PROMISE(verdict->cause > CAUSE_NONE && verdict->cause < CAUSE_COUNT);
    PROMISE(verdict->stage < STAGE_COUNT && verdict->confidence <= CONFIDENCE_CERTAIN);
    PROMISE(rule < diagnose_rule_count() && diagnose_rule_cause(rule) == verdict->cause);
    PROMISE(is_found_by_probe(verdict->cause));
    for (unsigned i = 0; i < ALTERNATIVES; i++) {
        enum cause alternative = verdict->alternatives[i];
        PROMISE(alternative < CAUSE_COUNT && alternative != verdict->cause);
        PROMISE(i == 0 || alternative == CAUSE_NONE || verdict->alternatives[i - 1] != CAUSE_NONE);
        for (unsigned j = 0; j < i && alternative != CAUSE_NONE; j++)
            PROMISE(verdict->alternatives[j] != alternative);
    }
    PROMISE(verdict->confidence != CONFIDENCE_CERTAIN || verdict->alternatives[0] == CAUSE_NONE);
}

static void check_ready(const struct verdict *verdict, const struct facts *facts)
{
    const struct evidence *evidence = facts->evidence;
    const struct exchange_facts *exchange = &evidence->exchange;
    bool client_passed = facts->client && facts->client->result == CLIENT_PASSED;
    /* an OBProxy's own users get an error for an answer */
    bool own_user = exchange->product == PRODUCT_OCEANBASE_PROXY && evidence->names_proxysys &&
                    exchange->statement_sent && exchange->error.code != 0;
    PROMISE(evidence->stages[STAGE_CONNECT].outcome == OUTCOME_PASSED);
    if (verdict->cause == CAUSE_READY_CONNECTED)
        PROMISE(evidence->until == UNTIL_CONNECT);
    else
        PROMISE(exchange->greeted);
    if (verdict->cause == CAUSE_READY_GREETED)
        PROMISE(evidence->until == UNTIL_GREETING);
    if (verdict->cause == CAUSE_READY_LOGIN)
        PROMISE(
            exchange->credentials &&
            ((exchange->logged_in && (exchange->statement_answered || own_user)) || client_passed));
    if (verdict->cause == CAUSE_READY_HANDSHAKE)
        PROMISE(exchange->login_sent && !exchange->credentials && !exchange->error_in_greeting &&
                (exchange->error.code ? concerns_the_account(exchange->error.code)
                                      : exchange->logged_in));
}

/* What was asked for is never passed over: a password by an anonymous login that had to go out in a
 * hurry, TLS by a login in clear, except over a Unix socket, where it is not used. */
static void check_wishes(const struct evidence *evidence, const struct tls_evidence *tls)
{
    const struct exchange_facts *exchange = &evidence->exchange;
    if (evidence->until != UNTIL_LOGIN)
        return;
    PROMISE(exchange->withheld != WITHHELD_LATE && exchange->withheld != WITHHELD_REJECTED &&
            exchange->withheld != WITHHELD_WAITED);
    if (evidence->connect.unix_socket)
        return;
    if (evidence->tls_mode >= TLS_REQUIRED)
        PROMISE(exchange->capabilities & CLIENT_SSL);
    if (exchange->ssl_request_sent && tls)
        PROMISE(tls->handshake == TLS_DONE && diagnose_tls_acceptable(evidence->tls_mode, tls));
}

/* A login that the wire had is ready, unless libmariadb failed or would have: then its category
 * says so. What it quotes is never taken for certain. */
static void check_client(const struct verdict *verdict, const struct facts *facts)
{
    const struct client_evidence *client = facts->client;
    enum category category = cause_row(verdict->cause)->category;
    if (!client)
        PROMISE(category != CATEGORY_CLIENT && verdict->stage != STAGE_CLIENT);
    else if (client->result == CLIENT_NOT_RUN)
        PROMISE(category != CATEGORY_CLIENT && verdict->stage != STAGE_CLIENT);
    else if (!client->alone)
        PROMISE(category == CATEGORY_CLIENT || verdict->stage != STAGE_CLIENT);
    else if (client->result == CLIENT_FAILED && verdict->stage == STAGE_CLIENT)
        PROMISE(verdict->confidence != CONFIDENCE_CERTAIN && category != CATEGORY_READY);
    if (client)
        PROMISE(diagnose_client_cost(client) <= COST_COUNTED);
}

static void check_address(const struct verdict *verdict, const struct facts *facts)
{
    const struct evidence *evidence = facts->evidence;
    enum category category = cause_row(verdict->cause)->category;
    /* a greeting that came too late was heard */
    bool late = verdict->cause == CAUSE_TIMED_OUT_GREETING && evidence->exchange.greeted;
    bool silence = category == CATEGORY_TIMED_OUT || verdict->cause == CAUSE_FILTERED_DROPPED;
    PROMISE(category != CATEGORY_NAME);
    if (category == CATEGORY_READY) {
        check_ready(verdict, facts);
        check_wishes(evidence, facts->tls);
    }
    if (silence)
        PROMISE(verdict->confidence != CONFIDENCE_CERTAIN);
    if ((silence && !late && evidence->only_port) || evidence->cut_short || evidence->other_tls)
        PROMISE(verdict->confidence == CONFIDENCE_POSSIBLE);
    PROMISE(diagnose_cost(evidence) <= COST_COUNTED);
    PROMISE(diagnose_answered_by(evidence) <= ANSWERED_BACKEND);
    if (evidence->stages[STAGE_CONNECT].outcome != OUTCOME_PASSED)
        PROMISE(diagnose_cost(evidence) == COST_NONE);
}

/* Of what was not seen nothing is predicted: no greeting, no handshake, TLS over a socket. */
static void check_predictions(const struct evidence *evidence, const struct tls_evidence *tls)
{
    static const struct ip address = {.family = 4, .bytes = {10, 1, 2, 3}};
    uint32_t needs_handshake = UINT32_C(1) << PREDICT_CERTIFICATE | UINT32_C(1) << PREDICT_OLD_TLS;
    uint32_t needs_tcp = needs_handshake | UINT32_C(1) << PREDICT_PUBLIC_KEY |
                         UINT32_C(1) << PREDICT_TLS_BY_DEFAULT | UINT32_C(1) << PREDICT_PLAINTEXT |
                         UINT32_C(1) << PREDICT_SENT_IN_CLEAR;
    uint32_t predictions = predictions_of(&(struct seen){&address, evidence, tls});
    PROMISE(evidence->exchange.greeted || predictions == 0);
    PROMISE(predictions >> PREDICTION_COUNT == 0);
    if (!tls || tls->handshake != TLS_DONE)
        PROMISE(!(predictions & needs_handshake));
    if (evidence->connect.unix_socket && !tls)
        PROMISE(!(predictions & needs_tcp));
}

static void check_name(const struct verdict *verdict, const struct resolution_facts *resolution)
{
    PROMISE(cause_row(verdict->cause)->category == CATEGORY_NAME);
    if (verdict->cause == CAUSE_NAME_TIMED_OUT)
        PROMISE(resolution->asked && !resolution->answered);
}

/* It is of the verdict's cause, and speaks of OceanBase where OceanBase greeted, or else only by
 * the port that is its own; but for sockets, this machine itself, and passwords kept back. */
static void check_circumstance(const struct verdict *verdict, const struct evidence *evidence,
                               uint16_t port)
{
    struct scene scene = {.evidence = evidence, .port = port};
    enum circumstance circumstance = circumstance_of(verdict, &scene);
    enum product product = evidence->exchange.product;
    if (!circumstance)
        return;
    PROMISE(circumstance < CIRCUMSTANCE_COUNT);
    PROMISE(circumstance_row(circumstance)->cause == verdict->cause);
    PROMISE(product == PRODUCT_OCEANBASE_PROXY || product == PRODUCT_OCEANBASE_OBSERVER ||
            port == 2882 || port == 2883 || evidence->connect.unix_socket ||
            evidence->connect.loopback || evidence->exchange.withheld == WITHHELD_REJECTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct resolution_facts resolution = {0};
    struct evidence evidence = {0};
    struct tls_evidence tls = {0};
    struct client_evidence client = {0};
    struct facts facts = {.resolution = &resolution, .evidence = &evidence};
    unsigned rule;
    if (length < 2)
        return 0;
    memcpy(&evidence, bytes + 2, length - 2 < sizeof(evidence) ? length - 2 : sizeof(evidence));
    tame_evidence(&evidence);
    if (bytes[0] < 128)
        evidence.exchange.error.code = code_of(bytes[0]);
    if (bytes[1] & 1)
        evidence.stages[STAGE_CONNECT].outcome = OUTCOME_PASSED;
    if (bytes[1] & 2) {
        /* the facts that decide stand behind the certificates, out of reach of short inputs */
        for (size_t i = 0; i < sizeof(tls); i++)
            ((uint8_t *)&tls)[i] = bytes[i % length];
        tame_tls(&tls);
        facts.tls = &tls;
    }
    if (bytes[1] & 4) {
        for (size_t i = 0; i < sizeof(client); i++)
            ((uint8_t *)&client)[i] = bytes[(i + 2) % length];
        client.code = bytes[1] & 8 ? code_of(bytes[0]) : client.code;
        facts.client = tame_client(&client, &evidence) ? &client : NULL;
    }
    struct verdict verdict = diagnose(&facts, &rule);
    check_shape(&verdict, rule);
    check_address(&verdict, &facts);
    check_client(&verdict, &facts);
    check_predictions(&evidence, facts.tls);
    check_circumstance(&verdict, &evidence, (uint16_t)(2880 + bytes[1] % 8));

    memcpy(&resolution, bytes, length < sizeof(resolution) ? length : sizeof(resolution));
    AS_BOOL(resolution.numeric);
    AS_BOOL(resolution.asked);
    AS_BOOL(resolution.answered);
    AS_BOOL(resolution.cut_short);
    resolution.eai = -(resolution.eai & 0x1f);
    facts.evidence = NULL;
    facts.client = NULL;
    verdict = diagnose(&facts, &rule);
    check_shape(&verdict, rule);
    check_name(&verdict, &resolution);
    return 0;
}
