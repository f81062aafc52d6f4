/* libmariadb's authentication plugins: what each lets out, and where it comes from. */
#ifndef PROBE_VERDICT_CLIENT_PLUGINS_H
#define PROBE_VERDICT_CLIENT_PLUGINS_H

#include <stdbool.h>

/* What the server gets of the password. */
enum client_secrecy {
    CLIENT_SENDS_PROOF,  /* nothing that it could use elsewhere */
    CLIENT_SENDS_BY_KEY, /* on plaintext TCP the password, encrypted for whoever sends an RSA key
                            (measured with 3.3) */
    CLIENT_SENDS_CLEAR   /* the password, or what stands in for it, as it is */
};

struct client_plugin {
    const char *name;
    enum client_secrecy secrecy;
    bool alone;          /* the wire does not speak it: libmariadb logs in alone */
    const char *package; /* Debian's, with its file; NULL: built in */
};

/* NULL for one that is not known. */
const struct client_plugin *client_plugin_find(const char *name);

#endif
