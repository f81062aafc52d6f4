"""The faults of the network and what the probe promises about each: one row a fault and family.

    Row(name, cause, arrange, …)    arrange(net, family) makes the fault in a fresh topology

Words in braces are filled in per family: words() says what they stand for.
"""

from harness import wait_until
from topology import PORT, address

AT_ONCE = 0.3     # an answer within a round trip; the rest is the machine's own slowness
NEIGHBOUR = 3.5   # neighbour resolution gives up after 3.05 s (measured)
SILENCE = 3.4     # a silent port of a living host: not before a dead backend could have shown
CONNECT = 5.2     # --connect-timeout, and how late a verdict may be

ROUTE_OR_FILTER = ("filtered.rejected",)  # filters can be told to answer with any code
REFUSED = ("refused.by-host-firewall",)   # a reset looks the same
DROPPED = ("unavailable.accept-queue-full", "filtered.reply-lost")
SILENT = ("filtered.dropped", "unreachable.host")


def words(family):
    """What the braces in a row's text stand for: addresses, networks, names of the family."""
    v4 = family == 4
    return {"ip": "ip" if v4 else "ip6", "icmp": "icmp" if v4 else "icmpv6",
            "bits": 32 if v4 else 128,
            "client": address("client", family), "server": address("server", family),
            "r1_behind": address("r1", family, 2), "r2": address("r2", family),
            "dead": address("99", family, 3),     # nobody, on the server's link
            "nobody": address("99", family, 1),   # nobody, on the client's link
            "gone": address("98", family, 1),     # nobody's address for a gateway
            "far": address("1", family, 7),       # in `elsewhere`
            "behind": "10.77.3.0/24" if v4 else "fd77:3::/64",
            "elsewhere": "10.77.7.0/24" if v4 else "fd77:7::/64"}


class Row:
    """One promise. icmp: (type, code, sender's word in braces), by family where they differ."""

    def __init__(self, name, cause, arrange, confidence="certain", alternatives=(), icmp=None,
                 errno=None, within=AT_ONCE, target="server", arguments=(), families=(4, 6),
                 listening=True):
        self.name = name
        self.cause = cause
        self.arrange = arrange
        self.confidence = confidence
        self.alternatives = alternatives
        self.icmp = icmp
        self.errno = errno
        self.within = within
        self.target = target
        self.arguments = arguments
        self.families = families
        self.listening = listening

    def of(self, value, family):
        return value.get(family) if isinstance(value, dict) else value


# ---- what makes a fault ----

def nothing(_net, _family):
    pass


def filtering(node, hook, rule, priority=0):
    return lambda net, family: net.filter(node, hook, rule.format(**words(family)),
                                          priority=priority)


def routing(node, *commands):
    return lambda net, family: net.ip(node, *(f"-{family} " + command.format(**words(family))
                                              for command in commands))


def link(node, command):
    return lambda net, family: net.ip(node, command)


def together(*parts):
    def arrange(net, family):
        for part in parts:
            part(net, family)
    return arrange


def no_carrier(net, _family):
    """The other end goes down; the client's kernel notices up to 1 s later (linkwatch)."""
    net.ip("r1", "link set client down")
    wait_until(lambda: "DOWN" in net.state("client", "r1"), 10, "the carrier's loss")


def translate_to_dead(net, family):
    net.set("server", "ipv4.ip_forward" if family == 4 else "ipv6.conf.all.forwarding", "1")
    net.nft("server", "table inet translate {\nchain prerouting {\n"
                      "type nat hook prerouting priority -100\n"
                      + "tcp dport 2883 dnat {ip} to {dead}\n".format(**words(family)) + "}\n}\n")


# ---- ICMP from every place ----

# nftables' name, type, code, errno (measured), cause
REJECTS = {
    4: (("net-unreachable", 3, 0, "ENETUNREACH", "unreachable.network"),
        ("host-unreachable", 3, 1, "EHOSTUNREACH", "unreachable.host"),
        ("prot-unreachable", 3, 2, "ENOPROTOOPT", "filtered.rejected"),
        ("port-unreachable", 3, 3, "ECONNREFUSED", "filtered.port-unreachable"),
        ("net-prohibited", 3, 9, "ENETUNREACH", "filtered.rejected"),
        ("host-prohibited", 3, 10, "EHOSTUNREACH", "filtered.rejected"),
        ("admin-prohibited", 3, 13, "EHOSTUNREACH", "filtered.rejected")),
    6: (("no-route", 1, 0, "ENETUNREACH", "unreachable.network"),
        ("admin-prohibited", 1, 1, "EACCES", "filtered.rejected"),
        ("addr-unreachable", 1, 3, "EHOSTUNREACH", "unreachable.host"),
        ("port-unreachable", 1, 4, "ECONNREFUSED", "filtered.port-unreachable"),
        ("policy-fail", 1, 5, "EACCES", "filtered.rejected"),
        ("reject-route", 1, 6, "EACCES", "filtered.rejected")),
}


def reject_rows():
    """Every code that nftables' reject can send, from every node on the way."""
    for family, rejects in REJECTS.items():
        for node, hook in (("r1", "forward"), ("r2", "forward"), ("server", "input")):
            for name, kind, code, errno, cause in rejects:
                if node == "server" and cause == "unreachable.host":
                    cause = "unreachable.behind-target"
                unreachable = cause.startswith("unreachable.")
                yield Row(f"{node} rejects with {name}", cause,
                          filtering(node, hook,
                                    f"tcp dport {PORT} reject with {{icmp}} type {name}"),
                          "likely" if unreachable else "certain",
                          ROUTE_OR_FILTER if unreachable else (),
                          icmp=(kind, code, node), errno=errno, families=(family,))


def own_reject_rows():
    """The same from the own OUTPUT chain: the sender is this machine, at once."""
    for family, rejects in REJECTS.items():
        for name, kind, code, _, _ in rejects:
            host = name in ("host-unreachable", "addr-unreachable")
            yield Row(f"own OUTPUT rejects with {name}", "local.firewall",
                      filtering("client", "output",
                                f"tcp dport {PORT} reject with {{icmp}} type {name}"),
                      "likely" if host else "certain", icmp=(kind, code, "client"),
                      families=(family,))


# ---- the table ----

ROWS = [
    Row("no listener", "refused.no-listener", nothing, "likely", REFUSED, errno="ECONNREFUSED",
        listening=False),
    Row("server rejects with tcp reset", "refused.no-listener",
        filtering("server", "input", "tcp dport 2883 reject with tcp reset"), "likely", REFUSED,
        errno="ECONNREFUSED"),
    *reject_rows(),
    *own_reject_rows(),

    Row("r1's route is unreachable", {4: "unreachable.host", 6: "unreachable.network"},
        routing("r1", "route replace unreachable {behind}"), "likely", ROUTE_OR_FILTER,
        icmp={4: (3, 1, "r1"), 6: (1, 0, "r1")}),
    Row("r1's route is prohibit", "filtered.rejected",
        routing("r1", "route replace prohibit {behind}"),
        icmp={4: (3, 13, "r1"), 6: (1, 1, "r1")}),
    Row("r1 has no route", "unreachable.network", routing("r1", "route del {behind}"), "likely",
        ROUTE_OR_FILTER, icmp={4: (3, 0, "r1"), 6: (1, 0, "r1")}),
    Row("r1's route is blackhole", "timed-out.connect",
        routing("r1", "route replace blackhole {behind}"), "possible", SILENT, within=CONNECT),
    Row("routing loop", "unreachable.loop",
        together(routing("r1", "route add {elsewhere} via {r2}"),
                 routing("r2", "route add {elsewhere} via {r1_behind}")),
        icmp={4: (11, 0, "r2"), 6: (3, 0, "r2")}, target="far"),

    Row("dead host behind r2", "unreachable.host", nothing, "likely", ROUTE_OR_FILTER,
        icmp={4: (3, 1, "r2"), 6: (1, 3, "r2")}, errno="EHOSTUNREACH", within=NEIGHBOUR,
        target="dead"),
    Row("dead host on the own link", "unreachable.neighbour", nothing,
        icmp={4: (3, 1, "client"), 6: (1, 3, "client")}, errno="EHOSTUNREACH", within=NEIGHBOUR,
        target="nobody"),
    Row("dead gateway", "unreachable.neighbour",
        routing("client", "route replace default via {gone}"),
        icmp={4: (3, 1, "client"), 6: (1, 3, "client")}, errno="EHOSTUNREACH", within=NEIGHBOUR),
    Row("port forwarded to a dead backend", "unreachable.behind-target", translate_to_dead,
        "likely", ROUTE_OR_FILTER, icmp={4: (3, 1, "server"), 6: (1, 3, "server")},
        errno="EHOSTUNREACH", within=NEIGHBOUR),

    Row("no carrier, target on the link", "local.link-down", no_carrier,
        icmp={4: (3, 1, "client"), 6: (1, 3, "client")}, within=NEIGHBOUR, target="nobody"),
    Row("no carrier, target behind the gateway", "local.link-down", no_carrier,
        icmp={4: (3, 1, "client"), 6: (1, 3, "client")}, within=NEIGHBOUR),
    Row("no route", "local.no-route", routing("client", "route del default"),
        errno="ENETUNREACH"),
    # With the interface IPv4 keeps its address, which shows whose link it was; IPv6 loses it.
    Row("interface down, target on the link",
        {4: "local.link-down", 6: "local.no-route"}, link("client", "link set r1 down"),
        {4: "likely", 6: "certain"}, errno="ENETUNREACH", target="nobody"),
    Row("interface down, target behind the gateway", "local.no-route",
        link("client", "link set r1 down"), errno="ENETUNREACH"),
    Row("own route is unreachable", "local.route-rejects",
        routing("client", "route add unreachable {server}/{bits}"), errno="EHOSTUNREACH"),
    Row("own route is prohibit", "local.route-rejects",
        routing("client", "route add prohibit {server}/{bits}"), errno="EACCES"),
    Row("own route is blackhole", "local.route-rejects",
        routing("client", "route add blackhole {server}/{bits}"), errno="EINVAL"),

    Row("own OUTPUT drops the port", "local.firewall",
        filtering("client", "output", "tcp dport 2883 drop"), "likely", within=SILENCE),
    Row("own OUTPUT drops everything to the host", "local.firewall",
        filtering("client", "output", "{ip} daddr {server} drop"), "likely", within=CONNECT),
    Row("own INPUT drops the port's answers", "local.firewall",
        filtering("client", "input", "tcp sport 2883 drop"), "possible", ("filtered.dropped",),
        within=SILENCE),
    Row("own INPUT drops everything from the host", "local.firewall",
        filtering("client", "input", "{ip} saddr {server} drop"), "possible",
        ("filtered.dropped",), within=CONNECT),

    Row("dropped in r1's FORWARD", "filtered.dropped",
        filtering("r1", "forward", "tcp dport 2883 drop"), "likely", DROPPED, within=SILENCE),
    Row("dropped in r1's PREROUTING", "filtered.dropped",
        filtering("r1", "prerouting", "tcp dport 2883 drop", priority=-300), "likely", DROPPED,
        within=SILENCE),
    Row("dropped in r2's FORWARD", "filtered.dropped",
        filtering("r2", "forward", "tcp dport 2883 drop"), "likely", DROPPED, within=SILENCE),
    Row("dropped in the server's INPUT", "filtered.dropped",
        filtering("server", "input", "tcp dport 2883 drop"), "likely", DROPPED, within=SILENCE),
    Row("SYN-ACK dropped on the way back", "filtered.dropped",
        filtering("r2", "forward", "tcp sport 2883 drop"), "likely", DROPPED, within=SILENCE),
    Row("server drops everything", "timed-out.connect",
        filtering("server", "input", "meta l4proto {{ tcp, udp }} drop\n"
                                     "icmp type echo-request drop\nicmpv6 type echo-request drop"),
        "possible", SILENT, within=CONNECT),
]
