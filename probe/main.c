/* The program: the only place that writes to standard error or exits. */
#include "probe/cli/credentials.h"
#include "probe/cli/hardening.h"
#include "probe/cli/lang.h"
#include "probe/cli/second_opinion.h"
#include "probe/cli/session.h"
#include "probe/cli/test_switches.h"
#include "probe/cli/understood.h"
#include "probe/input/residue.h"
#include "probe/render/escape.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    LINE = 2 * CLI_PROBLEM,
    EXIT_SIGNAL = 128, /* and its number, as for SIGINT and SIGTERM */
};

/* One line on standard error, whatever the culprit's text holds. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char line[LINE], safe[2 * LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    escape(ESCAPE_TEXT, line, strlen(line), safe, sizeof safe);
    fprintf(stderr, "obprobe: %s\n", safe);
}

/* These return the exit code. */
static int fail(const char *what, int error, int exit_code)
{
    say("%s: %s", what, strerror(-error));
    return exit_code;
}

/* -EINVAL is the user's, and told by the problem. */
static int refuse(int error, const char *problem)
{
    if (error != -EINVAL)
        return fail("cannot begin", error, EXIT_INTERNAL);
    say("%s", problem);
    return EXIT_USAGE;
}

/* A socket must never become descriptor 1. What was closed is opened the wrong way round, so that
 * its use still fails with EBADF. */
static void open_standard_streams(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(EXIT_INTERNAL);
}

/* Every target in flight is a descriptor, and the usual limit is 1024; what it may be raised to is
 * up to the administrator. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool wants_color(enum color color, int fd)
{
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org: when not empty */
    const char *terminal = getenv("TERM");
    if (color != COLOR_AUTO)
        return color == COLOR_ALWAYS;
    return isatty(fd) && !(no_color && *no_color) && terminal && *terminal &&
           strcmp(terminal, "dumb") != 0;
}

static unsigned terminal_width(int fd)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (!isatty(fd))
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    unsigned long asked = columns ? strtoul(columns, NULL, 10) : 0;
    return asked > 0 && asked < 10000 ? (unsigned)asked : 80;
}

static struct render_options render_for(const struct options *options, int fd)
{
    return (struct render_options){.verbose = options->verbose,
                                   .color = wants_color(options->color, fd),
                                   .width = terminal_width(fd)};
}

static const char *output_name(const struct options *options)
{
    return options->output ? options->output : "standard output";
}

/* The text of --help, --version, --list-causes. */
static int put_answer(FILE *out, const struct options *options, int fd)
{
    struct render_options render = render_for(options, fd);
    switch (options->request) {
    case REQUEST_HELP:
        options_help(out);
        return 0;
    case REQUEST_VERSION:
        version_write(out, options->verbose);
        return 0;
    case REQUEST_CAUSES:
        return options->format->causes(out, &render);
    case REQUEST_PROBE:
        break;
    }
    return 0;
}

static int write_answer(const struct options *options, struct output *output)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    int error = stream ? put_answer(stream, options, output->fd) : -ENOMEM;
    if (stream && fclose(stream) != 0)
        error = -ENOMEM;
    if (error == 0)
        error = output_add(output, text, length);
    free(text);
    if (error == 0)
        error = output_wait(output);
    return error < 0 ? error : output_finish(output);
}

static int answer(const struct options *options)
{
    struct output output;
    int error = output_open(options->output, &output);
    if (error < 0)
        return fail(output_name(options), error, EXIT_USAGE);
    error = write_answer(options, &output);
    output_close(&output);
    return error < 0 ? fail(output_name(options), error, EXIT_INTERNAL) : 0;
}

/* Closing before the login counts towards max_connect_errors on the server. */
static void warn(const struct options *options)
{
    if (options->run.until != UNTIL_LOGIN && !options->quiet)
        say("warning: --until=%s leaves the handshake unfinished, which can count against this "
            "host on the server",
            options->run.until == UNTIL_CONNECT ? "connect" : "greeting");
}

static int exit_code_of(const struct session *session)
{
    const struct options *options = session->options;
    int code = tally_exit_code(&session->tally, options->any);
    if (session->signal)
        return session->signal == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
    return options->exit_zero && code > EXIT_USAGE ? 0 : code;
}

static int run_session(struct session *session)
{
    int error = session_open(session);
    if (error == 0) {
        session_run(session);
        error = session->error;
    }
    if (error < 0)
        return fail("the run failed", error, EXIT_INTERNAL);
    if (session->write_error == 0)
        session->write_error = output_finish(session->output);
    if (session->write_error < 0)
        return fail(output_name(session->options), session->write_error, EXIT_INTERNAL);
    return exit_code_of(session);
}

static int probe(const struct options *options, struct source *source)
{
    struct output output;
    int error = output_open(options->output, &output);
    if (error < 0)
        return fail(output_name(options), error, EXIT_USAGE);
    struct render_options render = render_for(options, output.fd);
    struct session session = {
        .options = options, .render = &render, .source = source, .output = &output, .signals = -1};
    warn(options);
    raise_descriptor_limit();
    int code = run_session(&session);
    session_close(&session);
    output_close(&output);
    /* What a thread is still using must not be cleaned up below it. */
    if (session.left_alone)
        _exit(code);
    return code;
}

/* 0, or the exit code. */
static int read_credentials(struct options *options, const struct source *source)
{
    char problem[CLI_PROBLEM], warning[CLI_PROBLEM];
    int result = credentials_read(options, source, warning, problem);
    if (result > 0)
        return EXIT_SIGNAL + result;
    if (result < 0)
        return refuse(result, problem);
    if (*warning && !options->quiet)
        say("warning: %s", warning);
    return 0;
}

/* What the run takes from all that was read. */
static void complete_run_options(struct options *options)
{
    options->run.login = options->login;
    options->run.anonymous = options->anonymous;
    options->run.max_rejections = options->max_rejections;
    options->run.expiry_days = options->tls_expiry_days;
}

static void say_messages(const struct options *options)
{
    const struct messages *messages = &options->messages;
    for (size_t i = 0; i < messages->warning_count && !options->quiet; i++)
        say("warning: %s", messages->warnings[i]);
    for (size_t i = 0; i < messages->remark_count && options->verbose; i++)
        say("%s", messages->remarks[i]);
}

static void warn_of_ignored(const struct options *options, const struct source *source)
{
    if (source->ignored && !options->quiet)
        say("warning: parameters of targets that are not honoured, so that an application may "
            "connect in another way: %s",
            source->ignored);
}

static void warn_of_spared(const struct options *options, const struct source *source)
{
    if (options->run.spare_lists && source->list.count > 0 && !options->quiet)
        say("warning: the password of an option file's group for all clients is not used for the "
            "targets of -f; for that it must stand in [obprobe]");
}

static void warn_of_vain(const struct options *options, const struct source *source)
{
    if (second_opinion_in_vain(options, source) && !options->quiet)
        say("warning: --client has no effect, because libmariadb only logs in behind a login with "
            "a "
            "password");
}

/* --no-probe: what was understood. */
static int show(const struct options *options, struct source *source)
{
    struct output output;
    int error = output_open(options->output, &output);
    if (error < 0)
        return fail(output_name(options), error, EXIT_USAGE);
    struct render_options render = render_for(options, output.fd);
    error = understood_write(options, source, &render, &output);
    if (error == 0)
        error = output_finish(&output);
    output_close(&output);
    return error < 0 ? fail(output_name(options), error, EXIT_INTERNAL) : 0;
}

/* The prompt comes last: whatever else is wrong is told before a password is typed. */
static int read_and_probe(struct options *options, struct source *source)
{
    warn_of_ignored(options, source);
    warn_of_spared(options, source);
    if (options->no_probe) {
        complete_run_options(options);
        return show(options, source);
    }
    int code = read_credentials(options, source);
    complete_run_options(options);
    warn_of_vain(options, source);
    options->run.client = second_opinion_wanted(options, source);
    if (options->run.client)
        prepare_for_client();
    return code ? code : probe(options, source);
}

static int check_and_probe(struct options *options)
{
    char problem[CLI_PROBLEM];
    struct source source = {0};
    say_messages(options);
    int error = test_switches_read(&options->run.without, problem);
    if (error == 0)
        error = materials_new(&options->run.materials);
    if (error == 0)
        error = credentials_default_user(options);
    if (error == 0)
        error = source_open(options, &source, problem);
    if (error < 0)
        return refuse(error, problem);
    int code = read_and_probe(options, &source);
    source_close(&source);
    return code;
}

/* Nothing stands before the passwords' removal from argv but what protects it. */
static __attribute__((noinline)) int run(int argc, char **argv)
{
    char problem[CLI_PROBLEM];
    struct options options;
    open_standard_streams();
    if (harden() < 0) {
        say("started with more rights than its user has (set-uid or capabilities): refused");
        return EXIT_USAGE;
    }
    int error = options_parse(argc, argv, &options, problem);
    if (error < 0)
        return refuse(error, problem);
    (void)language_use(lang_of(&options));
    signal(SIGPIPE, SIG_IGN);
    int code = options.request == REQUEST_PROBE ? check_and_probe(&options) : answer(&options);
    options_clear(&options);
    return code;
}

/* Its own frame is too small to bury what the start of the C library left below. */
int main(int argc, char **argv)
{
    residue_wipe();
    return run(argc, argv);
}
