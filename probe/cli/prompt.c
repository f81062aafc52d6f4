#include "probe/cli/prompt.h"
#include "probe/cli/signals.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

static int put(int tty, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t count = write(tty, text, length);
        if (count < 0 && errno != EINTR)
            return -errno;
        text += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
    return 0;
}

/* What was typed ahead was not meant for this question, and is dropped. */
static int set_terminal(int tty, const struct termios *how)
{
    return tcsetattr(tty, TCSAFLUSH, how) < 0 ? -errno : 0;
}

/* A stop (^Z) is passed over: the shell would get its terminal back without echo. */
static int take_signal(int signals)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info || info.ssi_signo == SIGTSTP)
        return 0;
    return (int)info.ssi_signo;
}

static int read_or_signal(int tty, int signals, struct secret **ret_secret)
{
    struct pollfd polled[] = {{.fd = tty, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    for (;;) {
        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            return -errno;
        int signal = polled[1].revents ? take_signal(signals) : 0;
        if (signal)
            return signal;
        if (polled[0].revents)
            return secret_read_typed(tty, ret_secret);
    }
}

/* With the echo off from before the question until behind the answer. */
static int ask(int tty, int signals, const char *question, struct secret **ret_secret)
{
    struct termios before;
    if (tcgetattr(tty, &before) < 0)
        return -errno;
    struct termios quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    int result = set_terminal(tty, &quiet);
    if (result == 0)
        result = put(tty, question);
    if (result == 0)
        result = read_or_signal(tty, signals, ret_secret);
    (void)put(tty, "\n");
    (void)set_terminal(tty, &before);
    return result;
}

int prompt_read(const char *question, struct secret **ret_secret)
{
    static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    sigset_t before;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return -ENXIO;
    int signals = signals_open(wanted, sizeof wanted / sizeof wanted[0], &before);
    int result = signals < 0 ? signals : ask(tty, signals, question, ret_secret);
    if (signals >= 0) {
        close(signals);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
    }
    close(tty);
    return result;
}
