#include "probe/cli/session.h"
#include "probe/cli/signals.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* How long a reader that takes nothing can hold up the end after a signal. */
enum { LAST_WORDS_MS = 1000 };

/* What cannot be written is not waited for; probes in flight still end harmlessly. */
static void fail_to_write(struct session *session, int error)
{
    session->write_error = error;
    run_stop(session->run);
}

static bool is_stopped(const struct session *session)
{
    return session->signal || session->error || session->write_error;
}

static bool next_target(void *context, struct target *ret_target)
{
    struct session *session = context;
    if (output_is_full(session->output)) {
        session->paused = true;
        return false;
    }
    int found = source_next(session->source, ret_target);
    if (found < 0)
        session->error = found; /* the run cannot be stopped from here */
    return found == 1;
}

static void print(struct session *session, const char *text, size_t length)
{
    int error = session->write_error ? 0 : output_add(session->output, text, length);
    if (error < 0)
        session->error = error;
}

static void print_in_turn(struct session *session, char *(*take)(struct order *, size_t *))
{
    size_t length;
    for (char *text; (text = take(&session->order, &length)) != NULL; free(text))
        print(session, text, length);
}

/* A report or the summary as text. */
struct text {
    FILE *stream;
    char *bytes;
    size_t length;
};

static int text_begin(struct text *text)
{
    *text = (struct text){0};
    text->stream = open_memstream(&text->bytes, &text->length);
    return text->stream ? 0 : -ENOMEM;
}

static int text_end(struct text *text, int error)
{
    if (fclose(text->stream) != 0 && error == 0)
        error = -ENOMEM;
    if (error < 0)
        free(text->bytes);
    return error;
}

static int render_report(const struct session *session, const struct report *report,
                         struct text *ret_text)
{
    int error = text_begin(ret_text);
    if (error < 0)
        return error;
    error = session->options->format->report(ret_text->stream, report, session->render);
    return text_end(ret_text, error);
}

static bool is_mute(const struct session *session)
{
    return session->options->quiet && !session->options->output;
}

static void print_report(struct session *session, const struct report *report)
{
    struct text text;
    tally_add(&session->tally, report);
    if (is_mute(session) || session->write_error)
        return;
    int error = render_report(session, report, &text);
    if (error == 0 && session->options->ordered) {
        error = order_put(&session->order, report->target.index, text.bytes, text.length);
        print_in_turn(session, order_take);
    } else if (error == 0) {
        print(session, text.bytes, text.length);
        free(text.bytes);
    }
    if (error < 0)
        session->error = error;
}

/* The report again, as of another line that means the same target. */
static int print_again(struct session *session, struct report *report, size_t index)
{
    struct target own = report->target, again;
    int error = source_repetition(session->source, &own, index, &again);
    if (error < 0)
        return error;
    report->target.input = again.input;
    report->target.line = again.line;
    report->target.index = again.index;
    report_repeat(report);
    print_report(session, report);
    report->target = own;
    target_clear(&again);
    return 0;
}

static void finished(void *context, struct report *report)
{
    struct session *session = context;
    size_t count = source_repetitions(session->source, &report->target);
    print_report(session, report);
    for (size_t i = 0; i < count && !session->error; i++)
        session->error = print_again(session, report, i);
}

static void print_summary(struct session *session)
{
    struct text text;
    const struct format *format = session->options->format;
    if (!format->summary || is_mute(session))
        return;
    int error = text_begin(&text);
    if (error == 0)
        error = text_end(&text, format->summary(text.stream, &session->tally, session->render));
    if (error < 0) {
        session->error = error;
        return;
    }
    print(session, text.bytes, text.length);
    free(text.bytes);
}

static void take_signal(struct session *session)
{
    struct signalfd_siginfo info;
    if (read(session->signals, &info, sizeof info) != sizeof info)
        return;
    session->given_up = !session->running;
    if (session->signal)
        return;
    session->signal = (int)info.ssi_signo;
    run_stop(session->run);
}

static void wait_for_something(struct session *session)
{
    struct pollfd polled[] = {
        {.fd = session->signals, .events = POLLIN},
        {.fd = output_is_waiting(session->output) ? session->output->fd : -1, .events = POLLOUT},
        {.fd = session->running ? run_fd(session->run) : -1, .events = POLLIN},
    };
    int timeout = session->running  ? run_timeout_ms(session->run)
                  : session->signal ? LAST_WORDS_MS
                                    : -1;
    int count = poll(polled, sizeof polled / sizeof polled[0], timeout);
    if (count == 0 && !session->running)
        session->given_up = true;
    if (polled[0].revents)
        take_signal(session);
}

static void step_run(struct session *session)
{
    bool stopped = is_stopped(session);
    int more = run_step(session->run);
    if (more < 0)
        session->error = more;
    if (is_stopped(session) && !stopped)
        run_stop(session->run);
    if (more == 1 || (session->paused && !is_stopped(session)))
        return;
    session->running = false;
    print_in_turn(session, order_take_rest);
    print_summary(session);
}

static void step_output(struct session *session)
{
    int error = session->write_error ? 0 : output_drain(session->output);
    if (error < 0)
        fail_to_write(session, error);
    if (session->paused && !output_is_full(session->output)) {
        session->paused = false;
        run_resume(session->run);
    }
}

static bool is_done(const struct session *session)
{
    if (session->running)
        return false;
    return session->given_up || session->write_error || !output_is_waiting(session->output);
}

int session_open(struct session *session)
{
    struct run_calls calls = {next_target, finished, session};
    static const int wanted[] = {SIGINT, SIGTERM};
    session->signals = signals_open(wanted, sizeof wanted / sizeof wanted[0], NULL);
    if (session->signals < 0)
        return session->signals;
    return run_new(&session->options->run, &calls, &session->run);
}

void session_run(struct session *session)
{
    session->running = true;
    while (!is_done(session)) {
        wait_for_something(session);
        if (session->running)
            step_run(session);
        step_output(session);
    }
}

/* A login of libmariadb's that was given up may still end in order; it counts against this host if
 * the process hangs up on it. */
static void let_client_end(const struct session *session)
{
    enum { STEP_MS = 10, STEPS = 20 };
    for (int i = 0; i < STEPS && session->run && run_client_busy(session->run); i++)
        (void)poll(NULL, 0, STEP_MS);
}

void session_close(struct session *session)
{
    let_client_end(session);
    session->left_alone = session->run && run_client_busy(session->run);
    run_free(session->run);
    order_clear(&session->order);
    if (session->signals >= 0)
        close(session->signals);
}
