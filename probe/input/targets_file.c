#include "probe/input/targets_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME = 480, FIRST_SIZE = 1 << 16 };

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

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A comment begins at the line's begin or behind white space: '#' elsewhere is a slip to be told.
 */
static size_t without_comment(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] == '#' && (i == 0 || is_blank(line[i - 1])))
            return i;
    return length;
}

/* The line's text between white space, without its comment, as a string in `to`. */
static void strip(const char *line, size_t length, char *to)
{
    if (length > 0 && line[length - 1] == '\r')
        length--;
    length = without_comment(line, length);
    while (length > 0 && is_blank(line[length - 1]))
        length--;
    size_t begin = 0;
    while (begin < length && is_blank(line[begin]))
        begin++;
    snprintf(to, TARGETS_FILE_LINE + 1, "%.*s", (int)(length - begin), line + begin);
}

/* The next line that is not blank, in `to`. 1, 0 at the end, -EMSGSIZE: the line is too long. */
static int next_line(struct targets_file *file, char *to)
{
    while (file->at < file->length) {
        const char *line = file->text + file->at;
        const char *end = memchr(line, '\n', file->length - file->at);
        size_t length = end ? (size_t)(end - line) : file->length - file->at;
        file->at += length + (end ? 1 : 0);
        file->line++;
        if (length > TARGETS_FILE_LINE)
            return -EMSGSIZE;
        strip(line, length, to);
        if (*to)
            return 1;
    }
    return 0;
}

static void rewind_list(struct targets_file *file)
{
    bool marked = file->length >= 3 && memcmp(file->text, byte_order_mark, 3) == 0;
    file->at = marked ? 3 : 0;
    file->line = 0;
}

static int check(const char *name, struct targets_file *file, char *ret_problem)
{
    char line[TARGETS_FILE_LINE + 1], culprit[TARGET_PROBLEM];
    struct target target;
    int found;
    while ((found = next_line(file, line)) == 1) {
        int error = target_parse(line, &file->ports, &target, culprit);
        if (error == -ENOMEM)
            return error;
        if (error < 0)
            return problem(ret_problem, name, "line %u: %s", file->line, culprit);
        target_clear(&target);
        file->count++;
    }
    if (found < 0)
        return problem(ret_problem, name, "line %u: longer than %d bytes", file->line,
                       TARGETS_FILE_LINE);
    return file->count > 0 ? 0 : problem(ret_problem, name, "no target in this list");
}

int targets_file_take(const char *name, char *text, size_t length, const struct ports *ports,
                      struct targets_file *ret_file, char *ret_problem)
{
    struct targets_file file = {.text = text, .length = length, .ports = *ports};
    rewind_list(&file);
    int error = length > 0 && memchr(text, '\0', length)
                    ? problem(ret_problem, name, "binary: it holds NUL bytes")
                    : check(name, &file, ret_problem);
    if (error < 0) {
        free(text);
        return error;
    }
    rewind_list(&file);
    *ret_file = file;
    return 0;
}

struct text {
    char *bytes;
    size_t length;
    size_t size;
};

static int make_room(struct text *text)
{
    if (text->length < text->size)
        return 0;
    size_t size = text->size ? text->size * 2 : FIRST_SIZE;
    if (size > TARGETS_FILE_SIZE)
        return -EFBIG;
    char *bytes = realloc(text->bytes, size);
    if (!bytes)
        return -ENOMEM;
    text->bytes = bytes;
    text->size = size;
    return 0;
}

/* To the end, or to the first NUL byte: an endless device is left early. */
static int read_all(int fd, struct text *text)
{
    for (;;) {
        int error = make_room(text);
        if (error < 0)
            return error;
        char *to = text->bytes + text->length;
        ssize_t count = read(fd, to, text->size - text->length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 ? -errno : 0;
        text->length += (size_t)count;
        if (memchr(to, '\0', (size_t)count))
            return 0;
    }
}

/* Gives back what doubling took too much. */
static void shrink(struct text *text)
{
    char *bytes = realloc(text->bytes, text->length + 1);
    text->bytes = bytes ? bytes : text->bytes;
}

static int read_path(const char *path, struct text *text)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, text);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int error = read_all(fd, text);
    close(fd);
    return error;
}

static int explain(int error, const char *name, char *ret_problem)
{
    if (error == -ENOMEM)
        return error;
    if (error == -EFBIG)
        return problem(ret_problem, name, "larger than %d MiB", TARGETS_FILE_SIZE >> 20);
    return problem(ret_problem, name, "%s", strerror(-error));
}

int targets_file_read(const char *path, const struct ports *ports, struct targets_file *ret_file,
                      char *ret_problem)
{
    struct text text = {0};
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    int error = read_path(path, &text);
    if (error < 0) {
        free(text.bytes);
        return explain(error, name, ret_problem);
    }
    shrink(&text);
    return targets_file_take(name, text.bytes, text.length, ports, ret_file, ret_problem);
}

int targets_file_next(struct targets_file *file, struct target *ret_target)
{
    char line[TARGETS_FILE_LINE + 1], ignored[TARGET_PROBLEM];
    int found = next_line(file, line);
    if (found != 1)
        return 0;
    int error = target_parse(line, &file->ports, ret_target, ignored);
    if (error < 0)
        return error;
    ret_target->line = file->line;
    return 1;
}

void targets_file_clear(struct targets_file *file)
{
    free(file->text);
    *file = (struct targets_file){0};
}
