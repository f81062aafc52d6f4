#!/usr/bin/env python3
"""Logins at OceanBase's two components, by their doubles: what each condition is called, and what libmariadb says.

Usage: oceanbase_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

The doubles are source-derived, never captured: see oceanbase.py. The columns are described in oceanbase_suite.py.
"""

# The first of these also makes the harness importable.
from oceanbase_suite import (AT_ONCE, BOTH, BY_BACKEND, BY_NOBODY_KNOWS, BY_PROXY, CERTAIN, DECLINED, IN, LIKELY,
                             LOST, OBSERVER, OFF, ON, POSSIBLE, PROXY, TLS_LOST, all_conditions_are_shown, given,
                             nobody, row, says, suite)
from oceanbase import REFUSES, RIGHT, SILENT, WRONG, behind, direct, through
from oceanbase_greeting import PROXY_31, PROXY_40, SEEKDB
from observer import STARTING, STOPPING
from promises import at_deadline
from tls_steps import made
import oceanbase_doubles  # adds the cases of the doubles themselves, and of oceanbase_endings.py
import oceanbase_ports    # and those of the ports
from oceanbase_real import BEFORE_MARIADB, REAL_DATABASE, finish, servers

APP, NOBODY_THERE = given("app@shop#ob1"), nobody("app@shop#ob1")
AT_OBSERVER, NOBODY_AT_OBSERVER = given("app@shop"), nobody("app@shop")
DENIED = (1045, "42000")
ELSEWHERE = ("10.0.0.0/8",)   # no test comes from there


def cut(way):
    """Behind the login the end of the connection, or of waiting, is another one inside TLS."""
    return TLS_LOST if way is ON else LOST


# ---- verdicts that several rows have ----

READY, HANDSHAKE = "ready.login", "ready.handshake"
LET_IN_BY_PROXY = says(READY, CERTAIN, PROXY, BY_BACKEND, None)
LET_IN_BY_OBSERVER = says(READY, CERTAIN, OBSERVER, BY_BACKEND, None)
# OBProxy's own 1045: of tenant, place or rule. Without a password it is one of them all the same, once a tenant was
# named: it says nothing of the account.
TENANT = says("denied.tenant", LIKELY, PROXY, BY_PROXY, "obproxy.access-denied", "unavailable.backend")
PASSWORD = says("denied.credentials", LIKELY, PROXY, BY_BACKEND, "observer.access-denied", "denied.tenant")
ACCOUNT = says(HANDSHAKE, CERTAIN, PROXY, BY_BACKEND, None)
ACCOUNT_DIRECT = says(HANDSHAKE, CERTAIN, OBSERVER, BY_BACKEND, None)
GAVE_UP = says("protocol.closed-after-login", LIKELY, PROXY, BY_PROXY, "obproxy.gave-up", "unavailable.backend")
CLUSTER_TO_OBSERVER = says("denied.tenant", LIKELY, OBSERVER, BY_BACKEND, "observer.cluster-in-name",
                           "denied.credentials")
STILL_TRYING = says("timed-out.login", POSSIBLE, PROXY, BY_PROXY, "obproxy.still-trying", "protocol.closed-after-login")


def closed(way):
    """Whoever is inside TLS has done what a proxy may insist on."""
    tls = () if way is ON else ("tls.required",)
    return says("protocol.closed-after-login", LIKELY, PROXY, BY_PROXY,
                "obproxy.closed-in-tls" if way is ON else "obproxy.closed-after-login",
                "denied.allow-list", *tls, "unavailable.backend")


def denied_directly(way):
    """Whoever is in clear where there is TLS may have to use it."""
    tls = ("tls.required",) if way is DECLINED else ()
    return says("denied.credentials", LIKELY, OBSERVER, BY_BACKEND, "observer.access-denied", "denied.tenant", *tls)


def of_cluster(circumstance):
    return says("denied.cluster", CERTAIN, PROXY, BY_PROXY, circumstance)


# ---- a login that works ----

row("through a proxy", "in", through(), APP, BOTH, LET_IN_BY_PROXY, IN)
for title, facts in (("3.1", {"proxy": {"profile": PROXY_31}}), ("4.0", {"proxy": {"profile": PROXY_40}}),
                     ("with enable_proxy_scramble", {"scramble": True})):
    row(f"through a proxy {title}", "in", through(**facts), APP, BOTH, LET_IN_BY_PROXY, IN)
SPLIT = {"notes": ("login-name-split",)}
for name in ("ob1:shop:app", "ob1-shop-app", "ob1.shop.app"):
    row(f"through a proxy as {name}", "in", through(), given(name), (OFF,), LET_IN_BY_PROXY, IN, **SPLIT)
for name in ("app@shop", "app@shop#ob1:1"):
    row(f"through a proxy as {name}", "in", through(), given(name), (OFF,), LET_IN_BY_PROXY, IN)
BY_DEFAULT = {"notes": ("tenant-by-default",)}
for name in ("app", "app#ob1", "app@#ob1"):
    row(f"through a proxy as {name}", "in", through(), given(name), (OFF,), LET_IN_BY_PROXY, IN, **BY_DEFAULT)
row("through a proxy with a database", "in", through(), given("app@shop#ob1", RIGHT, "-D", "shop"), BOTH,
    LET_IN_BY_PROXY, IN)
row("through a proxy that has several clusters", "in", through(clusters={"ob0": {}, "ob1": {}}), APP, (OFF,),
    LET_IN_BY_PROXY, IN)
row("through a proxy, the empty password", "in", behind(user={"password": ""}), given("app@shop#ob1", ""), BOTH,
    LET_IN_BY_PROXY, IN)
row("through a proxy that insists on TLS", "in", through(require_tls=True), APP, (ON,), LET_IN_BY_PROXY, IN)
row("through a proxy that wants the full name", "in", through(full_name=True), APP, (OFF,), LET_IN_BY_PROXY, IN)
row("through a proxy on cloud, two parts", "in", through(cloud=True), given("app@shop"), (OFF,), LET_IN_BY_PROXY, IN)
row("through a proxy by a service's name", "in", through(services=("shop",)), APP, (OFF,), LET_IN_BY_PROXY, IN)
row("at an observer", "in", direct(), AT_OBSERVER, BOTH, LET_IN_BY_OBSERVER, IN)
row("at an observer, no tenant is the tenant sys", "in", direct(), given("app"), (OFF,), LET_IN_BY_OBSERVER, IN,
    **BY_DEFAULT)
row("at seekdb", "in", direct(profile=SEEKDB), AT_OBSERVER, BOTH, LET_IN_BY_OBSERVER, IN)
row("at an observer, an account that requires TLS", "in", direct(user={"require_tls": True}), AT_OBSERVER, (ON,),
    LET_IN_BY_OBSERVER, IN)

# ---- OBProxy's answers to a login ----

for login in (given("app@shop#nowhere"), nobody("app@shop#nowhere")):
    row("a cluster that the proxy does not know", "proxy: cluster", through(), login, BOTH,
        of_cluster("obproxy.cluster-unknown"), (4669, "HY000"), asked=0)
for login in (given("app@shop"), nobody("app@shop"), nobody()):
    row("no cluster named to a proxy that has several", "proxy: cluster", through(clusters={"ob1": {}, "ob2": {}}),
        login, (OFF,), of_cluster("obproxy.cluster-unknown"), (4669, "HY000"))
row("a known cluster of another id", "proxy: cluster", through(), given("app@shop#ob1:2"), (OFF,),
    of_cluster("obproxy.cluster-unknown"), (4669, "HY000"))
row("the user a-b-c is taken for cluster, tenant and user", "proxy: cluster", through(), given("a-b-c"), (OFF,),
    of_cluster("obproxy.cluster-unknown"), (4669, "HY000"), **SPLIT)

row("a tenant that the cluster has not", "proxy: tenant", through(), given("app@nowhere#ob1"), BOTH, TENANT, DENIED,
    asked=0, words="Access denied for user 'app@nowhere#ob1'@'127.0.0.1' (using password: YES)")
row("a tenant that the cluster has not", "proxy: tenant", through(), nobody("app@nowhere#ob1"), BOTH,
    TENANT, DENIED,
    words="Access denied for user 'obprobe_nobody@nowhere#ob1'@'127.0.0.1' (using password: NO)")

row("no full name where one is wanted", "proxy: name", through(full_name=True), given("app@shop"), BOTH, TENANT, DENIED)
row("a tenant that the cluster has not, behind a proxy that may be another one", "proxy: tenant",
    through(scramble=True), given("app@nowhere#ob1"), (OFF,),
    says("denied.tenant", LIKELY, PROXY, BY_PROXY, "obproxy.access-denied", "denied.credentials",
         "unavailable.backend"), DENIED, asked=0)
row("client_max_connections, of a proxy that may be another one", "proxy: sessions",
    through(scramble=True, most_clients=0), APP, (OFF,),
    says("unavailable.too-many-connections", LIKELY, PROXY, BY_PROXY, "obproxy.too-many-sessions",
         "unavailable.user-limit"), (1203, "42000"), asked=0)
row("no full name where one is wanted", "proxy: name", through(full_name=True), nobody("app@shop"), (OFF,),
    TENANT, DENIED)
row("no name at all where a full one is wanted", "proxy: name", through(full_name=True), nobody(), (OFF,),
    says(HANDSHAKE, CERTAIN, PROXY, BY_PROXY, None), DENIED, notes=("backend-not-tested",))
row("three parts on cloud", "proxy: name", through(cloud=True), APP, BOTH, TENANT, DENIED, asked=0)
row("three parts on cloud", "proxy: name", through(cloud=True), NOBODY_THERE, (OFF,), TENANT, DENIED)

OWN = through(proxysys={"root": RIGHT, "inspector": RIGHT})
for user in ("root@proxysys", "inspector@proxysys"):
    row(f"{user}, the right password", "proxy: name", OWN, given(user), BOTH,
        says(READY, CERTAIN, PROXY, BY_PROXY, None), (1235, "0A000"), asked=0, notes=("backend-not-tested",),
        logins=1)
row("root@proxysys, a wrong password", "proxy: name", OWN, given("root@proxysys", WRONG), BOTH,
    says("denied.credentials", LIKELY, PROXY, BY_PROXY, "obproxy.proxysys-denied"), DENIED, asked=0)
row("root@proxysys, no password", "proxy: name", OWN, nobody("root@proxysys"), (OFF,),
    says(HANDSHAKE, CERTAIN, PROXY, BY_PROXY, None), DENIED, asked=0,
    notes=("backend-not-tested",))

row("a wrong password", "proxy: forwarded", through(), given("app@shop#ob1", WRONG), BOTH, PASSWORD, DENIED, asked=1,
    words="Access denied for user 'app'@'xxx.xxx.xxx.xxx' (using password: YES)")
row("an unknown user", "proxy: forwarded", through(), given("stranger@shop#ob1"), BOTH, PASSWORD, DENIED, asked=1)
row("the empty password for one that is not", "proxy: forwarded", through(), given("app@shop#ob1", ""), BOTH, PASSWORD,
    DENIED, asked=1, words="Access denied for user 'app'@'xxx.xxx.xxx.xxx' (using password: NO)")
row("no password", "proxy: forwarded", through(), NOBODY_THERE, BOTH, ACCOUNT, DENIED, asked=1,
    words="Access denied for user 'obprobe_nobody'@'xxx.xxx.xxx.xxx' (using password: NO)")
row("neither password nor user", "proxy: forwarded", through(), nobody(), BOTH, ACCOUNT, DENIED)

for login in (APP, NOBODY_THERE):
    row("client_max_connections", "proxy: sessions", through(most_clients=0), login, BOTH,
        says("unavailable.too-many-connections", CERTAIN, PROXY, BY_PROXY, "obproxy.too-many-sessions"),
        (1203, "42000"), asked=0)
    row("the tenant's limit at the proxy", "proxy: connections", through(most_of_tenant=0), login, BOTH,
        says("unavailable.too-many-connections", CERTAIN, PROXY, BY_NOBODY_KNOWS, "obproxy.too-many-connections"),
        (1040, "08004"), asked=0)
    row("a white list without this host", "proxy: closed", through(allowed=ELSEWHERE), login, BOTH, closed, cut,
        asked=0)
    row("TLS that is a must, and not used", "proxy: closed", through(require_tls=True), login, (DECLINED,), closed,
        LOST, asked=0)
    row("the VIP's white list without this host", "proxy: vip", through(vip_allowed=ELSEWHERE), login, BOTH,
        says("protocol.closed-before-greeting", LIKELY, None, None, None, "unavailable.backend",
             "denied.allow-list"), LOST, cost="none",
        logins=0, reported="anonymous")
    row("no root service list", "proxy: resource", through(clusters={"ob1": {"root_services": False}}), login, BOTH,
        closed, cut)
    row("no cluster resource", "proxy: resource", through(clusters={"ob1": {"resource": False}}), login, BOTH, closed,
        cut)

SOON = 0.2   # seconds of an attempt, in place of 5
for title, observers in (("refuses", [REFUSES]), ("is a black hole", [SILENT]),
                         ("refuses or is a black hole", [REFUSES, SILENT, REFUSES])):
    for login in (APP, NOBODY_THERE):
        row(f"every observer {title}", "proxy: backends", through(observers, attempt_seconds=SOON), login, (OFF,),
            closed, LOST, within=(3 * SOON, 3 * SOON + AT_ONCE[1]))
row("every observer is a black hole, in real time", "proxy: backends", through([SILENT, REFUSES]), APP, (OFF,), GAVE_UP,
    LOST, within=(15, 16), options=("-t", "40"))
row("a deadline before the proxy gives up", "proxy: backends", through([SILENT, REFUSES]), APP, (OFF,), STILL_TRYING,
    LOST, within=at_deadline(12), options=("-t", "12"))
row("a deadline long before the proxy gives up", "proxy: backends", through([SILENT]), NOBODY_THERE, BOTH, STILL_TRYING,
    cut, within=at_deadline(2), options=("-t", "2"))
for title, dead in (("refuses", REFUSES), ("is a black hole", SILENT)):
    row(f"the first observer {title}, the second answers", "proxy: backends", through([dead, {}], attempt_seconds=1),
        APP, (OFF,), LET_IN_BY_PROXY, IN, asked=2, within=(1, 1 + AT_ONCE[1]))

for title, state, code, cause, circumstance in (
        ("starting", STARTING, 8001, "unavailable.starting", "observer.starting"),
        ("stopping", STOPPING, 8002, "unavailable.stopping", "observer.stopping")):
    for login, directly in ((APP, AT_OBSERVER), (NOBODY_THERE, NOBODY_AT_OBSERVER)):
        row(f"every observer is {title}", "proxy: retried", through([{"state": state}] * 2), login, BOTH,
            says(cause, CERTAIN, PROXY, BY_BACKEND, circumstance), (code, "08004"), asked=3)
        row(f"an observer is {title}", "observer: state", direct(state=state), directly, BOTH,
            says(cause, CERTAIN, OBSERVER, BY_BACKEND, circumstance), (code, "08004"))
    row(f"the first observer is {title}, the second answers", "proxy: retried", through([{"state": state}, {}]), APP,
        BOTH, LET_IN_BY_PROXY, IN, asked=4)
NOT_HERE = {"tenant": {"here": False}}
for login in (APP, NOBODY_THERE):
    row("the tenant is on no observer", "proxy: retried", through([NOT_HERE, NOT_HERE]), login, BOTH,
        says("unavailable.backend", LIKELY, PROXY, BY_BACKEND, "obproxy.tenant-nowhere", "denied.tenant"),
        (5150, "HY000"), asked=3)
row("the tenant is on the second observer", "proxy: retried", through([NOT_HERE, {}]), APP, BOTH, LET_IN_BY_PROXY, IN)

for login in (APP, NOBODY_THERE):
    row("a service that the proxy does not know", "proxy: service", through(services=("other",)), login, BOTH,
        of_cluster("obproxy.service-unknown"), (4780, "HY000"), asked=0)
    row("a proxy that accepts no more", "proxy: exiting", through(proxy={"accepting": False}), login, (OFF,),
        says("timed-out.greeting", LIKELY, None, None, None, "protocol.not-mysql", "protocol.proxy-header"), LOST,
        within=at_deadline(4), options=("-t", "4"),
        logins=0, reported="anonymous", cost="counted", notes=("counted",))

# ---- an observer's answers to a login ----

for title, user, name in (("a wrong password", {"password": WRONG}, "app"), ("an unknown user", {}, "stranger"),
                          ("another host's account", {"networks": ELSEWHERE}, "app"),
                          ("REQUIRE SSL", {"require_tls": True}, "app")):
    row(title, "observer: denied", direct(user), given(f"{name}@shop"), (OFF, DECLINED), denied_directly, DENIED)
row("a wrong password inside TLS", "observer: denied", direct(), given("app@shop", WRONG), (ON,), denied_directly,
    DENIED)
row("no password", "observer: denied", direct(), NOBODY_AT_OBSERVER, BOTH, ACCOUNT_DIRECT, DENIED,
    notes=("tenant-not-tested",))
row("neither password nor user", "observer: denied", direct(), nobody(), BOTH, ACCOUNT_DIRECT, DENIED)
row("a tenant that is not", "observer: denied", direct(), given("app@nowhere"), BOTH, denied_directly, DENIED)
row("a tenant that is not", "observer: denied", direct(), nobody("app@nowhere"), (OFF,), ACCOUNT_DIRECT, DENIED,
    notes=("tenant-not-tested",))
row("a cluster named to an observer", "observer: denied", direct(), APP, BOTH, CLUSTER_TO_OBSERVER, DENIED)
row("a cluster named to an observer", "observer: denied", direct(), NOBODY_THERE, BOTH,
    says("denied.tenant", LIKELY, OBSERVER, BY_BACKEND, "observer.cluster-in-name"), DENIED)
row("a cluster without a tenant named to an observer", "observer: denied", direct(), given("app#ob1"), (OFF,),
    denied_directly, DENIED)
row("a cluster without a tenant named to an observer", "observer: denied", direct(), nobody("app#ob1"), (OFF,),
    ACCOUNT_DIRECT, DENIED)


def both_ways(name, condition, special, cause, circumstance, library, *, anonymous=True, options=(), **rest):
    """At an observer, and the same observer behind a proxy: the answer is the observer's."""
    for login, directly in ((given(APP.user, RIGHT, *options), given(AT_OBSERVER.user, RIGHT, *options)),
                            (NOBODY_THERE, NOBODY_AT_OBSERVER))[:1 + anonymous]:
        row(f"{name}, at an observer", condition, direct(**special), directly, BOTH,
            says(cause, CERTAIN, OBSERVER, BY_BACKEND, circumstance), library, **rest)
        row(f"{name}, through a proxy", condition, behind(**special), login, BOTH,
            says(cause, CERTAIN, PROXY, BY_BACKEND, circumstance), library, asked=1, **rest)


both_ways("not in ob_tcp_invited_nodes", "observer: invited", {"tenant": {"invited": ELSEWHERE}}, "denied.allow-list",
          "observer.allow-list", (1227, "42501"))
both_ways("a locked user", "observer: user locked", {"user": {"locked": True}}, "denied.account-locked",
          "observer.user-locked", (3118, "HY000"), anonymous=False)
both_ways("a locked tenant", "observer: tenant locked", {"tenant": {"locked": True}}, "denied.account-locked",
          "observer.tenant-locked", (5260, "HY000"))
both_ways("the user's limit", "observer: user limit", {"user": {"most_sessions": 0}}, "unavailable.user-limit",
          "observer.user-limit", (1226, "42000"), anonymous=False)
both_ways("a tenant in the recycle bin", "observer: dropped", {"tenant": {"dropped": True}}, "denied.tenant",
          "observer.tenant-dropped", (5157, "HY000"))
both_ways("an unknown database", "observer: database", {}, "denied.database", "observer.unknown-database",
          (1049, "42000"), anonymous=False, options=("-D", "nothing"))
both_ways("a database without privilege", "observer: database", {}, "denied.database", "observer.no-privilege",
          (1044, "42000"), anonymous=False, options=("-D", "secrets"))
both_ways("an Oracle tenant", "observer: oracle", {"tenant": {"oracle": True}}, "denied.tenant",
          "observer.oracle-tenant", (1235, "0A000"))
both_ways("an expired password", "observer: expired", {"user": {"expired": True}}, "denied.password-expired",
          "observer.password-expired", (1820, "HY000"), anonymous=False, cost="none")
row("no session is left at an observer", "observer: connections", direct(tenant={"most_sessions": 0}), AT_OBSERVER,
    BOTH, says("unavailable.too-many-connections", CERTAIN, OBSERVER, BY_BACKEND, "observer.too-many-connections"),
    (1040, "08004"))
row("no session is left at an observer behind a proxy", "observer: connections", behind(tenant={"most_sessions": 0}),
    APP, BOTH, says("unavailable.too-many-connections", CERTAIN, PROXY, BY_NOBODY_KNOWS,
                    "obproxy.too-many-connections"), (1040, "08004"))
for login in (AT_OBSERVER, NOBODY_AT_OBSERVER):
    row("a tenant that has no unit here", "observer: not here", direct(tenant={"here": False}), login, BOTH,
        says("denied.tenant", CERTAIN, OBSERVER, BY_BACKEND, "observer.tenant-elsewhere"), (5150, "HY000"))
for login in (APP, NOBODY_THERE):
    row("an observer of another cluster", "observer: cluster", behind(cluster="ob2"), login, BOTH,
        says("denied.cluster", CERTAIN, PROXY, BY_BACKEND, "observer.cluster-mismatch"), (4666, "HY000"))

# ---- a proxy before a real MariaDB: the login and the statement are real ----

row("before a MariaDB", "in", BEFORE_MARIADB, APP, BOTH, LET_IN_BY_PROXY, IN)
row("before a MariaDB, with a database", "in", BEFORE_MARIADB, given("app@shop#ob1", RIGHT, "-D", REAL_DATABASE), BOTH,
    LET_IN_BY_PROXY, IN)
row("before a MariaDB, the empty password", "in", BEFORE_MARIADB, given("open@shop#ob1", ""), BOTH, LET_IN_BY_PROXY, IN)
row("before a MariaDB, a wrong password", "proxy: forwarded", BEFORE_MARIADB, given("app@shop#ob1", WRONG), BOTH,
    says("denied.credentials", LIKELY, PROXY, BY_NOBODY_KNOWS, None, "denied.tenant"), (1045, "28000"))
row("before a MariaDB, no password", "proxy: forwarded", BEFORE_MARIADB, NOBODY_THERE, BOTH,
    says(HANDSHAKE, CERTAIN, PROXY, BY_NOBODY_KNOWS, None), (1045, "28000"))
row("before a MariaDB, an expired password", "observer: expired", BEFORE_MARIADB, given("expired@shop#ob1"), BOTH,
    says("denied.password-expired", CERTAIN, PROXY, BY_BACKEND, "observer.password-expired"), (1820, "HY000"),
    cost="none")
row("before a MariaDB, an unknown database", "observer: database", BEFORE_MARIADB,
    given("app@shop#ob1", RIGHT, "-D", "nothing"), BOTH,
    says("denied.database", CERTAIN, PROXY, BY_BACKEND, "observer.no-privilege"), (1044, "42000"))

suite.add(all_conditions_are_shown.__doc__, all_conditions_are_shown, alone=True)

if __name__ == "__main__":
    with made:
        finish(suite, servers)
