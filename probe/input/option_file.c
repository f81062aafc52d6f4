#include "probe/input/option_file.h"
#include "probe/input/protected_text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN = 400, WARNING = 600, PATH = 4096 };

static const char byte_order_mark[] = "\xef\xbb\xbf";

/* All files of one run of the program. */
struct reader {
    const struct option_files *files;
    const struct option_sink *sink;
    char *problem;
    unsigned depth;
    unsigned count;
};

/* One of them. */
struct place {
    const char *path;
    unsigned number;
    bool in_group;
    int group; /* enum option_group, -1: of others */
};

/* "path: line N: " and the problem; without a line for 0. */
__attribute__((format(printf, 4, 5))) static int
problem(const struct reader *reader, const char *path, unsigned number, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(reader->problem, OPTION_FILE_PROBLEM, "%.*s: ", SHOWN, path);
    if (number)
        used += snprintf(reader->problem + used, OPTION_FILE_PROBLEM - (size_t)used,
                         "line %u: ", number);
    va_start(arguments, format);
    vsnprintf(reader->problem + used, OPTION_FILE_PROBLEM - (size_t)used, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

__attribute__((format(printf, 2, 3))) static void warn(const struct reader *reader,
                                                       const char *format, ...)
{
    char text[WARNING];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reader->sink->warning(reader->sink->context, text);
}

/* ---- lines ---- */

static bool is_name(const char *group, const char *name, const char *suffix)
{
    size_t length = strlen(name);
    if (strcmp(group, name) == 0)
        return true;
    return suffix && strncmp(group, name, length) == 0 && strcmp(group + length, suffix) == 0;
}

static int group_of(const char *name, const char *suffix)
{
    static const char *const client[] = {"client", "client-server", "client-mariadb"};
    if (is_name(name, "obprobe", suffix))
        return OPTION_GROUP_OWN;
    for (size_t i = 0; i < sizeof client / sizeof client[0]; i++)
        if (is_name(name, client[i], suffix))
            return OPTION_GROUP_CLIENT;
    return -1;
}

static int read_named(struct reader *reader, const char *path, const struct place *from);
static int read_folder(struct reader *reader, const char *path, const struct place *from);

static int take_option(struct reader *reader, const struct place *place,
                       const struct option_line *line)
{
    if (!place->in_group)
        return problem(reader, place->path, place->number, "an option in front of the first group");
    if (place->group < 0)
        return 0;
    struct option_entry entry = {(enum option_group)place->group, line, place->path, place->number};
    return reader->sink->option(reader->sink->context, &entry, reader->problem);
}

static int take_line(struct reader *reader, struct place *place, char *text)
{
    struct option_line line = option_line_read(text);
    switch (line.kind) {
    case OPTION_LINE_BLANK:
        break;
    case OPTION_LINE_GROUP:
        place->in_group = true;
        place->group = group_of(line.name, reader->files->suffix);
        break;
    case OPTION_LINE_INCLUDE:
        return read_named(reader, line.name, place);
    case OPTION_LINE_INCLUDEDIR:
        return read_folder(reader, line.name, place);
    case OPTION_LINE_OPTION:
        return take_option(reader, place, &line);
    case OPTION_LINE_BAD:
        return problem(reader, place->path, place->number, "%s", line.name);
    }
    return 0;
}

static int read_lines(struct reader *reader, const char *path, char *text, size_t length)
{
    struct place place = {.path = path, .group = -1};
    char *end = text + length;
    if (memchr(text, '\0', length))
        return problem(reader, path, 0, "binary: it holds NUL bytes");
    *end = '\0';
    if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0)
        text += 3;
    for (int error = 0; text < end; text++) {
        char *line_end = text + strcspn(text, "\n");
        place.number++;
        if (line_end - text > OPTION_FILE_LINE)
            return problem(reader, path, place.number, "longer than %d bytes", OPTION_FILE_LINE);
        *line_end = '\0';
        error = take_line(reader, &place, text);
        if (error < 0)
            return error;
        text = line_end;
    }
    return 0;
}

/* ---- files ---- */

/* Without waiting: a FIFO would, for its writer. A negative errno, also for what is no file. */
static int open_file(const char *path, mode_t *ret_mode)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int error = fstat(fd, &status) < 0     ? -errno
                : S_ISDIR(status.st_mode)  ? -EISDIR
                : !S_ISREG(status.st_mode) ? -ENODEV
                                           : 0;
    if (error == 0) {
        *ret_mode = status.st_mode;
        return fd;
    }
    close(fd);
    return error;
}

static const char *words_of(int error)
{
    return error == -ENODEV ? "no regular file" : strerror(-error);
}

static int read_descriptor(struct reader *reader, const char *path, int fd)
{
    struct protected_text text = {0};
    int error = protected_text_read(&text, fd, OPTION_FILE_SIZE);
    if (error == 0)
        error = read_lines(reader, path, text.bytes, text.length);
    else if (error == -EFBIG)
        error = problem(reader, path, 0, "larger than %d MiB", OPTION_FILE_SIZE >> 20);
    else if (error != -ENOMEM)
        error = problem(reader, path, 0, "%s", strerror(-error));
    protected_text_clear(&text);
    return error;
}

/* -ENOENT and the like: it cannot be opened. */
static int read_file(struct reader *reader, const char *path)
{
    mode_t mode = 0;
    if (reader->count == OPTION_FILES)
        return problem(reader, path, 0, "more than %d option files", OPTION_FILES);
    reader->count++;
    int fd = open_file(path, &mode);
    if (fd < 0)
        return fd;
    int error = 0;
    if (mode & S_IWOTH)
        warn(reader, "%.*s: everybody can write this option file: it is ignored", SHOWN, path);
    else
        error = read_descriptor(reader, path, fd);
    close(fd);
    return error;
}

/* A file that somebody named must be there; `from` NULL: an option of the command line. */
static int read_named(struct reader *reader, const char *path, const struct place *from)
{
    if (reader->depth == OPTION_FILE_DEPTH) {
        warn(reader, "%.*s: included more than %d deep: passed over", SHOWN, path,
             OPTION_FILE_DEPTH);
        return 0;
    }
    reader->depth++;
    int error = read_file(reader, path);
    reader->depth--;
    if (error == 0 || error == -EINVAL || error == -ENOMEM)
        return error;
    if (from)
        return problem(reader, from->path, from->number, "%.200s: %s", path, words_of(error));
    return problem(reader, path, 0, "%s", words_of(error));
}

static int is_option_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".cnf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_folder(struct reader *reader, const char *path, const struct place *from)
{
    char name[PATH];
    struct dirent **entries;
    int count = scandir(path, &entries, is_option_file, by_name);
    if (count < 0)
        return problem(reader, from->path, from->number, "%.200s: %s", path, strerror(errno));
    int error = 0;
    for (int i = 0; i < count; i++) {
        int length = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (error == 0 && length < (int)sizeof name)
            error = read_named(reader, name, from);
        free(entries[i]);
    }
    free(entries);
    return error;
}

/* One that is read where it is. */
static int read_usual(struct reader *reader, const char *folder, const char *name)
{
    char path[PATH];
    if (!folder || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return 0;
    int error = read_file(reader, path);
    if (error == 0 || error == -EINVAL || error == -ENOMEM)
        return error;
    if (error != -ENOENT && error != -ENOTDIR)
        warn(reader, "%.*s: %s: passed over", SHOWN, path, words_of(error));
    return 0;
}

int option_files_read(const struct option_files *files, const struct option_sink *sink,
                      char *ret_problem)
{
    struct reader reader = {.files = files, .sink = sink, .problem = ret_problem};
    if (files->none)
        return 0;
    if (files->file)
        return read_named(&reader, files->file, NULL);
    int error = read_usual(&reader, files->etc, "my.cnf");
    if (error == 0)
        error = read_usual(&reader, files->etc, "mysql/my.cnf");
    if (error == 0 && files->extra)
        error = read_named(&reader, files->extra, NULL);
    return error == 0 ? read_usual(&reader, files->home, ".my.cnf") : error;
}

int option_text_read(const char *path, char *text, size_t length, const struct option_files *files,
                     const struct option_sink *sink, char *ret_problem)
{
    struct reader reader = {.files = files, .sink = sink, .problem = ret_problem};
    return read_lines(&reader, path, text, length);
}
