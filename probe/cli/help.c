#include "probe/cli/option_row.h"
#include <string.h>

enum { COLUMNS = 79, HELP_COLUMN = 30, LEFT = 64 };

/* Words from column `column` on, wrapped and indented to `indent`. */
static void put_wrapped(FILE *out, const char *text, int column, int indent)
{
    bool first = true;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (!first && column + 1 + length > COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
        first = false;
    }
    fputc('\n', out);
}

/* Two columns: `left`, and the text beside it or, where it is too long, below. */
static void put_row(FILE *out, const char *left, const char *text, int indent)
{
    int used = fprintf(out, "%s", left);
    if (used > indent - 2) {
        fputc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", indent - used, "");
    put_wrapped(out, text, indent, indent);
}

static void put_option(FILE *out, const struct option_row *row)
{
    static const char *const before[] = {"", " ", "[="};
    static const char *const after[] = {"", "", "]"};
    char letter[8] = "    ", left[LEFT];
    if (row->letter)
        snprintf(letter, sizeof letter, row->name ? "-%c, " : "-%c", row->letter);
    snprintf(left, sizeof left, "  %s%s%s%s%s%s", letter, row->name ? "--" : "",
             row->name ? row->name : "", before[row->argument],
             row->placeholder ? row->placeholder : "", after[row->argument]);
    char text[256];
    const char *formats = strstr(row->help, "{formats}");
    snprintf(text, sizeof text, "%.*s%s%s",
             formats ? (int)(formats - row->help) : (int)strlen(row->help), row->help,
             formats ? format_names() : "", formats ? formats + strlen("{formats}") : "");
    put_row(out, left, text, HELP_COLUMN);
}

static void put_options(FILE *out)
{
    const char *group = "";
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (!row->action.apply)
            continue;
        if (strcmp(group, row->group) != 0)
            fprintf(out, "\n%s:\n", row->group);
        group = row->group;
        put_option(out, row);
    }
}

static void put_exit_code(FILE *out, int code, const char *name, const char *meaning)
{
    char left[LEFT];
    snprintf(left, sizeof left, "  %3d  %s", code, name);
    put_row(out, left, meaning, 20);
}

static void put_exit_codes(FILE *out)
{
    fprintf(out, "\nExit status:\n");
    for (unsigned i = 0; i < CATEGORY_COUNT; i++)
        put_exit_code(out, category_exit_code(i), category_name(i), category_meaning(i));
    put_exit_code(out, EXIT_MIXED, "", "several targets failed, for different categories");
    put_exit_code(out, EXIT_INTERNAL, "", "obprobe itself failed, or its output was not written");
    put_exit_code(out, EXIT_USAGE, "", "usage or configuration error; nothing was sent");
    put_exit_code(out, EXIT_SIGINT, "", "SIGINT; what was known is printed (SIGTERM: 143)");
}

void options_help(FILE *out)
{
    fprintf(out,
            "Usage: obprobe [OPTION]... TARGET...\n"
            "       obprobe [OPTION]... HOST PORT\n"
            "Can this machine use the MySQL-protocol database at HOST:PORT, and if not, why\n"
            "not? One verdict a target, from the real handshake: with a password as a login,\n"
            "else anonymous.\n"
            "\n"
            "TARGET is HOST, HOST:PORT, [IPV6]:PORT or a bare IPv6 address; with a scope\n"
            "fe80::1%%eth0; or /PATH of a unix socket. Without a port it is %d.\n",
            DEFAULT_PORT);
    put_options(out);
    put_exit_codes(out);
}
