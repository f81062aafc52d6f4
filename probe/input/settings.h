/* What a target's text says of the connection to it, beyond where it goes: a URL's user and
 * parameters. */
#ifndef PROBE_INPUT_SETTINGS_H
#define PROBE_INPUT_SETTINGS_H

#include "probe/input/secret.h"
#include <stdint.h>

enum setting {
    SETTING_USER,
    SETTING_DATABASE,
    SETTING_SSL_CA,
    SETTING_SSL_CAPATH,
    SETTING_SSL_CRL,
    SETTING_SSL_CERT,
    SETTING_SSL_KEY,
    SETTING_SSL_CIPHER,
    SETTING_TLS_VERSION,
    SETTING_PUBLIC_KEY,  /* path */
    SETTING_TRUST_STORE, /* path of a Java key store with the authorities, in place of SSL_CA */
    SETTING_KEY_STORE,   /* likewise with the client's certificate and key */
    SETTING_COUNT
};

enum coding {
    CODING_RAW,
    CODING_PERCENT, /* RFC 3986, section 2.1 */
    CODING_FORM,    /* likewise, and '+' is a space: java.net.URLDecoder, MySQL Connector/J */
};

/* The first byte at `at`; what follows it. The coding was checked: two digits stand behind '%'. */
const char *decode_byte(const char *at, enum coding coding, char *ret_byte);

/* A secret where it stands in the text that was parsed, decoded when it is needed: the text
 * outlives it. */
struct encoded {
    const char *at; /* NULL: not given */
    size_t length;
    enum coding coding;
};

/* 0, -ENOMEM, or -E2BIG for more than SECRET_MAX bytes. The coding was checked by the parser. */
int secret_decode(const struct encoded *encoded, struct secret **ret_secret);

/* Shared by the hosts of a group. */
struct target_settings {
    unsigned holders;
    char *texts[SETTING_COUNT]; /* owned; NULL: not said */
    struct encoded password;
    struct encoded trust_store_password;
    struct encoded key_store_password;
    int tls_mode; /* enum tls_mode, -1: not said */
    bool get_server_public_key;
    uint32_t connect_timeout_ms; /* 0: not said */
    uint32_t timeout_ms;         /* likewise */
    char *ignored; /* names, ", " between them, of parameters that change the connection and are not
                      honoured; NULL for none */
};

struct target_settings *settings_new(void); /* one holder; NULL: no memory */
struct target_settings *settings_clone(const struct target_settings *settings); /* likewise */
struct target_settings *settings_ref(struct target_settings *settings);         /* NULL is fine */
void settings_unref(struct target_settings *settings);                          /* likewise */

/* The text said, NULL when there is none; `settings` may be NULL. */
const char *settings_text(const struct target_settings *settings, enum setting setting);

#endif
