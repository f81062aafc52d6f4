"""Cases that are more than one fault and one verdict, and the one that goes through faults.py."""

import collections
import contextlib
import socket

from faults import CONNECT, DROPPED, NEIGHBOUR, SILENCE, SILENT, filtering, words
from harness import LATE, Failure, Skip, evidence, expect, expect_equal
from mariadb import NameServer
from scripted import close_at_once, reset
from support import (DATABASE, FINE, count_sent, database, expect_accepted, expect_budget,
                     expect_ready, target)
from topology import FAMILIES, PORT, Topology, address, run

BOTH = f"{address('server', 4)} both.test\n{address('server', 6)} both.test\n"
ONE_DEAD = f"{address('server', 4)} two.test\n{address('99', 4, 1)} two.test\n"
SWITCH = "OBPROBE_TEST_WITHOUT"


# ---- the table of faults ----

def fault(probe, row, family):
    with Topology() as net:
        server = database(net, family) if row.listening else None
        row.arrange(net, family)
        count_sent(net, "client", "postrouting", family)
        report = probe.report(net, [target(words(family)[row.target])], row.within)
        expect(report, row.of(row.cause, family), row.of(row.confidence, family), row.alternatives,
               ready=False, stage="connect", server_cost="none")
        expect_evidence(evidence(report), row, family)
        expect_budget(net.counted("client"), report)
        if server:
            expect_accepted(server, 0)


def expect_evidence(found, row, family):
    icmp = row.of(row.icmp, family)
    seen = found.get("icmp", {})
    if icmp:
        expect_equal("the ICMP error", tuple(seen.get(key) for key in ("type", "code", "from")),
                     (*icmp[:2], address(icmp[2], family)), str(found))
    else:
        expect_equal("the ICMP error", seen, {}, str(found))
    if row.errno:
        expect_equal("errno_name", found.get("errno_name"), row.errno, str(found))


# ---- the client's own machine ----

def no_capability(_probe):
    with Topology() as net:
        text = run(net.command("client", ["cat", "/proc/self/status"]))
        fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        expect_equal("effective capabilities", int(fields["CapEff"], 16), 0)
        expect_equal("whether the user is root", "0" in fields["Uid"].split(), False)


def ready(probe, family):
    with Topology() as net:
        server = database(net, family)
        report = probe.report(net, [target(server.host)], FINE)
        expect_ready(report, server, notes=[], source_address=address("client", family))


def ports_exhausted(probe, family):
    """All of the client's ephemeral ports are bound, for both families."""
    with Topology() as net, contextlib.ExitStack() as held:
        server = database(net, family)
        net.set("client", "ipv4.ip_local_port_range", "40000 40007")
        with net.inside("client"):
            for port in range(40000, 40008):
                holder = held.enter_context(socket.socket(socket.AF_INET6))
                holder.bind(("::", port))
        report = probe.report(net, [target(server.host)], FINE)
        expect(report, "local.no-port", exit_code=11)
        expect_equal("errno_name", evidence(report).get("errno_name"), "EADDRNOTAVAIL")
        expect_accepted(server, 0)


def bind_address_not_local(probe, family):
    with Topology() as net:
        server = database(net, family)
        report = probe.report(net, ["--bind-address", address("7", family, 1), target(server.host)],
                              FINE)
        expect(report, "local.bind-address", "certain", exit_code=11)
        expect_accepted(server, 0)


def bind_address(probe, family):
    """The second address of the interface, which the kernel would not choose by itself."""
    with Topology() as net:
        seen = []
        server = database(net, family,
                          [lambda peer: seen.append(peer.socket.getpeername()[0]), *DATABASE])
        source = address("3", family, 1)
        net.ip("client", f"address add {source}/{24 if family == 4 else 64} dev r1"
                         + (" nodad" if family == 6 else ""))
        report = probe.report(net, ["--bind-address", source, target(server.host)], FINE)
        expect_ready(report, server, source_address=source)
        expect_equal("the source that the server saw", seen, [source])


def no_descriptor(probe, family):
    """From the first limit that lets the program start to the first that is enough."""
    causes = collections.Counter()
    with Topology() as net:
        server = database(net, family)
        for limit in range(5, 16):
            found = probe.run(net, [target(server.host)], CONNECT,
                              limits=["prlimit", f"--nofile={limit}:{limit}"])
            if found.exit_code == 1 and not found.stdout:
                continue  # not enough for the program itself: its own failure, said so
            causes[found.report["cause"]] += 1
        expect_accepted(server, causes["ready.handshake"])
    expect_equal("the causes", sorted(causes), ["local.no-descriptor", "ready.handshake"])


# ---- silence ----

def accept_queue_full(probe, family):
    with Topology() as net, contextlib.ExitStack() as held:
        where = (address("server", family), PORT)
        with net.inside("server"):
            listener = held.enter_context(socket.create_server(where, family=FAMILIES[family],
                                                               backlog=0))
        with net.inside("client"):  # the one place that a backlog of 0 has
            held.enter_context(socket.create_connection(where, 2))
        report = probe.report(net, [target(where[0])], SILENCE)
        expect(report, "filtered.dropped", "likely", DROPPED)
        listener.accept()[0].close()
        listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            listener.accept()
            raise Failure("the probe's SYNs left a connection in the accept queue")


def echo_alone_answers(probe, family):
    """All but ICMP is dropped, and the client may open ping sockets."""
    with Topology() as net:
        server = database(net, family)
        net.set("client", "ipv4.ping_group_range", "0 2147483647")
        net.filter("server", "input", "meta l4proto { tcp, udp } drop")
        report = probe.report(net, [target(server.host)], SILENCE)
        expect(report, "filtered.dropped", alternatives=DROPPED)
        expect_accepted(server, 0)


def udp_alone_answers(probe, family, environment=None):
    """TCP is dropped, ping sockets are forbidden: a datagram to a closed port draws an ICMP error,
    after the first six only one a second (the host's rate limit, RFC 1812 4.3.2.8)."""
    with Topology() as net:
        server = database(net, family)
        group = "0 2147483647" if environment else "1 0"
        net.set("client", "ipv4.ping_group_range", group)
        net.filter("server", "input", "meta l4proto tcp drop")
        count_sent(net, "server", "prerouting", family)
        report = probe.report(net, [target(server.host)], CONNECT, environment=environment)
        expect(report, "filtered.dropped", alternatives=DROPPED)
        expect_equal("echo requests", net.counted("server")["echoes"], 0)
        expect_accepted(server, 0)


def nothing_can_answer(probe, family):
    """All but ICMP is dropped, ping sockets are forbidden: no sign of life can be seen."""
    with Topology() as net:
        server = database(net, family)
        net.filter("server", "input", "meta l4proto { tcp, udp } drop")
        expect(probe.report(net, [target(server.host)], CONNECT), "timed-out.connect", "possible",
               SILENT)
        expect_accepted(server, 0)


def only_port(probe, family):
    """Nothing but SYNs to the port asked for leaves the machine."""
    with Topology() as net:
        server = database(net, family)
        net.set("client", "ipv4.ping_group_range", "0 2147483647")
        net.filter("server", "input", f"tcp dport {PORT} drop")
        count_sent(net, "server", "prerouting", family)
        report = probe.report(net, ["--only-port", target(server.host)], CONNECT)
        expect(report, "timed-out.connect", "possible", SILENT)
        counted = net.counted("server")
        expect_equal("packets beside the port", sum(counted.values()) - counted["asked"], 0,
                     str(counted))
        expect_budget(counted, report)


def packets_counted(probe, family, rule, within):
    """`control_packets` is what the server's counters saw, less the connection's own SYNs."""
    with Topology() as net:
        server = database(net, family)
        net.set("client", "ipv4.ping_group_range", "0 2147483647")
        count_sent(net, "server", "prerouting", family)
        net.filter("server", "input", rule)
        report = probe.report(net, [target(server.host)], within)
        counted = net.counted("server")
        own = 1 + evidence(report).get("syn_retransmits", 0)
        expect_equal("control_packets", report.get("control_packets"),
                     sum(counted.values()) - own, f"{counted} {report}")
        expect_budget(counted, report)
        expect_accepted(server, 0)


def rate_limited_icmp(probe, family):
    """A router answers a burst of six, then about once a second: the other probes of the same port
    in the same run borrow what it said."""
    with Topology() as net:
        server = database(net, family)
        filtering("r1", "forward", f"tcp dport {PORT} reject with {{icmp}} type admin-prohibited")(
            net, family)
        # ten connections a second to one address, so the last begins 1.1 s after the first
        found = probe.run(net, 12 * [target(server.host)], 1.1 + SILENCE)
        causes = collections.Counter(report["cause"] for report in found.reports)
        expect_equal("the causes", dict(causes), {"filtered.rejected": 12}, str(found))
        expect_equal("the exit code", found.exit_code, 14)
        expect_accepted(server, 0)


def rate_limited_icmp_of_ports(probe, family):
    """Twelve ports behind one rejecting rule: what the rate limit swallowed is borrowed, said to be
    likely only, and a drop is not excluded."""
    with Topology() as net:
        server = database(net, family)
        filtering("r1", "forward", "tcp dport 3000-3011 reject with {icmp} type admin-prohibited")(
            net, family)
        targets = [target(server.host, port) for port in range(3000, 3012)]
        found = probe.run(net, targets, 1.1 + 2 * SILENCE)
        causes = collections.Counter(report["cause"] for report in found.reports)
        expect_equal("the causes", dict(causes), {"filtered.rejected": 12}, str(found))
        for report in found.reports:
            own = not evidence(report)["icmp"].get("borrowed")
            expect_equal("confidence and alternatives",
                         (report["confidence"], report["alternatives"]),
                         ("certain", []) if own else ("likely", ["filtered.dropped"]), str(report))


# ---- what the server does ----

def soft_error(probe, family):
    """The first packet with data draws an ICMP error on a connection that stands (RFC 1122 4.2.3.9:
    a soft error); TCP repeats it, and the verdict is of what comes then."""
    with Topology() as net:
        server = database(net, family)
        rule = f"tcp dport {PORT} tcp flags & psh == psh limit rate 1/day burst 1 packets"
        filtering("r1", "forward", rule + " counter reject with {icmp} type admin-prohibited")(
            net, family)
        report = probe.report(net, [target(server.host)], CONNECT)
        expect(report, "ready.handshake", exit_code=0)
        expect_equal("one packet was rejected", "counter packets 1 " in net.nft("r1", "list ruleset"),
                     True)
        expect_accepted(server, 1)


def accepted_then_closed(probe, family):
    with Topology() as net:
        server = database(net, family, [close_at_once])
        expect(probe.report(net, [target(server.host)], FINE), "protocol.closed-before-greeting",
               exit_code=16)
        expect_accepted(server, 1)


def accepted_then_reset(probe, family):
    with Topology() as net:
        server = database(net, family, [reset])
        expect(probe.report(net, [target(server.host)], FINE), "protocol.reset-before-greeting",
               exit_code=16)
        expect_accepted(server, 1)


def dead_target_beside(probe):
    with Topology() as net:
        server = database(net, 4)
        found = probe.run(net, [target(address("99", 4, 1)), target(server.host)], NEIGHBOUR)
        seconds = {report["cause"]: report["seconds"] for report in found.reports}
        expect_equal("the causes", sorted(seconds), ["ready.handshake", "unreachable.neighbour"])
        if seconds["ready.handshake"] > FINE:
            raise Failure(f"the ready target had to wait: {seconds}")
        expect_equal("the exit code", found.exit_code, 12)


# ---- names ----

def one_address_dead(probe):
    with Topology() as net:
        server = database(net, 4)
        report = probe.report(net, [f"two.test:{PORT}"], CONNECT,
                              files={"hosts": ONE_DEAD, "nsswitch.conf": "hosts: files\n"})
        expect_ready(report, server, notes=["address-dead"])
        expect_equal("the causes", {entry["address"]: entry["cause"]
                                    for entry in report["addresses"]},
                     {address("server", 4): "ready.handshake",
                      address("99", 4, 1): "unreachable.neighbour"})


def one_address_dead_all_asked(probe):
    with Topology() as net:
        server = database(net, 4)
        report = probe.report(net, ["--all-addresses", f"two.test:{PORT}"], CONNECT,
                              files={"hosts": ONE_DEAD, "nsswitch.conf": "hosts: files\n"})
        expect(report, "unreachable.neighbour", ready=False, exit_code=12)
        expect_accepted(server, 1)


def family_unusable(probe, environment=None):
    with Topology() as net:
        server = database(net, 4)
        if not environment:
            net.set("client", "ipv6.conf.all.disable_ipv6", "1")
        report = probe.report(net, [f"both.test:{PORT}"], FINE, environment=environment,
                              files={"hosts": BOTH, "nsswitch.conf": "hosts: files\n"})
        expect_ready(report, server, notes=["address-skipped"])


def family_unusable_alone(probe):
    """No other address is left: then the missing family is the cause."""
    with Topology() as net:
        net.set("client", "ipv6.conf.all.disable_ipv6", "1")
        expect(probe.report(net, [target(address("server", 6))], FINE), "local.no-route",
               exit_code=11)


def resolver_files(server):
    return {"hosts": "127.0.0.1 localhost\n", "nsswitch.conf": "hosts: files dns\n",
            "resolv.conf": f"nameserver {server}\noptions timeout:5 attempts:2\n"}


def mute_resolver(probe):
    """The verdict at the deadline; the stuck thread does not hold up the exit."""
    with Topology() as net:
        where = address("server", 4)
        names = net.enter("server", NameServer(where, answer=False))
        found = probe.run(net, ["-t", "2", "db.test"], 2.0, files=resolver_files(where))
        expect(found.report, "name.timed-out", exit_code=10, stage="name")
        if not 2.0 <= found.report["seconds"] <= 2.0 + LATE:
            raise Failure(f"deadline 2 s, verdict after {found.report['seconds']} s")
        if names.queries == 0:
            raise Failure("nobody asked the name server")


def name_not_found(probe):
    with Topology() as net:
        where = address("server", 4)
        net.enter("server", NameServer(where, answer=True))
        expect(probe.report(net, ["db.test"], FINE, files=resolver_files(where)), "name.not-found",
               "certain", exit_code=10, stage="name")


# ---- old kernels and containers ----

def without_error_queue(probe, family, rejected_with, cause, alternatives):
    """The errno alone, which comes with the kernel's second SYN after 1 s."""
    with Topology() as net:
        server = database(net, family)
        filtering("r1", "forward", f"tcp dport {PORT} reject with {{icmp}} type {rejected_with}")(
            net, family)
        report = probe.report(net, [target(server.host)], SILENCE,
                              environment={SWITCH: "error-queue"})
        expect(report, cause, "possible", alternatives)
        expect_equal("the ICMP error", evidence(report).get("icmp"), None)
        expect_accepted(server, 0)


def switched(probe, function, *arguments):
    """Only a program built with -DTEST_SWITCHES=ON can be made to do without."""
    with open(probe.program, "rb") as file:
        if SWITCH.encode() not in file.read():
            raise Skip("built without -DTEST_SWITCHES=ON")
    function(probe, *arguments)
