/* Prints what the reader of option files delivers, one "key=value" or "key" a line; `\n` as "\n".
 * Usage: option-file-print FILE [SUFFIX] */
#include "probe/input/option_files.h"
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

static int print(void *context, const struct option_entry *entry)
{
    (void)context;
    if (entry->group != OPTION_GROUP_CLIENT)
        return 0;
    printf("%s%s", entry->loose ? "loose-" : "", entry->key);
    if (entry->value) {
        putchar('=');
        put(entry->value);
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
    char problem[OPTION_PROBLEM_MAX];
    const struct option_files_handler handler = {.option = print, .warning = warn};
    const struct option_files_request request = {.file = argc > 1 ? argv[1] : "",
                                                 .suffix = argc > 2 ? argv[2] : NULL};
    if (option_files_read(&request, &handler, problem) == 0)
        return 0;
    fprintf(stderr, "%s\n", problem);
    return 2;
}
