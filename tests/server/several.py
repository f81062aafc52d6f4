"""Several targets, several addresses, manners among them, and signals."""

import contextlib
import json
import signal
import subprocess
import threading
import time

from harness import (LATE, PROCESS_START, Failure, expect, expect_equal, free_port, wait_until)
from hosts import with_hosts
from packets import error, packet
from promises import FIN_WAIT
from scripted import Server, answer, close, hear_blind_login, hear_login, hear_nothing, pause, say
from scripted_suite import DENIED, DENY, MYSQL, READY, probe, suite


@suite.case
def refused_port():
    """Nothing listens: refused at once, the server paid nothing."""
    run = probe([f"127.0.0.1:{free_port()}"], 1)
    expect(run.report, "refused.no-listener", exit_code=13, server_cost="none",
           alternatives=["refused.by-host-firewall"])


@suite.case
def localhost_by_tcp():
    """`localhost` is resolved and reached by TCP."""
    with Server([say(MYSQL), *DENY]) as server:
        report = probe(["-4", f"localhost:{server.port}"], 1).report
    expect(report, READY, host="localhost", port=server.port)
    expect_equal("addresses", report["resolution"]["addresses"], ["127.0.0.1"])


@suite.case
def two_operands():
    """HOST PORT, as in telnet."""
    with Server([say(MYSQL), *DENY]) as server:
        expect(probe(["127.0.0.1", str(server.port)], 1).report, READY, port=server.port)


def probe_with_hosts(lines, arguments):
    """Runs the program with these lines as /etc/hosts."""
    with with_hosts(lines) as prefix:
        return probe(arguments, 1, prefix=prefix)


@suite.case
def dead_address_is_named():
    """A name with a dead address: ready, and the note names it."""
    hosts = ["127.0.1.1 db.test", "127.0.1.2 db.test"]
    with Server([say(MYSQL), *DENY], host="127.0.1.2") as server:
        report = probe_with_hosts(hosts, [f"db.test:{server.port}"]).report
    expect(report, READY, notes=["address-dead"], exit_code=0)
    if "127.0.1.1" not in report["notes"][0]["text"]:
        raise Failure(f"the note does not name 127.0.1.1: {report['notes']}")
    expect_equal("addresses", sorted((a["address"], a["cause"]) for a in report["addresses"]),
                 [("127.0.1.1", "refused.no-listener"), ("127.0.1.2", READY)])


@suite.case
def all_addresses_asked_for():
    """--all-addresses: one dead address, not ready."""
    hosts = ["127.0.1.3 db.test", "127.0.1.4 db.test"]
    with Server([say(MYSQL), *DENY], host="127.0.1.3") as server:
        run = probe_with_hosts(hosts, ["--all-addresses", f"db.test:{server.port}"])
    expect(run.report, "refused.no-listener", ready=False, exit_code=13)


@suite.case
def furthest_address_decides():
    """No address ready: the cause of the one that got furthest."""
    hosts = ["127.0.1.5 db.test", "127.0.1.6 db.test"]
    with Server([say(packet(0, error(1040))), close], host="127.0.1.6") as server:
        run = probe_with_hosts(hosts, [f"db.test:{server.port}"])
    expect(run.report, "unavailable.too-many-connections", exit_code=19)


@suite.case
def one_dead_target_delays_no_other():
    """200 targets, one of them silent: the other 199 are reported meanwhile."""
    script = [say(MYSQL), *DENY]
    with Server([hear_blind_login, hear_nothing]) as dead, Server(script, host="0.0.0.0",
                                                                 same=True) as server:
        targets = [f"127.0.2.{number}:{server.port}" for number in range(1, 200)]
        targets.insert(100, dead.target)
        arrivals, exit_code = stream(["-t", "4", *targets], 4 + LATE)
    silent = [report for _, report in arrivals if report["port"] == dead.port]
    others = [(at, report) for at, report in arrivals if report["port"] == server.port]
    expect(silent[0], "timed-out.greeting")
    expect_equal("reports", (len(silent), len(others)), (1, 199))
    for _, report in others:
        expect(report, READY)
    slowest = max(at for at, _ in others)
    if slowest > 3:
        raise Failure(f"one of the others was reported only after {slowest:.2f} s")
    expect_equal("exit code", exit_code, 15)
    expect_equal("complaints", server.complaints + dead.complaints, [])


def stream(arguments, bound):
    """Runs the program and notes when each report comes: [(seconds, report)], exit code."""
    begin = time.monotonic()
    arrivals = []
    with subprocess.Popen([suite.program, "-o", "json", *arguments], stdout=subprocess.PIPE) as process:
        watchdog = threading.Timer(bound + 10, process.kill)
        watchdog.start()
        for line in process.stdout:
            arrivals.append((time.monotonic() - begin, json.loads(line)))
        process.wait()
        watchdog.cancel()
    seconds = time.monotonic() - begin
    if seconds > bound + PROCESS_START:
        raise Failure(f"took {seconds:.2f} s, {bound + PROCESS_START:.2f} s allowed")
    return arrivals, process.returncode


class Crowd:
    """Steps that count the connections between accept and answer, and when they came."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.times = []

    def enter(self, _):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.times.append(time.monotonic())

    def leave(self, _):
        with self.lock:
            self.now -= 1


@suite.case
def four_at_a_time():
    """Six ports of one address, twice each: at most 4 connections at a time, waiting costs no time."""
    crowd = Crowd()
    script = [crowd.enter, say(MYSQL), hear_login, pause(0.4), crowd.leave, answer(DENIED), close]
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server(script, same=True)) for _ in range(6)]
        run = probe(["-t", "1", "-j", "100", *[server.target for server in servers] * 2], 6)
    for report in run.reports:
        expect(report, READY)
    expect_equal("exit code, reports", (run.exit_code, len(run.reports)), (0, 12), str(run))
    if not 2 <= crowd.most <= 4:
        raise Failure(f"{crowd.most} connections at a time")


@suite.case
def one_at_a_time():
    """The same target 5 times: one connection at a time, so that each knows what the last learned."""
    crowd = Crowd()
    script = [crowd.enter, say(MYSQL), hear_login, pause(0.2), crowd.leave, answer(DENIED), close]
    with Server(script, same=True) as server:
        run = probe(["-t", "1", *[server.target] * 5], 6)
    expect_equal("exit code, reports", (run.exit_code, len(run.reports)), (0, 5), str(run))
    expect_equal("connections at a time", crowd.most, 1)


@suite.case
def ten_a_second():
    """The same target 25 times: at most 10 connections a second to one address."""
    crowd = Crowd()
    with Server([crowd.enter, crowd.leave, say(MYSQL), *DENY], same=True) as server:
        run = probe(["-t", "1", "-j", "100", *[server.target] * 25], 6)
    expect_equal("exit code, reports", (run.exit_code, len(run.reports)), (0, 25), str(run))
    for first, eleventh in zip(crowd.times, crowd.times[10:]):
        if eleventh - first < 0.9:  # the accepts are seen up to 0.1 s late
            raise Failure(f"11 connections within {eleventh - first:.2f} s")


@suite.case
def blocked_host_ends_probing():
    """1129 ends all probing of that address."""
    with Server([pause(0.2), say(packet(0, error(1129))), close], same=True) as server:
        run = probe(["-t", "4", *[server.target] * 12], 5)
    for report in run.reports:
        expect(report, "denied.host-blocked")
    expect_equal("reports", len(run.reports), 12)
    if len(server.peers) > 4:
        raise Failure(f"{len(server.peers)} connections although the first ones said 1129")


@suite.case
def one_counted_probe():
    """--until=greeting three times on one address: at most one counted probe."""
    with Server([say(MYSQL), hear_nothing], same=True) as server:
        run = probe(["-t", "4", "--until=greeting", *[server.target] * 3], 5)
    expect_equal("reports", len(run.reports), 3, str(run))
    counted = [report for report in run.reports if report["server_cost"] == "counted"]
    expect_equal("counted probes, connections", (len(counted), len(server.peers)), (1, 1), str(run))


@suite.case
def mixed_failures():
    """Two targets that fail for different categories: exit 20."""
    with Server([close]) as closing:
        run = probe([closing.target, f"127.0.0.1:{free_port()}"], 2)
    expect_equal("exit code", run.exit_code, 20, str(run))


@suite.case
def targets_from_standard_input():
    """-f - with comments and blank lines."""
    with Server([say(MYSQL), *DENY], same=True) as server:
        text = f"# databases\r\n\r\n{server.target} # the first\r\n{server.target}\n"
        run = probe(["-f", "-"], 2, stdin=text.encode())
    expect_equal("lines", sorted(report["line"] for report in run.reports), [3, 4], str(run))


# ---- signals ----

def end_by_signal(number, exit_code):
    """A run with a silent and a ready target is interrupted: what is known is printed."""
    with Server([hear_blind_login, hear_nothing]) as silent, Server([say(MYSQL), *DENY]) as ready:
        # Whoever started the suite may ignore SIGINT, as a shell does for background jobs.
        command = ["env", "--default-signal", suite.program, "-o", "json", silent.target, ready.target]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_until(lambda: silent.peers and ready.peers and ready.peers[0].end, 5, "the connections")
            begin = time.monotonic()
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=20)
            seconds = time.monotonic() - begin
    expect_equal("exit code", process.returncode, exit_code, stderr.decode())
    if seconds > FIN_WAIT + 0.3:
        raise Failure(f"ended only {seconds:.2f} s after the signal")
    if READY.encode() not in stdout:
        raise Failure(f"what was known is not printed: {stdout}")
    expect_equal("complaints", silent.complaints + ready.complaints, [])


suite.add("SIGINT: 130, and the login in flight ends harmlessly", end_by_signal, signal.SIGINT, 130)
suite.add("SIGTERM: 143, and the login in flight ends harmlessly", end_by_signal, signal.SIGTERM, 143)
