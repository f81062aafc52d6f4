"""One password, several servers: who logs in first, who waits, and when the password is used no more."""

import contextlib
import signal
import subprocess
import threading
import time

from harness import LATE, PROCESS_START, Failure, expect, expect_equal, wait_until
from hosts import with_hosts
from login_suite import (ANSWERED, DENIED, DENY, PASSWORD, PLAIN, READY, TLS, USER, environment, judge_server, log_in,
                         suite)
from login_steps import hear_app, hear_statement, say_row
from packets import OK, Complaint, error
from promises import FIN_WAIT
from scripted import (Server, answer, close, hear_login, hear_nothing, hear_quit, hold, pause, say, take_login)
from tls_steps import hear_client_hello, hear_ssl_request, start_tls

TURN_WAIT = 1.5  # seconds behind a greeting that nobody answers yet
LOGIN = [say(PLAIN), hear_app, *ANSWERED]
BEHIND = pause(0.2)  # lets another one greet first
NOBODY = [BEHIND, say(PLAIN), hear_login, *DENY]
HANGS = [say(PLAIN), hear_app, hear_nothing]
REJECTS = [say(PLAIN), hear_app, *DENY]
WITHHELD = "login-withheld"


def either(peer):
    """Either login; who it was stands in peer.logins."""
    payload_user = USER if f"{USER}\0".encode() in peer_bytes(peer) else None
    take_login(peer, payload_user)


def peer_bytes(peer):
    while len(peer.inbox) < 60 and not peer.ended:
        peer.receive(10)
    return peer.inbox


def logins_of(server):
    return [login["user"] for login in server.logins]


@contextlib.contextmanager
def servers(*scripts):
    """One server for each (first script, script of later connections)."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Server(first, later)) for first, later in scripts]


def run(arguments, bound, *listening, **keywords):
    """A run that nobody complains of; its reports by port."""
    found = log_in([*arguments, *[server.target for server in listening]], bound, **keywords)
    for server in listening:
        judge_server(server, PASSWORD, 0, found)
    return {report["port"]: report for report in found.reports}, found


@suite.case
def second_target_waits():
    """The first login hangs: the second target ends anonymously after 1.5 s, and logs in when the first is through."""
    with servers((HANGS, [close]), (NOBODY, LOGIN)) as (first, second):
        reports, found = run(["-t", "6", "--ordered"], 6 + LATE + 1, first, second)
    expect(reports[first.port], "timed-out.login", stage="login")
    expect(reports[second.port], READY, notes=[], server_cost="log")  # both connections together
    expect_equal("logins", logins_of(second), ["obprobe_nobody", USER], str(found))
    at = second.peers[0].login_at[0]
    if not TURN_WAIT + 0.1 <= at <= TURN_WAIT + 0.5:
        raise Failure(f"the wait for a turn ended after {at:.2f} s")
    if reports[first.port]["seconds"] > 6 + LATE:
        raise Failure(f"late: {reports[first.port]['seconds']} s; {found}")


@suite.case
def deadline_ends_the_wait():
    """The wait for a turn ends with the deadline where that comes first, by an anonymous login."""
    with servers((HANGS, [close]), (NOBODY, [close])) as (first, second):
        reports, found = run(["-t", "1.2"], 1.2 + LATE, first, second)
    expect(reports[first.port], "timed-out.login", confidence="likely")
    expect(reports[second.port], "timed-out.login", confidence="possible", notes=[WITHHELD], login="anonymous")
    expect_equal("alternatives", reports[second.port]["alternatives"], [], str(found))
    if max(report["seconds"] for report in reports.values()) > 1.2 + LATE:
        raise Failure(f"late: {found}")
    expect_equal("logins", logins_of(second), ["obprobe_nobody"], str(found))


@suite.case
def total_timeout_ends_the_wait():
    """--total-timeout ends a wait for a turn in time, and no login follows."""
    with servers((HANGS, [close]), (NOBODY, [close])) as (first, second):
        reports, found = run(["-t", "20", "--total-timeout", "2"], 2 + LATE, first, second)
    expect_equal("reports", len(reports), 2, str(found))
    expect_equal("logins", logins_of(second), ["obprobe_nobody"], str(found))


@suite.case
def second_target_logs_in_after_the_first():
    """The second target waits for the first one's outcome, and then logs in on the same connection."""
    slow = [say(PLAIN), hear_app, pause(1), *ANSWERED]
    with servers((slow, [close]), ([BEHIND, *LOGIN], [close])) as (first, second):
        reports, found = run(["-t", "6"], 2, first, second)
    for report in reports.values():
        expect(report, READY, without_notes=[WITHHELD], server_cost="none")
    if second.peers[0].login_at[0] < 0.9:
        raise Failure(f"logged in before the first one's outcome: {second.peers[0].login_at}; {found}")


@suite.case
def accepted_once_then_side_by_side():
    """Once accepted, the others log in side by side."""
    slow = [say(PLAIN), hear_app, pause(0.5), *ANSWERED]
    with servers(*[(slow, [close])] * 4) as listening:
        reports, found = run(["-t", "6"], 2.2, *listening)
    for report in reports.values():
        expect(report, READY)
    if found.seconds > 1 + 0.5 + PROCESS_START:
        raise Failure(f"one after the other: {found.seconds:.2f} s")


@suite.case
def two_rejections_of_a_run():
    """Two targets reject the password: it is not used for the other four, which say so."""
    refusing = [say(PLAIN), either, pause(0.2), answer(DENIED), close]
    with servers(*[(refusing, [close])] * 6) as listening:
        reports, found = run(["-t", "6"], 3, *listening)
    users = [logins_of(server) for server in listening]
    expect_equal("connections with the password", users.count([USER]), 2, str(found))
    expect_equal("anonymous ones", users.count(["obprobe_nobody"]), 4, str(found))
    for server, user in zip(listening, users):
        if user == [USER]:
            expect(reports[server.port], "denied.credentials", without_notes=[WITHHELD])
        else:
            expect(reports[server.port], "denied.credentials", confidence="possible", notes=[WITHHELD],
                   login="anonymous", ready=False, server_cost="log")
    expect_equal("exit code", found.exit_code, 18, str(found))


@suite.case
def one_rejection_is_enough():
    """--max-rejections=1: one login, whatever the number of targets."""
    refusing = [say(PLAIN), either, pause(0.2), answer(DENIED), close]
    with servers(*[(refusing, [close])] * 4) as listening:
        _, found = run(["-t", "6", "--max-rejections=1"], 3, *listening)
    expect_equal("logins with the password", [logins_of(server) for server in listening].count([USER]), 1, str(found))


@suite.case
def locked_account():
    """A locked account counts as a rejection."""
    refusing = [say(PLAIN), either, answer(error(3955, "HY000")), close]
    with servers(*[(refusing, [close])] * 5) as listening:
        _, found = run(["-t", "6"], 3, *listening)
    expect_equal("logins with the password", [logins_of(server) for server in listening].count([USER]), 2, str(found))


@suite.case
def no_rejection():
    """Full, and a database that is not there: neither is a rejection, every target logs in."""
    for code, state in ((1040, "08004"), (1049, "42000")):
        with servers(*[([say(PLAIN), hear_app, answer(error(code, state)), close], [close])] * 5) as listening:
            run(["-t", "6"], 3, *listening)


@suite.case
def limit_of_our_own_making():
    """1226 beside another login of this run is tried once more, alone."""
    busy = [BEHIND, say(PLAIN), hear_app, pause(0.3), answer(error(1226, "42000")), close]
    slow = [BEHIND, say(PLAIN), hear_app, pause(1), *ANSWERED]
    with servers((LOGIN, [close]), (slow, [close]), (busy, LOGIN)) as listening:
        reports, found = run(["-t", "6"], 4, *listening)
    for report in reports.values():
        expect(report, READY)
    expect_equal("connections", [len(server.peers) for server in listening], [1, 1, 2], str(found))


@suite.case
def limit_of_others():
    """1226 without another login of this run stands, and is not tried again."""
    with servers(([say(PLAIN), hear_app, answer(error(1226, "42000")), close], [close])) as listening:
        reports, found = run(["-t", "6"], 2, *listening)
    expect(reports[listening[0].port], "unavailable.user-limit")
    expect_equal("connections", len(listening[0].peers), 1, str(found))


@suite.case
def closed_while_it_waits():
    """A server that closes on the one that waits for its turn is told as such."""
    hanging_up = [BEHIND, say(PLAIN), pause(0.3), close]
    with servers(([say(PLAIN), hear_app, pause(1), *ANSWERED], [close]), (hanging_up, [close])) as (first, second):
        reports, _ = run(["-t", "6"], 3, first, second)
    expect(reports[first.port], READY)
    expect(reports[second.port], "timed-out.login", confidence="possible", login="anonymous", server_cost="counted",
           notes=[WITHHELD, "counted"])


@suite.case
def told_off_while_it_waits():
    """A server that says ERR 1159 to the one that waits for its turn is quoted."""
    patience = [BEHIND, say(PLAIN), pause(0.3), answer(error(1159, "08S01"), 1), close]
    with servers(([say(PLAIN), hear_app, pause(1), *ANSWERED], [close]), (patience, [close])) as (first, second):
        reports, found = run(["-t", "6"], 3, first, second)
    expect(reports[first.port], READY)
    expect(reports[second.port], "unavailable.server-error", server_cost="counted")
    told = reports[second.port]["addresses"][0]["evidence"].get("server_error", {}).get("code")
    expect_equal("the server's error", told, 1159, str(found))


@suite.case
def hanging_tls_does_not_hold_the_turn():
    """TLS that hangs at one target keeps no other from its login."""
    hanging = [say(TLS), hear_ssl_request, hear_client_hello, hold()]
    with servers((hanging, [close]), (LOGIN, [close])) as (first, second):
        reports, _ = run(["-t", "3"], 3 + LATE, first, second)
    expect(reports[first.port], "timed-out.tls")
    expect(reports[second.port], READY)
    if reports[second.port]["seconds"] > 1:
        raise Failure(f"waited {reports[second.port]['seconds']} s")


@suite.case
def waits_inside_tls():
    """The wait for a turn inside TLS: then the login there."""
    slow = [say(TLS), start_tls(), hear_app, pause(1), *ANSWERED]
    with servers((slow, [close]), ([BEHIND, say(TLS), start_tls(), hear_app, *ANSWERED], [close])) as (first, second):
        reports, found = run(["-t", "6"], 2, first, second)
    for report in reports.values():
        expect(report, READY, without_notes=[WITHHELD], server_cost="none")
    if second.peers[0].login_at[0] < 0.9:
        raise Failure(f"logged in before the first one's outcome: {second.peers[0].login_at}; {found}")


@suite.case
def certificates_differ():
    """A certificate that fails at one target keeps the password from that one alone."""
    bad = [say(TLS), start_tls("unknown-ca"), hear_login, *DENY]
    good = [say(TLS), start_tls(), hear_app, *ANSWERED]
    with servers((bad, [close]), (good, [close]), (NOBODY, [close])) as listening:
        reports, found = run(["-t", "6", "--ssl-mode=verify-ca", "--ssl-ca={ca}"], 2, *listening)
    expect(reports[listening[0].port], "tls.untrusted", notes=[WITHHELD])
    expect(reports[listening[1].port], READY, notes=[])
    expect(reports[listening[2].port], "tls.not-offered", notes=[WITHHELD])
    expect_equal("exit code", found.exit_code, 17, str(found))


# ---- several addresses of a name ----

def addresses(scripts, arguments=("-t", "6"), bound=3, password=PASSWORD):
    """A name with an address for each script, on one port: the report, the servers, and the run."""
    with contextlib.ExitStack() as stack:
        listening = []
        for number, (first, later) in enumerate(scripts):
            port = listening[0].port if listening else 0
            listening.append(stack.enter_context(Server(first, later, host=f"127.0.3.{number + 1}", port=port)))
        hosts = [f"{server.host} db.test" for server in listening]
        with with_hosts(hosts) as prefix:
            found = log_in([*arguments, f"db.test:{listening[0].port}"], bound, password=password, prefix=prefix)
    for server in listening:
        judge_server(server, password, 0, found)
    return found.report, listening, found


@suite.case
def first_address_is_rejected():
    """The first address that greets rejects the password: the others get an anonymous login and say so."""
    refusing = [say(PLAIN), either, pause(0.3), answer(DENIED), close]
    report, listening, found = addresses([(refusing, [close])] * 4)
    users = [user for server in listening for user in logins_of(server)]
    expect_equal("logins", sorted(users), ["app", *["obprobe_nobody"] * 3], str(found))
    expect(report, "denied.credentials", notes=[WITHHELD], exit_code=18, ready=False)


@suite.case
def first_address_is_accepted():
    """The others log in with the accepted password, one at a time."""
    gate = threading.Lock()

    def alone(peer):
        if not gate.acquire(blocking=False):
            raise Complaint("two logins at a time")
        peer.receive(0)

    script = [say(PLAIN), hear_app, alone, pause(0.2), answer(OK), hear_statement, say_row, hear_quit,
              lambda peer: gate.release(), close]
    report, listening, found = addresses([(script, [close])] * 4)
    expect(report, READY, notes=[], server_cost="none")
    expect_equal("logins", [logins_of(server) for server in listening], [[USER]] * 4, str(found))


@suite.case
def first_address_gives_up():
    """The first address gives no answer for 3 s: the second one ends anonymously meanwhile, and is tried again."""
    slow = [say(PLAIN), hear_app, pause(3), close]
    report, listening, found = addresses([(slow, [close]), (NOBODY, LOGIN)], bound=4)
    expect(report, READY, notes=["address-dead"])
    expect_equal("logins", [logins_of(server) for server in listening], [[USER], ["obprobe_nobody", USER]], str(found))


@suite.case
def first_address_hangs():
    """The first address hangs until the deadline: the second one is not tried again behind it."""
    report, listening, found = addresses([(HANGS, [close]), (NOBODY, [close])], ("-t", "3"), bound=3 + LATE)
    expect(report, "timed-out.login", confidence="likely", ready=False, notes=[WITHHELD])
    expect_equal("logins", [logins_of(server) for server in listening], [[USER], ["obprobe_nobody"]], str(found))
    if report["seconds"] > 3 + LATE:
        raise Failure(f"late: {report['seconds']} s")


@suite.case
def no_second_proof():
    """A server behind another address that asks differently does not get a second try after a rejection."""
    refusing = [say(PLAIN), either, answer(DENIED), close]
    waiting = [say(TLS), start_tls(), either, answer(DENIED), close]
    _, listening, found = addresses([(refusing, [close]), (waiting, [close])])
    users = [user for server in listening for user in logins_of(server)]
    expect_equal("logins", sorted(users), ["app", "obprobe_nobody"], str(found))


# ---- signals ----

def end_by_signal(script, exit_code):
    """Interrupted when the script got so far: what is known is printed, within 0.2 s."""
    reached = threading.Event()
    with Server(script(reached)) as server:
        command = ["env", "--default-signal", suite.program, "-o", "json", "-u", USER, "-t", "20", server.target]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment()) as process:
            wait_until(reached.is_set, 5, "the login")
            time.sleep(0.1)
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            stdout, stderr = process.communicate(timeout=20)
            seconds = time.monotonic() - begin
    expect_equal("exit code", process.returncode, exit_code, stderr.decode())
    if seconds > FIN_WAIT + 0.3:
        raise Failure(f"ended only {seconds:.2f} s after the signal")
    if PASSWORD.encode() in stdout + stderr or b'"cause"' not in stdout:
        raise Failure(f"{stdout} {stderr}")
    judge_server(server, PASSWORD, 0, stdout)


def mark(reached):
    return lambda peer: reached.set()


for what, signalled in (
        ("the login", lambda reached: [say(PLAIN), hear_app, mark(reached), hear_nothing]),
        ("the statement", lambda reached: [say(PLAIN), hear_app, answer(OK), hear_statement, mark(reached), hear_quit,
                                           hear_nothing]),
        ("TLS", lambda reached: [say(TLS), hear_ssl_request, hear_client_hello, mark(reached), hold()]),
        ("a login inside TLS", lambda reached: [say(TLS), start_tls(), hear_app, mark(reached), hear_nothing])):
    suite.add(f"SIGTERM during {what}: what is known is printed, and it ends as well as it can", end_by_signal,
              signalled, 143)
