#include "probe/cli/defaults_option.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int defaults_problem(char *ret_problem, const struct option_entry *entry, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(ret_problem, OPTION_PROBLEM_MAX, "%.*s: line %u: ", DEFAULTS_PLACE,
                        entry->path, entry->line);
    va_start(arguments, format);
    vsnprintf(ret_problem + used, OPTION_PROBLEM_MAX - (size_t)used, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* A text that outlives the file. */
static int keep_text(struct options *options, const char *text, const char **ret_kept)
{
    struct kept_text *kept = malloc(sizeof *kept + strlen(text) + 1);
    if (!kept)
        return -ENOMEM;
    kept->next = options->texts;
    strcpy(kept->text, text); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): it fits */
    options->texts = kept;
    *ret_kept = kept->text;
    return 0;
}

const struct option_row *option_by_name(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (option_rows[i].name && strcmp(option_rows[i].name, name) == 0)
            return &option_rows[i];
    return NULL;
}

static bool says(const char *value, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(value, *words) == 0)
            return true;
    return false;
}

/* The value of an option that takes none on the command line. */
static int read_truth(struct found *found, char *ret_problem)
{
    static const char *const yes[] = {"1", "on", "true", "yes", NULL};
    static const char *const no[] = {"0", "off", "false", "no", NULL};
    const char *value = found->entry->value;
    if (!value)
        return 0;
    if (says(value, no))
        found->off = !found->off;
    else if (!says(value, yes))
        return defaults_problem(ret_problem, found->entry,
                                "option '%s': '%.80s' is neither on nor off", found->row->name,
                                value);
    return 0;
}

/* A row whose opposite is no other row is simply not set. */
static int apply_off(const struct found *found, struct options *options, char *ret_problem)
{
    const struct option_row *row = found->row;
    if (row->action.apply == apply_flag)
        *(bool *)((char *)options + row->action.offset) = false;
    if (row->action.apply == set_ssl) {
        const struct option_row *skip_ssl = option_by_name("skip-ssl");
        struct given given = {.row = skip_ssl, .name = skip_ssl->name};
        return skip_ssl->action.apply(&given, options, ret_problem);
    }
    return 0;
}

static int apply_row(const struct found *found, struct options *options, char *ret_problem)
{
    char told[CLI_PROBLEM];
    struct given given = {.row = found->row, .name = found->row->name, .value = found->value};
    int error = found->row->action.apply(&given, options, told);
    return error == -EINVAL ? defaults_problem(ret_problem, found->entry, "%.250s", told) : error;
}

/* Of several ways in files the last counts. */
static int take_password(const struct found *found, struct options *options, char *ret_problem)
{
    const char *value = found->entry->value;
    struct password *password = &options->password;
    secret_free(password->secret);
    *password = (struct password){.of_client = found->entry->group == OPTION_GROUP_CLIENT};
    if (found->off)
        return 0;
    if (!value || found->row->action.apply != set_password)
        return apply_row(found, options, ret_problem);
    password->way = PASSWORD_OPTION_FILE;
    int error = secret_new(value, strlen(value), &password->secret);
    return error == -E2BIG
               ? defaults_problem(ret_problem, found->entry,
                                  "option 'password': a password of more than %d bytes", SECRET_MAX)
               : error;
}

/* A port of [client] goes with a host of an option file, and with no other target. */
static int take_port(const struct found *found, struct options *options, char *ret_problem)
{
    uint16_t before = options->ports.given;
    int error = apply_row(found, options, ret_problem);
    uint16_t port = options->ports.given;
    options->ports.given = before;
    if (error < 0)
        return error;
    options->defaults.port = port;
    if (found->entry->group == OPTION_GROUP_OBPROBE)
        options->ports.otherwise = port;
    return 0;
}

/* Clients take 0 for no limit; and what stands for all programs limits no target's own time. */
static int take_connect_timeout(const struct found *found, struct options *options,
                                char *ret_problem)
{
    bool given = options->run.connect_timeout_given;
    if (found->entry->group == OPTION_GROUP_OBPROBE)
        return apply_row(found, options, ret_problem);
    if (strcmp(found->value, "0") == 0)
        return 0;
    int error = apply_row(found, options, ret_problem);
    options->run.connect_timeout_given = given;
    return error;
}

static bool is_password(const struct option_row *row)
{
    return row->action.apply == set_password || row->action.apply == set_password_file ||
           row->action.apply == set_password_fd;
}

static int take_value(struct found *found, struct options *options, char *ret_problem)
{
    const char *value = found->entry->value;
    bool of_client = found->entry->group == OPTION_GROUP_CLIENT;
    if (!value || !*value) {
        if (of_client)
            return 0; /* as for those clients */
        return defaults_problem(ret_problem, found->entry, "option '%s' needs a value (%s)",
                                found->row->name, found->row->placeholder);
    }
    int error = keep_text(options, value, &found->value);
    if (error < 0)
        return error;
    if (is_password(found->row))
        return take_password(found, options, ret_problem);
    if (found->row->action.apply == set_port)
        return take_port(found, options, ret_problem);
    if (strcmp(found->row->name, "connect-timeout") == 0)
        return take_connect_timeout(found, options, ret_problem);
    return apply_row(found, options, ret_problem);
}

int defaults_take(struct found *found, struct options *options, char *ret_problem)
{
    if (!found->row->action.apply)
        return defaults_problem(ret_problem, found->entry, "option '%s' is not built yet",
                                found->row->name);
    if (found->row->action.apply == set_password)
        return take_password(found, options, ret_problem);
    if (found->row->argument != ARGUMENT_NONE)
        return found->off ? 0 : take_value(found, options, ret_problem);
    int error = read_truth(found, ret_problem);
    if (error < 0)
        return error;
    return found->off ? apply_off(found, options, ret_problem)
                      : apply_row(found, options, ret_problem);
}
