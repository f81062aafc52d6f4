/* Passwords where other processes see them: in argv and in the environment. */
#ifndef PROBE_CLI_EXPOSED_H
#define PROBE_CLI_EXPOSED_H

#include "probe/input/secret.h"

/* One place: the secret, or NULL with the error that kept it from being one, or 0 for none. */
struct exposed {
    struct secret *secret;
    int error;
};

/*
 * argv, in which words that may hold a password, as a URL does, are copies in protected memory; the
 * originals are overwritten where the password may stand. -E2BIG: one has more than SECRET_TEXT_MAX
 * bytes; all are overwritten nevertheless. Or -ENOMEM. kept_words_clear() in any case.
 */
struct kept_words {
    char **argv; /* NULL-terminated */
    struct secret **copies;
    size_t count;
};
int exposed_words(int argc, char **argv, struct kept_words *ret_words);
void kept_words_clear(struct kept_words *words);

/* The value of the last -p or --password that has one. All such values are overwritten, and those
 * of options that are not built yet. */
struct exposed exposed_in_argv(int argc, char **argv);

/* The value of MYSQL_PWD, which is overwritten and no variable any more. */
struct exposed exposed_in_environment(void);

#endif
