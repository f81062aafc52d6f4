#include "probe/cli/exposed.h"
#include "probe/cli/option_row.h"
#include "probe/input/residue.h"
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
