#!/usr/bin/env python3
"""The network's faults, seen by the probe as an ordinary user: net_test.py PATH_TO_OBPROBE.

The topology is drawn in topology.py, the table of faults is in faults.py; here are the cases that are
more than one fault and one verdict. Every case has its own topology. Loss is made by nftables (drop
with a given probability in r1's FORWARD, in both directions), since kernels without netem exist.
"""

import collections
import concurrent.futures
import contextlib
import os
import shutil
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "server"),
                os.path.join(HERE, "..", "live")]
from faults import CONNECT, DROPPED, ROUTE_OR_FILTER, ROWS, SILENCE, SILENT, filtering, words
from harness import (LATE, PROCESS_START, Failure, Skip, Suite, evidence, expect, expect_equal,
                     find_program, obprobe, run_program, wait_until)
from mariadb import MariaDB, NameServer, login
from scripted import (Server, answer, close, close_at_once, error, hear_login, mariadb_greeting,
                      reset, say)
from topology import FAMILIES, PORT, Topology, address, confine, run

FINE = 0.3        # a whole handshake on the idle topology
DEADLINE = 20.2   # --timeout, and how late a verdict may be
SYN_BUDGET = 40   # per address
DATABASE = [say(mariadb_greeting()), hear_login,
            answer(error(1045, "28000", b"Access denied for user 'obprobe_nobody'")), close]
BOTH = f"{address('server', 4)} both.test\n{address('server', 6)} both.test\n"
ONE_DEAD = f"{address('server', 4)} two.test\n{address('99', 4, 1)} two.test\n"
SWITCH = "OBPROBE_TEST_WITHOUT"


class Probe:
    """The program, as an ordinary user in the client's namespace."""

    def __init__(self, program):
        self.program = program

    def run(self, net, arguments, within, files=None, limits=(), environment=None):
        """One run, which may take `within` seconds and the start of a process."""
        return obprobe(self.program, arguments, within + LATE + PROCESS_START,
                       environment={**os.environ, **(environment or {})},
                       prefix=net.command("client", limits, files))

    def report(self, net, arguments, within, **more):
        """The report of a run with one target, whose verdict must come in time."""
        found = self.run(net, arguments, within, **more)
        report = found.report
        if report["seconds"] > within:
            raise Failure(f"verdict after {report['seconds']} s, {within} s allowed: {report}")
        expect_equal("the process's exit code", found.exit_code, report["exit_code"], str(found))
        return report


def target(where):
    return f"[{where}]:{PORT}" if ":" in where else f"{where}:{PORT}"


def database(net, family, script=None):
    """A server that speaks MySQL, in the server's namespace."""
    return net.enter("server", Server(script or DATABASE, host=address("server", family), port=PORT,
                                      same=True))


def expect_accepted(server, count):
    """Connections that the application accepted: never one beside the probe's own."""
    wait_until(lambda: all(peer.end is not None for peer in server.peers), 60, "the server's end")
    expect_equal("the number of accepted connections", len(server.peers), count,
                 str([peer.inbox for peer in server.peers]))
    expect_equal("the server's complaints", server.complaints, [])


def expect_ready(report, server, **keys):
    expect(report, "ready.handshake", "certain", exit_code=0, server_cost="log", **keys)
    expect_accepted(server, 1)


def count_sent(net, node, hook, family):
    """Counts what the client sends: SYNs to the port and elsewhere, echo requests, datagrams."""
    ours = "{ip} saddr {client} ".format(**words(family))
    syn = ours + "tcp flags & (syn | ack) == syn tcp dport "
    net.count(node, hook, asked=f"{syn}{PORT}", elsewhere=f"{syn}!= {PORT}",
              echoes=ours + "{icmp} type echo-request".format(**words(family)),
              datagrams=ours + "meta l4proto udp")


def expect_budget(counted):
    if counted["asked"] + counted["elsewhere"] > SYN_BUDGET:
        raise Failure(f"more than {SYN_BUDGET} SYNs to one address: {counted}")


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
        expect_budget(net.counted("client"))
        if server:
            expect_accepted(server, 0)


def expect_evidence(found, row, family):
    icmp = row.of(row.icmp, family)
    wanted = dict(zip(("type", "code", "from"), (*icmp[:2], address(icmp[2], family)))) if icmp else {}
    seen = {key: found.get("icmp", {}).get(key) for key in wanted} if icmp else found.get("icmp", {})
    expect_equal("the ICMP error", seen, wanted, str(found))
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
        expect_budget(counted)


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
        expect_budget(counted)
        expect_accepted(server, 0)


def rate_limited_icmp(probe, family):
    """A router answers a burst of six, then about once a second; every target gets its verdict."""
    with Topology() as net:
        server = database(net, family)
        filtering("r1", "forward", "tcp dport 3000-3011 reject with {icmp} type admin-prohibited")(
            net, family)
        targets = [target(server.host).replace(str(PORT), str(port)) for port in range(3000, 3012)]
        found = probe.run(net, targets, 20)
        causes = collections.Counter(report["cause"] for report in found.reports)
        expect_equal("the causes", dict(causes), {"filtered.rejected": len(targets)}, str(found))
        expect_equal("the exit code", found.exit_code, 14)


# ---- what the server does ----

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


# ---- loss ----

# what the port does, its rule in the server's INPUT, the only right verdict, accepted connections
LOSSY_PORTS = {"open": (None, "ready.handshake", 1),
               "dropped": (f"tcp dport {PORT} drop", "filtered.dropped", 0),
               "refused": (f"tcp dport {PORT} reject with tcp reset", "refused.no-listener", 0)}


def lossy_lane(probe, percent, family, kind, runs):
    """So many probes, one after the other: their reports, the SYNs that each sent, the server."""
    rule = LOSSY_PORTS[kind][0]
    reports, syns = [], []
    with Topology() as net:
        server = database(net, family)
        if rule:
            net.filter("server", "input", rule)
        net.lose(percent)
        for _ in range(runs):
            count_sent(net, "client", "postrouting", family)
            reports.append(probe.report(net, [target(server.host)], DEADLINE))
            counted = net.counted("client")
            expect_budget(counted)
            syns.append(counted["asked"] + counted["elsewhere"])
            net.nft("client", "flush ruleset")
    return reports, syns, server


def loss(probe, percent, family, kind, runs, lanes):
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        found = list(pool.map(lambda _: lossy_lane(probe, percent, family, kind, runs // lanes),
                              range(lanes)))
    reports = [report for lane, _, _ in found for report in lane]
    false = [report for report in reports if report["cause"] != LOSSY_PORTS[kind][1]]
    seconds = sorted(report["seconds"] for report in reports)
    print(f"         {percent} % loss each way, IPv{family}, {kind} port: {len(false)} of "
          f"{len(reports)} verdicts false, {seconds[len(seconds) // 2]:.2f} s in the median, "
          f"{seconds[-1]:.2f} s at most, {max(max(syns) for _, syns, _ in found)} SYNs at most",
          flush=True)
    if false:
        raise Failure("false verdicts:\n" + "\n".join(map(str, false)))
    for _, syns, server in found:
        expect_accepted(server, LOSSY_PORTS[kind][2] * len(syns))


def harmless_under_loss(probe, runs=50, lanes=5):
    """max_connect_errors=1 and name resolution on: one unfinished exchange would block the client."""
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
        expect_equal("the causes", dict(causes), {"ready.handshake": runs})
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


# ---- the suite ----

PER_FAMILY = {
    "an open port is ready": ready,
    "ephemeral ports exhausted": ports_exhausted,
    "bind address not local": bind_address_not_local,
    "bind address of this machine": bind_address,
    "descriptor limit": no_descriptor,
    "accept queue full": accept_queue_full,
    "server drops all but ICMP, ping sockets allowed": echo_alone_answers,
    "server drops TCP, ping sockets forbidden": udp_alone_answers,
    "server drops all but ICMP, ping sockets forbidden": nothing_can_answer,
    "--only-port sends to no other port": only_port,
    "rate-limited ICMP, twelve targets": rate_limited_icmp,
    "accepted, then closed": accepted_then_closed,
    "accepted, then reset": accepted_then_reset,
}

ALONE = {
    "the probe has no capability": no_capability,
    "name with two addresses, one dead": one_address_dead,
    "name with two addresses, one dead, --all-addresses": one_address_dead_all_asked,
    "name with IPv6 address, IPv6 unusable": family_unusable,
    "IPv6 address alone, IPv6 unusable": family_unusable_alone,
    "resolver never answers": mute_resolver,
    "name does not exist": name_not_found,
    "50 probes under 30 % loss leave MariaDB's host cache clean": harmless_under_loss,
}

COUNTED = {"dropped port": (f"tcp dport {PORT} drop", SILENCE),
           "silent host": ("meta l4proto { tcp, udp, icmp } drop\nicmpv6 type echo-request drop",
                           CONNECT)}

EITHER = ("local.firewall", "filtered.rejected")
WITHOUT_QUEUE = ((4, "host-unreachable", "unreachable.host", ROUTE_OR_FILTER),
                 (4, "admin-prohibited", "unreachable.host", ROUTE_OR_FILTER),
                 (4, "net-unreachable", "unreachable.network", ROUTE_OR_FILTER),
                 (6, "addr-unreachable", "unreachable.host", ROUTE_OR_FILTER),
                 (6, "admin-prohibited", "local.not-permitted", EITHER))


def add_cases(suite, probe):
    runs, lanes = (200, 5) if suite.full else (20, 2)
    for name, function in ALONE.items():
        suite.add(name, function, probe)
    for family in FAMILIES:
        for percent in (10, 30):
            for kind in LOSSY_PORTS:
                suite.add(f"IPv{family}: {kind} port behind {percent} % loss", loss, probe, percent,
                          family, kind, runs, lanes)
    for family in FAMILIES:
        for name, function in PER_FAMILY.items():
            suite.add(f"IPv{family}: {name}", function, probe, family)
        for name, (rule, within) in COUNTED.items():
            suite.add(f"IPv{family}: packets counted, {name}", packets_counted, probe, family, rule,
                      within)
        for row in ROWS:
            if family in row.families:
                suite.add(f"IPv{family}: {row.name}", fault, probe, row, family)
        suite.add(f"IPv{family}: without ping sockets", switched, probe, udp_alone_answers, family,
                  {SWITCH: "ping"})
    for family, name, cause, others in WITHOUT_QUEUE:
        suite.add(f"IPv{family}: without error queue, {name}", switched, probe, without_error_queue,
                  family, name, cause, others)
    suite.add("without IPv6 sockets", switched, probe, family_unusable, {SWITCH: "ipv6"})


def prepare():
    """Goes into namespaces; the reason why not otherwise."""
    try:
        for tool in ("ip", "nft", "setpriv", "unshare", "prlimit"):
            find_program(tool)
        confine()
        run(["unshare", "--net", "nft", "list", "ruleset"])
    except (Skip, Failure, OSError) as reason:
        return f"no network namespaces here: {reason}"
    return None


def refuse(reason):
    raise Skip(reason)


def main():
    suite = Suite("network namespaces", sys.argv)
    reason = prepare()
    if reason:
        suite.only = ""
        suite.add("network namespaces", refuse, reason)
    elif os.access(suite.program, os.X_OK):
        # where an ordinary user can execute it, whatever folder it was built in
        suite.program = shutil.copy(suite.program, "/run/obprobe")
        add_cases(suite, Probe(suite.program))
    return suite.run()


if __name__ == "__main__":
    sys.exit(main())
