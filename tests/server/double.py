"""A server on loopback that is more than a script: it listens, serves each connection on a thread, and bounds all.

    class Echo(Double):
        def serve(self, wire): wire.send(wire.packet(wire.within(10)))

    with Echo() as server: … server.port …

Wire is one connection, packet by packet, in clear or inside TLS, at either end of it. Whoever raises Gone
ends its connection by a bare close: the other side left, its time was up, or it sent what is no packet.
Nothing outlives the with block: leaving it ends every connection and waits for its thread.
"""

import collections
import contextlib
import socket
import ssl
import threading
import time

from packets import packet

LIFE = 60           # seconds that a connection may last, whatever it does
MOST_AT_A_TIME = 64
BACKLOG = 128
PACKET_MOST = 1 << 16
DRAIN = 0.5         # seconds in which a client may answer a close with its own
ENDING = 10         # seconds that leaving the with block waits for a thread


class Gone(Exception):
    """The connection ends without a word."""


class Wire:
    """One connection. `sequence` is the number of the last packet, 255 before the first of an exchange."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # answers of several packets
        self.end = time.monotonic() + LIFE
        self.secured = False
        self.sequence = 255

    @property
    def client(self):
        return self.socket.getpeername()[0]

    def within(self, seconds):
        """The moment so many seconds from now, never behind the connection's own end."""
        return min(time.monotonic() + seconds, self.end)

    def take(self, count, end):
        """Exactly so many bytes; those behind them stay unread, for TLS to find."""
        taken = b""
        while len(taken) < count:
            left = end - time.monotonic()
            if left <= 0:
                raise Gone("its time is up")
            self.socket.settimeout(left)
            try:
                part = self.socket.recv(count - len(taken))
            except OSError as error:
                raise Gone(str(error)) from error
            if not part:
                raise Gone("the other side left")
            taken += part
        return taken

    def packet(self, end):
        """The payload of the next packet, which must be in sequence and of a bounded size."""
        header = self.take(4, end)
        length = int.from_bytes(header[:3], "little")
        if header[3] != (self.sequence + 1) % 256 or length > PACKET_MOST:
            raise Gone(f"no packet of this exchange: {header!r}")
        self.sequence = header[3]
        return self.take(length, end)

    def command(self, end):
        """The payload of a packet that begins an exchange anew."""
        self.sequence = 255
        return self.packet(end)

    def send(self, payload):
        self.sequence = (self.sequence + 1) % 256
        self.socket.settimeout(max(self.end - time.monotonic(), 0.001))
        try:
            self.socket.sendall(packet(self.sequence, payload))
        except OSError as error:
            raise Gone(str(error)) from error

    def ask(self, payload):
        """Begins an exchange anew."""
        self.sequence = 255
        self.send(payload)

    def start_tls(self, context, end):
        """The handshake, as the server; the sequence numbers go on inside."""
        self.socket.settimeout(max(end - time.monotonic(), 0.001))
        try:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.socket.do_handshake()
        except (OSError, ssl.SSLError) as error:
            raise Gone(f"TLS: {error}") from error
        self.secured = True

    def answer(self, end):
        """The payloads of the answer to a statement: OK, ERR, or a result set to its second EOF."""
        payload = self.packet(end)
        yield payload
        ends = 2 if payload[:1] not in (b"\x00", b"\xff") else 0
        while ends:
            payload = self.packet(end)
            yield payload
            if payload[:1] == b"\xff":
                return
            ends -= payload[:1] == b"\xfe" and len(payload) < 9


def hang_up(connection):
    """A close with a FIN: the client's last bytes are read first, or the kernel would make it a reset."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_WR)
        connection.settimeout(DRAIN)
        end = time.monotonic() + DRAIN
        while time.monotonic() < end and connection.recv(4096):
            pass
    connection.close()


class Double:
    """The listener. `connections` and `logins` (how often each name came) are what a test looks at, `serving`
    is how many connections there are now."""

    def __init__(self, host="127.0.0.1", accepting=True):
        self.host = host
        self.accepting = accepting
        self.connections = self.serving = 0
        self.logins = collections.Counter()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.open = set()
        self.threads = []

    def serve(self, wire):
        raise NotImplementedError

    def __enter__(self):
        self.listener = socket.create_server((self.host, 0), backlog=BACKLOG)
        self.port = self.listener.getsockname()[1]
        if self.accepting:
            self.threads = [threading.Thread(target=self._accept, daemon=True)]
            self.threads[0].start()
        return self

    def __exit__(self, *exception):
        self.stopping.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the accept()
        if self.threads:
            self.threads[0].join(ENDING)
        self.listener.close()
        end = time.monotonic() + ENDING
        while any(thread.is_alive() for thread in self.threads) and time.monotonic() < end:
            self.abandon_all()
            time.sleep(0.005)

    @property
    def address(self):
        return self.host, self.port

    def note_login(self, name):
        with self.lock:
            self.logins[name] += 1

    def hold(self, wire):
        """From now on this connection, whatever has it as its `socket`, is ended by the end of the with block."""
        with self.lock:
            self.open.add(wire)
        if self.stopping.is_set():
            self.abandon(wire)

    def release(self, wire):
        with self.lock:
            self.open.discard(wire)

    def abandon_all(self):
        """Again and again: a connection that is on its way into TLS has no socket for a moment."""
        with self.lock:
            left = list(self.open)
        for wire in left:
            self.abandon(wire)

    @staticmethod
    def abandon(wire):
        """Wakes whoever waits for it; the base class's shutdown leaves the TLS object to its own thread."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(wire.socket, socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while not self.stopping.is_set():
                connection, _ = self.listener.accept()
                if self.serving >= MOST_AT_A_TIME:
                    connection.close()
                    continue
                self.connections += 1
                self.count_serving(1)
                thread = threading.Thread(target=self._serve, args=(Wire(connection),), daemon=True)
                self.threads.append(thread)
                thread.start()

    def _serve(self, wire):
        self.hold(wire)
        try:
            with contextlib.suppress(Gone, OSError):
                self.serve(wire)
        finally:
            self.count_serving(-1)
            hang_up(wire.socket)
            self.release(wire)

    def count_serving(self, change):
        with self.lock:
            self.serving += change
