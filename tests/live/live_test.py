#!/usr/bin/env python3
"""The probe against a real MariaDB, and the proof that it is harmless.

Usage: live_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

The host cache exempts exactly 127.0.0.1, so whatever is to be counted, resolved or blocked comes from
127.0.0.2 (--bind-address); name resolution is on, by a name server of our own that says NXDOMAIN.
Everything that proves harmlessness runs with max_connect_errors=1: one error, and the host is blocked.
"""

import contextlib
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import (LATE, PROCESS_START, Failure, Skip, Suite, evidence, expect, expect_equal, obprobe,
                     wait_until)
from mariadb import MariaDB, NameServer, first_answer, login

SOURCE = "127.0.0.2"
READY = "ready.handshake"
AT_ONCE = 1.0
ACCOUNT = ("app", "a password")
STRICT = ("--performance-schema=ON", "--max-connect-errors=1")

suite = Suite("real MariaDB", sys.argv, jobs=3)
PROBES = 5000 if suite.full else 1000  # of the proof


def probe(server, *options, seconds=AT_ONCE, source=SOURCE):
    """One probe from 127.0.0.2; `seconds` bounds its verdict."""
    bind = [f"--bind-address={source}"] if source else []
    return obprobe(suite.program, [*bind, *options, f"127.0.0.1:{server.port}"],
                   bound=seconds + LATE + PROCESS_START)


@contextlib.contextmanager
def strict_server(*options, answering=True):
    """A MariaDB that counts and blocks 127.0.0.2, and knows one account from there."""
    with NameServer(answer=answering) as names:
        with MariaDB(*STRICT, *options, bind="0.0.0.0", resolver=names.address) as server:
            server.sql(f"CREATE USER {ACCOUNT[0]}@'{SOURCE}' IDENTIFIED BY '{ACCOUNT[1]}'")
            yield server


def aborted(server):
    """How many connections the server itself calls aborted: they reached it."""
    return int(server.sql("SHOW GLOBAL STATUS LIKE 'Aborted_connects'")[0][1])


def expect_unharmed(server):
    """Nothing counts against 127.0.0.2, and a real client from there logs in."""
    expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(SOURCE), 0)
    expect_equal("a real login", login("127.0.0.1", server.port, *ACCOUNT, source=SOURCE), None)


def expect_blocked(server):
    """The next client from 127.0.0.2 is turned away."""
    refusal = login("127.0.0.1", server.port, *ACCOUNT, source=SOURCE)
    expect_equal("a real login", refusal and refusal[0], 1129)


def hang_up(server):
    """What a naive health check does: connect, read the greeting, close."""
    with socket.create_connection(("127.0.0.1", server.port), 10, (SOURCE, 0)) as connection:
        connection.recv(4096)
    wait_until(lambda: server.connect_errors(SOURCE), 10, "the connection error to be counted")


# ---- ready, and errors in the greeting's place ----

@suite.case
def ready():
    """A running MariaDB is ready, with product and version."""
    with MariaDB() as server:
        report = probe(server, source=None).report
        expect(report, READY, "certain", ready=True, server_cost="log", notes=[])
        expect_equal("product", report["server"]["product"], "mariadb")
        expect_equal("its confidence", report["server"]["product_confidence"], "certain")
        expect_equal("version", report["server"]["version"], server.version.partition("-")[0])
        expect_equal("the server's error", evidence(report)["server_error"]["code"], 1045)


@suite.case
def ready_without_a_trace():
    """Where the anonymous name may log in, the probe says COM_QUIT and leaves no trace."""
    with MariaDB() as server:
        server.sql("CREATE USER ''@'%'; CREATE USER ''@localhost")
        expect(probe(server, source=None).report, READY, server_cost="none")
        expect_equal("Aborted_connects", aborted(server), 0)
        expect_equal("Aborted_clients", server.sql("SHOW GLOBAL STATUS LIKE 'Aborted_clients'")[0][1], "0")


@suite.case
def no_networking():
    """--skip-networking: refused."""
    with MariaDB("--skip-networking") as server:
        expect(probe(server, source=None).report, "refused.no-listener", exit_code=13)


@suite.case
def too_many_connections():
    """1040 in the greeting's place."""
    with MariaDB("--max-connections=10", "--connect-timeout=60") as server, contextlib.ExitStack() as held:
        def full():
            connection = held.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            return connection.recv(4096)[4:7] == b"\xff\x10\x04"
        wait_until(full, 10, "error 1040")
        report = probe(server, source=None).report
    expect(report, "unavailable.too-many-connections", "certain", stage="greeting", exit_code=19)
    expect_equal("code", evidence(report)["server_error"]["code"], 1040)


@suite.case
def host_not_allowed():
    """1130 in the greeting's place: no account for this host."""
    with MariaDB() as server:
        server.sql("DELETE FROM mysql.global_priv WHERE Host NOT IN ('localhost'); FLUSH PRIVILEGES")
        report = probe(server).report
    expect(report, "denied.host", "certain", stage="greeting", exit_code=18)
    expect_equal("code", evidence(report)["server_error"]["code"], 1130)


@suite.case
def host_blocked():
    """1129 in the greeting's place, behind one aborted handshake of another client."""
    with strict_server() as server:
        hang_up(server)
        report = probe(server).report
    expect(report, "denied.host-blocked", "certain", stage="greeting", exit_code=18)


# ---- stopped and slow servers ----

@suite.case
def stopped():
    """Stopped by SIGSTOP: timed out at the deadline; continued, it counts nothing against this host."""
    with strict_server() as server:
        server.pause()
        report = probe(server, "-t", "4", seconds=4).report
        server.resume()
        expect(report, "timed-out.greeting", stage="greeting")
        wait_until(lambda: aborted(server) == 1, 10, "the end of the probe's connection")
        expect_unharmed(server)


@suite.case
def stopped_short_deadline():
    """Stopped, and a deadline before the blind login's time: nothing counts either."""
    with strict_server() as server:
        server.pause()
        report = probe(server, "-t", "1", seconds=1).report
        server.resume()
        expect(report, "timed-out.greeting")
        wait_until(lambda: aborted(server) == 1, 10, "the end of the probe's connection")
        expect_unharmed(server)


@suite.case
def stopped_and_continued():
    """Stopped and continued after 4 s: ready, with the note slow-greeting, and nothing counts."""
    with strict_server() as server:
        server.pause()
        timer = threading.Timer(4, server.resume)
        timer.start()
        report = probe(server, "-t", "10", seconds=5).report
        timer.join()
        expect(report, READY, notes=["slow-greeting"])
        expect_unharmed(server)


@suite.case
def slow_reverse_dns():
    """Reverse DNS that takes 10 s: ready, with the note slow-greeting, and nothing counts."""
    with strict_server(answering=False) as server:
        report = probe(server, "-t", "20", seconds=12).report
        expect(report, READY, notes=["slow-greeting"], server_cost="log")
        if report["seconds"] < 9:
            raise Failure(f"the name server was not waited for: {report['seconds']} s")
        expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(SOURCE), 0)


@suite.case
def slow_reverse_dns_given_up():
    """Reverse DNS that takes 10 s and a deadline of 5 s: timed out, and nothing counts."""
    with strict_server(answering=False) as server:
        expect(probe(server, "-t", "5", seconds=5).report, "timed-out.greeting")
        wait_until(lambda: aborted(server) == 1, 15, "the end of the probe's connection")
        expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(SOURCE), 0)


@suite.case
def accept_queue_full():
    """Stopped with a full accept queue: looks filtered, and says that it may be the queue."""
    with MariaDB("--back-log=2") as server, contextlib.ExitStack() as held:
        server.pause()
        def full():
            connection = held.enter_context(socket.socket())
            connection.settimeout(0.5)
            return connection.connect_ex(("127.0.0.1", server.port)) != 0
        wait_until(full, 20, "the accept queue to be full")
        report = probe(server, "-t", "8", seconds=8, source=None).report
    expect(report, "filtered.dropped", alternatives=["unavailable.accept-queue-full"], exit_code=14)


# ---- harmlessness ----

@suite.case
def thousand_probes():
    """The proof: 1,000 probes (5,000 in the full set) from 127.0.0.2, and a real client from there still logs in."""
    with strict_server() as server:
        targets = "".join(f"127.0.{10 + number // 250}.{1 + number % 250}:{server.port}\n"
                          for number in range(PROBES))
        run = obprobe(suite.program, [f"--bind-address={SOURCE}", "-j", "50", "-f", "-"], bound=60,
                      stdin=targets.encode())
        not_ready = [report for report in run.reports if report["cause"] != READY]
        expect_equal("not ready", not_ready[:3], [])
        expect_equal("reports", len(run.reports), PROBES)
        expect_equal("costs", {report["server_cost"] for report in run.reports}, {"log"})
        wait_until(lambda: aborted(server) == PROBES, 10, f"{PROBES} aborted connections")
        expect_unharmed(server)


@suite.case
def control_hang_up():
    """Control: one connection that hangs up does block 127.0.0.2, so the proof can fail."""
    with strict_server() as server:
        expect_equal("a real login", login("127.0.0.1", server.port, *ACCOUNT, source=SOURCE), None)
        hang_up(server)
        expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(SOURCE), 1)
        expect_blocked(server)


def until_counts(until, cause):
    """What the probe calls counted is counted, once."""
    with strict_server() as server:
        expect(probe(server, f"--until={until}").report, cause, server_cost="counted", notes=["counted"])
        wait_until(lambda: server.connect_errors(SOURCE), 10, "the connection error to be counted")
        expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(SOURCE), 1)
        expect_blocked(server)


suite.add("--until=connect counts once, as it says", until_counts, "connect", "ready.connected")
suite.add("--until=greeting counts once, as it says", until_counts, "greeting", "ready.greeted")


def decoy_account(first_words, options, account):
    """An unknown name is treated like another account; the answer to what is asked does not count.

    MariaDB chooses that account by a hash of the name, so nearly all accounts are of the kind wanted;
    that it does is seen from 127.0.0.1, where nothing counts.
    """
    with strict_server(*options()) as server:
        server.sql("CREATE USER " + ", ".join(f"decoy{number}@'%' {account}" for number in range(60)))
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            said = first_answer(connection.makefile("rwb"), "obprobe_nobody", "")
        expect_equal("the server's first words", said[:len(first_words)], first_words)
        expect(probe(server).report, READY, server_cost="log")
        expect_unharmed(server)


def with_ed25519():
    """The plugin is a file of the package mariadb-server, not of mariadb-server-core."""
    folder = os.environ.get("MARIADB_SERVER_PLUGINS", "/usr/lib/mysql/plugin")
    if not os.path.exists(os.path.join(folder, "auth_ed25519.so")):
        raise Skip(f"auth_ed25519.so is not in {folder} (or another MARIADB_SERVER_PLUGINS)")
    return [f"--plugin-dir={folder}", "--plugin-load-add=auth_ed25519"]


OLD = "0123456789abcdef"  # 16 hexadecimal digits are the hash of an old password
suite.add("AuthSwitch to client_ed25519 is answered at a length that does not count", decoy_account,
          b"\xfeclient_ed25519\0", with_ed25519, "IDENTIFIED VIA ed25519 USING PASSWORD('x')")
suite.add("AuthSwitch to mysql_old_password is answered at a length that does not count", decoy_account,
          b"\xfe", lambda: ["--secure-auth=OFF"], f"IDENTIFIED VIA mysql_old_password USING '{OLD}'")
suite.add("1698 of an account that logs in by unix_socket only: ready, and nothing counts", decoy_account,
          b"\xff\xa2\x06", lambda: [], "IDENTIFIED VIA unix_socket")

sys.exit(suite.run())
