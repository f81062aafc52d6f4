"""OceanBase on loopback: scenes of OBProxy's and observer's doubles, each set up by what is configured.

Source-derived: built from facts read in the sources of oceanbase/obproxy, oceanbase/seekdb and oceanbase/oceanbase,
never captured. OceanBase itself cannot be had from a package registry. The doubles are in obproxy.py and observer.py.

    with direct(tenant={"locked": True}).start() as scene:       an observer, asked directly
    with through(observers=[REFUSES, {}], scramble=True).start(tls=context) as scene:
                                                a proxy with those rules before two observers, one of them dead
        … scene.port … scene.entry, whom the client meets; scene.observers behind it

Everywhere the cluster ob1 has the tenants sys and shop, and both have the user app with the password RIGHT.
"""

import contextlib
import socket
from dataclasses import dataclass, field

from double import Double
from obproxy import Cluster, Proxy, Rules
from observer import Observer, Tenant, User

RIGHT, WRONG = "k7#Vx!q2Zr0mWp5b", "w3!Lm#8sYt6nBc1d"
REFUSES, SILENT = "refuses", "silent"


@dataclass
class Scene:
    entry: Double
    observers: list = field(default_factory=list)

    @property
    def port(self):
        return self.entry.port

    @property
    def asked(self):
        """How many logins came to an observer behind a proxy."""
        return sum(sum(observer.logins.values()) for observer in self.observers)


def tenants(user, tenant):
    app = User(**{"password": RIGHT, "databases": ("shop",), **user})
    return {"sys": Tenant({"app": User(RIGHT)}), "shop": Tenant({"app": app}, ("shop", "secrets"), **tenant)}


class Direct:
    """user, tenant: what is special about app and about shop; the rest is the server's."""

    def __init__(self, user, tenant, server):
        self.user, self.tenant, self.server = user, tenant, server

    @contextlib.contextmanager
    def start(self, tls=None):
        with Observer(tenants(self.user, self.tenant), tls=tls, **self.server) as observer:
            yield Scene(observer)


def direct(user=None, tenant=None, **server):
    return Direct(user or {}, tenant or {}, server)


@contextlib.contextmanager
def refusing():
    """An address that is bound, so that nobody else gets it, and not listened on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()


class Through:
    """observers: for each REFUSES, SILENT, or what is special about it."""

    def __init__(self, observers, clusters, proxy, rules):
        self.observers, self.clusters, self.proxy, self.rules = observers, clusters, proxy, rules

    @contextlib.contextmanager
    def start(self, tls=None):
        with contextlib.ExitStack() as stack:
            started = []
            addresses = [self.address(stack, each, started) for each in self.observers]
            there = {"sys": addresses, "shop": addresses}
            clusters = {name: Cluster(there, **facts) for name, facts in self.clusters.items()}
            proxy = stack.enter_context(Proxy(clusters, Rules(**self.rules), tls=tls, **self.proxy))
            yield Scene(proxy, started)

    @staticmethod
    def address(stack, wanted, started):
        if wanted == REFUSES:
            return stack.enter_context(refusing())
        if wanted == SILENT:
            return stack.enter_context(Double(accepting=False)).address
        facts = dict(wanted)
        observer = Observer(tenants(facts.pop("user", {}), facts.pop("tenant", {})), **facts)
        started.append(stack.enter_context(observer))
        return observer.address


def through(observers=({},), clusters=None, proxy=None, **rules):
    return Through(observers, clusters or {"ob1": {}}, proxy or {}, rules)


def behind(user=None, tenant=None, proxy=None, **server):
    """The same special observer as direct() has, behind a proxy."""
    return through([{"user": user or {}, "tenant": tenant or {}, **server}], proxy=proxy)
