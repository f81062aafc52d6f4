#!/usr/bin/env python3
"""libmariadb's login behind the wire's, on scripted servers that are good to the first and not to the second:
every way in which they can ask it for the password, lie to it, and keep it waiting.

Usage: client_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

Each row is two connections: the first is a good login on the wire, the second is libmariadb's. Neither the
password nor what can be computed from it is heard in clear, and inside TLS only with the wire's certificate.
"""

import glob
import re
import sys
import tempfile
from urllib.parse import quote

# The first of these also makes the harness importable.
from login_suite import (ANSWERED, DENIED, OBPROXY, OBSERVER, PLAIN, READY, SHA2, TLS, TLS_SHA2, check_row, log_in,
                         judge_server, row, searched, suite)
from login_steps import (CACHING_SHA2, CLEAR, DIALOG, NATIVE, PASSWORD, SHA256, USER, ask_caching_sha2_key, hear_app,
                         hear_encrypted, hear_exactly, hear_harmless, hear_password, hear_proof, hear_statement,
                         hear_user, keys, say_key, say_row, scramble, switch)
from harness import Failure, evidence, expect_equal
from hostile import HOSTILE, judge_hostile
from packets import (FAST_AUTH_SUCCESS, OK, PERFORM_FULL_AUTHENTICATION, Complaint, error, greeting,
                     mariadb_greeting, packet, result_set)
from promises import at_deadline
from scripted import (Server, answer, close, drip, hear_nothing, hear_quit, hold, pause, repeat, reset, say, take_login,
                      until_gone)
from tls_steps import TLS_OFFERED, hear_client_hello, hear_ssl_request, made, refuse_in_tls, say_alert, start_tls
import client_default  # these add their own cases
import client_memory
import client_slow

suite.title = "scripted servers and libmariadb"
DISAGREES, INCONCLUSIVE = "client.disagrees", "client-inconclusive"
FULL, FAST = answer(PERFORM_FULL_AUTHENTICATION), answer(FAST_AUTH_SUCCESS)
FILE = tempfile.NamedTemporaryFile(prefix="obprobe-test-")
FILE_TEXT = b"what stands in a file of this machine"
FILE.write(FILE_TEXT)
FILE.flush()

# Logins of the wire, and libmariadb's up to where it can be asked for something.
NATIVE_WIRE = [say(PLAIN), hear_app, *ANSWERED]
SHA2_WIRE = [say(SHA2), hear_app, FAST, *ANSWERED]
TLS_WIRE = [say(TLS), start_tls(), hear_app, *ANSWERED]
SHA2_TLS_WIRE = [say(TLS_SHA2), start_tls(), hear_app, FULL, hear_password(), *ANSWERED]
PROVED, PROVED_SHA2 = [say(PLAIN), hear_app], [say(SHA2), hear_app]
PROVED_TLS, PROVED_SHA2_TLS = [say(TLS), start_tls(), hear_app], [say(TLS_SHA2), start_tls(), hear_app]
STATED = [*PROVED, answer(OK), hear_statement]
# libmariadb does not leave the closing to the server.
SERVED = [answer(OK), hear_statement, say_row, hear_quit, hold()]
gone = until_gone()


def leaves(peer):
    """Nothing but the end of the connection."""
    gone(peer)
    if peer.inbox:
        raise Complaint(f"unexpected bytes {peer.inbox[:80]!r}")


def hear_library(user=USER, plugin=None, proof=None, login_of=PASSWORD):
    """Its login; it demands what old servers do not offer (attributes, long proofs), which they overlook."""
    def step(peer):
        offered, peer.offered = peer.offered, None
        login = take_login(peer, user)
        peer.offered = offered
        wanted = scramble(login["plugin"], login_of, peer.salt) if proof is None else proof
        if login["proof"] != wanted or plugin not in (None, login["plugin"]):
            raise Complaint(f"{login['plugin']!r} with the proof {login['proof'].hex()}")
    return step


LEAVES = [leaves]


def row_of_two(name, wire, second, cause, options=("-t", "4"), **promises):
    client = {"library": bool, **promises.pop("client", {})}
    row(name, wire, cause, options, **{"connections": 2, "later": second, "client": client, **promises})


def agrees(name, wire, second, options=("-t", "4"), **promises):
    row_of_two(f"agreement: {name}", wire, second, READY, options, client={"result": "passed", "code": None},
               **{"server_cost": "none", "notes": [], "stage": "statement", **promises})


def disagrees(name, wire, second, code, cost="counted", options=("-t", "4"), **promises):
    client = {"result": "failed", "code": code, "message": bool, **promises.pop("client", {})}
    notes = promises.pop("others", []) + (["counted"] if cost == "counted" else [])
    row_of_two(name, wire, second, DISAGREES, options, client=client,
               **{"server_cost": cost, "notes": notes, "stage": "client", "confidence": "certain", "ready": False,
                  "exit_code": 21, **promises})


def waits(name, wire, second, **promises):
    """libmariadb alone is kept waiting: the wire's verdict stands, at the deadline."""
    others = promises.pop("others", [])
    row_of_two(f"the deadline, and the wire's verdict: {name}", wire, second, READY, ("-t", "2"),
               client={"result": "timed-out", "code": None},
               **{"within": at_deadline(2), "notes": [INCONCLUSIVE, "counted", *others], "server_cost": "counted",
                  "exit_code": 0, "ready": True, **promises})


def limited(code):
    row_of_two(f"{code} in the greeting's place is no disagreement", NATIVE_WIRE,
               [say(packet(0, error(code, None, b"no room"))), hold()], READY, notes=[INCONCLUSIVE], exit_code=0,
               client={"result": "failed", "code": code, "message": "no room"})
    row_of_two(f"{code} in the greeting's place, where TLS is a must, is no disagreement", TLS_WIRE,
               [say(packet(0, error(code, None, b"no room"))), hold()], READY, exit_code=0,
               notes=[INCONCLUSIVE, "certificate-unverified"],
               client={"result": "failed", "code": 2002, "server_code": code})
    row_of_two(f"{code} behind the login is no disagreement", NATIVE_WIRE,
               [*PROVED, answer(error(code, "42000", b"no room")), hold()], READY, notes=[INCONCLUSIVE], exit_code=0,
               client={"result": "failed", "code": code, "message": "no room"})


# ---- both agree ----

agrees("native", NATIVE_WIRE, [*PROVED, *SERVED])
agrees("native over IPv6", NATIVE_WIRE, [*PROVED, *SERVED], host="::1")
agrees("native over a socket", NATIVE_WIRE, [*PROVED, *SERVED], over_socket=True)
agrees("the user, tenant and cluster of an OBProxy", [say(OBPROXY), hear_user("app@t#c"), *ANSWERED],
       [say(OBPROXY), hear_library("app@t#c"), *SERVED], user="app@t#c", notes=["constant-salt"])
agrees("an observer", [say(OBSERVER), hear_app, *ANSWERED], [say(OBSERVER), hear_library(), *SERVED],
       notes=["tenant-by-default"])
agrees("with a database", [say(PLAIN), hear_user(database="shop"), *ANSWERED],
       [say(PLAIN), hear_user(database="shop"), *SERVED], ("-D", "shop"))
agrees("the empty password", [say(PLAIN), hear_user(password=""), *ANSWERED],
       [say(PLAIN), hear_user(password=""), *SERVED], password="")
agrees("caching_sha2, fast", SHA2_WIRE, [*PROVED_SHA2, FAST, *SERVED])
agrees("caching_sha2, full, in clear on loopback: by the server's key",
       [say(SHA2), hear_app, FULL, ask_caching_sha2_key, say_key(), hear_encrypted(), *ANSWERED],
       [*PROVED_SHA2, FULL, ask_caching_sha2_key, say_key(), hear_encrypted(), *SERVED])
agrees("caching_sha2, full, inside TLS: the password with the same certificate", SHA2_TLS_WIRE,
       [*PROVED_SHA2_TLS, FULL, hear_password(), *SERVED], sent=2, notes=["certificate-unverified"])
agrees("AuthSwitch to caching_sha2", [say(PLAIN), hear_app, switch(CACHING_SHA2), hear_proof(CACHING_SHA2), *ANSWERED],
       [say(SHA2), hear_user(plugin=CACHING_SHA2), FAST, *SERVED])
agrees("AuthSwitch to caching_sha2 for both", [say(PLAIN), hear_app, switch(CACHING_SHA2), hear_proof(CACHING_SHA2),
                                               *ANSWERED],
       [say(PLAIN), hear_library(plugin=CACHING_SHA2, proof=b""), switch(CACHING_SHA2), hear_proof(CACHING_SHA2), FAST,
        *SERVED])
agrees("TLS", TLS_WIRE, [*PROVED_TLS, *SERVED], notes=["certificate-unverified"])
agrees("TLS, verified", TLS_WIRE, [*PROVED_TLS, *SERVED], ("--ssl-mode=verify-identity", "--ssl-ca={ca}"))
agrees("mysql_clear_password inside verified TLS",
       [say(TLS), start_tls(), hear_app, switch(CLEAR), hear_password(), *ANSWERED],
       [say(greeting(capabilities=TLS_OFFERED, plugin=CLEAR)), start_tls(), lambda peer: peer.take_packet("login"),
        *SERVED], ("--ssl-mode=verify-identity", "--ssl-ca={ca}"), sent=2)
agrees("an answer in pieces", NATIVE_WIRE, [*PROVED, answer(OK), hear_statement, drip(result_set(), 0.003), hear_quit,
                                            hold()])
agrees("16 rows", NATIVE_WIRE, [*STATED, say(result_set(16)), hear_quit, hold()])

# ---- asked for the password ----

for other, asked in ((CLEAR, []), (DIALOG, []), (SHA256, []), (CACHING_SHA2, [])):
    for title, wire, proved, notes in (
            ("in clear", NATIVE_WIRE, PROVED, []), ("inside TLS", TLS_WIRE, PROVED_TLS, ["certificate-unverified"])):
        disagrees(f"AuthSwitch to {other.decode()} {title}: nothing is given", wire, [*proved, switch(other), *LEAVES],
                  5010, others=notes)
disagrees("AuthSwitch to mysql_clear_password inside verified TLS where the wire had a proof: nothing is given",
          TLS_WIRE, [*PROVED_TLS, switch(CLEAR), *LEAVES], 5010,
          options=("--ssl-mode=verify-identity", "--ssl-ca={ca}"))
disagrees("AuthSwitch to mysql_clear_password over a socket: nothing is given", NATIVE_WIRE,
          [*PROVED, switch(CLEAR), *LEAVES], 5010, over_socket=True)
disagrees("AuthSwitch to mysql_native_password where the wire had caching_sha2: no weaker proof", SHA2_WIRE,
          [*PROVED_SHA2, switch(NATIVE), *LEAVES], 5010)
disagrees("the one-byte AuthSwitch of before 5.6: no old proof", NATIVE_WIRE, [*PROVED, answer(b"\xfe"), *LEAVES], 5010)
disagrees("a greeting of before 4.1: no old proof", NATIVE_WIRE, [say(greeting(capabilities=0x8085)), *LEAVES], 5010)
disagrees("a greeting without plugin names where the wire had caching_sha2: no weaker proof", SHA2_WIRE,
          [say(greeting(capabilities=0xF7DF | 0x8000)), *LEAVES], 5010)
for other in (CLEAR, DIALOG, SHA256, b"client_ed25519"):
    agrees(f"a greeting that names {other.decode()}: no proof but of the wire's plugin", NATIVE_WIRE,
           [say(greeting(plugin=other)), hear_library(plugin=NATIVE, proof=b""), switch(NATIVE), hear_proof(NATIVE),
            *SERVED])
row("caching_sha2 in clear off loopback: libmariadb would take any key, and is not asked", SHA2_WIRE, READY,
    off_loopback=True, client={"result": "not-run", "reason": "public-key-not-allowed"}, notes=[])
row("caching_sha2 in clear off loopback with a file of the key: libmariadb takes that one",
    SHA2_WIRE, READY, ("--server-public-key-path={key:2048}",), off_loopback=True, connections=2, notes=[],
    later=[*PROVED_SHA2, FULL, hear_encrypted(), *SERVED], client={"result": "passed"})
disagrees("AuthSwitch to sha256_password off loopback: no key is asked for", NATIVE_WIRE,
          [*PROVED, switch(SHA256), *LEAVES], 5010, off_loopback=True)
disagrees("AuthSwitch to caching_sha2_password off loopback: no key is asked for", NATIVE_WIRE,
          [*PROVED, switch(CACHING_SHA2), *LEAVES], 5010, off_loopback=True)

# ---- where only libmariadb speaks the plugin ----

VERIFY = ("--ssl-mode=verify-identity", "--ssl-ca={ca}")
NO = "\0".encode()
GSSAPI = b"auth_gssapi_client"


def wire_of(plugin, greeted):
    return [*greeted, hear_app, switch(plugin), hear_harmless(0, 1), answer(DENIED), close]


def dialog_wire(greeted):
    return wire_of(DIALOG, greeted)


def ask_by_dialog(question):
    return answer(b"\xfe" + DIALOG + b"\0" + question)


ALONE = {"alone": True, "plugin": "dialog"}
ASKED = [say(TLS), start_tls(), hear_app, ask_by_dialog(b"\x04Password: "), hear_password()]
row_of_two("dialog inside verified TLS: the password, and nothing to further questions",
           dialog_wire([say(TLS), start_tls()]),
           [*ASKED, answer(b"\x02Name: "), hear_exactly(NO, "an empty answer"), answer(b"\x05Once more: "),
            hear_exactly(NO, "an empty answer"), *SERVED], READY, VERIFY, sent=1, stage="client", server_cost="log",
           client={"result": "passed", "questions": 2, **ALONE})
row_of_two("dialog over a socket: the password", dialog_wire([say(PLAIN)]),
           [say(PLAIN), hear_app, ask_by_dialog(b"\x04Password: "), hear_password(), *SERVED], READY, sent=1,
           over_socket=True, stage="client", client={"result": "passed", **ALONE})
row_of_two("dialog inside verified TLS: a hundred questions get as many empty answers",
           dialog_wire([say(TLS), start_tls()]),
           [*ASKED, *[step for _ in range(100) for step in (answer(b"\x04Again: "), hear_exactly(NO, "nothing"))],
            answer(DENIED), hold()], "denied.credentials", VERIFY, sent=1, stage="client", confidence="likely",
           client={"result": "failed", "code": 1045, "questions": 100, **ALONE})
for title, kind, options in (("plaintext", None, ()), ("unverified TLS", "good", ()),
                             ("TLS of another name", "wrong-name", ("--ssl-mode=required", "--ssl-ca={ca}"))):
    row(f"dialog in {title}: libmariadb is not asked",
        dialog_wire([say(TLS), start_tls(kind)] if kind else [say(PLAIN)]), "denied.auth-plugin",
        ("-t", "4", *options), client={"result": "not-run", "reason": "password-in-clear", **ALONE})
row_of_two("dialog where TLS is offered no more: not a byte is said", dialog_wire([say(TLS), start_tls()]),
           [say(PLAIN), *LEAVES], "denied.auth-plugin", VERIFY, stage="client", confidence="possible",
           server_cost="counted", client={"result": "failed", "code": 2026, **ALONE})
row_of_two("dialog with another certificate: no login", dialog_wire([say(TLS), start_tls()]),
           [say(TLS), start_tls("name-only"), *LEAVES], "denied.auth-plugin", VERIFY, server_cost="counted",
           client={"result": "failed", "code": 2026, **ALONE})
row_of_two("dialog, and an AuthSwitch to mysql_clear_password", dialog_wire([say(TLS), start_tls()]),
           [*ASKED, switch(CLEAR), *LEAVES], "denied.auth-plugin", VERIFY, sent=1,
           client={"result": "failed", "code": 5010, **ALONE})
row_of_two("dialog, and silence", dialog_wire([say(TLS), start_tls()]), [*ASKED, hear_nothing], "timed-out.login",
           ("-t", "2", *VERIFY), sent=1, within=at_deadline(2), confidence="possible",
           client={"result": "timed-out", **ALONE})

for title, kind in (("plaintext", None), ("unverified TLS", "good")):
    row(f"GSSAPI in {title}: libmariadb is not asked",
        wire_of(GSSAPI, [say(TLS), start_tls(kind)] if kind else [say(PLAIN)]), "denied.auth-plugin",
        client={"result": "not-run", "reason": "password-in-clear", "alone": True, "plugin": GSSAPI.decode()})
MARIADB_ALONE = ("MySQL's clients and connectors: this account cannot log in (error 2059). Use MariaDB's, or give the "
                 "account another plugin. (The plugin of the account is parsec, which MariaDB alone has.)")
for plugin, package, more in ((GSSAPI, "mariadb-plugin-gssapi-client", []),
                              (b"parsec", "libmariadb3, from Debian 13", [MARIADB_ALONE])):
    if not glob.glob(f"/usr/lib/*/libmariadb3/plugin/{plugin.decode()}.so"):
        row(f"{plugin.decode()}, whose file is not installed: the package is named, and nothing is connected to",
            wire_of(plugin, [say(PLAIN)]), "client.plugin-missing", over_socket=True, confidence="certain",
            stage="client", server_cost="log", exit_code=21, connections=1,
            client={"result": "predicted", "reason": "plugin-file", "code": 2059, "plugin": plugin.decode()},
            advice=[f"Install the plugin {plugin.decode()} (Debian: package {package}).",
                    "Where it is installed, see MARIADB_PLUGIN_DIR, and plugin-dir in option files.",
                    "If the application does not link libmariadb, leave it out: --no-client", *more])

# ---- TLS ----

disagrees("TLS is offered no more: not a byte is said", TLS_WIRE, [say(PLAIN), *LEAVES], 2026, others=[
    "certificate-unverified"])
disagrees("TLS is offered no more, and a fast login wanted: not a byte is said", SHA2_TLS_WIRE, [say(SHA2), *LEAVES],
          2026, sent=1, others=["certificate-unverified"])
for kind, refused in (("wrong-name", start_tls), ("self-signed", refuse_in_tls), ("unknown-ca", refuse_in_tls)):
    disagrees(f"another certificate, {kind}: no login", TLS_WIRE, [say(TLS), start_tls(kind), *LEAVES], 2026,
              others=["certificate-unverified"])
    disagrees(f"another certificate, {kind}, under verify-ca: no login", TLS_WIRE,
              [say(TLS), until_gone(refused(kind)), *LEAVES], 2026,
              options=("--ssl-mode=verify-ca", "--ssl-ca={ca}"))
disagrees("another certificate that verifies as well: no login", TLS_WIRE, [say(TLS), start_tls("name-only"), *LEAVES],
          2026, options=("--ssl-mode=verify-ca", "--ssl-ca={ca}"))
disagrees("an ERR in place of the ServerHello", TLS_WIRE,
          [say(TLS), hear_ssl_request, answer(error(1045, "28000")), gone], 2026, others=["certificate-unverified"])
disagrees("an OK in place of the ServerHello: no login in clear", TLS_WIRE,
          [say(TLS), hear_ssl_request, hear_client_hello, say(packet(2, OK)), gone], 2026,
          others=["certificate-unverified"])
disagrees("an alert in place of the ServerHello", TLS_WIRE, [say(TLS), hear_ssl_request, hear_client_hello,
          say_alert(40), gone], 2026, others=["certificate-unverified"])

# ---- names of plugins, questions without end ----

for what, plugin in (("a path", b"../../../../tmp/x"), ("conversions", b"%n%s%n%s"), ("300 bytes", b"p" * 300),
                     ("unheard-of words", b"an_unheard_of_plugin"), ("control characters", b"\x1b[2J\r\n\x9b"),
                     ("broken UTF-8", b"\xff\xfe\xc3("), ("old_password", b"mysql_old_password")):
    disagrees(f"AuthSwitch to a plugin whose name is {what}", NATIVE_WIRE, [*PROVED, switch(plugin), *LEAVES], 5010)
# Its list of plugins is searched as text: these are no plugins, and prove nothing.
for what, plugin in (("empty", b""), ("a part of the allowed one", b"password")):
    disagrees(f"AuthSwitch to a plugin whose name is {what}: an empty answer", NATIVE_WIRE,
              [*PROVED, switch(plugin), hear_exactly(b"", "an empty answer"), answer(DENIED), hold()], 1045, "log")
disagrees("AuthSwitch to the same plugin again and again, and then 1045", NATIVE_WIRE,
          [*PROVED, *[step for _ in range(50) for step in (switch(NATIVE), hear_proof(NATIVE))], answer(DENIED),
           hold()], 1045, "log")
waits("AuthSwitch to the same plugin without end", NATIVE_WIRE,
      [*PROVED, until_gone(repeat(1_000_000, switch(NATIVE), hear_proof(NATIVE)))])

# ---- files ----


def no_file(server):
    for peer in server.peers:
        if FILE_TEXT in peer.heard or b"root:" in peer.heard:
            raise Failure(f"a file was sent: {peer.heard!r}")


for what, path in (("/etc/passwd", b"/etc/passwd"), ("a file of the test's", FILE.name.encode()), ("no name", b"")):
    disagrees(f"a request for a local file, {what}: an empty one", NATIVE_WIRE,
              [*STATED, answer(b"\xfb" + path, 1), hear_exactly(b"", "no file"), answer(OK), hold()],
              lambda code: code > 0, "log", server_side=no_file)
waits("a request for a local file, and silence", NATIVE_WIRE,
      [*STATED, answer(b"\xfb/etc/passwd", 1), hear_exactly(b"", "no file"), hear_nothing], server_side=no_file)

# ---- refusals, garbage, too much ----

for number in (1040, 1203, 1226):
    limited(number)
disagrees("1129 in the greeting's place", NATIVE_WIRE, [say(packet(0, error(1129, None, b"blocked"))), hold()], 1129,
          "none", client={"message": "blocked"})
disagrees("1045 behind the login", NATIVE_WIRE, [*PROVED, answer(DENIED), hold()], 1045, "log",
          client={"sqlstate": "28000", "message": "Access denied for user 'app'@'localhost' (using password: YES)"})
disagrees("1820 at the statement", NATIVE_WIRE, [*STATED, answer(error(1820, "HY000"), 1), hear_quit, hold()], 1820,
          "log", client={"message": "what the server says"})
disagrees("closed in the greeting's place", NATIVE_WIRE, [close], 2013)
disagrees("closed behind the login", NATIVE_WIRE, [*PROVED, close], 2013)
disagrees("reset behind the login", NATIVE_WIRE, [*PROVED, reset], lambda code: code in (2013, 2012))
disagrees("closed at the statement", NATIVE_WIRE, [*STATED, close], 2013, "log")
disagrees("another service in the greeting's place", NATIVE_WIRE, [say(b"SSH-2.0-OpenSSH_9.2p1\r\n"), hold()], 2013)
disagrees("HTTP in the greeting's place", NATIVE_WIRE, [say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), hold()], 2013)
disagrees("protocol 9 in the greeting's place", NATIVE_WIRE, [say(greeting(protocol=9)), hold()],
          lambda code: code in (2007, 2013))
row_of_two("the refusal of a PROXY header, behind the greeting", NATIVE_WIRE,
           [say(mariadb_greeting() + packet(1, error(1130, "HY000", b"Proxy header is not accepted"))), hold()],
           DISAGREES, client={"result": "failed"})
disagrees("nonsense behind the login", NATIVE_WIRE, [*PROVED, answer(b"\x07\x08\x09" * 30), hold()],
          lambda code: code > 0)
disagrees("a packet of 16 MB announced behind the login", NATIVE_WIRE,
          [*PROVED, say(b"\xff\xff\xff\x02"), pause(0.5), *LEAVES], 2013)
disagrees("a greeting of 16 MB announced", NATIVE_WIRE, [say(b"\xff\xff\xff\x00\x0a"), *LEAVES], 2013)
disagrees("columns beyond number", NATIVE_WIRE, [*STATED, answer(b"\xfe" + b"\xff" * 8, 1), pause(0.2), close],
          lambda code: code > 0, "log", within=(0, 3))

# ---- kept waiting ----


def rows_without_end(peer):
    number = 4
    while not peer.ended:
        peer.send(b"".join(packet((number + each) % 256, b"\x011") for each in range(256)))
        peer.receive(0)



waits("silence in the greeting's place", NATIVE_WIRE, [hear_nothing])
waits("half a greeting", NATIVE_WIRE, [say(PLAIN[:20]), hear_nothing])
waits("a greeting byte by byte", NATIVE_WIRE, [until_gone(drip(PLAIN, 1))])
waits("silence behind the login", NATIVE_WIRE, [*PROVED, hear_nothing])
waits("an OK byte by byte", NATIVE_WIRE, [*PROVED, until_gone(drip(packet(2, OK), 1))])
waits("silence behind the SSLRequest", TLS_WIRE, [say(TLS), hear_ssl_request, hear_client_hello, hold()],
      others=["certificate-unverified"])
waits("silence inside TLS", TLS_WIRE, [*PROVED_TLS, hear_nothing], others=["certificate-unverified"])
waits("silence behind the statement", NATIVE_WIRE, [*STATED, hear_nothing])
waits("an answer byte by byte", NATIVE_WIRE, [*STATED, until_gone(drip(result_set(), 1))])
waits("rows without end", NATIVE_WIRE,
      [*STATED, say(result_set()[:-9]), until_gone(rows_without_end)])

# ---- what is said of it ----

QUOTED = f"'{PASSWORD}' is not {PASSWORD}".encode()
for title, said in (("behind the login", [answer(error(1045, "28000", QUOTED)), hold()]),
                    ("at the statement", [answer(OK), hear_statement, answer(error(1820, "HY000", QUOTED), 1),
                                          hear_quit, hold()])):
    disagrees(f"a server that quotes the password {title}", SHA2_TLS_WIRE,
              [*PROVED_SHA2_TLS, FULL, hear_password(), *said], lambda code: code in (1045, 1820), "log", sent=2,
              others=["certificate-unverified"], client={"message": "'***' is not ***"})
disagrees("a server that quotes the password, cut by libmariadb's bound", SHA2_TLS_WIRE,
          [*PROVED_SHA2_TLS, FULL, hear_password(),
           answer(error(1045, "28000", b"x" * 505 + PASSWORD.encode() * 2)), hold()], 1045, "log", sent=2,
          others=["certificate-unverified"], client={"message": lambda text: PASSWORD[:3] not in text})


def quotes_no_login(text):
    """3.3 quotes its own login packet where it means to name the plugin."""
    return re.fullmatch(r"[ -~]*", text) is not None and "restricted_auth" in text


disagrees("an AuthSwitch: nothing of the login's proof is quoted", NATIVE_WIRE, [*PROVED, switch(CLEAR), *LEAVES], 5010,
          client={"message": quotes_no_login})


@suite.case
def both_statements():
    """client.disagrees for people: what the wire had, and libmariadb's code and words."""
    with Server(NATIVE_WIRE, [*PROVED, answer(DENIED), hold()]) as server:
        run = log_in(["-t", "4", server.target], 4, output="human", client=True)
    judge_server(server, PASSWORD, 0, run)
    for words in (b"client.disagrees (certain)", b"let app in by mysql_native_password on the wire",
                  b"answered a statement", b"says 1045 (28000): \"Access denied for user 'app'", b"--no-client"):
        if words not in run.stdout:
            raise Failure(f"{words!r} is missing: {run}")
    expect_equal("exit code", run.exit_code, 21, str(run))


def hostile_text(output, second, code):
    with Server(NATIVE_WIRE, second) as server:
        run = log_in(["-t", "4", server.target], 4, output=output, client=True)
    judge_hostile(run, output)
    if output == "json":
        expect_equal("code", run.report["client"]["code"], code, str(run))
        expect_equal("the text survives", "\x1b[2J" in run.report["client"]["message"], True, str(run))


for kind_of_output in ("human", "json"):
    suite.add(f"hostile words behind libmariadb's login never reach the terminal raw ({kind_of_output})", hostile_text,
              kind_of_output, [*PROVED, answer(error(9999, "HY000", HOSTILE)), hold()], 9999)
    suite.add(f"hostile words of a limit never reach the terminal raw ({kind_of_output})", hostile_text,
              kind_of_output, [say(packet(0, error(1040, None, HOSTILE))), hold()], 1040)


@suite.case
def hostile_plugin_name():
    """A server's own name for a plugin never reaches the terminal raw, where libmariadb is not asked for it."""
    wire = [say(greeting(plugin=b"\x1b[31mEVIL")), lambda peer: take_login(peer, USER), *ANSWERED]
    with Server(wire) as server:
        run = log_in(["-t", "4", server.target], 4, output="human", client=True)
    if b"\x1b" in run.stdout or b"EVIL" not in run.stdout or b"Client: " not in run.stdout:
        raise Failure(f"raw, or not told: {run}")


@suite.case
def not_asked_for():
    """--no-client: one connection, and no word of libmariadb."""
    check_row(NATIVE_WIRE, READY, ("-t", "4"), {"connections": 1, "later": [close], "stage": "statement"})
    with Server(NATIVE_WIRE) as server:
        run = log_in(["-t", "4", server.target], 4)
    expect_equal("client", run.report.get("client"), None, str(run))


@suite.case
def counted_once():
    """What counted is not tried again at that address: the next target there is told by the wire alone."""
    def second_or_third(peer):
        cut = server.peers.index(peer) == 1
        for step in PROVED + [close] if cut else [say(PLAIN), hear_user("other"), *ANSWERED]:
            step(peer)

    with Server(NATIVE_WIRE, [second_or_third]) as server:
        lines = "".join(f"mysql://{user}:{quote(PASSWORD)}@{server.target}/\n" for user in (USER, "other"))
        run = log_in(["-t", "4", "--ordered", "-j", "1", "-f", "-"], 4, user=None, client=True, stdin=lines.encode())
    judge_server(server, PASSWORD, 0, run)
    found = [(report["cause"], report["server_cost"], report["client"]["result"], report["client"].get("reason"))
             for report in run.reports]
    expect_equal("reports", found, [(DISAGREES, "counted", "failed", None),
                                    (READY, "none", "not-run", "counted-before")], str(run))


@suite.case
def blocked_once():
    """1129 to libmariadb ends all probing of that address: the next target there is not connected to."""
    turned_away = [say(packet(0, error(1129, None, b"Host is blocked"))), hold()]
    with Server(NATIVE_WIRE, turned_away) as server:
        lines = "".join(f"mysql://{user}:{quote(PASSWORD)}@{server.target}/\n" for user in (USER, "other"))
        run = log_in(["-t", "4", "--ordered", "-j", "1", "-f", "-"], 4, user=None, client=True, stdin=lines.encode())
        expect_equal("connections", len(server.peers), 2, str(run))
    expect_equal("causes", [(report["cause"], report["stage"], report["server_cost"]) for report in run.reports],
                 [(DISAGREES, "client", "none"), ("denied.host-blocked", "greeting", "none")], str(run))
    expect_equal("the server's words", evidence(run.reports[1])["server_error"],
                 {"code": 1129, "message": "Host is blocked"}, str(run))


for title, script, cause in (
        ("denied", [say(PLAIN), hear_app, answer(DENIED), close], "denied.credentials"),
        ("closed behind the login", [say(PLAIN), hear_app, close], "protocol.closed-after-login"),
        ("an expired password", [say(PLAIN), hear_app, answer(OK), hear_statement,
                                 answer(error(1820, "HY000"), 1), hear_quit, close], "denied.password-expired")):
    row(f"where the wire is not let in, libmariadb is not asked: {title}", script, cause, connections=1,
        client={"result": None})
row("where the wire took half of the time, libmariadb is not asked", [say(PLAIN), hear_app, pause(1.2), *ANSWERED],
    READY, ("-t", "2"), within=(1.1, 1.6), connections=1, notes=[], client={"result": "not-run", "reason": "no-time"})


def search_was_made():
    """What every server heard, and every run said, was searched for the password."""
    if not suite.only and searched["connections"] < len(suite.cases):
        raise Failure(f"only {searched} for {len(suite.cases)} cases")
    print(f"searched for the password: {searched}")


suite.add(search_was_made.__doc__.rstrip("."), search_was_made, alone=True)
with made, keys(), FILE:
    sys.exit(suite.run())
