/* The command line, parsed by the table in options.def. */
#ifndef PROBE_CLI_OPTIONS_H
#define PROBE_CLI_OPTIONS_H

#include "probe/cli/exposed.h"
#include "probe/cli/messages.h"
#include "probe/input/login.h"
#include "probe/input/option_files.h"
#include "probe/input/targets_file.h"
#include "probe/render/language.h"
#include "probe/render/render.h"
#include "probe/run/run.h"
#include "probe/tls/tls.h"

enum { CLI_PROBLEM = TARGETS_FILE_PROBLEM };

enum request { REQUEST_PROBE, REQUEST_CAUSES, REQUEST_HELP, REQUEST_VERSION };

/* libmariadb's second opinion: AUTO is for one target, read by people or as JSON. */
enum client_choice { CLIENT_AUTO, CLIENT_ON, CLIENT_OFF };

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Where the password comes from. */
enum password_way {
    PASSWORD_NONE,
    PASSWORD_ATTACHED,
    PASSWORD_PROMPT,
    PASSWORD_FILE,
    PASSWORD_FD,
    PASSWORD_ENVIRONMENT,
    PASSWORD_OPTION_FILE,
};

/* How it was asked for; `secret` is there from the start where it stood in argv or the environment,
 * else since credentials_read(). */
struct password {
    enum password_way way;
    const char *file;
    unsigned fd;
    const char
        *doubtful; /* operand right behind a bare -p: it may be the password, NULL for none */
    struct secret *secret;
    bool of_client; /* from a group of an option file that is for all programs */
};

/* A text of an option file. */
struct kept_text {
    struct kept_text *next;
    char text[];
};

/* What option files say where the command line says nothing. */
struct defaults {
    const char *host;
    const char *socket;
    const char *targets;
    uint16_t port; /* of the host; 0: not said */
    struct password password;
};

/* Texts point into `kept` and `texts`, unless they are told to be owned. */
struct options {
    enum request request;
    struct run_options run;
    const struct format *format;
    enum color color;
    enum language language; /* where it is given */
    bool language_given;
    unsigned verbose;
    bool quiet;
    bool ordered;
    bool any;
    bool exit_zero;
    bool no_probe;
    enum client_choice client;
    const char *output;  /* NULL: standard output */
    const char *targets; /* file, NULL for none */
    const char *host;    /* -h, NULL for none */
    const char *socket;  /* -S, NULL for none */
    struct ports ports;  /* of targets that name none */
    struct option_files_request files;
    struct defaults defaults;
    struct kept_text *texts; /* owned */
    struct messages messages;
    struct kept_words kept; /* of argv: what texts here may point into */
    const char **operands;
    size_t operand_count;

    bool anonymous;
    struct login login; /* complete after credentials_read(); its secret is the password's */
    struct password password;
    char *login_name; /* owned: whom this process runs as, where `login.user` is that; or NULL */
    unsigned max_rejections;

    unsigned tls_expiry_days;          /* note a certificate that ends sooner */
    unsigned tls_expiry_critical_days; /* for nagios; 0: not given */
};

/*
 * 0, or -EINVAL with one line about the culprit in `ret_problem` (CLI_PROBLEM bytes), or -ENOMEM.
 * First of all, whatever else is wrong with the line, passwords are overwritten in argv and in the
 * environment (MYSQL_PWD), and so are values of options that are not built yet.
 */
int options_parse(int argc, char **argv, struct options *ret_options, char *ret_problem);
void options_clear(struct options *options);

/* --help: the options that are built, at most 80 columns wide. */
void options_help(FILE *out);

#endif
