#include "probe/cli/defaults.h"
#include "probe/cli/defaults_option.h"
#include "probe/cli/test_switches.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME = 64 };

/* What is being read. */
struct reading {
    struct options *options;
    char *problem;
    int error; /* of a warning's memory */
};

/* ---- which option ---- */

/* "skip-ssl" is a name of its own; what has none is the opposite of what follows. */
static const struct option_row *find_row(const char *name, bool *ret_off)
{
    static const char *const negations[] = {"skip-", "disable-"};
    const struct option_row *row = option_by_name(name);
    *ret_off = false;
    for (size_t i = 0; !row && i < sizeof negations / sizeof negations[0]; i++) {
        size_t length = strlen(negations[i]);
        if (strncmp(name, negations[i], length) == 0) {
            row = option_by_name(name + length);
            *ret_off = row != NULL;
        }
    }
    if (!row && strncmp(name, "enable-", 7) == 0)
        row = option_by_name(name + 7);
    return row;
}

/* Those would answer in place of a probe, or are too late in a file. */
static bool belongs_to_command_line(const struct option_row *row)
{
    static const char *const names[] = {
        "help",          "version",     "list-causes",         "no-probe",
        "defaults-file", "no-defaults", "defaults-extra-file", "defaults-group-suffix"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(row->name, names[i]) == 0)
            return true;
    return false;
}

/* What clients of MySQL and MariaDB know under the same name. */
static bool is_for_clients(const struct option_row *row)
{
    static const char *const names[] = {"host",
                                        "port",
                                        "user",
                                        "password",
                                        "database",
                                        "ssl-mode",
                                        "ssl",
                                        "skip-ssl",
                                        "ssl-ca",
                                        "ssl-capath",
                                        "ssl-crl",
                                        "ssl-cert",
                                        "ssl-key",
                                        "ssl-cipher",
                                        "tls-version",
                                        "bind-address",
                                        "connect-timeout",
                                        "ssl-verify-server-cert",
                                        "get-server-public-key",
                                        "server-public-key-path"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(row->name, names[i]) == 0)
            return true;
    return false;
}

/* ---- the groups ---- */

static int take_own(struct found *found, struct options *options, char *ret_problem)
{
    const char *key = found->entry->key;
    const struct option_row *near;
    if (!found->row && found->entry->loose)
        return 0;
    if (found->row && belongs_to_command_line(found->row))
        return defaults_problem(ret_problem, found->entry,
                                "option '%s' belongs on the command line", found->row->name);
    if (found->row)
        return defaults_take(found, options, ret_problem);
    near = option_near(key, strlen(key));
    if (near)
        return defaults_problem(ret_problem, found->entry,
                                "unknown option '%.*s'; did you mean %s?", NAME, key, near->name);
    return defaults_problem(ret_problem, found->entry, "unknown option '%.*s'", NAME, key);
}

static int take_client(struct found *found, struct options *options, char *ret_problem)
{
    const char *key = found->entry->key;
    if (found->row && is_for_clients(found->row))
        return defaults_take(found, options, ret_problem);
    return messages_remark(&options->messages, "%.*s: line %u: '%.*s' is ignored", DEFAULTS_PLACE,
                           found->entry->path, found->entry->line, NAME, key);
}

/* MySQL's clients end a value there, libmariadb does not: a password would be half of itself. */
static int warn_of_cut(const struct option_entry *entry, struct options *options)
{
    if (!entry->cut_at_comment)
        return 0;
    return messages_warn(&options->messages,
                         "%.*s: line %u: '#' begins a comment in the value of '%.*s', as for the "
                         "mysql client; libmariadb takes it as part of it: put quotes around the "
                         "value",
                         DEFAULTS_PLACE, entry->path, entry->line, NAME, entry->key);
}

static int take_entry(void *context, const struct option_entry *entry)
{
    struct reading *reading = context;
    char *ret_problem = reading->problem;
    struct found found = {.entry = entry};
    found.row = find_row(entry->key, &found.off);
    int error = found.row ? warn_of_cut(entry, reading->options) : 0;
    if (error < 0)
        return error;
    return (entry->group == OPTION_GROUP_OBPROBE ? take_own : take_client)(&found, reading->options,
                                                                           ret_problem);
}

static void take_warning(void *context, const char *text)
{
    struct reading *reading = context;
    if (messages_warn(&reading->options->messages, "%s", text) < 0)
        reading->error = -ENOMEM;
}

/* The command line may name other targets and another password. */
static void set_aside(struct options *options)
{
    options->defaults.host = options->host;
    options->defaults.socket = options->socket;
    options->defaults.targets = options->targets;
    options->defaults.password = options->password;
    options->host = options->socket = options->targets = NULL;
    options->password = (struct password){0};
}

int defaults_read(struct options *options, char *ret_problem)
{
    struct reading reading = {.options = options, .problem = ret_problem};
    struct option_files_handler handler = {&reading, take_entry, take_warning};
    struct option_files_request request = options->files;
    request.etc = test_etc();
    request.home = getenv("HOME");
    int error = option_files_read(&request, &handler, ret_problem);
    set_aside(options);
    return error < 0 ? error : reading.error;
}

void defaults_complete(struct options *options)
{
    struct defaults *defaults = &options->defaults;
    if (options->password.way == PASSWORD_NONE) {
        options->password = defaults->password;
        options->run.spare_lists = options->password.of_client;
        defaults->password = (struct password){0};
    }
    if (options->request != REQUEST_PROBE || options->host || options->socket || options->targets ||
        options->operand_count)
        return;
    options->host = defaults->host;
    options->socket = defaults->socket;
    options->targets = defaults->targets;
    if (defaults->host && defaults->port)
        options->ports.otherwise = defaults->port;
}

/* ---- what others read ---- */

static bool has_login_path(void)
{
    char path[4096];
    const char *named = getenv("MYSQL_TEST_LOGIN_FILE"), *home = getenv("HOME");
    if (named)
        return access(named, F_OK) == 0;
    return home && snprintf(path, sizeof path, "%s/.mylogin.cnf", home) < (int)sizeof path &&
           access(path, F_OK) == 0;
}

int defaults_mention(struct options *options)
{
    static const char *const variables[] = {"MYSQL_HOST", "MYSQL_TCP_PORT"};
    int error = 0;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0] && error == 0; i++)
        if (getenv(variables[i]))
            error = messages_remark(&options->messages, "%s is set, and is not read", variables[i]);
    if (error == 0 && has_login_path())
        error = messages_remark(&options->messages, ".mylogin.cnf is there, and is not read");
    return error;
}
