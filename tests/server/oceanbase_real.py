"""The proxy's double before a real MariaDB: names and greeting are the proxy's, login and statements MariaDB's.

How the password gets there is the double's way and not OBProxy's: see RealBackend in backend.py.
"""

import contextlib
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
from logins import Servers, finish
from mariadb import MariaDB
from oceanbase import RIGHT, Scene
from obproxy import Cluster, Proxy

__all__ = ["BEFORE_MARIADB", "REAL_DATABASE", "finish", "servers"]

REAL_DATABASE = "goods"
ACCOUNTS = (f"CREATE DATABASE {REAL_DATABASE}; CREATE USER app@'%' IDENTIFIED BY '{RIGHT}'; "
            f"GRANT ALL ON {REAL_DATABASE}.* TO app@'%'; CREATE USER open@'%'; "
            f"CREATE USER expired@'%' IDENTIFIED BY '{RIGHT}' PASSWORD EXPIRE")


@contextlib.contextmanager
def with_accounts():
    with MariaDB() as server:
        server.sql(ACCOUNTS)
        yield server


servers = Servers(mariadb=with_accounts)


class BeforeMariaDB:
    """A scene; the server is started by the first row that needs it, and serves them all."""

    @staticmethod
    @contextlib.contextmanager
    def start(tls=None):
        address = ("127.0.0.1", servers["mariadb"].port)
        cluster = Cluster({"sys": [address], "shop": [address]})
        with Proxy({"ob1": cluster}, tls=tls, real=[address]) as proxy:
            yield Scene(proxy)


BEFORE_MARIADB = BeforeMariaDB()
