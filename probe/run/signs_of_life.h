/*
 * A port that does not answer its SYN: more SYNs are sent to it, in pairs with SYNs to one closed
 * port of the same host, beside echo requests. What the host answers elsewhere while the port stays
 * silent tells a packet filter from a dead host, and an open port behind a lossy path is found by
 * one of the many SYNs. None of these connections is ever accepted by a server: the ACK of their
 * SYN-ACK is held back, and they are given up before it goes out.
 */
#ifndef PROBE_RUN_SIGNS_OF_LIFE_H
#define PROBE_RUN_SIGNS_OF_LIFE_H

#include "probe/run/attempt.h"

/* Fewer answers than this are no proof of life. */
enum { LIFE_ANSWERS_WANTED = 3 };

/* How long one SYN alone is trusted: 0.3 s is above the round trip of most paths. */
enum { SILENCE_BEGINS_US = 300 * 1000 };

/* Ignored when there is no memory: the verdict then rests on less. */
void silence_begin(struct attempt *attempt);

/* Gives up all sockets but the attempt's own; the counts are in the evidence. */
void silence_end(struct attempt *attempt);

/* A helper socket to the port that came to nothing, or that goes on as the attempt's own. */
void silence_drop(struct watch *watch);
void silence_hand_over(struct watch *watch, struct watch *to);

/* A helper socket to the port that has its SYN-ACK, NULL when there is none. */
struct watch *silence_standing(struct attempt *attempt);

/* For the connect stage, which judges what any of the sockets to the port came to: a socket that
 * stands is moved to attempt->watch (the one there is given up). */
void connect_stage_answered(struct attempt *attempt, struct watch *watch, uint32_t events);

#endif
