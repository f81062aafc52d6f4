"""Behind loss: the verdicts, the packets they cost, and that they harm nobody."""

import collections
import concurrent.futures
import socket
import threading

from harness import LATE, Failure, expect_equal, wait_until
from mariadb import MariaDB, NameServer, login
from support import (DEADLINE, PATIENT_DATABASE, count_sent, database, expect_accepted,
                     expect_budget, target)
from topology import PORT, Topology, address

# Lanes at once: on a machine that is itself stalled the probe's own timers would be late.
ROOM = threading.BoundedSemaphore(20)

# what the port does, its rule in the server's INPUT, the only right verdict, accepted connections
LOSSY_PORTS = {"open": (None, "ready.handshake", 1),
               "dropped": (f"tcp dport {PORT} drop", "filtered.dropped", 0),
               "refused": (f"tcp dport {PORT} reject with tcp reset", "refused.no-listener", 0)}


def lossy_lane(probe, percent, family, kind, runs):
    """So many probes, one after the other: their reports, the SYNs that each sent, the server."""
    rule = LOSSY_PORTS[kind][0]
    reports, syns = [], []
    with ROOM, Topology() as net:
        server = database(net, family, PATIENT_DATABASE)
        if rule:
            net.filter("server", "input", rule)
        net.lose(percent)
        for _ in range(runs):
            count_sent(net, "client", "postrouting", family)
            # TCP repeats a lost greeting every 3 s: -t is not what is tested here
            reports.append(probe.report(net, ["-t", "60", target(server.host)], 60 + LATE))
            counted = net.counted("client")
            expect_budget(counted, reports[-1])
            syns.append(counted["asked"] + counted["elsewhere"])
            net.nft("client", "flush ruleset")
    return reports, syns, server


def is_unfinished(report):
    """The port was found open and accepted the connection; what the server said did not arrive in
    60 s. The server's TCP repeats it ever more rarely (after 5.6, 11, 23.5 s, measured), which no
    client can hasten: at 30 % loss each way it is about one probe in 400."""
    connect = report["addresses"][0]["stages"][0]
    return (report["category"] == "timed-out" and report["stage"] in ("greeting", "login")
            and connect["name"] == "connect" and connect["outcome"] == "passed")


def loss(probe, percent, family, kind, runs, lanes):
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        found = list(pool.map(lambda _: lossy_lane(probe, percent, family, kind, runs // lanes),
                              range(lanes)))
    reports = [report for lane, _, _ in found for report in lane]
    wrong = [report for report in reports if report["cause"] != LOSSY_PORTS[kind][1]]
    unfinished = [report for report in wrong if kind == "open" and is_unfinished(report)]
    false = [report for report in wrong if report not in unfinished]
    seconds = sorted(report["seconds"] for report in reports)
    print(f"         {percent} % loss each way, IPv{family}, {kind} port: {len(false)} of "
          f"{len(reports)} verdicts false, {len(unfinished)} unfinished, {seconds[len(seconds) // 2]:.2f} s in the median, "
          f"{seconds[-1]:.2f} s at most, {max(max(syns) for _, syns, _ in found)} SYNs at most",
          flush=True)
    if false:
        raise Failure("false verdicts:\n" + "\n".join(map(str, false)))
    if len(unfinished) > max(1, runs // 50):
        raise Failure(f"{len(unfinished)} of {runs} exchanges unfinished")
    for _, syns, server in found:
        expect_accepted(server, LOSSY_PORTS[kind][2] * len(syns))


def harmless_under_loss(probe, runs=50, lanes=5):
    """max_connect_errors=1, name resolution on: one unfinished exchange would block the client."""
    source, other = address("client", 4), address("3", 4, 1)
    with Topology() as net:
        net.ip("client", f"address add {other}/24 dev r1")
        net.enter("server", NameServer("127.0.0.1", answer=True))
        server = net.stack.enter_context(
            MariaDB("--max-connect-errors=1", "--performance-schema=ON", bind="0.0.0.0", port=PORT,
                    prefix=["ip", "netns", "exec", net.names["server"]],
                    resolver="127.0.0.1"))
        server.sql("CREATE USER app IDENTIFIED VIA mysql_native_password USING PASSWORD('secret')")
        blocked_by_bad_manners(net, server, other)
        net.lose(30)
        with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
            reports = list(pool.map(lambda _: probe.report(
                net, [target(address("server", 4))], DEADLINE), range(runs)))
        net.nft("r1", "flush ruleset")
        causes = collections.Counter(report["cause"] for report in reports)
        print(f"         {runs} probes of MariaDB, 30 % loss each way: {dict(causes)}", flush=True)
        if causes["ready.handshake"] < 0.8 * runs:  # TCP's own waits may outlast the deadline
            raise Failure(f"too few exchanges to prove anything: {dict(causes)}")
        with net.inside("client"):
            expect_equal("a real login", login(address("server", 4), PORT, "app", "secret", source),
                         None)
        expect_equal("SUM_CONNECT_ERRORS", server.connect_errors(source), 0)


def blocked_by_bad_manners(net, server, source):
    """The proof that this server counts: hanging up after the connect blocks the other source."""
    where = (address("server", 4), PORT)
    with net.inside("client"):
        socket.create_connection(where, 5, (source, 0)).close()
    wait_until(lambda: server.connect_errors(source), 10, "a counted connection")
    with net.inside("client"):
        refusal = login(*where, "app", "secret", source)
    expect_equal("the answer to a blocked host", refusal and refusal[0], 1129)
