#include "probe/cli/understood.h"
#include "probe/run/conditions.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *mode_name(enum tls_mode mode)
{
    static const char *const names[] = {
        [TLS_PREFERRED] = "preferred",
        [TLS_DISABLED] = "disabled",
        [TLS_REQUIRED] = "required",
        [TLS_VERIFY_CA] = "verify-ca",
        [TLS_VERIFY_IDENTITY] = "verify-identity",
    };
    return names[mode];
}

static void take_files(const struct tls_settings *tls, const char *key_path,
                       struct understood *understood)
{
    const struct understood_text files[UNDERSTOOD_FILES] = {
        {"ssl_ca", tls->ca},
        {"ssl_capath", tls->capath},
        {"ssl_crl", tls->crl},
        {"ssl_cert", tls->cert},
        {"ssl_key", tls->key},
        {"ssl_cipher", tls->ciphers},
        {"tls_version", tls->versions},
        {"trust_store", tls->trust_store},
        {"key_store", tls->key_store},
        {"server_public_key_path", key_path},
    };
    memcpy(understood->files, files, sizeof files);
}

static bool logs_in(const struct options *options, const struct target *target, uint32_t line)
{
    bool own = target->settings && target->settings->password.at;
    bool of_run = options->password.way != PASSWORD_NONE && !(line && options->run.spare_lists);
    return (own || of_run) && !options->anonymous && options->run.until == UNTIL_LOGIN;
}

/* `line` of the target whose host it is. 0 or -ENOMEM. */
static int understand(const struct options *options, const struct target *host, uint32_t line,
                      struct understood *ret_understood)
{
    static const struct identity_key key; /* nobody is told from anybody here */
    struct tls_settings tls;
    const char *key_path;
    struct conditions *conditions = conditions_new(&options->run, &key, host);
    if (!conditions)
        return -ENOMEM;
    conditions_files(&options->run, host, &tls, &key_path);
    *ret_understood = (struct understood){
        .host = host,
        .login = logs_in(options, host, line),
        .user = conditions->login.user,
        .database = conditions->login.database,
        .ssl_mode = host->socket ? NULL : mode_name(conditions->tls_mode),
        .get_server_public_key = conditions->get_server_public_key,
        .connect_timeout_ms = conditions->connect_timeout_ms,
        .timeout_ms = conditions->timeout_ms,
    };
    if (ret_understood->login && !ret_understood->user)
        ret_understood->user = options->run.default_user;
    take_files(&tls, key_path, ret_understood);
    conditions_unref(conditions); /* its texts are the target's and the options' */
    return 0;
}

static int render_target(const struct options *options, const struct target *target, FILE *out,
                         const struct render_options *render)
{
    size_t count = target->other_count + 1;
    struct understood *hosts = calloc(count, sizeof *hosts);
    int error = hosts ? understand(options, target, target->line, &hosts[0]) : -ENOMEM;
    for (size_t i = 1; error == 0 && i < count; i++)
        error = understand(options, &target->others[i - 1], target->line, &hosts[i]);
    if (error == 0)
        error = options->format->target(out, hosts, count, render);
    free(hosts);
    return error;
}

/* Each target by itself: a long list need not fit into memory as text. */
static int write_target(const struct options *options, const struct target *target,
                        const struct render_options *render, struct output *output)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    int error = stream ? render_target(options, target, stream, render) : -ENOMEM;
    if (stream && fclose(stream) != 0)
        error = -ENOMEM;
    if (error == 0)
        error = output_add(output, text, length);
    free(text);
    return error < 0 ? error : output_wait(output);
}

int understood_write(const struct options *options, struct source *source,
                     const struct render_options *render, struct output *output)
{
    struct target target;
    int found;
    targets_file_keep_duplicates(&source->list);
    while ((found = source_next(source, &target)) == 1) {
        int error = write_target(options, &target, render, output);
        target_clear(&target);
        if (error < 0)
            return error;
    }
    return found;
}
