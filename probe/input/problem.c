#include "probe/input/problem.h"
#include "probe/input/target.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int target_problem(char *ret_problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ret_problem, TARGET_PROBLEM, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

const char *target_excerpt(const char *text, char *to)
{
    size_t length = strlen(text);
    bool cut = length > EXCERPT - 4;
    if (cut)
        length = EXCERPT - 4;
    for (size_t i = 0; i < length; i++)
        to[i] = (char)((unsigned char)text[i] < ' ' || text[i] == '\x7f' ? '?' : text[i]);
    snprintf(to + length, 4, "%s", cut ? "..." : "");
    return to;
}
