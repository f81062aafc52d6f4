#include "probe/input/target.h"
#include "probe/input/conceal.h"
#include "probe/input/endpoint.h"
#include "probe/input/hint.h"
#include "probe/input/problem.h"
#include "probe/input/reading.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- URLs ---- */

/* What cutting leaves at the end. */
static void trim_separators(char *input, size_t length)
{
    while (length > 0 && strchr("?&", input[length - 1]))
        input[--length] = '\0';
}

static int compare_cuts(const void *a, const void *b)
{
    const struct slice *first = a, *second = b;
    return first->at < second->at ? -1 : first->at > second->at;
}

/* The text without its passwords. NULL: no memory. */
static char *input_of(struct reading *reading)
{
    char *input = malloc(strlen(reading->text) + 1);
    size_t length = 0;
    const char *at = reading->text;
    if (!input)
        return NULL;
    qsort(reading->cuts, reading->cut_count, sizeof reading->cuts[0], compare_cuts);
    for (size_t i = 0; i < reading->cut_count; i++) {
        struct slice cut = reading->cuts[i];
        if (cut.at > at) {
            memcpy(input + length, at, (size_t)(cut.at - at));
            length += (size_t)(cut.at - at);
        }
        at = slice_end(cut) > at ? slice_end(cut) : at;
    }
    strcpy(input + length, at); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): it fits */
    if (reading->cut_count)
        trim_separators(input, strlen(input));
    return input;
}

static void reading_clear(struct reading *reading)
{
    for (size_t i = 0; i < reading->host_count; i++)
        target_clear(&reading->hosts[i]);
    settings_unref(reading->settings);
    free(reading->socket);
}

/* The first host is the target itself, the rest are its others. */
static int take_hosts(struct reading *reading, struct target *ret_target)
{
    size_t others = reading->host_count - 1;
    struct target target = reading->hosts[0];
    target.input = input_of(reading);
    target.mode = reading->mode;
    target.others = others ? calloc(others, sizeof *target.others) : NULL;
    if (!target.input || (others && !target.others)) {
        free(target.input);
        free(target.others);
        return -ENOMEM;
    }
    if (others)
        memcpy(target.others, reading->hosts + 1, others * sizeof *target.others);
    target.other_count = others;
    reading->host_count = 0;
    *ret_target = target;
    return 0;
}

/* -ENOENT where the text is no URL and no data source name. */
static int parse_url(const char *text, const struct ports *ports, struct target *ret_target,
                     char *ret_problem)
{
    struct reading reading = {.text = text,
                              .default_port = ports->given,
                              .settings = settings_new(),
                              .words = {-1, -1, -1, -1, -1},
                              .problem = ret_problem};
    int error = reading.settings ? url_read(&reading) : -ENOMEM;
    if (error == -ENOENT)
        error = go_dsn_read(&reading);
    if (error == 0)
        error = take_hosts(&reading, ret_target);
    reading_clear(&reading);
    return error;
}

/* ---- HOST:PORT ---- */

/* Texts that are nothing that is understood; what matches first decides. */
static const struct form {
    const char *mark;
    bool at_start;
    const char *problem;
} forms[] = {
    {"//", true, "a host or the path of a socket is expected, not '//'"},
    {"mysqlx://", true,
     "the X protocol (port 33060) is not spoken: write mysql:// and the port of the classic one"},
    {"jdbc:mysql+srv:", true, "hosts in DNS SRV records are not looked up: write the hosts"},
    {"://", false,
     "a URL of this scheme is not a target: write HOST:PORT, mysql://, mariadb:// or oceanbase://"},
    {"?", false, "parameters ('?') belong to a URL: mysql://, mariadb://, oceanbase://, jdbc:...:"},
    {"=", false, "a target with '=' is not one of HOST, HOST:PORT, [IPV6]:PORT or a URL"},
    {"(", false, "a target with '(' is not one of HOST, HOST:PORT, [IPV6]:PORT or a URL"},
    {"@", false, "a user ('...@...') belongs to a URL, or to -u"},
};

static const struct form *form_find(const char *text)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct form *form = &forms[i];
        if (form->at_start ? strncasecmp(text, form->mark, strlen(form->mark)) == 0
                           : strstr(text, form->mark) != NULL)
            return form;
    }
    return NULL;
}

static int explain(const char *text, const char *culprit, char *ret_problem)
{
    char shown[EXCERPT];
    if (conceal(text).count > 0)
        conceal_copy(text, text + strlen(text), shown, sizeof shown);
    else
        target_excerpt(text, shown);
    target_problem(ret_problem, "'%s': %s", shown, culprit);
    return -EINVAL;
}

static int parse_endpoint(const char *text, struct endpoint *ret_endpoint, char *ret_problem)
{
    char culprit[TARGET_PROBLEM];
    const struct form *form = form_find(text);
    if (*text == '-') /* it may be "-pPASSWORD" */
        return target_problem(ret_problem, "a target cannot begin with '-'");
    if (form)
        return explain(text, form->problem, ret_problem);
    int error = endpoint_parse(text, ret_endpoint, culprit);
    return error == 0 ? 0 : explain(text, culprit, ret_problem);
}

/* Takes both strings, of which NULL stands for no memory. */
static int make_target(char *input, char *host, uint16_t port, struct target *ret_target)
{
    if (!input || !host) {
        free(input);
        free(host);
        return -ENOMEM;
    }
    *ret_target = (struct target){.input = input, .host = host, .port = port};
    return 0;
}

static bool is_path(const char *text)
{
    return (*text == '/' && text[1] != '/') || strncmp(text, "./", 2) == 0;
}

/* "user：password＠host", as an input method for Chinese leaves it: what is a password in it is not
 * known, and nothing of it is repeated. */
static bool hides_a_login(const char *text)
{
    bool wide_colon = strstr(text, "\xef\xbc\x9a"), wide_at = strstr(text, "\xef\xbc\xa0");
    return wide_at || (wide_colon && (strchr(text, '@') || strstr(text, "//")));
}

/* Most lists are long and of plain hosts: what cannot be a URL is not looked at as one. */
static bool may_be_url(const char *text)
{
    return strstr(text, "//") || strchr(text, '(') || strchr(text, '@') ||
           strncasecmp(text, "jdbc:", 5) == 0;
}

int target_parse_unhinted(const char *text, const struct ports *ports, struct target *ret_target,
                          char *ret_problem)
{
    struct endpoint endpoint = {.port = 0};
    if (is_path(text))
        return target_parse_socket(text, ret_target, ret_problem);
    if (hides_a_login(text))
        return target_problem(ret_problem, "a target with a full-width ':' or '@': where these end "
                                           "a user or a password they must be typed in ASCII");
    int error = may_be_url(text) ? parse_url(text, ports, ret_target, ret_problem) : -ENOENT;
    if (error != -ENOENT)
        return error;
    error = parse_endpoint(text, &endpoint, ret_problem);
    if (error < 0)
        return error;
    if (endpoint.port == 0)
        endpoint.port = ports->given ? ports->given : ports->otherwise;
    return make_target(strdup(text), strdup(endpoint.host), endpoint.port, ret_target);
}

/* A text is mended, and repeated, where it cannot hold a password. */
static int add_hint(int error, const char *text, char *problem)
{
    if (error == -EINVAL && *text != '-' && conceal(text).count == 0)
        hint_add(text, problem);
    return error;
}

int target_parse(const char *text, const struct ports *ports, struct target *ret_target,
                 char *ret_problem)
{
    return add_hint(target_parse_unhinted(text, ports, ret_target, ret_problem), text, ret_problem);
}

int target_parse_pair(const char *host_text, const char *port_text, struct target *ret_target,
                      char *ret_problem)
{
    char shown[EXCERPT], input[HOST_NAME + 16];
    struct endpoint endpoint = {.port = 0};
    if (is_path(host_text))
        return target_problem(ret_problem, "'%s': a socket has no port",
                              target_excerpt(host_text, shown));
    int error = parse_endpoint(host_text, &endpoint, ret_problem);
    if (error < 0)
        return add_hint(error, host_text, ret_problem);
    if (endpoint.port != 0)
        return target_problem(ret_problem, "two ports: '%s' and %.20s",
                              target_excerpt(host_text, shown), port_text);
    error = port_parse(port_text, &endpoint.port, ret_problem);
    if (error < 0)
        return error;
    snprintf(input, sizeof input, strchr(endpoint.host, ':') ? "[%s]:%u" : "%s:%u", endpoint.host,
             (unsigned)endpoint.port);
    return make_target(strdup(input), strdup(endpoint.host), endpoint.port, ret_target);
}

const char *group_mode_name(enum group_mode mode)
{
    static const char *const names[] = {
        [MODE_FAILOVER] = "failover",
        [MODE_SEQUENTIAL] = "sequential",
        [MODE_LOADBALANCE] = "loadbalance",
        [MODE_REPLICATION] = "replication",
    };
    return names[mode];
}

void target_clear(struct target *target)
{
    for (size_t i = 0; i < target->other_count; i++)
        target_clear(&target->others[i]);
    free(target->others);
    settings_unref(target->settings);
    free(target->input);
    free(target->host);
    free(target->socket);
    *target = (struct target){0};
}
