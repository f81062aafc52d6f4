#!/usr/bin/env python3
"""Logins on a real MariaDB and a real MySQL: what every outcome is called, with and without TLS.

Usage: login_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

Every row of OUTCOMES is tried in four WAYS on each server that it names, with an account of its own.
Settings of a whole server are changed by cases that run alone.
"""

import contextlib
import os
import sys
import tempfile
from urllib.parse import quote, quote_plus

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from certificates import Certificates
from harness import Failure, Suite, evidence, expect, expect_equal
from logins import (RIGHT, WRONG, Servers, account, as_user, expect_outcome, finish, logged_in, probe, target)
from mariadb import MariaDB
from mysql import MySQL, login

suite = Suite("logins on real servers", sys.argv, jobs=4)
made = Certificates("localhost").__enter__()

# A limit that is 0 at the start cannot be changed later on MariaDB.
COMMON = ("--max-user-connections=100",)
# MariaDB treats an unknown name like one of its accounts, by a hash of the name: accounts that answer to
# that with another code than 1045 live on a server of their own.
servers = Servers(
    mariadb=lambda: MariaDB(*COMMON, *made.options("good")),
    mysql=lambda: MySQL(*COMMON, *made.options("good")),
    mariadb_plain=lambda: MariaDB(*COMMON),
    sockets=lambda: MariaDB(*COMMON, *made.options("good")),
    sockets_plain=lambda: MariaDB(*COMMON),
    mysql_plain=lambda: MySQL(*COMMON, "--disconnect-on-expired-password=OFF", tls=False))

# Way: the server's name ends in that, the options.
WAYS = {
    "TLS required": ("", ["--ssl-mode=required", f"--ssl-ca={made['ca']}"]),
    "TLS preferred": ("", ["--ssl-mode=preferred", f"--ssl-ca={made['ca']}"]),
    "TLS disabled": ("", ["--ssl-mode=disabled"]),
    "no TLS there": ("_plain", []),
}


# ---- outcomes: (cause, confidence, stage, cost) and the rest; by server and way where that matters ----

def outcome(cause, confidence, stage, cost, **rest):
    return lambda server, way: ((cause, confidence, stage, cost), rest)


GOOD = outcome("ready.login", "certain", "statement", "none", exit_code=0, ready=True)


def refused(server, way):
    """1045 tells no reason: what else it can mean depends on the connection."""
    others = {"TLS disabled": ["tls.required"], "no TLS there": []}.get(way, ["tls.client-certificate"])
    return (("denied.credentials", "likely" if others else "certain", "login", "log"),
            {"code": 1045, "alternatives": others, "exit_code": 18, "ready": False})


def only_in_tls(server, way):
    return (GOOD if way in ("TLS required", "TLS preferred") else refused)(server, way)


def locked(server, way):
    return outcome("denied.account-locked", "certain", "login", "log",
                   code=4151 if server == "mariadb" else 3118)(server, way)


def expired(server, way):
    """At the statement, unless the server disconnects who cannot handle that."""
    if server == "mysql" and way != "no TLS there":
        return outcome("denied.password-expired", "certain", "login", "log", code=1862)(server, way)
    return outcome("denied.password-expired", "certain", "statement", "none", code=1820)(server, way)


def denied_database(code):
    return outcome("denied.database", "certain", "login", "log", code=code, exit_code=18)


BOTH = ("mariadb", "mysql")
# Name, servers, what CREATE USER says, what is granted, user and password options, outcome.
# {name}: the account's; None as clause: no account.
EMPTY = "IDENTIFIED BY ''"
OUTCOMES = [
    ("the right password", BOTH, "", "", as_user("{name}"), GOOD),
    ("the right password and a database", BOTH, "", "GRANT ALL ON *.* TO {name}@'%'",
     [*as_user("{name}"), "--database=mysql"], GOOD),
    ("a wrong password", BOTH, "", "", as_user("{name}", WRONG), refused),
    ("an unknown user", BOTH, None, "", as_user("{name}"), refused),
    ("an empty password for an account that has none", BOTH, EMPTY, "", as_user("{name}", ""), GOOD),
    ("an empty password for an account that has one", BOTH, "", "", as_user("{name}", ""), refused),
    ("a password for an account without one", BOTH, EMPTY, "", as_user("{name}"), refused),
    ("1049, an unknown database", BOTH, "", "GRANT ALL ON *.* TO {name}@'%'",
     [*as_user("{name}"), "-Dnowhere"], denied_database(1049)),
    ("1044, a database that is not for this account", BOTH, "", "",
     [*as_user("{name}"), "-Dmysql"], denied_database(1044)),
    ("a locked account", BOTH, "ACCOUNT LOCK", "", as_user("{name}"), locked),
    ("an expired password", BOTH, "PASSWORD EXPIRE", "", as_user("{name}"), expired),
    ("REQUIRE SSL", BOTH, "REQUIRE SSL", "", as_user("{name}"), only_in_tls),
    ("REQUIRE X509, with a certificate", BOTH, "REQUIRE X509", "",
     [*as_user("{name}"), f"--ssl-cert={made['client']}", f"--ssl-key={made.key}"], only_in_tls),
    ("REQUIRE X509, without a certificate", BOTH, "REQUIRE X509", "", as_user("{name}"), refused),
    ("1698, an account of unix_socket", ("sockets",), "IDENTIFIED VIA unix_socket", "",
     as_user("{name}"), outcome("denied.credentials", "certain", "login", "log", code=1698)),
    ("mysql_native_password asked for by name", ("mariadb",),
     f"IDENTIFIED VIA mysql_native_password USING PASSWORD('{RIGHT}')", "", as_user("{name}"), GOOD),
    ("sha256_password", ("mysql",), f"IDENTIFIED WITH sha256_password BY '{RIGHT}'", "",
     as_user("{name}"), GOOD),
    ("sha256_password, a wrong password", ("mysql",), f"IDENTIFIED WITH sha256_password BY '{RIGHT}'",
     "", as_user("{name}", WRONG), refused),
    ("sha256_password, an empty password", ("mysql",), f"IDENTIFIED WITH sha256_password BY '{RIGHT}'",
     "", as_user("{name}", ""), refused),
    ("no credentials", BOTH, None, "", [],
     outcome("ready.handshake", "certain", "login", "log", code=1045, login="anonymous")),
    ("a user without a password", BOTH, "", "", ["--user={name}"],
     outcome("ready.handshake", "certain", "login", "log", code=1045, login="anonymous",
             notes=["account-not-tested"])),
]


def new_account(server, clause):
    if clause and clause.startswith("IDENTIFIED"):
        return account(server, identified=clause)
    return account(server, clause)


def try_outcome(product, way, clause, grant, options, expected):
    suffix, tls = WAYS[way]
    server = servers[product + suffix]
    name = "nobody_here" if clause is None else new_account(server, clause)
    if grant:
        server.sql(grant.format(name=name))
    words = [word.format(name=name) for word in options]
    run = probe(suite, *tls, *words, target(server))
    fixed, rest = expected(product, way)
    expect_outcome(run.report, *fixed, **rest)
    expect_equal("the process's exit code", run.exit_code, run.report["exit_code"], str(run))


for row, products, *details in OUTCOMES:
    for product in products:
        for way in WAYS:
            suite.add(f"{product}, {way}: {row}", try_outcome, product, way, *details)


# ---- settings of a server: alone ----

@contextlib.contextmanager
def setting(server, name, value, before):
    server.sql(f"SET GLOBAL {name} = {value}")
    try:
        yield
    finally:
        server.sql(f"SET GLOBAL {name} = {before}")


def try_setting(product, name, value, before, clause, rows):
    server = servers[product]
    user = account(server, clause)
    with setting(server, name, value, before):
        for way, options, expected in rows:
            words = [word.format(name=user) for word in options]
            report = probe(suite, *WAYS[way][1], *words, target(server)).report
            fixed, rest = expected(product, way)
            expect_outcome(report, *fixed, **rest)


def needs_tls(server, way):
    """MySQL says it behind the right password, MariaDB says nothing but 1045."""
    if server == "mariadb":
        return refused(server, way)
    return outcome("tls.required", "certain", "login", "log", code=3159, exit_code=17)(server, way)


APP, FALSE = as_user("{name}"), as_user("{name}", WRONG)
NOBODY = outcome("ready.handshake", "certain", "login", "log", code=1045, login="anonymous")
INIT_CONNECT = outcome("unavailable.server-error", "likely", "statement", "log", code=1184)
SETTINGS = [
    ("require_secure_transport", BOTH, "ON", "OFF", "",
     [("TLS disabled", APP, needs_tls), ("TLS disabled", FALSE, refused), ("TLS disabled", [], NOBODY),
      ("TLS preferred", APP, GOOD), ("TLS required", APP, GOOD)]),
    ("init_connect", BOTH, "'nonsense'", "''", "",
     [("TLS disabled", APP, INIT_CONNECT), ("TLS required", APP, INIT_CONNECT)]),
    ("offline_mode", ("mysql",), "ON", "OFF", "",
     [(way, APP, outcome("unavailable.offline", "certain", "login", "log", code=3032, exit_code=19))
      for way in ("TLS disabled", "TLS required")] + [("TLS required", [], NOBODY)]),
    ("disconnect_on_expired_password", ("mariadb",), "ON", "OFF", "PASSWORD EXPIRE",
     [("TLS required", APP, outcome("denied.password-expired", "certain", "login", "log", code=1862))]),
]
for setting_name, products, *details in SETTINGS:
    for product in products:
        suite.add(f"{product}, {setting_name} = {details[0]}", try_setting, product, setting_name,
                  *details, alone=True)


def limit_of_all(product):
    """max_user_connections of the server, and the account's only connection is taken."""
    server = servers[product]
    user = account(server)
    with logged_in(server, user), setting(server, "max_user_connections", 1, 100):
        report = probe(suite, "--ssl-mode=disabled", *as_user(user), target(server)).report
    expect_outcome(report, "unavailable.user-limit", "certain", "login", "log", code=1203, exit_code=19)


def limit_of_account(product):
    server = servers[product]
    user = account(server, "WITH MAX_USER_CONNECTIONS 1")
    with logged_in(server, user):
        report = probe(suite, "--ssl-mode=disabled", *as_user(user), target(server)).report
    expect_outcome(report, "unavailable.user-limit", "certain", "login", "log", code=1226, exit_code=19)


for product in BOTH:
    suite.add(f"{product}: 1203, the server's limit of connections for one user", limit_of_all, product,
              alone=True)
    suite.add(f"{product}: 1226, the account's limit of connections", limit_of_account, product)


@suite.case
def failed_login_attempts():
    """mysql: 3955, an account that others have locked by wrong passwords."""
    server = servers["mysql"]
    user = account(server, "FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME 1")
    for _ in range(2):
        login("127.0.0.1", server.port, user, WRONG)
    report = probe(suite, *WAYS["TLS required"][1], *as_user(user), target(server)).report
    expect_outcome(report, "denied.account-locked", "certain", "login", "log", code=3955)


# ---- targets that say all by themselves ----

FORMS = {
    "mysql://": "mysql://{user}:{percent}@{at}/?ssl-mode=verify-ca&ssl-ca={ca}",
    "mysql:// to a socket": "mysql://{user}:{percent}@({socket})/",
    "jdbc:mysql:": "jdbc:mysql://{at}/?user={user}&password={form}&sslMode=REQUIRED&serverTimezone=UTC",
    "jdbc:mysql: with authorities":
        "jdbc:mysql://{user}:{form}@{at}/?sslMode=VERIFY_CA&trustCertificateKeyStoreUrl=file:{ca}",
    "jdbc:mariadb:": "jdbc:mariadb://{at}/?user={user}&password={raw}&sslMode=verify-ca&serverSslCert={ca}",
    "jdbc:oceanbase:": "jdbc:oceanbase://{at}/?user={user}&password={raw}&useSSL=true&trustServerCertificate=true",
    "Go": "{user}:{raw}@tcp({at})/?tls=skip-verify&timeout=5s",
    "Go with a socket": "{user}:{raw}@unix({socket})/",
}


def say(form, server):
    """The form, filled in for an account of its own, and that account."""
    user = account(server)
    return form.format(user=user, raw=RIGHT, percent=quote(RIGHT), form=quote_plus(RIGHT), at=target(server),
                       socket=server.socket, ca=made["ca"]), user


def try_form(product, form):
    text, user = say(form, servers[product])
    run = probe(suite, text)
    expect(run.report, "ready.login", user=user, login="credentials", server_cost="none")
    if RIGHT in run.report["input"] or quote(RIGHT) in run.report["input"]:
        raise Failure(f"the password is in the input: {run}")


def several_users(product):
    """A list of URLs with users of their own: each logs in as itself, and a repeated one once."""
    server = servers[product]
    texts = [say(FORMS["mysql://"], server) for _ in range(3)]
    lines = [text for text, _ in [*texts, texts[0]]]
    run = probe(suite, "--ordered", "-f", "-", stdin="\n".join(lines).encode())
    found = [(report["cause"], report["user"]) for report in run.reports]
    expect_equal("the logins", found, [("ready.login", user) for _, user in [*texts, texts[0]]], str(run))


def failover(product):
    """One host of a group is enough, and the other is named."""
    text, user = say(FORMS["jdbc:mysql:"].replace("{at}", "127.0.0.1:1,{at}"), servers[product])
    run = probe(suite, text)
    expect(run.report, "ready.login", user=user, notes=["host-dead", "certificate-unverified"])
    expect_equal("the exit code", run.exit_code, 0, str(run))


def replication(product):
    """All hosts are needed."""
    text, _ = say(FORMS["jdbc:mysql:"].replace("mysql:", "mysql:replication:").replace("{at}", "{at},127.0.0.1:1"),
                  servers[product])
    run = probe(suite, text)
    expect(run.report, "refused.no-listener")
    expect_equal("the exit code", run.exit_code, 13, str(run))


def option_file(product):
    """A DBA's my.cnf is enough."""
    server = servers[product]
    user = account(server)
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as file:
        file.write(f"[client]\nhost=127.0.0.1\nport={server.port}\nuser={user}\npassword=\"{RIGHT}\"\n"
                   f"ssl-ca={made['ca']}\nssl-mode=VERIFY_CA\n")
        file.flush()
        run = probe(suite, f"--defaults-file={file.name}")
    expect(run.report, "ready.login", user=user, login="credentials")


for product in BOTH:
    for name, form in FORMS.items():
        suite.add(f"{product}: {name}", try_form, product, form)
    for function in several_users, failover, replication, option_file:
        suite.add(f"{product}: {function.__doc__.rstrip('.')}", function, product)


# ---- the anonymous name ----

def try_name(product, options, seen):
    """The server's own words show the name that it was told."""
    report = probe(suite, *WAYS["TLS required"][1], *options, target(servers[product])).report
    notes = ["account-not-tested"] + (["not-oceanbase"] if "#" in seen else [])
    expect_outcome(report, *NOBODY(product, "")[0], code=1045, login="anonymous", notes=notes)
    message = evidence(report)["server_error"]["message"]
    if not message.startswith(f"Access denied for user '{seen}'@") or "password: NO" not in message:
        raise Failure(f"not {seen!r}, or with a password: {message}")


for product in BOTH:
    for title, options, seen in [
            ("-u without a password", ["-uapp"], "obprobe_nobody"),
            ("-u with tenant and cluster", ["-uapp@sales#east"], "obprobe_nobody@sales#east"),
            ("-u with tenant", ["-uapp@sales", "-Dmysql"], "obprobe_nobody@sales"),
            ("--anonymous", ["--anonymous", *as_user("app@sales#east")], "obprobe_nobody@sales#east")]:
        suite.add(f"{product}, {title}: the server is told {seen} and no password", try_name, product,
                  options, seen)


# ---- nothing counts ----

def no_trace(product, suffix):
    """Good logins, an expired password too, move no counter of aborted connections."""
    server = servers[product + suffix]
    user = account(server)
    names = "('Aborted_connects', 'Aborted_clients')"
    before = server.sql(f"SHOW GLOBAL STATUS WHERE Variable_name IN {names}")
    for _ in range(5):
        expect(probe(suite, *as_user(user), target(server)).report, "ready.login", server_cost="none")
    expect(probe(suite, *as_user(user), server.socket).report, "ready.login", server_cost="none")
    expect_equal("the counters", server.sql(f"SHOW GLOBAL STATUS WHERE Variable_name IN {names}"), before)


for product in BOTH:
    for suffix in ("", "_plain"):
        suite.add(f"{product}{suffix}: a good login leaves no trace", no_trace, product, suffix, alone=True)

if __name__ == "__main__":
    try:
        finish(suite, servers)
    finally:
        made.__exit__(None, None, None)
