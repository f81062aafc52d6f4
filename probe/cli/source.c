#include "probe/cli/source.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

static int add(struct source *source, const char *text, uint16_t port, char *ret_problem)
{
    int error = target_parse(text, port, &source->given[source->given_count], ret_problem);
    if (error == 0)
        source->given_count++;
    return error;
}

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

static int add_given(struct source *source, const struct options *options, char *ret_problem)
{
    source->given = calloc(options->operand_count + 1, sizeof *source->given);
    if (!source->given)
        return -ENOMEM;
    if (is_pair(options))
        return add_pair(source, options, ret_problem);
    int error = options->host ? add(source, options->host, options->port, ret_problem) : 0;
    for (size_t i = 0; error == 0 && i < options->operand_count; i++)
        error = add(source, options->operands[i], options->port, ret_problem);
    return error;
}

int source_open(const struct options *options, struct source *ret_source, char *ret_problem)
{
    struct source source = {0};
    int error = add_given(&source, options, ret_problem);
    if (error == 0 && options->targets)
        error = targets_file_read(options->targets, options->port, &source.list, ret_problem);
    if (error < 0)
        source_close(&source);
    else
        *ret_source = source;
    return error;
}

int source_next(struct source *source, struct target *ret_target)
{
    int found = 1;
    if (source->given_at < source->given_count) {
        *ret_target = source->given[source->given_at];
        source->given[source->given_at++] = (struct target){0};
    } else {
        found = targets_file_next(&source->list, ret_target);
    }
    if (found == 1)
        ret_target->index = source->index++;
    return found;
}

void source_close(struct source *source)
{
    for (size_t i = source->given_at; i < source->given_count; i++)
        target_clear(&source->given[i]);
    free(source->given);
    targets_file_clear(&source->list);
    *source = (struct source){0};
}
