/* Small texts from plain facts, shared by the formats and the sentences. */
#ifndef PROBE_RENDER_TEXT_H
#define PROBE_RENDER_TEXT_H

#include "probe/verdict/report.h"
#include <stdarg.h>

enum {
    TIME_TEXT = 32,
    DURATION_TEXT = 24,
    IP_TEXT = 64,
    ENDPOINT_TEXT = 4 * HOST_NAME,
    VERSION_TEXT = 400
};

/* Appends to the text in `to`; what does not fit is cut at a character's edge. */
__attribute__((format(printf, 3, 4))) void text_add(char *to, size_t size, const char *format, ...);

/* The same, as vsnprintf(3) is to snprintf(3). */
__attribute__((format(printf, 3, 0))) void text_add_list(char *to, size_t size, const char *format,
                                                         va_list arguments);

/* "2.1 ms", "3.06 s"; `to` has DURATION_TEXT bytes and is returned. */
const char *duration_text(uint32_t us, char *to);

/* RFC 3339, UTC, of seconds since 1970; "" for what is no time. `to` has TIME_TEXT bytes and is
 * returned. */
const char *time_text(int64_t seconds, char *to);

/* Numeric, a scope as its number; "" for none. `to` has IP_TEXT bytes and is returned. */
const char *ip_numeric(const struct ip *ip, char *to);

/* "host:port", "[v6]:port", made safe; `to` has ENDPOINT_TEXT bytes and is returned. */
const char *endpoint_text(const char *host, uint16_t port, char *to);

/* The target by what it is reached at: "host:port", or the path of its socket; made safe. `to` has
 * ENDPOINT_TEXT bytes and is returned. */
const char *target_text(const struct target *target, char *to);

/* "10.0.0.1 port 2883", or the socket's path. `to` has ENDPOINT_TEXT bytes and is returned. */
const char *place_text(const struct report *report, const struct address_result *address, char *to);

/* "TLSv1.2", NULL for a version that is none. */
const char *tls_version_name(uint16_t version);

/* How much of the version is the release, where the product is named beside it: "10.11.19" of
 * "10.11.19-MariaDB-1". */
size_t release_length(const struct exchange_facts *exchange);

/* "MariaDB 10.11.19"; "A MySQL-protocol server" where the product is not known. `to` has
 * VERSION_TEXT bytes and is returned. */
const char *server_text(const struct exchange_facts *exchange, char *to);

/* "EHOSTUNREACH", NULL for an errno that is not in the table of those that a connection gives. */
const char *errno_name(int error);

/* "EAI_NONAME", NULL likewise. */
const char *eai_name(int eai);

/* The address whose verdict is the target's, NULL where the name's is. */
const struct address_result *decisive_address(const struct report *report);

/* What the probe cost the server at the address where it cost most. */
enum server_cost report_cost(const struct report *report);

/* Whether the user's name and password were used at an address. */
bool report_logged_in(const struct report *report);

/* The packets sent beside the probes' own connections, to all addresses. */
unsigned report_control_packets(const struct report *report);

#endif
