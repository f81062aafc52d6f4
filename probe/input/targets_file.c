#include "probe/input/targets_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME = 480 };

static const char byte_order_mark[] = "\xef\xbb\xbf";

/* "name: " and the problem. */
__attribute__((format(printf, 3, 4))) static int problem(char *ret_problem, const char *name,
                                                         const char *format, ...)
{
    va_list arguments;
    int used = snprintf(ret_problem, TARGETS_FILE_PROBLEM, "%.*s: ", NAME, name);
    va_start(arguments, format);
    vsnprintf(ret_problem + used, TARGETS_FILE_PROBLEM - (size_t)used, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* ---- lines ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A comment begins at the line's begin or behind white space: '#' elsewhere may be a cluster's. */
static size_t without_comment(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] == '#' && (i == 0 || is_blank(line[i - 1])))
            return i;
    return length;
}

/* The part of a line that is its target: between white space, without a comment. */
struct content {
    char *begin; /* in the list's text */
    char *end;
};

static struct content content_of(char *line, size_t length)
{
    if (length > 0 && line[length - 1] == '\r')
        length--;
    length = without_comment(line, length);
    while (length > 0 && is_blank(line[length - 1]))
        length--;
    size_t begin = 0;
    while (begin < length && is_blank(line[begin]))
        begin++;
    return (struct content){line + begin, line + length};
}

/* The next line that is not blank. 1, 0 at the end, -EMSGSIZE: the line is too long. */
static int next_line(struct targets_file *file, struct list_line *ret_line,
                     struct content *ret_content)
{
    while (file->next.at < file->text.length) {
        char *line = file->text.bytes + file->next.at;
        size_t left = file->text.length - file->next.at;
        const char *end = memchr(line, '\n', left);
        size_t length = end ? (size_t)(end - line) : left;
        size_t at = file->next.at;
        file->next.at += length + (end ? 1 : 0);
        file->next.number++;
        if (length > TARGETS_FILE_LINE)
            return -EMSGSIZE;
        *ret_content = content_of(line, length);
        if (ret_content->begin == ret_content->end)
            continue;
        *ret_line = (struct list_line){at, file->next.number, file->next.ordinal++};
        return 1;
    }
    return 0;
}

/* The text is a string for as long as it is parsed: a copy would be one more place with passwords.
 */
static int parse(const struct targets_file *file, const struct content *content,
                 struct target *ret_target, char *ret_problem)
{
    char behind = *content->end;
    *content->end = '\0';
    int error = target_parse(content->begin, &file->ports, ret_target, ret_problem);
    *content->end = behind;
    return error;
}

static void rewind_list(struct targets_file *file)
{
    bool marked = file->text.length >= 3 && memcmp(file->text.bytes, byte_order_mark, 3) == 0;
    file->next = (struct list_line){.at = marked ? 3 : 0};
}

/* ---- the first reading ---- */

static int check_line(struct targets_file *file, const struct target_check *check,
                      struct target_index *index, const struct list_line *line,
                      const struct content *content, char *ret_culprit)
{
    struct target target;
    int error = parse(file, content, &target, ret_culprit);
    if (error < 0)
        return error;
    if (check)
        error = check->check(check->context, &target, ret_culprit);
    char behind = *content->end;
    *content->end = '\0';
    if (error == 0)
        error = target_index_add(index, line, content->begin, &target);
    *content->end = behind;
    target_clear(&target);
    return error;
}

static int check_lines(const char *name, struct targets_file *file,
                       const struct target_check *check, struct target_index *index,
                       char *ret_problem)
{
    char culprit[TARGET_PROBLEM];
    struct list_line line;
    struct content content;
    int found;
    while ((found = next_line(file, &line, &content)) == 1) {
        int error = check_line(file, check, index, &line, &content, culprit);
        if (error == -EINVAL)
            return problem(ret_problem, name, "line %u: %s", line.number, culprit);
        if (error < 0)
            return error;
        file->count++;
    }
    if (found < 0)
        return problem(ret_problem, name, "line %u: longer than %d bytes", file->next.number,
                       TARGETS_FILE_LINE);
    return file->count > 0 ? 0 : problem(ret_problem, name, "no target in this list");
}

static int take_duplicates(struct targets_file *file, struct target_index *index)
{
    int error = target_index_finish(index, &file->duplicates, &file->duplicate_count);
    if (error < 0 || file->duplicate_count == 0)
        return error;
    file->repeated = calloc(file->count / 8 + 1, 1);
    if (!file->repeated)
        return -ENOMEM;
    for (size_t i = 0; i < file->duplicate_count; i++) {
        uint32_t ordinal = file->duplicates[i].line.ordinal;
        file->repeated[ordinal / 8] |= (uint8_t)(1u << ordinal % 8);
    }
    return 0;
}

static int check_list(const char *name, struct targets_file *file, const struct target_check *check,
                      char *ret_problem)
{
    struct target_index *index = NULL;
    if (file->text.length > 0 && memchr(file->text.bytes, '\0', file->text.length))
        return problem(ret_problem, name, "binary: it holds NUL bytes");
    int error = target_index_new(&index);
    rewind_list(file);
    if (error == 0)
        error = check_lines(name, file, check, index, ret_problem);
    if (error == 0)
        error = take_duplicates(file, index);
    target_index_free(index);
    rewind_list(file);
    return error;
}

static int finish(const char *name, struct targets_file *file, const struct target_check *check,
                  int error, struct targets_file *ret_file, char *ret_problem)
{
    if (error == 0)
        error = check_list(name, file, check, ret_problem);
    if (error < 0)
        targets_file_clear(file);
    else
        *ret_file = *file;
    return error;
}

int targets_file_take(const char *name, const char *text, size_t length, const struct ports *ports,
                      const struct target_check *check, struct targets_file *ret_file,
                      char *ret_problem)
{
    struct targets_file file = {.ports = *ports};
    int error = protected_text_copy(&file.text, text, length);
    return finish(name, &file, check, error, ret_file, ret_problem);
}

/* ---- files ---- */

static int read_path(const char *path, struct protected_text *text)
{
    if (strcmp(path, "-") == 0)
        return protected_text_read(text, STDIN_FILENO, TARGETS_FILE_SIZE);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int error = protected_text_read(text, fd, TARGETS_FILE_SIZE);
    close(fd);
    return error;
}

static int explain(int error, const char *name, char *ret_problem)
{
    if (error == 0 || error == -ENOMEM)
        return error;
    if (error == -EFBIG)
        return problem(ret_problem, name, "larger than %d MiB", TARGETS_FILE_SIZE >> 20);
    return problem(ret_problem, name, "%s", strerror(-error));
}

int targets_file_read(const char *path, const struct ports *ports, const struct target_check *check,
                      struct targets_file *ret_file, char *ret_problem)
{
    struct targets_file file = {.ports = *ports};
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    int error = explain(read_path(path, &file.text), name, ret_problem);
    return finish(name, &file, check, error, ret_file, ret_problem);
}

/* ---- the second reading ---- */

static bool is_repeated(const struct targets_file *file, uint32_t ordinal)
{
    return file->repeated && file->repeated[ordinal / 8] >> ordinal % 8 & 1;
}

int targets_file_next(struct targets_file *file, struct target *ret_target)
{
    char ignored[TARGET_PROBLEM];
    struct list_line line;
    struct content content;
    do {
        if (next_line(file, &line, &content) != 1)
            return 0;
    } while (is_repeated(file, line.ordinal));
    int error = parse(file, &content, ret_target, ignored);
    if (error < 0)
        return error;
    ret_target->line = line.number;
    ret_target->index = line.ordinal;
    return 1;
}

const struct duplicate *targets_file_duplicates(const struct targets_file *file, uint32_t first,
                                                size_t *ret_count)
{
    size_t begin = 0, end = file->duplicate_count;
    *ret_count = 0;
    if (end == 0)
        return NULL;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (file->duplicates[middle].first < first)
            begin = middle + 1;
        else
            end = middle;
    }
    while (end < file->duplicate_count && file->duplicates[end].first == first)
        end++;
    *ret_count = end - begin;
    return file->duplicates + begin;
}

int targets_file_duplicate(struct targets_file *file, const struct duplicate *duplicate,
                           struct target *ret_target)
{
    char ignored[TARGET_PROBLEM];
    struct list_line place = file->next, line;
    struct content content;
    file->next = duplicate->line;
    int found = next_line(file, &line, &content);
    file->next = place;
    int error = found == 1 ? parse(file, &content, ret_target, ignored) : -ENOMEM;
    if (error < 0)
        return error;
    ret_target->line = duplicate->line.number;
    ret_target->index = duplicate->line.ordinal;
    return 0;
}

void targets_file_keep_duplicates(struct targets_file *file)
{
    free(file->repeated);
    file->repeated = NULL;
}

void targets_file_clear(struct targets_file *file)
{
    protected_text_clear(&file->text);
    free(file->duplicates);
    free(file->repeated);
    *file = (struct targets_file){0};
}
