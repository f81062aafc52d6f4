"""A throw-away MariaDB in a temporary folder, run as an ordinary user (Debian: mariadb-server-core).

    with MariaDB("--max-connect-errors=1", bind="127.0.0.2") as server:
        server.port, server.socket, server.pid, server.version ("10.11.6-MariaDB…")
        server.sql("SELECT 1")       rows as lists of text, over the unix socket, as the administrator
        server.pause(), server.resume()                                   SIGSTOP and SIGCONT
        server.connect_errors("127.0.0.2")        host_cache's SUM_CONNECT_ERRORS, None: no such row

Options are mariadbd's. bind: --bind-address; port: a free one unless given. prefix: a command in front
of mariadbd, e.g. ["ip", "netns", "exec", "db"] (the unix socket, hence sql(), works from outside all
the same). resolver: address of the only name server that it shall ask, by an /etc/resolv.conf in a
mount namespace of its own (Skip where that is not permitted). Skip when MariaDB is not installed.

login(address, port, user, password, source) is a real client: None after OK and COM_QUIT, or (code, message).
NameServer(address, answer=…) is a name server on port 53 there, without an address on any free loopback
address (its `address` says which): answer=False keeps it mute, True says NXDOMAIN.
"""

import contextlib
import errno
import hashlib
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import (Failure, Process, Skip, as_ordinary_user, find_program, free_port,
                     ordinary_folder, run_program)

START = 60  # seconds; 0.1 where nothing else runs


class MariaDB:
    """One server; start and end are those of the with block."""

    def __init__(self, *options, bind="127.0.0.1", port=None, prefix=(), resolver=None):
        self.options = options
        self.bind = bind
        self.port = port or free_port()
        self.prefix = list(prefix)
        self.resolver = resolver
        self.refusal = None

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        try:
            self._start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *exception):
        self.stack.close()

    def _start(self):
        self.client = find_program("mariadb")
        self.folder = self.stack.enter_context(ordinary_folder())
        self.socket = os.path.join(self.folder, "s")
        self.data = os.path.join(self.folder, "data")
        command = as_ordinary_user([*self._command(), *self.options])
        if self.resolver:
            command = self._with_resolver(command)
        self.process = self.stack.enter_context(
            Process(self.prefix + command, log=os.path.join(self.folder, "log")))
        try:
            self.process.wait_for(self._answers, START)
        except Failure as failure:
            raise Failure(f"{failure}\nlast refusal: {self.refusal}") from failure
        self.version = self.sql("SELECT VERSION()")[0][0]

    def _command(self):
        """Makes the data directory; the command that starts the server, without the caller's options."""
        daemon = find_program("mariadbd")
        # An own tmpdir: at its start a server removes the temporary tables that others have there.
        made = run_program(as_ordinary_user(
            [find_program("mariadb-install-db"), "--no-defaults", "--skip-test-db",
             "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M",
             f"--datadir={self.data}", f"--tmpdir={self.folder}"]), bound=START)
        if made.exit_code != 0:
            raise Failure(f"no data directory: {made}")
        return [daemon, "--no-defaults", f"--datadir={self.data}", f"--tmpdir={self.folder}",
                f"--socket={self.socket}", f"--port={self.port}", f"--bind-address={self.bind}",
                "--skip-log-bin", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M"]

    def _with_resolver(self, command):
        """A mount namespace in which /etc/resolv.conf names our resolver alone."""
        if os.getuid() != 0:
            raise Skip("an own /etc/resolv.conf needs root")
        for name, text in (("resolv.conf", f"nameserver {self.resolver}\n"
                                           "options timeout:5 attempts:2\n"),
                           ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")):
            with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
                file.write(text)
        script = ('mount --bind "$0/resolv.conf" /etc/resolv.conf && '
                  'mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && exec "$@"')
        whole = ["unshare", "--mount", "sh", "-c", script, self.folder, *command]
        if subprocess.run([*whole[:6], "true"], check=False, capture_output=True).returncode != 0:
            raise Skip("mount namespaces are not permitted here")
        return whole

    def _answers(self):
        try:
            return bool(self.sql("SELECT 1"))
        except Failure as failure:
            self.refusal = failure
            return False

    @property
    def pid(self):
        return self.process.pid

    def sql(self, statement):
        """Runs statements as the administrator; the rows as lists of text."""
        # TLS is not wanted over a socket: a client here may refuse the versions that the server is to speak.
        run = run_program([self.client, "--no-defaults", "--skip-ssl", f"--socket={self.socket}", "--user=root",
                           "--batch", "--skip-column-names", "--execute", statement], bound=30)
        if run.exit_code != 0:
            raise Failure(f"{statement}: {run.stderr.decode(errors='replace')}")
        return [line.split("\t") for line in run.stdout.decode().splitlines()]

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def connect_errors(self, address):
        """SUM_CONNECT_ERRORS of that client, None when the cache does not know it."""
        rows = self.sql("SELECT SUM_CONNECT_ERRORS FROM performance_schema.host_cache "
                        f"WHERE IP = '{address}'")
        return int(rows[0][0]) if rows else None


class NameServer:
    """A name server on UDP port 53: mute, or NXDOMAIN to everything."""

    def __init__(self, address=None, *, answer):
        self.address = address
        self.answer = answer
        self.queries = 0

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._bind()
        except OSError as error:
            self.socket.close()
            raise Skip(f"port 53 of {self.address or 'loopback'}: {error.strerror}") from error
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def _bind(self):
        """Other runs have name servers too: without an address any that is free will do."""
        if self.address:
            self.socket.bind((self.address, 53))
        while not self.address:
            address = f"127.53.{random.randrange(256)}.{random.randrange(1, 255)}"
            try:
                self.socket.bind((address, 53))
                self.address = address
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise

    def __exit__(self, *exception):
        self.socket.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                query, sender = self.socket.recvfrom(512)
                self.queries += 1
                if self.answer:  # RFC 1035, 4.1.1: QR, RA, RCODE 3; the question repeated
                    self.socket.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:],
                                       sender)


def login(address, port, user, password, source=None, bound=30):
    """Logs in with mysql_native_password, then COM_QUIT. None, or (code, message) of the refusal."""
    origin = (source, 0) if source else None
    with socket.create_connection((address, port), bound, origin) as connection:
        stream = connection.makefile("rwb")
        payload = first_answer(stream, user, password)
        if payload[0] == 0xff:
            return error_of(payload)
        if payload[0] != 0:
            raise Failure(f"neither OK nor ERR to a native login: {payload[:40]!r}")
        write_packet(stream, 0, b"\x01")
        return None


def first_answer(stream, user, password):
    """Sends a native login; the payload of what the server says to it, or in its greeting's place."""
    payload, sequence = read_packet(stream)
    if payload[0] == 0xff:
        return payload
    after_version = payload.index(0, 1) + 1
    salt = payload[after_version + 4:after_version + 12] + payload[after_version + 31:][:12]
    proof = native_proof(password, salt)
    capabilities = 0x000FA685  # no database, no connection attributes
    write_packet(stream, sequence + 1,
                 struct.pack("<IIB23x", capabilities, 1 << 24, 33) + user.encode() + b"\0"
                 + bytes([len(proof)]) + proof + b"mysql_native_password\0")
    return read_packet(stream)[0]


def native_proof(password, salt):
    """SHA1(password) xor SHA1(salt + SHA1(SHA1(password))): "Native Authentication"; empty without a password."""
    if not password:
        return b""
    once = hashlib.sha1(password.encode()).digest()
    mask = hashlib.sha1(salt + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, mask))


def read_packet(stream):
    """One packet: its payload and sequence number."""
    header = stream.read(4)
    if len(header) < 4:
        raise Failure(f"end of stream instead of a packet: {header!r}")
    return stream.read(int.from_bytes(header[:3], "little")), header[3]


def write_packet(stream, sequence, payload):
    stream.write(len(payload).to_bytes(3, "little") + bytes([sequence]) + payload)
    stream.flush()


def error_of(payload):
    return int.from_bytes(payload[1:3], "little"), payload[3:].decode(errors="replace")
