#include "probe/run/known.h"
#include "probe/run/sockets.h"
#include "probe/verdict/diagnose.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, HOST_IS_BLOCKED = 1129, ICMP_BURST = 6 };

struct entry {
    struct entry *next;
    struct ip ip;
    uint16_t port;
    char *host; /* of the target that it was learned for */
    struct login_identity login;
    bool rejection; /* of that login, and of no interest to others */
    enum tls_mode tls_mode;
    const struct tls_client *tls_client;
    struct evidence evidence;
    struct tls_evidence *tls;       /* NULL: none */
    struct client_evidence *client; /* likewise */
};

struct spent {
    struct spent *next;
    struct ip ip;
    uint16_t port;
};

struct errors {
    struct errors *next;
    struct ip ip;
    unsigned count;
    struct icmp_facts last;
};

struct known {
    struct entry *buckets[BUCKETS];
    struct errors *errors[BUCKETS];
    struct spent *spent[BUCKETS];
};

int known_new(struct known **ret_known)
{
    struct known *known = calloc(1, sizeof *known);
    if (!known)
        return -ENOMEM;
    *ret_known = known;
    return 0;
}

static void entry_free(struct entry *entry)
{
    if (!entry)
        return;
    free(entry->host);
    free(entry->tls);
    free(entry->client);
    free(entry);
}

void known_free(struct known *known)
{
    if (!known)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct entry *entry = known->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            entry_free(entry);
        }
        for (struct errors *errors = known->errors[i], *next; errors; errors = next) {
            next = errors->next;
            free(errors);
        }
        for (struct spent *spent = known->spent[i], *next; spent; spent = next) {
            next = spent->next;
            free(spent);
        }
    }
    free(known);
}

static size_t bucket_of(const struct ip *ip, uint16_t port)
{
    return (ip_hash(ip) + port) % BUCKETS;
}

static bool is_there(const struct entry *entry, const struct ticket *ticket)
{
    return entry->port == ticket->port && ip_same(&entry->ip, &ticket->ip);
}

/* What everybody is told, or a rejection of that login. */
static bool concerns(const struct entry *entry, const struct login_identity *login)
{
    return !entry->rejection || identity_equal(&entry->login, login);
}

static const struct entry *find(const struct known *known, const struct ticket *ticket,
                                const struct login_identity *login)
{
    const struct entry *entry = known->buckets[bucket_of(&ticket->ip, ticket->port)];
    while (entry && !(is_there(entry, ticket) && concerns(entry, login)))
        entry = entry->next;
    return entry;
}

/* A password that libmariadb alone could prove is not rejected by what the wire sent in its place.
 */
static bool is_rejection(const struct finding *finding)
{
    bool proved = finding->client && finding->client->result == CLIENT_PASSED;
    return !proved && diagnose_password(&finding->evidence->exchange) == PASSWORD_REJECTED;
}

/* Whether the asker's own TLS might have led elsewhere. */
static bool depends_on_tls(const struct entry *entry, const struct asker *asker)
{
    const struct exchange_facts *exchange = &entry->evidence.exchange;
    bool differs = entry->tls_mode != asker->tls_mode || entry->tls_client != asker->tls;
    bool required = entry->tls_mode >= TLS_REQUIRED || asker->tls_mode >= TLS_REQUIRED;
    return differs && exchange->greeted && (required || exchange->capabilities & CLIENT_SSL);
}

bool known_find(const struct known *known, const struct ticket *ticket, const struct asker *asker,
                struct finding *ret_finding)
{
    const struct entry *entry = find(known, ticket, asker->login);
    if (!entry || (entry->rejection && strcmp(entry->host, asker->host) != 0))
        return false;
    *ret_finding = (struct finding){
        .evidence = &entry->evidence,
        .tls = entry->tls,
        .client = entry->client,
        .other_tls = depends_on_tls(entry, asker),
    };
    return true;
}

bool known_rejected(const struct known *known, const struct ticket *ticket,
                    const struct asker *asker)
{
    const struct entry *entry = find(known, ticket, asker->login);
    return entry && entry->rejection;
}

/* Whatever the login. Silence and ICMP errors, too: the same SYNs again would only double what was
 * sent, and run into the sender's rate limit. */
static bool ends_probing(const struct evidence *evidence)
{
    bool silent =
        evidence->stages[STAGE_CONNECT].outcome == OUTCOME_TIMED_OUT && !evidence->cut_short;
    return silent || evidence->connect.icmp.seen ||
           evidence->exchange.error.code == HOST_IS_BLOCKED ||
           diagnose_cost(evidence) == COST_COUNTED;
}

/* True without memory only where there is something. */
static bool copy_beside(const struct finding *finding, struct entry *entry)
{
    entry->tls = finding->tls ? malloc(sizeof *entry->tls) : NULL;
    entry->client = finding->client ? malloc(sizeof *entry->client) : NULL;
    if (entry->tls)
        *entry->tls = *finding->tls;
    if (entry->client)
        *entry->client = *finding->client;
    return (entry->tls || !finding->tls) && (entry->client || !finding->client);
}

static struct entry *entry_new(const struct asker *asker, const struct finding *finding)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->host = strdup(asker->host);
    entry->login = *asker->login;
    entry->rejection = !ends_probing(finding->evidence);
    entry->tls_mode = asker->tls_mode;
    entry->tls_client = asker->tls;
    if (!copy_beside(finding, entry) || !entry->host) {
        entry_free(entry);
        return NULL;
    }
    entry->evidence = *finding->evidence;
    entry->evidence.shared = true;
    return entry;
}

int known_learn(struct known *known, const struct ticket *ticket, const struct asker *asker,
                const struct finding *finding)
{
    const struct evidence *evidence = finding->evidence;
    const struct entry *before = find(known, ticket, asker->login);
    bool ends = ends_probing(evidence);
    bool rejection = is_rejection(finding);
    if (!(ends || rejection) || (before && !(ends && before->rejection)))
        return 0;
    struct entry *entry = entry_new(asker, finding);
    if (!entry)
        return -ENOMEM;
    struct entry **bucket = &known->buckets[bucket_of(&ticket->ip, ticket->port)];
    entry->ip = ticket->ip;
    entry->port = ticket->port;
    entry->next = *bucket;
    *bucket = entry;
    return 0;
}

int known_spend(struct known *known, const struct ticket *ticket)
{
    struct spent **bucket = &known->spent[bucket_of(&ticket->ip, ticket->port)];
    struct spent *spent = malloc(sizeof *spent);
    if (!spent)
        return -ENOMEM;
    *spent = (struct spent){.next = *bucket, .ip = ticket->ip, .port = ticket->port};
    *bucket = spent;
    return 0;
}

bool known_spent(const struct known *known, const struct ticket *ticket)
{
    const struct spent *spent = known->spent[bucket_of(&ticket->ip, ticket->port)];
    while (spent && !(spent->port == ticket->port && ip_same(&spent->ip, &ticket->ip)))
        spent = spent->next;
    return spent != NULL;
}

static struct errors *find_errors(const struct known *known, const struct ip *ip)
{
    struct errors *errors = known->errors[bucket_of(ip, 0)];
    while (errors && !ip_same(&errors->ip, ip))
        errors = errors->next;
    return errors;
}

int known_learn_icmp(struct known *known, const struct ip *ip, const struct icmp_facts *icmp)
{
    struct errors *errors = find_errors(known, ip);
    if (!errors) {
        struct errors **bucket = &known->errors[bucket_of(ip, 0)];
        errors = calloc(1, sizeof *errors);
        if (!errors)
            return -ENOMEM;
        *errors = (struct errors){.next = *bucket, .ip = *ip};
        *bucket = errors;
    }
    errors->count++;
    errors->last = *icmp;
    return 0;
}

bool known_borrow_icmp(const struct known *known, const struct ip *ip, struct icmp_facts *ret_icmp)
{
    const struct errors *errors = find_errors(known, ip);
    if (!errors || errors->count < ICMP_BURST)
        return false;
    *ret_icmp = errors->last;
    ret_icmp->borrowed = true;
    return true;
}
