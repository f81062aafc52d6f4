#include "probe/exchange/exchange_internal.h"
#include "probe/input/residue.h"
#include <string.h>

/* A shorter password is part of ordinary words, and the gaps would tell it. */
enum { QUOTED_MIN = 4 };

static const char HIDDEN[] = "***";

static void hide_whole(char *message, const char *password, size_t length)
{
    char *rest = message;
    while ((rest = strstr(rest, password))) {
        memmove(rest + strlen(HIDDEN), rest + length, strlen(rest + length) + 1);
        memcpy(rest, HIDDEN, strlen(HIDDEN));
        rest += strlen(HIDDEN);
    }
}

/* Where the message was cut, so may be what it quotes. */
static void hide_cut(char *message, const char *password, size_t length)
{
    size_t end = strlen(message);
    if (end + 1 < SERVER_ERROR_MESSAGE)
        return;
    for (size_t part = length - 1; part >= 1; part--)
        if (part <= end && strncmp(message + end - part, password, part) == 0) {
            message[end - part] = '\0';
            return;
        }
}

void exchange_take_error(struct exchange *exchange, const struct server_error *error)
{
    struct server_error *taken = &exchange->facts->error;
    *taken = *error;
    if (!exchange_has_password(exchange))
        return;
    const struct secret *secret = exchange->plan.login->secret;
    size_t length = secret_length(secret);
    if (length >= QUOTED_MIN) {
        hide_cut(taken->message, secret_bytes(secret), length);
        hide_whole(taken->message, secret_bytes(secret), length);
        residue_wipe();
    }
}
