/*
 * Where the facts say more than a cause, so that explanation and advice can be of their own:
 * circumstances.def is the one table, this is its face. Pure, as diagnose() is.
 */
#ifndef PROBE_VERDICT_CIRCUMSTANCES_H
#define PROBE_VERDICT_CIRCUMSTANCES_H

#include "probe/verdict/diagnose.h"

/* One CIRCUMSTANCE_<name> per row. */
enum circumstance {
    CIRCUMSTANCE_NONE,
#define CIRCUMSTANCE(name, ...) CIRCUMSTANCE_##name,
#include "probe/verdict/circumstances.def"
#undef CIRCUMSTANCE
    CIRCUMSTANCE_COUNT
};

/* What a circumstance rests on, once the verdict is taken. */
struct scene {
    const struct evidence *evidence;
    uint16_t port; /* that was asked for; 0 for a unix socket */
};

struct circumstance_row {
    const char *id; /* "obproxy.access-denied": stable, as the causes' are */
    bool (*fits)(const struct scene *scene, const struct circumstance_row *row);
    const char *explanation; /* as in struct cause_row */
    const char *next;        /* likewise */
    enum cause cause;
    uint16_t code; /* the server's error that `fits` looks for, 0: it looks for none */
};

const struct circumstance_row *circumstance_row(enum circumstance circumstance);

/* CIRCUMSTANCE_NONE where no more is known than the cause; so it is where libmariadb decided. */
enum circumstance circumstance_of(const struct verdict *verdict, const struct scene *scene);

#endif
