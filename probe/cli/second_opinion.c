#include "probe/cli/second_opinion.h"
#include "probe/client/client.h"
#include <idn2.h>
#include <jansson.h>
#include <openssl/crypto.h>

/* With a password, and to the end. */
static bool somebody_logs_in(const struct options *options, const struct source *source)
{
    return !options->anonymous && options->run.until == UNTIL_LOGIN &&
           (options->login.secret || source->has_passwords);
}

bool second_opinion_wanted(const struct options *options, const struct source *source)
{
    if (!somebody_logs_in(options, source))
        return false;
    if (options->client != CLIENT_AUTO)
        return options->client == CLIENT_ON;
    return client_is_built() && options->format->second_opinion && source_count(source) == 1;
}

bool second_opinion_in_vain(const struct options *options, const struct source *source)
{
    return options->client == CLIENT_ON && !somebody_logs_in(options, source);
}

/* libmnl has no way to ask. */
void version_write(FILE *out, unsigned verbose)
{
    fprintf(out, "obprobe %s\n", OBPROBE_VERSION);
    if (!verbose)
        return;
    if (client_is_built())
        fprintf(out, "libmariadb %s (MariaDB Connector/C, %s, dynamically linked)\n",
                client_version(), client_license());
    else
        fprintf(out, "built without libmariadb: no second opinion\n");
    fprintf(out, "%s (Apache License 2.0)\n", OpenSSL_version(OPENSSL_VERSION));
    fprintf(out, "jansson %s (MIT)\n", jansson_version_str());
    fprintf(out, "libidn2 %s (LGPL 3 or later, or GPL 2 or later)\n", idn2_check_version(NULL));
}
