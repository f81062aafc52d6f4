/*
 * Where passwords may stand in a text that is or means to be a target: a URL, a data source name,
 * something near them. Rather too much than too little.
 */
#ifndef PROBE_INPUT_CONCEAL_H
#define PROBE_INPUT_CONCEAL_H

#include "probe/input/slice.h"

enum { CONCEALED = 32 };

/* Parts in no order, which may overlap. More than fit are one, to the end of the text. */
struct concealed {
    struct slice part[CONCEALED];
    size_t count;
};

struct concealed conceal(const char *text);

/* Whether the name of a parameter tells of a secret. */
bool is_secret_name(struct slice name);

/* Text up to `end` with every concealed part as "***", at most `size` bytes with the NUL; what is
 * too long loses its beginning. Control characters become '?'. */
void conceal_copy(const char *text, const char *end, char *to, size_t size);

#endif
