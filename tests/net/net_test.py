#!/usr/bin/env python3
"""The network's faults, seen by the probe as an ordinary user: net_test.py PATH_TO_OBPROBE.

    topology.py   the network, drawn; every case has its own
    faults.py     the table of faults: one row, one verdict
    cases.py      what is more than one fault and one verdict
    loss.py       behind 10 % and 30 % loss, made by nftables (not every kernel has netem)
    second_opinion.py   what libmariadb says of the same faults; --update writes its file

Without permission to make namespaces: one counted skip.
"""

import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "server"),
                os.path.join(HERE, "..", "live")]
import cases
from faults import CONNECT, ROUTE_OR_FILTER, ROWS, SILENCE
from harness import Failure, Skip, Suite, find_program
from loss import LOSSY_PORTS, harmless_under_loss, loss
from second_opinion import SecondOpinion
from support import Probe
from topology import FAMILIES, PORT, confine, run

PER_FAMILY = {
    "an open port is ready": cases.ready,
    "ephemeral ports exhausted": cases.ports_exhausted,
    "bind address not local": cases.bind_address_not_local,
    "bind address of this machine": cases.bind_address,
    "descriptor limit": cases.no_descriptor,
    "accept queue full": cases.accept_queue_full,
    "server drops all but ICMP, ping sockets allowed": cases.echo_alone_answers,
    "server drops TCP, ping sockets forbidden": cases.udp_alone_answers,
    "server drops all but ICMP, ping sockets forbidden": cases.nothing_can_answer,
    "--only-port sends to no other port": cases.only_port,
    "rate-limited ICMP, one target twelve times": cases.rate_limited_icmp,
    "rate-limited ICMP, twelve ports": cases.rate_limited_icmp_of_ports,
    "soft error on a live connection": cases.soft_error,
    "accepted, then closed": cases.accepted_then_closed,
    "accepted, then reset": cases.accepted_then_reset,
}

ALONE = {
    "the probe has no capability": cases.no_capability,
    "name with two addresses, one dead": cases.one_address_dead,
    "name with two addresses, one dead, --all-addresses": cases.one_address_dead_all_asked,
    "name with IPv6 address, IPv6 unusable": cases.family_unusable,
    "IPv6 address alone, IPv6 unusable": cases.family_unusable_alone,
    "a dead target delays no other": cases.dead_target_beside,
    "resolver never answers": cases.mute_resolver,
    "name does not exist": cases.name_not_found,
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
            suite.add(f"IPv{family}: packets counted, {name}", cases.packets_counted, probe, family,
                      rule, within)
        for row in ROWS:
            if family in row.families:
                suite.add(f"IPv{family}: {row.name}", cases.fault, probe, row, family)
        suite.add(f"IPv{family}: without ping sockets", cases.switched, probe,
                  cases.udp_alone_answers, family, {cases.SWITCH: "ping"})
    for family, name, cause, others in WITHOUT_QUEUE:
        suite.add(f"IPv{family}: without error queue, {name}", cases.switched, probe,
                  cases.without_error_queue, family, name, cause, others)
    suite.add("without IPv6 sockets", cases.switched, probe, cases.family_unusable,
              {cases.SWITCH: "ipv6"})


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
        SecondOpinion(suite)
        # where an ordinary user can execute it, whatever folder it was built in
        suite.program = shutil.copy(suite.program, "/run/obprobe")
        add_cases(suite, Probe(suite.program))
    return suite.run()


if __name__ == "__main__":
    sys.exit(main())
