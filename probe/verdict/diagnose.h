/* From facts to a verdict: pure functions over ordered tables of rules, first match wins. */
#ifndef PROBE_VERDICT_DIAGNOSE_H
#define PROBE_VERDICT_DIAGNOSE_H

#include "probe/verdict/causes.h"
#include "probe/verdict/client_evidence.h"

enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };

enum { ALTERNATIVES = 4 };

struct verdict {
    enum cause cause;
    enum stage stage;
    enum confidence confidence;
    enum cause alternatives[ALTERNATIVES]; /* CAUSE_NONE behind the last */
};

/*
 * What diagnose() may look at; NULL where that part never ran. The name's verdict comes from
 * `resolution` (only when it failed), an address's from `evidence`.
 */
struct facts {
    const struct resolution_facts *resolution;
    const struct evidence *evidence;
    const struct tls_evidence *tls;       /* of the same address */
    const struct client_evidence *client; /* likewise */
};

/* The verdict over any facts, contradictory ones included; it always answers. `ret_rule` may be
 * NULL; else it gets the index of the rule that fired. */
struct verdict diagnose(const struct facts *facts, unsigned *ret_rule);

/* How many rules there are, and the cause that rule `index` gives (for the tests). */
unsigned diagnose_rule_count(void);
enum cause diagnose_rule_cause(unsigned index);

const char *confidence_name(enum confidence confidence);

/* What the probe cost the server: measured; see server_side.c. */
enum server_cost { COST_NONE, COST_LOG, COST_COUNTED };
enum server_cost diagnose_cost(const struct evidence *evidence);
const char *server_cost_name(enum server_cost cost);

/* Whether libmariadb is to log in behind this: the login was accepted, or the account's plugin is
 * one that only libmariadb speaks (then it logs in alone). */
bool diagnose_client_wanted(const struct exchange_facts *exchange);
bool diagnose_client_alone(const struct exchange_facts *exchange);

/* The code that stands for its failure: the server's, wherever libmariadb put it, else its own; and
 * whether it is the server's. */
uint16_t diagnose_client_code(const struct client_evidence *client);
bool diagnose_client_quotes(const struct client_evidence *client);

/* What libmariadb's connection cost the server; and whether it only failed as any login might have
 * a moment later (the server or the account is full, the time is over), which says nothing of the
 * library. */
enum server_cost diagnose_client_cost(const struct client_evidence *client);
bool diagnose_client_inconclusive(const struct client_evidence *client);

/* What a login with credentials said about the password itself; UNKNOWN where none was sent, where
 * no answer came, and where the answer is about something else. */
enum password_outcome { PASSWORD_UNKNOWN, PASSWORD_ACCEPTED, PASSWORD_REJECTED };
enum password_outcome diagnose_password(const struct exchange_facts *exchange);

/* Whether the handshake that is done, as judged, is good enough for a password under the mode; and
 * whether it is known to be with the server that was asked for. */
bool diagnose_tls_acceptable(enum tls_mode mode, const struct tls_evidence *tls);
bool diagnose_tls_verified(enum tls_mode mode, const struct tls_evidence *tls);

/* Whether the server, offered all ciphers, chose one that the user does not allow, and may have
 * others that are allowed. Not MariaDB: it follows the client's order, in which those stand first
 * (measured). */
bool diagnose_cipher_open(const struct evidence *evidence, const struct tls_evidence *tls);

enum answered_by { ANSWERED_UNKNOWN, ANSWERED_PROXY, ANSWERED_BACKEND };
enum answered_by diagnose_answered_by(const struct evidence *evidence);
const char *answered_by_name(enum answered_by answered_by);

#endif
