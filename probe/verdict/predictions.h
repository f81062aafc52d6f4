/*
 * What drivers other than this program will do with a server, predicted from what the wire saw:
 * predictions.def is the one table, this is its face. Pure, as diagnose() is. Only failures and
 * silent surprises are predicted, and never more than the evidence shows.
 */
#ifndef PROBE_VERDICT_PREDICTIONS_H
#define PROBE_VERDICT_PREDICTIONS_H

#include "probe/verdict/causes.h"

/* One PREDICT_<name> per row. */
enum prediction {
#define PREDICTION(name, ...) PREDICT_##name,
#include "probe/verdict/predictions.def"
#undef PREDICTION
    PREDICTION_COUNT
};

/* What a prediction rests on. */
struct seen {
    const struct ip *address;
    const struct evidence *evidence;
    const struct tls_evidence *tls; /* NULL where TLS was not begun */
};

struct prediction_row {
    const char *id; /* "public-key-retrieval": stable, as the causes' are */
    bool current;   /* drivers of today; else only old ones, which are told to who asks for more */
    bool (*holds)(const struct seen *seen);
    const char *drivers; /* who, with the settings that matter */
    const char *happens; /* to them, one sentence */
    const char *mends;
    const char *rule; /* what was seen, and why that follows */
    const char *source;
};

const struct prediction_row *prediction_row(enum prediction prediction);

/* What other drivers will do at that address: a set of 1 << enum prediction. Empty for who did not
 * greet. */
uint32_t predictions_of(const struct seen *seen);

/* Whether predictions help whose verdict is that cause: all is well, or it is about TLS, a plugin
 * or the client library itself. Whoever has something else to mend first probes again. */
bool predictions_fit(enum cause cause);

/* The plugin that decides: the one that the server asked the account for, where one was used and
 * nothing speaks against its being the account's; else the greeting's, of the server. A password
 * that was rejected shows nothing, since MySQL makes up a plugin for users that do not exist. */
bool prediction_knows_account(const struct exchange_facts *exchange);
const char *prediction_plugin(const struct exchange_facts *exchange);

/* Whether a certificate of the chain has, whatever else is wrong with it. */
bool prediction_certificate_expired(const struct tls_evidence *tls);

#endif
