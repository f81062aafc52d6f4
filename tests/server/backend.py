"""The other side of an OBProxy's double: its connection to one server that stands behind it."""

import socket
import time

from double import Gone, Wire
from oceanbase_greeting import NATIVE, SSL, read_greeting
from oceanbase_login import Login, write_login
from observer import CLUSTER_ATTRIBUTE, SALT_ATTRIBUTE, SESSION_SECONDS
from packets import CONNECT_ATTRS, CONNECT_WITH_DB, PLUGIN_AUTH, SECURE_CONNECTION

KEPT = 0x000F2205 | SECURE_CONNECTION | PLUGIN_AUTH  # of the client's capabilities, what changes no form of a packet
TURNS = 4      # AuthSwitchRequests and the like that are passed on
NOBODYS_PLUGIN = b"obprobe_double"


class Unreachable(Exception):
    """It refuses the connection, or does not answer."""


class Backend:
    """One connection. greet() and log_in() may raise Unreachable; the answer to the login is a payload."""

    def __init__(self, address, seconds):
        self.end = time.monotonic() + seconds
        try:
            self.socket = socket.create_connection(address, seconds)
        except OSError as error:
            raise Unreachable(str(error)) from error
        self.wire = Wire(self.socket)

    def read(self):
        try:
            return self.wire.packet(self.end)
        except Gone as error:
            raise Unreachable(str(error)) from error

    def greet(self):
        payload = self.read()
        if payload[:1] == b"\xff":
            raise Unreachable("an error in the greeting's place")
        self.capabilities, self.salt = read_greeting(payload)

    def log_in(self, login, wire, name, facts):
        """As the observer's double wants it: the client's proof, and the facts that explain it."""
        self.say(login, name, login.proof, NATIVE, {SALT_ATTRIBUTE: facts.salt,
                                                    CLUSTER_ATTRIBUTE: facts.cluster.encode()})
        return self.read()

    def say(self, login, name, proof, plugin, attributes):
        capabilities = login.capabilities & KEPT & self.capabilities & ~SSL | PLUGIN_AUTH
        capabilities |= (CONNECT_ATTRS if attributes else 0) | (CONNECT_WITH_DB if login.database else 0)
        told = Login(name, proof, plugin, capabilities, login.database, attributes)
        try:
            self.wire.send(write_login(told, capabilities))
        except Gone as error:
            raise Unreachable(str(error)) from error

    def relay(self, command, wire):
        """A statement there, its answer back."""
        self.wire.ask(command)
        for payload in self.wire.answer(self.wire.within(SESSION_SECONDS)):
            wire.send(payload)

    def close(self):
        self.socket.close()


class RealBackend(Backend):
    """A real MySQL or MariaDB. How it learns the password is the double's way and not OBProxy's: the login names
    a plugin that nobody has, the server asks for native with a salt of its own, and the client answers that."""

    def log_in(self, login, wire, name, facts):
        user = name.partition("@")[0]
        self.say(login, user, b"", NOBODYS_PLUGIN, {})
        for _ in range(TURNS):
            payload = self.read()
            if payload[:1] in (b"\x00", b"\xff"):
                return payload
            wire.send(payload)
            self.wire.send(wire.packet(wire.within(self.end - time.monotonic())))
        raise Unreachable("it asks without end")
