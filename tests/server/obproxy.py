"""A double of OBProxy (ODP): greets by itself, reads the login's name, and asks the observers behind it.

Source-derived: built from facts read in the sources of oceanbase/obproxy (4.3, 3.1), never captured. The order of the
checks is the double's.

    with Observer({"shop": Tenant({"app": User("secret")})}) as server:
        with Proxy({"ob1": Cluster({"shop": [server.address]})}) as proxy:
            … log in to proxy.port as app@shop#ob1 …

Addresses of a tenant are tried in turn: each may answer, refuse the connection, or be a black hole. An address in
`real` is a MySQL or MariaDB.
"""

import time
from dataclasses import dataclass, field

from backend import Backend, RealBackend, Unreachable
from double import Double, Gone
from observer import (LOGIN_SECONDS, NOT_HERE, PING, QUERY, QUIT, SESSION_SECONDS, STARTING, STOPPING, among,
                      answer_command)
from oceanbase_greeting import CONSTANT_SALT, PROXY_43, greeting, random_salt
from oceanbase_login import (PROXYSYS, Refused, access_denied, hear_login, proves, read_name, send_value, stored,
                             switch_to_native)
from packets import OK, error

ATTEMPTS, ATTEMPT_SECONDS = 3, 5   # oceanbase/obproxy 4.3
RETRIED = {STARTING[0], STOPPING[0], NOT_HERE[0]}   # oceanbase/obproxy 4.3: 8001, 8002, 5150
PROXY_VERSION = b"SELECT PROXY_VERSION()"

UNKNOWN_CLUSTER = (4669, "HY000", "cluster not exist")        # oceanbase/obproxy 4.3
UNKNOWN_SERVICE = (4780, "HY000", "service name not exist")   # oceanbase/obproxy 4.3
TOO_MANY_SESSIONS = (1203, "42000", "Too many sessions")      # oceanbase/obproxy 4.3: client_max_connections
TOO_MANY = (1040, "08004", "Too many connections")            # oceanbase/obproxy 4.3: of the VIP or the tenant
EVERYWHERE = ("0.0.0.0/0",)


@dataclass
class Cluster:
    """tenants: where each is. resource: whether the proxy could make itself a picture of the cluster."""
    tenants: dict = field(default_factory=dict)
    number: str = "1"
    root_services: bool = True
    resource: bool = True


@dataclass
class Rules:
    """What is configured. services: where logins name a service instead of a tenant, those that exist (how a name
    tells one from the other was not read: the double takes the tenant's place for it)."""
    scramble: bool = False              # enable_proxy_scramble
    full_name: bool = False             # user, tenant and cluster must be named
    cloud: bool = False                 # the address tells tenant and cluster: three parts are one too many
    services: tuple = None
    proxysys: dict = field(default_factory=dict)
    require_tls: bool = False
    allowed: tuple = EVERYWHERE         # whom a white list lets in behind the login
    vip_allowed: tuple = EVERYWHERE     # and before the greeting
    most_clients: int = None            # client_max_connections
    most_of_tenant: int = None
    separators: str = ":-."
    attempt_seconds: float = ATTEMPT_SECONDS
    login_seconds: float = LOGIN_SECONDS


@dataclass
class Facts:
    """Of one login, what its backend is told beside it."""
    salt: bytes
    cluster: str


class Proxy(Double):
    def __init__(self, clusters, rules=None, *, profile=PROXY_43, tls=None, real=(), **listener):
        super().__init__(**listener)
        self.clusters = clusters
        self.rules = rules or Rules()
        self.profile = profile
        self.tls = tls
        self.real = set(real)

    def serve(self, wire):
        rules = self.rules
        if not among(wire.client, rules.vip_allowed):
            return
        salt = random_salt() if rules.scramble else CONSTANT_SALT
        wire.send(greeting(self.profile, self.connections, salt, self.tls))
        login = hear_login(wire, self.profile.capabilities, self.tls, rules.login_seconds)
        self.note_login(login.name)
        if not among(wire.client, rules.allowed) or (rules.require_tls and not wire.secured):
            return
        try:
            self.serve_login(wire, login, salt)
        except Refused as refusal:
            wire.send(refusal.payload)

    def serve_login(self, wire, login, salt):
        name = read_name(login.name, self.rules.separators)
        switch_to_native(wire, login, salt, self.rules.login_seconds)
        if self.rules.most_clients is not None and self.serving > self.rules.most_clients:
            raise Refused(*TOO_MANY_SESSIONS)
        if name.tenant == PROXYSYS:
            self.serve_own_user(wire, login, name, salt)
            return
        cluster = self.find_cluster(name)
        addresses = self.find_tenant(wire, login, name, cluster)
        facts = Facts(salt, self.name_of(cluster))
        backend = self.find_backend(wire, login, f"{name.user}@{name.tenant or 'sys'}", addresses, facts)
        try:
            self.serve_statements(wire, backend)
        finally:
            self.let_go(backend)

    # ---- the name ----

    def find_cluster(self, name):
        """oceanbase/obproxy 4.3: without a name the only one; several are as bad as none."""
        if name.cluster is None and len(self.clusters) == 1:
            return next(iter(self.clusters.values()))
        cluster = self.clusters.get(name.cluster)
        if cluster is None or name.cluster_id not in (None, cluster.number):
            raise Refused(*UNKNOWN_CLUSTER)
        return cluster

    def name_of(self, cluster):
        return next(name for name, each in self.clusters.items() if each is cluster)

    def find_tenant(self, wire, login, name, cluster):
        """The addresses of the tenant's servers."""
        tenant = name.tenant or "sys"
        parts = (name.tenant is not None) + (name.cluster is not None)
        full = f"{name.user}@{tenant}#{self.name_of(cluster)}"
        denied = access_denied(full, wire.client, login)
        if (self.rules.full_name and parts < 2) or (self.rules.cloud and parts == 2):
            raise denied
        if self.rules.services is not None and tenant not in self.rules.services:
            raise Refused(*UNKNOWN_SERVICE)
        if not cluster.root_services or not cluster.resource:
            raise Gone("no picture of the cluster: only the diagnosis log says so")
        if tenant not in cluster.tenants:
            raise denied
        if self.rules.most_of_tenant is not None and self.serving > self.rules.most_of_tenant:
            raise Refused(*TOO_MANY)
        return cluster.tenants[tenant]

    # ---- who answers ----

    def serve_own_user(self, wire, login, name, salt):
        """oceanbase/obproxy 4.3: root and inspector of proxysys never touch an observer."""
        password = self.rules.proxysys.get(name.user)
        if password is None or not proves(login.proof, salt, stored(password)):
            raise access_denied(f"{name.user}@{PROXYSYS}", wire.client, login)
        wire.send(OK)
        self.serve_statements(wire, None)

    def find_backend(self, wire, login, name, addresses, facts):
        """The one whose OK the client got. Its refusal is passed on, those of RETRIED only at the last attempt."""
        for attempt in range(ATTEMPTS):
            address = addresses[attempt % len(addresses)]
            begin = time.monotonic()
            try:
                payload, backend = self.ask(wire, login, name, address, facts)
            except Unreachable:
                self.stopping.wait(max(0, begin + self.rules.attempt_seconds - time.monotonic()))
                continue
            if payload[:1] == b"\x00":
                wire.send(payload)
                return backend
            self.let_go(backend)
            if attempt == ATTEMPTS - 1 or int.from_bytes(payload[1:3], "little") not in RETRIED:
                wire.send(payload)
                break
        raise Gone("no observer lets it in")

    def ask(self, wire, login, name, address, facts):
        kind = RealBackend if address in self.real else Backend
        backend = kind(address, self.rules.attempt_seconds)
        self.hold(backend)
        try:
            backend.greet()
            return backend.log_in(login, wire, name, facts), backend
        except BaseException:
            self.let_go(backend)
            raise

    def let_go(self, backend):
        self.release(backend)
        backend.close()

    def serve_statements(self, wire, backend):
        """oceanbase/obproxy 4.3: its version and COM_PING are the proxy's own to answer."""
        while True:
            command = wire.command(wire.within(SESSION_SECONDS))
            if command[:1] == bytes([QUIT]):
                return
            if command[:1] == bytes([QUERY]) and command[1:].upper() == PROXY_VERSION:
                send_value(wire, b"proxy_version()", b"OceanBase 4.3.0.0")
            elif command[:1] == bytes([PING]):
                answer_command(wire, command)
            elif backend is None:  # for its own users: what is none of its commands it does not support
                wire.send(error(1235, "0A000", b"Not supported feature or function"))
            else:
                backend.relay(command, wire)
