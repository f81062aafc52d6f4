/*
 * What libmariadb said when it logged in as the application would, as plain data like evidence.h:
 * no pointers, no secrets. Kept beside the evidence of an address, only where it was to be asked.
 * Its code and text are quotations: which fault they stand for is not known from them alone.
 */
#ifndef PROBE_VERDICT_CLIENT_EVIDENCE_H
#define PROBE_VERDICT_CLIENT_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

enum client_result {
    CLIENT_NOT_RUN,
    CLIENT_PREDICTED, /* not run, because it would fail and that would count against this host */
    CLIENT_PASSED,
    CLIENT_FAILED,
    CLIENT_TIMED_OUT /* given up at the deadline */
};

/* Why it was not run, or what was predicted. */
enum client_reason {
    CLIENT_REASON_NONE,
    /* of CLIENT_NOT_RUN */
    CLIENT_NO_TIME,     /* less than the wire login took, and one second, was left */
    CLIENT_CUT,         /* the run ended first */
    CLIENT_COUNTED,     /* something counted against this host there already in this run */
    CLIENT_NO_THREAD,   /* no thread was free for it in time, or no memory */
    CLIENT_PLUGINS,     /* the server asked for several plugins, and it is only allowed one */
    CLIENT_CANNOT_SAY,  /* it cannot be told this user or password */
    CLIENT_KEY_STORE,   /* certificate and key are in a Java key store */
    CLIENT_ANY_KEY,     /* on plaintext it takes an RSA key from whoever answers */
    CLIENT_IN_CLEAR,    /* it would send the password as it is, outside of verified TLS */
    CLIENT_ASKS_PEOPLE, /* its plugin would ask on the terminal: the program lacks the callback */
    CLIENT_ASKS_OTHERS, /* its plugin asks other servers, and --only-port forbids that */
    CLIENT_NO_FILE,     /* a file that the run has read before can be read no more */
    /* of CLIENT_PREDICTED */
    CLIENT_PLUGIN_FILE, /* it cannot load the plugin */
    CLIENT_CERTIFICATE, /* it would not accept the certificate under the authorities given */
    CLIENT_TLS_POLICY   /* this machine's OpenSSL forbids what was agreed on */
};

enum { CLIENT_MESSAGE = 512, CLIENT_PLUGIN = 64 };

struct client_evidence {
    enum client_result result;
    enum client_reason reason;
    bool alone;     /* the wire does not speak the account's plugin: no login was accepted there */
    bool logged_in; /* and then the statement went out */
    uint16_t questions; /* that the plugin asked beyond the password; they got empty answers */
    uint16_t code;      /* of libmariadb (CR_…) or of the server, 0: none */
    uint16_t wrapped;   /* the server's code, where libmariadb's stands around it; 0: none */
    char sqlstate[6];
    char message[CLIENT_MESSAGE];
    char plugin[CLIENT_PLUGIN]; /* the only one that it was allowed to use */
    char library[16];           /* its version */
};

#endif
