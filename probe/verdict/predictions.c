#include "probe/verdict/predictions.h"
#include "probe/verdict/diagnose.h"
#include <ctype.h>
#include <string.h>

/* ---- the plugin ---- */

bool prediction_knows_account(const struct exchange_facts *exchange)
{
    return exchange->credentials && (diagnose_password(exchange) == PASSWORD_ACCEPTED ||
                                     exchange->refusal != PROOF_NOT_REFUSED);
}

const char *prediction_plugin(const struct exchange_facts *exchange)
{
    return prediction_knows_account(exchange) ? exchange->auth_plugin : exchange->default_plugin;
}

static bool plugin_is(const struct seen *seen, const char *name)
{
    return strcmp(prediction_plugin(&seen->evidence->exchange), name) == 0;
}

static bool uses_native_password(const struct seen *seen)
{
    return plugin_is(seen, "mysql_native_password");
}

static bool uses_caching_sha2(const struct seen *seen)
{
    return plugin_is(seen, "caching_sha2_password");
}

static bool uses_mariadb_plugin(const struct seen *seen)
{
    return plugin_is(seen, "client_ed25519") || plugin_is(seen, "parsec");
}

static bool uses_clear_password(const struct seen *seen)
{
    return plugin_is(seen, "mysql_clear_password");
}

/* ---- the version ---- */

/* One number of a version, which ends before anything that is none; a server may say whatever it
 * likes. */
static unsigned next_number(const char **at)
{
    unsigned number = 0;
    for (; isdigit((unsigned char)**at) && number < 1000; (*at)++)
        number = 10 * number + (unsigned)(**at - '0');
    *at += **at == '.';
    return number;
}

/* 80028 for "8.0.28". */
static unsigned version_number(const struct exchange_facts *exchange)
{
    const char *at = exchange->version;
    unsigned major = next_number(&at);
    unsigned minor = next_number(&at);
    return 10000 * major + 100 * minor + next_number(&at);
}

static bool is_from(const struct seen *seen, enum product product, unsigned version)
{
    const struct exchange_facts *exchange = &seen->evidence->exchange;
    return exchange->product == product && version_number(exchange) >= version;
}

/* ---- TLS ---- */

enum { TLS_1_2 = 0x0303 };

static bool offers_tls(const struct seen *seen)
{
    return seen->evidence->exchange.capabilities & CLIENT_SSL;
}

static bool over_tcp(const struct seen *seen)
{
    return !seen->evidence->connect.unix_socket;
}

static bool lacks_tls_over_tcp(const struct seen *seen)
{
    return over_tcp(seen) && !offers_tls(seen);
}

static bool draws_password_in_clear(const struct seen *seen)
{
    return lacks_tls_over_tcp(seen) && uses_caching_sha2(seen);
}

/* Drivers use TLS where it is offered; who switched it off here will have done so there. */
static bool needs_public_key(const struct seen *seen)
{
    bool plaintext = !offers_tls(seen) || seen->evidence->tls_mode == TLS_DISABLED;
    return over_tcp(seen) && plaintext &&
           (uses_caching_sha2(seen) || plugin_is(seen, "sha256_password"));
}

static bool has_tls(const struct seen *seen)
{
    return seen->tls && seen->tls->handshake == TLS_DONE;
}

static bool has_old_tls_only(const struct seen *seen)
{
    return has_tls(seen) && seen->tls->version != 0 && seen->tls->version < TLS_1_2;
}

static bool lacks_old_tls(const struct seen *seen)
{
    return over_tcp(seen) && offers_tls(seen) && !has_old_tls_only(seen) &&
           is_from(seen, PRODUCT_MYSQL, 80028);
}

/* ---- what MariaDB Connector/C 3.4 makes of a certificate ---- */

bool prediction_certificate_expired(const struct tls_evidence *tls)
{
    return tls->certificate_count > 0 && tls->days_left < 0;
}

/* X509_V_ERR_CERT_NOT_YET_VALID, _CERT_HAS_EXPIRED, _CERT_REVOKED: refused everywhere (measured).
 * The code tells the first error alone, which may be a harmless one before that. */
static bool is_hopeless(const struct tls_evidence *tls)
{
    int code = tls->verify_code;
    return code == 9 || code == 10 || code == 23 || prediction_certificate_expired(tls);
}

/* Exactly these addresses are local to it, 127.0.0.2 is not (measured). */
static bool is_local_to_mariadb(const struct ip *address)
{
    static const uint8_t v4[4] = {127, 0, 0, 1};
    static const uint8_t v6[16] = {[15] = 1};
    return (address->family == 4 && memcmp(address->bytes, v4, sizeof v4) == 0) ||
           (address->family == 6 && memcmp(address->bytes, v6, sizeof v6) == 0);
}

/* The server signs the certificate's fingerprint with the password's hash. Whether a MaxScale
 * passes that on is not known. */
static bool proves_certificate(const struct seen *seen)
{
    bool hashed = uses_native_password(seen) || uses_mariadb_plugin(seen);
    bool server = is_from(seen, PRODUCT_MARIADB, 110400) || is_from(seen, PRODUCT_MAXSCALE, 0);
    return hashed && server;
}

static bool refused_by_mariadb(const struct seen *seen)
{
    const struct tls_evidence *tls = seen->tls;
    if (!over_tcp(seen) || !has_tls(seen) || !tls->judged || has_old_tls_only(seen))
        return false;
    if (is_hopeless(tls))
        return true;
    return (tls->verify_code != 0 || tls->name == TLS_FAILS) &&
           !is_local_to_mariadb(seen->address) && !proves_certificate(seen);
}

/* ---- the table ---- */

static const struct prediction_row rows[PREDICTION_COUNT] = {
#define PREDICTION(name_, id_, current_, holds_, drivers_, happens_, mends_, rule_, source_)       \
    [PREDICT_##name_] = {.id = (id_),                                                              \
                         .current = (current_),                                                    \
                         .holds = (holds_),                                                        \
                         .drivers = (drivers_),                                                    \
                         .happens = (happens_),                                                    \
                         .mends = (mends_),                                                        \
                         .rule = (rule_),                                                          \
                         .source = (source_)},
#include "probe/verdict/predictions.def"
#undef PREDICTION
};

const struct prediction_row *prediction_row(enum prediction prediction)
{
    return &rows[prediction];
}

uint32_t predictions_of(const struct seen *seen)
{
    uint32_t predictions = 0;
    if (!seen->evidence->exchange.greeted)
        return 0;
    for (unsigned i = 0; i < PREDICTION_COUNT; i++)
        if (rows[i].holds(seen))
            predictions |= UINT32_C(1) << i;
    return predictions;
}

bool predictions_fit(enum cause cause)
{
    static const bool fits[CAUSE_COUNT] = {
        [CAUSE_READY_LOGIN] = true,           [CAUSE_READY_HANDSHAKE] = true,
        [CAUSE_READY_GREETED] = true,         [CAUSE_TLS_NOT_OFFERED] = true,
        [CAUSE_DENIED_AUTH_PLUGIN] = true,    [CAUSE_CLIENT_DISAGREES] = true,
        [CAUSE_CLIENT_PLUGIN_MISSING] = true,
    };
    return fits[cause];
}
