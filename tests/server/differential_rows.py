"""The situations in which both are asked, obprobe and libmariadb: the rows of the other suites' tables.

Each asks fresh instances of one server. What a script finds wrong with its client is left to the suite
that holds the row: here the server goes on where it can, so that a client with other manners gets an
answer too. Before it closes or resets it waits a moment: a client is then waiting for it, and does not
find the end on one run before, on the next behind what it does itself.
"""

import contextlib
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from packets import NOBODY, Complaint, error, packet, result_set
from scripted import Peer, Server, close, close_at_once, hold, pause, reset, say
import hostile
import login_suite
import login_test  # adds its rows to login_suite's
import scripted_suite
import scripted_test
import services_test
import tls_steps

NETWORK, ANONYMOUS = "On the way to the port", "Without a password"
CREDENTIALS, SERVICES = "With a user and a password", "Other services"
SECTIONS = {
    NETWORK: "Two routers, r1 and r2, stand between client and server; *own* is the client's machine. A dead host is "
             "noticed 3.1 s after the first packet: until then libmariadb can only say that its time is up.",
    ANONYMOUS: "",
    CREDENTIALS: "",
    SERVICES: "What answers where a database was expected: doubles of such services.",
}
QUIET = 0.1  # seconds before an end of the server's making

# Rows that compare nothing, by their names.
LEFT_OUT = {
    "a greeting after 2 s: a login with the password": "libmariadb's own 2 s end then",
    "MariaDB's greeting": "its script answers the statement as obprobe asked for it, without MariaDB's extensions",
}


class CalmPeer(Peer):
    def take_packet(self, what):
        """A statement where obprobe says goodbye already is answered, as any database would."""
        payload = super().take_packet(what)
        while what == "COM_QUIT" and payload[:1] == b"\x03":
            self.send(result_set())
            payload = super().take_packet(what)
        return payload


class CalmServer(Server):
    """Goes on behind what it would complain of, as long as the client is there."""

    new_peer = CalmPeer

    def play(self, peer, script):
        for step in script:
            try:
                if step in (close, close_at_once, reset):
                    pause(QUIET)(peer)
                step(peer)
            except Complaint:
                if peer.ended:
                    raise


class Situation:
    """start() is a context manager that yields host and port; options are obprobe's."""

    def __init__(self, section, name, start, options, user=None, password="", causes=()):
        self.section = section
        self.name = name
        self.start = start
        self.options = list(options)
        self.user = user
        self.password = password
        self.causes = (causes,) if isinstance(causes, str) else causes

    def option(self, name):
        """The value of obprobe's option of that name."""
        for index, word in enumerate(self.options):
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
            if word == name:
                return self.options[index + 1]
        return None

    def libmariadb_words(self, host, port, tls):
        """The same in libmariadb-says's words."""
        database = self.option("-D")
        return [*(self._tls_words() if tls else []), host, str(port), self.user or NOBODY, self.password,
                *([database] if database else [])]

    def _tls_words(self):
        """libmariadb cannot verify a chain alone but by --ca without --verify."""
        words = ["--tls"]
        if self.option("--ssl-mode") == "verify-identity":
            words.append("--verify")
        for ours, theirs in (("--ssl-ca", "--ca"), ("--ssl-crl", "--crl"), ("--ssl-cert", "--cert"),
                             ("--ssl-key", "--key"), ("--tls-version", "--tls-version")):
            if self.option(ours):
                words.append(f"{theirs}={self.option(ours)}")
        return words


# ---- the tables ----

def scripted(script, later=(close,), host="127.0.0.1", named=None):
    @contextlib.contextmanager
    def start():
        with CalmServer(script, later, host) as server:
            yield named or host, server.port
    return start


def comparable(options):
    """A row that asks obprobe to stop early is about obprobe alone."""
    return not any(option.startswith("--until") and option != "--until=login" for option in options)


def anonymous_rows():
    for name, function, arguments, _ in scripted_suite.suite.cases:
        if function is scripted_test.check_row and comparable(arguments[2]):
            script, cause, options, promises = arguments
            start = scripted(script, promises.get("later", (close,)), promises.get("host", "127.0.0.1"))
            yield Situation(ANONYMOUS, name, start, options, causes=cause)
        if function is hostile.hostile_text and arguments[0] == "json":
            yield Situation(ANONYMOUS, name.rpartition(" (")[0], scripted(arguments[2]), ("-t", "4"))


def login_rows():
    for name, function, arguments, _ in login_suite.suite.cases:
        if function is not login_suite.check_row:
            continue
        script, cause, options, promises = arguments
        if promises.get("over_socket") or promises.get("off_loopback") or name in LEFT_OUT:
            continue
        start = scripted(script, promises.get("later", (close,)), promises.get("host", "127.0.0.1"),
                         tls_steps.NAME if promises.get("by_name") else None)
        user, password = promises.get("user", login_suite.USER), promises.get("password", login_suite.PASSWORD)
        if "--anonymous" in options:
            user, password = None, ""
        yield Situation(CREDENTIALS, name, start, options, user, password, cause)


def service_rows(doubles):
    """The doubles, or the real services."""
    for name, _, arguments, _ in services_test.suite.cases:
        start, cause = arguments[:2]
        if name.startswith("double: ") == doubles:
            yield Situation(SERVICES, name.removeprefix("double: "), on_loopback(start),
                            ("-t", str(services_test.TIMEOUT)), causes=cause)


def on_loopback(start):
    @contextlib.contextmanager
    def started():
        with start() as port:
            yield "127.0.0.1", port
    return started


# ---- ports without a script ----

@contextlib.contextmanager
def closed_port():
    """Bound, so that nobody else gets it, and not listened on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()


@contextlib.contextmanager
def full_accept_queue():
    """The kernel answers no more SYNs once two connections wait that nobody accepts."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(2):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        time.sleep(QUIET)
        yield "127.0.0.1", listener.getsockname()[1]


def port_rows():
    yield Situation(ANONYMOUS, "nothing listens", closed_port, ("-t", "4"), causes="refused.no-listener")
    yield Situation(ANONYMOUS, "a full accept queue: no SYN is answered", full_accept_queue, ("-t", "4"))


# ---- what the tables have without TLS alone ----

def early_error_rows():
    """An error before TLS is nobody's for sure: libmariadb makes another one of it."""
    for code, _, cause in scripted_test.GREETING_ERRORS:
        yield Situation(ANONYMOUS, f"{code} in the greeting's place, TLS required",
                        scripted([say(packet(0, error(code))), close]), ("-t", "4", "--ssl-mode=required"),
                        causes=cause)


# ---- doubles of services that the suite of services has in the original ----

HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


def hear_anything(peer):
    peer.take(1, "a request")


def double_rows():
    for name, script in (("SSH names itself at once", [say(b"SSH-2.0-OpenSSH_9.2p1\r\n"), hold()]),
                         ("HTTP waits for a request, and answers the blind login",
                          [hear_anything, say(HTTP), close])):
        yield Situation(SERVICES, name, scripted(script), ("-t", "6"), causes="protocol.not-mysql")


def scripted_situations():
    """Those that are the same on every machine."""
    return [*port_rows(), *anonymous_rows(), *early_error_rows(), *login_rows(), *double_rows(),
            *service_rows(doubles=True)]


def real_services():
    """But the balancer whose database minds who is asking."""
    return [each for each in service_rows(doubles=False) if each.causes != ("ready.handshake",)]
