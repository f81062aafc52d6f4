/* --no-probe for people: a line for each host, how it would be connected to below. */
#include "probe/render/language.h"
#include "probe/render/paragraph.h"
#include "probe/render/render_formats.h"
#include "probe/render/text.h"

enum { LINE = 2048 };

static void add_text(char *line, const char *name, const char *text)
{
    if (text)
        text_add(line, LINE, "%s%s %s", *line ? tr(", ") : "", name, text);
}

static void connection(const struct page *page, const struct understood *understood)
{
    char line[LINE] = "";
    text_add(line, LINE, "%s",
             understood->login ? tr("login with a password") : tr("anonymous handshake"));
    add_text(line, tr("user"), understood->user);
    add_text(line, tr("database"), understood->database);
    add_text(line, "TLS", understood->ssl_mode);
    for (size_t i = 0; i < UNDERSTOOD_FILES; i++)
        add_text(line, understood->files[i].key, understood->files[i].text);
    if (understood->get_server_public_key)
        text_add(line, LINE, "%s", tr(", the server's public key may be fetched"));
    text_add(line, LINE, tr(", connect within %g s, all within %g s"),
             understood->connect_timeout_ms / 1000.0, understood->timeout_ms / 1000.0);
    paragraph(page, "", 2, line);
}

int human_target(FILE *out, const struct understood *hosts, size_t count,
                 const struct render_options *options)
{
    const struct page page = {.out = out, .width = options->width, .indent = 2};
    const struct target *target = hosts[0].host;
    char endpoint[ENDPOINT_TEXT];
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s", target_text(hosts[i].host, endpoint));
        if (count > 1)
            fprintf(out, tr("  (%s, host %zu of %zu)"), group_mode_name(target->mode), i + 1,
                    count);
        fputc('\n', out);
        connection(&page, &hosts[i]);
    }
    return 0;
}
