#include "probe/cli/messages.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The same line is said once. */
static int add(char **lines, size_t *count, const char *format, va_list arguments)
{
    char line[MESSAGE];
    vsnprintf(line, sizeof line, format, arguments);
    for (size_t i = 0; i < *count; i++)
        if (strcmp(lines[i], line) == 0)
            return 0;
    if (*count == MESSAGES)
        return 0;
    lines[*count] = strdup(line);
    return lines[*count] ? (++*count, 0) : -ENOMEM;
}

int messages_warn(struct messages *messages, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int error = add(messages->warnings, &messages->warning_count, format, arguments);
    va_end(arguments);
    return error;
}

int messages_remark(struct messages *messages, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int error = add(messages->remarks, &messages->remark_count, format, arguments);
    va_end(arguments);
    return error;
}

void messages_clear(struct messages *messages)
{
    for (size_t i = 0; i < messages->warning_count; i++)
        free(messages->warnings[i]);
    for (size_t i = 0; i < messages->remark_count; i++)
        free(messages->remarks[i]);
    *messages = (struct messages){0};
}
