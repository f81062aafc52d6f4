/* Situations of logins, TLS and unix sockets, beside those of render_fixtures.h. */
#ifndef TESTS_UNIT_RENDER_LOGIN_FIXTURES_H
#define TESTS_UNIT_RENDER_LOGIN_FIXTURES_H

/* Included by render_fixtures.h, behind its helpers. */

static inline struct evidence *greeted_for(struct fixture *fixture, const char *user)
{
    fixture_target(fixture, "db1", "db1", 2883);
    fixture->report.user = user;
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    evidence->wants_login = user != NULL;
    connected_in(evidence, 400);
    greeted_by(evidence, PRODUCT_MYSQL, "9.7.4-2");
    return evidence;
}

/* A chain of one certificate that a strict client trusts. */
static inline struct tls_evidence *in_tls(struct fixture *fixture)
{
    struct evidence *evidence = &fixture->addresses[0].evidence;
    struct tls_evidence *tls = &fixture->tls;
    evidence->exchange.capabilities |= CLIENT_SSL;
    evidence->exchange.ssl_request_sent = evidence->exchange.secured = true;
    stage(evidence, STAGE_TLS, OUTCOME_PASSED, 1100, 1700);
    *tls = (struct tls_evidence){
        .handshake = TLS_DONE,
        .version = 0x0304,
        .cipher = "TLS_AES_256_GCM_SHA384",
        .group = "x25519",
        .alert_received = TLS_NO_ALERT,
        .alert_sent = TLS_NO_ALERT,
        .certificate_count = 1,
        .certificates = {{.subject = "CN=db1.example",
                          .issuer = "CN=Example CA,O=Example",
                          .not_before = 1780000000,
                          .not_after = 1802000000,
                          .sha256 = {0xab, 0xcd},
                          .key_type = "RSA",
                          .key_bits = 2048,
                          .signature = "RSA-SHA256"}},
        .name_count = 2,
        .names = {"DNS:db1.example", "DNS:db1"},
        .judged = true,
        .verify_text = "ok",
        .name = TLS_HOLDS,
        .policy = TLS_HOLDS,
        .days_left = 75,
    };
    fixture->addresses[0].tls = tls;
    return tls;
}

static inline void rejected_by(struct evidence *evidence, uint16_t code, const char *sqlstate,
                               const char *message)
{
    logged_in_with(evidence, OUTCOME_PASSED, 500);
    error_said(evidence, code, sqlstate, message);
    evidence->exchange.ending = ENDING_CLOSED;
}

static inline void denied_to_nobody(struct evidence *evidence)
{
    rejected_by(evidence, 1045, "28000", "Access denied for user 'obprobe_nobody'@'10.1.7.9'");
}

static inline void logged_in(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, "app");
    in_tls(fixture);
    logged_in_with(evidence, OUTCOME_PASSED, 500);
    stage(evidence, STAGE_STATEMENT, OUTCOME_PASSED, 3300, 200);
    evidence->exchange.credentials = evidence->exchange.proof_sent = true;
    evidence->exchange.logged_in = true;
    evidence->exchange.statement_sent = evidence->exchange.statement_answered = true;
}

static inline void wrong_password(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, "app");
    evidence->exchange.credentials = evidence->exchange.proof_sent = true;
    rejected_by(evidence, 1045, "28000",
                "Access denied for user 'app'@'10.1.7.9' (using password: YES)");
}

static inline void withheld_elsewhere(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, "app");
    evidence->exchange.withheld = WITHHELD_REJECTED;
    denied_to_nobody(evidence);
}

static inline void expired_password(struct fixture *fixture)
{
    logged_in(fixture);
    struct evidence *evidence = &fixture->addresses[0].evidence;
    evidence->exchange.statement_answered = false;
    error_said(evidence, 1820, "HY000", "You must reset your password using ALTER USER statement");
}

static inline void key_not_allowed(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, "app@sys#c1");
    struct exchange_facts *exchange = &evidence->exchange;
    exchange->credentials = exchange->proof_sent = exchange->full_authentication = true;
    exchange->refusal = PROOF_WITHOUT_KEY;
    snprintf(exchange->auth_plugin, sizeof exchange->auth_plugin, "caching_sha2_password");
    rejected_by(evidence, 1045, "28000", "Access denied for user 'app'@'10.1.7.9'");
}

static inline void small_key(struct fixture *fixture)
{
    key_not_allowed(fixture);
    fixture->addresses[0].evidence.exchange.refusal = PROOF_KEY_SIZE;
    fixture->addresses[0].evidence.exchange.public_key_asked = true;
    fixture->addresses[0].evidence.exchange.public_key_bits = 512;
}

static inline void expired_certificate(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, "app");
    struct tls_evidence *tls = in_tls(fixture);
    evidence->tls_mode = TLS_VERIFY_IDENTITY;
    evidence->exchange.withheld = WITHHELD_TLS;
    tls->verify_code = 10;
    snprintf(tls->verify_text, sizeof tls->verify_text, "certificate has expired");
    tls->days_left = -3;
    denied_to_nobody(evidence);
}

static inline void certificate_for_another(struct fixture *fixture)
{
    expired_certificate(fixture);
    fixture->tls.verify_code = 0;
    fixture->tls.days_left = 75;
    fixture->tls.name = TLS_FAILS;
}

/* Nothing that was asked for is hurt: notes only. */
static inline void old_tls(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, NULL);
    struct tls_evidence *tls = in_tls(fixture);
    tls->version = 0x0301;
    tls->policy = TLS_FAILS;
    tls->days_left = 1;
    tls->verify_code = 18;
    snprintf(tls->verify_text, sizeof tls->verify_text, "self-signed certificate");
    denied_to_nobody(evidence);
}

static inline void alerted(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, "app");
    struct tls_evidence *tls = in_tls(fixture);
    *tls = (struct tls_evidence){.handshake = TLS_ALERTED,
                                 .alert_received = 116,
                                 .alert_sent = TLS_NO_ALERT,
                                 .client_certificate_asked = true};
    evidence->exchange.tls_broken = true;
    stage(evidence, STAGE_TLS, OUTCOME_FAILED, 1100, 1700);
}

static inline void answered_in_clear(struct fixture *fixture)
{
    alerted(fixture);
    struct exchange_facts *exchange = &fixture->addresses[0].evidence.exchange;
    fixture->tls = (struct tls_evidence){.handshake = TLS_PLAINTEXT,
                                         .alert_received = TLS_NO_ALERT,
                                         .alert_sent = TLS_NO_ALERT,
                                         .injected = 11};
    memcpy(exchange->first_bytes, "HTTP/1.1 400 Bad Request", 24);
    exchange->first_length = 24;
}

static inline void tls_not_offered(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, "app");
    evidence->tls_mode = TLS_REQUIRED;
    evidence->exchange.withheld = WITHHELD_TLS;
    stage(evidence, STAGE_TLS, OUTCOME_FAILED, 1100, 0);
    denied_to_nobody(evidence);
}

static inline void greeted_too_late(struct fixture *fixture)
{
    struct evidence *evidence = greeted_for(fixture, "app");
    evidence->exchange.blind = evidence->exchange.slow = true;
    evidence->exchange.withheld = WITHHELD_LATE;
    stage(evidence, STAGE_GREETING, OUTCOME_PASSED, 800, 19500000);
    denied_to_nobody(evidence);
}

static inline struct evidence *socket_target(struct fixture *fixture)
{
    fixture_target(fixture, "/run/mysqld/mysqld.sock", "", 0);
    fixture->report.target.socket = "/run/mysqld/mysqld.sock";
    fixture->report.resolution = (struct resolution_facts){.numeric = true, .answered = true};
    struct evidence *evidence = fixture_address(fixture, "10.1.2.3");
    fixture->addresses[0].ip = (struct ip){.family = FAMILY_UNIX};
    snprintf(fixture->addresses[0].text, sizeof fixture->addresses[0].text,
             "/run/mysqld/mysqld.sock");
    evidence->connect.source = (struct ip){0};
    evidence->connect.unix_socket = true;
    return evidence;
}

static inline void no_socket_file(struct fixture *fixture)
{
    struct evidence *evidence = socket_target(fixture);
    stage(evidence, STAGE_CONNECT, OUTCOME_FAILED, 0, 40);
    evidence->connect.failed_call = CALL_CONNECT;
    evidence->connect.error = ENOENT;
}

static inline void socket_without_an_answer(struct fixture *fixture)
{
    struct evidence *evidence = socket_target(fixture);
    connected_in(evidence, 40);
    stage(evidence, STAGE_GREETING, OUTCOME_TIMED_OUT, 40, 20000000);
}

#endif
