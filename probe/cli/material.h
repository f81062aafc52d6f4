/* What TLS and the RSA exchange need from files, read before anything is sent. */
#ifndef PROBE_CLI_MATERIAL_H
#define PROBE_CLI_MATERIAL_H

#include "probe/cli/options.h"

struct material {
    struct tls_client *tls;        /* NULL with --ssl-mode=disabled */
    struct public_key *public_key; /* NULL when none was given */
};

/* 0, -EINVAL with the problem (CLI_PROBLEM bytes), or -ENOMEM. */
int material_read(const struct options *options, struct material *ret_material, char *ret_problem);
void material_clear(struct material *material);

#endif
