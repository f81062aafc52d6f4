/* A host and a port, without anything around them. */
#ifndef PROBE_INPUT_ENDPOINT_H
#define PROBE_INPUT_ENDPOINT_H

#include "probe/input/target.h"

struct endpoint {
    char host[HOST_NAME]; /* without brackets */
    uint16_t port;        /* 0: not said */
};

/* "host", "host:port", "[v6]:port", a bare IPv6 address; with a scope id in both spellings. 0, or
 * -EINVAL and what is wrong (TARGET_PROBLEM bytes), which does not repeat the text. */
int endpoint_parse(const char *text, struct endpoint *ret_endpoint, char *ret_problem);

/* A host alone, an IPv6 address with or without brackets. */
int host_parse(const char *text, char ret_host[HOST_NAME], char *ret_problem);

#endif
