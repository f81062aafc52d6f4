/* From targets to printed results: the loop around a run, its output and signals. */
#ifndef PROBE_CLI_SESSION_H
#define PROBE_CLI_SESSION_H

#include "probe/cli/options.h"
#include "probe/cli/order.h"
#include "probe/cli/output.h"
#include "probe/cli/source.h"

struct session {
    const struct options *options;
    const struct render_options *render;
    struct source *source;
    struct output *output;
    struct order order;
    struct tally tally;
    struct run *run;
    int signals;     /* signalfd */
    int signal;      /* that ended the run, 0 for none */
    bool running;    /* the run has not reported its last target yet */
    bool paused;     /* no target is begun before the output has taken some text */
    bool given_up;   /* a signal came while nothing but the output was waited for */
    bool left_alone; /* once closed: a thread is still in libmariadb, and ends with the process */
    int error;       /* negative errno of the program's own trouble */
    int write_error; /* likewise, of the output */
};

/* Takes SIGINT and SIGTERM over for the process. 0 or a negative errno; session_close() in any
 * case. */
int session_open(struct session *session);

/* Until all is printed, a signal has ended it, or it failed. */
void session_run(struct session *session);

void session_close(struct session *session);

#endif
