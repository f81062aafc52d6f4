/* Prints what the reader of option files delivers, one "key=value" or "key" a line; `\n` as "\n".
 * Usage: option-file-print FILE [SUFFIX] */
#include "probe/input/option_file.h"
#include <stdio.h>

static void put(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", stdout);
        else
            putchar(*text);
    }
}

static int print(void *context, const struct option_entry *entry, char *ret_problem)
{
    (void)context;
    (void)ret_problem;
    if (entry->group != OPTION_GROUP_CLIENT)
        return 0;
    printf("%s%s", entry->line->loose ? "loose-" : "", entry->line->name);
    if (entry->line->value) {
        putchar('=');
        put(entry->line->value);
    }
    putchar('\n');
    return 0;
}

static void warn(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "warning: %s\n", text);
}

int main(int argc, char **argv)
{
    char problem[OPTION_FILE_PROBLEM];
    struct option_sink sink = {print, warn, NULL};
    struct option_files files = {.file = argc > 1 ? argv[1] : "", .suffix = argc > 2 ? argv[2] : NULL};
    if (option_files_read(&files, &sink, problem) == 0)
        return 0;
    fprintf(stderr, "%s\n", problem);
    return 2;
}
