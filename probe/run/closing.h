/*
 * Connections whose verdict is taken. The peer gets up to 0.2 s to close first: whoever closes
 * first keeps TIME_WAIT, and a login in flight ends harmlessly only when its last question is
 * answered (measured: hanging up on an AuthSwitchRequest counts against this host).
 */
#ifndef PROBE_RUN_CLOSING_H
#define PROBE_RUN_CLOSING_H

#include "probe/run/attempt.h"

/* Takes the attempt's connection, if any, and the exchange as it stands. */
void closing_begin(struct attempt *attempt);

/* Closes whatever is left, at once. */
void closing_end_all(struct attempts *shared);

#endif
