#include "probe/run/known.h"
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
static const struct asker asker = {HOST, &app}, alias = {"alias.example", &app},
                          other_asker = {HOST, &other_login}, nobody = {HOST, &anonymous};

static int learn(struct known *to, const struct ip *ip, uint16_t port,
                 const struct evidence *evidence, const struct tls_evidence *tls)
{
    struct ticket ticket = {.ip = *ip, .port = port};
    return known_learn(to, &ticket, &asker, evidence, tls);
}

/* Of plaintext targets there is no evidence of TLS. */
static const struct evidence *known_of(const struct known *from, const struct ip *ip, uint16_t port)
{
    const struct tls_evidence *tls;
    const struct evidence *found =
        known_find(from, &(struct ticket){.ip = *ip, .port = port}, &asker, &tls);
    assert_null(tls);
    return found;
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
    const struct tls_evidence *found = NULL;
    memset(first.names, 'n', sizeof(first.names));
    kept = first;
    assert_int_equal(learn(known, &one, PORT, &rejected, &first), 0);
    assert_int_equal(learn(known, &one, PORT + 1, &blocked, NULL), 0);
    memset(&first, 0, sizeof(first));
    assert_int_equal(learn(known, &one, PORT, &rejected, &first), 0);
    assert_true(
        known_find(known, &(struct ticket){.ip = one, .port = PORT}, &asker, &found)->shared);
    assert_ptr_not_equal(found, &first);
    assert_memory_equal(found, &kept, sizeof(kept));
    assert_non_null(
        known_find(known, &(struct ticket){.ip = one, .port = PORT + 1}, &asker, &found));
    assert_null(found);
}

static void where_nothing_is_known_there_is_no_tls_either(void **state)
{
    (void)state;
    static const struct tls_evidence other_one;
    const struct tls_evidence *found = &other_one;
    struct evidence ordinary = answered(1045);
    assert_int_equal(learn(known, &one, PORT, &ordinary, &other_one), 0);
    assert_null(known_find(known, &(struct ticket){.ip = one, .port = PORT}, &asker, &found));
    assert_null(found);
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
    const struct tls_evidence *tls;
    assert_false(known_rejected(known, &ticket, &asker));
    assert_int_equal(known_learn(known, &ticket, &asker, &evidence, NULL), 0);
    assert_non_null(known_find(known, &ticket, &asker, &tls));
    assert_null(known_find(known, &ticket, &alias, &tls));
    assert_true(known_rejected(known, &ticket, &asker));
    struct evidence blocked = turned_away(1129);
    ticket.port = PORT + 1;
    assert_int_equal(known_learn(known, &ticket, &asker, &blocked, NULL), 0);
    assert_non_null(known_find(known, &ticket, &alias, &tls));
    assert_false(known_rejected(known, &ticket, &asker));
}

/* Another login there is another question; what a connection may cost is not. */
static void a_rejected_password_is_shared_with_its_own_login_only(void **state)
{
    (void)state;
    struct evidence rejected = rejected_login(), blocked = turned_away(1129);
    struct ticket ticket = {.ip = one, .port = PORT};
    const struct tls_evidence *tls;
    assert_int_equal(known_learn(known, &ticket, &asker, &rejected, NULL), 0);
    assert_null(known_find(known, &ticket, &other_asker, &tls));
    assert_false(known_rejected(known, &ticket, &other_asker));
    assert_null(known_find(known, &ticket, &nobody, &tls));
    assert_int_equal(known_learn(known, &ticket, &other_asker, &rejected, NULL), 0);
    assert_true(known_rejected(known, &ticket, &other_asker));
    assert_true(known_rejected(known, &ticket, &asker));
    assert_false(known_rejected(known, &ticket, &nobody));
    assert_int_equal(known_learn(known, &ticket, &asker, &blocked, NULL), 0);
    assert_non_null(known_find(known, &ticket, &nobody, &tls));
    assert_int_equal(known_find(known, &ticket, &asker, &tls)->exchange.error.code, 1129);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(a_rejected_password_is_shared_with_its_own_login_only),
        KNOWN_TEST(what_ends_all_probing_is_kept),
        KNOWN_TEST(who_comes_later_gets_the_evidence_of_who_came_first),
        KNOWN_TEST(who_comes_later_gets_the_tls_of_who_came_first),
        KNOWN_TEST(where_nothing_is_known_there_is_no_tls_either),
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
