/*
 * What must not be asked twice: once a server has blocked this host (1129), a connection counts
 * against this host there, the port stayed silent to all that was sent, the network answered for
 * it, or the password was rejected there, nothing else is tried at that address and port in this
 * run. Who comes later gets the evidence of who came first.
 */
#ifndef PROBE_RUN_KNOWN_H
#define PROBE_RUN_KNOWN_H

#include "probe/run/admission.h"
#include "probe/run/login_identity.h"

struct known;

/* Whose question it is: under which name, with which login and which TLS. */
struct asker {
    const char *host;
    const struct login_identity *login;
    enum tls_mode tls_mode;
    const struct tls_client *tls; /* NULL: none; outlives the run */
};

/* What another target found; the pointers are known's. */
struct finding {
    const struct evidence *evidence;
    const struct tls_evidence *tls;       /* NULL: none */
    const struct client_evidence *client; /* likewise */
    bool other_tls; /* with other TLS than the asker's, which may have mattered */
};

int known_new(struct known **ret_known);
void known_free(struct known *known);

/* What is known of that address and port; false when it may be probed. A rejected login is shared
 * only under the name that it was rejected under: another name's certificate is another question,
 * and another login is one, too. */
bool known_find(const struct known *known, const struct ticket *ticket, const struct asker *asker,
                struct finding *ret_finding);

/* Whether that login was rejected there, under whatever name. */
bool known_rejected(const struct known *known, const struct ticket *ticket,
                    const struct asker *asker);

/* Keeps a copy of what was found, if it is of the kind that ends all probing there. 0 or -ENOMEM.
 */
int known_learn(struct known *known, const struct ticket *ticket, const struct asker *asker,
                const struct finding *finding);

/* A login of libmariadb's counted against this host there: it is not asked there again. A login on
 * the wire that a server accepts sets its count back. 0 or -ENOMEM. */
int known_spend(struct known *known, const struct ticket *ticket);
bool known_spent(const struct known *known, const struct ticket *ticket);

/*
 * Hosts and routers send ICMP errors at a limited rate (Linux: a burst of 6 to one destination,
 * then one a second), so that of many rejected connections to one address some stay silent. The
 * facts of an ICMP error are kept by address; once so many came that the limit is in play, a silent
 * connection there may borrow them.
 */
int known_learn_icmp(struct known *known, const struct ip *ip, const struct icmp_facts *icmp);
bool known_borrow_icmp(const struct known *known, const struct ip *ip, struct icmp_facts *ret_icmp);

#endif
