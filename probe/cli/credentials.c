#include "probe/cli/credentials.h"
#include "probe/cli/option_row.h"
#include "probe/cli/prompt.h"
#include "probe/render/escape.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { QUESTION = 2048, SHOWN_USER = 256 };

/* As the mysql client names whoever runs it, but for its "UNKNOWN_USER". */
static const char *login_name(void)
{
    const struct passwd *entry = getpwuid(geteuid());
    const char *name = geteuid() == 0 ? "root" : entry ? entry->pw_name : NULL;
    static const char *const variables[] = {"USER", "LOGNAME", "LOGIN"};
    for (size_t i = 0; (!name || !*name) && i < sizeof variables / sizeof variables[0]; i++)
        name = getenv(variables[i]);
    return name && *name && strlen(name) < LOGIN_USER ? name : NULL;
}

int credentials_default_user(struct options *options)
{
    const char *name = login_name();
    if (!name)
        return 0;
    options->login_name = strdup(name);
    options->run.default_user = options->login_name;
    return options->login_name ? 0 : -ENOMEM;
}

static int complete_user(struct options *options, char *ret_problem)
{
    if (options->login.user)
        return 0;
    options->login.user = options->login_name;
    if (options->login_name)
        return 0;
    return cli_problem(ret_problem, "a password without a user, and this process has no login "
                                    "name: give -u NAME");
}

/* Why no password could be read from `where`. */
static int explain(int error, const char *where, char *ret_problem)
{
    if (error == 0 || error == -ENOMEM)
        return error;
    if (error == -E2BIG)
        return cli_problem(ret_problem, "%.400s: more than the %d bytes of a password", where,
                           SECRET_MAX);
    if (error == -EINVAL)
        return cli_problem(ret_problem, "%.400s: more than one line, or a NUL byte: no password",
                           where);
    return cli_problem(ret_problem, "%.400s: %s", where, strerror(-error));
}

/* A terminal would show what is typed. */
static int read_from(int fd, const char *where, struct options *options, char *ret_problem)
{
    if (isatty(fd))
        return cli_problem(ret_problem, "%.400s: a terminal; to be asked for the password: -p",
                           where);
    return explain(secret_read(fd, &options->password.secret), where, ret_problem);
}

/* A password that others can write is theirs, one that they can read is no secret. */
static int check_mode(int fd, const char *path, char *ret_warning, char *ret_problem)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return explain(-errno, path, ret_problem);
    unsigned mode = status.st_mode & 0777;
    if (S_ISDIR(status.st_mode))
        return explain(-EISDIR, path, ret_problem);
    if (mode & (S_IWGRP | S_IWOTH))
        return cli_problem(ret_problem, "%.400s: others can write this password file (mode %04o)",
                           path, mode);
    if (mode & (S_IRGRP | S_IROTH))
        (void)cli_problem(ret_warning, "%.400s: others can read this password file (mode %04o)",
                          path, mode);
    return 0;
}

static int read_file(struct options *options, char *ret_warning, char *ret_problem)
{
    const char *path = options->password.file;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return explain(-errno, path, ret_problem);
    int error = isatty(fd) ? 0 : check_mode(fd, path, ret_warning, ret_problem);
    if (error == 0)
        error = read_from(fd, path, options, ret_problem);
    close(fd);
    return error;
}

static int read_fd(struct options *options, char *ret_problem)
{
    char where[64];
    snprintf(where, sizeof where, "--password-fd %u", options->password.fd);
    return read_from((int)options->password.fd, where, options, ret_problem);
}

/* "Password of app for db1.example:2883 (and 3 more targets): " */
static int ask(struct options *options, const struct source *source, char *ret_problem)
{
    char user[SHOWN_USER], first[SOURCE_NAME], more[64] = "", question[QUESTION];
    const char *name = options->login.user;
    size_t others = source_count(source) - 1;
    int error = source_name_first(source, first);
    if (error < 0)
        return error;
    escape(ESCAPE_TEXT, name, strlen(name), user, sizeof user);
    if (others > 0)
        snprintf(more, sizeof more, " (and %zu more target%s)", others, others > 1 ? "s" : "");
    snprintf(question, sizeof question, "Password of %s for %s%s: ", user, first, more);
    int result = prompt_read(question, &options->password.secret);
    if (result == -ENXIO)
        return cli_problem(ret_problem, "option '-p': no terminal to ask for the password on; "
                                        "--password-file, --password-fd or MYSQL_PWD need none");
    if (result == -ECANCELED)
        return cli_problem(ret_problem, "option '-p': no password was typed");
    return result > 0 ? result : explain(result, "the password typed", ret_problem);
}

static int read_password(struct options *options, const struct source *source, char *ret_warning,
                         char *ret_problem)
{
    switch (options->password.way) {
    case PASSWORD_PROMPT:
        return ask(options, source, ret_problem);
    case PASSWORD_FILE:
        return read_file(options, ret_warning, ret_problem);
    case PASSWORD_FD:
        return read_fd(options, ret_problem);
    case PASSWORD_NONE:
    case PASSWORD_ATTACHED:
    case PASSWORD_ENVIRONMENT:
    case PASSWORD_OPTION_FILE:
        break;
    }
    return 0;
}

int credentials_read(struct options *options, const struct source *source, char *ret_warning,
                     char *ret_problem)
{
    *ret_warning = '\0';
    bool unused = options->run.spare_lists && source->given_count == 0;
    if (options->anonymous || options->password.way == PASSWORD_NONE || unused)
        return 0;
    int result = complete_user(options, ret_problem);
    if (result == 0)
        result = read_password(options, source, ret_warning, ret_problem);
    if (result == 0)
        options->login.secret = options->password.secret;
    return result;
}
