/* Greeted, and TLS was asked for: not offered, its handshake, and what a strict client would say.
 */
#include "probe/verdict/rules.h"

/* X509_V_ERR_… as X509_STORE_CTX_get_error(3) numbers them. */
enum {
    NOT_YET_VALID = 9,
    HAS_EXPIRED = 10,
    DEPTH_ZERO_SELF_SIGNED = 18,
    REVOKED = 23,
};

/* Alert descriptions (RFC 8446, 6.2). */
enum {
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_BAD_CERTIFICATE = 42,
    ALERT_UNSUPPORTED_CERTIFICATE = 43,
    ALERT_CERTIFICATE_REVOKED = 44,
    ALERT_CERTIFICATE_EXPIRED = 45,
    ALERT_CERTIFICATE_UNKNOWN = 46,
    ALERT_UNKNOWN_CA = 48,
    ALERT_ACCESS_DENIED = 49,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_CERTIFICATE_REQUIRED = 116,
};

enum { TLS_1_2 = 0x0303 };

/* ---- what holds under which mode ---- */

static bool options_hold(const struct tls_evidence *tls)
{
    return tls->version_allowed != TLS_FAILS && tls->cipher_allowed != TLS_FAILS;
}

bool diagnose_tls_acceptable(enum tls_mode mode, const struct tls_evidence *tls)
{
    bool chain = tls->verify_code == 0 && tls->policy != TLS_FAILS;
    bool name = tls->name != TLS_FAILS;
    return tls->judged && options_hold(tls) && (mode < TLS_VERIFY_CA || chain) &&
           (mode < TLS_VERIFY_IDENTITY || name);
}

bool diagnose_tls_verified(enum tls_mode mode, const struct tls_evidence *tls)
{
    return tls->judged && tls->verify_code == 0 &&
           (mode == TLS_VERIFY_CA || tls->name == TLS_HOLDS);
}

bool diagnose_cipher_open(const struct evidence *evidence, const struct tls_evidence *tls)
{
    return tls->handshake == TLS_DONE && tls->cipher_allowed == TLS_FAILS &&
           !tls->allowed_refused && evidence->exchange.product != PRODUCT_MARIADB;
}

/* ---- predicates ---- */

static bool offers_tls(const struct evidence *evidence)
{
    return evidence->exchange.capabilities & CLIENT_SSL;
}

static bool lacks_tls(const struct evidence *evidence)
{
    return evidence->tls_mode >= TLS_REQUIRED && !offers_tls(evidence) && !evidence->exchange.blind;
}

static bool fails_in_tls(const struct evidence *evidence, const struct tls_evidence *tls)
{
    if (!evidence->exchange.ssl_request_sent || !tls)
        return false;
    return tls->handshake != TLS_DONE || !diagnose_tls_acceptable(evidence->tls_mode, tls);
}

static bool tls_is_in_the_way(const struct facts *facts)
{
    const struct evidence *evidence = facts->evidence;
    return connected(evidence) && evidence->exchange.greeted && evidence->until == UNTIL_LOGIN &&
           (lacks_tls(evidence) || fails_in_tls(evidence, facts->tls));
}

static bool not_offered(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return lacks_tls(facts->evidence);
}

static bool ended(const struct facts *facts, enum tls_handshake how)
{
    return facts->tls && facts->tls->handshake == how;
}

static bool alerted(const struct facts *facts, const struct rule *rule)
{
    return ended(facts, TLS_ALERTED) && rule_names(rule, facts->tls->alert_received);
}

/* Certificates are what these alerts are about, and the server asked for ours. */
static bool alerted_about_certificate(const struct facts *facts, const struct rule *rule)
{
    return alerted(facts, rule) && facts->tls->client_certificate_asked;
}

static bool alerted_without_certificate(const struct facts *facts, const struct rule *rule)
{
    return alerted_about_certificate(facts, rule) && !facts->tls->client_certificate_sent;
}

static bool alerted_otherwise(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return ended(facts, TLS_ALERTED);
}

/* OpenSSL here refuses the version that the server chose. Later the same alert means bytes that are
 * no record of the session. */
static bool version_refused_here(const struct facts *facts, const struct rule *rule)
{
    return !facts->evidence->exchange.secured && ended(facts, TLS_FAILED_HERE) &&
           rule_names(rule, facts->tls->alert_sent);
}

static bool failed_here(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return ended(facts, TLS_FAILED_HERE);
}

static bool text_came(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return ended(facts, TLS_PLAINTEXT);
}

static bool closed_in_tls(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return ended(facts, TLS_CLOSED);
}

static bool closed_without_certificate(const struct facts *facts, const struct rule *rule)
{
    return closed_in_tls(facts, rule) && facts->tls->client_certificate_asked &&
           !facts->tls->client_certificate_sent;
}

static bool reset_in_tls(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return ended(facts, TLS_RESET);
}

static bool silent_in_tls(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->tls && facts->tls->handshake != TLS_DONE;
}

static bool version_not_allowed(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->tls && facts->tls->version_allowed == TLS_FAILS;
}

static bool cipher_not_allowed(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->tls && facts->tls->cipher_allowed == TLS_FAILS;
}

static bool allowed_refused(const struct facts *facts, const struct rule *rule)
{
    return cipher_not_allowed(facts, rule) && facts->tls->allowed_refused;
}

/* Only where there was no second connection that offered nothing else. */
static bool cipher_open(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->tls && diagnose_cipher_open(facts->evidence, facts->tls);
}

static bool verified_as(const struct facts *facts, const struct rule *rule)
{
    return facts->tls && facts->evidence->tls_mode >= TLS_VERIFY_CA &&
           rule_names(rule, facts->tls->verify_code);
}

static bool not_verified(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->tls && facts->evidence->tls_mode >= TLS_VERIFY_CA && facts->tls->verify_code != 0;
}

static bool name_differs(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->tls && facts->evidence->tls_mode >= TLS_VERIFY_IDENTITY &&
           facts->tls->name == TLS_FAILS;
}

static bool policy_forbids_version(const struct facts *facts, const struct rule *rule)
{
    (void)rule;
    return facts->tls && facts->tls->policy == TLS_FAILS && facts->tls->version < TLS_1_2;
}

/* ---- rules ---- */

#define CERTIFICATE_ALERTS                                                                         \
    {                                                                                              \
        ALERT_BAD_CERTIFICATE, ALERT_UNSUPPORTED_CERTIFICATE, ALERT_CERTIFICATE_REVOKED,           \
            ALERT_CERTIFICATE_EXPIRED, ALERT_CERTIFICATE_UNKNOWN, ALERT_UNKNOWN_CA,                \
            ALERT_ACCESS_DENIED, ALERT_CERTIFICATE_REQUIRED                                        \
    }

static const struct rule rules[] = {
    {CAUSE_TLS_NOT_OFFERED, STAGE_TLS, not_offered, .confidence = CONFIDENCE_CERTAIN},

    {CAUSE_TLS_VERSION, STAGE_TLS, alerted, .of = {ALERT_PROTOCOL_VERSION}, CONFIDENCE_CERTAIN},
    {CAUSE_TLS_CLIENT_CERTIFICATE, STAGE_TLS, alerted_about_certificate, .of = CERTIFICATE_ALERTS,
     CONFIDENCE_CERTAIN},
    /* TLS 1.2 and older have no alert of their own for a missing certificate */
    {CAUSE_TLS_CLIENT_CERTIFICATE, STAGE_TLS, alerted_without_certificate,
     .of = {ALERT_HANDSHAKE_FAILURE}, CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_TLS_HANDSHAKE_FAILED}},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, alerted, .of = {ALERT_HANDSHAKE_FAILURE},
     CONFIDENCE_LIKELY, .alternatives = {CAUSE_TLS_VERSION}},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, alerted_otherwise, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TLS_VERSION, STAGE_TLS, version_refused_here, .of = {ALERT_PROTOCOL_VERSION},
     CONFIDENCE_CERTAIN},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, failed_here, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, text_came, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_PROTOCOL_MALFORMED}},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, closed_without_certificate,
     .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_TLS_CLIENT_CERTIFICATE, CAUSE_TLS_VERSION, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, closed_in_tls, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_TLS_VERSION, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, reset_in_tls, .confidence = CONFIDENCE_LIKELY,
     .alternatives = {CAUSE_REFUSED_BY_MIDDLEBOX, CAUSE_UNAVAILABLE_BACKEND}},
    {CAUSE_TIMED_OUT_TLS, STAGE_TLS, silent_in_tls, .confidence = CONFIDENCE_LIKELY,
     .silence = true, .alternatives = {CAUSE_TIMED_OUT_PATH_MTU, CAUSE_UNAVAILABLE_BACKEND}},

    {CAUSE_TLS_VERSION, STAGE_TLS, version_not_allowed, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, allowed_refused, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, cipher_open, .confidence = CONFIDENCE_POSSIBLE},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, cipher_not_allowed, .confidence = CONFIDENCE_LIKELY},
    {CAUSE_TLS_EXPIRED, STAGE_TLS, verified_as, .of = {HAS_EXPIRED}, CONFIDENCE_CERTAIN},
    {CAUSE_TLS_NOT_YET_VALID, STAGE_TLS, verified_as, .of = {NOT_YET_VALID}, CONFIDENCE_CERTAIN},
    {CAUSE_TLS_REVOKED, STAGE_TLS, verified_as, .of = {REVOKED}, CONFIDENCE_CERTAIN},
    {CAUSE_TLS_SELF_SIGNED, STAGE_TLS, verified_as, .of = {DEPTH_ZERO_SELF_SIGNED},
     CONFIDENCE_CERTAIN},
    {CAUSE_TLS_UNTRUSTED, STAGE_TLS, not_verified, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TLS_NAME_MISMATCH, STAGE_TLS, name_differs, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TLS_VERSION, STAGE_TLS, policy_forbids_version, .confidence = CONFIDENCE_CERTAIN},
    {CAUSE_TLS_HANDSHAKE_FAILED, STAGE_TLS, always, .confidence = CONFIDENCE_LIKELY},
};

const struct rule_table tls_table = RULE_TABLE(tls_is_in_the_way, rules);
