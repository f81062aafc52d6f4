"""Logins that stand in the targets themselves: URLs and groups, with users and passwords of their own."""

import json
import signal
import subprocess
import threading
from urllib.parse import quote

from harness import LATE, PROCESS_START, Failure, expect, expect_equal, free_port, obprobe, wait_until
from login_suite import (ANSWERED, DENIED, DENY, PASSWORD, PLAIN, READY, TLS, USER, environment, judge_output,
                         judge_server, suite)
from login_steps import hear_app, hear_user
from login_turns import logins_of, peer_bytes, servers
from packets import NOBODY
from scripted import Server, answer, close, hear_nothing, pause, say, take_login
from tls_steps import hear_client_hello, hear_ssl_request


def url(*servers, user=USER, password=PASSWORD, scheme="mysql", rest="/"):
    hosts = ",".join(server.target for server in servers)
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{hosts}{rest}"


def run(arguments, bound, output="json"):
    """Of targets that say all by themselves."""
    without = {name: value for name, value in environment().items() if name != "MYSQL_PWD"}
    found = obprobe(suite.program, arguments, bound=bound + PROCESS_START, output=output, environment=without)
    judge_output(found, PASSWORD)
    return found


@suite.case
def answer_behind_the_verdict():
    """What answers a URL's login behind the verdict is still heard out under the URL's own terms."""
    for end in ([answer(DENIED), close], ANSWERED):
        with Server([say(PLAIN), hear_app, pause(1.08), *end], [close]) as server:
            found = run(["-t", "1", url(server)], 1 + LATE)
        expect(found.report, "timed-out.login", login="credentials", user=USER)
        expect_equal("exit code", found.exit_code, found.report["exit_code"], str(found))


# ---- what one login says of another ----

USER_AT = 4 + 32  # behind the packet's header


def whoever(peer):
    """A login, whose user then stands in peer.logins."""
    user = peer_bytes(peer)[USER_AT:].split(b"\0")[0].decode()
    take_login(peer, None if user == NOBODY else user)


@suite.case
def two_logins_at_one_server():
    """A password that is rejected there says nothing about another user's, who logs in."""
    def reject_app(peer):
        for step in DENY if logins_of(peer)[-1] == USER else ANSWERED:
            step(peer)
    script = [say(PLAIN), whoever, reject_app]
    with Server(script, script) as server:
        targets = [url(server), url(server, user="batch"), url(server)]
        found = run(["-t", "4", "--ordered", *targets], 4)
        judge_server(server, PASSWORD, 0, found)
    first, second, third = found.reports
    expect(first, "denied.credentials", user=USER, login="credentials")
    expect(second, READY, user="batch", notes=[])
    expect(third, "denied.credentials", user=USER, server_cost="none")
    expect_equal("logins", sorted(logins_of(server)), [USER, "batch"], str(found))


@suite.case
def rejections_of_different_logins():
    """--max-rejections counts over all logins of the run: the third login is not tried."""
    refusing = [say(PLAIN), whoever, answer(DENIED), close]
    with servers(*[(refusing, [close])] * 3) as listening:
        targets = [url(server, user=f"app{number}") for number, server in enumerate(listening)]
        found = run(["-t", "4", "--jobs=1", "--ordered", *targets], 4)
    users = [logins_of(server) for server in listening]
    expect_equal("logins", users, [["app0"], ["app1"], ["obprobe_nobody"]], str(found))
    expect(found.reports[2], "denied.credentials", confidence="possible", notes=["login-withheld"], login="anonymous")


@suite.case
def counted_under_other_tls():
    """A TLS handshake that failed counts: another target with other TLS is told so, and nothing is tried there."""
    with Server([say(TLS), hear_ssl_request, hear_client_hello, close], [close]) as server:
        targets = [url(server), url(server), url(server, user="batch", rest="/?sslMode=DISABLED")]
        found = run(["-t", "4", "--jobs=1", "--ordered", *targets], 4)
        expect_equal("connections", len(server.peers), 1, str(found))
    first, same, other = found.reports
    for report in (first, same):
        expect(report, "tls.handshake-failed", confidence="likely")
    expect(other, "tls.handshake-failed", confidence="possible", user="batch", server_cost="none")
    with Server([say(TLS), hear_ssl_request, hear_client_hello, close], [close]) as server:
        targets = [url(server), url(server, rest="/?sslMode=DISABLED")]
        found = run(["-t", "4", "--jobs=1", *targets], 4, output="human")
    if b"with other TLS settings, found that" not in b" ".join(found.stdout.split()):
        raise Failure(f"it is not said who found it: {found}")


@suite.case
def counted_for_who_has_no_password():
    """What a login was kept from by TLS is no login of a target that has no password."""
    with Server([say(TLS), hear_ssl_request, hear_client_hello, close], [close]) as server:
        found = run(["-t", "4", "--jobs=1", "--ordered", url(server), server.target], 4)
        expect_equal("connections", len(server.peers), 1, str(found))
    expect(found.reports[1], "tls.handshake-failed", login="anonymous", notes=[])


@suite.case
def repeated_lines():
    """A target that stands in a list three times is logged in to once, and reported three times."""
    with Server([say(PLAIN), hear_app, *ANSWERED], [close]) as server:
        text = f"{url(server)}\n\n{url(server)} # again\n{url(server)}\n".encode()
        without = {name: value for name, value in environment().items() if name != "MYSQL_PWD"}
        found = obprobe(suite.program, ["-t", "4", "-f", "-"], bound=4 + PROCESS_START, stdin=text, environment=without)
        expect_equal("connections", len(server.peers), 1, str(found))
    expect_equal("lines", [report["line"] for report in found.reports], [1, 3, 4], str(found))
    for report in found.reports:
        expect(report, READY, user=USER, login="credentials")


# ---- groups ----

def closed():
    """An endpoint where nothing listens."""
    return f"127.0.0.1:{free_port()}"


def group(mode, *endpoints, database="shop"):
    scheme = {"failover": "jdbc:mysql", "sequential": "jdbc:mariadb:sequential"}.get(mode, f"jdbc:mysql:{mode}")
    return f"{scheme}://{','.join(endpoints)}/{database}?user={USER}&password={quote(PASSWORD, safe='')}"


def hosts_of(report):
    return report["group"]["hosts"]


def causes_of(report):
    return [host["cause"] for host in hosts_of(report)]


hear_app_in_shop = hear_user(database="shop")
LOGIN = [say(PLAIN), hear_app_in_shop, *ANSWERED]
REJECTS = [say(PLAIN), whoever, *DENY]


@suite.case
def one_host_will_do():
    """Failover: one host logs in, and the one where nothing listens is noted."""
    with Server(LOGIN, [close]) as server:
        found = run(["-t", "4", "--jobs=1", group("failover", closed(), server.target, closed())], 4)
        judge_server(server, PASSWORD, 0, found)
    expect(found.report, READY, port=server.port, notes=["host-dead"], database="shop", exit_code=0)
    expect_equal("hosts", causes_of(found.report), ["refused.no-listener", READY, "refused.no-listener"], str(found))
    expect_equal("exit code", found.exit_code, 0, str(found))


@suite.case
def all_hosts_are_needed():
    """Replication: a host where nothing listens is the group's verdict."""
    with servers((LOGIN, [close]), (LOGIN, [close])) as (first, second):
        found = run(["-t", "4", group("replication", first.target, closed(), second.target)], 4)
    expect(found.report, "refused.no-listener", notes=[], ready=False, exit_code=13)
    expect_equal("hosts", causes_of(found.report), [READY, "refused.no-listener", READY], str(found))
    expect_equal("ready", [host["ready"] for host in hosts_of(found.report)], [True, False, True], str(found))


@suite.case
def one_rejection_for_the_group():
    """One rejection ends the use of a password for the whole group."""
    with servers(*[(REJECTS, [close])] * 3) as listening:
        target = group("loadbalance", *[server.target for server in listening], database="")
        found = run(["-t", "4", "--max-rejections=9", target], 4)
    users = sorted(user for server in listening for user in logins_of(server))
    expect_equal("logins", users, [USER, "obprobe_nobody", "obprobe_nobody"], str(found))
    expect(found.report, "denied.credentials", confidence="certain", login="credentials")
    notes = sorted(note["id"] for host in hosts_of(found.report) for note in host.get("notes", []))
    expect_equal("notes of the hosts", notes, ["login-withheld"] * 2, str(found))


@suite.case
def logins_of_their_own_in_a_group():
    """Hosts with logins of their own: those with the same share a rejection, the others know nothing of it."""
    names = ("first", "second", "second", "third")
    with servers(*[(REJECTS, [close])] * len(names)) as listening:
        hosts = [f"address=(host=127.0.0.1)(port={server.port})(user={name})(password=s3cret{name})"
                 for name, server in zip(names, listening)]
        found = run(["-t", "4", "--max-rejections=9", f"jdbc:mysql://{','.join(hosts)}/"], 4)
    users = sorted(user for server in listening for user in logins_of(server))
    expect_equal("logins", users, ["first", "obprobe_nobody", "second", "third"], str(found))
    expect_equal("users", [host["user"] for host in hosts_of(found.report)], list(names), str(found))


@suite.case
def total_timeout_in_a_group():
    """--total-timeout in the middle: one report with what is known of each host, and nothing is left behind."""
    hangs = [pause(0.5), say(PLAIN), hear_app_in_shop, hear_nothing]  # the other one logs in first
    with servers((LOGIN, [close]), (hangs, [close])) as (ready, hanging):
        arguments = ["-t", "20", "--total-timeout", "1.5"]
        found = run([*arguments, group("replication", ready.target, hanging.target)], 1.5 + LATE)
    expect(found.report, "timed-out.login", confidence="possible", port=hanging.port)
    expect_equal("hosts", causes_of(found.report), [READY, "timed-out.login"], str(found))


@suite.case
def groups_count_as_one():
    """Two groups and a single target are three targets."""
    targets = [group("failover", closed(), closed()), group("sequential", "no-such-host.invalid", closed()), closed()]
    found = run(["-t", "4", *targets], 4, output="human")
    if not found.stdout.endswith(b"0 of 3 targets ready\n"):
        raise Failure(f"another count: {found}")
    found = run(["-t", "4", "--ordered", *targets], 4)
    expect_equal("causes", [report["cause"] for report in found.reports], ["refused.no-listener"] * 3, str(found))
    expect_equal("exit code", found.exit_code, 13, str(found))


@suite.case
def a_group_that_is_stopped():
    """SIGTERM while a host hangs: the group is told with what is known."""
    reached = threading.Event()
    script = [say(PLAIN), hear_app_in_shop, lambda peer: reached.set(), hear_nothing]
    with Server(script) as server:
        command = ["env", "--default-signal", suite.program, "-o", "json", "-t", "20",
                   group("failover", closed(), server.target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_until(reached.is_set, 5, "the login")
            process.send_signal(signal.SIGTERM)
            stdout, stderr = process.communicate(timeout=20)
    expect_equal("exit code", process.returncode, 143, stderr.decode())
    expect_equal("hosts", causes_of(json.loads(stdout)), ["refused.no-listener", "timed-out.login"], stderr.decode())
