/* What OBProxy and observers are known to do, over the facts of one address: shared by the rules
 * and the circumstances. Private to this room. */
#ifndef PROBE_VERDICT_OCEANBASE_H
#define PROBE_VERDICT_OCEANBASE_H

#include "probe/verdict/evidence.h"

bool is_obproxy(const struct evidence *evidence);
bool is_certain_obproxy(const struct evidence *evidence);
bool is_observer(const struct evidence *evidence);
bool is_oceanbase(const struct evidence *evidence); /* either */

/* 1045 of its own: of tenant, place or rule, for an OBProxy looks at no password. */
bool obproxy_denies(const struct evidence *evidence);

/* A user of the tenant that is the OBProxy itself was let in, and got an error to the statement:
 * there an OBProxy answers few statements but its own commands. */
bool obproxy_let_its_own_in(const struct evidence *evidence);

/* On the login, without a word; and so late that all its attempts had failed. */
bool obproxy_closed(const struct evidence *evidence);
bool obproxy_gave_up(const struct evidence *evidence);

/* It has had the login for less time than its attempts take. */
bool obproxy_still_tries(const struct evidence *evidence);

/* It takes "tenant#cluster" for the tenant's name, and no tenant has such a one. */
bool observer_was_told_a_cluster(const struct evidence *evidence);

#endif
