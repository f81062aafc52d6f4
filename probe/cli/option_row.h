/* The rows of options.def as data, and what their actions do. */
#ifndef PROBE_CLI_OPTION_ROW_H
#define PROBE_CLI_OPTION_ROW_H

#include "probe/cli/options.h"

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
    unsigned most;
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

/* The built option whose name is nearest to a mistyped one, NULL when none is near. */
const struct option_row *option_near(const char *name, size_t length);

int cli_problem(char *ret_problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

int apply_flag(const struct given *given, struct options *options, char *ret_problem);
int apply_count(const struct given *given, struct options *options, char *ret_problem);
int apply_choice(const struct given *given, struct options *options, char *ret_problem);
int apply_text(const struct given *given, struct options *options, char *ret_problem);
int apply_number(const struct given *given, struct options *options, char *ret_problem);
int apply_seconds(const struct given *given, struct options *options, char *ret_problem);
int set_port(const struct given *given, struct options *options, char *ret_problem);
int set_targets(const struct given *given, struct options *options, char *ret_problem);
int set_bind_address(const struct given *given, struct options *options, char *ret_problem);
int set_until(const struct given *given, struct options *options, char *ret_problem);
int set_format(const struct given *given, struct options *options, char *ret_problem);
int set_color(const struct given *given, struct options *options, char *ret_problem);

#endif
