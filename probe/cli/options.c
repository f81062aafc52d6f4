#include "probe/cli/options.h"
#include "probe/cli/defaults.h"
#include "probe/cli/exposed.h"
#include "probe/cli/option_row.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 64, MAX_REJECTIONS = 2, TLS_EXPIRY_DAYS = 30 };

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

static int refuse_unknown(int letter, const char *word, char *ret_problem)
{
    if (strncmp(word, "--", 2) != 0)
        return cli_problem(ret_problem, "unknown option '-%c'; for help: --help", letter);
    const struct option_row *row = option_by_code('?');
    if (row)
        return cli_problem(ret_problem, "option '--%s' takes no value", row->name);
    return refuse_unknown_name(word, ret_problem);
}

/* Without the value, which may be a secret. */
static int refuse_one_dash(const char *word, char *ret_problem)
{
    int length = (int)strcspn(word, "=");
    return cli_problem(ret_problem, "option '%.*s': did you mean -%.*s?", length, word, length,
                       word);
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

static int apply(struct given *given, const char *value, const char *last_word,
                 struct options *options, char *ret_problem)
{
    if (!given->row->action.apply)
        return cli_problem(ret_problem, "option '%s' is not built yet", given->name);
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

/* One option as getopt returned it; `word` is the word of argv that it stands in. */
static int take_option(int code, char **argv, const char *word, struct options *options,
                       char *ret_problem)
{
    char name[NAME];
    bool long_form = strncmp(word, "--", 2) == 0;
    bool asked_for_help = code == '?' && !long_form && optopt == 0;
    if (code == '?' && !asked_for_help)
        return refuse_unknown(optopt, word, ret_problem);
    if (!long_form && option_behind_one_dash(word))
        return refuse_one_dash(word, ret_problem);
    const struct option_row *row = asked_for_help ? option_by_letter('?') : option_by_code(code);
    if (long_form && is_abbreviated(word, row))
        return refuse_unknown_name(word, ret_problem);
    if (long_form)
        snprintf(name, sizeof name, "--%s", row->name);
    else
        snprintf(name, sizeof name, "-%c", row->letter);
    struct given given = {.row = row, .name = name};
    return apply(&given, code == ':' ? NULL : optarg, argv[optind - 1], options, ret_problem);
}

/* --help and --version are answered whatever follows; of that only a -v matters, for --version. */
static bool is_answered(const struct options *options)
{
    return options->request == REQUEST_HELP || options->request == REQUEST_VERSION;
}

static unsigned verbose_behind(char **words)
{
    unsigned count = 0;
    for (; *words; words++) {
        size_t letters = **words == '-' ? strspn(*words + 1, "v") : 0;
        if (letters && (*words)[1 + letters] == '\0')
            count += (unsigned)letters;
    }
    return count;
}

static bool is_bare_password(int code)
{
    const struct option_row *row = option_by_code(code);
    return row && row->action.apply == set_password && !optarg;
}

static void take_operand(const char *operand, bool behind_password, struct options *options)
{
    options->operands[options->operand_count++] = operand;
    if (behind_password)
        options->password.doubtful = operand;
}

static int take_words(int argc, char **argv, struct options *options, char *ret_problem)
{
    struct getopt_tables tables;
    bool behind_password = false;
    getopt_begin(&tables);
    const char *word = argc > 1 ? argv[1] : NULL;
    for (;;) {
        optopt = 0;
        int code = getopt_long(argc, argv, tables.letters, tables.names, NULL);
        if (code == -1 || !word)
            break;
        if (code == 1)
            take_operand(optarg, behind_password, options);
        else {
            int error = take_option(code, argv, word, options, ret_problem);
            if (error == 0 && is_answered(options))
                options->verbose += verbose_behind(argv + optind);
            if (error < 0 || is_answered(options))
                return error;
        }
        behind_password = is_bare_password(code);
        word = argv[optind];
    }
    while (optind < argc)
        take_operand(argv[optind++], false, options);
    return 0;
}

/* The secret is the options' from now on. */
static int keep(struct exposed *exposed, const char *where, struct options *options,
                char *ret_problem)
{
    if (exposed->error == -E2BIG)
        return cli_problem(ret_problem, "%s: a password of more than %d bytes", where, SECRET_MAX);
    options->password.secret = exposed->secret;
    exposed->secret = NULL;
    return exposed->error;
}

/* The environment's password stands behind those of the command line. */
static int keep_exposed(struct exposed *in_argv, struct exposed *in_environment,
                        struct options *options, char *ret_problem)
{
    struct password *password = &options->password;
    if (password->way == PASSWORD_ATTACHED)
        return keep(in_argv, "option '--password'", options, ret_problem);
    if (password->way != PASSWORD_NONE || (!in_environment->secret && !in_environment->error))
        return 0;
    password->way = PASSWORD_ENVIRONMENT;
    return keep(in_environment, "MYSQL_PWD", options, ret_problem);
}

static struct options default_options(void)
{
    struct options options = {.ports = {.otherwise = DEFAULT_PORT},
                              .format = format_find("human"),
                              .max_rejections = MAX_REJECTIONS,
                              .tls_expiry_days = TLS_EXPIRY_DAYS};
    run_options_init(&options.run);
    return options;
}

/* The command line is read twice: it says which option files there are, and they stand behind it.
 */
static int take_files(int argc, char **argv, struct options *options, char *ret_problem)
{
    struct options line = default_options();
    line.operands = options->operands;
    int error = take_words(argc, argv, &line, ret_problem);
    options->request = is_answered(&line) ? line.request : REQUEST_PROBE;
    options->verbose = is_answered(&line) ? line.verbose : 0;
    if (error < 0 || is_answered(&line))
        return error;
    options->files = line.files;
    error = defaults_read(options, ret_problem);
    return error == 0 && line.verbose ? defaults_mention(options) : error;
}

static int check_kept(int error, char *ret_problem)
{
    return error == -E2BIG ? cli_problem(ret_problem,
                                         "an argument with a password in it has more "
                                         "than %d bytes",
                                         SECRET_TEXT_MAX)
                           : 0;
}

static int parse(int argc, char **argv, struct options *options, char *ret_problem)
{
    int kept = exposed_words(argc, argv, &options->kept);
    if (kept == -ENOMEM)
        return kept;
    argv = options->kept.argv;
    struct exposed in_argv = exposed_in_argv(argc, argv);
    struct exposed in_environment = exposed_in_environment();
    options->operands = calloc((size_t)argc + 1, sizeof *options->operands);
    int error = options->operands ? check_kept(kept, ret_problem) : -ENOMEM;
    if (error == 0)
        error = take_files(argc, argv, options, ret_problem);
    if (error == 0 && !is_answered(options))
        error = take_words(argc, argv, options, ret_problem);
    if (error == 0 && options->request == REQUEST_PROBE)
        error = keep_exposed(&in_argv, &in_environment, options, ret_problem);
    secret_free(in_argv.secret);
    secret_free(in_environment.secret);
    if (error == 0)
        defaults_complete(options);
    if (error == 0 && !is_answered(options))
        error = options_check(options, ret_problem);
    return error;
}

int options_parse(int argc, char **argv, struct options *ret_options, char *ret_problem)
{
    struct options options = default_options();
    int error = parse(argc, argv, &options, ret_problem);
    if (error < 0)
        options_clear(&options);
    else
        *ret_options = options;
    return error;
}

void options_clear(struct options *options)
{
    free(options->operands);
    free(options->login_name);
    secret_free(options->defaults.password.secret);
    options->defaults.password.secret = NULL;
    messages_clear(&options->messages);
    for (struct kept_text *text = options->texts, *next; text; text = next) {
        next = text->next;
        free(text);
    }
    options->texts = NULL;
    kept_words_clear(&options->kept);
    secret_free(options->password.secret);
    materials_free(options->run.materials);
    options->run.materials = NULL;
    options->operands = NULL;
    options->login_name = NULL;
    options->password.secret = NULL;
    options->login = (struct login){0};
}
