#include "probe/run/conditions.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool has_mode(const struct target_settings *settings)
{
    return settings && settings->tls_mode >= 0;
}

static const char *choose(const struct target_settings *settings, enum setting setting,
                          const char *of_run)
{
    const char *said = settings_text(settings, setting);
    return said ? said : of_run;
}

static bool names_authorities(const struct target_settings *settings)
{
    return settings_text(settings, SETTING_SSL_CA) || settings_text(settings, SETTING_SSL_CAPATH) ||
           settings_text(settings, SETTING_TRUST_STORE);
}

/* Whoever names authorities wants them asked, unless a mode is stated. */
static enum tls_mode mode_of(const struct run_options *options,
                             const struct target_settings *settings)
{
    if (has_mode(settings))
        return (enum tls_mode)settings->tls_mode;
    if (names_authorities(settings) && !options->tls_mode_given)
        return TLS_VERIFY_CA;
    return options->tls.mode;
}

static const struct encoded *given(const struct encoded *encoded)
{
    return encoded->at ? encoded : NULL;
}

/* Authorities are one setting in three spellings, certificate and key another in two: a target that
 * says one says all. */
static struct tls_settings tls_of(const struct run_options *options,
                                  const struct target_settings *settings)
{
    struct tls_settings tls = options->tls;
    if (!settings)
        return tls;
    if (names_authorities(settings)) {
        tls.ca = settings->texts[SETTING_SSL_CA];
        tls.capath = settings->texts[SETTING_SSL_CAPATH];
        tls.trust_store = settings->texts[SETTING_TRUST_STORE];
        tls.trust_store_password = given(&settings->trust_store_password);
    }
    if (settings->texts[SETTING_SSL_CERT] || settings->texts[SETTING_SSL_KEY] ||
        settings->texts[SETTING_KEY_STORE]) {
        tls.cert = settings->texts[SETTING_SSL_CERT];
        tls.key = settings->texts[SETTING_SSL_KEY];
        tls.key_store = settings->texts[SETTING_KEY_STORE];
        tls.key_store_password = given(&settings->key_store_password);
    }
    tls.crl = choose(settings, SETTING_SSL_CRL, tls.crl);
    tls.ciphers = choose(settings, SETTING_SSL_CIPHER, tls.ciphers);
    tls.versions = choose(settings, SETTING_TLS_VERSION, tls.versions);
    tls.mode = mode_of(options, settings);
    return tls;
}

static const char *key_path_of(const struct run_options *options,
                               const struct target_settings *settings)
{
    return choose(settings, SETTING_PUBLIC_KEY, options->public_key_path);
}

/* A time given for the run is a limit for every target; without one a target has its own. */
static uint32_t time_of(uint32_t said_ms, uint32_t of_run_ms, bool run_was_told)
{
    if (said_ms == 0 || (run_was_told && of_run_ms < said_ms))
        return of_run_ms;
    return said_ms;
}

static int login_of(const struct run_options *options, const struct target *target,
                    struct conditions *conditions)
{
    const struct target_settings *settings = target->settings;
    struct login *login = &conditions->login;
    login->user = choose(settings, SETTING_USER, options->login.user);
    login->database = choose(settings, SETTING_DATABASE, options->login.database);
    login->secret = target->line && options->spare_lists ? NULL : options->login.secret;
    if (settings && settings->password.at && !options->anonymous) {
        int error = secret_decode(&settings->password, &conditions->own_secret);
        login->secret = conditions->own_secret;
        if (!login->user)
            login->user = options->default_user;
        return error;
    }
    return 0;
}

static void take_times(const struct run_options *options, struct conditions *conditions)
{
    const struct target_settings *settings = conditions->settings;
    conditions->timeout_ms =
        time_of(settings ? settings->timeout_ms : 0, options->timeout_ms, options->timeout_given);
    conditions->connect_timeout_ms =
        time_of(settings ? settings->connect_timeout_ms : 0, options->connect_timeout_ms,
                options->connect_timeout_given);
}

static void take_materials(const struct run_options *options, struct conditions *conditions)
{
    struct tls_settings tls = tls_of(options, conditions->settings);
    const char *key_path = key_path_of(options, conditions->settings);
    conditions->tls_mode = tls.mode;
    if (!options->materials)
        return;
    if (tls.mode != TLS_DISABLED)
        conditions->tls = materials_tls(options->materials, &tls);
    if (key_path)
        conditions->public_key = materials_key(options->materials, key_path);
}

static int take_login(const struct run_options *options, const struct identity_key *key,
                      const struct target *target, struct conditions *conditions)
{
    int error = login_of(options, target, conditions);
    if (error == 0)
        error = login_identify(key, &conditions->login, &conditions->identity);
    return error;
}

struct conditions *conditions_new(const struct run_options *options, const struct identity_key *key,
                                  const struct target *target)
{
    struct conditions *conditions = calloc(1, sizeof *conditions);
    if (!conditions)
        return NULL;
    conditions->holders = 1;
    conditions->settings = settings_ref(target->settings);
    conditions->get_server_public_key =
        options->get_server_public_key ||
        (conditions->settings && conditions->settings->get_server_public_key);
    take_times(options, conditions);
    take_materials(options, conditions);
    if (take_login(options, key, target, conditions) == 0)
        return conditions;
    conditions_unref(conditions);
    return NULL;
}

struct conditions *conditions_ref(struct conditions *conditions)
{
    conditions->holders++;
    return conditions;
}

void conditions_unref(struct conditions *conditions)
{
    if (!conditions || --conditions->holders > 0)
        return;
    secret_free(conditions->own_secret);
    settings_unref(conditions->settings);
    free(conditions);
}

/* The login name of whoever runs this may be none. */
static int check_user(const struct run_options *options, const struct target *target,
                      char *ret_problem)
{
    const struct target_settings *settings = target->settings;
    if (!settings || !settings->password.at || options->default_user || options->login.user ||
        settings->texts[SETTING_USER])
        return 0;
    snprintf(ret_problem, MATERIALS_PROBLEM,
             "%s: a password without a user, and this process has "
             "no login name: give -u NAME",
             target->input ? target->input : target->host);
    return -EINVAL;
}

static int read_one(const struct run_options *options, const struct target *target,
                    char *ret_problem)
{
    struct tls_settings tls = tls_of(options, target->settings);
    const char *key_path = key_path_of(options, target->settings);
    int error = check_user(options, target, ret_problem);
    if (error == 0 && tls.mode != TLS_DISABLED)
        error = materials_add_tls(options->materials, &tls, ret_problem);
    if (error == 0 && key_path)
        error = materials_add_key(options->materials, key_path, ret_problem);
    return error;
}

int conditions_read(const struct run_options *options, const struct target *target,
                    char *ret_problem)
{
    int error = read_one(options, target, ret_problem);
    for (size_t i = 0; error == 0 && i < target->other_count; i++)
        if (target->others[i].settings != target->settings)
            error = read_one(options, &target->others[i], ret_problem);
    return error;
}

void conditions_files(const struct run_options *options, const struct target *target,
                      struct tls_settings *ret_tls, const char **ret_public_key_path)
{
    *ret_tls = tls_of(options, target->settings);
    *ret_public_key_path = key_path_of(options, target->settings);
}
