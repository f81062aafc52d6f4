#include "probe/cli/source.h"
#include "probe/cli/option_row.h"
#include "probe/render/escape.h"
#include "probe/run/conditions.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

static int add(struct source *source, const char *text, const struct ports *ports,
               char *ret_problem)
{
    int error = target_parse(text, ports, &source->given[source->given_count], ret_problem);
    if (error == 0)
        source->given_count++;
    return error;
}

/* ---- what targets need besides their place ---- */

enum { IGNORED = 256 };

/* All of these names are told at once. */
static int note_ignored(struct source *source, const struct target_settings *settings)
{
    char *names;
    const char *before = source->ignored ? source->ignored : "";
    if (!settings || !settings->ignored || strstr(before, settings->ignored) ||
        strlen(before) > IGNORED)
        return 0;
    if (asprintf(&names, "%s%s%s", before, *before ? ", " : "", settings->ignored) < 0)
        return -ENOMEM;
    free(source->ignored);
    source->ignored = names;
    return 0;
}

struct checking {
    struct source *source;
    const struct options *options;
};

static void note_password(struct source *source, const struct target_settings *settings)
{
    source->has_passwords |= settings && settings->password.at;
}

static int check_target(void *context, const struct target *target, char *ret_problem)
{
    const struct checking *checking = context;
    char problem[MATERIALS_PROBLEM];
    int error = conditions_read(&checking->options->run, target, problem);
    if (error == -EINVAL)
        snprintf(ret_problem, TARGET_PROBLEM, "%.*s", TARGET_PROBLEM - 1, problem);
    note_password(checking->source, target->settings);
    if (error == 0)
        error = note_ignored(checking->source, target->settings);
    for (size_t i = 0; error == 0 && i < target->other_count; i++) {
        note_password(checking->source, target->others[i].settings);
        error = note_ignored(checking->source, target->others[i].settings);
    }
    return error;
}

/* What all targets have in common, and what those given add to it. */
static int check_given(struct checking *checking, char *ret_problem)
{
    static const struct target bare;
    const struct source *source = checking->source;
    int error = check_target(checking, &bare, ret_problem);
    for (size_t i = 0; error == 0 && i < source->given_count; i++)
        error = check_target(checking, &source->given[i], ret_problem);
    return error;
}

/* ---- the command line ---- */

/* As in telnet and nc: exactly two operands, the second a number. */
static bool is_pair(const struct options *options)
{
    return options->operand_count == 2 && is_number(options->operands[1]);
}

static int add_pair(struct source *source, const struct options *options, char *ret_problem)
{
    source->given_count = 1;
    int error =
        target_parse_pair(options->operands[0], options->operands[1], source->given, ret_problem);
    if (error < 0)
        source->given_count = 0;
    return error;
}

static int add_socket(struct source *source, const char *path, char *ret_problem)
{
    char culprit[TARGET_PROBLEM];
    int error = target_parse_socket(path, source->given, culprit);
    if (error == -EINVAL)
        return cli_problem(ret_problem, "option '-S': %s", culprit);
    source->given_count = error == 0;
    return error;
}

/* What stands behind a bare -p may be the password: its text is not repeated. */
static int add_operand(struct source *source, const struct options *options, size_t index,
                       char *ret_problem)
{
    const char *operand = options->operands[index];
    int error = add(source, operand, &options->ports, ret_problem);
    if (error == -EINVAL && operand == options->password.doubtful)
        return cli_problem(ret_problem, "what stands behind -p is no target; as a password it must "
                                        "be attached: -pPASSWORD");
    return error;
}

static int add_given(struct source *source, const struct options *options, char *ret_problem)
{
    source->given = calloc(options->operand_count + 1, sizeof *source->given);
    if (!source->given)
        return -ENOMEM;
    if (options->socket)
        return add_socket(source, options->socket, ret_problem);
    if (is_pair(options))
        return add_pair(source, options, ret_problem);
    int error = options->host ? add(source, options->host, &options->ports, ret_problem) : 0;
    for (size_t i = 0; error == 0 && i < options->operand_count; i++)
        error = add_operand(source, options, i, ret_problem);
    return error;
}

int source_open(const struct options *options, struct source *ret_source, char *ret_problem)
{
    struct source source = {0};
    struct checking checking = {&source, options};
    struct target_check check = {check_target, &checking};
    int error = add_given(&source, options, ret_problem);
    if (error == 0)
        error = check_given(&checking, ret_problem);
    if (error == 0 && options->targets)
        error =
            targets_file_read(options->targets, &options->ports, &check, &source.list, ret_problem);
    if (error < 0)
        source_close(&source);
    else
        *ret_source = source;
    return error;
}

int source_next(struct source *source, struct target *ret_target)
{
    size_t at = source->given_at;
    if (at < source->given_count) {
        *ret_target = source->given[at];
        ret_target->index = (uint32_t)at;
        source->given[source->given_at++] = (struct target){0};
        return 1;
    }
    int found = targets_file_next(&source->list, ret_target);
    if (found == 1)
        ret_target->index += (uint32_t)source->given_count;
    return found;
}

static const struct duplicate *repetitions(const struct source *source, const struct target *target,
                                           size_t *ret_count)
{
    *ret_count = 0;
    if (!target->line)
        return NULL;
    return targets_file_duplicates(&source->list, target->index - (uint32_t)source->given_count,
                                   ret_count);
}

size_t source_repetitions(const struct source *source, const struct target *target)
{
    size_t count;
    (void)repetitions(source, target, &count);
    return count;
}

int source_repetition(struct source *source, const struct target *target, size_t index,
                      struct target *ret_target)
{
    size_t count;
    const struct duplicate *duplicates = repetitions(source, target, &count);
    int error = targets_file_duplicate(&source->list, &duplicates[index], ret_target);
    if (error == 0)
        ret_target->index += (uint32_t)source->given_count;
    return error;
}

size_t source_count(const struct source *source)
{
    return source->given_count + source->list.count;
}

static void name_target(const struct target *target, char *to)
{
    const char *text = target->socket ? target->socket : target->host;
    char safe[SOURCE_NAME - 16];
    escape(ESCAPE_TEXT, text, strlen(text), safe, sizeof safe);
    if (target->socket)
        snprintf(to, SOURCE_NAME, "%s", safe);
    else
        snprintf(to, SOURCE_NAME, strchr(safe, ':') ? "[%s]:%u" : "%s:%u", safe, target->port);
}

/* The list is read by a copy, whose place in it is its own. */
int source_name_first(const struct source *source, char *to)
{
    struct targets_file list = source->list;
    struct target first;
    if (source->given_count > 0) {
        name_target(&source->given[0], to);
        return 0;
    }
    int found = targets_file_next(&list, &first);
    if (found < 1)
        return -ENOMEM;
    name_target(&first, to);
    target_clear(&first);
    return 0;
}

void source_close(struct source *source)
{
    for (size_t i = source->given_at; i < source->given_count; i++)
        target_clear(&source->given[i]);
    free(source->given);
    free(source->ignored);
    targets_file_clear(&source->list);
    *source = (struct source){0};
}
