#include "tests/unit/tls_peer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(rows_) (sizeof(rows_) / sizeof((rows_)[0]))

/* Authorities: one that is trusted, one below it, one that nobody knows. */
static struct made root, middle, unknown;
/* Leaves. */
static struct made good, expired, early, alone, foreign, below, revoked, plain, address,
    client_only, partial, weak, late_root, wildcard;

static X509 *middle_sent[] = {NULL, NULL};

static const struct {
    const char *promise;
    const struct made *leaf;
    X509 *const *sent; /* behind it */
    const char *ca;
    const char *crl;
    const char *name;
    int code;
    enum tls_judgement holds;
} rows[] = {
    {"good", &good, NULL, "root.pem", NULL, "db1.example", X509_V_OK, TLS_HOLDS},
    {"good, another case", &good, NULL, "root.pem", NULL, "DB1.Example", X509_V_OK, TLS_HOLDS},
    {"no name was typed", &good, NULL, "root.pem", NULL, "", X509_V_OK, TLS_NOT_JUDGED},
    {"wrong name", &good, NULL, "root.pem", NULL, "db2.example", X509_V_OK, TLS_FAILS},
    {"no part of a name", &good, NULL, "root.pem", NULL, "example", X509_V_OK, TLS_FAILS},
    {"the common name counts for nothing beside DNS names", &good, NULL, "root.pem", NULL,
     "common.example", X509_V_OK, TLS_FAILS},
    {"the common name without them", &plain, NULL, "root.pem", NULL, "plain.example", X509_V_OK,
     TLS_HOLDS},
    {"an address", &address, NULL, "root.pem", NULL, "10.0.0.1", X509_V_OK, TLS_HOLDS},
    {"another address", &address, NULL, "root.pem", NULL, "10.0.0.2", X509_V_OK, TLS_FAILS},
    {"IPv6", &address, NULL, "root.pem", NULL, "FE80:0::1", X509_V_OK, TLS_HOLDS},
    {"IPv6 with a scope", &address, NULL, "root.pem", NULL, "fe80::1%eth0", X509_V_OK, TLS_HOLDS},
    {"an address as DNS name, as the mysql client has it", &address, NULL, "root.pem", NULL,
     "10.9.9.9", X509_V_OK, TLS_HOLDS},
    {"a wildcard", &wildcard, NULL, "root.pem", NULL, "db7.dbs.example", X509_V_OK, TLS_HOLDS},
    {"a wildcard of one label", &wildcard, NULL, "root.pem", NULL, "a.db7.dbs.example", X509_V_OK,
     TLS_FAILS},
    {"part of a label, as the mysql client has it", &partial, NULL, "root.pem", NULL,
     "db7.dbs.example", X509_V_OK, TLS_HOLDS},
    {"expired", &expired, NULL, "root.pem", NULL, "db1.example", X509_V_ERR_CERT_HAS_EXPIRED,
     TLS_HOLDS},
    {"not yet valid", &early, NULL, "root.pem", NULL, "db1.example", X509_V_ERR_CERT_NOT_YET_VALID,
     TLS_HOLDS},
    {"self-signed", &alone, NULL, "root.pem", NULL, "db1.example",
     X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TLS_HOLDS},
    {"self-signed and trusted", &alone, NULL, "alone.pem", NULL, "db1.example", X509_V_OK,
     TLS_HOLDS},
    {"unknown CA", &foreign, NULL, "root.pem", NULL, "db1.example",
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TLS_HOLDS},
    {"the system's CAs", &good, NULL, NULL, NULL, "db1.example",
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TLS_HOLDS},
    {"intermediate sent", &below, middle_sent, "root.pem", NULL, "db1.example", X509_V_OK,
     TLS_HOLDS},
    {"intermediate missing", &below, NULL, "root.pem", NULL, "db1.example",
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TLS_HOLDS},
    {"intermediate among the CAs", &below, NULL, "both.pem", NULL, "db1.example", X509_V_OK,
     TLS_HOLDS},
    {"an intermediate alone is no anchor", &below, NULL, "middle.pem", NULL, "db1.example",
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TLS_HOLDS},
    {"revoked", &revoked, NULL, "root.pem", "root.crl", "db1.example", X509_V_ERR_CERT_REVOKED,
     TLS_HOLDS},
    {"revoked, but no list was given", &revoked, NULL, "root.pem", NULL, "db1.example", X509_V_OK,
     TLS_HOLDS},
    {"not on the list", &good, NULL, "root.pem", "root.crl", "db1.example", X509_V_OK, TLS_HOLDS},
    {"no list of the intermediate", &below, middle_sent, "root.pem", "root.crl", "db1.example",
     X509_V_ERR_UNABLE_TO_GET_CRL, TLS_HOLDS},
    {"all lists", &below, middle_sent, "root.pem", "both.crl", "db1.example", X509_V_OK, TLS_HOLDS},
    {"revoked intermediate", &below, middle_sent, "root.pem", "middle-revoked.crl", "db1.example",
     X509_V_ERR_CERT_REVOKED, TLS_HOLDS},
    {"for clients only", &client_only, NULL, "root.pem", NULL, "db1.example",
     X509_V_ERR_INVALID_PURPOSE, TLS_HOLDS},
    {"a short key", &weak, NULL, "root.pem", NULL, "db1.example", X509_V_ERR_EE_KEY_TOO_SMALL,
     TLS_HOLDS},
    {"an expired CA", &late_root, NULL, "late.pem", NULL, "db1.example",
     X509_V_ERR_CERT_HAS_EXPIRED, TLS_HOLDS},
};

static void each_chain_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tls_settings ours = {.ca = rows[i].ca ? scratch_path(rows[i].ca) : NULL,
                                    .crl = rows[i].crl ? scratch_path(rows[i].crl) : NULL};
        struct tls_evidence facts = facts_of(
            ours, (struct peer_settings){.leaf = rows[i].leaf, .intermediates = rows[i].sent},
            rows[i].name);
        print_message("  %s\n", rows[i].promise);
        assert_true(facts.judged);
        assert_int_equal(facts.handshake, TLS_DONE);
        assert_int_equal(facts.verify_code, rows[i].code);
        assert_string_equal(facts.verify_text, X509_verify_cert_error_string(rows[i].code));
        assert_int_equal(facts.name, rows[i].holds);
    }
}

static void the_depth_of_what_is_wrong_is_kept(void **state)
{
    (void)state;
    struct tls_settings ours = {.ca = scratch_path("root.pem"),
                                .crl = scratch_path("middle-revoked.crl")};
    struct peer_settings theirs = {.leaf = &below, .intermediates = middle_sent};
    assert_int_equal(facts_of(ours, theirs, "").verify_depth, 1);
    ours.crl = NULL;
    assert_int_equal(facts_of(ours, theirs, "").verify_depth, 0);
}

/* The names of a folder's files are what `openssl rehash` would give them. */
static void a_folder_of_authorities_is_looked_through(void **state)
{
    (void)state;
    char name[32];
    snprintf(name, sizeof(name), "%08lx.0",
             X509_NAME_hash_ex(X509_get_subject_name(root.certificate), NULL, NULL, NULL));
    write_certificate(name, &root);
    struct tls_settings ours = {.capath = scratch_path("")};
    assert_int_equal(facts_of(ours, (struct peer_settings){.leaf = &good}, "").verify_code,
                     X509_V_OK);
    assert_int_equal(facts_of(ours, (struct peer_settings){.leaf = &foreign}, "").verify_code,
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

static void a_server_without_a_certificate_is_not_trusted(void **state)
{
    (void)state;
    struct tls_evidence facts = facts_of(
        (struct tls_settings){0},
        (struct peer_settings){.version = TLS1_2_VERSION, .ciphers = "aNULL:@SECLEVEL=0"}, "db1");
    assert_int_equal(facts.handshake, TLS_DONE);
    assert_int_equal(facts.verify_code, X509_V_ERR_UNSPECIFIED);
    assert_string_equal(facts.verify_text, "the server sent no certificate");
    assert_int_equal(facts.name, TLS_FAILS);
    assert_int_equal(facts.policy, TLS_FAILS);
}

static void the_first_end_in_the_chain_counts(void **state)
{
    static const struct {
        const struct made *leaf;
        X509 *const *sent;
        int days;
    } ends[] = {
        {&good, NULL, 89},    /* and 23 hours */
        {&expired, NULL, -1}, /* since an hour */
        {&below, NULL, 89},
        {&below, middle_sent, 9},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++)
        assert_int_equal(
            facts_of((struct tls_settings){0},
                     (struct peer_settings){.leaf = ends[i].leaf, .intermediates = ends[i].sent},
                     "")
                .days_left,
            ends[i].days);
}

static void versions_are_judged_where_they_were_given(void **state)
{
    static const struct {
        const char *ours;
        int theirs;
        enum tls_judgement allowed;
    } versions[] = {
        {NULL, TLS1_VERSION, TLS_NOT_JUDGED},
        {"TLSv1.2", TLS1_2_VERSION, TLS_HOLDS},
        {"TLSv1.3", TLS1_2_VERSION, TLS_FAILS},
        {"TLSv1.1,TLSv1.3", TLS1_2_VERSION, TLS_FAILS},
        {"TLSv1.1,TLSv1.3", TLS1_1_VERSION, TLS_HOLDS},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct tls_evidence facts =
            facts_of((struct tls_settings){.versions = versions[i].ours},
                     (struct peer_settings){.leaf = &good, .version = versions[i].theirs}, "");
        assert_int_equal(facts.version_allowed, versions[i].allowed);
        assert_int_equal(facts.cipher_allowed, TLS_NOT_JUDGED);
    }
}

/* Writes who is trusted, and what is revoked, the way the rows name it. */
static void write_files(void)
{
    X509_CRL *of_root = make_crl(&root, revoked.certificate);
    X509_CRL *of_root_middle = make_crl(&root, middle.certificate);
    X509_CRL *of_middle = make_crl(&middle, NULL);
    write_certificate("root.pem", &root);
    write_certificate("middle.pem", &middle);
    write_certificate("alone.pem", &alone);
    write_certificates("both.pem", (X509 *const[]){root.certificate, middle.certificate, NULL});
    write_crls("root.crl", (X509_CRL *const[]){of_root, NULL});
    write_crls("both.crl", (X509_CRL *const[]){of_root, of_middle, NULL});
    write_crls("middle-revoked.crl", (X509_CRL *const[]){of_root_middle, of_middle, NULL});
    X509_CRL_free(of_root);
    X509_CRL_free(of_root_middle);
    X509_CRL_free(of_middle);
}

static struct made made_for(struct recipe recipe)
{
    if (!recipe.subject)
        recipe.subject = "common.example";
    if (!recipe.alternatives)
        recipe.alternatives = "DNS:db1.example";
    return make_certificate(recipe);
}

static void make_leaves(void)
{
    good = made_for((struct recipe){.issuer = &root});
    expired = made_for((struct recipe){.issuer = &root, .ends = -3600});
    early = made_for((struct recipe){.issuer = &root, .begins = 3600});
    alone = made_for((struct recipe){0});
    foreign = made_for((struct recipe){.issuer = &unknown});
    below = made_for((struct recipe){.issuer = &middle});
    revoked = made_for((struct recipe){.issuer = &root});
    plain = make_certificate((struct recipe){.subject = "plain.example", .issuer = &root});
    address = made_for(
        (struct recipe){.issuer = &root, .alternatives = "IP:10.0.0.1,IP:fe80::1,DNS:10.9.9.9"});
    client_only = made_for((struct recipe){.issuer = &root, .usage = "clientAuth"});
    partial = made_for((struct recipe){.issuer = &root, .alternatives = "DNS:d*.dbs.example"});
    wildcard = made_for((struct recipe){.issuer = &root, .alternatives = "DNS:*.dbs.example"});
    weak = made_for((struct recipe){.issuer = &root, .rsa_bits = 1024});
}

static int make_all(void **state)
{
    (void)state;
    root = make_certificate((struct recipe){.subject = "root", .authority = true});
    middle = make_certificate((struct recipe){
        .subject = "middle", .issuer = &root, .authority = true, .ends = 10 * DAY - 3600});
    unknown = make_certificate((struct recipe){.subject = "unknown", .authority = true});
    struct made late =
        make_certificate((struct recipe){.subject = "late", .authority = true, .ends = -3600});
    late_root = made_for((struct recipe){.issuer = &late});
    write_certificate("late.pem", &late);
    unmake(&late);
    make_leaves();
    middle_sent[0] = middle.certificate;
    write_files();
    return 0;
}

static int unmake_all(void **state)
{
    struct made *all[] = {&root,  &middle,  &unknown,   &good,     &expired,     &early,
                          &alone, &below,   &foreign,   &plain,    &client_only, &partial,
                          &weak,  &revoked, &late_root, &wildcard, &address};
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        unmake(all[i]);
    scratch_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chain_is_judged),
        cmocka_unit_test(the_depth_of_what_is_wrong_is_kept),
        cmocka_unit_test(a_folder_of_authorities_is_looked_through),
        cmocka_unit_test(a_server_without_a_certificate_is_not_trusted),
        cmocka_unit_test(the_first_end_in_the_chain_counts),
        cmocka_unit_test(versions_are_judged_where_they_were_given),
    };
    return cmocka_run_group_tests(tests, make_all, unmake_all);
}
