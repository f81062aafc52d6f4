#include "probe/cli/options.h"
#include "probe/cli/option_row.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_LONG = 256, NAME = 64, LETTERS = 3 * OPTION_COUNT + 3 };

/* The table in getopt's own forms. */
struct getopt_tables {
    char letters[LETTERS];
    struct option names[OPTION_COUNT + 1];
};

/* "-" in front: operands come in their place, argv stays as it is. ":": a missing value is told
 * from an unknown option (getopt(3)). */
static void fill_tables(struct getopt_tables *tables)
{
    static const char *const colons[] = {"", ":", "::"};
    size_t names = 0;
    *tables = (struct getopt_tables){.letters = "-:"};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        size_t used = strlen(tables->letters);
        if (row->letter)
            snprintf(tables->letters + used, LETTERS - used, "%c%s", row->letter,
                     colons[row->argument]);
        if (row->name)
            tables->names[names++] =
                (struct option){row->name, (int)row->argument, NULL, FIRST_LONG + (int)i};
    }
}

/* Only the name of "--name=value": the value may be a secret. */
static int refuse_unknown_name(const char *word, char *ret_problem)
{
    size_t length = strcspn(word + 2, "=");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        size_t name = row->name ? strlen(row->name) : 0;
        if (name && row->argument != ARGUMENT_NONE && name < length &&
            strncmp(word + 2, row->name, name) == 0)
            return cli_problem(ret_problem, "unknown option '--%s...'; a value is given as --%s=%s",
                               row->name, row->name, row->placeholder);
    }
    const struct option_row *near = option_near(word + 2, length);
    if (near)
        return cli_problem(ret_problem, "unknown option '--%.*s'; did you mean --%s?", (int)length,
                           word + 2, near->name);
    return cli_problem(ret_problem, "unknown option '--%.*s'; for help: --help",
                       (int)(length < NAME ? length : NAME), word + 2);
}

static int refuse(int letter, const char *word, char *ret_problem)
{
    if (strncmp(word, "--", 2) != 0)
        return cli_problem(ret_problem, "unknown option '-%c'; for help: --help", letter);
    if (letter >= FIRST_LONG)
        return cli_problem(ret_problem, "option '--%s' takes no value",
                           option_rows[letter - FIRST_LONG].name);
    return refuse_unknown_name(word, ret_problem);
}

static int refuse_without_value(const struct given *given, char *ret_problem)
{
    return cli_problem(ret_problem, "option '%s' needs a value (%s); for help: --help", given->name,
                       given->row->placeholder);
}

/* "-h -pSECRET" is a forgotten host, and no text to be repeated in a message. */
static bool is_next_option(const char *value, const char *following)
{
    return value == following && value[0] == '-' && value[1] && !strchr("0123456789.", value[1]);
}

static int apply(struct given *given, char *value, const char *last_word, struct options *options,
                 char *ret_problem)
{
    if (!given->row->action.apply) {
        if (value)
            memset(value, 'x', strlen(value));
        return cli_problem(ret_problem, "option '%s' is not built yet", given->name);
    }
    if (given->row->argument == ARGUMENT_REQUIRED) {
        if (!value || is_next_option(value, last_word))
            return refuse_without_value(given, ret_problem);
        if (!*value)
            return cli_problem(ret_problem, "option '%s': its value is empty", given->name);
    }
    given->value = value;
    return given->row->action.apply(given, options, ret_problem);
}

/* getopt_long() takes any unique abbreviation: a script that uses one would break with the next
 * option of that beginning, so that only whole names are accepted. */
static bool is_abbreviated(const char *word, const struct option_row *row)
{
    return strcspn(word + 2, "=") != strlen(row->name);
}

/* "-help" would be the host "elp": a long name behind one dash was meant as one. */
static const struct option_row *meant_long(const char *word)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if (option_rows[i].name && strcmp(option_rows[i].name, word + 1) == 0)
            return &option_rows[i];
    return NULL;
}

/* One option as getopt returned it; `word` is the word of argv that it stands in. */
static int take_option(int code, char **argv, const char *word, struct options *options,
                       char *ret_problem)
{
    char name[NAME];
    bool long_form = strncmp(word, "--", 2) == 0;
    bool asked_for_help = code == '?' && !long_form && optopt == 0;
    if (code == '?' && !asked_for_help)
        return refuse(optopt, word, ret_problem);
    if (!long_form && meant_long(word))
        return cli_problem(ret_problem, "option '%s': did you mean -%s?", word, word);
    int found = code == ':' ? optopt : code;
    const struct option_row *row =
        found >= FIRST_LONG ? &option_rows[found - FIRST_LONG] : option_by_letter((char)found);
    if (long_form && is_abbreviated(word, row))
        return refuse_unknown_name(word, ret_problem);
    if (long_form)
        snprintf(name, sizeof name, "--%s", row->name);
    else
        snprintf(name, sizeof name, "-%c", row->letter);
    struct given given = {.row = row, .name = name};
    return apply(&given, code == ':' ? NULL : optarg, argv[optind - 1], options, ret_problem);
}

/* --help and --version are answered without a look at what follows. */
static bool is_answered(const struct options *options)
{
    return options->request == REQUEST_HELP || options->request == REQUEST_VERSION;
}

static int take_words(int argc, char **argv, struct options *options, char *ret_problem)
{
    struct getopt_tables tables;
    fill_tables(&tables);
    optind = 0; /* starts anew, glibc's way */
    opterr = 0;
    const char *word = argc > 1 ? argv[1] : NULL;
    for (;;) {
        optopt = 0;
        int code = getopt_long(argc, argv, tables.letters, tables.names, NULL);
        if (code == -1 || !word)
            break;
        if (code == 1)
            options->operands[options->operand_count++] = optarg;
        else {
            int error = take_option(code, argv, word, options, ret_problem);
            if (error < 0 || is_answered(options))
                return error;
        }
        word = argv[optind];
    }
    while (optind < argc)
        options->operands[options->operand_count++] = argv[optind++];
    return 0;
}

static int check_targets(const struct options *options, char *ret_problem)
{
    bool any = options->host || options->targets || options->operand_count;
    if (options->request == REQUEST_CAUSES)
        return any ? cli_problem(ret_problem, "--list-causes takes no target") : 0;
    if (!any)
        return cli_problem(ret_problem,
                           "no target: give HOST, HOST:PORT or -f FILE; for help: --help");
    const char *operand = options->operand_count ? options->operands[0] : NULL;
    if (!options->host || !operand)
        return 0;
    if (operand[strspn(operand, "0123456789")] == '\0')
        return cli_problem(ret_problem, "-h and a target exclude each other; for a port: -P %.20s",
                           operand);
    return cli_problem(ret_problem, "-h and a target exclude each other; for several targets leave "
                                    "-h out");
}

static int check_family(const struct options *options, char *ret_problem)
{
    int source = options->run.bind_to.ss_family;
    if ((source == AF_INET && options->run.family == FAMILY_IPV6) ||
        (source == AF_INET6 && options->run.family == FAMILY_IPV4))
        return cli_problem(ret_problem, "--bind-address is an %s address, and -%d asks for others",
                           source == AF_INET ? "IPv4" : "IPv6", source == AF_INET ? 6 : 4);
    return 0;
}

int options_parse(int argc, char **argv, struct options *ret_options, char *ret_problem)
{
    struct options options = {.port = DEFAULT_PORT, .format = format_find("human")};
    run_options_init(&options.run);
    options.operands = calloc((size_t)argc + 1, sizeof *options.operands);
    if (!options.operands)
        return -ENOMEM;
    int error = take_words(argc, argv, &options, ret_problem);
    if (error == 0 && !is_answered(&options))
        error = check_targets(&options, ret_problem);
    if (error == 0)
        error = check_family(&options, ret_problem);
    if (error < 0)
        options_clear(&options);
    else
        *ret_options = options;
    return error;
}

void options_clear(struct options *options)
{
    free(options->operands);
    options->operands = NULL;
}
