/* Reads one line of tests/data/evidence: the format is described in its README.md. */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include "probe/verdict/diagnose.h"
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture_facts {
    struct resolution_facts resolution;
    struct evidence evidence;
    struct tls_evidence tls;
    struct client_evidence client;
    bool has_resolution;
    bool has_evidence;
    bool has_tls;
    bool has_client;
};

struct fixture {
    char *name;
    char *origin;
    char *facts;
    char *verdict;
    char *server_side; /* "" when left out */
};

static const struct {
    const char *name;
    int value;
} fixture_symbols[] = {
#define S(name_)                                                                                   \
    {                                                                                              \
#name_, name_                                                                              \
    }
    S(EACCES),
    S(EAGAIN),
    S(ENOENT),
    S(ENOTSOCK),
    S(EADDRNOTAVAIL),
    S(EAFNOSUPPORT),
    S(ECONNREFUSED),
    S(ECONNRESET),
    S(EHOSTUNREACH),
    S(EINVAL),
    S(EIO),
    S(EMFILE),
    S(ENETUNREACH),
    S(ENFILE),
    S(ENOBUFS),
    S(ENOPROTOOPT),
    S(EPERM),
    S(ETIMEDOUT),
    S(EAI_ADDRFAMILY),
    S(EAI_AGAIN),
    S(EAI_FAIL),
    S(EAI_MEMORY),
    S(EAI_NODATA),
    S(EAI_NONAME),
    S(EAI_SYSTEM),
    S(CALL_NONE),
    S(CALL_SOCKET),
    S(CALL_BIND),
    S(CALL_CONNECT),
    S(CALL_ASYNC),
    S(TLS_PREFERRED),
    S(TLS_DISABLED),
    S(TLS_REQUIRED),
    S(TLS_VERIFY_CA),
    S(TLS_VERIFY_IDENTITY),
    S(TLS_NOT_RUN),
    S(TLS_UNDER_WAY),
    S(TLS_DONE),
    S(TLS_ALERTED),
    S(TLS_FAILED_HERE),
    S(TLS_PLAINTEXT),
    S(TLS_CLOSED),
    S(TLS_RESET),
    S(TLS_NOT_JUDGED),
    S(TLS_HOLDS),
    S(TLS_FAILS),
    S(WITHHELD_TLS),
    S(WITHHELD_LATE),
    S(WITHHELD_REJECTED),
    S(WITHHELD_WAITED),
    S(PROOF_NOT_SPOKEN),
    S(PROOF_IN_CLEAR),
    S(PROOF_WITHOUT_KEY),
    S(PROOF_KEY_SIZE),
    S(CLIENT_NOT_RUN),
    S(CLIENT_PREDICTED),
    S(CLIENT_PASSED),
    S(CLIENT_FAILED),
    S(CLIENT_TIMED_OUT),
    S(CLIENT_PLUGIN_FILE),
    S(CLIENT_CERTIFICATE),
    S(CLIENT_TLS_POLICY),
    S(UNTIL_CONNECT),
    S(UNTIL_GREETING),
    S(UNTIL_LOGIN),
    S(ENDING_OPEN),
    S(ENDING_CLOSED),
    S(ENDING_RESET),
    S(PRODUCT_UNKNOWN),
    S(PRODUCT_MYSQL),
    S(PRODUCT_MARIADB),
    S(PRODUCT_OCEANBASE_PROXY),
    S(PRODUCT_OCEANBASE_OBSERVER),
    S(PRODUCT_TIDB),
    S(PRODUCT_PROXYSQL),
    S(PRODUCT_MYSQL_ROUTER),
    S(CERTAINTY_LIKELY),
    S(CERTAINTY_CERTAIN),
    S(SERVICE_SSH),
    S(SERVICE_FTP),
    S(SERVICE_SMTP),
    S(SERVICE_TLS),
    S(SERVICE_POSTGRESQL),
    S(SERVICE_MQTT),
    S(SERVICE_REDIS),
    S(SERVICE_MONGODB),
    S(SERVICE_OCEANBASE_RPC),
#undef S
    {"passed", OUTCOME_PASSED},
    {"failed", OUTCOME_FAILED},
    {"timed-out", OUTCOME_TIMED_OUT},
    {"not-run", OUTCOME_NOT_RUN},
};

/* A key and where its number lives. `set`: the value is a set of services. */
static const struct fixture_key {
    const char *name;
    size_t offset; /* in struct fixture_facts */
    size_t size;
    bool set;
} fixture_keys[] = {
#define AT(path_) offsetof(struct fixture_facts, path_), sizeof(((struct fixture_facts *)0)->path_)
#define KEY(name_, path_)                                                                          \
    {                                                                                              \
        name_, AT(path_), false                                                                    \
    }
    KEY("asked", resolution.asked),
    KEY("answered", resolution.answered),
    KEY("eai", resolution.eai),
    KEY("connect", evidence.stages[STAGE_CONNECT].outcome),
    KEY("until", evidence.until),
    KEY("only_port", evidence.only_port),
    KEY("cut_short", evidence.cut_short),
    KEY("other_tls", evidence.other_tls),
    KEY("call", evidence.connect.failed_call),
    KEY("errno", evidence.connect.error),
    KEY("route_errno", evidence.connect.route_error),
    KEY("bound", evidence.connect.bound),
    KEY("loopback", evidence.connect.loopback),
    KEY("family_unusable", evidence.connect.family_unusable),
    KEY("no_error_queue", evidence.connect.no_error_queue),
    KEY("link_down", evidence.connect.link_down),
    KEY("icmp.from_self", evidence.connect.icmp.from_self),
    KEY("icmp.from_target", evidence.connect.icmp.from_target),
    KEY("icmp.borrowed", evidence.connect.icmp.borrowed),
    KEY("icmp.after_us", evidence.connect.icmp.after_us),
    KEY("connect.us", evidence.stages[STAGE_CONNECT].duration_us),
    KEY("tcp.total_retrans", evidence.connect.tcp.total_retrans),
    KEY("tcp.retransmits", evidence.connect.tcp.retransmits),
    KEY("tcp.retrans", evidence.connect.tcp.retrans),
    KEY("tcp.segs_in", evidence.connect.tcp.segs_in),
    KEY("tcp.unacked", evidence.connect.tcp.unacked),
    KEY("life.ran", evidence.connect.life.ran),
    KEY("life.target_syns", evidence.connect.life.target_syns),
    KEY("life.control_syns", evidence.connect.life.control_syns),
    KEY("life.control_answers", evidence.connect.life.control_answers),
    KEY("life.echo_answers", evidence.connect.life.echo_answers),
    KEY("life.decisive", evidence.connect.life.decisive),
    KEY("life.input_drops", evidence.connect.life.input_drops),
    KEY("life.drops_expected", evidence.connect.life.drops_expected),
    KEY("first_length", evidence.exchange.first_length),
    KEY("bytes", evidence.exchange.bytes_received),
    KEY("greeting_bad", evidence.exchange.greeting_bad),
    KEY("greeting_partial", evidence.exchange.greeting_partial),
    KEY("old_protocol", evidence.exchange.old_protocol),
    KEY("greeted", evidence.exchange.greeted),
    KEY("login_sent", evidence.exchange.login_sent),
    KEY("blind", evidence.exchange.blind),
    KEY("slow", evidence.exchange.slow),
    KEY("reply_bad", evidence.exchange.reply_bad),
    KEY("logged_in", evidence.exchange.logged_in),
    KEY("error_in_greeting", evidence.exchange.error_in_greeting),
    KEY("wrong_sequence", evidence.exchange.wrong_sequence),
    KEY("ending", evidence.exchange.ending),
    KEY("asked_again", evidence.exchange.asked_again),
    KEY("login_wait_us", evidence.exchange.login_wait_us),
    KEY("product", evidence.exchange.product),
    KEY("certainty", evidence.exchange.certainty),
    KEY("constant_salt", evidence.exchange.constant_salt),
    {"services", AT(evidence.exchange.services), true},
    KEY("unix", evidence.connect.unix_socket),
    KEY("no_socket", evidence.connect.no_socket),
    KEY("tls_mode", evidence.tls_mode),
    KEY("wants_login", evidence.wants_login),
    KEY("names_tenant", evidence.names_tenant),
    KEY("names_cluster", evidence.names_cluster),
    KEY("names_proxysys", evidence.names_proxysys),
    KEY("three_parts", evidence.three_parts),
    KEY("capabilities", evidence.exchange.capabilities),
    KEY("ssl_request", evidence.exchange.ssl_request_sent),
    KEY("secured", evidence.exchange.secured),
    KEY("tls_broken", evidence.exchange.tls_broken),
    KEY("credentials", evidence.exchange.credentials),
    KEY("proof_asked", evidence.exchange.proof_asked),
    KEY("proof_sent", evidence.exchange.proof_sent),
    KEY("fast", evidence.exchange.fast_authentication),
    KEY("given_key", evidence.exchange.public_key_given),
    KEY("full", evidence.exchange.full_authentication),
    KEY("statement_sent", evidence.exchange.statement_sent),
    KEY("statement_answered", evidence.exchange.statement_answered),
    KEY("withheld", evidence.exchange.withheld),
    KEY("refusal", evidence.exchange.refusal),
    KEY("tls.handshake", tls.handshake),
    KEY("tls.version", tls.version),
    KEY("tls.alert_received", tls.alert_received),
    KEY("tls.alert_sent", tls.alert_sent),
    KEY("tls.asked", tls.client_certificate_asked),
    KEY("tls.sent", tls.client_certificate_sent),
    KEY("tls.judged", tls.judged),
    KEY("tls.code", tls.verify_code),
    KEY("tls.name", tls.name),
    KEY("tls.version_allowed", tls.version_allowed),
    KEY("tls.cipher_allowed", tls.cipher_allowed),
    KEY("tls.policy", tls.policy),
    KEY("tls.allowed_refused", tls.allowed_refused),
    KEY("client.result", client.result),
    KEY("client.reason", client.reason),
    KEY("client.alone", client.alone),
    KEY("client.logged_in", client.logged_in),
    KEY("client.code", client.code),
    KEY("client.wrapped", client.wrapped),
#undef KEY
#undef AT
};

static char *fixture_trim(char *text)
{
    text += strspn(text, " ");
    for (size_t length = strlen(text); length && strchr(" \n", text[length - 1]);)
        text[--length] = '\0';
    return text;
}

/* Cuts `line` at its bars. False for comments, blank lines, and lines without a verdict. */
static inline bool fixture_split(char *line, struct fixture *ret_fixture)
{
    static char none[] = "";
    char *fields[5] = {none, none, none, none, none};
    unsigned count = 0;
    for (char *at = line; at && count < 5; count++) {
        fields[count] = at;
        at = strchr(at, '|');
        if (at)
            *at++ = '\0';
        fields[count] = fixture_trim(fields[count]);
    }
    if (fields[0][0] == '#' || count < 4)
        return false;
    *ret_fixture = (struct fixture){fields[0], fields[1], fields[2], fields[3], fields[4]};
    return true;
}

static bool fixture_number(const char *text, int64_t *ret_number)
{
    char *end;
    for (size_t i = 0; i < sizeof(fixture_symbols) / sizeof(fixture_symbols[0]); i++) {
        if (strcmp(fixture_symbols[i].name, text) == 0) {
            *ret_number = fixture_symbols[i].value;
            return true;
        }
    }
    *ret_number = strtoll(text, &end, 10);
    return *text && *end == '\0';
}

/* "SERVICE_FTP+SERVICE_SMTP", or 0. */
static bool fixture_set(char *text, int64_t *ret_set)
{
    *ret_set = 0;
    if (strcmp(text, "0") == 0)
        return true;
    char *rest = text;
    for (char *name; (name = strsep(&rest, "+"));) {
        int64_t service;
        if (!fixture_number(name, &service))
            return false;
        *ret_set |= SERVICE_BIT(service);
    }
    return true;
}

static void fixture_store(void *to, size_t size, int64_t number)
{
    for (size_t i = 0; i < size; i++) /* little-endian, as the machines this is tested on */
        ((uint8_t *)to)[i] = (uint8_t)((uint64_t)number >> (8 * i));
}

static bool fixture_assign_key(struct fixture_facts *facts, const char *name, char *value)
{
    for (size_t i = 0; i < sizeof(fixture_keys) / sizeof(fixture_keys[0]); i++) {
        const struct fixture_key *key = &fixture_keys[i];
        int64_t number;
        if (strcmp(key->name, name) != 0)
            continue;
        if (!(key->set ? fixture_set(value, &number) : fixture_number(value, &number)))
            return false;
        fixture_store((uint8_t *)facts + key->offset, key->size, number);
        if (key->offset >= offsetof(struct fixture_facts, client))
            facts->has_client = true;
        else if (key->offset >= offsetof(struct fixture_facts, tls))
            facts->has_tls = true;
        else if (key->offset < offsetof(struct fixture_facts, evidence))
            facts->has_resolution = true;
        else
            facts->has_evidence = true;
        return true;
    }
    return false;
}

/* The two keys that stand for several fields, the text, and then all the others. */
static bool fixture_assign(struct fixture_facts *facts, const char *name, char *value)
{
    struct icmp_facts *icmp = &facts->evidence.connect.icmp;
    struct server_error *error = &facts->evidence.exchange.error;
    if (strcmp(name, "icmp") == 0) {
        icmp->seen =
            sscanf(value, "%hhu/%hhu/%hhu", &icmp->family, &icmp->type, &icmp->code) == 3 &&
            icmp->family;
        return facts->has_evidence = true;
    }
    if (strcmp(name, "error") == 0) {
        memset(error->sqlstate, 0, sizeof(error->sqlstate));
        return sscanf(value, "%hu/%5s", &error->code, error->sqlstate) >= 1;
    }
    if (strcmp(name, "message") == 0)
        return snprintf(error->message, sizeof(error->message), "%s", value) > 0;
    return fixture_assign_key(facts, name, value);
}

/* Applies `key=value` pairs; a value in double quotes may have spaces. The culprit, or NULL. */
static const char *fixture_apply(char *text, struct fixture_facts *facts)
{
    while (*(text += strspn(text, " "))) {
        char *name = text, *value = strchr(text, '=');
        if (!value)
            return name;
        *value++ = '\0';
        bool quoted = *value == '"';
        value += quoted;
        text = value + strcspn(value, quoted ? "\"" : " ");
        if (*text)
            *text++ = '\0';
        if (!fixture_assign(facts, name, value))
            return name;
    }
    return NULL;
}

#endif
