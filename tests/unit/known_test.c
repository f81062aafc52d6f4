#include "probe/run/known.h"
#include "probe/verdict/diagnose.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { PORT = 2883, BURST = 6, MANY = 3000 };

static struct known *known;

static int begin(void **state)
{
    (void)state;
    return known_new(&known);
}

static int end(void **state)
{
    (void)state;
    known_free(known);
    return 0;
}

static const struct ip one = {.family = 4, .bytes = {192, 0, 2, 1}};
static const struct ip other = {.family = 4, .bytes = {192, 0, 2, 2}};

static struct evidence connected(void)
{
    struct evidence evidence = {0};
    evidence.stages[STAGE_CONNECT].outcome = OUTCOME_PASSED;
    return evidence;
}

static struct evidence answered(uint16_t code)
{
    struct evidence evidence = connected();
    evidence.exchange.greeted = true;
    evidence.exchange.login_sent = true;
    evidence.exchange.error.code = code;
    return evidence;
}

static struct evidence turned_away(uint16_t code)
{
    struct evidence evidence = connected();
    evidence.exchange.error_in_greeting = true;
    evidence.exchange.error.code = code;
    return evidence;
}

static struct evidence only_greeted(void)
{
    struct evidence evidence = connected();
    evidence.exchange.greeted = true;
    return evidence;
}

#define HOST "db1.example"

static const struct login_identity app = {{1}}, other_login = {{2}}, anonymous;
static const struct asker asker = {.host = HOST, .login = &app},
                          alias = {.host = "alias.example", .login = &app},
                          other_asker = {.host = HOST, .login = &other_login},
                          nobody = {.host = HOST, .login = &anonymous};

static int learn(struct known *to, const struct ip *ip, uint16_t port,
                 const struct evidence *evidence, const struct tls_evidence *tls)
{
    struct ticket ticket = {.ip = *ip, .port = port};
    struct finding finding = {.evidence = evidence, .tls = tls};
    return known_learn(to, &ticket, &asker, &finding);
}

/* All zero where nothing is known. */
static struct finding found_by(const struct asker *who, const struct known *from,
                               const struct ip *ip, uint16_t port)
{
    struct finding found = {0};
    bool known_there = known_find(from, &(struct ticket){.ip = *ip, .port = port}, who, &found);
    assert_int_equal(known_there, found.evidence != NULL);
    return found;
}

/* Of plaintext targets there is no evidence of TLS. */
static const struct evidence *known_of(const struct known *from, const struct ip *ip, uint16_t port)
{
    struct finding found = found_by(&asker, from, ip, port);
    assert_null(found.tls);
    return found.evidence;
}

/* Rejected with the user's own name. */
static struct evidence rejected_login(void)
{
    struct evidence evidence = answered(1045);
    evidence.exchange.credentials = true;
    return evidence;
}

static struct evidence let_in(void)
{
    struct evidence evidence = rejected_login();
    evidence.exchange.error.code = 0;
    evidence.exchange.logged_in = true;
    evidence.exchange.statement_sent = true;
    evidence.exchange.statement_answered = true;
    return evidence;
}

/* An answer that proves nothing is one wrong password to a server. */
static struct evidence not_proved(void)
{
    struct evidence evidence = rejected_login();
    evidence.exchange.error.code = 1251;
    evidence.exchange.refusal = PROOF_NOT_SPOKEN;
    return evidence;
}

static struct evidence tls_left(void)
{
    struct evidence evidence = connected();
    evidence.exchange.greeted = true;
    evidence.exchange.ssl_request_sent = true;
    return evidence;
}

static struct evidence not_connected(void)
{
    return (struct evidence){.connect.error = 111};
}

static struct evidence silent(bool cut_short)
{
    struct evidence evidence = {.cut_short = cut_short};
    evidence.stages[STAGE_CONNECT].outcome = OUTCOME_TIMED_OUT;
    return evidence;
}

static struct evidence hung_up_without_a_login(void)
{
    return connected();
}

static void what_ends_all_probing_is_kept(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct evidence evidence;
        bool kept;
    } rows[] = {
        {"blocked, in the greeting's place", turned_away(1129), true},
        {"blocked, after the login", answered(1129), true},
        {"the server calls it a bad handshake", answered(1043), true},
        {"the greeting was left unanswered", only_greeted(), true},
        {"connected and hung up", hung_up_without_a_login(), true},
        {"silent to all that was sent", silent(false), true},
        {"silent, but the run ended first", silent(true), false},
        {"a rejected password", rejected_login(), true},
        {"a password that was let in", let_in(), false},
        {"a proof that was not given", not_proved(), true},
        {"an SSLRequest, and TLS was not completed", tls_left(), true},
        {"an ordinary rejection", answered(1045), false},
        {"full", turned_away(1040), false},
        {"not allowed from here", turned_away(1130), false},
        {"refused", not_connected(), false},
    };
    for (uint16_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("  %s\n", rows[i].name);
        assert_int_equal(learn(known, &one, (uint16_t)(PORT + i), &rows[i].evidence, NULL), 0);
        assert_int_equal(known_of(known, &one, (uint16_t)(PORT + i)) != NULL, rows[i].kept);
    }
}

static void who_comes_later_gets_the_evidence_of_who_came_first(void **state)
{
    (void)state;
    struct evidence first = turned_away(1129), second = only_greeted();
    assert_null(known_of(known, &one, PORT));
    assert_int_equal(learn(known, &one, PORT, &first, NULL), 0);
    assert_int_equal(learn(known, &one, PORT, &second, NULL), 0);
    const struct evidence *found = known_of(known, &one, PORT);
    assert_true(found->shared);
    first.shared = true;
    assert_memory_equal(found, &first, sizeof(first));
}

static void what_the_network_answered_is_not_asked_again(void **state)
{
    (void)state;
    struct evidence rejected = {0};
    assert_int_equal(learn(known, &one, PORT, &rejected, NULL), 0);
    assert_null(known_of(known, &one, PORT));
    rejected.connect.icmp.seen = true;
    assert_int_equal(learn(known, &one, PORT, &rejected, NULL), 0);
    assert_true(known_of(known, &one, PORT)->connect.icmp.seen);
}

static void it_holds_for_that_address_and_port_alone(void **state)
{
    (void)state;
    struct evidence blocked = turned_away(1129);
    struct ip v6 = one, scoped = one;
    v6.family = 6;
    scoped.scope = 7;
    assert_int_equal(learn(known, &one, PORT, &blocked, NULL), 0);
    assert_null(known_of(known, &other, PORT));
    assert_null(known_of(known, &v6, PORT));
    assert_null(known_of(known, &one, PORT + 1));
    assert_null(known_of(known, &scoped, PORT));
}

/* fe80::1 is another host on each link (RFC 4007). */
static void a_link_local_address_is_one_host_on_each_link(void **state)
{
    (void)state;
    struct evidence blocked = turned_away(1129);
    struct ip here = {.family = 6, .bytes = {0xfe, 0x80, [15] = 1}, .scope = 2}, there = here;
    there.scope = 3;
    assert_int_equal(learn(known, &here, PORT, &blocked, NULL), 0);
    assert_non_null(known_of(known, &here, PORT));
    assert_null(known_of(known, &there, PORT));
}

/* Of TLS there is a copy, which is not the first one's: that may be gone by then. */
static void who_comes_later_gets_the_tls_of_who_came_first(void **state)
{
    (void)state;
    struct evidence blocked = turned_away(1129), rejected = rejected_login();
    struct tls_evidence first = {.handshake = TLS_DONE, .version = 0x0304, .days_left = 7}, kept;
    memset(first.names, 'n', sizeof(first.names));
    kept = first;
    assert_int_equal(learn(known, &one, PORT, &rejected, &first), 0);
    assert_int_equal(learn(known, &one, PORT + 1, &blocked, NULL), 0);
    memset(&first, 0, sizeof(first));
    assert_int_equal(learn(known, &one, PORT, &rejected, &first), 0);
    struct finding found = found_by(&asker, known, &one, PORT);
    assert_true(found.evidence->shared);
    assert_ptr_not_equal(found.tls, &first);
    assert_memory_equal(found.tls, &kept, sizeof(kept));
    found = found_by(&asker, known, &one, PORT + 1);
    assert_non_null(found.evidence);
    assert_null(found.tls);
}

/* More than there are buckets, by address and by port. */
static void many_are_told_apart(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < MANY; i++) {
        struct ip ip = {.family = 4, .bytes = {192, 0, 2, (uint8_t)(i % 2)}};
        struct evidence evidence = turned_away(1129);
        evidence.exchange.connection_id = i;
        assert_int_equal(learn(known, &ip, i, &evidence, NULL), 0);
    }
    for (uint16_t i = 0; i < MANY; i++) {
        struct ip ip = {.family = 4, .bytes = {192, 0, 2, (uint8_t)(i % 2)}};
        struct ip wrong = {.family = 4, .bytes = {192, 0, 2, (uint8_t)(i % 2 + 2)}};
        assert_int_equal(known_of(known, &ip, i)->exchange.connection_id, i);
        assert_null(known_of(known, &wrong, i));
    }
}

static struct icmp_facts icmp(uint8_t code)
{
    return (struct icmp_facts){.seen = true, .family = 4, .type = 3, .code = code};
}

/* Linux: icmp_ratelimit's burst of 6. Up to that each rejection would have got its own error. */
static void an_icmp_error_is_borrowed_once_the_senders_limit_is_in_play(void **state)
{
    (void)state;
    struct icmp_facts untouched, lent;
    memset(&lent, 0x5a, sizeof(lent));
    untouched = lent;
    for (uint8_t i = 1; i <= BURST; i++) {
        struct icmp_facts next = icmp(i);
        assert_false(known_borrow_icmp(known, &one, &lent));
        assert_memory_equal(&lent, &untouched, sizeof(lent));
        assert_int_equal(known_learn_icmp(known, &one, &next), 0);
    }
    assert_true(known_borrow_icmp(known, &one, &lent));
    assert_true(lent.borrowed);
    assert_true(lent.seen);
    assert_int_equal(lent.type, 3);
    assert_int_equal(lent.code, BURST);
}

static void icmp_errors_are_counted_by_address(void **state)
{
    (void)state;
    struct icmp_facts rejected = icmp(13), lent;
    for (int i = 0; i < BURST; i++) {
        const struct ip *to = i % 2 ? &one : &other;
        assert_int_equal(known_learn_icmp(known, to, &rejected), 0);
    }
    assert_false(known_borrow_icmp(known, &one, &lent));
    assert_false(known_borrow_icmp(known, &other, &lent));
    for (int i = 0; i < BURST / 2; i++)
        assert_int_equal(known_learn_icmp(known, &one, &rejected), 0);
    assert_true(known_borrow_icmp(known, &one, &lent));
    assert_false(known_borrow_icmp(known, &other, &lent));
    assert_null(known_of(known, &one, 0));
}

#define KNOWN_TEST(test_) cmocka_unit_test_setup_teardown(test_, begin, end)

/* Another name of the same server is another certificate: only that the password is not used there
 * is shared. */
static void a_rejected_password_is_shared_under_its_own_name_only(void **state)
{
    (void)state;
    struct evidence evidence = rejected_login();
    struct ticket ticket = {.ip = one, .port = PORT};
    assert_false(known_rejected(known, &ticket, &asker));
    assert_int_equal(known_learn(known, &ticket, &asker, &(struct finding){.evidence = &evidence}),
                     0);
    assert_non_null(found_by(&asker, known, &one, ticket.port).evidence);
    assert_null(found_by(&alias, known, &one, ticket.port).evidence);
    assert_true(known_rejected(known, &ticket, &asker));
    struct evidence blocked = turned_away(1129);
    ticket.port = PORT + 1;
    assert_int_equal(known_learn(known, &ticket, &asker, &(struct finding){.evidence = &blocked}),
                     0);
    assert_non_null(found_by(&alias, known, &one, ticket.port).evidence);
    assert_false(known_rejected(known, &ticket, &asker));
}

/* Another login there is another question; what a connection may cost is not. */
static void a_rejected_password_is_shared_with_its_own_login_only(void **state)
{
    (void)state;
    struct evidence rejected = rejected_login(), blocked = turned_away(1129);
    struct ticket ticket = {.ip = one, .port = PORT};
    assert_int_equal(known_learn(known, &ticket, &asker, &(struct finding){.evidence = &rejected}),
                     0);
    assert_null(found_by(&other_asker, known, &one, ticket.port).evidence);
    assert_false(known_rejected(known, &ticket, &other_asker));
    assert_null(found_by(&nobody, known, &one, ticket.port).evidence);
    assert_int_equal(
        known_learn(known, &ticket, &other_asker, &(struct finding){.evidence = &rejected}), 0);
    assert_true(known_rejected(known, &ticket, &other_asker));
    assert_true(known_rejected(known, &ticket, &asker));
    assert_false(known_rejected(known, &ticket, &nobody));
    assert_int_equal(known_learn(known, &ticket, &asker, &(struct finding){.evidence = &blocked}),
                     0);
    assert_non_null(found_by(&nobody, known, &one, ticket.port).evidence);
    assert_int_equal(found_by(&asker, known, &one, ticket.port).evidence->exchange.error.code,
                     1129);
}

/* A proof that was not given, and nothing came after it: nothing else is tried there. */
static void a_rejection_that_counts_is_shared_with_all(void **state)
{
    (void)state;
    struct evidence open = not_proved();
    struct ticket ticket = {.ip = one, .port = PORT};
    open.exchange.error.code = 0;
    assert_int_equal(diagnose_password(&open.exchange), PASSWORD_REJECTED);
    assert_int_equal(diagnose_cost(&open), COST_COUNTED);
    assert_int_equal(known_learn(known, &ticket, &asker, &(struct finding){.evidence = &open}), 0);
    assert_non_null(found_by(&alias, known, &one, PORT).evidence);
    assert_non_null(found_by(&other_asker, known, &one, PORT).evidence);
    assert_false(known_rejected(known, &ticket, &other_asker));
}

/* Only compared, never looked into. */
static const char authorities[2];
#define CLIENT(number_) ((const struct tls_client *)(const void *)&authorities[number_])

static void what_was_found_with_other_tls_says_so(void **state)
{
    (void)state;
    const struct {
        const char *name;
        enum tls_mode first, second;
        const struct tls_client *first_client, *second_client;
        bool greeted, offered, other;
    } rows[] = {
        {"the same", TLS_REQUIRED, TLS_REQUIRED, CLIENT(0), CLIENT(0), true, true, false},
        {"another mode", TLS_PREFERRED, TLS_DISABLED, CLIENT(0), NULL, true, true, true},
        {"other authorities", TLS_VERIFY_CA, TLS_VERIFY_CA, CLIENT(0), CLIENT(1), true, true, true},
        {"the first had none", TLS_DISABLED, TLS_PREFERRED, NULL, CLIENT(0), true, true, true},
        {"not offered, nor required", TLS_DISABLED, TLS_PREFERRED, NULL, CLIENT(0), true, false,
         false},
        {"not offered, the first required it", TLS_REQUIRED, TLS_PREFERRED, CLIENT(0), CLIENT(0),
         true, false, true},
        {"not offered, the second requires it", TLS_PREFERRED, TLS_REQUIRED, CLIENT(0), CLIENT(0),
         true, false, true},
        {"never greeted", TLS_PREFERRED, TLS_DISABLED, CLIENT(0), NULL, false, false, false},
    };
    for (uint16_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct asker first = asker, second = other_asker;
        struct ticket ticket = {.ip = one, .port = (uint16_t)(PORT + i)};
        struct evidence evidence = rows[i].greeted ? tls_left() : silent(false);
        evidence.exchange.capabilities = rows[i].offered ? CLIENT_SSL : 0;
        first.tls_mode = rows[i].first;
        first.tls = rows[i].first_client;
        second.tls_mode = rows[i].second;
        second.tls = rows[i].second_client;
        print_message("  %s\n", rows[i].name);
        assert_int_equal(
            known_learn(known, &ticket, &first, &(struct finding){.evidence = &evidence}), 0);
        assert_false(found_by(&first, known, &one, ticket.port).other_tls);
        struct finding found = found_by(&second, known, &one, ticket.port);
        assert_non_null(found.evidence);
        assert_int_equal(found.other_tls, rows[i].other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(a_rejected_password_is_shared_with_its_own_login_only),
        KNOWN_TEST(what_ends_all_probing_is_kept),
        KNOWN_TEST(who_comes_later_gets_the_evidence_of_who_came_first),
        KNOWN_TEST(who_comes_later_gets_the_tls_of_who_came_first),
        KNOWN_TEST(what_was_found_with_other_tls_says_so),
        KNOWN_TEST(a_rejection_that_counts_is_shared_with_all),
        KNOWN_TEST(it_holds_for_that_address_and_port_alone),
        KNOWN_TEST(what_the_network_answered_is_not_asked_again),
        KNOWN_TEST(a_link_local_address_is_one_host_on_each_link),
        KNOWN_TEST(many_are_told_apart),
        KNOWN_TEST(a_rejected_password_is_shared_under_its_own_name_only),
        KNOWN_TEST(an_icmp_error_is_borrowed_once_the_senders_limit_is_in_play),
        KNOWN_TEST(icmp_errors_are_counted_by_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
