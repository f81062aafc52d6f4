#!/usr/bin/env python3
"""libmariadb's login behind the wire's, on a real MariaDB and a real MySQL: it agrees on every kind of account, logs
in alone where only it can, and leaves no more behind than was said.

Usage: client_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

The cases of login_test.py, plugins_test.py and rejections_test.py are run again with --client: their verdicts are
the same, and libmariadb must have logged in wherever the wire was let in. Under a sanitizer only some of them.
"""

import contextlib
import itertools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import logins
import login_test
import plugins_test
import rejections_test
from client_dialog import in_own_pam, plugin_folder, under_terminal
from client_relay import CutRelay
from harness import (Failure, Process, Suite, accepts, evidence, expect, expect_equal, find_program, free_port,
                     ordinary_folder, with_suppressions, without_option_files)
from logins import (RIGHT, WRONG, Servers, account, as_user, expect_outcome, finish, probe, target)
from mariadb import MariaDB, NameServer
from memory import is_sanitized
from mysql import MySQL, login

logins.second_opinion["wanted"] = True
suite = Suite("libmariadb on real servers", sys.argv, jobs=4)
made = login_test.made
BOTH = {"mariadb": MariaDB, "mysql": MySQL}
PLAIN, REQUIRED = ["--ssl-mode=disabled"], ["--ssl-mode=required"]
VERIFIED = ["--ssl-mode=verify-identity", f"--ssl-ca={made['ca']}"]
WATCHED = ("--performance-schema=ON", "--general-log=ON", "--log-output=TABLE", "--max-connect-errors=1",
           "--max-connections=500", "--host-cache-size=500", *made.options("good"))
NO_PLUGINS = {**os.environ, "MARIADB_PLUGIN_DIR": "/nonexistent"}
SOURCES = map(lambda number: f"127.{9 + number // 240}.9.{1 + number % 240}", itertools.count())
SANITIZED = is_sanitized(suite.program)
REPEATED = 5 if SANITIZED else 20


# ---- servers ----

@contextlib.contextmanager
def watched(kind, *options, prefix=()):
    """Everything is counted and logged; its name server knows no names, so that addresses are what it goes by."""
    with NameServer(answer=True) as names:
        with kind(*WATCHED, *options, bind="0.0.0.0", resolver=names.address, prefix=prefix) as server:
            yield server


@contextlib.contextmanager
def with_plugins(*options):
    """MariaDB with the plugins of its other packages, and a PAM of the test's own."""
    folder = plugin_folder("auth_ed25519.so")
    loaded = [name for name in ("auth_ed25519", "dialog_examples", "auth_pam_v1")
              if os.path.exists(os.path.join(folder, f"{name}.so"))]
    with in_own_pam(RIGHT) as prefix:
        with watched(MariaDB, f"--plugin-dir={folder}", "--plugin-maturity=unknown",
                     *[f"--plugin-load-add={name}" for name in loaded], *options, prefix=prefix) as server:
            yield server


servers = Servers(mariadb=lambda: watched(MariaDB), mysql=lambda: watched(MySQL), plugins=with_plugins,
                  cleartext=lambda: with_plugins("--loose-pam-use-cleartext-plugin=ON"),
                  old=lambda: watched(MariaDB, "--tls-version=TLSv1.0", "--ssl-cipher=DEFAULT@SECLEVEL=0"))


def connections(server, name):
    """How many connections came for that account, let in or not."""
    rows = server.sql("SELECT COUNT(DISTINCT thread_id) FROM mysql.general_log WHERE command_type = 'Connect' AND "
                      f"CONVERT(argument USING utf8mb4) REGEXP '{name}[^0-9]'")
    return int(rows[0][0])


def aborted(server):
    return server.sql("SHOW GLOBAL STATUS WHERE Variable_name IN ('Aborted_connects', 'Aborted_clients')")


def ask(server, name, *options, password=RIGHT, where=None, came=None, **keywords):
    """One run with --client for that account, from an address of its own; the report. It made `came` connections,
    none of which counts."""
    source = next(SOURCES)
    from_there = [] if where else [f"--bind-address={source}"]
    run = probe(suite, *from_there, *options, *as_user(name, password), where or target(server),
                **{"client": True, "judged": False, **keywords})
    if came is not None:
        expect_equal("connections", connections(server, name), came, str(run))
    if not where:
        expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(source), 0, str(run))
    return run.report


def expect_second(report, **promised):
    found = report.get("client", {})
    expect_equal("libmariadb's login", {key: found.get(key) for key in promised}, promised, str(report))


# ---- the other suites' cases, with libmariadb behind ----

# Of one account's only session several targets use more at a time with --client: several_targets() looks at that.
ELSEWHERE = ("ed25519", "one session allowed, 50 targets")
for module in (login_test,) if SANITIZED else (login_test, plugins_test, rejections_test):
    inherited = [case for case in module.suite.cases if not any(words in case[0] for words in ELSEWHERE)]
    for name, function, arguments, alone in inherited[::8 if SANITIZED else 1]:
        suite.add(f"with libmariadb: {name}", function, *arguments, alone=alone)


# ---- connections ----

def same_as_without(product, way, clause, grant, options, expected):
    """The same verdict with one connection more, and that only where the wire was let in."""
    server = servers[product]
    accounts = [login_test.new_account(server, clause) if clause is not None else f"nobody{account(server)}"
                for _ in range(2)]
    reports = []
    for name, client in zip(accounts, (False, True)):
        if grant:
            server.sql(grant.format(name=name))
        words = [word.format(name=name) for word in options]
        report = probe(suite, f"--bind-address={next(SOURCES)}", *login_test.WAYS[way][1], *words, target(server),
                       client=client, judged=client).report
        let_in = report["cause"] == "ready.login"
        expect_equal("connections", connections(server, name), 2 if client and let_in else 1, str(report))
        reports.append({key: report[key] for key in ("cause", "confidence", "stage", "alternatives", "server_cost",
                                                     "exit_code")})
    expect_equal("the report with libmariadb", reports[1], reports[0])


for name, products, *details in login_test.OUTCOMES:
    for product in products:
        if product in BOTH and name not in ("no credentials", "a user without a password"):
            for way in ("TLS required",) if SANITIZED else ("TLS required", "TLS disabled"):
                suite.add(f"{product}, {way}: {name}: as many connections as said", same_as_without, product, way,
                          *details)


def one_session(product):
    """MAX_USER_CONNECTIONS 1: the wire and libmariadb are both served, 20 times."""
    server = servers[product]
    name = account(server, "WITH MAX_USER_CONNECTIONS 1")
    for number in range(REPEATED):
        report = ask(server, name, *(PLAIN if number % 2 else REQUIRED), came=2 * number + 2)
        expect(report, "ready.login", server_cost="none")
        expect_second(report, result="passed")


def several_targets(product, clause, limit):
    """50 targets and one account: all are let in, and what libmariadb was refused is no disagreement."""
    server = servers[product]
    name = account(server, clause)
    lines = "".join(f"127.4.{1 + number // 25}.{1 + number % 25}:{server.port}\n" for number in range(50))
    run = probe(suite, f"--bind-address={next(SOURCES)}", *as_user(name), "-f", "-", stdin=lines.encode(), seconds=20,
                client=True)
    expect_equal("reports", len(run.reports), 50)
    limited = [report for report in run.reports if report["client"].get("code") == 1226]
    for report in run.reports:
        expect(report, "ready.login", "certain", ready=True)
        if report in limited:
            expect(report, server_cost="log", notes=["certificate-unverified", "client-inconclusive"])
        else:
            expect_second(report, result="passed")
    if len(limited) > limit:
        raise Failure(f"{len(limited)} of libmariadb's logins were refused: {run}")
    expect_equal("the process's exit code", run.exit_code, 0)


for product in BOTH:
    suite.add(f"{product}: one session allowed: both logins are served, {REPEATED} times", one_session, product)
    suite.add(f"{product}: 50 targets of one account", several_targets, product, "", 0)
    suite.add(f"{product}: 50 targets of one account, one session allowed", several_targets, product,
              "WITH MAX_USER_CONNECTIONS 1", 25)


# ---- plugins ----

ED25519 = f"IDENTIFIED VIA ed25519 USING PASSWORD('{RIGHT}')"


@suite.case
def ed25519():
    """ed25519: libmariadb alone logs in, or is rejected; without it, or its plugin, the account cannot be told."""
    server = servers["plugins"]
    name = account(server, identified=ED25519)
    for number, options in enumerate(([], PLAIN, REQUIRED)):
        report = ask(server, name, *options, came=2 * number + 2)
        expect_outcome(report, "ready.login", "certain", "client", "log", exit_code=0, ready=True, code=1045,
                       notes=["certificate-unverified"] if "tls" in report["addresses"][0] else [])
        expect_second(report, result="passed", alone=True, plugin="client_ed25519", code=None)
    expect(ask(server, name, where=server.socket), "ready.login", stage="client")
    report = ask(server, name, password=WRONG)
    expect(report, "denied.credentials", "likely", stage="client", server_cost="log", exit_code=18)
    expect_second(report, result="failed", alone=True, code=1045)
    report = ask(server, name, client=False)
    expect_outcome(report, "denied.auth-plugin", "certain", "login", "log", code=1045,
                   notes=["certificate-unverified"])
    expect_equal("client", report.get("client"), None)


@suite.case
def ed25519_of_a_database():
    """ed25519: what the server says to libmariadb alone is the verdict: 1044, a locked account."""
    server = servers["plugins"]
    report = ask(server, account(server, identified=ED25519), "-Dmysql")
    expect(report, "denied.database", "likely", stage="client")
    report = ask(server, account(server, "ACCOUNT LOCK", ED25519))
    expect(report, ("denied.account-locked", "denied.auth-plugin"))


def missing(product, identified, came):
    """The plugin's file is missing: named with its package, without a connection."""
    server = servers[product]
    for options in (PLAIN, REQUIRED):
        name = account(server, identified=identified)
        report = ask(server, name, *options, came=came, environment=NO_PLUGINS)
        expect(report, "client.plugin-missing", "certain", stage="client", exit_code=21, ready=False,
               server_cost="log" if product == "plugins" else "none")
        expect_second(report, result="predicted", reason="plugin-file")
        if not any("libmariadb3" in text for text in report["advice"]):
            raise Failure(f"the package is not named: {report['advice']}")


suite.add("ed25519, the plugin's file is missing", missing, "plugins", ED25519, 1)
for plugin in ("caching_sha2_password", "sha256_password"):
    suite.add(f"{plugin}, the plugin's file is missing", missing, "mysql", f"IDENTIFIED WITH {plugin} BY '{RIGHT}'", 1)


@suite.case
def built_in():
    """mysql_native_password needs no file."""
    report = ask(servers["mariadb"], account(servers["mariadb"]), environment=NO_PLUGINS, came=2)
    expect(report, "ready.login", stage="statement")
    expect_second(report, result="passed")


# ---- dialog ----

# Account, password, cause, questions beyond the first.
DIALOGS = [
    ("three attempts, the right password", "three_attempts", RIGHT, "ready.login", None),
    ("three attempts, a wrong password", "three_attempts", WRONG, "denied.credentials", 2),
    ("two questions", "two_questions", RIGHT, "denied.credentials", 1),
    ("two questions, a wrong password", "two_questions", WRONG, "denied.credentials", None),
    ("PAM, the right password", "pam", RIGHT, "ready.login", None),
    ("PAM, a wrong password", "pam", WRONG, "denied.credentials", None),
]


def dialog_account(server, plugin):
    plugin_folder("dialog_examples.so" if plugin != "pam" else "auth_pam_v1.so")
    using = "obprobe-test" if plugin == "pam" else RIGHT
    return account(server, identified=f"IDENTIFIED VIA {plugin} USING '{using}'")


def dialog(plugin, password, cause, questions):
    """Inside verified TLS and over a socket; nobody is asked, and the terminal stays as it is."""
    server = servers["plugins"]
    name = dialog_account(server, plugin)
    for options, where in ((VERIFIED, target(server)), ([], server.socket)):
        command = [suite.program, "-o", "json", "--client", "-t", "10", *options, *as_user(name, password), where]
        report = under_terminal(command, 12, with_suppressions(without_option_files()))
        expect(report, cause, stage="client")
        expect_second(report, alone=True, plugin="dialog", questions=questions,
                      result="passed" if cause == "ready.login" else "failed")


def dialog_in_clear(plugin):
    """Elsewhere it is not asked, because it would send the password as it is."""
    server = servers["plugins"]
    name = dialog_account(server, plugin)
    for number, options in enumerate((PLAIN, [], REQUIRED, [f"--ssl-ca={made['other']}", *REQUIRED])):
        report = ask(server, name, *options, came=number + 1)
        expect(report, "denied.auth-plugin", stage="login", exit_code=18, server_cost="log")
        expect_second(report, result="not-run", reason="password-in-clear", alone=True)
        expect_equal("refusal", evidence(report).get("refusal"), "plugin-not-spoken", str(report))


@suite.case
def clear_password():
    """PAM by mysql_clear_password: both log in inside verified TLS and over a socket, neither does elsewhere."""
    server = servers["cleartext"]
    name = dialog_account(server, "pam")
    for options, where in ((VERIFIED, target(server)), ([], server.socket)):
        report = ask(server, name, *options, where=where)
        expect(report, "ready.login", "certain", stage="statement", server_cost="none")
        expect_second(report, result="passed", plugin="mysql_clear_password")
        expect(ask(server, name, *options, where=where, password=WRONG), "denied.credentials", stage="login")
    before = connections(server, name)
    for number, options in enumerate((PLAIN, REQUIRED)):
        report = ask(server, name, *options, came=before + number + 1)
        expect(report, "denied.auth-plugin", stage="login")
        expect_equal("client", report.get("client"), None, str(report))


for name, *details in DIALOGS:
    suite.add(f"dialog: {name}", dialog, *details)
for plugin in ("three_attempts", "pam"):
    suite.add(f"dialog in clear, {plugin}: not asked", dialog_in_clear, plugin)


# ---- what is foreseen, and what is left behind ----

def certificate(product):
    """An authority that did not sign it, under required: libmariadb would abort, and is not run."""
    server = servers[product]
    name = account(server)
    report = ask(server, name, *REQUIRED, f"--ssl-ca={made['other']}", came=1)
    expect(report, "client.disagrees", "likely", stage="client", server_cost="none", exit_code=21)
    expect_second(report, result="predicted", reason="certificate", code=None)
    expect(ask(server, name, *REQUIRED, f"--ssl-ca={made['ca']}", came=3), "ready.login")


@suite.case
def policy():
    """TLS that this machine's OpenSSL forbids: libmariadb would abort, and is not run."""
    server = servers["old"]
    report = ask(server, account(server), *REQUIRED, came=1)
    expect(report, "client.disagrees", "likely", stage="client", server_cost="none")
    expect_second(report, result="predicted", reason="tls-policy")


for product in BOTH:
    suite.add(f"{product}: a certificate that libmariadb would refuse is foreseen", certificate, product)

KINDS = [
    ("native", ("mariadb",), "", []), ("native, without TLS", ("mariadb",), "", PLAIN),
    ("native, verified", ("mariadb",), "", VERIFIED),
    ("caching_sha2", ("mysql",), "", []), ("caching_sha2 by RSA", ("mysql",), "", PLAIN),
    ("sha256", ("mysql",), f"IDENTIFIED WITH sha256_password BY '{RIGHT}'", []),
    ("sha256 by RSA", ("mysql",), f"IDENTIFIED WITH sha256_password BY '{RIGHT}'", PLAIN),
    ("a refused authority", ("mariadb", "mysql"), "", [*REQUIRED, f"--ssl-ca={made['other']}"]),
]


def no_trace(product, clause, options):
    """What is said to cost nothing moves no counter."""
    server = servers[product]
    name = account(server, identified=clause or f"IDENTIFIED BY '{RIGHT}'")
    before = aborted(server)
    for _ in range(5):
        expect(ask(server, name, *options), ("ready.login", "client.disagrees"), server_cost="none")
    expect_equal("the counters", aborted(server), before)


for name, products, *details in KINDS:
    for product in products:
        suite.add(f"{product}: {name} leaves no trace with libmariadb behind", no_trace, product, *details, alone=True)


def cut(product, where, code):
    """A relay that cuts libmariadb off: that is said to count, and counts, once."""
    server = servers[product]
    name, source = account(server), next(SOURCES)
    with CutRelay(server.port, source, where) as relay:
        run = probe(suite, *PLAIN, *as_user(name), f"127.0.0.1:{relay.port}", client=True, judged=False)
    expect(run.report, "client.disagrees", "certain", server_cost="counted", notes=["counted"], exit_code=21)
    expect_second(run.report, result="failed", code=code)
    login("127.0.0.1", server.port, name, RIGHT)
    errors = server.connect_errors(source)
    if errors not in (0, 1):
        raise Failure(f"SUM_CONNECT_ERRORS is {errors}: {run}")


for product in BOTH:
    suite.add(f"{product}: libmariadb is cut off behind the greeting", cut, product, "greeting", 2013)
    suite.add(f"{product}: libmariadb meets nothing but the end", cut, product, "connect", 2013)


@suite.case
def behind_tls():
    """TLS is ended in front of a server: no login, with and without libmariadb."""
    server = servers["mariadb"]
    stunnel, port = find_program("stunnel4"), free_port()
    with ordinary_folder() as folder:
        path = os.path.join(folder, "stunnel.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"foreground = yes\npid =\n[mysql]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:"
                       f"{server.port}\ncert = {made['good']}\nkey = {made.key}\n")
        with Process([stunnel, path]) as process:
            process.wait_for(lambda: accepts(port), 10)
            reports = [probe(suite, "-t", "5", *as_user(account(server)), f"127.0.0.1:{port}", seconds=5,
                             client=client).report for client in (False, True)]
    for report in reports:
        expect(report, reports[0]["cause"], ready=False)
        expect_equal("client", report.get("client"), None)


def agreements():
    """libmariadb agreed behind the logins of the other suites."""
    seen = logins.second_opinion
    if not suite.only and seen["agreed"] < (20 if SANITIZED else 300):
        raise Failure(f"only {seen}")
    print(f"libmariadb behind logins: {seen}")


suite.add(agreements.__doc__.rstrip("."), agreements, alone=True)
try:
    finish(suite, servers)
finally:
    for module in (login_test, plugins_test, rejections_test):
        module.servers.close()
    made.__exit__(None, None, None)
