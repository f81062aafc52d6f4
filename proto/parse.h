/* How every parser of proto/ answers. */
#ifndef PROTO_PARSE_H
#define PROTO_PARSE_H

/*
 * PARSE_MORE means that the bytes so far are the beginning of something well-formed: every proper
 * prefix of a good packet is PARSE_MORE. PARSE_BAD is final, more bytes cannot mend it. A parser
 * leaves its ret_ argument untouched unless it answers PARSE_OK.
 */
enum parse { PARSE_OK, PARSE_MORE, PARSE_BAD };

#endif
