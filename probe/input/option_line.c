#include "probe/input/option_line.h"
#include <string.h>

static const char white[] = " \t\n\v\f\r";

static bool is_white(char c)
{
    return c != '\0' && strchr(white, c);
}

/* In place, from both ends. */
static char *trim(char *text)
{
    text += strspn(text, white);
    size_t length = strlen(text);
    while (length > 0 && is_white(text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

/* The '#' that begins a comment, NULL: none. A backslash escapes inside of quotes only. */
static char *find_comment(char *text)
{
    char quote = '\0';
    bool escaped = false;
    for (; *text; text++) {
        if ((*text == '\'' || *text == '"') && !escaped)
            quote = !quote ? *text : quote == *text ? '\0' : quote;
        if (!quote && *text == '#')
            return text;
        escaped = quote && *text == '\\' && !escaped;
    }
    return NULL;
}

/* The byte that a letter behind a backslash stands for; NUL: both stand for themselves. */
static char unescape(char letter)
{
    static const char letters[] = "ntrbs\"'\\", bytes[] = "\n\t\r\b \"'\\";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? bytes[found - letters] : '\0';
}

static char *decode(char *value)
{
    size_t length = strlen(value);
    if (length > 1 && (*value == '"' || *value == '\'') && value[length - 1] == *value) {
        value[length - 1] = '\0';
        value++;
    }
    char *to = value;
    for (const char *from = value; *from; from++) {
        char byte = *from == '\\' ? unescape(from[1]) : '\0';
        *to++ = byte ? byte : *from;
        from += byte != '\0';
    }
    *to = '\0';
    return value;
}

static void normalize(char *name)
{
    for (; *name; name++)
        if (*name == '_')
            *name = '-';
}

/* "[name]", of which what stands behind ']' does not matter. */
static struct option_line read_group(char *text)
{
    char *end = strchr(text, ']');
    if (!end)
        return (struct option_line){.kind = OPTION_LINE_BAD, .name = "']' is missing"};
    *end = '\0';
    return (struct option_line){.kind = OPTION_LINE_GROUP, .name = trim(text)};
}

static struct option_line read_directive(char *text)
{
    size_t length = strcspn(text, white);
    bool is_file = length == 7 && memcmp(text, "include", 7) == 0;
    bool is_folder = length == 10 && memcmp(text, "includedir", 10) == 0;
    char *path = trim(text + length);
    if (!is_file && !is_folder)
        return (struct option_line){.kind = OPTION_LINE_BAD,
                                    .name = "neither !include nor !includedir"};
    if (!*path)
        return (struct option_line){.kind = OPTION_LINE_BAD, .name = "a path is missing"};
    return (struct option_line){.kind = is_file ? OPTION_LINE_INCLUDE : OPTION_LINE_INCLUDEDIR,
                                .name = path};
}

static struct option_line read_option(char *text)
{
    struct option_line line = {.kind = OPTION_LINE_OPTION};
    char *comment = find_comment(text);
    if (comment) {
        line.cut_at_comment = comment > text && !is_white(comment[-1]);
        *comment = '\0';
    }
    char *equals = strchr(text, '=');
    if (equals) {
        *equals = '\0';
        line.value = decode(trim(equals + 1));
    }
    char *name = trim(text);
    normalize(name);
    line.loose = strncmp(name, "loose-", 6) == 0;
    line.name = name + (line.loose ? 6 : 0);
    if (!*line.name)
        return (struct option_line){.kind = OPTION_LINE_BAD, .name = "an option without a name"};
    line.cut_at_comment = line.cut_at_comment && line.value;
    return line;
}

struct option_line option_line_read(char *text)
{
    text = trim(text);
    switch (*text) {
    case '\0':
    case '#':
    case ';':
        return (struct option_line){.kind = OPTION_LINE_BLANK};
    case '[':
        return read_group(text + 1);
    case '!':
        return read_directive(text + 1);
    default:
        return read_option(text);
    }
}
