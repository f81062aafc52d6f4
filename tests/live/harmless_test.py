#!/usr/bin/env python3
"""Probes with and without credentials are harmless to a real MariaDB and a real MySQL.

Usage: harmless_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

The servers block a host at its first connection error (max_connect_errors=1). Every kind of probe
comes 20 times (200 in the full set) from a loopback address of its own, which the host cache counts,
to as many other loopback addresses, so that no manners towards one address slow it down. Behind them
the counter is 0 and a real client from the same address logs in.
"""

import contextlib
import itertools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from certificates import Certificates
from harness import Failure, Skip, Suite, evidence, expect, expect_equal, wait_until
from logins import (RIGHT, WRONG, Servers, account, as_user, finish, log_in_from, own_address, probe, target)
from mariadb import MariaDB, NameServer
from mysql import MySQL, login

suite = Suite("harmless logins", sys.argv, jobs=3)
PROBES = 200 if suite.full else 20
QUEUED = 50 if suite.full else 20  # fewer than a server's accept queue holds
made = Certificates("localhost").__enter__()
PRODUCTS = {"mariadb": MariaDB, "mysql": MySQL}
STRICT = ("--performance-schema=ON", "--max-connect-errors=1", "--max-connections=1000",
          "--host-cache-size=5000")
SOURCES = (f"127.0.{net}.{host}" for net in itertools.count(1) for host in range(2, 250))


@contextlib.contextmanager
def strict(product, certificate):
    """Counts and blocks; its name server knows no names, so that addresses are what it goes by."""
    with NameServer(answer=True) as names:
        with PRODUCTS[product](*STRICT, *made.options(certificate), bind="0.0.0.0",
                               resolver=names.address) as server:
            yield server


@contextlib.contextmanager
def distant():
    """In a namespace, where the RSA key is not fetched without being asked for."""
    with own_address() as there:
        with MySQL(*STRICT, bind="0.0.0.0", prefix=there.prefix) as server:
            server.place = there
            yield server


servers = Servers(
    mariadb=lambda: strict("mariadb", "good"), mysql=lambda: strict("mysql", "good"),
    mariadb_expired=lambda: strict("mariadb", "expired"), mysql_expired=lambda: strict("mysql", "expired"),
    distant=distant)


def probe_crowd(server, source, *options, count=PROBES, seconds=60):
    """One run with so many targets: one server under different addresses, none twice.

    A wrong password goes to each, as it would in as many runs.
    """
    lines = "".join(f"127.1.{1 + number // 250}.{1 + number % 250}:{server.port}\n" for number in range(count))
    return probe(suite, f"--bind-address={source}", "-j", "50", f"--max-rejections={count}", *options,
                 "-f", "-", stdin=lines.encode(), seconds=seconds).reports


def expect_all(reports, cause, cost):
    found = {(report["cause"], report["server_cost"]) for report in reports}
    expect_equal("causes and costs", found, {(cause, cost)}, str(reports[0]))
    expect_equal("reports", len(reports), PROBES)


def expect_unharmed(server, source, name):
    expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(source), 0)
    expect_equal("a real login", login("127.0.0.1", server.port, name, RIGHT, source=source), None)


# ---- every kind ----

PLAIN, CA = "--ssl-mode=disabled", f"--ssl-ca={made['ca']}"
# Kind, suffix of the server, password (None: no login), options, cause, cost.
KINDS = [
    ("anonymous", "", None, [], "ready.handshake", "log"),
    ("anonymous, without TLS", "", None, [PLAIN], "ready.handshake", "log"),
    ("good login", "", RIGHT, [], "ready.login", "none"),
    ("good login, without TLS", "", RIGHT, [PLAIN], "ready.login", "none"),
    ("wrong password", "", WRONG, [], "denied.credentials", "log"),
    ("wrong password, without TLS", "", WRONG, [PLAIN], "denied.credentials", "log"),
    ("empty password", "", "", [], "denied.credentials", "log"),
    ("unknown user", "", RIGHT, ["--user=nobody_here"], "denied.credentials", "log"),
    ("unknown user, without TLS", "", RIGHT, ["--user=nobody_here", PLAIN], "denied.credentials", "log"),
    ("unknown database", "", RIGHT, ["-Dnowhere"], "denied.database", "log"),
    ("unknown CA under verify-ca", "", RIGHT, ["--ssl-mode=verify-ca", f"--ssl-ca={made['other']}"],
     "tls.untrusted", "log"),
    ("wrong name under verify-identity", "", RIGHT, ["--ssl-mode=verify-identity", CA],
     "tls.name-mismatch", "log"),
    ("wrong name, anonymous", "", None, ["--ssl-mode=verify-identity", CA], "tls.name-mismatch", "log"),
    ("expired certificate under verify-ca", "_expired", RIGHT, ["--ssl-mode=verify-ca", CA], "tls.expired",
     "log"),
    ("expired certificate, anonymous", "_expired", None, ["--ssl-mode=verify-ca", CA], "tls.expired", "log"),
]


def try_kind(product, suffix, password, options, cause, cost):
    server = servers[product + suffix]
    source, name = next(SOURCES), account(server)
    user = [] if password is None else as_user(name, password)
    expect_all(probe_crowd(server, source, *user, *options), cause, cost)
    expect_unharmed(server, source, name)


for kind, *details in KINDS:
    for product_name in PRODUCTS:
        suite.add(f"{product_name}: {PROBES} x {kind}", try_kind, product_name, *details)


@suite.case
def forbidden_plugin():
    """mysql: many x a proof that may not be given in clear."""
    server = servers["distant"]
    place = server.place
    for number, identified in enumerate(("caching_sha2_password", "sha256_password")):
        name = account(server, identified=f"IDENTIFIED WITH {identified} BY '{RIGHT}'")
        targets = [f"10.77.9.{number + 2}:{server.port}\n" for number in range(PROBES)]
        reports = probe(suite, f"--bind-address={place.address}", "-j", "50", f"--max-rejections={PROBES}", PLAIN,
                        *as_user(name), "-f", "-", stdin="".join(targets).encode(), prefix=place.prefix,
                        seconds=60).reports
        expect_all(reports, "denied.auth-plugin", "log")
        expect_equal("refusals", {evidence(report)["refusal"] for report in reports}, {"public-key-not-allowed"})
        expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(place.address), 0)
    expect_equal("a real login", log_in_from(place, server, account(server)), "None")


@suite.case
def plugin_not_spoken():
    """mariadb: many x an account of a plugin that is not spoken."""
    folder = os.environ.get("MARIADB_SERVER_PLUGINS", "/usr/lib/mysql/plugin")
    if not os.path.exists(os.path.join(folder, "auth_ed25519.so")):
        raise Skip(f"auth_ed25519.so is not in {folder} (or another MARIADB_SERVER_PLUGINS)")
    with NameServer(answer=True) as names:
        with MariaDB(*STRICT, f"--plugin-dir={folder}", "--plugin-load-add=auth_ed25519", bind="0.0.0.0",
                     resolver=names.address) as server:
            source = next(SOURCES)
            name = account(server, identified=f"IDENTIFIED VIA ed25519 USING PASSWORD('{RIGHT}')")
            expect_all(probe_crowd(server, source, *as_user(name)), "denied.auth-plugin", "log")
            expect_unharmed(server, source, account(server))


def counters(server):
    return server.sql("SHOW GLOBAL STATUS WHERE Variable_name IN ('Aborted_connects', 'Aborted_clients')")


def no_trace(product):
    """With good credentials the counters of aborted connections stand still."""
    server = servers[product]
    source, name = next(SOURCES), account(server)
    before = counters(server)
    for options in ([], [PLAIN]):
        expect_all(probe_crowd(server, source, *as_user(name), *options), "ready.login", "none")
    expect_unharmed(server, source, name)
    expect_equal("the counters", counters(server), before)


for product_name in PRODUCTS:
    suite.add(f"{product_name}: good logins move no counter of aborted connections", no_trace, product_name,
              alone=True)


# ---- deadlines ----

def stopped(product, options, password):
    """Stopped before the greeting, and continued once all is over: what may count was called counted.

    MariaDB never counts the blind login. MySQL does where it happens to answer unknown names with
    caching_sha2_password (chosen at its start): to a login by another plugin it then says
    AuthSwitchRequest, and nobody is there any more.
    """
    server = servers[product]
    source, name = next(SOURCES), account(server)
    user = [] if password is None else as_user(name, password)
    before = int(counters(server)[1][1])
    server.pause()
    try:
        reports = probe_crowd(server, source, "-t", "1", *options, *user, count=QUEUED, seconds=6)
    finally:
        server.resume()
    expect_equal("causes", {report["cause"] for report in reports}, {"timed-out.greeting"}, str(reports[0]))
    expect_equal("costs", {report["server_cost"] for report in reports}, {"counted"}, str(reports[0]))
    if product == "mariadb":
        wait_until(lambda: int(counters(server)[1][1]) >= before + QUEUED, 20, "the end of all connections")
        expect_unharmed(server, source, name)
    else:
        wait_until(lambda: nobody_is_between(server), 20, "the end of all connections")
        errors = server.connect_errors(source)
        if errors > QUEUED:
            raise Failure(f"{errors} errors of {QUEUED} connections")


def nobody_is_between(server):
    """No connection that has not logged in: the server is done with all of them."""
    return server.sql("SELECT COUNT(*) FROM information_schema.processlist "
                      "WHERE user = 'unauthenticated user'") == [["0"]]


def cut(product, options, password):
    """Deadlines within the handshake: what counts there was called counted before, and once at most."""
    server = servers[product]
    name = account(server)
    user = [] if password is None else as_user(name, password)
    for number in range(PROBES):
        source = next(SOURCES)
        deadline = (300 + number * 700 % 40000) / 1e6
        run = probe(suite, f"--bind-address={source}", "-t", f"{deadline:.6f}", *options, *user,
                    target(server))
        # A real client behind it, before the counter is read: had the probe counted, it is refused.
        refusal = login("127.0.0.1", server.port, name, RIGHT, source=source)
        wait_until(lambda: nobody_is_between(server), 10, "the end of the probe's connection")
        errors = server.connect_errors(source)
        if run.report["server_cost"] == "counted" and PLAIN not in options:
            expect_equal("SUM_CONNECT_ERRORS", errors in (0, 1), True, f"{errors}: {run}")
        else:
            expect_equal("SUM_CONNECT_ERRORS", errors, 0, str(run))
        if refusal and not errors:
            raise Failure(f"a real login: {refusal}; {run}")


for product_name in PRODUCTS:
    for title, *details in [("anonymous", [], None), ("anonymous, without TLS", [PLAIN], None),
                            ("with credentials", [], RIGHT), ("with credentials, without TLS", [PLAIN], RIGHT)]:
        suite.add(f"{product_name}: {PROBES} deadlines in mid-handshake, {title}", cut, product_name, *details)
        suite.add(f"{product_name}: {QUEUED} x a stopped server, {title}", stopped, product_name, *details,
                  alone=True)


# ---- what does count ----

COUNTED = [
    ("a version that the server refuses", ["--tls-version=TLSv1.1"], "tls.version"),
    ("a client certificate that the server refuses",
     [f"--ssl-cert={made['client-unknown-ca']}", f"--ssl-key={made.key}"], "tls.client-certificate"),
]


def counted_once(product, options, cause, password):
    """TLS that fails counts, is said to, and is not tried again at that address: then it blocks."""
    server = servers[product]
    source, name = next(SOURCES), account(server)
    user = [] if password is None else as_user(name, password)
    same = f"127.2.1.1:{server.port}\n" * 3
    reports = probe(suite, f"--bind-address={source}", *options, *user, "-f", "-", stdin=same.encode()).reports
    expect_equal("reports", len(reports), 3)
    for report in reports:
        expect(report, cause, "certain", stage="tls", exit_code=17)
    expect_equal("costs", sorted(report["server_cost"] for report in reports), ["counted", "none", "none"])
    expect_equal("notes", sorted([note["id"] for note in report["notes"]] for report in reports),
                 [[], [], ["counted"]])
    wait_until(lambda: server.connect_errors(source), 10, "the connection error to be counted")
    expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(source), 1)
    # So the host is blocked: what the counter proves above is what hurts.
    report = probe(suite, f"--bind-address={source}", *as_user(name), target(server)).report
    expect(report, "denied.host-blocked", "certain", server_cost="none", login="anonymous")


for product_name in PRODUCTS:
    for title, *details in COUNTED:
        for words, password in (("anonymous", None), ("with credentials", RIGHT)):
            suite.add(f"{product_name}: {title} counts once, {words}", counted_once, product_name, *details,
                      password)

try:
    finish(suite, servers)
finally:
    made.__exit__(None, None, None)
