"""Servers on loopback that do exactly what a script says, and watch their client meanwhile.

A script is a list of steps, each a function of the connection (Peer), run one after the other:

    with Server([say(greeting()), hear_login, answer(error(1045, "28000")), close]) as server:
        … probe server.port …
    server.complaints           what the client did against the rules of a harmless probe
    server.peers                all connections: when they came, what was heard, how they ended

The steps that hear something hold it against the protocol; the steps that end the connection look who
ended it. Later connections (a second question) get `later`, which closes at once unless given.
"""

import contextlib
import select
import socket
import struct
import threading
import time

from packets import Complaint, packet, parse_login

PATIENCE = 30  # seconds that a step waits for its client; the suite's own bounds are shorter


# ---- the connection ----

class Peer:
    """One accepted connection, as the steps see it."""

    def __init__(self, connection, begin):
        self.socket = connection
        self.begin = begin
        self.end = None
        self.inbox = b""
        self.ended = False      # the client closed its side
        self.ended_at = None    # seconds after the accept
        self.sequence = 255     # of the last packet heard or said
        self.offered = None     # capabilities of the greeting that was said
        self.salt = b""         # of the last greeting or AuthSwitchRequest
        self.secured = None     # capabilities of the SSLRequest that was heard
        self.tls = None         # what takes TLS apart, once it is done: see tls_steps.py
        self.heard = b""        # all that ever came, as it came
        self.inside = b""       # and what it was inside TLS
        self.heard_last = b""   # payload of the last answer
        self.logins = []
        self.login_at = []      # seconds after the accept

    def age(self):
        return time.monotonic() - self.begin

    def receive(self, seconds):
        """Reads what comes within so many seconds into the inbox; False when nothing came."""
        if self.ended or not select.select([self.socket], [], [], max(seconds, 0))[0]:
            return False
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError as reset:
            self.note_end()
            raise Complaint("the client reset the connection") from reset
        if not data:
            self.note_end()
        self.heard += data
        if self.tls:
            data = self.tls.open(data)
            self.inside += data
        self.inbox += data
        return True

    def note_end(self):
        self.ended = True
        self.ended_at = self.age()

    def take(self, count, what):
        end = time.monotonic() + PATIENCE
        while len(self.inbox) < count:
            if self.ended:
                raise Complaint(f"the client hung up instead of {what}, after {self.inbox[:80]!r}")
            if time.monotonic() > end:
                raise Complaint(f"no {what} within {PATIENCE} s, only {self.inbox[:80]!r}")
            self.receive(end - time.monotonic())
        taken, self.inbox = self.inbox[:count], self.inbox[count:]
        return taken

    def take_packet(self, what):
        header = self.take(4, what)
        self.sequence = header[3]
        return self.take(int.from_bytes(header[:3], "little"), what)

    def note_said(self, data):
        """Remembers the sequence number, and of a whole greeting the capability flags."""
        if len(data) > 3:
            self.sequence = data[3]
        version_end = data.find(0, 5)
        if data[4:5] == b"\x0a" and 0 < version_end <= len(data) - 21:
            lower = data[version_end + 14:version_end + 16]
            self.offered = int.from_bytes(lower + data[version_end + 19:version_end + 21], "little")
            self.salt = data[version_end + 5:version_end + 13] + data[version_end + 32:version_end + 44]

    def send(self, data):
        self.send_raw(self.tls.seal(data) if self.tls else data)

    def send_raw(self, data):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)


# ---- steps ----

def say(data):
    """Sends bytes as they are. A greeting's capabilities are what the login is held against."""
    def step(peer):
        peer.note_said(data)
        peer.send(data)
    return step


def drip(data, every):
    """Sends one byte at a time until the client goes."""
    def step(peer):
        for index in range(len(data)):
            peer.send(data[index:index + 1])
            due = time.monotonic() + every
            while not peer.ended and time.monotonic() < due:
                peer.receive(due - time.monotonic())
            if peer.ended:
                break
        peer.note_said(data)
    return step


def pause(seconds):
    """Does nothing for a while; what the client sends is kept, its leaving ends the pause."""
    def step(peer):
        due = time.monotonic() + seconds
        while not peer.ended and time.monotonic() < due:
            peer.receive(due - time.monotonic())
    return step


def take_login(peer, user=None, database=None):
    """A well-formed login with the sequence number behind what was said: its fields."""
    payload = peer.take_packet("the login")
    if peer.sequence != (1 if peer.secured is None else 2):
        raise Complaint(f"the login has sequence {peer.sequence}")
    login = parse_login(payload, peer.offered, peer.secured, user, database)
    peer.logins.append(login)
    peer.login_at.append(peer.age())
    return login


def hear_login(peer):
    """An anonymous one."""
    take_login(peer)


def hear_blind_login(peer):
    """The same before any greeting; CR LF CR LF in an attribute makes line protocols answer."""
    hear_login(peer)
    attributes = peer.logins[-1].get("attributes", {})
    if not any(b"\r\n\r\n" in value for value in attributes.values()):
        raise Complaint(f"no CR LF CR LF in the blind login's attributes: {attributes}")


def answer(payload, sequence=None):
    """Sends a packet with the next sequence number, or with the one given."""
    def step(peer):
        peer.sequence = (peer.sequence + 1) % 256 if sequence is None else sequence
        peer.send(packet(peer.sequence, payload))
    return step


def hear_answer(lengths):
    """One packet of one of these payload lengths, in sequence."""
    def step(peer):
        wanted = (peer.sequence + 1) % 256
        payload = peer.take_packet("an answer to the server's request")
        if peer.sequence != wanted:
            raise Complaint(f"an answer with sequence {peer.sequence}, not {wanted}")
        if lengths and len(payload) not in lengths:
            raise Complaint(f"an answer of {len(payload)} bytes where {lengths} do not count")
        peer.heard_last = payload
    return step


def hear_bytes(wanted):
    """Exactly these bytes, of another protocol."""
    def step(peer):
        heard = peer.take(len(wanted), "a question")
        if heard != wanted:
            raise Complaint(f"{heard!r} instead of {wanted!r}")
    return step


def hear_quit(peer):
    payload = peer.take_packet("COM_QUIT")
    if payload != b"\x01" or peer.sequence != 0:
        raise Complaint(f"COM_QUIT is 01 with sequence 0, not {payload!r} with {peer.sequence}")


def hear_nothing(peer):
    """Nothing but the end of the stream may come."""
    hold()(peer)
    if peer.inbox:
        raise Complaint(f"unexpected bytes {peer.inbox[:80]!r}")


def close(peer):
    """Closes first: a client that is gone already did not leave the closing to the server."""
    peer.receive(0)
    if peer.ended:
        raise Complaint(f"the client closed before the server, {peer.ended_at:.3f} s after accept")
    peer.socket.shutdown(socket.SHUT_WR)
    hold()(peer)


def close_at_once(peer):
    """Closes both directions without a look at what the client does."""
    peer.socket.close()
    peer.ended = True


def reset(peer):
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close_at_once(peer)


def hold(most=None):
    """Waits for the client to close, at most so many seconds where that is promised."""
    def step(peer):
        begin = time.monotonic()
        while not peer.ended:
            if time.monotonic() - begin > PATIENCE:
                raise Complaint(f"the client did not close within {PATIENCE} s")
            peer.receive(1)
        if most is not None and time.monotonic() - begin > most:
            raise Complaint(f"the client closed only after {time.monotonic() - begin:.2f} s")
    return step


def repeat(times, *steps):
    """The steps again and again, until the client goes."""
    def step(peer):
        for _ in range(times):
            for each in steps:
                try:
                    each(peer)
                except Complaint:
                    if peer.ended:
                        return
                    raise
    return step


def until_gone(*steps):
    """Steps that the end of the connection ends, in order or by a reset (of what was not read any more)."""
    def step(peer):
        try:
            for each in (*steps, hold()):
                each(peer)
        except Complaint:
            if not peer.ended:
                raise
    return step


# ---- the server ----

class Server:
    """Listens on a free port of `host`, or on the unix socket `path`, until its block is left."""

    new_peer = Peer

    def __init__(self, script, later=(close,), host="127.0.0.1", port=0, same=False, path=None):
        self.script = script
        self.later = script if same else later
        self.host = host
        self.wanted_port = port
        self.path = path
        self.peers = []
        self.complaints = []
        self.threads = []
        self.lock = threading.Lock()
        self.open_now = self.open_most = 0

    def __enter__(self):
        self.listener = self._socket()
        self.listener.listen(512)
        self.port = None if self.path else self.listener.getsockname()[1]
        self.acceptor = threading.Thread(target=self._accept, daemon=True)
        self.acceptor.start()
        return self

    def _socket(self):
        if self.path:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(self.path)
            return listener
        listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.wanted_port))
        return listener

    def __exit__(self, *exception):
        while select.select([self.listener], [], [], 0)[0]:  # the acceptor has yet to see a connection
            time.sleep(0.005)
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the accept()
        self.acceptor.join()
        self.listener.close()
        for thread in self.threads:
            thread.join(PATIENCE)

    @property
    def target(self):
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def logins(self):
        return [login for peer in self.peers for login in peer.logins]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                peer = self.new_peer(connection, time.monotonic())
                script = self.later if self.peers else self.script
                self.peers.append(peer)
                thread = threading.Thread(target=self._serve, args=(peer, script), daemon=True)
                self.threads.append(thread)
                thread.start()

    def _serve(self, peer, script):
        with self.lock:
            self.open_now += 1
            self.open_most = max(self.open_most, self.open_now)
        try:
            self.play(peer, script)
        except (Complaint, OSError) as complaint:
            with self.lock:
                self.complaints.append(str(complaint))
        finally:
            peer.end = peer.age()
            with self.lock:
                self.open_now -= 1
            peer.socket.close()

    def play(self, peer, script):
        """The steps one after the other; the first complaint ends them."""
        for step in script:
            step(peer)
