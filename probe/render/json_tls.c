/* What the TLS handshake of one address showed, as JSON. */
#include "probe/render/json_object.h"
#include "probe/render/text.h"

static void put_time(struct part *object, const char *key, int64_t seconds)
{
    char text[TIME_TEXT];
    put_text_if(object, key, time_text(seconds, text));
}

static json_t *certificate_json(const struct tls_certificate *certificate)
{
    char hex[2 * sizeof certificate->sha256 + 1] = "";
    struct part object = object_begin();
    for (size_t i = 0; i < sizeof certificate->sha256; i++)
        text_add(hex, sizeof hex, "%02x", certificate->sha256[i]);
    put_text(&object, "subject", certificate->subject);
    put_text(&object, "issuer", certificate->issuer);
    put_time(&object, "not_before", certificate->not_before);
    put_time(&object, "not_after", certificate->not_after);
    put_text(&object, "sha256", hex);
    put_text_if(&object, "key_type", certificate->key_type);
    put_integer(&object, "key_bits", certificate->key_bits);
    put_text_if(&object, "signature", certificate->signature);
    return part_end(&object);
}

static json_t *chain_json(const struct tls_evidence *tls)
{
    struct part array = array_begin();
    for (size_t i = 0; i < tls->certificate_count && i < TLS_CERTIFICATES; i++)
        add(&array, certificate_json(&tls->certificates[i]));
    return part_end(&array);
}

static json_t *names_json(const struct tls_evidence *tls)
{
    struct part array = array_begin();
    for (size_t i = 0; i < tls->name_count && i < TLS_NAMES; i++)
        add(&array, json_string(tls->names[i]));
    return part_end(&array);
}

/* The leaf stands also in the chain; here are the keys that scripts look for. */
static void put_certificates(struct part *object, const struct tls_evidence *tls)
{
    if (tls->certificate_count == 0)
        return;
    put_text(object, "subject", tls->certificates[0].subject);
    put_text(object, "issuer", tls->certificates[0].issuer);
    put_time(object, "not_before", tls->certificates[0].not_before);
    put_time(object, "not_after", tls->certificates[0].not_after);
    if (tls->name_count)
        put(object, "names", names_json(tls));
    if (tls->names_truncated)
        put_flag(object, "names_truncated", true);
    put(object, "chain", chain_json(tls));
    if (tls->certificates_truncated)
        put_flag(object, "chain_truncated", true);
}

static void put_judgement(struct part *object, const char *key, enum tls_judgement judgement)
{
    if (judgement != TLS_NOT_JUDGED)
        put_flag(object, key, judgement == TLS_HOLDS);
}

static void put_judgements(struct part *object, enum tls_mode mode, const struct tls_evidence *tls)
{
    if (!tls->judged)
        return;
    put_flag(object, "verified", diagnose_tls_verified(mode, tls));
    put_integer(object, "verify_code", tls->verify_code);
    put_text_if(object, "verify_text", tls->verify_text);
    if (tls->verify_code)
        put_integer(object, "verify_depth", tls->verify_depth);
    put_judgement(object, "name_matches", tls->name);
    put_judgement(object, "version_allowed", tls->version_allowed);
    put_judgement(object, "cipher_allowed", tls->cipher_allowed);
    if (tls->allowed_refused)
        put_flag(object, "allowed_ciphers_refused", true);
    put_judgement(object, "policy_allows", tls->policy);
    if (tls->certificate_count)
        put_integer(object, "days_left", tls->days_left);
}

static void put_alerts(struct part *object, const struct tls_evidence *tls)
{
    if (tls->alert_received != TLS_NO_ALERT)
        put_integer(object, "alert_received", tls->alert_received);
    if (tls->alert_sent != TLS_NO_ALERT)
        put_integer(object, "alert_sent", tls->alert_sent);
    put_text_if(object, "reason", tls->reason);
}

json_t *json_tls(enum tls_mode mode, const struct tls_evidence *tls)
{
    static const char *const handshakes[] = {
        [TLS_NOT_RUN] = "not-run", [TLS_UNDER_WAY] = "timed-out", [TLS_DONE] = "done",
        [TLS_ALERTED] = "alert",   [TLS_FAILED_HERE] = "failed",  [TLS_PLAINTEXT] = "plaintext",
        [TLS_CLOSED] = "closed",   [TLS_RESET] = "reset",
    };
    struct part object = object_begin();
    put_text(&object, "handshake", handshakes[tls->handshake]);
    put_text_if(&object, "version", tls_version_name(tls->version));
    put_text_if(&object, "cipher", tls->cipher);
    put_text_if(&object, "group", tls->group);
    put_alerts(&object, tls);
    if (tls->client_certificate_asked)
        put_flag(&object, "client_certificate_sent", tls->client_certificate_sent);
    if (tls->injected)
        put_integer(&object, "plaintext_bytes_dropped", tls->injected);
    put_judgements(&object, mode, tls);
    put_certificates(&object, tls);
    return part_end(&object);
}
