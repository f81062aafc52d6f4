/* The language of what is said to people: English, or the translation in po/. It is the calling
 * thread's, as uselocale(3) has it, and nothing of the process is changed. */
#ifndef PROBE_RENDER_LANGUAGE_H
#define PROBE_RENDER_LANGUAGE_H

#include "proto/translated.h"
#include <stdbool.h>
#include <stddef.h>

enum language { LANGUAGE_ENGLISH, LANGUAGE_CHINESE };

/* English in a new thread. The one that was used before. */
enum language language_use(enum language language);

/* By its name: "en", "zh". */
bool language_find(const char *name, enum language *ret_language);

/* Of a locale's name ("zh_CN.UTF-8"): Chinese where its language is `zh`, with the simplified
 * characters, and its charset can show them, else English. */
enum language language_of_locale(const char *locale);

/* The text in the thread's language; one that has no translation as it is. A format may get its
 * arguments in another order. */
__attribute__((format_arg(1))) const char *tr(const char *text);

/* A counted noun. Chinese has one form, with its measure word, under the English singular. */
const char *tr_counted(unsigned count, const char *one, const char *many);

/* What stands between two sentences: a blank, in Chinese nothing. */
const char *sentence_gap(void);

/* The index-th text of the translation, with what it becomes; NULL behind the last. */
const char *language_text(size_t index, const char **ret_translation);

#endif
