/* Situations of libmariadb's login, beside those of render_fixtures.h. */
#ifndef TESTS_UNIT_RENDER_CLIENT_FIXTURES_H
#define TESTS_UNIT_RENDER_CLIENT_FIXTURES_H

/* Included by render_fixtures.h, behind render_login_fixtures.h. */

static inline struct client_evidence *asked(struct fixture *fixture, enum client_result result)
{
    struct client_evidence *client = &fixture->client;
    *client = (struct client_evidence){
        .result = result, .plugin = "caching_sha2_password", .library = "3.3.20"};
    fixture->addresses[0].client = client;
    return client;
}

static inline void quoting(struct client_evidence *client, uint16_t code, const char *sqlstate,
                           const char *message)
{
    client->code = code;
    snprintf(client->sqlstate, sizeof client->sqlstate, "%s", sqlstate);
    snprintf(client->message, sizeof client->message, "%s", message);
}

static inline void client_agrees(struct fixture *fixture)
{
    logged_in(fixture);
    asked(fixture, CLIENT_PASSED)->logged_in = true;
    stage(&fixture->addresses[0].evidence, STAGE_CLIENT, OUTCOME_PASSED, 3600, 2400);
}

static inline void client_disagrees(struct fixture *fixture)
{
    logged_in(fixture);
    quoting(asked(fixture, CLIENT_FAILED), 2013, "HY000",
            "Lost connection to server at 'handshake: reading initial communication packet', "
            "system error: 110");
    stage(&fixture->addresses[0].evidence, STAGE_CLIENT, OUTCOME_FAILED, 3600, 2400);
}

static inline void client_meets_a_limit(struct fixture *fixture)
{
    logged_in(fixture);
    quoting(asked(fixture, CLIENT_FAILED), 1040, "08004", "Too many connections");
    stage(&fixture->addresses[0].evidence, STAGE_CLIENT, OUTCOME_FAILED, 3600, 300);
}

static inline void client_hangs(struct fixture *fixture)
{
    logged_in(fixture);
    asked(fixture, CLIENT_TIMED_OUT);
    stage(&fixture->addresses[0].evidence, STAGE_CLIENT, OUTCOME_TIMED_OUT, 3600, 19996400);
}

static inline void client_is_not_asked(struct fixture *fixture)
{
    logged_in(fixture);
    asked(fixture, CLIENT_NOT_RUN)->reason = CLIENT_NO_TIME;
}

static inline void client_would_refuse(struct fixture *fixture)
{
    logged_in(fixture);
    asked(fixture, CLIENT_PREDICTED)->reason = CLIENT_CERTIFICATE;
}

static inline void client_lacks_the_plugin(struct fixture *fixture)
{
    logged_in(fixture);
    struct client_evidence *client = asked(fixture, CLIENT_PREDICTED);
    client->reason = CLIENT_PLUGIN_FILE;
    quoting(
        client, 2059, "HY000",
        "Plugin caching_sha2_password could not be loaded: caching_sha2_password.so: cannot open "
        "shared object file: No such file or directory");
}

static inline struct client_evidence *only_client_speaks(struct fixture *fixture,
                                                         enum client_result result)
{
    struct evidence *evidence = greeted_for(fixture, "app");
    struct exchange_facts *exchange = &evidence->exchange;
    exchange->credentials = true;
    exchange->refusal = PROOF_NOT_SPOKEN;
    snprintf(exchange->auth_plugin, sizeof exchange->auth_plugin, "client_ed25519");
    rejected_by(evidence, 1045, "28000", "Access denied for user 'app'@'10.1.7.9'");
    struct client_evidence *client = asked(fixture, result);
    client->alone = true;
    snprintf(client->plugin, sizeof client->plugin, "client_ed25519");
    return client;
}

static inline void client_alone(struct fixture *fixture)
{
    only_client_speaks(fixture, CLIENT_PASSED)->logged_in = true;
    stage(&fixture->addresses[0].evidence, STAGE_CLIENT, OUTCOME_PASSED, 3600, 2400);
}

static inline void client_denied_alone(struct fixture *fixture)
{
    quoting(only_client_speaks(fixture, CLIENT_FAILED), 1045, "28000",
            "Access denied for user 'app'@'10.1.7.9' (using password: YES)");
    stage(&fixture->addresses[0].evidence, STAGE_CLIENT, OUTCOME_FAILED, 3600, 2400);
}

static inline void client_would_speak_in_clear(struct fixture *fixture)
{
    struct client_evidence *client = only_client_speaks(fixture, CLIENT_NOT_RUN);
    client->reason = CLIENT_IN_CLEAR;
    snprintf(client->plugin, sizeof client->plugin, "dialog");
    snprintf(fixture->addresses[0].evidence.exchange.auth_plugin, PLUGIN_NAME, "dialog");
}

#endif
