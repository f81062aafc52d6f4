/* Any bytes as the text of an option file: what is delivered is bounded, normalised, in order. */
#include "probe/input/option_text.h"
#include "tests/fuzz/promise.h"
#include <errno.h>
#include <strings.h>

struct seen {
    const char *begin, *end; /* of the text */
    unsigned line;           /* of what was delivered last */
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void promise_within(const struct seen *seen, const char *string)
{
    PROMISE(string >= seen->begin && string + strlen(string) <= seen->end);
    PROMISE(strlen(string) <= OPTION_LINE_MAX);
}

/* Each line delivers once at most. */
static void promise_order(struct seen *seen, unsigned line)
{
    PROMISE(line > seen->line);
    seen->line = line;
}

/* A '#' stands behind a quote only, and what begins a line of another kind behind "loose-" only. */
static void promise_key(const struct option_entry *entry)
{
    const char *key = entry->key;
    PROMISE(*key && !strpbrk(key, "_="));
    PROMISE(!is_space(key[strlen(key) - 1]));
    PROMISE(!strchr(key, '#') || strcspn(key, "\"'") < strcspn(key, "#"));
    PROMISE(entry->loose || !strchr("[!;#", *key));
}

static int on_option(void *context, const struct option_entry *entry)
{
    struct seen *seen = context;
    promise_order(seen, entry->line);
    promise_within(seen, entry->key);
    promise_within(seen, entry->group_name);
    promise_key(entry);
    PROMISE(strcmp(entry->path, "my.cnf") == 0);
    PROMISE((entry->group == OPTION_GROUP_OBPROBE) ==
            (strncasecmp(entry->group_name, "obprobe", 7) == 0));
    if (!entry->value) {
        PROMISE(entry->value_length == 0 && !entry->cut_at_comment);
        return 0;
    }
    promise_within(seen, entry->value);
    PROMISE(strlen(entry->value) == entry->value_length && entry->value > entry->key);
    return 0;
}

static int on_directive(void *context, const struct option_directive *directive)
{
    struct seen *seen = context;
    promise_order(seen, directive->line);
    PROMISE((directive->kind == OPTION_LINE_UNKNOWN_DIRECTIVE) == !directive->argument);
    if (directive->argument) {
        size_t length = strlen(directive->argument);
        promise_within(seen, directive->argument);
        PROMISE(length > 0 && !is_space(*directive->argument));
        PROMISE(!is_space(directive->argument[length - 1]));
    }
    return 0;
}

/* A text in a copy of exactly the size that the reader may write. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char problem[OPTION_PROBLEM_MAX];
    char *copy = malloc(length + 1);
    PROMISE(copy);
    if (length)
        memcpy(copy, bytes, length);
    struct seen seen = {.begin = copy, .end = copy + length};
    const struct option_text text = {"my.cnf", copy, length, "_x"};
    const struct option_text_handler handler = {&seen, on_option, on_directive};
    int error = option_text_read(&text, &handler, problem);
    PROMISE(error == 0 || error == -EINVAL);
    if (error == -EINVAL)
        PROMISE(strncmp(problem, "my.cnf: line ", 13) == 0 && !strchr(problem, '\n'));
    PROMISE(error == 0 || (unsigned)strtoul(problem + 13, NULL, 10) > seen.line);
    free(copy);
    return 0;
}
