#!/usr/bin/env python3
"""Predictions held against real clients: what is predicted happens, and where it is not predicted it does not.

Usage: drivers_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

Every row of CASES is a login of a real client with an account of its own, and then a probe with that account,
which must predict that login's failure (or surprise) exactly when it came. Clients and servers are those of
clients.py; a row whose client cannot be had is skipped.
"""

import contextlib
import os
import socket
import sys
import threading
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "server")]
from certificates import Certificates
from clients import CLIENTS, NO_PLUGINS, NewMariaDB, native_plugin
from harness import Failure, Skip, Suite, expect_equal
from logins import RIGHT, Servers, account, as_user, finish, probe, target
from mariadb import MariaDB, read_packet
from mysql import MySQL
from packets import error, greeting, packet

suite = Suite("predictions and real clients", sys.argv, jobs=2)
made = Certificates("localhost", addresses=("127.0.0.1", "127.0.0.2")).__enter__()
EVERYWHERE = {"bind": "0.0.0.0"}  # 127.0.0.2 is not local to MariaDB's clients, 127.0.0.1 is


def with_plugins():
    """A MariaDB that knows ed25519."""
    folder = os.environ.get("MARIADB_SERVER_PLUGINS", "/usr/lib/mysql/plugin")
    if not os.path.exists(os.path.join(folder, "auth_ed25519.so")):
        raise Skip(f"auth_ed25519.so is not in {folder} (or another MARIADB_SERVER_PLUGINS)")
    return MariaDB(*made.options("good"), f"--plugin-dir={folder}", "--plugin-load-add=auth_ed25519")


WEAK = ["--tls-version=TLSv1.1", "--ssl-cipher=DEFAULT@SECLEVEL=0"]
servers = Servers(
    mysql=lambda: MySQL(*made.options("good"), **EVERYWHERE),
    mysql_plain=lambda: MySQL(tls=False),
    mariadb=lambda: MariaDB(*made.options("good"), **EVERYWHERE),
    mariadb_plain=MariaDB,
    mariadb_expired=lambda: MariaDB(*made.options("expired")),
    mariadb_misnamed=lambda: MariaDB(*made.options("wrong-name"), **EVERYWHERE),
    mariadb_weak=lambda: MariaDB(*WEAK, *made.options("good")),
    mariadb_plugins=with_plugins,
    mariadb_new=lambda: NewMariaDB(**EVERYWHERE))

FARTHER = "127.0.0.2"
CA = f"--ssl-ca={made['ca']}"
ED25519 = f"IDENTIFIED VIA ed25519 USING PASSWORD('{RIGHT}')"
KEY, NO_TLS, IN_CLEAR = "public-key-retrieval", "mariadb-tls-by-default", "ssl-option-in-plaintext"
SENT = "mariadb-sends-in-clear"
TRUST, NINE, SHA2 = "mariadb-verifies-by-default", "mysql9-native-password", "no-caching-sha2"
OLD_SERVER, OLD_CLIENT, FOREIGN = "tls-too-old", "old-tls-client", "mariadb-plugin"
NOT_TRUSTED = "Certificate verification failure: The certificate is NOT trusted."


class Works(str):
    """The TLS version of a login that works; "" in plaintext."""


# Prediction, whether it is made; server, client and its options; what the client says, or Works; and where
# these are not the usual ones: options of the probe, address, the account's plugin.
CASES = [
    (KEY, True, "mysql_plain", "mysql", [], "Authentication requires secure connection"),
    (KEY, True, "mysql_plain", "mysql", ["--get-server-public-key"], Works("")),
    (KEY, True, "mysql_plain", "connector/j", [], "RSA public key is not available client side"),
    (KEY, True, "mysql_plain", "connector/j", ["allowPublicKeyRetrieval=true"], Works("")),
    (KEY, True, "mysql", "mysql", ["--ssl-mode=DISABLED"], "Authentication requires secure connection",
     {"probe": ["--ssl-mode=disabled"]}),
    (KEY, False, "mysql", "mysql", [], Works("TLSv1.3")),
    (KEY, False, "mysql", "connector/j", ["sslMode=trust"], Works("TLSv1.3")),
    (KEY, False, "mariadb_plain", "connector/j", [], Works("")),

    (NO_TLS, True, "mariadb_plain", "mariadb", [], "SSL is required, but the server does not support it"),
    (NO_TLS, True, "mysql_plain", "mariadb", [], "SSL is required, but the server does not support it"),
    (NO_TLS, True, "mariadb_plain", "mariadb", ["--skip-ssl"], Works("")),
    (NO_TLS, False, "mariadb", "mariadb", [], Works("TLSv1.3")),

    (IN_CLEAR, True, "mariadb_plain", "old mariadb", ["--ssl"], Works("")),
    (IN_CLEAR, True, "mariadb_plain", "old mariadb", [CA], Works("")),
    (IN_CLEAR, True, "mariadb_plain", "old mariadb", ["--ssl", "--ssl-verify-server-cert"], "SSL is required"),
    (IN_CLEAR, True, "mysql_plain", "mysql", ["--ssl-mode=PREFERRED", "--get-server-public-key"], Works("")),
    (IN_CLEAR, True, "mysql_plain", "mysql", ["--ssl-mode=REQUIRED"], "SSL is required"),
    (IN_CLEAR, False, "mariadb", "old mariadb", ["--ssl"], Works("TLSv1.3")),

    (SENT, True, "mysql_plain", "old mariadb", [], "Access denied"),
    (SENT, True, "mysql_plain", "old mariadb", ["--skip-ssl"], Works("")),
    (SENT, True, "mysql_plain", "mariadb", ["--skip-ssl-verify-server-cert"], "Access denied"),
    (SENT, False, "mysql", "old mariadb", [], Works("TLSv1.3")),
    (SENT, False, "mariadb_plain", "old mariadb", [], Works("")),

    (TRUST, True, "mysql", "mariadb", [], "self-signed certificate in certificate chain", {"address": FARTHER}),
    (TRUST, True, "mariadb", "mariadb", [], NOT_TRUSTED, {"address": FARTHER}),
    (TRUST, True, "mariadb", "mariadb", ["--skip-ssl-verify-server-cert"], Works("TLSv1.3"),
     {"address": FARTHER}),
    (TRUST, False, "mariadb", "mariadb", [CA], Works("TLSv1.3"), {"address": FARTHER, "probe": [CA]}),
    (TRUST, True, "mariadb_misnamed", "mariadb", [CA], "Hostname verification failed",
     {"address": FARTHER, "probe": ["--ssl-mode=required", CA]}),
    (TRUST, False, "mysql", "mariadb", [], Works("TLSv1.3")),
    (TRUST, False, "mariadb", "mariadb", [], Works("TLSv1.3")),
    (TRUST, False, "mariadb_new", "mariadb", [], Works("TLSv1.3"), {"address": FARTHER}),
    (TRUST, True, "mariadb_expired", "mariadb", [], "certificate has expired"),

    (NINE, True, "mariadb", "mysql", [NO_PLUGINS], "'mysql_native_password' cannot be loaded"),
    (NINE, True, "mariadb", "mysql", [native_plugin], Works("TLSv1.3")),
    (NINE, False, "mysql", "mysql", [NO_PLUGINS], Works("TLSv1.3")),

    (FOREIGN, True, "mariadb_plugins", "mysql", [native_plugin], "client_ed25519", {"identified": ED25519}),
    (FOREIGN, False, "mariadb_plugins", "mysql", [native_plugin], Works("TLSv1.3")),

    (OLD_SERVER, True, "mariadb_weak", "mysql", [native_plugin], "SSL connection error"),
    (OLD_SERVER, True, "mariadb_weak", "connector/j", ["sslMode=trust"], "SSLHandshakeException"),
    (OLD_SERVER, False, "mariadb", "connector/j", ["sslMode=trust"], Works("TLSv1.3")),

    (OLD_CLIENT, True, "mysql", "old mariadb", ["--tls-version=TLSv1.1"], "tlsv1 alert protocol version"),
    (OLD_CLIENT, True, "mysql", "old mariadb", ["--tls-version=TLSv1.2"], Works("TLSv1.2")),
    (OLD_CLIENT, False, "mariadb_weak", "old mariadb", ["--ssl-cipher=DEFAULT@SECLEVEL=0"], Works("TLSv1.1")),

    (SHA2, True, "mysql", "mysqljs", [], "ER_NOT_SUPPORTED_AUTH_MODE"),
    (SHA2, False, "mariadb", "mysqljs", [], Works("")),
]


def answered(server, client, name, options, address):
    given = [option() if callable(option) else option for option in options]
    return CLIENTS[client](server, name, RIGHT, *given, address=address)


def hold(prediction, wanted, server, client, options, says, rest):
    """The login first: a probe leaves the password in the server's cache."""
    server, address = servers[server], rest.get("address", "127.0.0.1")
    name = account(server, **{key: rest[key] for key in ("identified",) if key in rest})
    answer = answered(server, client, name, options, address)
    if isinstance(says, Works):
        expect_equal("the login", (answer.ok, answer.text), (True, str(says)), str(answer))
    elif answer.ok or says not in answer.text:
        raise Failure(f"the client does not say {says!r}: {answer}")
    report = probe(suite, *rest.get("probe", []), *as_user(name), target(server, address)).report
    made_of = {found["id"]: found for found in report["predictions"]}
    expect_equal(f"{prediction} is predicted", prediction in made_of, wanted, str(report))


def title(prediction, wanted, server, client, options, says, rest):
    words = [option.__name__ if callable(option) else os.path.basename(option) for option in options]
    place = " ".join([client, *words, *(["at", rest["address"]] if "address" in rest else [])])
    what = f"works in {says or 'plaintext'}" if isinstance(says, Works) else "fails"
    return f"{prediction}{'' if wanted else ', not'}: {server}, {place} {what}"


for case in CASES:
    row = (*case, {}) if len(case) == 6 else case
    suite.add(title(*row), hold, *row)


def ask_for_the_password(listener, heard):
    """A server without TLS that has no password cached; what the client answers to that."""
    connection, _ = listener.accept()
    with contextlib.suppress(Failure), connection, connection.makefile("rwb") as stream:
        stream.write(greeting(b"9.7.4", plugin=b"caching_sha2_password"))
        stream.flush()
        sequence = read_packet(stream)[1]
        stream.write(packet(sequence + 1, b"\x01\x04"))
        stream.flush()
        answer, sequence = read_packet(stream)
        heard.append(answer)
        stream.write(packet(sequence + 1, error(1045, "28000")))


def what_travels(client, options, wanted):
    """Asked for the password by a server without TLS, the client sends it, or asks for the server's key."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        thread = threading.Thread(target=ask_for_the_password, args=(listener, heard))
        thread.start()
        server = types.SimpleNamespace(port=listener.getsockname()[1])
        try:
            CLIENTS[client](server, "app", RIGHT, *options)
        finally:
            if not heard:  # the client never came
                socket.create_connection(listener.getsockname()).close()
            thread.join()
    expect_equal("what the client sends", heard, [wanted])


THE_PASSWORD, THE_KEY = RIGHT.encode() + b"\0", b"\x02"
for asked, given, sent in (("old mariadb", [], THE_PASSWORD), ("old mariadb", ["--ssl"], THE_PASSWORD),
                           ("old mariadb", ["--skip-ssl"], THE_KEY), ("mariadb", ["--skip-ssl"], THE_KEY),
                           ("mariadb", ["--skip-ssl-verify-server-cert"], THE_PASSWORD),
                           ("mysql", ["--get-server-public-key"], THE_KEY)):
    suite.add(f"{SENT}: {' '.join([asked, *given])} sends {'the password' if sent == THE_PASSWORD else 'no password'}",
              what_travels, asked, given, sent)


@suite.case
def healthy():
    """a server in good health: nothing that is told without being asked for"""
    server = servers["mysql"]
    for user in ([], as_user(account(server))):
        run = probe(suite, CA, *user, target(server))
        current = [found["id"] for found in run.report["predictions"] if found["current"]]
        expect_equal("predictions for drivers of today", current, [], str(run))


finish(suite, servers)
