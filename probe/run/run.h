/* A run: targets in, reports out, one epoll loop between them. */
#ifndef PROBE_RUN_RUN_H
#define PROBE_RUN_RUN_H

#include "probe/input/login.h"
#include "probe/run/materials.h"
#include "probe/verdict/report.h"
#include <netinet/in.h>

enum family { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6 };

/* What a test takes away, to stand for an old kernel or a container (architecture, "Old kernels").
 */
enum without { WITHOUT_ERROR_QUEUE = 1, WITHOUT_IPV6 = 2, WITHOUT_PING = 4 };

/* Pointers outlive the run. */
struct run_options {
    uint32_t timeout_ms;         /* one target, from the start of its name resolution */
    uint32_t connect_timeout_ms; /* its connect stage */
    uint32_t total_timeout_ms;   /* the whole run, 0 for none */
    uint32_t jobs;               /* targets in flight */
    uint32_t rate;               /* connections a second, 0 for no limit */
    enum family family;
    enum until until;
    unsigned max_rejections;  /* of a password in the run; then it is not used any more */
    struct login login;       /* without a secret: anonymous, with the user's tenant and cluster */
    const char *default_user; /* of a target with a password and without a user; NULL: none */
    struct tls_settings tls;
    const char *public_key_path; /* of the servers' key, for RSA on plaintext; NULL: not given */
    struct materials *materials; /* what is in the files that these and the targets name; NULL: no
                                    TLS, no key */
    unsigned expiry_days;        /* of a certificate that ends sooner a note is made */
    unsigned without;            /* set of enum without */
    struct sockaddr_storage bind_to; /* ss_family 0: not given */
    bool timeout_given;              /* it also limits targets that name a time of their own */
    bool connect_timeout_given;      /* likewise */
    bool client;                     /* libmariadb logs in behind the wire */
    bool only_port;
    bool all_addresses;
    bool spare_lists;           /* the login's secret is not for the targets of a list */
    bool anonymous;             /* no password is used, that of a target neither */
    bool tls_mode_given;        /* a target that names authorities does not change the mode */
    bool get_server_public_key; /* allows it to be fetched; on loopback it always is */
};

void run_options_init(struct run_options *options);

struct run_calls {
    /* The next target; true and `*ret_target` (now the run's), or false when there are no more. */
    bool (*next_target)(void *context, struct target *ret_target);
    /* A finished target; the report is freed after the call. Order of completion. */
    void (*finished)(void *context, struct report *report);
    void *context;
};

struct run;

/* 0 and `*ret_run`, or a negative errno for the program's own trouble. */
int run_new(const struct run_options *options, const struct run_calls *calls, struct run **ret_run);

int run_fd(const struct run *run);         /* readable when run_step() has something to do */
int run_timeout_ms(const struct run *run); /* until run_step() must be called, -1 for never */
int run_step(struct run *run);             /* 1: go on, 0: all is done, negative errno */

/* There are targets again after next_target() had said that there were no more. */
void run_resume(struct run *run);

/* Ends everything at the next step: what is known is reported, logins in flight end harmlessly.
 * Call run_step() until it answers 0; that takes 0.2 s at most. May be called in `finished`; not
 * for signal handlers. */
void run_stop(struct run *run);

/* Whether libmariadb is still at work on a thread: a process that exits must not clean up what it
 * uses. */
bool run_client_busy(const struct run *run);

void run_free(struct run *run);

#endif
