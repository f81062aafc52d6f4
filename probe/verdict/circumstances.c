#include "probe/verdict/circumstances.h"
#include "probe/verdict/oceanbase.h"

enum { OBPROXY_PORT = 2883, RPC_PORT = 2882 };

static const struct exchange_facts *exchange_of(const struct scene *scene)
{
    return &scene->evidence->exchange;
}

static bool unix_socket(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return scene->evidence->connect.unix_socket;
}

/* Said to nobody in the user's place. */
static bool withheld(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return exchange_of(scene)->withheld == WITHHELD_REJECTED;
}

static bool own_address(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return scene->evidence->connect.loopback && !scene->evidence->connect.unix_socket;
}

static bool proxy(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return is_obproxy(scene->evidence);
}

static bool observer(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return is_observer(scene->evidence);
}

/* ---- by the server's error ---- */

static bool said(const struct scene *scene, const struct circumstance_row *row)
{
    return exchange_of(scene)->error.code == row->code;
}

static bool said_by_obproxy(const struct scene *scene, const struct circumstance_row *row)
{
    return is_obproxy(scene->evidence) && said(scene, row);
}

static bool said_by_observer(const struct scene *scene, const struct circumstance_row *row)
{
    return is_observer(scene->evidence) && said(scene, row);
}

/* By an observer, also where an OBProxy passed it on. */
static bool said_by_oceanbase(const struct scene *scene, const struct circumstance_row *row)
{
    return is_oceanbase(scene->evidence) && said(scene, row);
}

/* ---- OBProxy ---- */

static bool obproxy_denies_access(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return obproxy_denies(scene->evidence);
}

static bool obproxy_denies_its_own(const struct scene *scene, const struct circumstance_row *row)
{
    return obproxy_denies_access(scene, row) && exchange_of(scene)->credentials &&
           scene->evidence->names_proxysys;
}

static bool closed_by_obproxy(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return obproxy_closed(scene->evidence);
}

static bool closed_by_obproxy_in_tls(const struct scene *scene, const struct circumstance_row *row)
{
    return closed_by_obproxy(scene, row) && exchange_of(scene)->secured;
}

static bool closed_by_obproxy_at_last(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return obproxy_gave_up(scene->evidence);
}

/* It was waiting for another login's outcome, and had not logged in. */
static bool closed_on_the_wait(const struct scene *scene, const struct circumstance_row *row)
{
    const struct exchange_facts *exchange = exchange_of(scene);
    (void)row;
    return is_oceanbase(scene->evidence) && exchange->withheld == WITHHELD_WAITED &&
           !exchange->login_sent && exchange->ending == ENDING_CLOSED;
}

static bool obproxy_is_trying(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return obproxy_still_tries(scene->evidence);
}

/* ---- observers ---- */

static bool told_a_cluster(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return observer_was_told_a_cluster(scene->evidence);
}

static bool observer_denies_access(const struct scene *scene, const struct circumstance_row *row)
{
    return said_by_oceanbase(scene, row) && exchange_of(scene)->credentials &&
           diagnose_answered_by(scene->evidence) == ANSWERED_BACKEND;
}

/* ---- ports ---- */

/* Unless it behaved as other services do. */
static bool obproxy_port(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return scene->port == OBPROXY_PORT && exchange_of(scene)->services == 0;
}

/* A connection that nobody has accepted answers nothing, and closes on nothing. */
static bool is_silent(const struct scene *scene)
{
    const struct exchange_facts *exchange = exchange_of(scene);
    return exchange->bytes_received == 0 && exchange->ending == ENDING_OPEN;
}

static bool silent_obproxy_port(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return scene->port == OBPROXY_PORT && is_silent(scene);
}

static bool silent_rpc_port(const struct scene *scene, const struct circumstance_row *row)
{
    (void)row;
    return scene->port == RPC_PORT && is_silent(scene);
}

static const struct circumstance_row rows[CIRCUMSTANCE_COUNT] = {
#define CIRCUMSTANCE(name_, id_, cause_, fits_, code_, explanation_, next_)                        \
    [CIRCUMSTANCE_##name_] = {.id = (id_),                                                         \
                              .cause = (cause_),                                                   \
                              .fits = (fits_),                                                     \
                              .code = (code_),                                                     \
                              .explanation = (explanation_),                                       \
                              .next = (next_)},
#include "probe/verdict/circumstances.def"
#undef CIRCUMSTANCE
};

const struct circumstance_row *circumstance_row(enum circumstance circumstance)
{
    return &rows[circumstance];
}

enum circumstance circumstance_of(const struct verdict *verdict, const struct scene *scene)
{
    if (verdict->stage == STAGE_CLIENT)
        return CIRCUMSTANCE_NONE;
    for (unsigned i = CIRCUMSTANCE_NONE + 1; i < CIRCUMSTANCE_COUNT; i++)
        if (rows[i].cause == verdict->cause && rows[i].fits(scene, &rows[i]))
            return (enum circumstance)i;
    return CIRCUMSTANCE_NONE;
}
