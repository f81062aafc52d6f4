/* Sentences from facts: the evidence of a report in words, and a cause's advice for this target. */
#ifndef PROBE_RENDER_WORDS_H
#define PROBE_RENDER_WORDS_H

#include "probe/input/login.h"
#include "probe/verdict/report.h"

enum { SENTENCE = 512, SENTENCES = 6, SENTENCE_PAIR = 4 * SENTENCE, NOTE_TEXT = 20480 };

struct words {
    size_t count;
    char line[SENTENCES][SENTENCE];
};

/* What was seen, in one to four sentences of plain English ("10.0.1.1, a router, answered with
 * ICMP "communication administratively prohibited" after 2.1 ms."). `address` is NULL for the
 * name's verdict. */
void words_evidence(const struct report *report, const struct address_result *address,
                    struct words *ret_words);

/* Whether the verdict rests on addresses that were never probed, beyond the first 32 of a name: the
 * cause's own explanation and advice are then not about anything that was seen. */
bool words_unprobed(const struct report *report);

/* What the verdict means: the cause's summary and explanation, or in their place what is known more
 * exactly, the circumstance's. `to` has SENTENCE_PAIR bytes. */
void words_explanation(const struct report *report, char *to);

/* The login name taken apart, where the decisive address is OceanBase's; what it holds belongs to
 * the report. False: it is a user's name as any other. */
bool report_login_name(const struct report *report, struct login_name *ret_name);

/* The advice for the cause, or for its circumstance, placeholders filled in: they are listed in
 * causes.def. A sentence with a placeholder whose fact is absent is left out. */
void words_advice(const struct report *report, struct words *ret_words);

/* The text of a note that the fold set; NOTE_TEXT bytes hold all addresses of a name, and
 * all hosts of a group. */
void words_note(const struct report *report, enum note note, char *to, size_t size);

/* What is said of parameters that are not honoured. */
void words_ignored(const struct target_settings *settings, char *to, size_t size);

/* By what the product was recognised, and what speaks against it ("certain, by the constant salt").
 */
void words_recognised(const struct exchange_facts *exchange, char *to, size_t size);

/* The words of RFC 792, 1122, 1812, 4443 for an ICMP error ("host unreachable"), NULL for one that
 * they do not name. */
const char *icmp_name(unsigned family, unsigned type, unsigned code);

#endif
