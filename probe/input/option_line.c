#include "probe/input/option_line.h"
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *skip_space(char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

/* Ends the string before the white space in front of `end`, and gives its new end. */
static char *end_at(char *begin, char *end)
{
    while (end > begin && is_space(end[-1]))
        end--;
    *end = '\0';
    return end;
}

/* The first '#' outside quotes, or the end. A backslash counts between quotes only. */
static char *find_comment(char *at)
{
    char quote = '\0';
    for (; *at && (quote || *at != '#'); at++) {
        if (quote && *at == '\\' && at[1])
            at++;
        else if (quote && *at == quote)
            quote = '\0';
        else if (!quote && (*at == '"' || *at == '\''))
            quote = *at;
    }
    return at;
}

/* What a backslash and this byte stand for; NULL: themselves. */
static const char *unescape(char c)
{
    static const char letters[] = "ntrbs\"'\\", bytes[] = "\n\t\r\b \"'\\";
    const char *found = strchr(letters, c);
    return found ? bytes + (found - letters) : NULL;
}

/* A backslash at the end is one. */
static size_t resolve_escapes(char *text, size_t length)
{
    size_t to = 0;
    for (size_t from = 0; from < length; from++) {
        bool escape = text[from] == '\\' && from + 1 < length;
        const char *meant = escape ? unescape(text[from + 1]) : NULL;
        text[to] = text[from];
        if (meant) {
            text[to] = *meant;
            from++;
        }
        to++;
    }
    text[to] = '\0';
    return to;
}

/* Quotes count when the same one begins and ends the value. */
static void parse_value(char *begin, char *end, struct option_line *line)
{
    begin = skip_space(begin);
    end = end_at(begin, end);
    if (end - begin > 1 && (*begin == '"' || *begin == '\'') && end[-1] == *begin) {
        begin++;
        end--;
    }
    line->value = begin;
    line->value_length = resolve_escapes(begin, (size_t)(end - begin));
}

static void normalise_name(char *name, struct option_line *line)
{
    static const char loose[] = "loose-";
    size_t length = sizeof loose - 1;
    for (char *at = name; (at = strchr(at, '_')); at++)
        *at = '-';
    line->loose = strncmp(name, loose, length) == 0 && name[length];
    line->name = line->loose ? name + length : name;
}

static void parse_option(char *text, struct option_line *line)
{
    char *end = find_comment(text);
    bool cut = *end && !is_space(end[-1]);
    *end = '\0';
    char *equals = strchr(text, '=');
    (void)end_at(text, equals ? equals : end);
    line->kind = OPTION_LINE_OPTION;
    normalise_name(text, line);
    if (equals) {
        line->cut_at_comment = cut;
        parse_value(equals + 1, end, line);
    }
}

/* What stands behind the bracket is ignored, white space before it too. */
static void parse_group(char *name, struct option_line *line)
{
    char *end = strchr(name, ']');
    line->kind = end ? OPTION_LINE_GROUP : OPTION_LINE_BAD;
    line->name = end ? name : "a group without its ']'";
    if (end)
        (void)end_at(name, end);
}

static enum option_line_kind directive_kind(const char *word)
{
    if (strcmp(word, "include") == 0)
        return OPTION_LINE_INCLUDE;
    return strcmp(word, "includedir") == 0 ? OPTION_LINE_INCLUDE_FOLDER
                                           : OPTION_LINE_UNKNOWN_DIRECTIVE;
}

/* There is no comment behind a path. */
static void parse_directive(char *text, struct option_line *line)
{
    char *word = skip_space(text), *end = word;
    while (*end && !is_space(*end))
        end++;
    char *path = skip_space(end);
    (void)end_at(path, path + strlen(path));
    *end = '\0';
    line->kind = directive_kind(word);
    if (line->kind == OPTION_LINE_UNKNOWN_DIRECTIVE)
        return;
    if (!*path)
        line->kind = OPTION_LINE_BAD;
    line->name = *path ? path : "nothing to include";
}

void option_line_parse(char *text, struct option_line *ret_line)
{
    *ret_line = (struct option_line){.kind = OPTION_LINE_EMPTY};
    text = skip_space(text);
    if (*text == '!')
        parse_directive(text + 1, ret_line);
    else if (*text == '[')
        parse_group(text + 1, ret_line);
    else if (*text && *text != '#' && *text != ';')
        parse_option(text, ret_line);
}
