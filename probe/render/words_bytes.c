/* The first bytes that came, made safe. */
#include "probe/render/escape.h"
#include "probe/render/sentences.h"
#include "probe/render/text.h"

enum { SHOWN_TEXT = 48, SHOWN_HEX = 16 };

static bool ends_line(unsigned char byte)
{
    return byte == '\r' || byte == '\n';
}

/* The first bytes of text protocols are ASCII; binary ones say more as hex. */
static bool is_printable(const struct exchange_facts *exchange)
{
    for (size_t i = 0; i < 4 && i < exchange->first_length; i++) {
        unsigned char byte = exchange->first_bytes[i];
        if ((byte < 0x20 || byte > 0x7e) && !ends_line(byte))
            return false;
    }
    return true;
}

void tell_bytes(struct words *words, const struct exchange_facts *exchange)
{
    size_t limit = is_printable(exchange) ? SHOWN_TEXT : SHOWN_HEX;
    size_t shown = exchange->first_length < limit ? exchange->first_length : limit;
    char text[SENTENCE / 2] = "";
    while (is_printable(exchange) && shown && ends_line(exchange->first_bytes[shown - 1]))
        shown--;
    if (is_printable(exchange))
        escape(ESCAPE_TEXT, (const char *)exchange->first_bytes, shown, text, sizeof text);
    for (size_t i = 0; !is_printable(exchange) && i < shown; i++)
        text_add(text, sizeof text, i ? " %02x" : "%02x", exchange->first_bytes[i]);
    say(words,
        is_printable(exchange) ? N_("It begins with \"%s\"%s.")
                               : N_("It begins with the bytes %s%s."),
        text, exchange->first_length > limit ? " …" : "");
}
