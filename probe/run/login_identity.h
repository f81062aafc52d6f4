/*
 * Which user and password are the same, without keeping the password: the same for all logins with
 * them in a run, and of no use outside of it.
 */
#ifndef PROBE_RUN_LOGIN_IDENTITY_H
#define PROBE_RUN_LOGIN_IDENTITY_H

#include "probe/input/login.h"
#include <stdint.h>

/* Random, of one run. */
struct identity_key {
    uint8_t bytes[32];
};

/* All zero: no password, and the same as no other. */
struct login_identity {
    uint8_t bytes[16];
};

/* 0 or a negative errno. */
int identity_key_new(struct identity_key *ret_key);

/* Part of SHA-256 over key, user, NUL, password. 0 or -ENOMEM. */
int login_identify(const struct identity_key *key, const struct login *login,
                   struct login_identity *ret_identity);

bool identity_equal(const struct login_identity *a, const struct login_identity *b);

#endif
