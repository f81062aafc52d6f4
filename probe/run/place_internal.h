/* What the files of a place share. */
#ifndef PROBE_RUN_PLACE_INTERNAL_H
#define PROBE_RUN_PLACE_INTERNAL_H

#include "probe/run/place.h"

/* Waits for admission; place_admitted() then goes on. */
void place_enter(struct place *place);
void place_end(struct place *place);

/* Tells others of the run what was found at the place's address. */
void place_tell(struct place *place, const struct finding *finding);

/* What the wire found out, told to others: not before libmariadb has said whether a password that
 * only it can prove is right. */
void place_share(struct place *place);

/* libmariadb, behind the wire. */
bool place_wants_client(const struct place *place);
void place_begin_client(struct place *place);  /* waits for admission, */
void place_admit_client(struct place *place);  /* and has it */
void place_cut_client(struct place *place);    /* ends the place, */
void place_refuse_client(struct place *place); /* for want of memory or descriptors, too */

#endif
