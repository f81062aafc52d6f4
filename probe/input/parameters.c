/*
 * Parameters of URLs, by the documentation of MySQL Connector/J, MariaDB Connector/J, OceanBase's
 * driver, Go's, MySQL Shell, and what SQLAlchemy and Prisma make of them. Names are compared
 * without case, '-', '_' and '.'.
 */
#include "probe/input/conceal.h"
#include "probe/input/parameter_values.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME = 64, IGNORED = 512 };

#define J   DIALECT_JDBC
#define MY  DIALECT_MYSQL_J
#define MA  DIALECT_MARIADB_J
#define GO  DIALECT_GO
#define URI DIALECT_URI
#define ANY DIALECT_ANY

/* What is honoured. */
static const struct parameter {
    const char *name;
    int (*take)(const struct taken *taken);
    enum dialect dialects;
    unsigned which; /* setting or word */
} parameters[] = {
    {"user", take_user, ANY, SETTING_USER},
    {"username", take_user, ANY, SETTING_USER},
    {"password", take_password, ANY, offsetof(struct target_settings, password)},
    {"passwd", take_password, ANY, offsetof(struct target_settings, password)},
    {"database", take_text, URI, SETTING_DATABASE},
    {"dbname", take_text, J, SETTING_DATABASE},
    {"sslmode", take_mode, ANY & ~GO, 0},
    {"ssl", take_mode, URI, 0},
    {"sslaccept", take_mode, URI, 0},
    {"tls", take_mode, GO, 0},
    {"usessl", take_word, J | URI, offsetof(struct tls_words, use)},
    {"requiressl", take_word, J | URI, offsetof(struct tls_words, require)},
    {"verifyservercertificate", take_word, J | URI, offsetof(struct tls_words, verify)},
    {"sslverifycert", take_word, URI, offsetof(struct tls_words, verify)},
    {"trustservercertificate", take_word, J, offsetof(struct tls_words, trust)},
    {"disablesslhostnameverification", take_word, J, offsetof(struct tls_words, any_name)},
    {"sslca", take_file, URI, SETTING_SSL_CA},
    {"sslcapath", take_file, URI, SETTING_SSL_CAPATH},
    {"sslcrl", take_file, URI, SETTING_SSL_CRL},
    {"sslcert", take_file, URI, SETTING_SSL_CERT},
    {"sslkey", take_file, URI, SETTING_SSL_KEY},
    {"sslidentity", take_file, URI, SETTING_KEY_STORE},
    {"sslpassword", take_password, URI, offsetof(struct target_settings, key_store_password)},
    {"sslcipher", take_text, URI, SETTING_SSL_CIPHER},
    {"tlsversion", take_text, URI, SETTING_TLS_VERSION},
    {"tlsversions", take_text, URI | MY, SETTING_TLS_VERSION},
    {"enabledtlsprotocols", take_text, MY, SETTING_TLS_VERSION},
    {"enabledsslprotocolsuites", take_text, MA, SETTING_TLS_VERSION},
    {"serversslcert", take_file, MA, SETTING_SSL_CA},
    {"trustcertificatekeystoreurl", take_file, J, SETTING_TRUST_STORE},
    {"truststore", take_file, MA, SETTING_TRUST_STORE},
    {"trustcertificatekeystorepassword", take_password, J,
     offsetof(struct target_settings, trust_store_password)},
    {"truststorepassword", take_password, MA,
     offsetof(struct target_settings, trust_store_password)},
    {"clientcertificatekeystoreurl", take_file, J, SETTING_KEY_STORE},
    {"keystore", take_file, MA, SETTING_KEY_STORE},
    {"clientcertificatekeystorepassword", take_password, J,
     offsetof(struct target_settings, key_store_password)},
    {"keystorepassword", take_password, MA, offsetof(struct target_settings, key_store_password)},
    {"allowpublickeyretrieval", take_fetching, J | URI, 0},
    {"getserverpublickey", take_fetching, URI, 0},
    {"serverpublickeypath", take_file, URI, SETTING_PUBLIC_KEY},
    {"serverrsapublickeyfile", take_file, J, SETTING_PUBLIC_KEY},
    {"connecttimeout", take_milliseconds, J, offsetof(struct target_settings, connect_timeout_ms)},
    {"sockettimeout", take_milliseconds, J, offsetof(struct target_settings, timeout_ms)},
    {"connecttimeout", take_own_time, URI, offsetof(struct target_settings, connect_timeout_ms)},
    {"sockettimeout", take_own_time, URI, offsetof(struct target_settings, timeout_ms)},
    {"timeout", take_duration, GO, offsetof(struct target_settings, connect_timeout_ms)},
    {"readtimeout", take_duration, GO, offsetof(struct target_settings, timeout_ms)},
    {"writetimeout", take_no_duration, GO, 0},
    {"localsocket", take_socket_path, MA, 0},
    {"socket", take_socket_path, URI, 0},
    {"unixsocket", take_socket_path, URI, 0},
};

/* What changes nothing of whether a connection comes about: sorted, for bsearch(3). */
static const char *const silent[] = {
#include "probe/input/silent_parameters.def"
};

/* Lower case, without '-', '_', '.'; "" where it does not fit. */
static void normalize(struct slice name, char to[NAME])
{
    size_t used = 0;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.at[i];
        if (c == '-' || c == '_' || c == '.')
            continue;
        if (used == NAME - 1) {
            used = 0;
            break;
        }
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        to[used++] = c;
    }
    to[used] = '\0';
}

static int compare(const void *name, const void *row)
{
    return strcmp(name, *(const char *const *)row);
}

static bool is_silent(const char *name)
{
    return bsearch(name, silent, sizeof silent / sizeof silent[0], sizeof silent[0], compare);
}

static const struct parameter *find(const char *name, enum dialect dialect)
{
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        if (strcmp(parameters[i].name, name) == 0 && parameters[i].dialects & dialect)
            return &parameters[i];
    return NULL;
}

/* Prisma's "sslcert", in this very spelling, is the authority's certificate. */
static bool is_authority(const struct reading *reading, struct slice name)
{
    return reading->dialect == DIALECT_URI && name.length == 7 &&
           memcmp(name.at, "sslcert", 7) == 0;
}

static bool is_off(struct slice value)
{
    return value.length == 0 || slice_is(value, "false") || slice_is(value, "0") ||
           slice_is(value, "no") || slice_is(value, "off");
}

/* Names are listed once, and without what could upset a terminal. */
int parameter_ignore(struct target_settings *settings, struct slice name)
{
    char word[NAME], *text;
    snprintf(word, sizeof word, "%.*s", (int)(name.length < NAME - 1 ? name.length : NAME - 1),
             name.at);
    for (char *at = word; *at; at++)
        if ((unsigned char)*at < ' ' || *at == '\x7f')
            *at = '?';
    const char *before = settings->ignored ? settings->ignored : "";
    if (strstr(before, word) || strlen(before) > IGNORED)
        return 0;
    if (asprintf(&text, "%s%s%s", before, *before ? ", " : "", word) < 0)
        return -ENOMEM;
    free(settings->ignored);
    settings->ignored = text;
    return 0;
}

/* "&name=value", "?name=value&", "(name=value)": what a target's input goes without. */
static struct slice cut_of(const struct reading *reading, struct slice name, struct slice value)
{
    const char *begin = name.at, *end = slice_end(value);
    while (begin > reading->text && (begin[-1] == ' ' || begin[-1] == '\t'))
        begin--;
    end += strspn(end, " \t");
    char before = '\0';
    if (begin > reading->text)
        before = begin[-1];
    if (before == ';' && begin - reading->text > 5 && memcmp(begin - 5, "&amp;", 5) == 0)
        begin -= 5;
    if (before == '&' || before == ',' || (before == '(' && *end == ')'))
        begin--;
    if ((before == '(' && (*end == ')' || *end == ',')) || (before == '?' && *end == '&'))
        end++;
    return slice_of(begin, end);
}

/* MySQL Shell has paths in "(...)" and lists in "[...]". */
static struct slice without_brackets(struct slice value)
{
    bool bracketed = value.length > 1 && ((*value.at == '(' && slice_end(value)[-1] == ')') ||
                                          (*value.at == '[' && slice_end(value)[-1] == ']'));
    return bracketed ? slice_of(value.at + 1, slice_end(value) - 1) : value;
}

/* As MySQL Connector/J has them (ConnectionUrlParser.java, PROPERTIES_PTRN), but not encoded. */
static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (!isalnum((unsigned char)name.at[i]) && !strchr("_.-", name.at[i]))
            return false;
    return true;
}

int parameter_read(struct reading *reading, struct target_settings *settings, struct slice name,
                   struct slice value)
{
    if (!is_name(name))
        return reading_problem(reading, slice_end(name), "not the name of a parameter");
    char normal[NAME];
    struct taken taken = {reading, settings, name, value, cut_of(reading, name, value), 0};
    if (reading->dialect == DIALECT_URI && !is_secret_name(name))
        taken.value = value = without_brackets(value);
    normalize(name, normal);
    const struct parameter *parameter = find(normal, reading->dialect);
    if (is_authority(reading, name)) {
        taken.which = SETTING_SSL_CA;
        return take_file(&taken);
    }
    if (parameter) {
        taken.which = parameter->which;
        return parameter->take(&taken);
    }
    if (is_secret_name(name)) {
        struct encoded unused;
        int error = reading_password(reading, value, CODING_RAW, taken.cut, &unused);
        if (error < 0)
            return error;
    }
    return is_silent(normal) || is_off(value) ? 0 : parameter_ignore(settings, name);
}

/* XML files have "&amp;" between parameters. */
static struct slice without_amp(struct slice pair)
{
    return slice_begins(pair, "amp;") ? slice_skip(pair, 4) : pair;
}

int parameters_read(struct reading *reading, struct slice query)
{
    int error = 0;
    while (error == 0 && query.length) {
        struct slice pair = slice_until(query, "&");
        query = slice_skip(query, pair.length + (pair.length < query.length));
        pair = without_amp(pair);
        const char *equals = slice_find(pair, '=');
        struct slice name = slice_trim(equals ? slice_of(pair.at, equals) : pair);
        struct slice value = equals ? slice_trim(slice_of(equals + 1, slice_end(pair)))
                                    : (struct slice){slice_end(pair), 0};
        if (name.length == 0 && value.length)
            return reading_problem(reading, slice_end(pair), "a parameter without a name");
        if (name.length && equals)
            error = parameter_read(reading, reading->settings, name, value);
    }
    if (error == 0)
        parameters_finish(reading);
    return error;
}

/* MySQL Connector/J encrypts when the server can, MariaDB's and OceanBase's drivers, once told to,
 * check everything that is not excepted. */
void parameters_finish(struct reading *reading)
{
    const struct tls_words *words = &reading->words;
    int *mode = &reading->settings->tls_mode;
    if (*mode >= 0)
        return;
    if (words->use == 0)
        *mode = TLS_DISABLED;
    else if (reading->dialect == DIALECT_MARIADB_J && words->use == 1)
        *mode = words->trust == 1      ? TLS_REQUIRED
                : words->any_name == 1 ? TLS_VERIFY_CA
                                       : TLS_VERIFY_IDENTITY;
    else if (words->verify == 1)
        *mode = TLS_VERIFY_CA;
    else if (words->require == 1)
        *mode = TLS_REQUIRED;
    else if (words->use == 1)
        *mode = TLS_PREFERRED;
}
