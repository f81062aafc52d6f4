/* The command line as a whole. */
#include "probe/cli/option_row.h"
#include <string.h>

/* "-p SECRET HOST": as a host the password would be asked of the DNS. It is not repeated. */
static int check_doubtful(const struct options *options, char *ret_problem)
{
    bool others =
        options->operand_count > 1 || options->host || options->socket || options->targets;
    if (!options->password.doubtful || !others)
        return 0;
    return cli_problem(ret_problem,
                       "a word behind -p is not the password: attach it (-pPASSWORD), use "
                       "--password-file, or write -p behind the targets");
}

static int check_host(const struct options *options, char *ret_problem)
{
    const char *operand = options->operand_count ? options->operands[0] : NULL;
    if (!options->host || !operand)
        return 0;
    if (operand[strspn(operand, "0123456789")] == '\0')
        return cli_problem(ret_problem, "-h and a target exclude each other; for a port: -P %.20s",
                           operand);
    return cli_problem(ret_problem, "-h and a target exclude each other; for several targets leave "
                                    "-h out");
}

static int check_targets(const struct options *options, char *ret_problem)
{
    bool others = options->host || options->targets || options->operand_count;
    bool any = others || options->socket;
    if (options->request == REQUEST_CAUSES)
        return any ? cli_problem(ret_problem, "--list-causes takes no target") : 0;
    if (!any)
        return cli_problem(ret_problem,
                           "no target: give HOST, HOST:PORT or -f FILE; for help: --help");
    if (others && options->socket)
        return cli_problem(ret_problem, "-S is a target of its own: give neither -h nor -f nor a "
                                        "further target with it");
    return check_host(options, ret_problem);
}

static int check_family(const struct options *options, char *ret_problem)
{
    int source = options->run.bind_to.ss_family;
    if ((source == AF_INET && options->run.family == FAMILY_IPV6) ||
        (source == AF_INET6 && options->run.family == FAMILY_IPV4))
        return cli_problem(ret_problem, "--bind-address is an %s address, and -%d asks for others",
                           source == AF_INET ? "IPv4" : "IPv6", source == AF_INET ? 6 : 4);
    return 0;
}

static int check_standard_input(const struct options *options, char *ret_problem)
{
    const struct password *password = &options->password;
    if (password->way == PASSWORD_FD && password->fd == 0 && options->targets &&
        strcmp(options->targets, "-") == 0)
        return cli_problem(ret_problem, "--password-fd 0 and -f - both read standard input");
    return 0;
}

/* Whoever names authorities wants them asked. A stated mode counts as it stands, also where it
 * leaves them without effect, as in the mysql client. */
static int check_tls(struct options *options, char *ret_problem)
{
    struct tls_settings *tls = &options->run.tls;
    if (tls->key && !tls->cert)
        return cli_problem(ret_problem,
                           "--ssl-key without --ssl-cert: a key needs its certificate");
    if (!options->run.tls_mode_given && (tls->ca || tls->capath))
        tls->mode = TLS_VERIFY_CA;
    return 0;
}

int options_check(struct options *options, char *ret_problem)
{
    int error = check_doubtful(options, ret_problem);
    if (error == 0)
        error = check_targets(options, ret_problem);
    if (error == 0)
        error = check_family(options, ret_problem);
    if (error == 0)
        error = check_standard_input(options, ret_problem);
    return error == 0 ? check_tls(options, ret_problem) : error;
}
