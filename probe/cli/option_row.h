/* The rows of options.def as data, and what their actions do. */
#ifndef PROBE_CLI_OPTION_ROW_H
#define PROBE_CLI_OPTION_ROW_H

#include "probe/cli/options.h"
#include <getopt.h>

enum argument { ARGUMENT_NONE, ARGUMENT_REQUIRED, ARGUMENT_OPTIONAL };

/* An option as it stands on the command line. */
struct given {
    const struct option_row *row;
    const char *name;  /* as typed: "-t", "--timeout" */
    const char *value; /* NULL for none */
};

/* Where the value goes. `apply` returns 0, or -EINVAL and the problem; NULL: not built. */
struct action {
    int (*apply)(const struct given *given, struct options *options, char *ret_problem);
    size_t offset;  /* of the member in struct options */
    unsigned least; /* of a number; the constant of a choice */
    unsigned most;  /* of a number; bytes of a text, 0 for no limit */
};

struct option_row {
    const char *name; /* NULL: only the letter */
    char letter;      /* 0: only the name */
    enum argument argument;
    const char *placeholder;
    const char *group;
    struct action action;
    const char *help;
};

enum {
#define OPTION(...) 0,
    OPTION_COUNT = sizeof((const char[]){
#include "probe/options.def"
    })
#undef OPTION
};

extern const struct option_row option_rows[OPTION_COUNT];

const struct option_row *option_by_letter(char letter);

/* The table in getopt's own forms. */
struct getopt_tables {
    char letters[3 * OPTION_COUNT + 3];
    struct option names[OPTION_COUNT + 1];
};

/* Fills the tables and lets getopt_long() start anew. Operands come in their place, as code 1. */
void getopt_begin(struct getopt_tables *tables);

/* The row of what getopt_long() returned, also when it missed a value; NULL for an operand and an
 * unknown option. */
const struct option_row *option_by_code(int code);

/* The option whose long name stands behind a single dash, with or without "=value"; or NULL. */
const struct option_row *option_behind_one_dash(const char *word);

/* The built option whose name is nearest to a mistyped one, NULL when none is near. */
const struct option_row *option_near(const char *name, size_t length);

int cli_problem(char *ret_problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The constant of a value among `count` words; `names` lists them for the problem. */
struct word {
    const char *text;
    unsigned constant;
};

int option_word(const struct given *given, const struct word *words, size_t count,
                const char *names, unsigned *ret_constant, char *ret_problem);

/* Actions. */
#define ACTION(name_)                                                                              \
    int name_(const struct given *given, struct options *options, char *ret_problem)
ACTION(apply_flag);
ACTION(apply_count);
ACTION(apply_choice);
ACTION(apply_text);
ACTION(apply_number);
ACTION(apply_seconds);
ACTION(set_port);
ACTION(set_timeout);
ACTION(set_connect_timeout);
ACTION(set_targets);
ACTION(set_bind_address);
ACTION(set_until);
ACTION(set_format);
ACTION(set_color);
ACTION(set_lang);
ACTION(set_password);
ACTION(set_password_file);
ACTION(set_password_fd);
ACTION(set_ssl_mode);
ACTION(set_ssl);
ACTION(apply_ssl_mode);
ACTION(set_tls_expiry_days);
#undef ACTION

/* What cannot be said of one option alone, once all are taken: contradictions, what is missing, and
 * what follows from what is not given. 0, or -EINVAL and the problem. */
int options_check(struct options *options, char *ret_problem);

#endif
