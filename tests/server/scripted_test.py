#!/usr/bin/env python3
"""Every way in which a server can misbehave after the accept, and what the probe promises for it.

Usage: scripted_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

A row says: a name, the server's script, the cause. The rest has defaults that hold for every row: the
exit code is that of the cause's category; the verdict comes at once (`within`), or at the deadline where a
row says so; there is one connection; the login that the script hears is well-formed and harmless; the
server closes first.
"""

import sys

# The first of these also makes the harness importable.
from scripted_suite import DENIED, DENY, MARIADB, MYSQL, NONSENSE, OBPROXY, OBSERVER, READY, suite
from harness import LATE, PROCESS_START, Failure, expect, expect_equal, obprobe
from packets import (OK, OLD_SWITCH, SECURE_CONNECTION, auth_switch, error, greeting,
                     obproxy_greeting, packet, short_greeting)
from promises import AT_ONCE, EXIT_CODES, FIN_WAIT, after, at_deadline, expect_facts
from scripted import (Server, answer, close, close_at_once, drip, hear_answer, hear_blind_login,
                      hear_bytes, hear_login, hear_nothing, hear_quit, hold, pause, repeat, reset, say)
import hostile  # these two add their own cases
import several

BLIND_LOGIN_AT = 3.0   # seconds of silence


def row(name, script, cause, options=("-t", "4"), **promises):
    suite.add(name, check_row, script, cause, options, promises)


def check_row(script, cause, options, promises):
    within = promises.pop("within", AT_ONCE)
    connections = promises.pop("connections", 1)
    server = Server(script, promises.pop("later", (close,)), promises.pop("host", "127.0.0.1"))
    server_side = promises.pop("server_side", None)
    facts = {key: promises.pop(key) for key in ("error", "server", "first_bytes", "service")
             if key in promises}
    with server:
        run = obprobe(suite.program, [*options, server.target], bound=within[1] + LATE + PROCESS_START)
    if server.complaints:
        raise Failure(f"the server complains: {server.complaints}; {run}")
    report = run.report
    expect(report, cause, **promises)
    expect_equal("exit code", run.exit_code, EXIT_CODES[report["category"]], str(run))
    expect_equal("exit_code", report["exit_code"], run.exit_code, str(run))
    if not within[0] <= report["seconds"] <= within[1]:
        raise Failure(f"verdict after {report['seconds']} s, not within {within}: {run}")
    expect_equal("connections", len(server.peers), connections, str(run))
    expect_facts(report, **facts)
    if server_side:
        server_side(server)


def blind_login_on_time(server):
    at = server.peers[0].login_at[0]
    if not BLIND_LOGIN_AT - 0.1 <= at <= BLIND_LOGIN_AT + 0.3:
        raise Failure(f"the blind login came after {at:.2f} s of silence")


# ---- the handshake as it should be ----

row("a MySQL greeting, login, 1045", [say(MYSQL), *DENY], READY, ready=True, stage="login",
    confidence="certain", notes=[], server_cost="log", login="anonymous",
    error={"code": 1045, "sqlstate": "28000"},
    server={"product": "mysql", "version": "8.0.36", "protocol": 10, "connection_id": 7,
            "auth_plugin": "mysql_native_password", "tls_offered": False})
row("the same over IPv6", [say(MYSQL), *DENY], READY, host="::1")
row("MariaDB's greeting: its version without prefix and suffix", [say(MARIADB), *DENY], READY,
    server={"product": "mariadb", "version": "10.11.19"})
row("source-derived OBProxy greeting with the constant salt",
    [say(OBPROXY), hear_login, answer(error(1045, "42000", b"Access denied for user "
     b"'obprobe_nobody@sys#c1'@'127.0.0.1' (using password: NO)")), close], READY,
    server={"product": "oceanbase-proxy", "product_confidence": "certain", "answered_by": "proxy"},
    notes=["constant-salt", "backend-not-tested"])
row("source-derived OBProxy, answered by the observer behind it",
    [say(OBPROXY), hear_login, answer(error(1045, "42000", b"Access denied for user "
     b"'obprobe_nobody'@'xxx.xxx.xxx.xxx' (using password: NO)")), close], READY,
    server={"product": "oceanbase-proxy", "answered_by": "backend"}, notes=["constant-salt"])
row("source-derived observer greeting",
    [say(OBSERVER), hear_login, answer(error(1045, "42000", b"Access denied for user "
     b"'obprobe_nobody'@'xxx.xxx.xxx.xxx' (using password: NO)")), close], READY, notes=[],
    server={"product": "oceanbase-observer", "connection_id": 0x80000007, "product_confidence": "certain",
            "product_signs": ["status-zero", "native-plugin", "oceanbase-capabilities", "observer-capabilities",
                              "high-connection-id", "charset"]})
row("a version string that names another product",
    [say(greeting(version=b"5.7.25-OceanBase-v4.2.1.0")), *DENY], READY,
    server={"product": "mysql", "product_confidence": "certain", "version": "5.7.25"})
row("OBProxy's salt in MySQL's greeting", [say(obproxy_greeting(capabilities=0xDFFFF7FF, status=2)), *DENY], READY,
    server={"product": "oceanbase-proxy", "product_confidence": "likely",
            "product_signs_against": ["status-autocommit", "observer-capabilities", "compression",
                                      "mysql-capabilities"]})
row("a version string that fits no other field", [say(greeting(version=b"8.0.11-TiDB-v8.5.1", capabilities=0x8A200)),
    *DENY], READY, server={"product": "unknown", "product_confidence": "none", "product_signs": []})
row("--ssl-mode=disabled: a server that offers TLS gets a plaintext login",
    [say(greeting(capabilities=0xDFFFFFFF)), *DENY], READY, options=["--ssl-mode=disabled"], server={"tls_offered": True})
row("a greeting without plugin names", [say(greeting(capabilities=0xF7DF | SECURE_CONNECTION)), *DENY], READY)
row("the short greeting, without a second half", [say(short_greeting()), *DENY], READY)
row("a server of before 4.1 gets the login that it knows", [say(short_greeting(capabilities=0x202C)), *DENY],
    READY)
row("a greeting in two pieces", [say(MYSQL[:30]), pause(0.2), say(MYSQL[30:]), *DENY], READY,
    within=after(0.2))
row("the answer byte by byte", [say(MYSQL), hear_login, drip(packet(2, DENIED), 0.005), close], READY,
    within=(0.2, 1.5))
row("OK to the anonymous login is followed by COM_QUIT",
    [say(MYSQL), hear_login, answer(OK), hear_quit, close], READY, server_cost="none")
row("the server closes first, even 0.1 s after its answer",
    [say(MYSQL), hear_login, answer(DENIED), pause(0.1), close], READY)
row("a server that never closes is left after 0.2 s",
    [say(MYSQL), hear_login, answer(DENIED), hold(FIN_WAIT + 0.2)], READY)

# ---- before the greeting ----

row("close at once", [close], "protocol.closed-before-greeting", stage="greeting", ready=False)
row("close at once, both directions", [close_at_once], "protocol.closed-before-greeting")
row("reset at once", [reset], "protocol.reset-before-greeting")
row("close after 1 s of silence", [pause(1), close], "protocol.closed-before-greeting", within=after(1))
row("reset after 1 s of silence", [pause(1), reset], "protocol.reset-before-greeting", within=after(1))
row("silence: the deadline, behind a blind login", [hear_blind_login, hear_nothing], "timed-out.greeting",
    within=at_deadline(4), server_side=blind_login_on_time, alternatives=["protocol.not-mysql"])
row("silence over IPv6", [hear_blind_login, hear_nothing], "timed-out.greeting", within=at_deadline(4),
    host="::1")
row("silence and a deadline before the blind login's time: it goes out before the close",
    [hear_blind_login, hear_nothing], "timed-out.greeting", ("-t", "2"), within=at_deadline(2))
row("silence, ended by --total-timeout", [hear_blind_login, hear_nothing], "timed-out.greeting",
    ("--total-timeout", "2"), within=at_deadline(2))
row("a greeting after 1 s", [pause(1), say(MYSQL), *DENY], READY, within=after(1),
    without_notes=["slow-greeting"])
row("a greeting after 3.5 s, behind the blind login",
    [hear_blind_login, pause(0.5), say(MYSQL), answer(DENIED, 2), close], READY, ("-t", "8"),
    within=after(3.5), notes=["slow-greeting"], server_cost="log")
row("a greeting after 10 s", [hear_blind_login, pause(7), say(MARIADB), answer(DENIED, 2), close], READY,
    ("-t", "20"), within=after(10), notes=["slow-greeting"], server_side=blind_login_on_time)
row("OK to a blind login is followed by COM_QUIT",
    [hear_blind_login, say(MYSQL), answer(OK, 2), hear_quit, close], READY, within=after(3),
    notes=["slow-greeting"])
row("AuthSwitch to a blind login is answered",
    [hear_blind_login, say(MYSQL), answer(auth_switch(b"client_ed25519"), 2), hear_answer([64]),
     answer(DENIED), close], READY, within=after(3), notes=["slow-greeting"])
row("1040 behind the blind login", [hear_blind_login, say(packet(0, error(1040))), close],
    "unavailable.too-many-connections", within=after(3))
row("a dripping greeting within the deadline", [drip(MYSQL, 0.015), *DENY], READY, within=(1, 3))
row("a drip of one byte a second ends at the deadline, with a login",
    [drip(MYSQL, 1), hear_login, hear_nothing], "timed-out.greeting", within=at_deadline(4))
row("a greeting shortly before the deadline: the login still goes out",
    [pause(0.9), say(MYSQL), hear_login, hear_nothing], "timed-out.login", ("-t", "1"),
    within=at_deadline(1))

# ---- one more question, where the blind login was answered by the end of the connection ----

QUESTION_WAIT = 1.0  # the second connection waits once more for a greeting
row("closed on the blind login, and again: possibly another service", [hear_blind_login, close],
    "protocol.closed-before-greeting", ("-t", "8"), confidence="possible", connections=2,
    alternatives=["protocol.not-mysql"], within=(3, 3 + AT_ONCE[1]))
row("closed on the blind login; the second connection meets a server that is back",
    [hear_blind_login, close], READY, ("-t", "8"), connections=2, within=(3, 3 + AT_ONCE[1]),
    later=[say(MYSQL), *DENY])
row("reset on the blind login, and again", [hear_blind_login, reset], "protocol.reset-before-greeting",
    ("-t", "8"), connections=2, within=(3, 3 + AT_ONCE[1]), later=[reset])
row("closed on the blind login, then PostgreSQL's N to its SSLRequest", [hear_blind_login, close],
    "protocol.not-mysql", ("-t", "8"), connections=2, service="postgresql",
    later=[hear_bytes(bytes.fromhex("0000000804d2162f")), say(b"N"), hold()],
    within=(3, 3 + QUESTION_WAIT + AT_ONCE[1]))
row("closed on the blind login, then silence on the question", [hear_blind_login, close],
    "protocol.closed-before-greeting", ("-t", "8"), connections=2, later=[hold()], within=(3, 6))
row("closed on the blind login shortly before the deadline: no more question", [hear_blind_login, close],
    "protocol.closed-before-greeting", ("-t", "3.5"), within=(3, 3 + AT_ONCE[1]))

row("nonsense, then silence", [say(NONSENSE), hold()], "protocol.malformed",
    first_bytes=NONSENSE, alternatives=["protocol.not-mysql"])
row("nonsense, then the end", [say(NONSENSE), close], "protocol.malformed",
    first_bytes=NONSENSE, alternatives=["protocol.not-mysql"])
row("a greeting cut off by the end", [say(MYSQL[:40]), close], "protocol.malformed")
row("a greeting cut off by a reset", [say(MYSQL[:40]), pause(0.1), reset], "protocol.malformed")
row("a header cut off by the end", [say(MYSQL[:3]), close], "protocol.malformed")
row("a greeting that stays incomplete", [say(MYSQL[:40]), hold()], "timed-out.greeting",
    within=at_deadline(4))
row("a greeting with a wrong sequence number", [say(greeting(sequence=5)), close], "protocol.malformed")
row("an oversized declared length", [say(b"\x01\x00\x01\x00\x0a8.0.36\0"), close], "protocol.malformed")
row("a packet of no length", [say(b"\0\0\0\0"), close], "protocol.malformed")
row("a greeting without the end of its version", [say(packet(0, b"\x0a" + b"8" * 60)), close],
    "protocol.malformed")
row("protocol version 11", [say(greeting(protocol=11)), close], "protocol.malformed")
row("protocol version 9", [say(packet(0, b"\x093.20.32\0\x07\0\0\0abcdefgh\0")), close],
    "protocol.old-version", confidence="certain")

GREETING_ERRORS = [
    (1040, "08004", "unavailable.too-many-connections"),
    (1129, "HY000", "denied.host-blocked"),
    (1130, "HY000", "denied.host"),
    (1053, "08S01", "unavailable.stopping"),
    (3032, "HY000", "unavailable.offline"),
    (2003, "HY000", "unavailable.backend"),
    (9999, "HY000", "unavailable.server-error"),
]
for code, state, cause in GREETING_ERRORS:
    row(f"{code} in the greeting's place", [say(packet(0, error(code))), close], cause, stage="greeting",
        error={"code": code, "message": "what the server says"})
    row(f"{code} with {state} in the greeting's place", [say(packet(0, error(code, state))), close], cause,
        error={"code": code, "sqlstate": state, "message": "what the server says"})
row("an ERR in the greeting's place cut off", [say(packet(0, error(1040))[:9]), close],
    "protocol.malformed")

# ---- after the login ----

CLOSED = "protocol.closed-after-login"
row("close after the login", [say(MYSQL), hear_login, close], CLOSED, stage="login", server_cost="log")
row("close after the login by an OBProxy", [say(OBPROXY), hear_login, close], CLOSED,
    alternatives=["denied.allow-list", "tls.required", "unavailable.backend"])
row("close after the greeting, the login still read", [say(MYSQL), close], CLOSED)
row("close after the greeting, both directions", [say(MYSQL), close_at_once],
    (CLOSED, "protocol.reset-after-login"))
row("reset after the greeting", [say(MYSQL), reset], "protocol.reset-after-login")
row("reset after the login", [say(MYSQL), hear_login, reset], "protocol.reset-after-login", stage="login")
row("close 1 s after the login", [say(MYSQL), hear_login, pause(1), close], CLOSED, within=after(1))
row("silence after the login", [say(MYSQL), hear_login, hear_nothing], "timed-out.login", ("-t", "2"),
    within=at_deadline(2), stage="login")
row("silence after the login by an OBProxy that may still try its observers",
    [say(OBPROXY), hear_login, hear_nothing], "timed-out.login", ("-t", "2"), within=at_deadline(2),
    confidence="possible", alternatives=[CLOSED])
row("a drip after the login ends at the deadline",
    [say(MYSQL), hear_login, drip(packet(2, DENIED), 1)], "timed-out.login", within=at_deadline(4))
row("nonsense after the login", [say(MYSQL), hear_login, say(packet(2, b"\x77nonsense")), close],
    "protocol.malformed", stage="login")
row("text after the login", [say(MYSQL), hear_login, say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), close],
    "protocol.malformed")
row("an oversized answer", [say(MYSQL), hear_login, say(b"\x01\x00\x01\x02\xff"), close],
    "protocol.malformed")
row("a packet of no length after the login", [say(MYSQL), hear_login, answer(b""), close],
    "protocol.malformed")
row("an OK cut short", [say(MYSQL), hear_login, answer(b"\x00"), close], "protocol.malformed")
row("OK with a wrong sequence number", [say(MYSQL), hear_login, answer(OK, 9), close],
    "protocol.malformed")

ACCOUNT_ERRORS = [(1045, "28000"), (1045, "42000"), (1044, "42000"), (1049, "42000"), (1251, "08004"),
                  (1698, "28000"), (1226, "42000"), (1820, "HY000"), (1862, "HY000"), (3118, "HY000"),
                  (3955, "HY000"), (4150, "HY000"), (4151, "HY000")]
for code, state in ACCOUNT_ERRORS:
    row(f"{code} with {state} concerns only the account",
        [say(MYSQL), hear_login, answer(error(code, state)), close], READY, ready=True,
        error={"code": code, "sqlstate": state})

LOGIN_ERRORS = [
    (MYSQL, 1130, "HY000", "denied.host"),
    (MYSQL, 1129, "HY000", "denied.host-blocked"),
    (OBSERVER, 1227, "42501", "denied.allow-list"),
    (MYSQL, 2801, "HY000", "denied.allow-list"),
    (OBSERVER, 5260, "HY000", "denied.account-locked"),
    (MYSQL, 1275, "HY000", "denied.auth-plugin"),
    (MYSQL, 1524, "HY000", "denied.auth-plugin"),
    (OBSERVER, 5157, "HY000", "denied.tenant"),
    (OBSERVER, 1235, "0A000", "denied.tenant"),
    (OBSERVER, 5150, "HY000", "denied.tenant"),
    (OBPROXY, 5150, "HY000", "unavailable.backend"),
    (OBPROXY, 4669, "HY000", "denied.cluster"),
    (OBSERVER, 4666, "HY000", "denied.cluster"),
    (OBPROXY, 4780, "HY000", "denied.cluster"),
    (OBSERVER, 1040, "08004", "unavailable.too-many-connections"),
    (OBPROXY, 1203, "42000", "unavailable.too-many-connections"),
    (MYSQL, 1203, "42000", "unavailable.user-limit"),
    (OBSERVER, 8001, "08004", "unavailable.starting"),
    (OBSERVER, 8002, "08004", "unavailable.stopping"),
    (MYSQL, 1053, "08S01", "unavailable.stopping"),
    (MYSQL, 3032, "HY000", "unavailable.offline"),
    (MYSQL, 2003, "HY000", "unavailable.backend"),
    (MYSQL, 3159, "HY000", "tls.required"),
    (MYSQL, 1227, "42000", "unavailable.server-error"),   # not OceanBase's 42501
    (MYSQL, 1235, "42000", "unavailable.server-error"),   # not OceanBase's 0A000
    (MYSQL, 9999, "HY000", "unavailable.server-error"),
    (MYSQL, 9999, "28000", "unavailable.server-error"),
]
SPEAKERS = {MYSQL: "MySQL", OBPROXY: "an OBProxy", OBSERVER: "an observer"}
for said, code, state, cause in LOGIN_ERRORS:
    row(f"{code} with {state} from {SPEAKERS[said]} is {cause}",
        [say(said), hear_login, answer(error(code, state)), close], cause, stage="login", ready=False,
        error={"code": code, "sqlstate": state, "message": "what the server says"})
row("an unknown code of SQLSTATE class 28 may be a denial",
    [say(MYSQL), hear_login, answer(error(9999, "28000")), close], "unavailable.server-error",
    confidence="possible", alternatives=["denied.credentials"])
row("1045 without a SQLSTATE", [say(MYSQL), hear_login, answer(error(1045)), close], READY)
row("the refusal of a PROXY header, behind the greeting",
    [say(MARIADB + packet(1, error(1130, "HY000", b"Proxy header is not accepted from 127.0.0.1"))), close],
    "protocol.proxy-header")

# ---- AuthSwitch and AuthMoreData ----

# Lengths of an answer that does not count: measured with MariaDB 10.11 for native and ed25519; MySQL 8's
# sha2 plugins read nothing or one NUL as an empty password; the clear ones end with a NUL; of the old
# password 8 bytes and the NUL, or nothing.
SWITCHES = [
    (b"mysql_native_password", [20]), (b"client_ed25519", [64]), (b"caching_sha2_password", [0, 1]),
    (b"sha256_password", [0, 1]), (b"mysql_clear_password", [0, 1]), (b"dialog", [0, 1]),
    (b"mysql_old_password", [0, 8, 9]), (b"auth_gssapi_client", None), (b"an_unheard_of_plugin", None),
]
for plugin, lengths in SWITCHES:
    row(f"AuthSwitch to {plugin.decode()} is answered with {lengths or 'some'} bytes",
        [say(MYSQL), hear_login, answer(auth_switch(plugin)), hear_answer(lengths), answer(DENIED), close],
        READY)
row("the one-byte AuthSwitch of before 5.6",
    [say(MYSQL), hear_login, answer(OLD_SWITCH), hear_answer([0, 8, 9]), answer(DENIED), close], READY)
row("AuthSwitch, then OK and COM_QUIT",
    [say(MYSQL), hear_login, answer(auth_switch(b"mysql_native_password")), hear_answer([20]), answer(OK),
     hear_quit, close], READY, server_cost="none")
row("AuthSwitch, then the end",
    [say(MYSQL), hear_login, answer(auth_switch(b"mysql_native_password")), hear_answer([20]), close], CLOSED)
row("AuthSwitch, then silence",
    [say(MYSQL), hear_login, answer(auth_switch(b"mysql_native_password")), hear_answer([20]), hear_nothing],
    "timed-out.login", ("-t", "2"), within=at_deadline(2))
row("AuthSwitch without end",
    [say(MYSQL), hear_login,
     repeat(1000, answer(auth_switch(b"mysql_native_password")), hear_answer([20])), hold()],
    "protocol.malformed")
row("AuthSwitch with a plugin name of 200 bytes",
    [say(MYSQL), hear_login, answer(auth_switch(b"p" * 200)), close], "protocol.malformed")
SHA2 = greeting(plugin=b"caching_sha2_password")
row("caching_sha2: full authentication is answered, not hung up on",
    [say(SHA2), hear_login, answer(b"\x01\x04"), hear_answer(None), answer(DENIED), close], READY)
row("caching_sha2: fast authentication, then OK",
    [say(SHA2), hear_login, answer(b"\x01\x03"), answer(OK), hear_quit, close], READY)
row("AuthMoreData that nobody knows", [say(MYSQL), hear_login, answer(b"\x01what?"), answer(DENIED), close],
    READY)

# ---- --until ----

row("--until=connect stops there and says what it cost", [hear_nothing], "ready.connected",
    ("--until=connect",), notes=["counted"], server_cost="counted", stage="connect")
row("--until=greeting stops there and says what it cost", [say(MARIADB), hear_nothing], "ready.greeted",
    ("--until=greeting",), notes=["counted"], server_cost="counted", stage="greeting",
    server={"product": "mariadb"})
row("--until=greeting on a silent port", [hold()], "timed-out.greeting", ("--until=greeting", "-t", "2"),
    within=at_deadline(2))
row("--until=greeting and 1040", [say(packet(0, error(1040))), close],
    "unavailable.too-many-connections", ("--until=greeting",))
row("--until=login is the whole handshake", [say(MYSQL), *DENY], READY, ("--until=login",))


# ---- long texts ----

row("a message of 300 bytes", [say(MYSQL), hear_login, answer(error(9999, "HY000", b"m" * 300)), close],
    "unavailable.server-error", error={"code": 9999})
row("a message of 60,000 bytes",
    [say(MYSQL), hear_login, answer(error(9999, "HY000", b"m" * 60000)), close],
    "unavailable.server-error", error={"code": 9999})
row("a version of 5,000 bytes", [say(greeting(version=b"8" * 5000)), *DENY], READY)
row("a message with a NUL inside", [say(MYSQL), hear_login, answer(error(9999, "HY000", b"a\0b")), close],
    "unavailable.server-error", error={"code": 9999})

if __name__ == "__main__":
    sys.exit(suite.run())
