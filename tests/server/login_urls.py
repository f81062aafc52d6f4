"""Logins that stand in the targets themselves: URLs with users and passwords of their own, on scripted servers."""

from urllib.parse import quote

from harness import LATE, PROCESS_START, Failure, expect, expect_equal, obprobe
from login_suite import (ANSWERED, DENIED, DENY, PASSWORD, PLAIN, READY, TLS, USER, environment, judge_output,
                         judge_server, suite)
from login_steps import hear_app
from login_turns import logins_of, peer_bytes, servers
from packets import NOBODY
from scripted import Server, answer, close, pause, say, take_login
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
