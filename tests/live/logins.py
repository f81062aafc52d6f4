"""What the suites of logins share: servers that are started when first asked for, accounts, clients that stay.

    servers = Servers(mariadb=lambda: MariaDB("--skip-name-resolve"), …)
    servers["mariadb"]                  the same one for all cases; Skip or Failure where it cannot be had
    finish(suite, servers)              runs the suite, ends the servers, exits

    name = account(server, "REQUIRE SSL")                     CREATE USER name@'%', password RIGHT
    with logged_in(server, name): …                           a real client that stays
    with own_address() as there: …      a network namespace with an address that is not loopback's:
                                        there.address, there.prefix (a command in front of others)
    log_in_from(there, server, name)    a real client in there
"""

import contextlib
import itertools
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import (LATE, PROCESS_START, Failure, Process, Skip, expect, expect_equal, evidence, find_program,
                     obprobe, run_program)
from mysql import SSL, Client, clear, error_of, proof_for

RIGHT, WRONG = "the right one", "not the right one"
NUMBERS = itertools.count(1)
ADDRESS = "10.77.9.1"
# Under the sanitizers, beside other cases: a login with TLS takes 0.03 s.
AT_ONCE = 3.0


class Servers:
    """Servers by name, each started when it is first asked for."""

    def __init__(self, **recipes):
        self.recipes = recipes
        self.locks = {name: threading.Lock() for name in recipes}
        self.running = {}
        self.refusals = {}
        self.stack = contextlib.ExitStack()

    def __getitem__(self, name):
        with self.locks[name]:
            if name in self.refusals:
                raise self.refusals[name]
            if name not in self.running:
                try:
                    self.running[name] = self.stack.enter_context(self.recipes[name]())
                except (Skip, Failure) as reason:  # not tried again by every case
                    self.refusals[name] = reason
                    raise
            return self.running[name]

    def close(self):
        self.stack.close()


def finish(suite, servers):
    try:
        code = suite.run()
    finally:
        servers.close()
    sys.exit(code)


# Whether libmariadb logs in behind every login of these suites' probes; then it must agree. Who sets it says so.
second_opinion = {"wanted": False, "agreed": 0, "limited": 0}


def probe(suite, *options, prefix=(), stdin=b"", seconds=AT_ONCE, **keywords):
    """One run of the program; `seconds` bounds it."""
    client = keywords.pop("client", second_opinion["wanted"])
    judged = keywords.pop("judged", second_opinion["wanted"])
    run = obprobe(suite.program, list(options), bound=seconds + LATE + PROCESS_START, stdin=stdin,
                  prefix=prefix, client=client, **keywords)
    if client and judged:
        for report in run.reports:
            expect_agreement(report)
    return run


def expect_agreement(report):
    """libmariadb logs in where the wire was let in, unless it would take a key from anybody, or another login of
    ours has the account's only session; elsewhere it is not asked."""
    for address in report.get("addresses", []):
        found = address.get("client")
        let_in = report["login"] == "credentials" and address["cause"] == "ready.login"
        if not let_in:
            expect_equal("libmariadb's login where the wire was not let in", found, None, str(report))
            continue
        expect_equal("libmariadb was to be asked", found is not None, True, str(report))
        if found.get("code") == 1226:
            expect_equal("notes", "client-inconclusive" in [note["id"] for note in report["notes"]], True, str(report))
            second_opinion["limited"] += 1
        elif found.get("reason") != "public-key-not-allowed":
            expect_equal("libmariadb's login", found["result"], "passed", str(report))
            second_opinion["agreed"] += 1


def target(server, address="127.0.0.1"):
    return f"{address}:{server.port}"


def as_user(name, password=RIGHT):
    return [f"--user={name}", f"--password={password}"]


def account(server, clause="", identified=f"IDENTIFIED BY '{RIGHT}'"):
    """A new account for every host; its name."""
    name = f"app{next(NUMBERS)}"
    server.sql(f"CREATE USER {name}@'%' {identified} {clause}")
    return name


@contextlib.contextmanager
def logged_in(server, name, password=RIGHT):
    """A real client that has logged in and stays for as long as the block."""
    with Client("127.0.0.1", server.port) as client:
        if client.capabilities & SSL:
            client.start_tls()
        payload = client.log_in(name, proof_for(client, client.plugin, password, client.salt),
                                client.plugin)
        if payload == b"\x01\x04":
            client.write(clear(client, password))
            payload = client.read()
        if payload == b"\x01\x03":
            payload = client.read()
        if payload[0] != 0:
            raise Failure(f"a real client cannot log in: {error_of(payload)}")
        yield client


def log_in_from(place, server, name):
    """What login() of mysql.py says to a real client in that namespace, as text: "None", or the refusal."""
    folder = os.path.dirname(os.path.abspath(__file__))
    code = (f"import sys; sys.path.insert(0, {folder!r}); from mysql import login; "
            f"print(login({place.address!r}, {server.port}, {name!r}, {RIGHT!r}))")
    run = run_program([*place.prefix, sys.executable, "-c", code], bound=30)
    if run.exit_code != 0:
        raise Failure(f"no real client: {run}")
    return run.stdout.decode().strip()


def expect_outcome(report, cause, confidence, stage, cost, *, code=None, alternatives=(), notes=(),
                   login="credentials", **keys):
    """Holds everything that a login's report promises against it, the alternatives exactly."""
    expect(report, cause, confidence, notes=list(notes), stage=stage, server_cost=cost, login=login, **keys)
    expect_equal("alternatives", report["alternatives"], list(alternatives), str(report))
    expect_equal("the server's error", evidence(report).get("server_error", {}).get("code"), code, str(report))


@contextlib.contextmanager
def own_address():
    """A network namespace whose loopback interface has ADDRESS and its neighbours too; it goes with the block."""
    if os.getuid() != 0:
        raise Skip("network namespaces need root")
    script = f"ip link set lo up && ip address add {ADDRESS}/24 dev lo && exec sleep 600"
    unshare, nsenter = find_program("unshare"), find_program("nsenter")
    find_program("ip")
    if run_program([unshare, "--net", "true"], bound=10).exit_code != 0:
        raise Skip("network namespaces are not permitted here")
    with Process([unshare, "--net", "sh", "-c", script]) as holder:
        place = Place([nsenter, "--net", f"--target={holder.pid}"])
        holder.wait_for(place.is_up, 10)
        yield place


class Place:
    """A namespace: what stands in front of a command that is to run there."""

    address = ADDRESS

    def __init__(self, prefix):
        self.prefix = prefix

    def is_up(self):
        run = run_program([*self.prefix, "ip", "-o", "address", "show", "dev", "lo"], bound=10)
        return ADDRESS.encode() in run.stdout
