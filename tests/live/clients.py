"""Real clients of other generations than this machine's, and a MariaDB server from 11.4.

    answer = CLIENTS["mysql"](server, name, password, "--ssl-mode=DISABLED", address="127.0.0.2")
    answer.ok, answer.text           logged in: the TLS version, "" in plaintext; else what the client says

"mysql" and "mariadb" are the clients of Debian unstable, "old mariadb" is this machine's own, "mysqljs" the
npm package mysql, "connector/j" MariaDB's JDBC driver, whose options are parameters of the URL. NewMariaDB
is the server of unstable, used as mariadb.py's is.

Packages are fetched once, as mysql.py fetches its server: with apt beside the machine's packages, or with npm
as it is configured; unpacked into build/cache/clients, and run through the C library among them. 25 MB of
packages and as much of unstable's index. Skip where one cannot be fetched or a program is missing.
"""

import glob
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import mysql
from harness import Failure, Skip, as_ordinary_user, find_program, ordinary_ids, run_program
from mariadb import START, MariaDB

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(mysql.ROOT, "build", "cache", "clients")
TREE = os.path.join(CACHE, "tree")
MODULES = os.path.join(CACHE, "npm")
PACKAGES = ("mysql-client-core", "mariadb-client-core", "mariadb-server-core", "libmariadb-java")
BOUND = 60  # seconds for one login; 2 for Java, which compiles first
STATEMENT = "SHOW STATUS LIKE 'Ssl_version'"


class Answer:
    """How a login ended."""

    def __init__(self, ok, text):
        self.ok = ok
        self.text = text

    def __str__(self):
        return f"{'logged in, TLS version' if self.ok else 'failed:'} {self.text!r}"


# ---- fetched once ----

REFUSALS = {}  # why something could not be fetched: not tried again by every case


def fetched(folder, how):
    """The folder, which how() makes, whole or not at all."""
    for cache in (CACHE, mysql.CACHE):
        os.makedirs(cache, exist_ok=True)
    with mysql.alone():
        if not os.path.isdir(folder) and folder not in REFUSALS:
            try:
                how()
            except (Skip, Failure, OSError) as error:
                REFUSALS[folder] = str(error)
    if not os.path.isdir(folder):
        raise Skip(f"real clients cannot be fetched: {REFUSALS[folder]}")
    return folder


def fetch_tree():
    """All packages into one tree: their files have different names. What unstable has no more is left out."""
    apt_get, dpkg = find_program("apt-get"), find_program("dpkg")
    root, new = os.path.join(CACHE, "apt"), os.path.join(CACHE, "new")
    for folder in (root, new):
        shutil.rmtree(folder, ignore_errors=True)
    options = mysql.private_root(root)
    mysql.run_step([apt_get, *options, "update"])
    for package in PACKAGES:
        try:
            mysql.run_step([apt_get, *options, "--yes", "--download-only", "install", package])
        except Skip as reason:
            REFUSALS[package] = str(reason)
    for archive in sorted(glob.glob(f"{root}/cache/archives/*.deb")):
        mysql.run_step([dpkg, "-x", archive, new])
    for folder in glob.glob(f"{new}/usr/share/*"):
        if os.path.basename(folder) not in ("mariadb", "java"):
            shutil.rmtree(folder, ignore_errors=True)
    os.chmod(new, 0o755)
    os.rename(new, TREE)
    shutil.rmtree(root, ignore_errors=True)


def fetch_modules():
    """Programs that are run here have no home, and npm would make itself one."""
    new = f"{MODULES}.new"
    shutil.rmtree(new, ignore_errors=True)
    os.mkdir(new)
    mysql.run_step([find_program("npm"), "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts",
                    f"--userconfig={os.path.expanduser('~/.npmrc')}", f"--cache={new}/cache", f"--prefix={new}",
                    "mysql@2"])
    shutil.rmtree(f"{new}/cache", ignore_errors=True)
    os.rename(new, MODULES)


def from_tree(pattern):
    """The one file of the packages that the pattern names."""
    found = glob.glob(f"{fetched(TREE, fetch_tree)}/usr/{pattern}")
    if not found:
        raise Skip(f"the packages of unstable hold no {pattern}: {REFUSALS}")
    return found[0]


def command(pattern):
    """What starts a program of the tree, whatever C library this machine has."""
    program = from_tree(pattern)
    libraries = glob.glob(f"{TREE}/usr/lib/*-linux-gnu*")
    loaders = glob.glob(f"{TREE}/usr/lib*/ld-linux*.so.*") + glob.glob(f"{TREE}/usr/lib/*/ld-linux*.so.*")
    if not (libraries and loaders):
        raise Skip(f"the unpacked packages in {TREE} hold no C library")
    return [loaders[0], "--library-path", ":".join(libraries), program, "--no-defaults"]


# ---- clients ----

def ask(client, server, user, password, options, address):
    """A login with one of the command-line clients."""
    run = run_program([*client, f"--host={address}", f"--port={server.port}", f"--user={user}",
                       f"--password={password}", "--batch", "--skip-column-names", "--execute", STATEMENT,
                       *options], bound=BOUND)
    if run.exit_code == 0:
        return Answer(True, run.stdout.decode().partition("\t")[2].strip())
    lines = run.stderr.decode(errors="replace").splitlines()
    return Answer(False, "\n".join(line for line in lines if "[Warning]" not in line))


NO_PLUGINS = "--plugin-dir=/nonexistent"  # stands for the packages that have no such files


def native_plugin():
    """The option with which MySQL's client finds mysql_native_password.so."""
    return "--plugin-dir=" + os.path.dirname(from_tree("lib/mysql/plugin/mysql_native_password.so"))


def ask_mysql(server, user, password, *options, address="127.0.0.1"):
    chosen = options if any(option.startswith("--plugin-dir") for option in options) else (*options, NO_PLUGINS)
    return ask(command("bin/mysql"), server, user, password, chosen, address)


def ask_mariadb(server, user, password, *options, address="127.0.0.1"):
    plugins = os.path.dirname(from_tree("lib/*/libmariadb3/plugin/caching_sha2_password.so"))
    return ask([*command("bin/mariadb"), f"--plugin-dir={plugins}"], server, user, password, options, address)


def ask_old_mariadb(server, user, password, *options, address="127.0.0.1"):
    client = find_program("mariadb")
    told = run_program([client, "--version"], bound=BOUND).stdout.decode()
    version = re.search(r"(\d+)\.(\d+)\.\d+-MariaDB", told)
    if not version or (int(version[1]), int(version[2])) >= (11, 4):
        raise Skip(f"no client of MariaDB before 11.4 is installed: {told.strip()}")
    return ask([client, "--no-defaults"], server, user, password, options, address)


def ask_mysqljs(server, user, password, *, address="127.0.0.1"):
    module = os.path.join(fetched(MODULES, fetch_modules), "node_modules", "mysql")
    run = run_program([find_program("node"), f"{HERE}/drivers/connect.js", module, address, str(server.port), user,
                       password], bound=BOUND)
    return from_driver(run)


def ask_connector_j(server, user, password, *parameters, address="127.0.0.1"):
    run = run_program([find_program("java"), "-cp", from_tree("share/java/mariadb-java-client.jar"),
                       f"{HERE}/drivers/Connect.java",
                       f"jdbc:mariadb://{address}:{server.port}/?{'&'.join(parameters)}", user, password], bound=BOUND)
    return from_driver(run)


def from_driver(run):
    """What the small programs print: "ok" and a TLS version, or the error."""
    if run.exit_code != 0:
        raise Skip(f"no run of the driver: {run.stderr.decode(errors='replace')[-500:]}")
    ok, _, rest = run.stdout.decode(errors="replace").strip().partition(" ")
    return Answer(True, rest) if ok == "ok" else Answer(False, f"{ok} {rest}")


CLIENTS = {"mysql": ask_mysql, "mariadb": ask_mariadb, "old mariadb": ask_old_mariadb, "mysqljs": ask_mysqljs,
           "connector/j": ask_connector_j}


# ---- a server ----

class NewMariaDB(MariaDB):
    """A MariaDB from 11.4: it makes itself a certificate, and proves it with the account's password."""

    def _command(self):
        share = os.path.dirname(from_tree("share/mariadb/charsets"))
        os.mkdir(self.data)
        os.chown(self.data, *ordinary_ids())
        server = [*command("sbin/mariadbd"), f"--basedir={TREE}/usr", f"--lc-messages-dir={share}",
                  f"--character-sets-dir={share}/charsets", f"--plugin-dir={TREE}/usr/lib/mysql/plugin",
                  f"--datadir={self.data}", f"--tmpdir={self.folder}", "--innodb-buffer-pool-size=16M",
                  "--innodb-log-file-size=8M"]
        script = b"CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
        for part in ("system_tables", "performance_tables", "system_tables_data"):
            with open(f"{share}/mariadb_{part}.sql", "rb") as file:
                script += file.read()
        made = run_program(as_ordinary_user([*server, "--bootstrap"]), bound=START, stdin=script)
        if made.exit_code != 0:
            raise Failure(f"no data directory: {made}")
        return [*server, f"--socket={self.socket}", f"--port={self.port}", f"--bind-address={self.bind}",
                "--skip-log-bin"]
