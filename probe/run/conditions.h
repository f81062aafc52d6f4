/* Under which conditions a target is probed: what its own text says stands before what holds for
 * the run. */
#ifndef PROBE_RUN_CONDITIONS_H
#define PROBE_RUN_CONDITIONS_H

#include "probe/input/target.h"
#include "probe/run/login_identity.h"
#include "probe/run/run.h"

/* Held by whatever may still speak under them: a connection outlives the verdict by a little. */
struct conditions {
    unsigned holders;
    struct target_settings *settings; /* held: texts of the login may be theirs */
    struct login login;               /* its secret is `own_secret` or the run's */
    struct secret *own_secret;
    struct login_identity identity;
    enum tls_mode tls_mode;
    const struct tls_client *tls;        /* NULL: no TLS */
    const struct public_key *public_key; /* NULL: not given */
    bool get_server_public_key;
    uint32_t timeout_ms;
    uint32_t connect_timeout_ms;
};

/* Decodes the target's password. One holder; NULL: no memory. What the options point to outlives
 * them; the target need not. */
struct conditions *conditions_new(const struct run_options *options, const struct identity_key *key,
                                  const struct target *target);
struct conditions *conditions_ref(struct conditions *conditions);
void conditions_unref(struct conditions *conditions); /* NULL is fine */

/* The files that conditions name: texts of the options and the target. */
void conditions_files(const struct run_options *options, const struct target *target,
                      struct tls_settings *ret_tls, const char **ret_public_key_path);

/* Reads the files that the target's conditions name into options->materials. 0, -ENOMEM, or -EINVAL
 * with one line in `ret_problem` (MATERIALS_PROBLEM bytes). */
int conditions_read(const struct run_options *options, const struct target *target,
                    char *ret_problem);

#endif
