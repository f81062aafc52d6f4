"""A double of OceanBase's observer: tenants and users with real passwords, and every refusal of a login.

Source-derived: built from facts read in the sources of oceanbase/seekdb and oceanbase/oceanbase, never captured.
Of the order of the checks one thing is known, that the allow list comes before the password; the rest of it is the
double's.

    with Observer({"shop": Tenant({"app": User("secret")})}) as server: … server.port …

A proxy's double tells it by attributes of its own which salt the client was greeted with and which cluster it
takes this one for: the double's way, not OceanBase's.
"""

import ipaddress
from dataclasses import dataclass, field

from double import Double
from oceanbase_greeting import OBSERVER_4, greeting, random_salt
from oceanbase_login import (HIDDEN_ADDRESS, Refused, access_denied, hear_login, proves, send_value, stored,
                             switch_to_native)
from packets import OK, error

LOGIN_SECONDS = 10     # oceanbase/obproxy 4.3: for a login; oceanbase/seekdb: for an AuthSwitchRequest's answer
SESSION_SECONDS = 30   # the double's: for each statement
SALT_ATTRIBUTE, CLUSTER_ATTRIBUTE = b"obprobe_double_salt", b"obprobe_double_cluster"
QUIT, QUERY, PING = 1, 3, 14

# oceanbase/seekdb and oceanbase/oceanbase: code, SQLSTATE, and the text but where it was not read.
STARTING = (8001, "08004", "Server is initializing")
STOPPING = (8002, "08004", "Server is stopping")
NOT_INVITED = (1227, "42501", "Access denied")
USER_LOCKED = (3118, "HY000", "User locked")   # text not read
TENANT_LOCKED = (5260, "HY000", "Tenant locked")   # text not read
FULL = (1040, "08004", "Too many connections")   # text not read
USER_LIMIT = (1226, "42000", "User has exceeded the 'max_user_connections' resource")   # text not read
NOT_HERE = (5150, "HY000", "Tenant not in this server")
DROPPED = (5157, "HY000", "Unknown tenant")
OTHER_CLUSTER = (4666, "HY000", "Cluster does not match")   # text not read
UNKNOWN_DATABASE = (1049, "42000", "Unknown database")   # text not read
NO_PRIVILEGE = (1044, "42000", "Access denied for user to database")   # text not read
ORACLE = (1235, "0A000", "Oracle tenant for current client driver is not supported")
EXPIRED = (1820, "HY000", "You must reset your password")   # text not read
NOT_UNDERSTOOD = (1064, "42000", "not a statement of this double")  # the double's


@dataclass
class User:
    password: str = ""
    locked: bool = False
    expired: bool = False
    require_tls: bool = False
    networks: tuple = ("0.0.0.0/0",)
    most_sessions: int = None
    databases: tuple = ()


@dataclass
class Tenant:
    users: dict = field(default_factory=dict)
    databases: tuple = ()
    invited: tuple = ("0.0.0.0/0",)    # ob_tcp_invited_nodes
    locked: bool = False
    dropped: bool = False              # in the recycle bin
    here: bool = True                  # has a unit on this server, and is not being deleted
    oracle: bool = False
    most_sessions: int = None


def among(address, networks):
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in networks)


class Observer(Double):
    """One server. state: None, STARTING or STOPPING."""

    def __init__(self, tenants, *, profile=OBSERVER_4, tls=None, state=None, cluster="ob1",
                 login_seconds=LOGIN_SECONDS, **listener):
        super().__init__(**listener)
        self.tenants = tenants
        self.profile = profile
        self.tls = tls
        self.state = state
        self.cluster = cluster
        self.login_seconds = login_seconds
        self.sessions = []

    def serve(self, wire):
        salt = random_salt()
        wire.send(greeting(self.profile, self.connections, salt, self.tls))
        login = hear_login(wire, self.profile.capabilities, self.tls, self.login_seconds)
        self.note_login(login.name)
        switch_to_native(wire, login, salt, self.login_seconds)
        try:
            place = self.admit(login, wire, login.attributes.get(SALT_ATTRIBUTE, salt))
        except Refused as refusal:
            wire.send(refusal.payload)
            return
        try:
            wire.send(OK)
            self.answer_statements(wire, place[1])
        finally:
            with self.lock:
                self.sessions.remove(place)

    # ---- the login ----

    def admit(self, login, wire, salt):
        """Tenant and user, noted as a session; Refused when the login is."""
        # oceanbase/seekdb: all that stands behind the @ names the tenant, a cluster as well.
        name, _, tenant_name = login.name.partition("@")
        tenant = self.tenants.get(tenant_name or "sys")
        denied = access_denied(name, HIDDEN_ADDRESS, login)
        if tenant is None:
            raise denied
        self.judge_tenant(tenant, wire, login)
        user = tenant.users.get(name)
        if user is None or not among(wire.client, user.networks) or (user.require_tls and not wire.secured):
            raise denied
        if not proves(login.proof, salt, stored(user.password)):
            raise denied
        self.judge_user(user, tenant, login)
        return self.begin_session(tenant, user)

    def judge_tenant(self, tenant, wire, login):
        taken_for = login.attributes.get(CLUSTER_ATTRIBUTE, self.cluster.encode()).decode()
        for wrong, refusal in ((self.state, self.state), (taken_for != self.cluster, OTHER_CLUSTER),
                               (tenant.dropped, DROPPED), (not tenant.here, NOT_HERE), (tenant.oracle, ORACLE),
                               (not among(wire.client, tenant.invited), NOT_INVITED), (tenant.locked, TENANT_LOCKED)):
            if wrong:
                raise Refused(*refusal)

    @staticmethod
    def judge_user(user, tenant, login):
        if user.locked:
            raise Refused(*USER_LOCKED)
        if login.database and login.database not in tenant.databases:
            raise Refused(*UNKNOWN_DATABASE)
        if login.database and login.database not in user.databases:
            raise Refused(*NO_PRIVILEGE)

    def begin_session(self, tenant, user):
        with self.lock:
            of_tenant = sum(session[0] is tenant for session in self.sessions)
            of_user = sum(session[1] is user for session in self.sessions)
            if tenant.most_sessions is not None and of_tenant >= tenant.most_sessions:
                raise Refused(*FULL)
            if user.most_sessions is not None and of_user >= user.most_sessions:
                raise Refused(*USER_LIMIT)
            self.sessions.append((tenant, user))
        return tenant, user

    # ---- behind it ----

    def answer_statements(self, wire, user):
        while True:
            command = wire.command(wire.within(SESSION_SECONDS))
            if command[:1] == bytes([QUIT]):
                return
            answer_command(wire, command, user.expired)


def answer_command(wire, command, expired=False):
    """What the double understands: COM_PING, and a 1 that is asked for."""
    if command[:1] == bytes([PING]):
        wire.send(OK)
    elif expired:
        wire.send(error(EXPIRED[0], EXPIRED[1], EXPIRED[2].encode()))
    elif command[:1] == bytes([QUERY]) and command[1:].upper() in (b"SELECT 1", b"SELECT 1 FROM DUAL"):
        send_value(wire, b"1", b"1")
    else:
        wire.send(error(NOT_UNDERSTOOD[0], NOT_UNDERSTOOD[1], NOT_UNDERSTOOD[2].encode()))
