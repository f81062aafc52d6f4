"""What the cases share: the program in the client's namespace, servers, counters, expectations."""

import os

from faults import words
from harness import LATE, PROCESS_START, Failure, expect, expect_equal, obprobe, wait_until
from packets import error, mariadb_greeting
from scripted import Server, answer, close, hear_login, pause, say
from topology import PORT, address

FINE = 0.3        # a whole handshake on the idle topology
DEADLINE = 20.2   # --timeout, and how late a verdict may be
SYN_BUDGET = 40   # per address

DATABASE = [say(mariadb_greeting()), hear_login,
            answer(error(1045, "28000", b"Access denied for user 'obprobe_nobody'")), close]
# Behind loss the server leaves the closing to the client: see Topology.lose().
PATIENT_DATABASE = [*DATABASE[:-1], pause(60)]


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


def target(where, port=PORT):
    return f"[{where}]:{port}" if ":" in where else f"{where}:{port}"


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


def expect_budget(counted, report):
    if counted["asked"] + counted["elsewhere"] > SYN_BUDGET:
        raise Failure(f"more than {SYN_BUDGET} SYNs to one address: {counted} {report}")
