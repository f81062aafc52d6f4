#include "probe/run/known.h"
#include "probe/run/sockets.h"
#include "probe/verdict/diagnose.h"
#include <errno.h>
#include <stdlib.h>

enum { BUCKETS = 1024, HOST_IS_BLOCKED = 1129, ICMP_BURST = 6 };

struct entry {
    struct entry *next;
    struct ip ip;
    uint16_t port;
    struct evidence evidence;
    struct tls_evidence *tls; /* NULL: none */
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
};

int known_new(struct known **ret_known)
{
    struct known *known = calloc(1, sizeof *known);
    if (!known)
        return -ENOMEM;
    *ret_known = known;
    return 0;
}

void known_free(struct known *known)
{
    if (!known)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct entry *entry = known->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            free(entry->tls);
            free(entry);
        }
        for (struct errors *errors = known->errors[i], *next; errors; errors = next) {
            next = errors->next;
            free(errors);
        }
    }
    free(known);
}

static size_t bucket_of(const struct ip *ip, uint16_t port)
{
    return (ip_hash(ip) + port) % BUCKETS;
}

static const struct entry *find(const struct known *known, const struct ip *ip, uint16_t port)
{
    const struct entry *entry = known->buckets[bucket_of(ip, port)];
    while (entry && !(entry->port == port && ip_same(&entry->ip, ip)))
        entry = entry->next;
    return entry;
}

const struct evidence *known_find(const struct known *known, const struct ip *ip, uint16_t port,
                                  const struct tls_evidence **ret_tls)
{
    const struct entry *entry = find(known, ip, port);
    *ret_tls = entry ? entry->tls : NULL;
    return entry ? &entry->evidence : NULL;
}

/* Silence and ICMP errors, too: the same SYNs again would only double what was sent, and run into
 * the sender's rate limit. */
static bool ends_probing(const struct evidence *evidence)
{
    bool silent =
        evidence->stages[STAGE_CONNECT].outcome == OUTCOME_TIMED_OUT && !evidence->cut_short;
    return silent || evidence->connect.icmp.seen ||
           evidence->exchange.error.code == HOST_IS_BLOCKED ||
           diagnose_password(&evidence->exchange) == PASSWORD_REJECTED ||
           diagnose_cost(evidence) == COST_COUNTED;
}

int known_learn(struct known *known, const struct ip *ip, uint16_t port,
                const struct evidence *evidence, const struct tls_evidence *tls)
{
    if (!ends_probing(evidence) || find(known, ip, port))
        return 0;
    struct entry *entry = malloc(sizeof *entry);
    struct tls_evidence *copy = tls ? malloc(sizeof *copy) : NULL;
    if (!entry || (tls && !copy)) {
        free(entry);
        free(copy);
        return -ENOMEM;
    }
    if (tls)
        *copy = *tls;
    struct entry **bucket = &known->buckets[bucket_of(ip, port)];
    *entry = (struct entry){
        .next = *bucket, .ip = *ip, .port = port, .evidence = *evidence, .tls = copy};
    entry->evidence.shared = true;
    *bucket = entry;
    return 0;
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
