#!/usr/bin/env python3
"""TLS with a real MariaDB and a real MySQL: certificates of every kind under every mode, versions, ciphers.

Usage: tls_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

Where a judgement fails under the mode asked for, the server itself shows what it was told: the
anonymous name, and no password.
"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from certificates import EXPIRED, VALID, Certificates
from harness import Failure, Suite, evidence, expect, expect_equal
from logins import Servers, account, as_user, expect_outcome, finish, probe, target
from mariadb import MariaDB
from mysql import MySQL

suite = Suite("TLS of real servers", sys.argv, jobs=3)
made = Certificates("localhost").__enter__()
PRODUCTS = {"mariadb": MariaDB, "mysql": MySQL}
servers = Servers(
    mariadb=lambda: MariaDB(*made.options("good")), mysql=lambda: MySQL(*made.options("good")),
    mariadb_plain=MariaDB, mysql_plain=lambda: MySQL(tls=False))
CA = f"--ssl-ca={made['ca']}"
MODES = ("preferred", "required", "verify-ca", "verify-identity")


def tls_of(report):
    return report["addresses"][0].get("tls", {})


def expect_login(report, notes=()):
    expect_outcome(report, "ready.login", "certain", "statement", "none", notes=notes)


def expect_withheld(report, cause, confidence="certain", notes=()):
    """The verdict is TLS's, and the handshake was finished in the anonymous name."""
    expect_outcome(report, cause, confidence, "tls", "log", code=1045, login="anonymous",
                   notes=["login-withheld", *notes], exit_code=17, ready=False)
    found = evidence(report)
    expect_equal("why the login was withheld", found.get("withheld"), "tls", str(report))
    message = found["server_error"]["message"]
    if "'obprobe_nobody'@" not in message or "password: NO" not in message or "proof_sent" in found:
        raise Failure(f"more than the anonymous name was sent: {report}")


# ---- certificates ----

# Kind: options, cause under verify-ca and under verify-identity (None: logs in), OpenSSL's code.
UNVERIFIED = ("certificate-unverified",)
CERTIFICATES = {
    "good": ([], None, None, 0),
    "chain": ([], None, None, 0),
    "ip-only": ([], None, None, 0),
    "wrong-name": ([], None, "tls.name-mismatch", 0),
    "name-only": ([], None, "tls.name-mismatch", 0),
    "expired": ([], "tls.expired", "tls.expired", 10),
    "not-yet-valid": ([], "tls.not-yet-valid", "tls.not-yet-valid", 9),
    "revoked": ([f"--ssl-crl={made.crl}"], "tls.revoked", "tls.revoked", 23),
    "unknown-ca": ([], "tls.untrusted", "tls.untrusted", 20),
    "broken-chain": ([], "tls.untrusted", "tls.untrusted", 20),
    "self-signed": ([], "tls.self-signed", "tls.self-signed", 18),
}
ISSUERS = {"unknown-ca": "CN=obprobe test other", "chain": "CN=obprobe test intermediate",
           "broken-chain": "CN=obprobe test intermediate", "self-signed": "CN=localhost"}


def as_iso(date):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.strptime(date, "%Y%m%d%H%M%SZ"))


def expect_certificate(report, kind, verify_code, verified):
    """The keys that scripts look for."""
    tls = tls_of(report)
    subject = "CN=obprobe test ip-only" if kind == "ip-only" else "CN=localhost"
    wanted = {"subject": subject, "issuer": ISSUERS.get(kind, "CN=obprobe test ca"),
              "verify_code": verify_code, "verified": verified, "version": "TLSv1.3", "handshake": "done"}
    if kind != "self-signed":  # that one is valid from today on
        wanted["not_after"] = as_iso((EXPIRED if kind == "expired" else VALID)[1])
    found = {key: tls.get(key) for key in wanted}
    expect_equal("the facts of TLS", found, wanted, str(report))
    end = time.mktime(time.strptime(tls["not_after"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    if abs((end - time.time()) / 86400 - tls["days_left"]) > 1.01:
        raise Failure(f"days_left does not fit not_after: {tls}")
    if not tls["cipher"].startswith("TLS_"):
        raise Failure(f"no cipher of TLS 1.3: {tls}")


def try_certificate(product, kind):
    options, untrusted, misnamed, code = CERTIFICATES[kind]
    soon = ["certificate-expires"] if kind == "expired" else []
    with PRODUCTS[product](*made.options(kind)) as server:
        user = as_user(account(server))
        for mode in MODES:
            report = probe(suite, f"--ssl-mode={mode}", CA, *options, *user, target(server)).report
            cause = {"verify-ca": untrusted, "verify-identity": misnamed}.get(mode)
            if cause:
                expect_withheld(report, cause, notes=soon)
            else:
                asked = mode.startswith("verify")
                expect_login(report, soon + ([] if asked or not misnamed else list(UNVERIFIED)))
            good = not code and (mode == "verify-ca" or not misnamed)
            expect_certificate(report, kind, code, good)
        if kind in ("name-only", "ip-only"):
            report = probe(suite, "-4", "--ssl-mode=verify-identity", CA, *user,
                           target(server, "localhost")).report
            if kind == "name-only":
                expect_login(report)
            else:
                expect_withheld(report, "tls.name-mismatch")
        # Without credentials the verdict is the same, and nothing was withheld.
        report = probe(suite, "--ssl-mode=verify-identity", CA, *options, target(server)).report
        expect_outcome(report, misnamed or "ready.handshake", "certain", "tls" if misnamed else "login",
                       "log", code=1045, login="anonymous", notes=soon if misnamed else [])


for product_name in PRODUCTS:
    for certificate in CERTIFICATES:
        suite.add(f"{product_name}, certificate {certificate}: each mode says what it asks for",
                  try_certificate, product_name, certificate)


def no_authority(product):
    """Without a CA option the system's store judges, which does not know ours."""
    server = servers[product]
    user = as_user(account(server))
    expect_login(probe(suite, *user, target(server)).report, UNVERIFIED)
    expect_withheld(probe(suite, "--ssl-mode=verify-ca", *user, target(server)).report, "tls.untrusted")


def expires_soon(product):
    """--tls-expiry-days: a note, and no failure."""
    server = servers[product]
    user = as_user(account(server))
    left = tls_of(probe(suite, CA, *user, target(server)).report)["days_left"]
    for days, notes in ((left - 1, ()), (left + 2, ("certificate-expires",))):
        expect_login(probe(suite, CA, f"--tls-expiry-days={days}", *user, target(server)).report, notes)


for product_name in PRODUCTS:
    suite.add(f"{product_name}: without a CA option the system's store judges", no_authority, product_name)
    suite.add(f"{product_name}: --tls-expiry-days is a note", expires_soon, product_name)


# ---- versions ----

OLD = ("TLSv1.0", "TLSv1.1")
NAMES = {"TLSv1.0": "TLSv1"}  # as OpenSSL calls it
VERSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def try_version(product, version):
    """A server that speaks one version alone; clients that allow it, only newer and only older ones."""
    weak = ["--ssl-cipher=DEFAULT@SECLEVEL=0"] if version in OLD else []
    policy = ["tls-policy"] if version in OLD else []
    with PRODUCTS[product](f"--tls-version={version}", *weak, *made.options("good")) as server:
        user = as_user(account(server))

        def run(mode, *options):
            return probe(suite, f"--ssl-mode={mode}", CA, *options, *user, target(server)).report

        report = run("required")
        expect_login(report, policy)
        expect_equal("version", tls_of(report)["version"], NAMES.get(version, version), str(report))
        expect_login(run("preferred"), policy)
        expect_login(run("required", f"--tls-version={version}"), policy)
        # What verifies is what this machine's own clients do: its policy decides too.
        for mode in ("verify-ca", "verify-identity"):
            report = run(mode)
            if version in OLD:
                expect_withheld(report, "tls.version")
            else:
                expect_login(report)
        for other in VERSIONS:
            for mode in ("preferred", "required"):
                if other > version:
                    expect_withheld(run(mode, f"--tls-version={other}"), "tls.version")
                elif other < version:
                    report = run(mode, f"--tls-version={other}")
                    expect_outcome(report, "tls.version", "certain", "tls", "counted", login="anonymous",
                                   notes=["counted"], exit_code=17)
                    expect_equal("alert", tls_of(report).get("alert_received"), 70, str(report))


for product_name in PRODUCTS:
    for tls_version in VERSIONS:
        if product_name == "mariadb" or tls_version not in OLD:
            suite.add(f"{product_name} with {tls_version} alone: both directions", try_version,
                      product_name, tls_version)


# ---- ciphers ----

def try_cipher(product, ciphers, versions):
    """MariaDB follows the client's order, MySQL its own; both can do all of these.

    What MySQL would not choose costs one anonymous handshake more: a line in its log.
    """
    server = servers[product]
    user = as_user(account(server))
    report = probe(suite, "--ssl-mode=required", CA, f"--ssl-cipher={ciphers}", f"--tls-version={versions}",
                   *user, target(server)).report
    expect(report, "ready.login", "certain", notes=[], login="credentials")
    if product == "mariadb":
        expect_login(report)
    found = {key: tls_of(report)[key] for key in ("cipher", "version", "cipher_allowed", "policy_allows")}
    expect_equal("TLS", found, {"cipher": ciphers, "version": versions, "cipher_allowed": True,
                                "policy_allows": True}, str(report))


def no_common_cipher(product):
    """A cipher for certificates of another kind: what every client that is told so meets, once."""
    server = servers[product]
    user = as_user(account(server))
    report = probe(suite, "--ssl-mode=required", CA, "--ssl-cipher=ECDHE-ECDSA-AES256-GCM-SHA384",
                   "--tls-version=TLSv1.2", *user, target(server)).report
    expect(report, "tls.handshake-failed", stage="tls", exit_code=17, login="anonymous")
    if "proof_sent" in evidence(report):
        raise Failure(f"the password was used: {report}")


for product_name in PRODUCTS:
    for names, versions in [("ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2"),
                            ("ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2"), ("TLS_AES_256_GCM_SHA384", "TLSv1.3"),
                            ("TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3")]:
        suite.add(f"{product_name}, --ssl-cipher={names}", try_cipher, product_name, names, versions)
    suite.add(f"{product_name}, --ssl-cipher without one in common", no_common_cipher, product_name)


# ---- not offered ----

def not_offered(product):
    """A server without TLS: no password is sent where TLS was asked for."""
    server = servers[f"{product}_plain"]
    user = as_user(account(server))
    for mode in MODES[1:]:
        expect_withheld(probe(suite, f"--ssl-mode={mode}", CA, *user, target(server)).report,
                        "tls.not-offered")
        expect(probe(suite, f"--ssl-mode={mode}", CA, target(server)).report, "tls.not-offered", "certain",
               notes=[], server_cost="log")
    expect_withheld(probe(suite, CA, *user, target(server)).report, "tls.not-offered")
    expect_login(probe(suite, "--ssl-mode=preferred", *user, target(server)).report)


for product_name in PRODUCTS:
    suite.add(f"{product_name} without TLS: tls.not-offered, and no password is sent", not_offered,
              product_name)


# ---- certificates of the client ----

def client_certificate(product, versions, kind):
    """One that the server does not accept ends the handshake there, which counts."""
    server = servers[product]
    user = as_user(account(server, "REQUIRE X509"))
    report = probe(suite, "--ssl-mode=required", CA, f"--tls-version={versions}",
                   f"--ssl-cert={made[kind]}", f"--ssl-key={made.key}", *user, target(server)).report
    if kind == "client":
        expect_login(report)
    else:
        expect(report, "tls.client-certificate", "certain", stage="tls", exit_code=17,
               server_cost="counted", notes=["counted"])
    expect_equal("client_certificate_sent", tls_of(report)["client_certificate_sent"], True, str(report))


def proved_password(product):
    """Behind caching_sha2_password's "fast authentication" a 1045 is not about the password."""
    server = servers[product]
    for clause, options, cause, others in [
            ("REQUIRE SSL", ["--ssl-mode=disabled"], "tls.required", ["tls.client-certificate"]),
            ("REQUIRE X509", ["--ssl-mode=required", CA], "tls.client-certificate", [])]:
        user = account(server, clause)
        with_certificate = [f"--ssl-cert={made['client']}", f"--ssl-key={made.key}"]
        expect_login(probe(suite, "--ssl-mode=required", CA, *with_certificate, *as_user(user),
                           target(server)).report)
        for where in (target(server), *([server.socket] if clause == "REQUIRE SSL" else [])):
            report = probe(suite, *options, *as_user(user), where).report
            expect_outcome(report, cause, "likely", "login", "log", code=1045, alternatives=others,
                           exit_code=17)


for product_name in PRODUCTS:
    for tls_version in ("TLSv1.2", "TLSv1.3"):
        for kind in ("client", "client-unknown-ca", "client-expired"):
            suite.add(f"{product_name}, {tls_version}: the client's certificate {kind}", client_certificate,
                      product_name, tls_version, kind)
suite.add("mysql: REQUIRE SSL and X509 behind a proved password are causes of TLS", proved_password, "mysql")

try:
    finish(suite, servers)
finally:
    made.__exit__(None, None, None)
