/* The command line, parsed by the table in options.def. */
#ifndef PROBE_CLI_OPTIONS_H
#define PROBE_CLI_OPTIONS_H

#include "probe/input/targets_file.h"
#include "probe/render/render.h"
#include "probe/run/run.h"

enum { CLI_PROBLEM = TARGETS_FILE_PROBLEM };

enum request { REQUEST_PROBE, REQUEST_CAUSES, REQUEST_HELP, REQUEST_VERSION };

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Texts point into argv. */
struct options {
    enum request request;
    struct run_options run;
    const struct format *format;
    enum color color;
    unsigned verbose;
    bool quiet;
    bool ordered;
    bool any;
    bool exit_zero;
    bool anonymous;
    const char *output;  /* NULL: standard output */
    const char *targets; /* file, NULL for none */
    const char *host;    /* -h, NULL for none */
    uint16_t port;       /* of targets that name none */
    const char **operands;
    size_t operand_count;
};

/*
 * 0, or -EINVAL with one line about the culprit in `ret_problem` (CLI_PROBLEM bytes), or -ENOMEM.
 * The values of options that are not built yet are overwritten in argv: one may be a password.
 */
int options_parse(int argc, char **argv, struct options *ret_options, char *ret_problem);
void options_clear(struct options *options);

/* --help: the options that are built, at most 80 columns wide. */
void options_help(FILE *out);

#endif
