#!/usr/bin/env python3
"""How the password is proved to a real MySQL and MariaDB on each kind of connection, and unix sockets.

Usage: plugins_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

On loopback the RSA key may be fetched without being asked for. Whatever is about the options that
allow it needs another address: a network namespace (root only).
"""

import contextlib
import os
import socket
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import (Failure, Skip, Suite, evidence, expect, expect_equal, find_program, ordinary_folder,
                     run_program, wait_until)
from logins import (RIGHT, WRONG, Servers, account, as_user, expect_outcome, finish, own_address, probe,
                    target)
from mariadb import MariaDB
from mysql import MySQL

suite = Suite("plugins and sockets of real servers", sys.argv, jobs=4)
PLAIN, TLS = ["--ssl-mode=disabled"], ["--ssl-mode=required"]
SHA256 = f"IDENTIFIED WITH sha256_password BY '{RIGHT}'"
COUNTING = ("--performance-schema=ON", "--max-connect-errors=1")
UNVERIFIED = ["certificate-unverified"]


@contextlib.contextmanager
def distant():
    """A MySQL in a namespace, at an address that is not loopback's; one connection error blocks."""
    with own_address() as there:
        with MySQL(*COUNTING, bind="0.0.0.0", prefix=there.prefix) as server:
            server.place = there
            yield server


servers = Servers(mysql=MySQL, mariadb=MariaDB, distant=distant)


def probe_there(server, *options):
    return probe(suite, *options, target(server, server.place.address), prefix=server.place.prefix).report


def expect_proof(report, *, notes=(), **facts):
    """Logged in, and the evidence of the proof is this (absent keys: None)."""
    expect_outcome(report, "ready.login", "certain", "statement", "none", notes=notes)
    found = {key: evidence(report).get(key) for key in facts}
    expect_equal("the proof", found, facts, str(report))


FULL = {"full_authentication": True, "fast_authentication": None}
FAST = {"full_authentication": None, "fast_authentication": True, "public_key_asked": None}
FETCHED = {"public_key_asked": True, "public_key_bits": 2048}
NOT_FETCHED = {"public_key_asked": None, "public_key_bits": None}


# ---- caching_sha2_password and sha256_password ----

@suite.case
def cached_on_plaintext():
    """caching_sha2_password on loopback: first by a fetched RSA key, then cached, then forgotten."""
    server = servers["mysql"]
    user = as_user(account(server))
    expect_proof(probe(suite, *PLAIN, *user, target(server)).report, **FULL, **FETCHED)
    expect_proof(probe(suite, *PLAIN, *user, target(server)).report, **FAST)
    expect_proof(probe(suite, *TLS, *user, target(server)).report, notes=UNVERIFIED, **FAST)
    expect_proof(probe(suite, *user, server.socket).report, **FAST)
    report = probe(suite, *PLAIN, *as_user(user[0].partition("=")[2], WRONG), target(server)).report
    expect_outcome(report, "denied.credentials", "likely", "login", "log", code=1045,
                   alternatives=["tls.required"])


@suite.case
def full_in_tls():
    """caching_sha2_password in TLS and over a socket: full without any key, then cached."""
    server = servers["mysql"]
    for options, where, notes in ((TLS, target(server), UNVERIFIED), ([], server.socket, [])):
        user = as_user(account(server))
        expect_proof(probe(suite, *options, *user, where).report, notes=notes, **FULL, **NOT_FETCHED)
        expect_proof(probe(suite, *options, *user, where).report, notes=notes, **FAST)


@suite.case
def sha256_everywhere():
    """sha256_password: the RSA key on plaintext and over a socket, none in TLS."""
    server = servers["mysql"]
    user = as_user(account(server, identified=SHA256))
    seen = {"auth_plugin": "sha256_password"}
    expect_proof(probe(suite, *PLAIN, *user, target(server)).report, **seen, **FETCHED)
    expect_proof(probe(suite, *user, server.socket).report, **seen, **FETCHED)
    expect_proof(probe(suite, *TLS, *user, target(server)).report, notes=UNVERIFIED, **seen, **NOT_FETCHED)


def key_given(identified):
    """The server's own key from a file: nothing is fetched."""
    server = servers["mysql"]
    key = f"--server-public-key-path={server.data}/public_key.pem"
    user = as_user(account(server, identified=identified))
    expect_proof(probe(suite, *PLAIN, key, *user, target(server)).report, **NOT_FETCHED)


CACHING_SHA2 = f"IDENTIFIED WITH caching_sha2_password BY '{RIGHT}'"
for clause in (CACHING_SHA2, SHA256):
    suite.add(f"{clause.split()[2]}: --server-public-key-path on loopback", key_given, clause)


def expect_forbidden(report):
    expect_outcome(report, "denied.auth-plugin", "certain", "login", "log", code=1045, exit_code=18)
    expect_equal("refusal", evidence(report).get("refusal"), "public-key-not-allowed", str(report))
    advice = " ".join(report["advice"])
    for option in ("--get-server-public-key", "--server-public-key-path"):
        if option not in advice:
            raise Failure(f"the advice lacks {option}: {advice}")


def forbidden(identified):
    """Elsewhere: not without being allowed, and that does not count; with each of the options; in TLS."""
    server = servers["distant"]
    key = f"--server-public-key-path={server.data}/public_key.pem"

    def run(*options, user=None):
        return probe_there(server, *options, *as_user(user or account(server, identified=identified)))

    name = account(server, identified=identified)
    expect_forbidden(run(*PLAIN, user=name))
    expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(server.place.address), 0)
    expect_proof(run(*PLAIN, "--get-server-public-key", user=name), **FETCHED)
    if identified == CACHING_SHA2:
        expect_proof(run(*PLAIN, user=name), **FAST)
    expect_proof(run(*PLAIN, key), **NOT_FETCHED)
    expect_proof(run(*TLS), notes=UNVERIFIED, **NOT_FETCHED)
    # Of a wrong password nothing can be told where the proof is not given.
    expect_forbidden(probe_there(server, *PLAIN, *as_user(account(server, identified=identified), WRONG)))
    expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(server.place.address), 0)


for clause in (CACHING_SHA2, SHA256):
    suite.add(f"{clause.split()[2]} on plaintext of another address: only as the options allow", forbidden,
              clause)


@suite.case
def wrong_key():
    """A key that is not the server's: it rejects what it cannot read, and that does not count."""
    server = servers["distant"]
    openssl = find_program("openssl")
    with ordinary_folder() as folder:
        secret, public = os.path.join(folder, "key"), os.path.join(folder, "public")
        for command in (["genpkey", "-algorithm", "RSA", "-out", secret],
                        ["pkey", "-in", secret, "-pubout", "-out", public]):
            expect_equal("openssl", run_program([openssl, *command], bound=60).exit_code, 0)
        report = probe_there(server, *PLAIN, f"--server-public-key-path={public}", *as_user(account(server)))
    expect(report, "denied.credentials", "likely", server_cost="log", login="credentials",
           alternatives=["denied.auth-plugin"])
    expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(server.place.address), 0)


@suite.case
def locked_without_proof():
    """mysql: that an account is locked is told also where the proof may not be given."""
    server = servers["distant"]
    name = account(server, "FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1")
    expect(probe_there(server, *TLS, *as_user(name, WRONG)), "denied.account-locked")
    expect_outcome(probe_there(server, *PLAIN, *as_user(name)), "denied.account-locked", "certain", "login", "log",
                   code=3955)


@suite.case
def not_spoken():
    """mariadb: an account of ed25519 is denied.auth-plugin, without a counted error."""
    folder = os.environ.get("MARIADB_SERVER_PLUGINS", "/usr/lib/mysql/plugin")
    if not os.path.exists(os.path.join(folder, "auth_ed25519.so")):
        raise Skip(f"auth_ed25519.so is not in {folder} (or another MARIADB_SERVER_PLUGINS)")
    with MariaDB(*COUNTING, f"--plugin-dir={folder}", "--plugin-load-add=auth_ed25519",
                 bind="0.0.0.0") as server:
        name = account(server, identified=f"IDENTIFIED VIA ed25519 USING PASSWORD('{RIGHT}')")
        report = probe(suite, "--bind-address=127.0.0.2", *as_user(name), target(server)).report
        expect_outcome(report, "denied.auth-plugin", "certain", "login", "log", code=1045)
        expect_equal("refusal", evidence(report).get("refusal"), "plugin-not-spoken", str(report))
        expect_equal("SUM_CONNECT_ERRORS", server.connect_errors("127.0.0.2"), 0)


# ---- sockets ----

def by_socket(product):
    """-S and a path are the same; TLS is not used there, whatever the mode."""
    server = servers[product]
    user = as_user(account(server))
    for where in (["-S", server.socket], [f"--socket={server.socket}"], [server.socket]):
        for options in ([], TLS, PLAIN):
            report = probe(suite, *options, *user, *where).report
            expect_outcome(report, "ready.login", "certain", "statement", "none", socket=server.socket)
            if "tls" in report["addresses"][0] or "host" in report:
                raise Failure(f"TLS or a host over a socket: {report}")
    report = probe(suite, *user, "-Dmysql", server.socket).report
    expect(report, "denied.database", "certain", server_cost="log")
    expect_outcome(probe(suite, server.socket).report, "ready.handshake", "certain", "login", "log", code=1045,
                   login="anonymous")


def forbidden_socket(product):
    """No permission on the socket: local.not-permitted, as an ordinary user."""
    server = servers[product]
    with other_mode(server.socket, 0o600):
        prefix = other_user()
        report = probe(suite, *as_user("app"), server.socket, prefix=prefix).report
    expect_outcome(report, "local.not-permitted", "certain", "connect", "none", login="anonymous", exit_code=11)


@contextlib.contextmanager
def other_mode(path, mode):
    before = stat.S_IMODE(os.stat(path).st_mode)
    os.chmod(path, mode)
    try:
        yield
    finally:
        os.chmod(path, before)


def other_user():
    """In front of a command: somebody who is neither root nor the servers' user."""
    if os.getuid() != 0:
        raise Skip("to become another user needs root")
    return ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"]


def full_queue(product):
    """Stopped, and its queue full: unavailable.accept-queue-full; once continued, ready."""
    with {"mariadb": MariaDB, "mysql": MySQL}[product]("--back-log=2") as server:
        user = as_user(account(server))
        server.pause()
        with contextlib.ExitStack() as held:
            def full():
                client = held.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    client.connect(server.socket)
                    return False
                return True
            wait_until(full, 10, "the queue to be full")
            report = probe(suite, "-t1", *user, server.socket).report
            expect_outcome(report, "unavailable.accept-queue-full", "certain", "connect", "none",
                           login="anonymous", exit_code=19)
        server.resume()
        expect(probe(suite, *user, server.socket).report, "ready.login", server_cost="none")


for product_name in ("mariadb", "mysql"):
    suite.add(f"{product_name}: logins over its socket", by_socket, product_name)
    suite.add(f"{product_name}: its socket without permission", forbidden_socket, product_name, alone=True)
    suite.add(f"{product_name}: its socket with a full queue", full_queue, product_name)


def no_socket(kind, cause, exit_code):
    with ordinary_folder() as folder:
        path = os.path.join(folder, kind)
        if kind == "stale":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(path)
        elif kind == "file":
            with open(path, "wb"):
                pass
        elif kind == "folder":
            os.mkdir(path)
        report = probe(suite, *as_user("app"), path).report
    expect_outcome(report, cause, "certain", "connect", "none", login="anonymous", exit_code=exit_code)


for kind_of_path, wanted, code in (("missing", "local.no-socket-file", 11), ("stale", "refused.no-listener", 13),
                                   ("file", "local.no-socket-file", 11), ("folder", "local.no-socket-file", 11)):
    suite.add(f"a socket's path that is {kind_of_path}: {wanted}", no_socket, kind_of_path, wanted, code)

if __name__ == "__main__":
    finish(suite, servers)
