/* What the options about credentials and TLS do. */
#include "probe/cli/option_row.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 36500 };

_Static_assert(sizeof(enum tls_mode) == sizeof(unsigned), "a mode is stored as unsigned");

/* -p with and without a value are one option, whose last occurrence counts. */
static int choose(enum password_way way, struct options *options, char *ret_problem)
{
    static const char *const names[] = {[PASSWORD_ATTACHED] = "--password",
                                        [PASSWORD_PROMPT] = "--password",
                                        [PASSWORD_FILE] = "--password-file",
                                        [PASSWORD_FD] = "--password-fd"};
    enum password_way before = options->password.way;
    if (before != PASSWORD_NONE && strcmp(names[before], names[way]) != 0)
        return cli_problem(ret_problem, "%s and %s exclude each other: there is one password",
                           names[before], names[way]);
    options->password.way = way;
    return 0;
}

/* The value itself was taken before: exposed.h. */
int set_password(const struct given *given, struct options *options, char *ret_problem)
{
    return choose(given->value ? PASSWORD_ATTACHED : PASSWORD_PROMPT, options, ret_problem);
}

int set_password_file(const struct given *given, struct options *options, char *ret_problem)
{
    int error = choose(PASSWORD_FILE, options, ret_problem);
    return error < 0 ? error : apply_text(given, options, ret_problem);
}

int set_password_fd(const struct given *given, struct options *options, char *ret_problem)
{
    int error = choose(PASSWORD_FD, options, ret_problem);
    return error < 0 ? error : apply_number(given, options, ret_problem);
}

int apply_ssl_mode(const struct given *given, struct options *options, char *ret_problem)
{
    (void)ret_problem;
    memcpy(&options->run.tls.mode, &given->row->action.least, sizeof(unsigned));
    options->run.tls_mode_given = true;
    return 0;
}

/* Raises the mode, and never lowers one that asks for more. */
int set_ssl(const struct given *given, struct options *options, char *ret_problem)
{
    (void)given;
    (void)ret_problem;
    if (options->run.tls.mode == TLS_DISABLED)
        options->run.tls_mode_given = false;
    if (options->run.tls.mode == TLS_DISABLED || options->run.tls.mode == TLS_PREFERRED)
        options->run.tls.mode = TLS_REQUIRED;
    return 0;
}

/* "VERIFY_CA", as the mysql client writes it, is "verify-ca". */
static void normalize(const char *text, char *to, size_t size)
{
    size_t i = 0;
    for (; text[i] && i < size - 1; i++) {
        int letter = text[i] == '_' ? '-' : tolower((unsigned char)text[i]);
        to[i] = (char)letter;
    }
    to[i] = '\0';
}

int set_ssl_mode(const struct given *given, struct options *options, char *ret_problem)
{
    static const struct word words[] = {{"disabled", TLS_DISABLED},
                                        {"preferred", TLS_PREFERRED},
                                        {"required", TLS_REQUIRED},
                                        {"verify-ca", TLS_VERIFY_CA},
                                        {"verify-identity", TLS_VERIFY_IDENTITY}};
    char mode[32];
    struct given normal = {given->row, given->name, mode};
    normalize(given->value, mode, sizeof mode);
    options->run.tls_mode_given = true;
    return option_word(&normal, words, sizeof words / sizeof words[0],
                       "disabled, preferred, required, verify-ca, verify-identity",
                       &options->run.tls.mode, ret_problem);
}

/* Digits, DAYS_MAX at most; `*text` is moved behind them. */
static bool take_days(const char **text, unsigned *ret_days)
{
    size_t length = strspn(*text, "0123456789");
    unsigned long days = strtoul(*text, NULL, 10); /* ULONG_MAX when it does not fit */
    if (length == 0 || days > DAYS_MAX)
        return false;
    *text += length;
    *ret_days = (unsigned)days;
    return true;
}

int set_tls_expiry_days(const struct given *given, struct options *options, char *ret_problem)
{
    const char *text = given->value;
    unsigned warning = 0, critical = 0;
    bool good = take_days(&text, &warning);
    if (good && *text == ',') {
        text++;
        good = take_days(&text, &critical);
    }
    if (!good || *text)
        return cli_problem(ret_problem, "option '%s': '%.80s' is not WARN or WARN,CRIT in days",
                           given->name, given->value);
    if (critical > warning)
        return cli_problem(ret_problem, "option '%s': %u days are critical before %u are a warning",
                           given->name, critical, warning);
    options->tls_expiry_days = warning;
    options->tls_expiry_critical_days = critical;
    return 0;
}
