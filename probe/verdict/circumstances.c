#include "probe/verdict/circumstances.h"
#include "probe/verdict/oceanbase.h"

enum { OBPROXY_PORT = 2883, RPC_PORT = 2882 };

static const struct exchange_facts *exchange_of(const struct scene *scene)
{
    return &scene->evidence->exchange;
}

static bool said(const struct scene *scene, uint16_t code)
{
    return exchange_of(scene)->error.code == code;
}

static bool observer_said(const struct scene *scene, uint16_t code)
{
    return is_oceanbase(scene->evidence) && said(scene, code);
}

static bool unix_socket(const struct scene *scene)
{
    return scene->evidence->connect.unix_socket;
}

/* ---- OBProxy ---- */

static bool obproxy_knows_no_cluster(const struct scene *scene)
{
    return is_obproxy(scene->evidence) && said(scene, 4669);
}

static bool obproxy_denies_access(const struct scene *scene)
{
    return obproxy_denies(scene->evidence);
}

static bool obproxy_denies_its_own(const struct scene *scene)
{
    return obproxy_denies_access(scene) && exchange_of(scene)->credentials &&
           scene->evidence->names_proxysys;
}

static bool obproxy_is_full(const struct scene *scene)
{
    return is_obproxy(scene->evidence) && said(scene, 1203);
}

static bool said_1040_over_obproxy(const struct scene *scene)
{
    return is_obproxy(scene->evidence) && said(scene, 1040);
}

static bool closed_by_obproxy(const struct scene *scene)
{
    return obproxy_closed(scene->evidence);
}

static bool closed_by_obproxy_in_tls(const struct scene *scene)
{
    return closed_by_obproxy(scene) && exchange_of(scene)->secured;
}

static bool closed_by_obproxy_at_last(const struct scene *scene)
{
    return obproxy_gave_up(scene->evidence);
}

/* It was waiting for another login's outcome, and had not logged in. */
static bool closed_on_the_wait(const struct scene *scene)
{
    const struct exchange_facts *exchange = exchange_of(scene);
    return is_oceanbase(scene->evidence) && exchange->withheld == WITHHELD_WAITED &&
           !exchange->login_sent && exchange->ending == ENDING_CLOSED;
}

static bool obproxy_is_trying(const struct scene *scene)
{
    return obproxy_still_tries(scene->evidence);
}

static bool obproxy_knows_no_service(const struct scene *scene)
{
    return is_obproxy(scene->evidence) && said(scene, 4780);
}

static bool obproxy_found_no_unit(const struct scene *scene)
{
    return is_obproxy(scene->evidence) && said(scene, 5150);
}

/* Unless it behaved as other services do. */
static bool obproxy_port(const struct scene *scene)
{
    return scene->port == OBPROXY_PORT && exchange_of(scene)->services == 0;
}

/* A connection that nobody has accepted answers nothing, and closes on nothing. */
static bool is_silent(const struct scene *scene)
{
    const struct exchange_facts *exchange = exchange_of(scene);
    return exchange->bytes_received == 0 && exchange->ending == ENDING_OPEN;
}

static bool silent_obproxy_port(const struct scene *scene)
{
    return scene->port == OBPROXY_PORT && is_silent(scene);
}

static bool silent_rpc_port(const struct scene *scene)
{
    return scene->port == RPC_PORT && is_silent(scene);
}

/* ---- observers ---- */

static bool told_a_cluster(const struct scene *scene)
{
    return observer_was_told_a_cluster(scene->evidence);
}

static bool observer_starts(const struct scene *scene)
{
    return observer_said(scene, 8001);
}

static bool observer_stops(const struct scene *scene)
{
    return observer_said(scene, 8002);
}

static bool observer_denies_access(const struct scene *scene)
{
    return observer_said(scene, 1045) && exchange_of(scene)->credentials &&
           diagnose_answered_by(scene->evidence) == ANSWERED_BACKEND;
}

static bool observer_invites_not(const struct scene *scene)
{
    return observer_said(scene, 1227);
}

static bool observer_locked_the_user(const struct scene *scene)
{
    return observer_said(scene, 3118);
}

static bool observer_locked_the_tenant(const struct scene *scene)
{
    return observer_said(scene, 5260);
}

static bool said_1040_by_observer(const struct scene *scene)
{
    return is_observer(scene->evidence) && said(scene, 1040);
}

static bool observer_limits_the_user(const struct scene *scene)
{
    return observer_said(scene, 1226);
}

static bool observer_has_no_unit(const struct scene *scene)
{
    return is_observer(scene->evidence) && said(scene, 5150);
}

static bool observer_has_it_in_the_bin(const struct scene *scene)
{
    return observer_said(scene, 5157);
}

static bool observer_is_of_another_cluster(const struct scene *scene)
{
    return observer_said(scene, 4666);
}

static bool observer_knows_no_database(const struct scene *scene)
{
    return observer_said(scene, 1049);
}

static bool observer_forbids_the_database(const struct scene *scene)
{
    return observer_said(scene, 1044);
}

static bool observer_serves_oracle(const struct scene *scene)
{
    return observer_said(scene, 1235);
}

static bool observer_says_expired(const struct scene *scene)
{
    return observer_said(scene, 1820);
}

static const struct circumstance_row rows[CIRCUMSTANCE_COUNT] = {
#define CIRCUMSTANCE(name_, id_, cause_, fits_, explanation_, next_)                               \
    [CIRCUMSTANCE_##name_] = {.id = (id_),                                                         \
                              .cause = (cause_),                                                   \
                              .fits = (fits_),                                                     \
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
        if (rows[i].cause == verdict->cause && rows[i].fits(scene))
            return (enum circumstance)i;
    return CIRCUMSTANCE_NONE;
}
