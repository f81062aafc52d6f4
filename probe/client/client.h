/*
 * MariaDB Connector/C (libmariadb), which many applications link: it logs in as they would. Its API
 * blocks, and it bounds single reads but no whole login (measured): so it is only used on threads
 * that can be left to themselves.
 *
 * What it must never do (measured with 3.3): take another plugin than the one that is expected, and
 * so send the password in clear where a server asks for that; fall back to plaintext where TLS was;
 * ask on the terminal; send a file.
 */
#ifndef PROBE_CLIENT_CLIENT_H
#define PROBE_CLIENT_CLIENT_H

#include "probe/input/secret.h"
#include "probe/verdict/client_evidence.h"

enum { CLIENT_ADDRESS = 64, CLIENT_SHA1 = 20, CLIENT_SHA256 = 32 };

enum client_text {
    CLIENT_SOCKET, /* path; NULL: address and port */
    CLIENT_USER,
    CLIENT_DATABASE,
    CLIENT_CA,
    CLIENT_CAPATH,
    CLIENT_CRL,
    CLIENT_CERT,
    CLIENT_KEY,
    CLIENT_CIPHERS,
    CLIENT_VERSIONS,
    CLIENT_PUBLIC_KEY,
    CLIENT_TEXTS
};

/* What it is to do: all that is pointed to is the order's own, so that a thread can keep it for as
 * long as it likes. */
struct client_order {
    char *texts[CLIENT_TEXTS];    /* NULL: not given */
    struct secret *secret;        /* the password */
    char address[CLIENT_ADDRESS]; /* numeric: libmariadb resolves names on its own terms */
    uint16_t port;
    char bind_address[CLIENT_ADDRESS]; /* numeric, "" for none */
    bool tls; /* as on the wire, and only with who has the certificate with these fingerprints */
    uint8_t sha1[CLIENT_SHA1];
    uint8_t sha256[CLIENT_SHA256];
    char plugin[CLIENT_PLUGIN]; /* the only one allowed */
    unsigned seconds;           /* for each of its reads and writes */
};

/* Copies a text into the order; NULL is none. False: no memory. */
bool client_order_set(struct client_order *order, enum client_text which, const char *text);
void client_order_clear(struct client_order *order); /* wipes the password */

/* Whether this library was built with libmariadb. */
bool client_is_built(void);

/* Once before any login; other threads may run, but not in libmariadb. 0 or -ENOMEM. */
int client_begin(void);

/* Logs in, asks for a statement's answer, closes in order; sets the result and what libmariadb
 * says. Blocks. Any thread. */
void client_login(const struct client_order *order, struct client_evidence *evidence);

/* Whether the plugin `dialog` would ask this program and not the terminal: it finds the callback by
 * its name in what the program exports. */
bool client_dialog_is_caught(void);

/* "3.3.20" and "LGPL 2.1 or later"; "" where it is not built. */
const char *client_version(void);
const char *client_license(void);

#endif
