"""Many servers at once that are good to the wire and keep libmariadb waiting: the deadline holds, whatever its
threads do, and who is not concerned is not held up."""

import contextlib
import signal
import subprocess
import time
from urllib.parse import quote_plus

from harness import LATE, PROCESS_START, Failure, expect, expect_equal, wait_until, with_suppressions
from login_suite import (ANSWERED, PLAIN, READY, SHA2, TLS, environment, judge_server, log_in, suite)
from login_steps import PASSWORD, USER, hear_app, hear_statement, say_row
from packets import FAST_AUTH_SUCCESS, OK, packet
from scripted import Server, answer, drip, hear_quit, hold, pause, say, until_gone
from tls_steps import hear_client_hello, hear_ssl_request, start_tls

SERVERS, THREADS = 20, 16
FAST = answer(FAST_AUTH_SUCCESS)
INCONCLUSIVE = "client-inconclusive"
SERVED = [answer(OK), hear_statement, say_row, hear_quit, hold()]
NATIVE_WIRE, TLS_WIRE = [say(PLAIN), hear_app, *ANSWERED], [say(TLS), start_tls(), hear_app, *ANSWERED]
STAGES = [
    ("no greeting", NATIVE_WIRE, []),
    ("half a greeting", NATIVE_WIRE, [say(PLAIN[:20])]),
    ("a greeting byte by byte", NATIVE_WIRE, [drip(PLAIN, 1)]),
    ("behind the SSLRequest", TLS_WIRE, [say(TLS), hear_ssl_request, hear_client_hello]),
    ("inside TLS", TLS_WIRE, [say(TLS), start_tls(), hear_app]),
    ("behind the login", NATIVE_WIRE, [say(PLAIN), hear_app]),
    ("an OK byte by byte", NATIVE_WIRE, [say(PLAIN), hear_app, drip(packet(2, OK), 1)]),
    ("at the statement", NATIVE_WIRE, [say(PLAIN), hear_app, answer(OK), hear_statement]),
]
HANGING = [(wire, [until_gone(*second)]) for _, wire, second in STAGES]
GOOD = (NATIVE_WIRE, [say(PLAIN), hear_app, *SERVED])


@contextlib.contextmanager
def servers(*scripts):
    """One server for each (wire's script, libmariadb's), each at an address of its own."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Server(wire, second, host=f"127.0.4.{number + 1}"))
               for number, (wire, second) in enumerate(scripts)]


def listed(listening):
    return "".join(f"{server.target}\n" for server in listening).encode()


def run_list(listening, *options, bound):
    run = log_in([*options, "-f", "-"], bound, client=True, stdin=listed(listening))
    for server in listening:
        judge_server(server, PASSWORD, 0, run)
    return run, {(report["host"], report["port"]): report for report in run.reports}


@suite.case
def all_hang():
    """20 servers that let libmariadb hang, in every stage: ready.login, at the deadline, exit 0."""
    scripts = [HANGING[number % len(HANGING)] for number in range(SERVERS)]
    with servers(*scripts) as listening:
        run, reports = run_list(listening, "-t", "4", bound=4 + LATE)
    expect_equal("reports", len(reports), SERVERS, str(run))
    results = []
    for report in reports.values():
        expect(report, READY, "certain", ready=True, exit_code=0)
        if report["seconds"] > 4 + LATE:
            raise Failure(f"late: {report}")
        client = report["client"]
        results.append((client["result"], client.get("reason"), INCONCLUSIVE in
                        [note["id"] for note in report["notes"]]))
    # Who finds no thread free has no result either, and no note.
    expect_equal("results", sorted(map(str, results)), sorted(map(str, [("timed-out", None, True)] * THREADS + [
        ("not-run", "no-thread", False)] * (SERVERS - THREADS))), str(run))
    expect_equal("exit code", run.exit_code, 0, str(run))


@suite.case
def one_of_a_group_hangs():
    """A host of a group that lets libmariadb hang does not keep the other from its turn: both are ready."""
    with servers(HANGING[0], GOOD) as listening:
        hosts = ",".join(server.target for server in listening)
        url = f"jdbc:mysql:replication://{hosts}/?user={USER}&password={quote_plus(PASSWORD)}"
        run = log_in(["-t", "6", url], 6 + LATE, user=None, client=True)
    expect(run.report, READY, "certain", ready=True, exit_code=0)
    found = [(host["cause"], host["client"]["result"]) for host in run.report["group"]["hosts"]]
    expect_equal("the hosts", found, [(READY, "timed-out"), (READY, "passed")], str(run))


@suite.case
def one_hangs():
    """One server that lets libmariadb hang holds up none of the 19 others."""
    with servers(HANGING[5], *[GOOD] * (SERVERS - 1)) as listening:
        run, reports = run_list(listening, "-t", "4", bound=4 + LATE)
    first = reports.pop((listening[0].host, listening[0].port))
    expect(first, READY, notes=[INCONCLUSIVE, "counted"])
    for report in reports.values():
        expect(report, READY, notes=[])
        expect_equal("libmariadb's result", report["client"]["result"], "passed", str(report))
        if report["seconds"] > 2:
            raise Failure(f"held up: {report}")
    expect_equal("exit code", run.exit_code, 0, str(run))


@suite.case
def interrupted():
    """SIGINT while libmariadb hangs: what is known is printed, and the end comes within 0.2 s."""
    scripts = [HANGING[number % len(HANGING)] for number in range(10)]
    with servers(*scripts) as listening:
        command = [suite.program, "-o", "json", "--client", "-u", USER, "-t", "20", "-f", "-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=with_suppressions(environment())) as process:
            process.stdin.write(listed(listening))
            process.stdin.close()
            process.stdin = None
            try:
                wait_until(lambda: all(len(server.peers) == 2 for server in listening), 10, "libmariadb's connections")
                time.sleep(0.3)
                begin = time.monotonic()
                process.send_signal(signal.SIGINT)
                output, errors = process.communicate(timeout=10)
                seconds = time.monotonic() - begin
            finally:
                process.kill()
    expect_equal("exit code", process.returncode, 130, f"{output[-1000:]} {errors[-1000:]}")
    expect_equal("reports", output.count(b"\n"), len(listening), errors.decode())
    expect_equal("results", output.count(b'"cause": "ready.login"') >= len(listening), True, output.decode())
    if seconds > LATE + PROCESS_START:
        raise Failure(f"ended {seconds:.2f} s behind the signal")


@suite.case
def ends_in_order():
    """SIGTERM while libmariadb waits for a greeting that is on its way: it still logs in, and counts nowhere."""
    with servers((NATIVE_WIRE, [pause(0.12), *GOOD[1]])) as (server,):
        command = [suite.program, "-o", "json", "--client", "-u", USER, "-t", "20", server.target]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=with_suppressions(environment())) as process:
            try:
                wait_until(lambda: len(server.peers) == 2, 10, "libmariadb's connection")
                process.send_signal(signal.SIGTERM)
                output, errors = process.communicate(timeout=10)
            finally:
                process.kill()
        expect_equal("exit code", process.returncode, 143, f"{output[-1000:]} {errors[-1000:]}")
        expect_equal("libmariadb's logins", len(server.peers[1].logins), 1, str(server.complaints))


@suite.case
def loads_at_once():
    """16 logins that load the same plugin at once, five times over: each of them finds it."""
    script = ([say(SHA2), hear_app, FAST, *ANSWERED], [say(SHA2), hear_app, FAST, *SERVED])
    for _ in range(5):
        with servers(*[script] * THREADS) as listening:
            _, reports = run_list(listening, "-t", "4", bound=4)
        for report in reports.values():
            expect(report, READY, notes=[])
            expect_equal("libmariadb's result", report["client"]["result"], "passed", str(report))
