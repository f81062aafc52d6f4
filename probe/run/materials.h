/*
 * What TLS and the RSA exchange need from files: read once for each set of settings, and before
 * anything is sent. Afterwards a run finds them, and nothing is read any more.
 */
#ifndef PROBE_RUN_MATERIALS_H
#define PROBE_RUN_MATERIALS_H

#include "probe/auth/proof.h"
#include "probe/tls/tls.h"

enum { MATERIALS_MAX = 256, MATERIALS_PROBLEM = 512 };

struct materials;

int materials_new(struct materials **ret_materials); /* 0 or -ENOMEM */
void materials_free(struct materials *materials);    /* NULL is fine */

/* Reads what the settings name, unless that was done before; the mode is no part of it. 0, -ENOMEM,
 * or -EINVAL with one line about the culprit in `ret_problem` (MATERIALS_PROBLEM bytes), also for
 * more than MATERIALS_MAX different ones. */
int materials_add_tls(struct materials *materials, const struct tls_settings *settings,
                      char *ret_problem);
int materials_add_key(struct materials *materials, const char *path, char *ret_problem);

/* NULL when it was not added. */
const struct tls_client *materials_tls(const struct materials *materials,
                                       const struct tls_settings *settings);
const struct public_key *materials_key(const struct materials *materials, const char *path);

#endif
