#!/usr/bin/env python3
"""What real servers say in the greeting's place, and to accounts of before 4.1, with a password given.

Usage: refusals_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]
"""

import contextlib
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Suite, evidence, expect, expect_equal, wait_until
from logins import as_user, probe, target
from mariadb import MariaDB
from mysql import MySQL

SOURCE = "127.0.0.2"
PRODUCTS = {"mariadb": MariaDB, "mysql": MySQL}
OLD = "0123456789abcdef"  # 16 hexadecimal digits are the hash of an old password

suite = Suite("refusals of real servers", sys.argv, jobs=2)


def expect_refusal(report, code, cause, stage, cost):
    """Said before the login: no password is used, and none is spent."""
    expect(report, cause, "certain", stage=stage, server_cost=cost, ready=False)
    expect_equal("the server's error", evidence(report)["server_error"]["code"], code, str(report))
    expect_equal("proof_sent", evidence(report).get("proof_sent", False), False, str(report))


def full(product):
    with PRODUCTS[product]("--max-connections=10", "--connect-timeout=60") as server, \
            contextlib.ExitStack() as held:
        def is_full():
            connection = held.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            return connection.recv(4096)[4:7] == b"\xff\x10\x04"
        wait_until(is_full, 20, "error 1040")
        report = probe(suite, *as_user("app"), target(server)).report
    expect_refusal(report, 1040, "unavailable.too-many-connections", "greeting", "none")


def not_allowed(product):
    """Every account but root@localhost is gone: 127.0.0.2 has none."""
    with PRODUCTS[product](bind="0.0.0.0") as server:
        table = "mysql.global_priv" if product == "mariadb" else "mysql.user"
        server.sql(f"DELETE FROM {table} WHERE Host NOT IN ('localhost'); FLUSH PRIVILEGES")
        report = probe(suite, f"--bind-address={SOURCE}", *as_user("app"), target(server)).report
    expect_refusal(report, 1130, "denied.host", "greeting", "none")


for name in PRODUCTS:
    suite.add(f"{name}: 1040, no connection left", full, name)
    suite.add(f"{name}: 1130, no account for this host", not_allowed, name)


def old_password(secure_auth, code, cost):
    """An account with the hash of before 4.1: 1275 where the server forbids it, else a one-byte AuthSwitch."""
    with MariaDB(f"--secure-auth={secure_auth}") as server:
        server.sql(f"CREATE USER old@'%' IDENTIFIED VIA mysql_old_password USING '{OLD}'")
        report = probe(suite, *as_user("old"), target(server)).report
        expect(report, "denied.auth-plugin", "certain", stage="login", server_cost=cost)
        expect_equal("the server's error", evidence(report)["server_error"]["code"], code, str(report))


suite.add("mariadb: 1275, an old password that the server forbids", old_password, "ON", 1275, "log")
suite.add("mariadb: an old password that the server allows is not spoken", old_password, "OFF", 1045, "log")

sys.exit(suite.run())
