#include "probe/cli/exposed.h"
#include "probe/cli/option_row.h"
#include "probe/input/conceal.h"
#include "probe/input/residue.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void overwrite(char *value)
{
    memset(value, 'x', strlen(value));
}

/* Its last value counts, as for every option. */
static void take(char *value, struct exposed *exposed)
{
    secret_free(exposed->secret);
    exposed->secret = NULL;
    exposed->error = secret_new(value, strlen(value), &exposed->secret);
    overwrite(value);
}

/* "-password=x" is refused by its name, which must stay. */
static bool overwrite_misspelt(char *word)
{
    if (!option_behind_one_dash(word))
        return false;
    overwrite(word + strcspn(word, "=") + (strchr(word, '=') ? 1 : 0));
    return true;
}

static void take_option(const struct option_row *row, char *value, struct exposed *exposed)
{
    if (row->action.apply == set_password)
        take(value, exposed);
    else if (!row->action.apply)
        overwrite(value);
}

struct exposed exposed_in_argv(int argc, char **argv)
{
    struct getopt_tables tables;
    struct exposed exposed = {0};
    int code;
    getopt_begin(&tables);
    char *word = argc > 1 ? argv[1] : NULL;
    while (word && (code = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
        const struct option_row *row = option_by_code(code);
        if (row && optarg && !overwrite_misspelt(word))
            take_option(row, optarg, &exposed);
        word = argv[optind];
    }
    residue_wipe();
    return exposed;
}

/* ---- words with passwords in them ---- */

static void overwrite_parts(const struct concealed *concealed, char *word)
{
    for (size_t i = 0; i < concealed->count; i++) {
        struct slice part = concealed->part[i];
        memset(word + (part.at - word), 'x', part.length);
    }
}

/* An option's own password is taken by exposed_in_argv(). */
static bool may_be_target(const char *word)
{
    return *word != '-' || strstr(word, "://");
}

/* The word in argv is what others see; its copy is what is read from now on. */
static int keep_word(char **word, struct kept_words *words)
{
    struct concealed concealed = conceal(*word);
    if (concealed.count == 0 || !may_be_target(*word))
        return 0;
    struct secret **copy = &words->copies[words->count];
    int error = secret_text_new(*word, strlen(*word), copy);
    overwrite_parts(&concealed, *word);
    if (error < 0)
        return error;
    words->count++;
    *word = secret_text(*copy);
    return 0;
}

int exposed_words(int argc, char **argv, struct kept_words *ret_words)
{
    struct kept_words words = {.argv = calloc((size_t)argc + 1, sizeof(char *)),
                               .copies = calloc((size_t)argc + 1, sizeof(struct secret *))};
    int error = words.argv && words.copies ? 0 : -ENOMEM;
    for (int i = 0; i < argc && error != -ENOMEM; i++) {
        words.argv[i] = argv[i];
        int kept = i > 0 ? keep_word(&words.argv[i], &words) : 0;
        error = error ? error : kept;
    }
    residue_wipe();
    *ret_words = words;
    return error;
}

void kept_words_clear(struct kept_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        secret_free(words->copies[i]);
    free(words->copies);
    free(words->argv);
    *words = (struct kept_words){0};
}

/* The first of several counts, as for getenv(3). */
struct exposed exposed_in_environment(void)
{
    static const char name[] = "MYSQL_PWD=";
    struct exposed exposed = {0};
    char *first = getenv("MYSQL_PWD");
    if (first)
        take(first, &exposed);
    for (char **variable = environ; variable && *variable; variable++)
        if (strncmp(*variable, name, strlen(name)) == 0)
            overwrite(*variable + strlen(name));
    (void)unsetenv("MYSQL_PWD");
    residue_wipe();
    return exposed;
}
