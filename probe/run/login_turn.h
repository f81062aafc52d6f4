/* The part of the login stage that waits for others who use the same password. */
#ifndef PROBE_RUN_LOGIN_TURN_H
#define PROBE_RUN_LOGIN_TURN_H

#include "probe/run/attempt.h"

/* At EXCHANGE_TURN: logs in when the turn has come. */
void login_turn_begin(struct attempt *attempt);

/* The wait was too long: logs in anonymously. */
void login_turn_expire(struct attempt *attempt);

/* Tells others what the answer says of the password; nothing where there is none. */
void login_turn_tell(struct turn *turn, const struct exchange_facts *facts);

#endif
