"""The network in which the probe is tested: four namespaces in a row, fresh for every case.

    client ---- link 1 ---- r1 ---- link 2 ---- r2 ---- link 3 ---- server
      .2                 .1    .1            .2    .1                 .2

    link N is 10.77.N.0/24 and fd77:N::/64; on the links .99 (::99) is nobody.
    Interfaces are called after the neighbour: "r1" in client, "client" and "r2" in r1 …

confine() first puts the whole suite into mount and process namespaces of its own: the names under
/run/netns are invisible outside, two runs cannot meet, and the end of the suite, whatever its
reason, ends every process and every network namespace.

    confine()
    with Topology() as net:
        net.filter("r1", "forward", "tcp dport 2883 drop")
        net.ip("client", "route del default")
        with net.inside("server"): …             sockets opened here belong to the namespace
        net.command("client", [program, …])      argv that runs there as an ordinary user
"""

import contextlib
import ctypes
import errno
import itertools
import json
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Failure, as_ordinary_user, find_program, wait_until

NODES = ("client", "r1", "r2", "server")
PORT = 2883
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def system_call(name, *arguments):
    """One that the standard library does not offer."""
    if getattr(LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def confine():
    """Goes on in a child that is process 1 of new namespaces; this process passes its end on.

    OSError where namespaces are not permitted.
    """
    system_call("unshare", CLONE_NEWNS | CLONE_NEWPID)
    child = os.fork()
    if child:
        stand_for(child)
    system_call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    system_call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    system_call("mount", b"proc", b"/proc", b"proc", 0, None)
    system_call("mount", b"tmpfs", b"/run", b"tmpfs", 0, None)


def stand_for(child):
    """Ends as the child ends; a signal ends the child, and with it all that it started."""
    signals = []

    def end(number, _frame):
        signals.append(number)
        os.kill(child, signal.SIGKILL)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    _, status = os.waitpid(child, 0)
    os._exit(128 + signals[0] if signals else os.waitstatus_to_exitcode(status) % 256)


def address(node_or_text, family, link=None):
    """An address of a node: the one nearest to the client, unless the link is named."""
    links = {"client": 1, "r1": 1, "r2": 2, "server": 3}
    hosts = {("client", 1): "2", ("r1", 1): "1", ("r1", 2): "1", ("r2", 2): "2", ("r2", 3): "1",
             ("server", 3): "2"}
    link = link or links[node_or_text]
    host = hosts.get((node_or_text, link), node_or_text)
    return f"10.77.{link}.{host}" if family == 4 else f"fd77:{link}::{host}"


def run(argv, text=""):
    """A tool that must succeed; what it printed."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(argv)}: {done.stderr.strip()}\n{text}")
    return done.stdout


class Topology:
    """The four namespaces, until the block is left."""

    numbers = itertools.count()

    def __init__(self):
        number = next(self.numbers)
        self.names = {node: f"{number}-{node}" for node in NODES}
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        run(["ip", "-batch", "-"], "".join(f"netns add {name}\n" for name in self.names.values()))
        self.stack.callback(run, ["ip", "-batch", "-"],
                            "".join(f"netns del {name}\n" for name in self.names.values()))
        try:
            self._build()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *exception):
        self.stack.close()

    def _build(self):
        for node in NODES:  # inherited by the interfaces; "nodad" would leave link-local out
            self.set(node, "ipv6.conf.default.accept_dad", "0")
        for number, (left, right) in enumerate(zip(NODES, NODES[1:]), 1):
            self.ip(left, f"link add {right} type veth peer name {left} netns {self.names[right]}")
            for node, other in ((left, right), (right, left)):
                self.ip(node, f"address add {address(node, 4, number)}/24 dev {other}",
                        f"address add {address(node, 6, number)}/64 dev {other} nodad",
                        f"link set {other} up", "link set lo up")
        for router in ("r1", "r2"):
            self.set(router, "ipv4.ip_forward", "1")
            self.set(router, "ipv6.conf.all.forwarding", "1")
        for node, gateway, link in (("client", "r1", 1), ("r1", "r2", 2), ("r2", "r1", 2),
                                    ("server", "r2", 3)):
            routed = {"r1": "10.77.3.0/24 fd77:3::/64", "r2": "10.77.1.0/24 fd77:1::/64"}
            for family, network in zip((4, 6), routed.get(node, "default default").split()):
                self.ip(node, f"-{family} route add {network} via {address(gateway, family, link)}")
        wait_until(self._links_ready, 10, "link-local addresses on all six interfaces")
        for family in (4, 6):
            self._meet(family)

    def _links_ready(self):
        """The kernel reports a new carrier up to 1 s late, and answers no NDP before."""
        lines = []
        for node in NODES:
            with self.inside(node), open("/proc/thread-self/net/if_inet6", "rb") as file:
                lines += [line for line in file if line.startswith(b"fe80")]
        return len(lines) == 2 * (len(NODES) - 1)

    def _meet(self, family):
        """A refused connection all the way: every node then knows its neighbours."""
        with self.inside("client"), socket.socket(FAMILIES[family]) as walk:
            error = walk.connect_ex((address("server", family), 9))
            if error != errno.ECONNREFUSED:
                raise Failure(f"the topology does not work, IPv{family}: {os.strerror(error)}")

    def ip(self, node, *commands):
        """Commands of ip(8) inside a namespace; a leading -4 or -6 chooses the family."""
        for family in ("", "-4", "-6"):
            chosen = [line for line in commands
                      if (line.startswith(family + " ") if family else line[0] != "-")]
            if chosen:
                run(["ip", *([family] if family else []), "-n", self.names[node], "-batch", "-"],
                    "".join(line.removeprefix(family + " ") + "\n" for line in chosen))

    def state(self, node, interface):
        """An interface's operational state (RFC 2863): UP, DOWN, LOWERLAYERDOWN …"""
        text = run(["ip", "-n", self.names[node], "-json", "link", "show", "dev", interface])
        return json.loads(text)[0]["operstate"]

    def nft(self, node, text):
        return run(["ip", "netns", "exec", self.names[node], "nft", "-f", "-"], text)

    def filter(self, node, hook, *rules, priority=0):
        """A chain of nftables at that hook, for both families."""
        self.nft(node, f"table inet {hook} {{\nchain {hook} {{\n"
                       f"type filter hook {hook} priority {priority}\n"
                       + "\n".join(rules) + "\n}\n}\n")

    def lose(self, percent):
        """Every packet is lost on link 2 with that probability, in each of the two directions.

        Both ends repeat data at a steady pace (tcp_thin_linear_timeouts, in ESTABLISHED only): 3 s
        behind a repeated SYN-ACK (RFC 6298, 5.7), else 0.2 s. Exponential waits of 3, 6, 12, 24 s
        would be TCP's own, and no probe could shorten them. The schedule of SYNs is untouched.
        Under BBR the kernel takes no stream for a thin one, so it is Reno, which every kernel has.
        """
        for node in ("client", "server"):
            self.set(node, "ipv4.tcp_congestion_control", "reno")
            self.set(node, "ipv4.tcp_thin_linear_timeouts", "1")
        self.filter("r1", "forward", f"numgen random mod 100 < {percent} drop")

    def count(self, node, hook, **matches):
        """Counts what matches, in front of every filter; counted() reads."""
        lines = [f"counter {name} {{ }}" for name in matches]
        rules = [f"{match} counter name {name}" for name, match in matches.items()]
        priority = -300 if hook == "prerouting" else 300
        self.nft(node, "table inet count {\n" + "\n".join(lines)
                 + f"\nchain count {{\ntype filter hook {hook} priority {priority}\n"
                 + "\n".join(rules) + "\n}\n}\n")

    def counted(self, node):
        """The counters of count() so far: {name: packets}."""
        text = run(["ip", "netns", "exec", self.names[node], "nft", "-j", "list", "counters"])
        rows = [row["counter"] for row in json.loads(text)["nftables"] if "counter" in row]
        return {row["name"]: row["packets"] for row in rows}

    def set(self, node, name, value):
        """sysctl net.NAME."""
        with self.inside(node), open(f"/proc/sys/net/{name.replace('.', '/')}", "w",
                                     encoding="ascii") as file:
            file.write(value)

    @contextlib.contextmanager
    def inside(self, node):
        """This thread is in the namespace meanwhile, and so is every socket that it opens."""
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open(f"/run/netns/{self.names[node]}", "rb") as there:
            system_call("setns", there.fileno(), CLONE_NEWNET)
            try:
                yield
            finally:
                system_call("setns", home.fileno(), CLONE_NEWNET)

    def enter(self, node, context):
        """Enters a context (a server) inside the namespace; it ends with the topology."""
        with self.inside(node):
            return self.stack.enter_context(context)

    def command(self, node, argv=(), files=None):
        """argv as an ordinary user in the namespace; `files` takes the place of those in /etc."""
        mounted = []
        if files:
            script = "".join(f'mount --bind "$0/{name}" /etc/{name} && ' for name in files)
            mounted = ["unshare", "--mount", "sh", "-c", script + 'exec "$@"', self._folder(files)]
        return [find_program("ip"), "netns", "exec", self.names[node], *mounted,
                *as_ordinary_user(list(argv))]

    def _folder(self, files):
        folder = f"/run/etc-{self.names['client']}"
        os.makedirs(folder, exist_ok=True)
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        return folder
