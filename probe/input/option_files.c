#include "probe/input/option_files.h"
#include "probe/input/option_folder.h"
#include "probe/input/option_pages.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct walk {
    const struct option_files_request *request;
    const struct option_files_handler *handler;
    char *problem;
    unsigned count; /* of files and folders */
    bool told;      /* nothing is to be added to the problem */
};

struct visit {
    struct walk *walk;
    const char *path;
    unsigned depth; /* of includes around it */
    bool named;     /* it must be readable */
};

static int visit_file(const struct visit *visit);

/* Line 0: of the whole file. */
static void warn(const struct visit *visit, unsigned line, const char *what)
{
    const struct option_files_handler *handler = visit->walk->handler;
    char text[OPTION_PROBLEM_MAX];
    if (line)
        (void)option_problem(text, visit->path, "line %u: %s: ignored", line, what);
    else
        (void)option_problem(text, visit->path, "%s: ignored", what);
    handler->warning(handler->context, text);
}

/* A problem of a file that was asked for, a warning about any other. */
static int cannot_read(const struct visit *visit, const char *reason)
{
    if (visit->named)
        return option_problem(visit->walk->problem, visit->path, "%s", reason);
    warn(visit, 0, reason);
    return 0;
}

static int count_one(struct walk *walk, const char *path)
{
    if (walk->count == OPTION_FILES_MAX)
        return option_problem(walk->problem, path, "more than %d option files", OPTION_FILES_MAX);
    walk->count++;
    return 0;
}

/* -ENAMETOOLONG; `ret_path` has PATH_MAX bytes. */
static int expand_home(const char *home, const char *path, char *ret_path)
{
    bool in_home = home && *home && strncmp(path, "~/", 2) == 0;
    int length = snprintf(ret_path, PATH_MAX, "%s%s", in_home ? home : "", path + in_home);
    return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int visit_named(struct walk *walk, const char *path, unsigned depth)
{
    char expanded[PATH_MAX];
    if (expand_home(walk->request->home, path, expanded) < 0)
        return option_problem(walk->problem, path, "%s", strerror(ENAMETOOLONG));
    const struct visit visit = {.walk = walk, .path = expanded, .depth = depth, .named = true};
    return visit_file(&visit);
}

static int visit_folder(struct walk *walk, const char *path, unsigned depth)
{
    struct option_folder folder;
    int error = option_folder_list(path, &folder);
    if (error == -ENOMEM)
        return error;
    if (error == -E2BIG)
        return option_problem(walk->problem, path, "more than %d option files", OPTION_FILES_MAX);
    if (error < 0)
        return option_problem(walk->problem, path, "%s", strerror(-error));
    for (size_t i = 0; error == 0 && i < folder.count; i++) {
        char file[PATH_MAX + NAME_MAX + 2];
        snprintf(file, sizeof file, "%s/%s", path, folder.names[i]);
        const struct visit visit = {.walk = walk, .path = file, .depth = depth};
        error = visit_file(&visit);
    }
    option_folder_clear(&folder);
    return error;
}

static int include_folder(struct walk *walk, const char *path, unsigned depth)
{
    char expanded[PATH_MAX];
    if (expand_home(walk->request->home, path, expanded) < 0)
        return option_problem(walk->problem, path, "%s", strerror(ENAMETOOLONG));
    int error = count_one(walk, expanded);
    return error < 0 ? error : visit_folder(walk, expanded, depth);
}

static int include(const struct visit *visit, const struct option_directive *directive)
{
    struct walk *walk = visit->walk;
    bool is_file = directive->kind == OPTION_LINE_INCLUDE;
    int error =
        (is_file ? visit_named : include_folder)(walk, directive->argument, visit->depth + 1);
    if (error == -EINVAL && !walk->told)
        option_problem_included(walk->problem, visit->path, directive->line);
    walk->told = error != 0;
    return error;
}

static int on_directive(void *context, const struct option_directive *directive)
{
    const struct visit *visit = context;
    if (directive->kind != OPTION_LINE_UNKNOWN_DIRECTIVE && visit->depth < OPTION_DEPTH_MAX)
        return include(visit, directive);
    warn(visit, directive->line,
         directive->kind == OPTION_LINE_UNKNOWN_DIRECTIVE ? "an unknown directive"
                                                          : "too many files include each other");
    return 0;
}

static int on_option(void *context, const struct option_entry *entry)
{
    struct walk *walk = ((const struct visit *)context)->walk;
    int error = walk->handler->option(walk->handler->context, entry);
    walk->told = error != 0;
    return error;
}

static int read_regular(const struct visit *visit, int fd)
{
    struct option_pages pages;
    int error = option_pages_read(fd, &pages);
    if (error == -ENOMEM)
        return error;
    if (error == -EFBIG)
        return option_problem(visit->walk->problem, visit->path, "larger than %d MiB",
                              OPTION_FILE_MAX >> 20);
    if (error < 0)
        return cannot_read(visit, strerror(-error));
    const struct option_text text = {
        .path = visit->path,
        .bytes = pages.bytes,
        .length = pages.length,
        .suffix = visit->walk->request->suffix,
    };
    struct visit context = *visit;
    const struct option_text_handler handler = {&context, on_option, on_directive};
    error = option_text_read(&text, &handler, visit->walk->problem);
    option_pages_free(&pages);
    return error;
}

/* The one device that is used as a file without options. */
static bool is_null_device(const struct stat *status)
{
    return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3);
}

static int read_open(const struct visit *visit, int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return cannot_read(visit, strerror(errno));
    if (is_null_device(&status))
        return 0;
    if (!S_ISREG(status.st_mode))
        return cannot_read(visit, "not a regular file");
    if (status.st_mode & S_IWOTH) {
        warn(visit, 0, "others can write it");
        return 0;
    }
    return read_regular(visit, fd);
}

static bool is_missing(int error)
{
    return error == ENOENT || error == ENOTDIR;
}

/* A FIFO must not hold up the opening. */
static int visit_file(const struct visit *visit)
{
    int error = count_one(visit->walk, visit->path);
    if (error < 0)
        return error;
    int fd = open(visit->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return is_missing(errno) && !visit->named ? 0 : cannot_read(visit, strerror(errno));
    error = read_open(visit, fd);
    close(fd);
    return error;
}

static int visit_default(struct walk *walk, const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_MAX)
        return 0;
    const struct visit visit = {.walk = walk, .path = path};
    return visit_file(&visit);
}

static int visit_defaults(struct walk *walk)
{
    const struct option_files_request *request = walk->request;
    int error = visit_default(walk, request->etc, "my.cnf");
    if (error == 0)
        error = visit_default(walk, request->etc, "mysql/my.cnf");
    if (error == 0 && request->extra)
        error = visit_named(walk, request->extra, 0);
    if (error == 0 && request->home && *request->home)
        error = visit_default(walk, request->home, ".my.cnf");
    return error;
}

int option_files_read(const struct option_files_request *request,
                      const struct option_files_handler *handler, char *ret_problem)
{
    struct walk walk = {.request = request, .handler = handler, .problem = ret_problem};
    if (request->none)
        return 0;
    return request->file ? visit_named(&walk, request->file, 0) : visit_defaults(&walk);
}
