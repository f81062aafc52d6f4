"""How a row of OceanBase's table is held against the program, and against libmariadb.

    row(name, condition, scene, login, ways, verdict, library)

condition: the row of CONDITIONS that it shows. scene: of oceanbase.py. login: given(user, …) or nobody(user).
ways: how TLS is. verdict: says(…). library: (code, SQLSTATE) of libmariadb's login with the same, IN where it works.
Verdict and library are functions of the way where that matters.

Each row is asked twice in every way: by the program, with libmariadb's second opinion where a password is given, and
by libmariadb alone. A login that works is then seen twice by the server, any other once: nobody repeats it.
"""

import os
import sys
from dataclasses import dataclass

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import PROCESS_START, Failure, Suite, evidence, expect, expect_equal, obprobe, run_program
from oceanbase import RIGHT
from obproxy import Proxy
from packets import NOBODY
from promises import EXIT_CODES
from tls_steps import made

suite = Suite("OceanBase", sys.argv, jobs=8)
SAYS = os.path.join(os.path.dirname(suite.program), "tests", "libmariadb-says")

TIMEOUT = 8          # seconds of the program's deadline, where it is not waited for
AT_ONCE = (0, 3.0)   # beside other cases, under the sanitizers
LIBRARY_BOUND = 20

CERTAIN, LIKELY, POSSIBLE = "certain", "likely", "possible"
PROXY, OBSERVER = "oceanbase-proxy", "oceanbase-observer"
BY_PROXY, BY_BACKEND, BY_NOBODY_KNOWS = "proxy", "backend", "unknown"
IN = (0, "00000")
LOST, TLS_LOST = NOBODYS = (2013, "HY000"), (2026, "HY000")

# The conditions of a login's refusal, by OBProxy and by an observer.
CONDITIONS = {
    "proxy: cluster": "cluster unknown or ambiguous",
    "proxy: tenant": "tenant missing, or its location cannot be had",
    "proxy: name": "full name required, three parts on cloud, wrong password of proxysys",
    "proxy: forwarded": "wrong password, unknown user",
    "proxy: sessions": "client_max_connections",
    "proxy: connections": "limit of the VIP or tenant",
    "proxy: closed": "white list, forced TLS, malformed login",
    "proxy: vip": "VIP white list",
    "proxy: resource": "no root service list, cluster resource failure",
    "proxy: backends": "every observer refuses or is a black hole",
    "proxy: retried": "8001, 8002, 5150",
    "proxy: service": "service name unknown",
    "proxy: exiting": "hot upgrade, exiting",
    "proxy: slow": "no login within 10 s of the greeting",
    "observer: denied": "wrong password, user, host, tenant; tenant#cluster; REQUIRE SSL",
    "observer: invited": "not in ob_tcp_invited_nodes",
    "observer: user locked": "user locked",
    "observer: tenant locked": "tenant locked",
    "observer: connections": "too many connections",
    "observer: user limit": "per-user resource",
    "observer: state": "starting; stopping",
    "observer: not here": "tenant being deleted, or no unit on this server",
    "observer: dropped": "tenant in the recycle bin",
    "observer: cluster": "cluster attribute mismatch",
    "observer: database": "unknown or forbidden default database",
    "observer: oracle": "Oracle tenant, plain MySQL client",
    "observer: expired": "password expired",
    "in": "a login that works",
}
shown = set()


# ---- columns ----

@dataclass(frozen=True)
class Way:
    """How TLS is: on the server, in the program's options, in libmariadb-says's words."""
    name: str
    server: bool
    options: tuple
    words: tuple


OFF = Way("no TLS there", False, (), ())
ON = Way("TLS", True, (), ("--tls",))
DECLINED = Way("TLS there, not used", True, ("--ssl-mode=disabled",), ())
BOTH = (OFF, ON)


@dataclass
class Login:
    user: str
    password: str
    options: tuple = ()

    @property
    def name(self):
        """What goes over the wire: an anonymous one keeps tenant and cluster alone."""
        if self.password is not None:
            return self.user
        starts = [self.user.find(mark) for mark in "@#" if mark in self.user]
        return NOBODY + (self.user[min(starts):] if starts else "")


def given(user, password=RIGHT, *options):
    return Login(user, password, options)


def nobody(user=""):
    return Login(user, None)


@dataclass
class Verdict:
    cause: str
    confidence: str
    product: str
    answered_by: str
    circumstance: str
    alternatives: tuple


def says(cause, confidence, product, answered_by, circumstance, *alternatives):
    return Verdict(cause, confidence, product, answered_by, circumstance, alternatives)


def row(name, condition, scene, login, ways, verdict, library, **rest):
    """rest: cost; notes, beside those of the greeting and of TLS; words of the server's error; options; within;
    reported, what the report says of the login where none was made; asked, how many logins came to observers behind a
    proxy; logins, how many came to the entry."""
    assert condition in CONDITIONS, condition
    for way in ways:
        shown.add(condition)
        asks = "anonymous" if login.password is None else "credentials"
        suite.add(f"{name} ({asks}, {way.name})", check, scene, login, way, verdict, library, dict(rest))


# ---- a row ----

def check(scene, login, way, verdict, library, rest):
    verdict = verdict(way) if callable(verdict) else verdict
    with scene.start(made.context("good") if way.server else None) as there:
        run = ask_program(there, login, way, rest)
        judge(run, there, login, way, verdict, rest)
        count_logins(there, login, verdict, rest, run)
        wanted = library(way) if callable(library) else library
        judge_error(run, wanted, rest)
        expect_equal("libmariadb's code and SQLSTATE", ask_libmariadb(there, login, way), wanted, str(run))


def ask_program(there, login, way, rest):
    within = rest.get("within", AT_ONCE)
    password = {"MYSQL_PWD": login.password} if login.password is not None else {}
    user = ["-u", login.user] if login.user else []
    options = rest.get("options", ("-t", str(TIMEOUT)))
    return obprobe(suite.program, [*user, *login.options, *options, *way.options, f"127.0.0.1:{there.port}"],
                   bound=within[1] + PROCESS_START, client=login.password is not None,
                   environment={**os.environ, **password, "SSL_CERT_FILE": made.path("other.pem")})


def judge(run, there, login, way, verdict, rest):
    report, within = run.report, rest.get("within", AT_ONCE)
    expect(report, verdict.cause, verdict.confidence, notes=notes_of(there, login, way, verdict, rest),
           server_cost=rest.get("cost", "none" if verdict.cause == "ready.login" else "log"),
           login=rest.get("reported", "anonymous" if login.password is None else "credentials"))
    expect_equal("alternatives", report["alternatives"], list(verdict.alternatives), str(run))
    expect_equal("exit code", run.exit_code, EXIT_CODES[report["category"]], str(run))
    server = report.get("server", {})
    expect_equal("server.product", server.get("product"), verdict.product, str(run))
    expect_equal("server.answered_by", server.get("answered_by"), verdict.answered_by, str(run))
    if not within[0] <= report["seconds"] <= within[1]:
        raise Failure(f"verdict after {report['seconds']} s, not within {within}: {run}")
    for place, found in (("the report", report), ("the address", report["addresses"][0])):
        expect_equal(f"circumstance of {place}", found.get("circumstance"), verdict.circumstance, str(run))
    if login.password is not None:
        judge_second_opinion(report, verdict)


def judge_error(run, library, rest):
    """What the server said is the same to both; libmariadb's own codes are no server's."""
    found = evidence(run.report).get("server_error", {})
    if library not in (IN, *NOBODYS):
        expect_equal("the server's code and SQLSTATE", (found.get("code"), found.get("sqlstate")), library, str(run))
    else:
        expect_equal("the server's error", found, {}, str(run))
    if "words" in rest:
        expect_equal("the server's words", found.get("message"), rest["words"], str(run))


def notes_of(there, login, way, verdict, rest):
    notes = list(rest.get("notes", ()))
    if verdict.cause == "ready.handshake" and login.user:
        notes.append("account-not-tested")
    if verdict.product and isinstance(there.entry, Proxy) and not there.entry.rules.scramble:
        notes.append("constant-salt")
    if way is ON and verdict.product:
        notes.append("certificate-unverified")
    return notes


def judge_second_opinion(report, verdict):
    """libmariadb agrees where the wire's statement was answered, and is not asked elsewhere."""
    answered = verdict.cause == "ready.login" and not evidence(report).get("server_error")
    found = report.get("client", {}).get("result")
    expect_equal("client.result", found, "passed" if answered else None, str(report))


def count_logins(there, login, verdict, rest, run):
    """The program's, and libmariadb's behind one that was let in."""
    times = rest.get("logins", 2 if verdict.cause == "ready.login" else 1)
    expect_equal("logins by name", dict(there.entry.logins), {login.name: times} if times else {}, str(run))
    if "asked" in rest:
        expect_equal("logins at the observers", there.asked, rest["asked"], str(run))


def ask_libmariadb(there, login, way):
    """code and SQLSTATE."""
    database = [login.options[login.options.index("-D") + 1]] if "-D" in login.options else []
    run = run_program([SAYS, *way.words, "127.0.0.1", str(there.port), login.name, login.password or "", *database],
                      bound=LIBRARY_BOUND)
    code, state, _ = run.stdout.decode(errors="backslashreplace").split("\t", 2)
    return int(code), state


def all_conditions_are_shown():
    """Each of OBProxy's and of an observer's answers to a login has a row"""
    if not suite.only:
        expect_equal("conditions without a row", set(CONDITIONS) - shown, set())
