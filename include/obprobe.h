/*
 * libobprobe: whether this machine can use the MySQL-protocol databases at given addresses, and if
 * not, why not.
 *
 * A run takes targets and gives reports. It has one descriptor to poll and a step to call, so that
 * it fits into any event loop; obprobe_run() is the loop for those who have none. The library never
 * writes to standard output or error, never exits, never blocks in obprobe_step(), and touches no
 * signal.
 *
 * Passwords are copied into locked memory that is left out of core dumps, and wiped at
 * obprobe_close(); the caller wipes its own copy. The library does not change the process: a
 * program with secrets makes itself undumpable.
 *
 * Threads: different runs may be used by different threads; one run by one thread at a time. A run
 * starts threads of its own for getaddrinfo(3) and, where it is asked for, libmariadb; they outlive
 * obprobe_close() only while the system's resolver, or a server, does not answer them, and touch
 * nothing of the caller's. A process that exits meanwhile should do so by _exit(2): else OpenSSL
 * cleans up what such a thread may be using.
 *
 * Errors: functions that can fail return 0 or a negative errno value, and that only for the
 * library's own trouble (-ENOMEM, -EINVAL …). A target that cannot be reached is no error: it is a
 * report. Outputs named ret_ are untouched on failure.
 */
#ifndef OBPROBE_H
#define OBPROBE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct obprobe;
struct obprobe_report;

enum obprobe_until { OBPROBE_UNTIL_LOGIN, OBPROBE_UNTIL_CONNECT, OBPROBE_UNTIL_GREETING };

/* As --ssl-mode of the mysql client. Under PREFERRED and REQUIRED what a strict client would say of
 * the certificate is a note; under the others it is the verdict, and no password is sent. */
enum obprobe_tls_mode {
    OBPROBE_TLS_PREFERRED,
    OBPROBE_TLS_DISABLED,
    OBPROBE_TLS_REQUIRED,
    OBPROBE_TLS_VERIFY_CA,
    OBPROBE_TLS_VERIFY_IDENTITY
};

/* Start from OBPROBE_SETTINGS_INIT; members are only ever added, `size` tells which exist. Texts
 * are read by obprobe_open() only. */
struct obprobe_settings {
    size_t size;
    double timeout;           /* seconds for one target, its name's resolution included */
    double connect_timeout;   /* seconds for the connect stage */
    double total_timeout;     /* seconds for the run, 0 for no limit */
    unsigned jobs;            /* targets in flight */
    unsigned rate;            /* connections a second, 0 for no limit */
    int family;               /* 0, 4 or 6 */
    enum obprobe_until until; /* CONNECT and GREETING count against this host on the server
                                 (max_connect_errors) */
    bool only_port;           /* send to nothing but the port asked for */
    bool all_addresses;       /* every address of a name must be ready */
    const char *bind_address; /* numeric source address, NULL for none */

    const char *user;        /* without a password only its @tenant#cluster is used */
    const char *password;    /* NULL: none, hence no login; "" is a password */
    const char *database;    /* NULL: none */
    unsigned max_rejections; /* of the password in the run, after which it is not used any more */

    enum obprobe_tls_mode tls_mode;
    const char *tls_ca; /* PEM files and folders; NULL: not given, of the CA: the system's */
    const char *tls_capath;
    const char *tls_crl;
    const char *tls_cert; /* client certificate */
    const char *tls_key;
    const char *tls_ciphers;    /* OpenSSL's names, ':' between them */
    const char *tls_versions;   /* "TLSv1.2,TLSv1.3" */
    unsigned tls_expiry_days;   /* a certificate that ends sooner is noted */
    bool get_server_public_key; /* allows the server's RSA key to be fetched over plaintext TCP */

    /* libmariadb logs in behind a login that was accepted, as an application that links it would
     * (not where the library was built without it: then nothing is done). It reads files of TLS
     * anew by their paths, for every login. Its plugin `dialog` asks on the terminal unless the
     * program exports mysql_authentication_dialog_ask, which is in this library (ld's
     * --export-dynamic-symbol); without that it is not used. */
    bool client;
};

#define OBPROBE_SETTINGS_INIT                                                                      \
    {                                                                                              \
        .size = sizeof(struct obprobe_settings), .timeout = 20, .connect_timeout = 5, .jobs = 256, \
        .max_rejections = 2, .tls_expiry_days = 30                                                 \
    }

/* Called once for each finished target, in the order in which they finish. The report is the
 * library's and gone after the call. The run must not be stepped or closed in it;
 * obprobe_stop() is fine. */
struct obprobe_calls {
    void (*finished)(void *context, const struct obprobe_report *report);
    void *context;
};

/* A run without targets. -EINVAL for settings out of range (times above 3600 s too) or an address
 * that is not numeric. */
int obprobe_open(const struct obprobe_settings *settings, const struct obprobe_calls *calls,
                 struct obprobe **ret_run);

/* The same; where it is -EINVAL for a file of TLS, one line about the culprit goes to `problem` (at
 * most `size` bytes, NUL-terminated), else "". */
int obprobe_open_or_explain(const struct obprobe_settings *settings,
                            const struct obprobe_calls *calls, struct obprobe **ret_run,
                            char *problem, size_t size);

/* Closes whatever is still open at once; NULL is fine. Targets in flight are reported first,
 * targets not yet begun are dropped. */
void obprobe_close(struct obprobe *run);

/*
 * Adds one target: "host", "host:port", "[v6]:port", a bare IPv6 address, "/path" of a unix socket,
 * or a URL: mysql://, mariadb://, oceanbase://, jdbc:mysql:, jdbc:mariadb:, jdbc:oceanbase:, or a
 * data source name of Go, user:password@tcp(host:port)/database. What it says of the connection
 * comes before the settings; files that it names are read now; a password in it is kept in locked
 * memory until the target begins. Several hosts in it are one target and one report. Without a port
 * it is the scheme's, else 2883, OBProxy's. Targets may be added until obprobe_step() has answered
 * 0. -EINVAL, with one line about the culprit in `problem` (at most `size` bytes, NUL-terminated;
 * may be NULL when size is 0), which never repeats a password.
 */
int obprobe_add(struct obprobe *run, const char *target, char *problem, size_t size);

/* Readable (poll(2), POLLIN) when obprobe_step() has something to do. Owned by the run. */
int obprobe_fd(const struct obprobe *run);

/* Milliseconds until obprobe_step() must be called even so; -1: no such time. */
int obprobe_timeout(const struct obprobe *run);

/* Does what can be done without waiting. 1: there is more to come, 0: all targets are finished. */
int obprobe_step(struct obprobe *run);

/* Finishes all targets now, with what is known; step on until it answers 0 (0.2 s at most), so that
 * logins in flight end in a way that does not count against this host. */
void obprobe_stop(struct obprobe *run);

/* Polls and steps until all targets are finished. */
int obprobe_run(struct obprobe *run);

/* The verdict. Strings live as long as the report or longer; identifiers are those of
 * obprobe --list-causes and are never renamed. */
const char *obprobe_report_input(const struct obprobe_report *report);
const char *obprobe_report_host(const struct obprobe_report *report); /* "" of a unix socket */
unsigned obprobe_report_port(const struct obprobe_report *report);
bool obprobe_report_ready(const struct obprobe_report *report);
const char *obprobe_report_category(const struct obprobe_report *report);   /* "filtered" */
const char *obprobe_report_cause(const struct obprobe_report *report);      /* "filtered.dropped" */
const char *obprobe_report_stage(const struct obprobe_report *report);      /* "connect" */
const char *obprobe_report_confidence(const struct obprobe_report *report); /* "likely" */
int obprobe_report_exit_code(const struct obprobe_report *report);
double obprobe_report_seconds(const struct obprobe_report *report);

/* The causes that the evidence does not exclude: the index-th, NULL behind the last. */
const char *obprobe_report_alternative(const struct obprobe_report *report, size_t index);

/* The addresses probed, in getaddrinfo's order: the index-th in numeric form and its own cause;
 * NULL behind the last. */
const char *obprobe_report_address(const struct obprobe_report *report, size_t index);
const char *obprobe_report_address_cause(const struct obprobe_report *report, size_t index);

/* The whole report as one line of JSON with its newline, as obprobe -o json prints it. The caller
 * frees it with free(). */
int obprobe_report_json(const struct obprobe_report *report, char **ret_json);

/* The same with its sentences in a language, "en" or "zh" (Simplified Chinese), as --lang has it;
 * -EINVAL for another. Identifiers and keys are the same in all. */
int obprobe_report_json_in(const struct obprobe_report *report, const char *language,
                           char **ret_json);

#ifdef __cplusplus
}
#endif

#endif
