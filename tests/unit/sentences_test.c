/* Facts of a name and of an address, and the sentences about them. */
#include "probe/render/words.h"
#include "tests/unit/render_fixtures.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- what each situation is changed to ---- */

static void an_unnamed_icmp_keeps_its_numbers(struct evidence *evidence)
{
    evidence->connect.icmp.type = 40;
    evidence->connect.icmp.code = 9;
}

static void from_the_target(struct evidence *evidence)
{
    evidence->connect.icmp.from = ip_from("10.1.2.3");
    evidence->connect.icmp.from_target = true;
    evidence->connect.icmp.borrowed = true;
}

static void from_this_machine(struct evidence *evidence)
{
    evidence->connect.icmp.code = 1;
    evidence->connect.icmp.from = ip_from("10.1.7.9");
    evidence->connect.icmp.from_self = true;
    evidence->connect.icmp.after_us = 3050000;
}

static void as_icmpv6(struct evidence *evidence)
{
    evidence->connect.icmp = (struct icmp_facts){.seen = true,
                                                 .family = 6,
                                                 .type = 1,
                                                 .code = 5,
                                                 .from = ip_from("2001:db8::1"),
                                                 .after_us = 900};
}

static void with_only_port(struct evidence *evidence)
{
    evidence->only_port = true;
    evidence->connect.life.ran = false;
}

static void with_one_syn(struct evidence *evidence)
{
    evidence->connect.tcp = (struct tcp_facts){.retrans = 1};
    evidence->connect.life = (struct life_facts){0};
}

static void stopped_by_its_own_output(struct evidence *evidence)
{
    evidence->connect.tcp = (struct tcp_facts){.total_retrans = 2};
    evidence->connect.life = (struct life_facts){0};
}

static void stopped_by_its_own_input(struct evidence *evidence)
{
    evidence->connect.life.control_answers = evidence->connect.life.echo_answers = 0;
    evidence->connect.life.lossy = false;
    evidence->connect.life.input_drops = 9;
    evidence->connect.life.drops_expected = 8;
}

static void after_an_icmp_that_nobody_showed(struct evidence *evidence)
{
    evidence->connect.error = EHOSTUNREACH;
    evidence->connect.no_error_queue = true;
}

static void perhaps_by_icmp(struct evidence *evidence)
{
    evidence->connect.no_error_queue = true;
}

static void reset_while_connecting(struct evidence *evidence)
{
    evidence->connect.error = ECONNRESET;
}

static void by_a_route_rule(struct evidence *evidence)
{
    evidence->connect.error = evidence->connect.route_error = EACCES;
}

static void at_bind(struct evidence *evidence)
{
    evidence->connect.failed_call = CALL_BIND;
    evidence->connect.error = EADDRNOTAVAIL;
}

static void on_a_dead_link(struct evidence *evidence)
{
    evidence->connect.link_down = true;
    snprintf(evidence->connect.interface, INTERFACE_NAME, "eth0");
}

static void by_an_anonymous_account(struct evidence *evidence)
{
    evidence->exchange.logged_in = true;
    evidence->exchange.error = (struct server_error){0};
}

static void with_an_expired_password(struct evidence *evidence)
{
    error_said(evidence, 1862, "HY000", "Your password has expired");
}

static void full_after_the_login(struct evidence *evidence)
{
    error_said(evidence, 1203, "42000", "Too many sessions");
}

static void without_a_message(struct evidence *evidence)
{
    error_said(evidence, 1105, "", "");
}

static void of_version_nine(struct evidence *evidence)
{
    evidence->exchange.greeting_bad = false;
    evidence->exchange.old_protocol = true;
    evidence->exchange.services = 0;
    evidence->exchange.first_length = 0;
}

static void of_bytes_that_are_no_text(struct evidence *evidence)
{
    memcpy(evidence->exchange.first_bytes, "\x15\x03\x03\x00\x02\x02\x28", 7);
    evidence->exchange.first_length = evidence->exchange.bytes_received = 7;
    evidence->exchange.services = 0;
    evidence->exchange.blind = true;
    evidence->exchange.login_wait_us = 1;
    evidence->exchange.ending = ENDING_CLOSED;
}

static void of_half_a_greeting(struct evidence *evidence)
{
    memcpy(evidence->exchange.first_bytes, "\x4a", 1);
    evidence->exchange.first_length = evidence->exchange.bytes_received = 1;
    evidence->exchange.greeting_bad = false;
    evidence->exchange.greeting_partial = true;
    evidence->exchange.services = 0;
}

static void of_one_of_two(struct evidence *evidence)
{
    evidence->exchange.services = SERVICE_BIT(SERVICE_SMTP) | SERVICE_BIT(SERVICE_FTP);
}

static void unacknowledged(struct evidence *evidence)
{
    evidence->exchange.ending = ENDING_OPEN;
    evidence->exchange.asked_again = false;
    evidence->exchange.services = 0;
    evidence->connect.tcp.unacked = 1;
}

static void reset_before_a_byte(struct evidence *evidence)
{
    evidence->exchange.ending = ENDING_RESET;
    evidence->exchange.blind = evidence->exchange.login_sent = false;
    evidence->exchange.asked_again = false;
    evidence->exchange.services = 0;
}

static void reset_after(struct evidence *evidence)
{
    evidence->exchange.ending = ENDING_RESET;
}

static void out_of_order(struct evidence *evidence)
{
    evidence->exchange.wrong_sequence = true;
}

static void badly_formed(struct evidence *evidence)
{
    evidence->exchange.reply_bad = true;
}

static void ended_early(struct evidence *evidence)
{
    evidence->cut_short = true;
}

static void found_with_other_tls(struct evidence *evidence)
{
    evidence->other_tls = true;
}

static void as_it_is(struct evidence *evidence)
{
    (void)evidence;
}

/* ---- what is then said ---- */

static const struct told {
    void (*situation)(struct fixture *fixture);
    void (*change)(struct evidence *evidence);
    const char *line; /* one of the sentences */
} told[] = {
    {rejected_by_a_router, as_it_is,
     "10.0.1.1, a router, answered with ICMP \"communication administratively prohibited\" (type "
     "3, code 13) after 2.1 ms."},
    {rejected_by_a_router, an_unnamed_icmp_keeps_its_numbers,
     "10.0.1.1, a router, answered with ICMP (type 40, code 9) after 2.1 ms."},
    {rejected_by_a_router, from_the_target,
     "10.1.2.3, the target itself, answered with ICMP \"communication administratively "
     "prohibited\" (type 3, code 13) after 2.1 ms."},
    {rejected_by_a_router, from_the_target,
     "The message came for another connection of this run to the same address and port."},
    {rejected_by_a_router, from_this_machine,
     "This machine's own kernel (10.1.7.9) answered with ICMP \"host unreachable\" (type 3, code "
     "1) "
     "after 3.05 s."},
    {rejected_by_a_router, as_icmpv6,
     "2001:db8::1, a router, answered with ICMPv6 \"source address failed ingress/egress policy\" "
     "(type 1, code 5) after 0.9 ms."},

    {dropped_while_alive, as_it_is, "No answer to 8 SYNs to 10.1.2.3 port 2883 in 3.06 s."},
    {dropped_while_alive, as_it_is,
     "Meanwhile the host answered 6 of 7 SYNs to port 33441 and 3 of 3 echo requests, so it is "
     "alive."},
    {dropped_while_alive, as_it_is,
     "Some of its answers are missing: packets get lost on the way."},
    {dropped_while_alive, with_only_port, "The host was asked for nothing else (--only-port)."},
    {dropped_while_alive, with_one_syn, "No answer to 1 SYN to 10.1.2.3 port 2883 in 3.06 s."},
    {dropped_while_alive, stopped_by_its_own_output,
     "The kernel counted 2 retransmissions of the SYN and could not send them."},
    {dropped_while_alive, stopped_by_its_own_input,
     "Meanwhile 9 packets reached this machine and went to no socket."},
    {silent_without_a_sign_of_life, as_it_is,
     "No other sign of life came: it answered 0 of 7 SYNs to port 33500 and 0 of 5 echo "
     "requests."},

    {refused, as_it_is, "10.1.2.3 answered the SYN to port 2883 with a reset after 0.3 ms."},
    {refused, perhaps_by_icmp,
     "The attempt to connect to 10.1.2.3 port 2883 was refused after 0.3 ms; this kernel does not "
     "say whether by a reset or by an ICMP message."},
    {refused, reset_while_connecting,
     "10.1.2.3 accepted the connection to port 2883 and reset it at once, after 0.3 ms."},
    {refused, after_an_icmp_that_nobody_showed,
     "The attempt to connect to 10.1.2.3 port 2883 ended with EHOSTUNREACH, \"No route to host\" "
     "after 0.3 ms."},
    {refused, after_an_icmp_that_nobody_showed,
     "This kernel does not say who answered, or with which ICMP message."},

    {no_route, as_it_is,
     "On this machine, connect() to 2001:db8::5 failed with ENETUNREACH, \"Network is "
     "unreachable\"; nothing was sent."},
    {no_route, by_a_route_rule,
     "The routing table, asked for the address alone, says EACCES, \"Permission denied\"."},
    {no_route, at_bind,
     "On this machine, bind() on the way to 2001:db8::5 failed with EADDRNOTAVAIL, \"Cannot assign "
     "requested address\"; nothing was sent."},
    {no_route, on_a_dead_link, "Interface eth0 is down or has no carrier."},

    {tls_not_offered, found_with_other_tls,
     "Another target of this run, with other TLS settings, found that; nothing else was tried "
     "there."},

    {ready, as_it_is,
     "MariaDB 10.11.19 at 127.0.0.1 completed the handshake in 1.2 ms; 'Access denied' to "
     "obprobe_nobody is the expected answer."},
    {ready, by_an_anonymous_account,
     "MariaDB 10.11.19 at 127.0.0.1 completed the handshake in 1.2 ms; it let obprobe_nobody in "
     "without a password: an anonymous account exists."},
    {ready, with_an_expired_password,
     "MariaDB 10.11.19 at 127.0.0.1 completed the handshake in 1.2 ms; error 1862 to "
     "obprobe_nobody concerns that account alone."},
    {ready, full_after_the_login,
     "MariaDB 10.11.19 at 127.0.0.1 answered the login after 1.2 ms with error 1203 (42000): "
     "\"Too many sessions\"."},
    {ready, without_a_message,
     "MariaDB 10.11.19 at 127.0.0.1 answered the login after 1.2 ms with error 1105."},
    {stopped_at_the_greeting, as_it_is, "MySQL 8.0.36 at 10.1.2.3 greeted in 0.7 ms."},

    {another_service, as_it_is, "10.1.2.3 port 22 sent 40 bytes, no MySQL greeting."},
    {another_service, as_it_is, "It begins with \"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\"."},
    {another_service, as_it_is, "That fits an SSH server."},
    {another_service, of_one_of_two, "That fits an SMTP server, or an FTP server."},
    {another_service, of_version_nine, "10.1.2.3 greeted after 5.4 ms with protocol version 9."},
    {another_service, of_bytes_that_are_no_text,
     "10.1.2.3 port 22 sent 7 bytes when it was spoken to, no MySQL greeting, and closed the "
     "connection."},
    {another_service, of_bytes_that_are_no_text, "It begins with the bytes 15 03 03 00 02 02 28."},
    {another_service, of_half_a_greeting,
     "10.1.2.3 port 22 sent 1 byte, the beginning of a greeting."},

    {closed_without_a_byte, as_it_is,
     "10.1.2.3 port 2883 accepted the connection in 0.4 ms and closed it without a byte after 3.00 "
     "s."},
    {closed_without_a_byte, as_it_is,
     "A login packet was sent to it unasked, 2.0 ms before the end."},
    {closed_without_a_byte, as_it_is, "A second connection with a TLS ClientHello got a close."},
    {closed_without_a_byte, unacknowledged,
     "10.1.2.3 port 2883 accepted the connection in 0.4 ms and sent nothing in 3.00 s."},
    {closed_without_a_byte, unacknowledged, "It never acknowledged what was sent to it."},
    {closed_without_a_byte, reset_before_a_byte,
     "10.1.2.3 port 2883 accepted the connection in 0.4 ms and reset it without a byte after 3.00 "
     "s."},

    {closed_after_the_login, as_it_is,
     "It closed the connection 15.02 s after the login packet, without a word."},
    {closed_after_the_login, reset_after,
     "The connection was reset 15.02 s after the login packet."},
    {closed_after_the_login, out_of_order,
     "Its answer to the login, after 15.02 s, has the wrong sequence number."},
    {closed_after_the_login, badly_formed,
     "Its answer to the login, after 15.02 s, is no well-formed packet."},
    {silent_after_the_login, as_it_is, "No answer to the login packet came in 8.00 s."},
    {silent_after_the_login, ended_early, "The run was ended before the probe was through."},

    {hostile_refusal, as_it_is,
     "The server at 10.1.2.3 sent, in place of its greeting and after 0.7 ms, error 1130: \"Host "
     "'10.1.7.9'\\x1B[2J\\x0D\\x0Ais not \\u{202E} allowed\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
     "{target}\"."},
};

static bool says(const struct words *words, const char *line)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->line[i], line) == 0)
            return true;
    for (size_t i = 0; i < words->count; i++)
        print_error("said: %s\n", words->line[i]);
    return false;
}

static void each_fact_is_told(void **state)
{
    (void)state;
    static const struct fold_rules rules;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct fixture fixture;
        struct words words;
        told[i].situation(&fixture);
        told[i].change(&fixture.addresses[0].evidence);
        report_fold(&fixture.report, &rules);
        words_evidence(&fixture.report, &fixture.addresses[0], &words);
        if (!says(&words, told[i].line))
            fail_msg("not said: %s", told[i].line);
    }
}

static void a_name_is_told_by_the_resolvers_answer(void **state)
{
    (void)state;
    static const struct {
        struct resolution_facts resolution;
        const char *line;
    } rows[] = {
        {{.asked = true, .answered = true, .eai = EAI_AGAIN, .duration_us = 10000000},
         "The resolver of this machine answered for db1.exmaple after 10.00 s: Temporary failure "
         "in name resolution (EAI_AGAIN)."},
        {{.asked = true, .answered = true, .eai = EAI_SYSTEM, .system_error = EMFILE},
         "The resolver of this machine answered for db1.exmaple after 0.00 ms: Too many open files "
         "(EAI_SYSTEM)."},
        {{.asked = true, .duration_us = 20000000},
         "The resolver of this machine gave no answer for db1.exmaple in 20.00 s."},
        {{.asked = true, .answered = true, .duration_us = 400},
         "The resolver of this machine answered for db1.exmaple after 0.4 ms, with no address."},
        {{0}, "The resolver was never asked for db1.exmaple: no lookup could be started in time."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture fixture;
        struct words words;
        name_not_found(&fixture);
        fixture.report.resolution = rows[i].resolution;
        words_evidence(&fixture.report, NULL, &words);
        assert_true(says(&words, rows[i].line));
    }
}

/* With --all-addresses no single address has the verdict then. */
static void more_addresses_than_are_probed_are_told(void **state)
{
    (void)state;
    struct fixture fixture;
    struct words words;
    ready(&fixture);
    fixture.report.resolution.address_count = 40;
    report_fold(&fixture.report, &(struct fold_rules){.all_addresses = true});
    assert_int_equal(fixture.report.decisive, 1);
    words_evidence(&fixture.report, NULL, &words);
    assert_true(says(&words, "The name has 40 addresses, of which the first 1 were probed."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fact_is_told),
        cmocka_unit_test(a_name_is_told_by_the_resolvers_answer),
        cmocka_unit_test(more_addresses_than_are_probed_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
