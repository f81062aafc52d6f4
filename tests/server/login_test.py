#!/usr/bin/env python3
"""Logins with credentials on scripted servers that know the password: every way in which they can be asked
for it, answered, and lied to.

Usage: login_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]
"""

import sys

# The first of these also makes the harness importable.
from login_suite import (ANSWERED, DENIED, DENY, OBPROXY, OBSERVER, PLAIN, READY, SHA2, TLS, TLS_SHA2, row,
                         searched, suite)
from login_steps import (CACHING_SHA2, CLEAR, DIALOG, NATIVE, PASSWORD, SHA256, ask_caching_sha2_key, ask_sha256_key,
                         hear_app, hear_encrypted, hear_exactly, hear_harmless, hear_password, hear_proof,
                         hear_statement, hear_user, keys, say_key, say_row, scramble, statement_error, switch)
from harness import Failure
from packets import (EOF, FAST_AUTH_SUCCESS, OK, PERFORM_FULL_AUTHENTICATION, error, greeting, mariadb_greeting, packet,
                     result_set, short_greeting)
from promises import after, at_deadline
from scripted import answer, close, drip, hear_login, hear_nothing, hear_quit, hold, pause, repeat, reset, say
from tls_steps import made, start_tls
import login_tls  # these add their own cases
import login_turns
import login_memory
import login_urls

FULL = PERFORM_FULL_AUTHENTICATION
PLUGIN_DENIED = "denied.auth-plugin"
MALFORMED = "protocol.malformed"

# ---- logins as they should be ----

row("native: logged in, one statement, COM_QUIT: no trace", [say(PLAIN), hear_user(plugin=NATIVE), *ANSWERED], READY,
    stage="statement", confidence="certain", server_cost="none", notes=[], ready=True, login="credentials", user="app",
    facts={"proof_sent": True, "credentials": True, "statement_answered": True})
row("native over IPv6", [say(PLAIN), hear_app, *ANSWERED], READY, host="::1", server_cost="none")
row("MariaDB's greeting", [say(mariadb_greeting()), hear_app, *ANSWERED], READY, server_cost="none",
    server={"product": "mariadb"})
row("native with a database", [say(PLAIN), hear_user(database="shop"), *ANSWERED], READY, ("-D", "shop"),
    server_cost="none")
row("user@tenant#cluster is the user as it stands", [say(OBPROXY), hear_user("app@t#c"), *ANSWERED], READY,
    user="app@t#c", notes=["constant-salt"], server={"answered_by": "backend"})
row("the empty password: native gets nothing", [say(PLAIN), hear_user(password=""), *ANSWERED], READY, password="",
    login="credentials")
row("the empty password: caching_sha2 gets nothing", [say(SHA2), hear_user(password=""), *ANSWERED], READY,
    password="")
row("the empty password: AuthSwitch to native gets nothing",
    [say(SHA2), hear_user(password=""), switch(NATIVE), hear_exactly(b"", "the proof"), *ANSWERED], READY, password="")
for empty_plugin in (CACHING_SHA2, SHA256, CLEAR):
    row(f"the empty password: AuthSwitch to {empty_plugin.decode()} gets a NUL",
        [say(PLAIN), hear_user(password=""), switch(empty_plugin), hear_exactly(b"\0", "the proof"), *ANSWERED], READY,
        password="")
row("a greeting without plugin names", [say(greeting(capabilities=0xF7DF | 0x8000)), hear_app, *ANSWERED], READY)
row("a greeting with 8 bytes of salt: no proof can be given, nothing else is sent",
    [say(short_greeting()), hear_user(password=""), *DENY], PLUGIN_DENIED, stage="login")
row("a greeting in pieces and answers byte by byte",
    [drip(PLAIN, 0.001), hear_app, drip(packet(2, OK), 0.005), hear_statement, drip(result_set(), 0.003), hear_quit,
     close], READY, within=(0.1, 3), server_cost="none")
row("--anonymous: the password is not used", [say(PLAIN), hear_login, *DENY], "ready.handshake", ("--anonymous",),
    login="anonymous", notes=["account-not-tested"])

# ---- caching_sha2_password ----

row("caching_sha2, fast", [say(SHA2), hear_user(plugin=CACHING_SHA2), answer(FAST_AUTH_SUCCESS), *ANSWERED], READY,
    server_cost="none", facts={"fast_authentication": True, "full_authentication": None})
row("caching_sha2, 01 03 and OK in one piece",
    [say(SHA2), hear_app, say(packet(2, FAST_AUTH_SUCCESS) + packet(3, OK)), hear_statement, say_row, hear_quit, close],
    READY)
row("caching_sha2, OK at once", [say(SHA2), hear_app, *ANSWERED], READY)
row("caching_sha2, full, inside TLS: the password and its NUL",
    [say(TLS_SHA2), start_tls(), hear_app, answer(FULL), hear_password(), *ANSWERED], READY, sent=1,
    notes=["certificate-unverified"], facts={"full_authentication": True, "public_key_asked": None})
row("caching_sha2, full, over a socket: the password and its NUL",
    [say(SHA2), hear_app, answer(FULL), hear_password(), *ANSWERED], READY, sent=1, over_socket=True)
row("caching_sha2, full, in clear on loopback: encrypted for the server's key",
    [say(SHA2), hear_app, answer(FULL), ask_caching_sha2_key, say_key(), hear_encrypted(), *ANSWERED], READY,
    server_cost="none", facts={"full_authentication": True, "public_key_asked": True, "public_key_bits": 2048})
row("caching_sha2, full, in clear off loopback: neither the key nor the password",
    [say(SHA2), hear_app, answer(FULL), hear_harmless(1), *DENY], PLUGIN_DENIED, off_loopback=True, stage="login",
    confidence="certain", server_cost="log", facts={"refusal": "public-key-not-allowed", "public_key_asked": None})
row("caching_sha2, full, off loopback with --get-server-public-key: encrypted",
    [say(SHA2), hear_app, answer(FULL), ask_caching_sha2_key, say_key(), hear_encrypted(), *ANSWERED], READY,
    ("--get-server-public-key",), off_loopback=True)
row("caching_sha2, full, off loopback with --server-public-key-path: encrypted without a question",
    [say(SHA2), hear_app, answer(FULL), hear_encrypted(), *ANSWERED], READY,
    ("--server-public-key-path={key:2048}",), off_loopback=True, facts={"public_key_asked": None})
row("caching_sha2, full, off loopback inside TLS: the password itself",
    [say(TLS_SHA2), start_tls(), hear_app, answer(FULL), hear_password(), *ANSWERED], READY, off_loopback=True, sent=1)
row("caching_sha2, rejected", [say(SHA2), hear_app, *DENY], "denied.credentials", stage="login", server_cost="log",
    confidence="certain")
row("caching_sha2, 01 03 and then 1045 in clear: TLS is required",
    [say(TLS_SHA2), hear_app, answer(FAST_AUTH_SUCCESS), *DENY], "tls.required", ("--ssl-mode=disabled",),
    stage="login", confidence="likely", alternatives=["tls.client-certificate"])
row("caching_sha2, 01 03 and then 1045 inside TLS: a client certificate is required",
    [say(TLS_SHA2), start_tls(), hear_app, answer(FAST_AUTH_SUCCESS), *DENY], "tls.client-certificate", stage="login",
    confidence="likely")
row("caching_sha2, 01 04 twice: the password is sent once",
    [say(TLS_SHA2), start_tls(), hear_app, answer(FULL), hear_password(), answer(FULL), hear_harmless(1), *DENY],
    (PLUGIN_DENIED, "denied.credentials"), sent=1)
row("caching_sha2, 01 04 twice in clear: the key is asked for once",
    [say(SHA2), hear_app, answer(FULL), ask_caching_sha2_key, answer(FULL), hear_harmless(1), *DENY], PLUGIN_DENIED,
    facts={"refusal": "public-key-malformed"})
row("caching_sha2, 01 03 without end", [say(SHA2), hear_app, repeat(1000, answer(FAST_AUTH_SUCCESS)), hold(1)],
    MALFORMED, stage="login")
row("caching_sha2, 01 03 and then 01 04", [say(SHA2), hear_app, answer(FAST_AUTH_SUCCESS), answer(FULL),
    ask_caching_sha2_key, say_key(), hear_encrypted(), *ANSWERED], READY)
row("caching_sha2, an unheard-of word", [say(SHA2), hear_app, answer(b"\x01\x07"), hear_harmless(1), *DENY],
    PLUGIN_DENIED, facts={"refusal": "plugin-not-spoken"})
row("caching_sha2, words without end", [say(SHA2), hear_app,
    repeat(1000, answer(b"\x01\x07"), hear_harmless(1)), hold(1)], PLUGIN_DENIED)

# ---- sha256_password ----

SHA256_GREETING, SHA256_TLS = greeting(plugin=SHA256), greeting(capabilities=0xDFFFFFFF, plugin=SHA256)
row("sha256 in the greeting: a native proof, the server switches, and the key is asked for",
    [say(SHA256_GREETING), hear_user(plugin=NATIVE), switch(SHA256), ask_sha256_key, say_key(), hear_encrypted(),
     *ANSWERED], READY)
row("sha256 inside TLS: the password and its NUL",
    [say(SHA256_TLS), start_tls(), hear_app, switch(SHA256), hear_password(), *ANSWERED], READY, sent=1)
row("sha256 over a socket: encrypted as in clear, as MySQL wants it",
    [say(PLAIN), hear_app, switch(SHA256), ask_sha256_key, say_key(), hear_encrypted(), *ANSWERED], READY,
    over_socket=True)
row("sha256 in clear off loopback: nothing", [say(PLAIN), hear_app, switch(SHA256), hear_harmless(0, 1), *DENY],
    PLUGIN_DENIED, off_loopback=True, facts={"refusal": "public-key-not-allowed"})
row("sha256 with --server-public-key-path off loopback: encrypted",
    [say(PLAIN), hear_app, switch(SHA256), hear_encrypted(), *ANSWERED], READY,
    ("--server-public-key-path={key:2048}",), off_loopback=True)

# ---- AuthSwitch ----

row("AuthSwitch native to caching_sha2: a proof of the new salt",
    [say(PLAIN), hear_app, switch(CACHING_SHA2), hear_proof(CACHING_SHA2), *ANSWERED], READY,
    facts={"auth_plugin": "caching_sha2_password", "auth_switches": 1})
row("AuthSwitch caching_sha2 to native", [say(SHA2), hear_app, switch(NATIVE), hear_proof(NATIVE), *ANSWERED], READY)
row("AuthSwitch native, caching_sha2, full, RSA",
    [say(PLAIN), hear_app, switch(CACHING_SHA2), hear_proof(CACHING_SHA2), answer(FULL), ask_caching_sha2_key,
     say_key(), hear_encrypted(), *ANSWERED], READY)
row("AuthSwitch three times",
    [say(PLAIN), hear_app, switch(CACHING_SHA2), hear_proof(CACHING_SHA2), switch(NATIVE, b"n" * 20),
     hear_proof(NATIVE), switch(CACHING_SHA2), hear_proof(CACHING_SHA2), *ANSWERED], READY)
row("AuthSwitch with a salt that is too short: no proof",
    [say(PLAIN), hear_app, switch(CACHING_SHA2, b"short"), hear_harmless(0, 1), *DENY], PLUGIN_DENIED)
row("AuthSwitch to native with a salt that is too short: no proof",
    [say(SHA2), hear_app, switch(NATIVE, b""), hear_harmless(0, 20), *DENY], PLUGIN_DENIED)


MOST = 4  # AuthSwitches that are followed; what comes then is answered, and proves nothing


def without_end(plugin, *proof):
    """That plugin, asked for again and again."""
    return [*[switch(plugin), *proof] * MOST, switch(plugin), hear_harmless(), hold(1)]


LOOP = {"stage": "login", "server_cost": "counted", "notes": ["counted"]}
row("the same plugin asked for again and again: the proof is not repeated without end",
    [say(PLAIN), hear_app, *without_end(NATIVE, hear_proof(NATIVE))], MALFORMED, **LOOP)
row("AuthSwitch between two plugins without end",
    [say(PLAIN), hear_app, *[switch(CACHING_SHA2), hear_proof(CACHING_SHA2), switch(NATIVE), hear_proof(NATIVE)] * 2,
     switch(CACHING_SHA2), hear_harmless(), hold(1)], MALFORMED, **LOOP)
row("AuthSwitch to sha256 again and again: the key is not asked for without end",
    [say(PLAIN), hear_app, *without_end(SHA256, ask_sha256_key, say_key(), hear_encrypted())], MALFORMED, **LOOP)
row("AuthSwitch to mysql_clear_password again and again, over a socket",
    [say(PLAIN), hear_app, *without_end(CLEAR, hear_password())], MALFORMED, over_socket=True, sent=MOST, **LOOP)
row("AuthSwitch to mysql_clear_password in clear: the password is not sent",
    [say(PLAIN), hear_app, switch(CLEAR), hear_harmless(0, 1), *DENY], PLUGIN_DENIED, stage="login",
    confidence="certain", server_cost="log", facts={"refusal": "password-in-clear"})
row("AuthSwitch to mysql_clear_password in clear, and OK to that: logged in",
    [say(PLAIN), hear_app, switch(CLEAR), hear_harmless(0, 1), *ANSWERED], READY)
row("mysql_clear_password in the greeting, in clear", [say(greeting(plugin=CLEAR)), hear_user(plugin=NATIVE), *DENY],
    "denied.credentials")
row("AuthSwitch to mysql_clear_password inside TLS that is not verified: not sent",
    [say(TLS), start_tls(), hear_app, switch(CLEAR), hear_harmless(0, 1), *DENY], PLUGIN_DENIED, stage="login",
    facts={"refusal": "password-in-clear"}, notes=["certificate-unverified"])
row("AuthSwitch to mysql_clear_password under required, not verified: not sent",
    [say(TLS), start_tls(), hear_app, switch(CLEAR), hear_harmless(0, 1), *DENY], PLUGIN_DENIED,
    ("--ssl-mode=required",))
row("AuthSwitch to mysql_clear_password inside verified TLS: sent",
    [say(TLS), start_tls(), hear_app, switch(CLEAR), hear_password(), *ANSWERED], READY,
    ("--ssl-mode=verify-identity", "--ssl-ca={ca}"), sent=1, notes=[], tls={"verified": True})
row("AuthSwitch to mysql_clear_password under verify-ca, whatever the name: sent",
    [say(TLS), start_tls("wrong-name"), hear_app, switch(CLEAR), hear_password(), *ANSWERED], READY,
    ("--ssl-mode=verify-ca", "--ssl-ca={ca}"), sent=1, notes=[])
row("AuthSwitch to mysql_clear_password under required, verified all the same: sent",
    [say(TLS), start_tls(), hear_app, switch(CLEAR), hear_password(), *ANSWERED], READY,
    ("--ssl-mode=required", "--ssl-ca={ca}"), sent=1, notes=[])
row("AuthSwitch to mysql_clear_password under required, a certificate for another name: not sent",
    [say(TLS), start_tls("wrong-name"), hear_app, switch(CLEAR), hear_harmless(0, 1), *DENY], PLUGIN_DENIED,
    ("--ssl-mode=required", "--ssl-ca={ca}"), notes=["certificate-unverified"])
row("AuthSwitch to mysql_clear_password over a socket: sent",
    [say(PLAIN), hear_app, switch(CLEAR), hear_password(), *ANSWERED], READY, over_socket=True, sent=1)
row("AuthSwitch to dialog in clear", [say(PLAIN), hear_app, switch(DIALOG), hear_harmless(0, 1), *DENY], PLUGIN_DENIED,
    facts={"refusal": "plugin-not-spoken"})
row("AuthSwitch to dialog inside verified TLS",
    [say(TLS), start_tls(), hear_app, switch(DIALOG), hear_harmless(0, 1), *DENY], PLUGIN_DENIED,
    ("--ssl-mode=verify-identity", "--ssl-ca={ca}"))
for number, question in enumerate((b"\x02Name: ", b"\x03Name: ", b"\x04Password: ", b"\x05Password: ")):
    row(f"a question of dialog, kind {number + 2}", [say(PLAIN), hear_app, switch(DIALOG), hear_harmless(0, 1),
        answer(question), hear_harmless(0, 1), *DENY], PLUGIN_DENIED)
row("questions of dialog without end", [say(PLAIN), hear_app, switch(DIALOG), hear_harmless(0, 1),
    repeat(1000, answer(b"\x04Password: "), hear_harmless(0, 1)), hold(1)], (MALFORMED, PLUGIN_DENIED))
row("AuthSwitch to client_ed25519: 64 zeros", [say(PLAIN), hear_app, switch(b"client_ed25519"), hear_harmless(64),
    *DENY], PLUGIN_DENIED)
row("the one-byte AuthSwitch of before 5.6", [say(PLAIN), hear_app, answer(b"\xfe"), hear_harmless(0, 8, 9), *DENY],
    PLUGIN_DENIED)
row("an unheard-of plugin", [say(PLAIN), hear_app, switch(b"an_unheard_of_plugin"), hear_harmless(0, 1), *DENY],
    PLUGIN_DENIED, facts={"auth_plugin": "an_unheard_of_plugin", "refusal": "plugin-not-spoken"})
row("an unheard-of plugin in the greeting: a native proof",
    [say(greeting(plugin=b"an_unheard_of_plugin")), hear_user(plugin=NATIVE), *ANSWERED], READY)
row("a refused plugin, and the server closes", [say(PLAIN), hear_app, switch(DIALOG), hear_harmless(0, 1), close],
    PLUGIN_DENIED, stage="login")
row("a refused plugin, and the server is silent", [say(PLAIN), hear_app, switch(DIALOG), hear_harmless(0, 1),
    hear_nothing], (PLUGIN_DENIED, "timed-out.login"), ("-t", "2"), within=at_deadline(2))
row("a refused plugin, and another code", [say(PLAIN), hear_app, switch(DIALOG), hear_harmless(0, 1),
    answer(error(1040, "08004")), close], (PLUGIN_DENIED, "unavailable.too-many-connections"))
row("a plugin name of 63 bytes", [say(PLAIN), hear_app, switch(b"p" * 63), hear_harmless(0, 1), *DENY], PLUGIN_DENIED,
    facts={"auth_plugin": "p" * 63})
for length in (64, 1000, 60000):
    row(f"a plugin name of {length} bytes", [say(PLAIN), hear_app, switch(b"p" * length), close], MALFORMED)
row("AuthSwitch without the name's NUL", [say(PLAIN), hear_app, answer(b"\xfemysql_native_password"), close], MALFORMED)
row("AuthSwitch with 60,000 bytes of salt: 20 of them count", [say(PLAIN), hear_app, switch(NATIVE, b"s" * 60000),
    hear_exactly(scramble(NATIVE, PASSWORD, b"s" * 20), "the proof"), *ANSWERED], READY)
row("AuthSwitch with a wrong sequence number", [say(PLAIN), hear_app, answer(b"\xfe" + NATIVE + b"\0" + b"s" * 21, 9),
    close], MALFORMED, facts={"wrong_sequence": True})

# ---- the server's key ----

ASKED = [say(SHA2), hear_app, answer(FULL), ask_caching_sha2_key]
KEYS = [
    ("garbage", answer(b"\x01garbage"), "public-key-malformed", None),
    ("nothing", answer(b"\x01"), "public-key-malformed", None),
    ("half a key", answer(b"\x01-----BEGIN PUBLIC KEY-----\nMIIBIjANBg"), "public-key-malformed", None),
    ("a key with a broken body", answer(b"\x01-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
     "public-key-malformed", None),
    ("an encrypted key", answer(b"\x01-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
                                b"00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END PUBLIC KEY-----\n"),
     "public-key-malformed", None),
    ("an EC key", say_key("ec"), "public-key-malformed", None),
    ("512 bits", say_key("512"), "public-key-size", 512),
    ("1024 bits", say_key("1024"), "public-key-size", 1024),
    ("65 KB of junk", answer(b"\x01" + b"junk" * 16300), "public-key-malformed", None),
]
for what, given, refusal, bits in KEYS:
    row(f"the key is asked for, and {what} comes: no password, an answer that does not count",
        [*ASKED, given, hear_harmless(1), *DENY], PLUGIN_DENIED, stage="login", confidence="certain", server_cost="log",
        facts={"refusal": refusal, "public_key_bits": bits, "public_key_asked": True})
    row(f"sha256: the key is asked for, and {what} comes", [say(PLAIN), hear_app, switch(SHA256), ask_sha256_key, given,
        hear_harmless(1), *DENY], PLUGIN_DENIED, facts={"refusal": refusal})
row("the key is asked for, and more than a packet may hold comes",
    [*ASKED, say(b"\xff\xff\x01\x04\x01" + b"junk" * 100), close], MALFORMED)
row("the key is asked for, and an AuthSwitch comes", [*ASKED, switch(NATIVE), hear_proof(NATIVE), *ANSWERED], READY)
row("the key is asked for, and OK comes", [*ASKED, *ANSWERED], READY)
row("the key is asked for, and 1045 comes", [*ASKED, *DENY], "denied.credentials")
row("the key is asked for, and the server closes", [*ASKED, close], "protocol.closed-after-login", stage="login",
    server_cost="log")
row("the key is asked for, and the server resets", [*ASKED, reset], "protocol.reset-after-login", stage="login")
row("the key is asked for, and the server is silent", [*ASKED, hear_nothing], "timed-out.login", ("-t", "2"),
    within=at_deadline(2), stage="login")
row("the key comes twice: the password is encrypted once",
    [*ASKED, say_key(), hear_encrypted(), say_key(), hear_harmless(1), *DENY], (PLUGIN_DENIED, "denied.credentials"))
row("a password too long for the key: not sent", [say(SHA2), hear_user(password="x" * 300), answer(FULL),
    ask_caching_sha2_key, say_key(), hear_harmless(1), *DENY], PLUGIN_DENIED, password="x" * 300,
    facts={"refusal": "public-key-too-small", "public_key_bits": 2048})
row("the longest password for the key: sent", [say(SHA2), hear_user(password="y" * 213), answer(FULL),
    ask_caching_sha2_key, say_key(), hear_encrypted("y" * 213), *ANSWERED], READY, password="y" * 213)
row("a password of 1,024 bytes inside TLS", [say(TLS_SHA2), start_tls(), hear_user(password="z" * 1024), answer(FULL),
    hear_password("z" * 1024), *ANSWERED], READY, password="z" * 1024, sent=1)

# ---- the statement ----

ROW_AND_END = packet(4, b"\x011") + packet(5, EOF)
LOGGED_IN = [say(PLAIN), hear_app, answer(OK), hear_statement]
row("the statement: 1820, the password has expired", [*LOGGED_IN, statement_error(1820, "HY000"), hear_quit, close],
    "denied.password-expired", stage="statement", confidence="certain", server_cost="none", login="credentials",
    error={"code": 1820, "sqlstate": "HY000"})
row("the statement: 1184, init_connect fails", [*LOGGED_IN, statement_error(1184, "08S01"), hear_quit, close],
    "unavailable.server-error", stage="statement", server_cost="log", error={"code": 1184})
row("the statement: 1105", [*LOGGED_IN, statement_error(1105, "HY000"), hear_quit, close], "unavailable.server-error",
    stage="statement", server_cost="none")
row("the statement: 1053, the server stops", [*LOGGED_IN, statement_error(1053, "08S01"), hear_quit, close],
    "unavailable.stopping", stage="statement")
row("the statement: an ERR behind the columns", [*LOGGED_IN, say(result_set()[:-len(ROW_AND_END)]),
    lambda peer: peer.send(packet(4, error(1317, "70100"))), hear_quit, close], "unavailable.server-error",
    stage="statement", error={"code": 1317})
row("the statement: OK in place of a result set", [*LOGGED_IN, answer(OK, 1), hear_quit, close], MALFORMED,
    stage="statement", server_cost="log")
row("the statement: a request for a local file", [*LOGGED_IN, answer(b"\xfb/etc/passwd", 1), hear_quit, close],
    MALFORMED, stage="statement")
row("the statement: garbage", [*LOGGED_IN, say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), hear_quit, close], MALFORMED,
    stage="statement")
row("the statement: an AuthSwitch comes", [*LOGGED_IN, answer(b"\xfe" + CLEAR + b"\0", 1), hear_quit, close],
    MALFORMED, stage="statement")
row("the statement: a wrong sequence number", [*LOGGED_IN, answer(b"\x01", 7), hear_quit, close], MALFORMED,
    stage="statement")
row("the statement: closed", [*LOGGED_IN, close], "protocol.closed-after-login", stage="statement", server_cost="log")
row("the statement: reset", [*LOGGED_IN, reset], "protocol.reset-after-login", stage="statement", server_cost="log")
row("the statement: silence, ended by COM_QUIT", [*LOGGED_IN, hear_quit, hear_nothing], "timed-out.login", ("-t", "2"),
    within=at_deadline(2), stage="statement", server_cost="log")
row("the statement: half an answer, then silence", [*LOGGED_IN, say(result_set()[:30]), hear_quit, hear_nothing],
    "timed-out.login", ("-t", "2"), within=at_deadline(2), stage="statement")
row("the statement: half an answer, then the end", [*LOGGED_IN, say(result_set()[:30]), close],
    "protocol.closed-after-login", stage="statement")
row("the statement: no row", [*LOGGED_IN, say(result_set(0)), hear_quit, close], READY)
row("the statement: a handful of rows", [*LOGGED_IN, say(result_set(16)), hear_quit, close], READY)
row("the statement: too many rows", [*LOGGED_IN, say(result_set(17)), hear_quit, close], MALFORMED, stage="statement")
row("the statement: rows without end", [*LOGGED_IN, say(result_set(5000)), hear_quit, hold(1)], MALFORMED,
    stage="statement")
row("the statement: 200 columns", [*LOGGED_IN, say(result_set(1, 200)), hear_quit, close], MALFORMED)
row("the statement: the answer in two pieces", [*LOGGED_IN, say(result_set()[:20]), pause(0.3),
    lambda peer: peer.send(result_set()[20:]), hear_quit, close], READY, within=after(0.3), server_cost="none")
row("the statement: the answer inside TLS byte by byte",
    [say(TLS), start_tls(), hear_app, answer(OK), hear_statement, drip(result_set(), 0.003), hear_quit, close], READY,
    within=(0.1, 3), server_cost="none")
row("logged in, and the server closes at once", [say(PLAIN), hear_app, answer(OK), close],
    "protocol.closed-after-login", stage="statement")

# ---- the server's answers, each by its code and SQLSTATE ----

REAL = b"Access denied for user 'app@t#c'@'10.1.2.3' (using password: YES)"
HIDDEN = b"Access denied for user 'app'@'xxx.xxx.xxx.xxx' (using password: YES)"
WORDS = b"what the server says"
CERTAIN, LIKELY = "certain", "likely"
CODES = [
    (PLAIN, 1045, "28000", DENIED[9:], "denied.credentials", CERTAIN, []),
    (OBPROXY, 1045, "42000", REAL, "denied.tenant", LIKELY, ["unavailable.backend"]),
    (OBPROXY, 1045, "42000", HIDDEN, "denied.credentials", LIKELY, ["denied.tenant"]),
    (OBSERVER, 1045, "42000", HIDDEN, "denied.credentials", LIKELY, ["denied.tenant"]),
    (PLAIN, 1698, "28000", WORDS, "denied.credentials", CERTAIN, []),
    (PLAIN, 1044, "42000", WORDS, "denied.database", CERTAIN, []),
    (PLAIN, 1049, "42000", WORDS, "denied.database", CERTAIN, []),
    (PLAIN, 3118, "HY000", WORDS, "denied.account-locked", CERTAIN, []),
    (PLAIN, 3955, "HY000", WORDS, "denied.account-locked", CERTAIN, []),
    (PLAIN, 4150, "HY000", WORDS, "denied.account-locked", CERTAIN, []),
    (PLAIN, 4151, "HY000", WORDS, "denied.account-locked", CERTAIN, []),
    (OBSERVER, 5260, "HY000", WORDS, "denied.account-locked", CERTAIN, []),
    (PLAIN, 1820, "HY000", WORDS, "denied.password-expired", CERTAIN, []),
    (PLAIN, 1862, "HY000", WORDS, "denied.password-expired", CERTAIN, []),
    (PLAIN, 1251, "08004", WORDS, PLUGIN_DENIED, CERTAIN, []),
    (PLAIN, 1275, "HY000", WORDS, PLUGIN_DENIED, CERTAIN, []),
    (PLAIN, 1524, "HY000", WORDS, PLUGIN_DENIED, CERTAIN, []),
    (PLAIN, 1203, "42000", WORDS, "unavailable.user-limit", CERTAIN, []),
    (OBPROXY, 1203, "42000", WORDS, "unavailable.too-many-connections", CERTAIN, []),
    (PLAIN, 1226, "42000", WORDS, "unavailable.user-limit", CERTAIN, []),
    (PLAIN, 1040, "08004", WORDS, "unavailable.too-many-connections", CERTAIN, []),
    (PLAIN, 1130, "HY000", WORDS, "denied.host", CERTAIN, []),
    (PLAIN, 1129, "HY000", WORDS, "denied.host-blocked", CERTAIN, []),
    (OBSERVER, 1227, "42501", WORDS, "denied.allow-list", CERTAIN, []),
    (OBPROXY, 2801, "HY000", WORDS, "denied.allow-list", CERTAIN, []),
    (OBSERVER, 5157, "HY000", WORDS, "denied.tenant", CERTAIN, []),
    (OBSERVER, 5150, "HY000", WORDS, "denied.tenant", CERTAIN, []),
    (OBPROXY, 5150, "HY000", WORDS, "unavailable.backend", LIKELY, ["denied.tenant"]),
    (OBSERVER, 1235, "0A000", WORDS, "denied.tenant", CERTAIN, []),
    (OBPROXY, 4669, "HY000", WORDS, "denied.cluster", CERTAIN, []),
    (OBSERVER, 4666, "HY000", WORDS, "denied.cluster", CERTAIN, []),
    (OBPROXY, 4780, "HY000", WORDS, "denied.cluster", CERTAIN, []),
    (PLAIN, 3159, "HY000", WORDS, "tls.required", CERTAIN, []),
    (PLAIN, 3032, "HY000", WORDS, "unavailable.offline", CERTAIN, []),
    (PLAIN, 1053, "08S01", WORDS, "unavailable.stopping", CERTAIN, []),
    (OBSERVER, 8001, "08004", WORDS, "unavailable.starting", CERTAIN, []),
    (OBSERVER, 8002, "08004", WORDS, "unavailable.stopping", CERTAIN, []),
    (PLAIN, 2003, "HY000", WORDS, "unavailable.backend", CERTAIN, []),
    (PLAIN, 9999, "28000", WORDS, "denied.credentials", LIKELY, ["unavailable.server-error"]),
    (PLAIN, 9999, "3D000", WORDS, "denied.database", LIKELY, ["unavailable.server-error"]),
    (PLAIN, 9999, "08S01", WORDS, "unavailable.server-error", LIKELY, []),
    (PLAIN, 9999, "HY000", WORDS, "unavailable.server-error", LIKELY, []),
    (PLAIN, 1227, "42000", WORDS, "unavailable.server-error", LIKELY, []),   # not OceanBase's 42501
    (PLAIN, 1235, "42000", WORDS, "unavailable.server-error", LIKELY, []),   # not OceanBase's 0A000
]
SPEAKERS = {PLAIN: "MySQL", OBPROXY: "an OBProxy", OBSERVER: "an observer"}
for said, code, state, message, cause, confidence, alternatives in CODES:
    hidden = ", the address hidden," if message is HIDDEN else ""
    row(f"{code} with {state}{hidden} from {SPEAKERS[said]} is {cause}",
        [say(said), hear_app, answer(error(code, state, message)), close], cause, stage="login", ready=False,
        confidence=confidence, alternatives=alternatives, server_cost="log", login="credentials",
        error={"code": code, "sqlstate": state, "message": message.decode()})
QUOTES = [
    ("the password", f"'{PASSWORD}' is not {PASSWORD}, says PAM", "'***' is not ***, says PAM"),
    ("the password, cut by our bound", "x" * 250 + PASSWORD, "x" * 250),
]
for what, said, kept in QUOTES:
    row(f"a server that knows and quotes {what}",
        [say(PLAIN), hear_app, answer(error(1045, "28000", said.encode())), close], "denied.credentials", error={"code": 1045, "sqlstate": "28000", "message": kept})
    row(f"a server that quotes {what} at the statement",
        [say(PLAIN), hear_app, answer(OK), hear_statement, answer(error(1820, "HY000", said.encode())), hear_quit,
         close], "denied.password-expired", error={"code": 1820, "sqlstate": "HY000", "message": kept})
row("1045 in clear from a server that offers TLS: it may be required", [say(TLS), hear_app, *DENY],
    "denied.credentials", ("--ssl-mode=disabled",), confidence=LIKELY, alternatives=["tls.required"])
row("1045 inside TLS without a certificate: one may be required", [say(TLS), start_tls(), hear_app, *DENY],
    "denied.credentials", confidence=LIKELY, alternatives=["tls.client-certificate"])
for code, cause in ((1040, "unavailable.too-many-connections"), (1129, "denied.host-blocked"), (1130, "denied.host")):
    row(f"{code} in the greeting's place", [say(packet(0, error(code))), close], cause, stage="greeting",
        server_cost="none")

# ---- after the login ----

row("closed after the login", [say(PLAIN), hear_app, close], "protocol.closed-after-login", stage="login",
    server_cost="log")
row("closed after the login by an OBProxy", [say(OBPROXY), hear_app, close], "protocol.closed-after-login",
    alternatives=["denied.allow-list", "tls.required", "unavailable.backend"])
row("reset after the login", [say(PLAIN), hear_app, reset], "protocol.reset-after-login", stage="login")
row("silence after the login", [say(PLAIN), hear_app, hear_nothing], "timed-out.login", ("-t", "2"),
    within=at_deadline(2), stage="login")
row("silence after the login by an OBProxy", [say(OBPROXY), hear_app, hear_nothing], "timed-out.login", ("-t", "2"),
    within=at_deadline(2), confidence="possible", alternatives=["protocol.closed-after-login"])
row("nonsense after the login", [say(PLAIN), hear_app, say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), close], MALFORMED)
row("a second greeting after the login", [say(PLAIN), hear_app, lambda peer: peer.send(SHA2), close], MALFORMED)
row("OK with a wrong sequence number", [say(PLAIN), hear_app, answer(OK, 9), close], MALFORMED)
row("the refusal of a PROXY header, behind the greeting: an answer before the login's turn",
    [say(mariadb_greeting() + packet(1, error(1130, "HY000", b"Proxy header is not accepted from 127.0.0.1"))), close],
    "protocol.proxy-header")
row("an OK behind the greeting, before the login was heard: then the statement",
    [say(PLAIN + packet(2, OK)), hear_app, hear_statement, say_row, hear_quit, close], READY)
row("a slow login, answered after 3.5 s", [say(PLAIN), hear_app, pause(3.5), *ANSWERED], READY, ("-t", "8"),
    within=after(3.5))

# ---- over a unix socket ----

row("a socket: logged in", [say(PLAIN), hear_app, *ANSWERED], READY, over_socket=True, server_cost="none", notes=[])
row("a socket: TLS is offered and not used", [say(TLS), hear_app, *ANSWERED], READY, over_socket=True,
    server={"tls_offered": True}, facts={"ssl_request_sent": None})
row("a socket: --ssl-mode=required does not concern it", [say(TLS), hear_app, *ANSWERED], READY,
    ("--ssl-mode=required",), over_socket=True)
row("a socket: rejected", [say(PLAIN), hear_app, *DENY], "denied.credentials", over_socket=True, server_cost="log")
row("a socket: closed before the greeting", [close], "protocol.closed-before-greeting", over_socket=True)
row("a socket: silence", [hear_login, hear_nothing], "timed-out.greeting", ("-t", "2"), over_socket=True,
    within=at_deadline(2))


def search_was_made():
    """What every server heard, and every run said, was searched for the password."""
    if not suite.only and (searched["connections"] < len(suite.cases) or searched["outputs"] < len(suite.cases)):
        raise Failure(f"only {searched} for {len(suite.cases)} cases")
    print(f"searched for the password: {searched}")


suite.add(search_was_made.__doc__.rstrip("."), search_was_made, alone=True)
if __name__ == "__main__":
    with made, keys():
        sys.exit(suite.run())
