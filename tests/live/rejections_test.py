#!/usr/bin/env python3
"""One wrong password never locks an account, and no login of ours uses up its limit of sessions.

Usage: rejections_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

A name with 4 addresses and a list of 50 targets, all of them one server, whose accounts are locked by
the third wrong password. The server's own log says how many there were.
"""

import contextlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Failure, Skip, Suite, evidence, expect, expect_equal, ordinary_folder
from logins import RIGHT, WRONG, Servers, account, as_user, finish, probe, target
from mariadb import MariaDB, NameServer
from mysql import MySQL, login

suite = Suite("rejected passwords", sys.argv, jobs=4)
TARGETS = 50
REPEATED = 20 if suite.full else 2
ADDRESSES = [f"127.0.7.{number}" for number in range(1, 5)]
LOGGED = ("--performance-schema=ON", "--general-log=ON", "--log-output=TABLE", "--max-connections=1000",
          "--host-cache-size=2000")
LOCKING = {"mariadb": "", "mysql": "FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME UNBOUNDED"}
LOCKED = {"mariadb": 4150, "mysql": 3955}
PLAIN = "--ssl-mode=disabled"

SOURCES = (f"127.0.8.{number}" for number in range(1, 250))


@contextlib.contextmanager
def locking(kind, *options):
    with NameServer(answer=True) as names:
        with kind(*LOGGED, *options, bind="0.0.0.0", resolver=names.address) as server:
            yield server


# MariaDB counts for every account; root@localhost is exempt, which sql() needs.
servers = Servers(mariadb=lambda: locking(MariaDB, "--max-password-errors=3"), mysql=lambda: locking(MySQL))


@contextlib.contextmanager
def own_hosts():
    """In front of a command: db.test has the four addresses."""
    if os.getuid() != 0:
        raise Skip("an own /etc/hosts needs root")
    with ordinary_folder() as folder:
        hosts = os.path.join(folder, "hosts")
        with open(hosts, "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n" + "".join(f"{address} db.test\n" for address in ADDRESSES))
        prefix = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
        if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0:
            raise Skip("mount namespaces are not permitted here")
        yield prefix


def probe_name(server, *options):
    with own_hosts() as prefix:
        return probe(suite, *options, target(server, "db.test"), prefix=prefix, seconds=10)


def probe_list(server, *options):
    lines = "".join(f"127.3.{1 + number // 20}.{1 + number % 20}:{server.port}\n" for number in range(TARGETS))
    return probe(suite, *options, "-f", "-", stdin=lines.encode(), seconds=20)


def attempts(server, name):
    """Wrong passwords for that account, by the server's log."""
    rows = server.sql("SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Connect' AND "
                      f"CONVERT(argument USING utf8mb4) LIKE 'Access denied for user ''{name}''%YES%'")
    return int(rows[0][0])


def expect_unlocked(server, name):
    expect_equal("a real login", login("127.0.0.1", server.port, name, RIGHT), None)


def note_ids(report):
    return {note["id"] for note in report["notes"]}


# ---- wrong passwords ----

def one_name(product, options):
    """Of four addresses one is asked; the three others end anonymously, and make nobody ready."""
    server = servers[product]
    for _ in range(REPEATED):
        name = account(server, LOCKING[product])
        run = probe_name(server, *options, *as_user(name, WRONG))
        report = run.report
        expect(report, "denied.credentials", stage="login", ready=False, exit_code=18, login="credentials",
               server_cost="log")
        withheld = [evidence(report, number).get("withheld") for number in range(len(ADDRESSES))]
        expect_equal("where the login was withheld", sorted(map(str, withheld)),
                     ["None", "rejected", "rejected", "rejected"], str(report))
        expect_equal("login-withheld", "login-withheld" in note_ids(report), True, str(report))
        expect_equal("the process's exit code", run.exit_code, 18)
        expect_equal("attempts", attempts(server, name), 1)
        expect_unlocked(server, name)


def many_targets(product, options, allowed):
    """The rest of the list gets the anonymous handshake, says so, and is not ready."""
    server = servers[product]
    for _ in range(REPEATED):
        name = account(server, LOCKING[product])
        run = probe_list(server, *options, *as_user(name, WRONG))
        denied = [report for report in run.reports if report["login"] == "credentials"]
        others = [report for report in run.reports if report["login"] == "anonymous"]
        expect_equal("denied and others", (len(denied), len(others)), (allowed, TARGETS - allowed), str(run))
        for report in denied:
            expect(report, "denied.credentials", ready=False, without_notes=["login-withheld"])
        for report in others:
            expect(report, "denied.credentials", "possible", ready=False, exit_code=18, server_cost="log")
            expect_equal("login-withheld", "login-withheld" in note_ids(report), True, str(report))
        expect_equal("the process's exit code", run.exit_code, 18)
        expect_equal("attempts", attempts(server, name), allowed)
        expect_unlocked(server, name)


for product_name in LOCKING:
    for title, chosen in (("", []), (", without TLS", [PLAIN])):
        suite.add(f"{product_name}: a wrong password and a name with 4 addresses{title}: 1 attempt", one_name,
                  product_name, chosen)
        suite.add(f"{product_name}: a wrong password and 50 targets{title}: 2 attempts", many_targets,
                  product_name, chosen, 2)
    suite.add(f"{product_name}: a wrong password and 50 targets, --max-rejections=1: 1 attempt", many_targets,
              product_name, ["--max-rejections=1"], 1)
    suite.add(f"{product_name}: a wrong password and 50 targets, --jobs=1: 2 attempts", many_targets,
              product_name, ["--jobs=1"], 2)


def control(product):
    """Control: three wrong passwords do lock such an account, so the proof can fail."""
    server = servers[product]
    name = account(server, LOCKING[product])
    report = probe_list(server, "--max-rejections=3", *as_user(name, WRONG)).reports
    expect_equal("attempts by the reports", sum(item["login"] == "credentials" for item in report), 3)
    refusal = login("127.0.0.1", server.port, name, RIGHT)
    expect_equal("a real login", refusal and refusal[0], LOCKED[product])
    expect(probe(suite, *as_user(name), target(server)).report, "denied.account-locked", "certain")


for product_name in LOCKING:
    suite.add(f"{product_name}: the control, --max-rejections=3 locks the account", control, product_name)


# ---- sessions ----

def refusals(server, source):
    """How often that host was told that the account has no session left (1203, 1226)."""
    rows = server.sql("SELECT COUNT_MAX_USER_CONNECTIONS_ERRORS FROM performance_schema.host_cache "
                      f"WHERE IP = '{source}'")
    return int(rows[0][0])


def one_session(product, options, probe_them, allowed):
    """MAX_USER_CONNECTIONS 1: everyone logs in, nobody reports 1226, and the server hardly says it."""
    server = servers[product]
    for _ in range(REPEATED):
        source = next(SOURCES)
        name = account(server, "WITH MAX_USER_CONNECTIONS 1")
        run = probe_them(server, f"--bind-address={source}", "--all-addresses", *options, *as_user(name))
        for report in run.reports:
            expect(report, "ready.login", "certain", ready=True, login="credentials",
                   without_notes=["login-withheld"])
            for address in report["addresses"]:
                expect_equal("cause", address["cause"], "ready.login", str(report))
        expect_equal("the process's exit code", run.exit_code, 0, str(run))
        told = refusals(server, source)
        costs = [report["server_cost"] for report in run.reports if report["server_cost"] != "none"]
        expect_equal("what the refusals cost", costs, ["log"] * told)
        if told > allowed:
            raise Failure(f"{told} logins of ours were refused: {run}")


# Of one name's addresses one logs in at a time. Of several targets one more does with each acceptance:
# the limit shows when the second comes beside the first, and perhaps another one before that is known.
for product_name in LOCKING:
    for title, chosen in (("", []), (", without TLS", [PLAIN])):
        suite.add(f"{product_name}: one session allowed, a name with 4 addresses{title}", one_session,
                  product_name, chosen, probe_name, 0)
        suite.add(f"{product_name}: one session allowed, 50 targets{title}", one_session, product_name, chosen,
                  probe_list, 3)

if __name__ == "__main__":
    finish(suite, servers)
