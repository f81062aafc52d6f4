/* All that is known about one target when it is finished: what the renderers read. */
#ifndef PROBE_VERDICT_REPORT_H
#define PROBE_VERDICT_REPORT_H

#include "probe/input/target.h"
#include "probe/verdict/circumstances.h"
#include <time.h>

enum { PROBED_ADDRESSES = 32, ADDRESS_TEXT = 112 };

enum note {
    NOTE_ADDRESS_DEAD,
    NOTE_ADDRESS_SKIPPED,
    NOTE_HOST_DEAD,
    NOTE_SLOW_GREETING,
    NOTE_CONSTANT_SALT,
    NOTE_PROXY_IN_PATH,
    NOTE_BACKEND_NOT_TESTED,
    NOTE_CERTIFICATE_EXPIRES,
    NOTE_CERTIFICATE_UNVERIFIED,
    NOTE_TLS_POLICY,
    NOTE_LOGIN_WITHHELD,
    NOTE_COUNTED,
    NOTE_PARAMETER_IGNORED,
    NOTE_CLIENT_INCONCLUSIVE,
    NOTE_LOGIN_NAME_SPLIT,
    NOTE_TENANT_NOT_TESTED,
    NOTE_TENANT_BY_DEFAULT,
    NOTE_NOT_OCEANBASE,
    NOTE_ACCOUNT_NOT_TESTED,
    NOTE_COUNT
};

/* One address of the name and what became of it. */
struct address_result {
    struct ip ip;
    char text[ADDRESS_TEXT]; /* numeric, with the scope id; a socket's path */
    struct evidence evidence;
    struct tls_evidence *tls;       /* owned; NULL where TLS was not begun */
    struct client_evidence *client; /* owned; NULL where libmariadb was not to be asked */
    enum server_cost earlier_cost;  /* of a connection before the one that the evidence is of */
    struct verdict verdict;
    enum circumstance circumstance; /* of the verdict */
};

struct group_report;

struct report {
    struct target target;
    const struct group_report *group; /* whose decisive host this is; not owned, NULL: no group */
    const char *user;                 /* who logs in, NULL for nobody; not owned */
    const char *login_name;           /* what was given, whether it logs in or not; likewise */
    time_t time; /* when the target was begun, for people; all durations are monotonic */
    struct resolution_facts resolution;
    struct ip *resolved;              /* getaddrinfo's order, `resolution.address_count` of them */
    struct address_result *addresses; /* the first PROBED_ADDRESSES of them at most */
    size_t address_count;
    uint32_t elapsed_us;
    /* the fold */
    bool ready;
    int exit_code;
    struct verdict verdict;
    size_t decisive; /* index of the address whose verdict it is; address_count when the name's */
    uint32_t notes;  /* set of 1 << enum note */
    uint32_t predictions; /* set of 1 << enum prediction, at the decisive address */
};

/* A target with several hosts: it counts as one. */
struct group_report {
    enum group_mode mode;
    struct report *members; /* in the text's order */
    size_t count;
    size_t decisive; /* whose verdict is the group's */
    size_t ready;    /* of the members */
};

/* Folds the members, which are folded themselves, into the group's verdict, and lets the decisive
 * one point to it. In MODE_REPLICATION all must be ready, else one. */
void group_fold(struct group_report *group);

/* What decides the fold besides the facts. */
struct fold_rules {
    bool all_addresses;
    bool family_asked;    /* -4 or -6: a skipped family is then not passed over */
    unsigned expiry_days; /* a certificate that ends sooner is worth a note */
};

/* Judges every address, folds them into the target's verdict and notes. */
void report_fold(struct report *report, const struct fold_rules *rules);

/* The verdict of the run over targets already folded. */
struct tally {
    size_t targets;
    size_t ready;
    int failure_code; /* the failures' common exit code, EXIT_MIXED when they differ, 0: none yet */
};

void tally_add(struct tally *tally, const struct report *report);
int tally_exit_code(const struct tally *tally, bool any);

/* How far an address got, and within a stage how much its verdict tells: more is more. */
unsigned address_rank(const struct address_result *address);

/* Whether an address was passed over: neither dead nor required. */
bool address_skipped(const struct address_result *address);

/* What the address's server was put to, all connections together. */
enum server_cost address_cost(const struct address_result *address);

/* Whether a password that there is was not used there, although a server greeted. */
bool address_withheld(const struct address_result *address);

/* Whether all is well there but for that: the handshake was completed without the password. */
bool address_lacks_password(const struct address_result *address);

/* Whether TLS is done, but not with a server that is known to be the right one; whether this
 * machine's policy forbids it. Only where that is not the verdict. */
bool address_unverified(const struct address_result *address);
bool address_breaks_policy(const struct address_result *address);

/* Whether a certificate that the address showed ends in fewer days. */
bool address_expires_soon(const struct address_result *address, unsigned days);

/* The report is of a line that repeats another one: nothing was sent for it. */
void report_repeat(struct report *report);

const char *note_id(enum note note);
void report_clear(struct report *report);

#endif
