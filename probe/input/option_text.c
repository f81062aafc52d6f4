#include "probe/input/option_text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PATH_TOLD = 480 };

static const char byte_order_mark[] = "\xef\xbb\xbf";

struct known_group {
    const char *name;
    enum option_group group;
};

static const struct known_group known_groups[] = {
    {"client", OPTION_GROUP_CLIENT},
    {"client-server", OPTION_GROUP_CLIENT},
    {"client-mariadb", OPTION_GROUP_CLIENT},
    {"obprobe", OPTION_GROUP_OBPROBE},
};

struct reading {
    const struct option_text *text;
    const struct option_text_handler *handler;
    char *problem;
    size_t at; /* of the next line */
    unsigned line;
    const char *group_name;          /* NULL before the first */
    const struct known_group *group; /* NULL: of another program */
};

static void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '\x7f')
            *text = '?';
}

int option_problem(char *ret_problem, const char *path, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(ret_problem, OPTION_PROBLEM_MAX, "%.*s: ", PATH_TOLD, path);
    va_start(arguments, format);
    vsnprintf(ret_problem + used, OPTION_PROBLEM_MAX - (size_t)used, format, arguments);
    va_end(arguments);
    make_printable(ret_problem);
    return -EINVAL;
}

void option_problem_included(char *problem, const char *path, unsigned line)
{
    size_t used = strlen(problem);
    snprintf(problem + used, OPTION_PROBLEM_MAX - used, ", included by %s, line %u", path, line);
    make_printable(problem + used);
}

static int line_problem(const struct reading *reading, const char *what)
{
    return option_problem(reading->problem, reading->text->path, "line %u: %s", reading->line,
                          what);
}

static bool is_group(const char *name, const char *known, const char *suffix)
{
    size_t length = strlen(known);
    if (strncasecmp(name, known, length) != 0)
        return false;
    return !name[length] || (suffix && strcasecmp(name + length, suffix) == 0);
}

static int enter_group(struct reading *reading, const char *name)
{
    reading->group_name = name;
    reading->group = NULL;
    for (size_t i = 0; i < sizeof known_groups / sizeof known_groups[0]; i++)
        if (is_group(name, known_groups[i].name, reading->text->suffix))
            reading->group = &known_groups[i];
    return 0;
}

static int tell_option(const struct reading *reading, const struct option_line *line)
{
    if (!reading->group_name)
        return line_problem(reading, "an option before the first [group]");
    if (!reading->group)
        return 0;
    if (!*line->name)
        return line_problem(reading, "a value without the name of an option");
    const struct option_entry entry = {
        .group = reading->group->group,
        .group_name = reading->group_name,
        .key = line->name,
        .value = line->value,
        .value_length = line->value_length,
        .loose = line->loose,
        .cut_at_comment = line->cut_at_comment,
        .path = reading->text->path,
        .line = reading->line,
    };
    return reading->handler->option(reading->handler->context, &entry);
}

static int tell_directive(const struct reading *reading, const struct option_line *line)
{
    const struct option_directive directive = {
        .kind = line->kind,
        .argument = line->name,
        .line = reading->line,
    };
    return reading->handler->directive(reading->handler->context, &directive);
}

static int read_line(struct reading *reading, char *text)
{
    struct option_line line;
    option_line_parse(text, &line);
    switch (line.kind) {
    case OPTION_LINE_EMPTY:
        return 0;
    case OPTION_LINE_GROUP:
        return enter_group(reading, line.name);
    case OPTION_LINE_OPTION:
        return tell_option(reading, &line);
    case OPTION_LINE_BAD:
        return line_problem(reading, line.name);
    default:
        return tell_directive(reading, &line);
    }
}

/* The next line as a string. NULL behind the last, or with *ret_error: it is out of bounds. */
static char *next_line(struct reading *reading, int *ret_error)
{
    size_t rest = reading->text->length - reading->at;
    if (rest == 0)
        return NULL;
    char *begin = reading->text->bytes + reading->at;
    const char *end = memchr(begin, '\n', rest);
    size_t length = end ? (size_t)(end - begin) : rest;
    reading->at += length + (end ? 1 : 0);
    reading->line++;
    begin[length] = '\0';
    if (length > OPTION_LINE_MAX)
        *ret_error =
            option_problem(reading->problem, reading->text->path, "line %u: longer than %d bytes",
                           reading->line, OPTION_LINE_MAX);
    else if (strlen(begin) < length)
        *ret_error = line_problem(reading, "a NUL byte");
    return *ret_error == 0 ? begin : NULL;
}

int option_text_read(const struct option_text *text, const struct option_text_handler *handler,
                     char *ret_problem)
{
    size_t mark = sizeof byte_order_mark - 1;
    struct reading reading = {.text = text, .handler = handler, .problem = ret_problem};
    if (text->length >= mark && memcmp(text->bytes, byte_order_mark, mark) == 0)
        reading.at = mark;
    int error = 0;
    for (char *line; error == 0 && (line = next_line(&reading, &error));)
        error = read_line(&reading, line);
    return error;
}
