"""TLS in every way it can go wrong behind the greeting, and what never follows from that: a login in clear."""

import ssl

from login_suite import ANSWERED, DENY, PLAIN, READY, TLS, TLS_SHA2, row
from login_steps import (CLEAR, NATIVE, hear_app, hear_harmless, hear_proof, hear_user,
                         switch)
from packets import OK, PERFORM_FULL_AUTHENTICATION, error, greeting, packet, result_set
from promises import after, at_deadline
from scripted import (answer, close, close_at_once, hear_blind_login, hear_login, hear_nothing, hold, pause, reset, say)
from tls_steps import (begin_tls, close_notify, hear_client_hello, hear_ssl_request, refuse_in_tls, say_alert, say_raw,
                       start_tls)

FAILED, CERTIFICATE, VERSION = "tls.handshake-failed", "tls.client-certificate", "tls.version"
UNVERIFIED, WITHHELD, COUNTED = "certificate-unverified", "login-withheld", "counted"
COSTS = {"stage": "tls", "server_cost": "counted", "notes": [COUNTED], "ready": False}
REQUIRED, VERIFY = ("--ssl-mode=required",), ("--ssl-mode=verify-identity", "--ssl-ca={ca}")
LEAVES = hold(0.5)  # the client, at once

# ---- TLS as it should be ----

for number, version in (("1.2", ssl.TLSVersion.TLSv1_2), ("1.3", ssl.TLSVersion.TLSv1_3)):
    row(f"TLS {number}: logged in inside it", [say(TLS), start_tls(version=version), hear_app, *ANSWERED], READY,
        server_cost="none", notes=[UNVERIFIED], stage="statement",
        tls={"handshake": "done", "version": f"TLSv{number}", "plaintext_bytes_dropped": None},
        facts={"login_in_tls": True, "ssl_request_sent": True})
row("TLS, verified", [say(TLS), start_tls(), hear_app, *ANSWERED], READY, VERIFY, notes=[], by_name=True,
    tls={"verified": True, "verify_code": 0, "name_matches": True})
row("TLS, a database: its flag stands in the SSLRequest too",
    [say(TLS), start_tls(), hear_user(database="shop"), *ANSWERED], READY,
    ("-D", "shop"))
row("TLS, an anonymous login", [say(TLS), start_tls(), hear_login, *DENY], "ready.handshake", ("--anonymous",),
    notes=[UNVERIFIED, "account-not-tested"])
row("TLS that a server ends in order", [say(TLS), start_tls(), hear_app, *ANSWERED[:-1], close_notify, hold()], READY)
row("TLS, and an AuthSwitch inside it",
    [say(TLS), start_tls(), hear_app, switch(NATIVE),
     hear_proof(NATIVE), *ANSWERED], READY)

# ---- judged afterwards: nothing secret is sent, and the handshake is finished anonymously ----

JUDGED = {"stage": "tls", "notes": [WITHHELD], "server_cost": "log", "login": "anonymous"}
for kind, mode, cause in (
        ("unknown-ca", "verify-ca", "tls.untrusted"), ("broken-chain", "verify-ca", "tls.untrusted"),
        ("self-signed", "verify-ca", "tls.self-signed"), ("expired", "verify-ca", "tls.expired"),
        ("not-yet-valid", "verify-ca", "tls.not-yet-valid"), ("wrong-name", "verify-identity", "tls.name-mismatch")):
    expires = ["certificate-expires"] if kind == "expired" else []
    row(f"a certificate of kind {kind} under {mode}: an anonymous login inside TLS, no password",
        [say(TLS), start_tls(kind), hear_login, *DENY], cause, (f"--ssl-mode={mode}", "--ssl-ca={ca}"),
        **{**JUDGED, "notes": [WITHHELD, *expires]})
    row(f"a certificate of kind {kind} under required: a note", [say(TLS), start_tls(kind), hear_app, *ANSWERED], READY,
        ("--ssl-mode=required", "--ssl-ca={ca}"), notes=[UNVERIFIED, *expires])
row("a revoked certificate", [say(TLS), start_tls("revoked"), hear_login, *DENY], "tls.revoked",
    ("--ssl-mode=verify-ca", "--ssl-ca={ca}", "--ssl-crl={crl}"), **JUDGED)
row("a version that --tls-version does not allow", [say(TLS), start_tls(version=ssl.TLSVersion.TLSv1_2), hear_login,
    *DENY], VERSION, ("--tls-version=TLSv1.3",), **JUDGED)
row("a certificate that is not trusted, and the server wants more than a login",
    [say(TLS_SHA2), start_tls("unknown-ca"), hear_login, answer(PERFORM_FULL_AUTHENTICATION), hear_harmless(0, 1),
     switch(CLEAR), hear_harmless(0, 1), *DENY], "tls.untrusted", ("--ssl-mode=verify-ca", "--ssl-ca={ca}"))
row("a certificate that is not trusted, and the server says OK: COM_QUIT, no statement",
    [say(TLS), start_tls("unknown-ca"), hear_login, answer(OK), ANSWERED[3], close], "tls.untrusted",
    ("--ssl-mode=verify-ca", "--ssl-ca={ca}"), stage="tls", server_cost="none")

# ---- plaintext behind the greeting ----

for what, injected in (("OK", packet(2, OK)), ("OK in the login's sequence inside TLS", packet(3, OK)),
                       ("ERR 1045", packet(2, error(1045, "28000"))), ("a second greeting", PLAIN),
                       ("an AuthSwitch to mysql_clear_password", packet(3, b"\xfe" + CLEAR + b"\0")),
                       ("one byte", b"\x16"), ("3,000 bytes", b"\x17\x03\x03" * 1000)):
    row(f"{what} in clear behind the greeting: recorded, and never taken for something said inside TLS",
        [say(TLS + injected), start_tls(), hear_app, *ANSWERED], READY, REQUIRED,
        tls={"plaintext_bytes_dropped": len(injected), "handshake": "done"})
    row(f"{what} in clear behind the greeting, and silence inside TLS", [say(TLS + injected), start_tls(), hear_app,
        hear_nothing], "timed-out.login", ("--ssl-mode=required", "-t", "2"), within=at_deadline(2),
        tls={"plaintext_bytes_dropped": len(injected)})

# ---- plaintext in place of TLS ----

BAD_HANDSHAKE = bytes.fromhex("16000002ff1304") + b"#08S01Bad handshake"
for what, said in (("OK", packet(2, OK)), ("ERR 1045", packet(2, error(1045, "28000"))), ("a second greeting", PLAIN),
                   ("ERR 1043, whose length reads as a TLS record", BAD_HANDSHAKE),
                   ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                   ("an AuthSwitch", packet(2, b"\xfe" + CLEAR + b"\0"))):
    for mode in ("preferred", "required"):
        row(f"{what} in place of TLS, under {mode}", [say(TLS), hear_ssl_request, hear_client_hello, say(said), LEAVES],
            FAILED, (f"--ssl-mode={mode}",), first_bytes=said[:128], tls={"handshake": "plaintext"}, **COSTS)
row("ERR 1043 in place of TLS in two pieces", [say(TLS), hear_ssl_request, hear_client_hello, say(BAD_HANDSHAKE[:1]),
    pause(0.2), say_raw(BAD_HANDSHAKE[1:]), LEAVES], FAILED, within=after(0.2), first_bytes=BAD_HANDSHAKE,
    tls={"handshake": "plaintext"}, **COSTS)
row("nonsense that begins as a TLS record", [say(TLS), hear_ssl_request, hear_client_hello,
    say_raw(b"\x16\x03\x03\x00\x10" + b"nonsense" * 2), LEAVES], FAILED, tls={"handshake": "failed"}, **COSTS)
row("a TLS record that is too long", [say(TLS), hear_ssl_request, hear_client_hello,
    say_raw(b"\x16\x03\x03\xff\xff" + bytes(70000)), LEAVES], FAILED, **COSTS)

# ---- TLS that is broken off ----

ENDS = [("closes", close, FAILED), ("closes both directions", close_at_once, FAILED), ("resets", reset, FAILED)]
for what, ends, cause in ENDS:
    row(f"the server {what} on the ClientHello", [say(TLS), hear_ssl_request, hear_client_hello, ends], cause, **COSTS)
    row(f"the server {what} behind the ServerHello", [say(TLS), begin_tls(1), ends], cause, **COSTS)
    row(f"the server {what} in the middle of its flight", [say(TLS), begin_tls(-300), ends], cause, **COSTS)
    row(f"the server {what} in the middle of its flight, under verify-identity", [say(TLS), begin_tls(-300), ends],
        cause, VERIFY, **COSTS)
row("the server closes on the SSLRequest", [say(TLS), hear_ssl_request, close], FAILED, **COSTS)
SILENT = {**COSTS, "within": at_deadline(2)}
for mode in ("preferred", "required"):
    row(f"TLS that hangs, under {mode}", [say(TLS), hear_ssl_request, hear_client_hello, hold()], "timed-out.tls",
        ("-t", "2.2" if mode == "preferred" else "2", f"--ssl-mode={mode}"),
        **{**SILENT, "within": at_deadline(2.2 if mode == "preferred" else 2)}, tls={"handshake": "timed-out"})
row("ServerHello, then silence", [say(TLS), begin_tls(1), hold()], "timed-out.tls", ("-t", "2", *REQUIRED), **SILENT)
row("half a ServerHello, then silence", [say(TLS), begin_tls(-40), hold()], "timed-out.tls", ("-t", "2", *REQUIRED),
    **SILENT)
row("all of the server's flight but its last byte, under TLS 1.2, then silence",
    [say(TLS), begin_tls(-900, version=ssl.TLSVersion.TLSv1_2), hold()], "timed-out.tls", ("-t", "2", *REQUIRED),
    **SILENT)

# ---- alerts ----

for description, cause, confidence in ((40, FAILED, "likely"), (70, VERSION, "certain"), (48, FAILED, "certain"),
                                       (80, FAILED, "certain"), (0, FAILED, "certain")):
    row(f"alert {description} on the ClientHello", [say(TLS), hear_ssl_request, hear_client_hello,
        say_alert(description), LEAVES], cause, confidence=confidence,
        tls={"handshake": "alert", "alert_received": description}, **COSTS)
row("an alert, and plaintext behind it", [say(TLS), hear_ssl_request, hear_client_hello, say_alert(40),
    say_raw(packet(2, OK)), LEAVES], FAILED, tls={"handshake": "alert", "alert_received": 40}, **COSTS)
row("an alert and plaintext behind it in one piece", [say(TLS), hear_ssl_request, hear_client_hello,
    say_raw(bytes.fromhex("15030300020228") + packet(2, error(1045, "28000"))), LEAVES], FAILED,
    tls={"handshake": "alert", "alert_received": 40}, error={"code": None}, **COSTS)
row("a warning alert alone, then silence", [say(TLS), hear_ssl_request, hear_client_hello, say_alert(90, 1), hold()],
    ("timed-out.tls", FAILED), ("-t", "2", *REQUIRED), within=(0, 2.2), stage="tls", server_cost="counted")
NEEDED = {"client_ca": "ca"}
row("TLS 1.3, a client certificate is needed: alert 116",
    [say(TLS), refuse_in_tls(version=ssl.TLSVersion.TLSv1_3, **NEEDED)], CERTIFICATE, confidence="certain",
    tls={"alert_received": 116, "client_certificate_sent": False}, **COSTS)
row("TLS 1.2, a client certificate is needed: alert 40",
    [say(TLS), refuse_in_tls(version=ssl.TLSVersion.TLSv1_2, **NEEDED)], CERTIFICATE, confidence="likely",
    alternatives=[FAILED], tls={"alert_received": 40, "client_certificate_sent": False}, **COSTS)
row("TLS 1.3, a client certificate is needed, under --anonymous",
    [say(TLS), refuse_in_tls(version=ssl.TLSVersion.TLSv1_3, **NEEDED)], CERTIFICATE, ("--anonymous",), **COSTS)
UNKNOWN_CLIENT = ("--ssl-cert={client-unknown-ca}", "--ssl-key={private}")
for number, version in (("1.2", ssl.TLSVersion.TLSv1_2), ("1.3", ssl.TLSVersion.TLSv1_3)):
    row(f"TLS {number}, a client certificate of an authority that the server does not know: alert 48",
        [say(TLS), refuse_in_tls(version=version, **NEEDED)], CERTIFICATE, UNKNOWN_CLIENT, confidence="certain",
        tls={"alert_received": 48, "client_certificate_sent": True}, **COSTS)
    row(f"TLS {number}, the client certificate that is needed", [say(TLS), start_tls(version=version, **NEEDED),
        hear_app, *ANSWERED], READY, ("--ssl-cert={client}", "--ssl-key={private}"), server_cost="none",
        tls={"client_certificate_sent": True})

# ---- TLS is done, and then ----

row("TLS is done, then silence", [say(TLS), start_tls(), hear_app, hear_nothing], "timed-out.login",
    ("-t", "2", *REQUIRED), within=at_deadline(2), stage="login", tls={"handshake": "done"})
row("TLS is done, then the end", [say(TLS), start_tls(), hear_app, close], "protocol.closed-after-login", stage="login",
    server_cost="log")
row("TLS is done, then its end in order", [say(TLS), start_tls(), hear_app, close_notify, hold()],
    "protocol.closed-after-login", stage="login")
row("TLS is done, then a reset", [say(TLS), start_tls(), hear_app, reset], "protocol.reset-after-login", stage="login")
row("TLS is done, the login not read, then the end", [say(TLS), start_tls(), close_at_once],
    ("protocol.closed-after-login", "protocol.reset-after-login"), stage="login")
row("TLS is done, then an answer in clear", [say(TLS), start_tls(), hear_app, say_raw(packet(3, OK)), LEAVES],
    (FAILED, "protocol.malformed"), facts={"logged_in": None}, login="credentials")
row("TLS is done, then 1045 in clear", [say(TLS), start_tls(), hear_app, say_raw(packet(3, error(1045, "28000"))),
    LEAVES], (FAILED, "protocol.malformed"), error={"code": None})
row("TLS is done, then an alert", [say(TLS), start_tls(version=ssl.TLSVersion.TLSv1_2), hear_app, say_alert(80),
    LEAVES], (FAILED, "protocol.closed-after-login", "protocol.malformed"))
row("TLS is done, nonsense inside it", [say(TLS), start_tls(), hear_app, say(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    hold(1)], "protocol.malformed", stage="login")
row("logged in inside TLS, the statement's answer in clear", [say(TLS), start_tls(), hear_app, *ANSWERED[:2],
    say_raw(result_set()), LEAVES], (FAILED, "protocol.malformed"), server_cost="log",
    facts={"statement_answered": None, "logged_in": True})

# ---- TLS was asked for and is not offered ----

for mode in ("required", "verify-ca", "verify-identity"):
    options = (f"--ssl-mode={mode}", *(("--ssl-ca={ca}",) if mode != "required" else ()))
    row(f"a server without TLS under {mode}: an anonymous login in clear, no password", [say(PLAIN), hear_login, *DENY],
        "tls.not-offered", options, stage="tls", confidence="certain", notes=[WITHHELD], server_cost="log",
        login="anonymous")
row("a server without TLS under required, and OK to nobody", [say(PLAIN), hear_login, answer(OK), ANSWERED[3], close],
    "tls.not-offered", REQUIRED, server_cost="none", stage="tls")
row("a server without TLS under required, and caching_sha2 in full",
    [say(greeting(plugin=b"caching_sha2_password")), hear_login, answer(PERFORM_FULL_AUTHENTICATION),
     hear_harmless(0, 1), *DENY], "tls.not-offered", REQUIRED)
row("a server without TLS under required, and an AuthSwitch to mysql_clear_password",
    [say(PLAIN), hear_login, switch(CLEAR), hear_harmless(0, 1), *DENY], "tls.not-offered", REQUIRED)
row("a server without TLS under required, silent after the login", [say(PLAIN), hear_login, hear_nothing],
    "tls.not-offered", (*REQUIRED, "-t", "2"), within=at_deadline(2))
row("a server without TLS under preferred: in clear", [say(PLAIN), hear_app, *ANSWERED], READY)

# ---- little time ----

for what, left in (("1045", error(1045, "28000")), ("OK", OK)):
    row(f"preferred, a greeting that leaves less than 2 s: neither TLS nor the password in clear, {what} to nobody",
        [pause(1.5), say(TLS), hear_login, answer(left), *([ANSWERED[3]] if left == OK else []), close],
        "timed-out.login", ("-t", "3"), within=after(1.5), confidence="possible", notes=[WITHHELD], login="anonymous",
        facts={"ssl_request_sent": None, "withheld": "late"})
row("preferred, a greeting that leaves less than 2 s, --anonymous: ready in clear",
    [pause(1.5), say(TLS), hear_login, *DENY], "ready.handshake", ("-t", "3", "--anonymous"), within=after(1.5))
row("preferred with 1.5 s in all: TLS all the same", [say(TLS), start_tls(), hear_app, *ANSWERED], READY, ("-t", "1.5"))
row("required with less than 2 s left: TLS all the same", [say(TLS), start_tls(), hear_app, *ANSWERED], READY,
    ("-t", "1.5", *REQUIRED))
TOO_LATE = {"stage": "greeting", "login": "anonymous", "confidence": "likely"}
row("silence with credentials: a blind anonymous login 1 s before the end", [hear_blind_login, hear_nothing],
    "timed-out.greeting", ("-t", "5"), within=at_deadline(5), stage="greeting", login="anonymous",
    server_side=lambda server: login_between(server, 3.9, 4.4))
row("silence with credentials, and a greeting behind the blind login: too late",
    [hear_blind_login, pause(0.3), say(PLAIN), answer(error(1045, "28000"), 2), close], "timed-out.greeting",
    ("-t", "5"), within=after(4.3), notes=[WITHHELD, "slow-greeting"], **TOO_LATE)
row("silence under required, and a greeting behind the blind login: too late",
    [hear_blind_login, pause(0.3), say(TLS), answer(error(1045, "28000"), 2), close], "timed-out.greeting",
    ("-t", "5", *REQUIRED), within=after(4.3), notes=[WITHHELD, "slow-greeting"], **TOO_LATE)
row("silence under required without a password, and a greeting behind the blind login",
    [hear_blind_login, pause(0.3), say(TLS), answer(error(1045, "28000"), 2), close], "timed-out.greeting",
    ("-t", "5", "--anonymous", *REQUIRED), within=after(4.3), notes=["slow-greeting"], **TOO_LATE)
row("silence with credentials, then OK to the blind login: COM_QUIT",
    [hear_blind_login, say(PLAIN), answer(OK, 2), ANSWERED[3], close], "timed-out.greeting", ("-t", "5"),
    within=after(4), **TOO_LATE)
row("a greeting after 2 s: a login with the password", [pause(2), say(TLS), start_tls(), hear_app, *ANSWERED], READY,
    ("-t", "20"), within=after(2), without_notes=[WITHHELD])
row("a greeting after 6 s: a login with the password", [pause(6), say(PLAIN), hear_app, *ANSWERED], READY,
    ("-t", "20"), within=after(6), without_notes=[WITHHELD])
row("a greeting at the very end: an anonymous login goes out", [pause(0.9), say(PLAIN), hear_app, hear_nothing],
    "timed-out.login", ("-t", "1"), within=at_deadline(1))


def login_between(server, earliest, latest):
    at = server.peers[0].login_at[0]
    if not earliest <= at <= latest:
        raise AssertionError(f"the login came after {at:.2f} s")
