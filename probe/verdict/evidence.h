/*
 * The facts that a probe recorded, as plain data: no pointers, no secrets, no verdicts. Copied,
 * stored as fixtures, fuzzed. Stages write it, diagnose() reads it.
 *
 * Times are microseconds; a begin is counted from the start of the target's name resolution.
 */
#ifndef PROBE_VERDICT_EVIDENCE_H
#define PROBE_VERDICT_EVIDENCE_H

#include "probe/verdict/tls_evidence.h"
#include "proto/greeting.h"
#include "proto/product.h"
#include "proto/service.h"
#include <stdbool.h>
#include <stdint.h>

enum stage {
    STAGE_NAME,
    STAGE_CONNECT,
    STAGE_GREETING,
    STAGE_TLS,
    STAGE_LOGIN,
    STAGE_STATEMENT,
    STAGE_CLIENT,
    STAGE_PATH,
    STAGE_COUNT
};

enum outcome { OUTCOME_NOT_RUN, OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_TIMED_OUT };

struct stage_facts {
    enum outcome outcome;
    uint32_t begin_us;
    uint32_t duration_us;
};

/* An address without its port. A unix socket has none: its bytes are a digest of the path, so that
 * sockets are told apart. */
enum { FAMILY_UNIX = 1 };
struct ip {
    uint8_t family; /* 4, 6, FAMILY_UNIX, or 0 for none */
    uint8_t bytes[16];
    uint32_t scope; /* IPv6 interface index, 0 for none */
};

/* The first ICMP error for this connection, from the socket's error queue (ip(7), IP_RECVERR). */
struct icmp_facts {
    bool seen;
    uint8_t family; /* 4 or 6: which table type and code belong to */
    uint8_t type;
    uint8_t code;
    struct ip from;
    bool from_self;    /* the sender is an address of this machine */
    bool from_target;  /* the sender is the address probed */
    bool borrowed;     /* seen on other connections of this run to the same address, so many that
                          the sender's rate limit explains this one's silence */
    uint32_t after_us; /* since the SYN */
};

enum connect_call { CALL_NONE, CALL_SOCKET, CALL_BIND, CALL_CONNECT, CALL_ASYNC };

/* TCP_INFO at the end of the connect stage (at the end of the exchange for `unacked`). */
struct tcp_facts {
    uint32_t rtt_us;
    uint32_t total_retrans; /* retransmissions of the SYN that the kernel counted */
    uint32_t retransmits;   /* timeouts not yet answered */
    uint32_t retrans;
    uint32_t segs_in;
    uint32_t unacked; /* our segments after the connect that the peer never acknowledged */
};

/* What a silent port's host answered elsewhere, and how the port did beside. */
struct life_facts {
    bool ran;
    uint16_t control_port;
    uint8_t target_syns;     /* to the port asked for, kernel retransmissions not counted */
    uint8_t control_syns;    /* to the closed port */
    uint8_t control_answers; /* RST, SYN-ACK, or ICMP from the host itself */
    uint8_t echo_requests;
    uint8_t echo_answers;
    uint8_t pairs_unanswered; /* target SYNs old enough to have been answered */
    bool decisive;            /* (1 - p)^n is under the bound: silence is no accident */
    bool lossy;               /* some controls went unanswered while others were answered */
    uint32_t input_drops;     /* packets that this machine received and did not deliver during the
                                 first rounds */
    uint8_t drops_expected;   /* target SYNs in those rounds: so many answers were due */
};

enum { INTERFACE_NAME = 16 };

struct connect_facts {
    enum connect_call failed_call; /* which call gave `error`; CALL_ASYNC: the connection attempt */
    int error;                     /* errno, 0 for none */
    int route_error;               /* errno of an RTM_GETROUTE to the address, 0 for none */
    bool unix_socket;              /* the target is the path of one */
    bool no_socket;                /* what has that path is something else */
    bool bound;                    /* --bind-address was given */
    bool loopback;                 /* the target is an address of this machine */
    bool family_unusable;          /* this machine has no socket or route of this family at all */
    bool no_error_queue;           /* kernel without IP_RECVERR for TCP, or switched off */
    bool link_down;                /* the interface towards the address is down or has no carrier */
    char interface[INTERFACE_NAME];
    struct ip source;
    struct icmp_facts icmp;
    struct tcp_facts tcp;
    struct life_facts life;
    uint16_t control_packets; /* all packets sent beside the probe's own connection */
};

enum { FIRST_BYTES = 128 };

/* Why a login for which there is a password went out without it. */
enum withheld {
    WITHHELD_NOT,
    WITHHELD_TLS,      /* TLS was asked for and is not offered, or its judgement failed */
    WITHHELD_LATE,     /* there was no time left, or the login had to go out before the greeting */
    WITHHELD_REJECTED, /* the password was rejected elsewhere in this run */
    WITHHELD_WAITED    /* another login with it had no outcome in time */
};

/* Why a login with credentials went without the proof that the server asked for. */
enum proof_refusal {
    PROOF_NOT_REFUSED,
    PROOF_NOT_SPOKEN, /* the plugin is none that this program speaks */
    PROOF_IN_CLEAR, /* the password itself, and the connection is neither verified TLS nor a socket
                     */
    PROOF_WITHOUT_KEY,  /* RSA over plaintext, and no key was given or allowed to be fetched */
    PROOF_KEY_BAD,      /* what came as RSA key is none */
    PROOF_KEY_SIZE,     /* under 2048 bits, or absurdly large */
    PROOF_KEY_TOO_SMALL /* the password does not fit the key */
};

/* From the accepted connection to the answer to the statement. */
struct exchange_facts {
    uint8_t first_bytes[FIRST_BYTES]; /* kept where the opening was not a greeting or an ERR */
    uint16_t first_length;
    uint16_t bytes_received; /* saturating */
    bool greeting_bad;       /* bytes that are no well-formed opening */
    bool greeting_partial;   /* the beginning of an opening, never completed */
    bool old_protocol;
    uint8_t protocol;
    bool greeted; /* a complete greeting of version 10 */
    bool ssl_request_sent;
    bool secured;    /* the TLS handshake is done: all that follows is inside TLS */
    bool tls_broken; /* TLS failed, before or after it was done */
    bool login_sent;
    bool credentials;    /* it names the user, whose password is to be proved */
    bool proof_sent;     /* of the password, at least once */
    bool proof_asked;    /* and it was what the server had asked for behind the login packet */
    bool statement_sent; /* after the login's OK */
    bool statement_answered;
    bool blind;             /* the login went out before any greeting */
    bool slow;              /* the greeting came after the blind login */
    bool reply_bad;         /* bytes that are no well-formed answer to the login */
    bool logged_in;         /* OK: an account without a password let the anonymous name in */
    bool error_in_greeting; /* server_error stood in the greeting's place */
    bool wrong_sequence;
    uint8_t auth_switches;
    uint8_t auth_mores;
    bool fast_authentication; /* caching_sha2_password: the server calls the proof right */
    bool full_authentication; /* caching_sha2_password: the server did not have the password cached
                               */
    bool public_key_asked;
    bool public_key_given;    /* the proof was encrypted with the key that the user gave */
    uint16_t public_key_bits; /* of the RSA key that came, 0: none */
    enum withheld withheld;
    enum proof_refusal refusal;
    enum ending ending;     /* how the connection stood when the verdict was taken */
    bool asked_again;       /* one further connection asked one more question */
    enum question question; /* which */
    enum ending question_ending;
    uint32_t services;         /* set of SERVICE_BIT()s, by the reactions so far */
    uint32_t login_wait_us;    /* from the login packet to the verdict */
    struct server_error error; /* code 0: none */
    /* of the greeting */
    enum product product;
    enum certainty certainty; /* that it is this product */
    uint32_t signs;           /* set of SIGN_BIT()s that speak for it */
    uint32_t signs_against;   /* likewise */
    bool constant_salt;
    uint8_t charset;
    uint16_t status;
    uint32_t capabilities;
    uint32_t mariadb_capabilities;
    uint32_t connection_id;
    char version[SERVER_VERSION];
    char default_plugin[PLUGIN_NAME]; /* the greeting's */
    char auth_plugin[PLUGIN_NAME];    /* the last one that the server asked for */
};

/* What the probe was asked to do: a verdict never claims more than that allows. */
enum until { UNTIL_LOGIN, UNTIL_CONNECT, UNTIL_GREETING };

struct evidence {
    struct stage_facts stages[STAGE_COUNT];
    enum until until;
    enum tls_mode tls_mode;
    bool only_port;
    bool wants_login;  /* there is a password: without a login the question is not answered */
    bool names_tenant; /* so does the login name, as an OBProxy reads it; likewise below */
    bool names_cluster;
    bool names_proxysys; /* the tenant that is the OBProxy itself */
    bool three_parts;    /* it is "cluster:tenant:user", which an OBProxy alone takes apart */
    bool skipped;        /* this address was never probed: family unusable, or beyond the 32nd */
    bool shared;    /* seen on another connection of this run to this address and port: this one
                       was not made */
    bool other_tls; /* shared, and seen with other TLS settings than this target has */
    bool cut_short; /* the run ended first: --total-timeout, SIGINT, SIGTERM */
    struct connect_facts connect;
    struct exchange_facts exchange;
};

_Static_assert(sizeof(struct evidence) <= 2048, "evidence is copied and kept per address");

/* getaddrinfo's answer for one target. */
struct resolution_facts {
    bool numeric; /* the host was an address: nothing was asked */
    bool asked;   /* a worker thread took the query */
    bool answered;
    bool cut_short;   /* the run ended first */
    int eai;          /* EAI_* of the answer, 0 for success */
    int system_error; /* errno with EAI_SYSTEM */
    uint32_t duration_us;
    uint16_t address_count; /* all of them, those beyond the 32 probed included */
};

#endif
