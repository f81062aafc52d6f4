/* What the files that make sentences share. Private to them. */
#ifndef PROBE_RENDER_SENTENCES_H
#define PROBE_RENDER_SENTENCES_H

#include "probe/render/language.h"
#include "probe/render/words.h"

/* Begins one more sentence, in the thread's language; past SENTENCES it is dropped. */
__attribute__((format(printf, 2, 3))) void say(struct words *words, const char *format, ...);

/* Goes on with the last sentence. */
__attribute__((format(printf, 2, 3))) void go_on(struct words *words, const char *format, ...);

/* One kind of evidence and how it is told; the first kind of a table that fits is told. */
struct kind {
    bool (*fits)(const struct address_result *address);
    void (*tell)(struct words *words, const struct report *report,
                 const struct address_result *address);
};

/* Ends with a kind that always fits. */
extern const struct kind connect_kinds[];  /* not connected */
extern const struct kind exchange_kinds[]; /* connected */

/* Kinds of exchanges that have files of their own. */
bool words_tls_fits(const struct address_result *address);
void words_tls_tell(struct words *words, const struct report *report,
                    const struct address_result *address);
bool words_ready_fits(const struct address_result *address);
void words_ready_tell(struct words *words, const struct report *report,
                      const struct address_result *address);
bool words_refusal_fits(const struct address_result *address);
void words_refusal_tell(struct words *words, const struct report *report,
                        const struct address_result *address);

/* The login name as the server that greeted understands it, in a sentence; "" where no OceanBase
 * greeted. `to` has SENTENCE bytes. */
void words_reading(const struct report *report, char *to);

/* What usually listens on the port that was asked for, in a sentence; "" where nothing is known. */
const char *words_port(uint16_t port);

/* Why a password was not used. */
const char *words_withheld(enum withheld withheld);

void words_withheld_tell(struct words *words, const struct report *report,
                         const struct address_result *address);

/* Who logs in, made safe; `to` has ENDPOINT_TEXT bytes and is returned. */
const char *words_user(const struct report *report, char *to);

/* libmariadb: where it decides; beside a login that the wire had; the note; the package of the
 * plugin that it lacks, "" where there is none; why it was not asked. */
bool words_client_fits(const struct address_result *address);
void words_client_tell(struct words *words, const struct report *report,
                       const struct address_result *address);
void words_client_beside(struct words *words, const struct client_evidence *client);
void words_client_inconclusive(const struct client_evidence *client, char *to, size_t size);
const char *words_client_package(const struct client_evidence *client);
const char *words_client_reason(enum client_reason reason);

/* The text where it is the server's, else "". */
const char *words_client_of_server(const struct client_evidence *client);

/* What lets it log in, where it was not asked and the wire cannot; "" for nothing. */
const char *words_client_remedy(const struct client_evidence *client);

#define REMEDY_VERIFY                                                                              \
    N_("Verify the server, so that the password may be sent: --ssl-mode=verify-identity "          \
       "--ssl-ca=FILE")

/* What mends a proof that was not given; "" for nothing. */
const char *words_remedy(const struct exchange_facts *exchange);

/* "It begins with …" */
void tell_bytes(struct words *words, const struct exchange_facts *exchange);

/* Appends "an SSH server", "an HTTP server or memcached" for a set of services. */
void add_services(char *to, size_t size, uint32_t services);

/* "1 SYN", "3 SYNs", in the thread's language; the noun is a literal.
 * NOLINTNEXTLINE(bugprone-macro-parentheses): literals are put together. */
#define COUNTED(count, noun) (unsigned)(count), tr_counted((unsigned)(count), noun, noun "s")

#endif
