"""A throw-away MySQL of Debian unstable, run as an ordinary user beside whatever is installed here.

    with MySQL("--max-connect-errors=1", "--performance-schema=ON", bind="127.0.0.2") as server:
        everything that a MariaDB of mariadb.py has: port, socket, pid, version, sql(), pause(),
        resume(), connect_errors(address); and the same parameters: bind, port, prefix, resolver

Options are mysqld's. Without --performance-schema=ON there is no host_cache (but 150 MB less). TLS is on,
with certificates of MySQL's own making unless --ssl-ca, --ssl-cert, --ssl-key name others; tls=False
starts it without. Ended by SIGKILL: nobody needs its data.

The server is fetched once, with apt but beside the machine's packages: a private root with an empty
status, this machine's own Debian source with the suite replaced, the packages unpacked into
build/cache/mysql and started through the C library among them. Side by side, one fetches and the others
wait. Skip where it cannot be fetched. Unstable drifts: rely on no version.

login(address, port, user, password, source) is a real client, with TLS where offered: None after OK and
COM_QUIT, or (code, message). Client is the same step by step, for what real clients do not do.
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import (Failure, Skip, as_ordinary_user, find_program, ordinary_ids, run_program)
from mariadb import START, MariaDB, error_of, native_proof, read_packet, write_packet

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
CACHE = os.path.join(ROOT, "build", "cache", "mysql")
TREE = os.path.join(CACHE, "tree")
FETCH = 300  # seconds for each step of fetching; 10 in all where the network is good
SMALL = ("--innodb-buffer-pool-size=16M", "--innodb-redo-log-capacity=8M", "--innodb-doublewrite=OFF",
         "--skip-log-bin", "--mysqlx=OFF")
SMALL_RUNNING = ("--table-open-cache=200", "--table-definition-cache=400", "--performance-schema=OFF",
                 "--performance-schema-digests-size=0", "--innodb-flush-log-at-trx-commit=0")


class MySQL(MariaDB):
    """One server; start and end are those of the with block."""

    def __init__(self, *options, tls=True, **parameters):
        super().__init__(*([] if tls else ["--tls-version="]), *options, **parameters)

    def _start(self):
        super()._start()
        self.stack.callback(self.process.stop, signal.SIGKILL)

    def _command(self):
        template = data_directory()
        copied = run_program(as_ordinary_user(["cp", "-a", template, self.data]), bound=START)
        if copied.exit_code != 0:
            raise Failure(f"no data directory: {copied}")
        return [*daemon(), f"--datadir={self.data}", f"--tmpdir={self.folder}",
                f"--socket={self.socket}", f"--pid-file={self.folder}/pid", f"--port={self.port}",
                f"--bind-address={self.bind}", *SMALL, *SMALL_RUNNING]


def daemon():
    """The command that runs mysqld in its own tree, whatever C library this machine has."""
    libraries = glob.glob(f"{TREE}/usr/lib/*-linux-gnu*")
    loaders = glob.glob(f"{TREE}/usr/lib*/ld-linux*.so.*") + glob.glob(f"{TREE}/usr/lib/*/ld-linux*.so.*")
    mysqld = glob.glob(f"{TREE}/usr/*bin/mysqld")
    if not (libraries and loaders and mysqld):
        raise Skip(f"the unpacked packages in {TREE} hold no mysqld, or no C library")
    share = f"{TREE}/usr/share/mysql"
    return [loaders[0], "--library-path", ":".join(libraries), mysqld[0], "--no-defaults",
            f"--basedir={TREE}/usr", f"--lc-messages-dir={share}", f"--character-sets-dir={share}/charsets",
            f"--plugin-dir={TREE}/usr/lib/mysql/plugin", "--secure-file-priv=NULL"]


# ---- fetched once ----

def data_directory():
    """An initialised data directory to be copied; fetches the server, initialises, both only once."""
    uid, gid = ordinary_ids()
    data = os.path.join(TREE, f"data-{uid}")
    os.makedirs(CACHE, exist_ok=True)
    with alone():
        if not os.path.isdir(TREE):
            fetch()
        if os.path.isdir(data):
            return data
        new = data + ".new"
        shutil.rmtree(new, ignore_errors=True)
        os.mkdir(new, 0o750)
        os.chown(new, uid, gid)
        if run_program(as_ordinary_user(["test", "-w", new]), bound=START).exit_code != 0:
            raise Skip(f"{new} is out of reach for the ordinary user that servers run as")
        made = run_program(as_ordinary_user(
            [*daemon(), *SMALL, f"--datadir={new}", f"--tmpdir={new}", f"--socket={new}/s",
             "--initialize-insecure"]), bound=START)
        if made.exit_code != 0:
            raise Failure(f"no data directory: {made}")
        os.rename(new, data)
    return data


@contextlib.contextmanager
def alone():
    """Holds the cache's lock, against other threads and other suites."""
    end = time.monotonic() + 2 * FETCH
    with open(os.path.join(CACHE, "lock"), "wb") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise Skip("another suite has been fetching MySQL for too long") from None
                time.sleep(0.05)
        yield


REFUSALS = []  # why it could not be fetched: not tried again by every case


def fetch():
    """Makes TREE, whole or not at all; Skip when that cannot be."""
    if not REFUSALS:
        try:
            _fetch()
            return
        except (Skip, Failure, OSError) as error:
            REFUSALS.append(str(error))
    raise Skip(f"MySQL cannot be fetched: {REFUSALS[0]}")


def _fetch():
    apt_get, apt_cache, dpkg = map(find_program, ("apt-get", "apt-cache", "dpkg"))
    root, new = os.path.join(CACHE, "apt"), os.path.join(CACHE, "new")
    for folder in (root, new):
        shutil.rmtree(folder, ignore_errors=True)
    options = private_root(root)
    run_step([apt_get, *options, "update"])
    found = run_step([apt_cache, *options, "search", "--names-only", "^mysql-server-core"])
    names = [line.split()[0] for line in found.stdout.decode().splitlines()]
    if not names:
        raise Skip("unstable has no mysql-server-core")
    # The package without a number in its name is the current one; else the highest number is.
    package = max(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)] or [1 << 30])
    run_step([apt_get, *options, "--yes", "--download-only", "install", package])
    for archive in sorted(glob.glob(f"{root}/cache/archives/*.deb")):
        run_step([dpkg, "-x", archive, new])
    for folder in glob.glob(f"{new}/usr/share/*"):
        if os.path.basename(folder) != "mysql":
            shutil.rmtree(folder, ignore_errors=True)
    os.chmod(new, 0o755)
    os.rename(new, TREE)
    shutil.rmtree(root, ignore_errors=True)


def run_step(command):
    """Runs a command of the fetch; what goes wrong is the reason of the Skip."""
    run = run_program(command, bound=FETCH)
    # Where an index cannot be had apt-get update warns, and is content with what it has: nothing.
    if run.exit_code != 0 or re.search(rb"^(E: |W: Failed to fetch)", run.stderr, re.MULTILINE):
        raise Skip(f"{' '.join(command[:1] + command[-1:])}: {run.stderr.decode(errors='replace')[-500:]}")
    return run


def private_root(root):
    """Makes an apt of its own below `root`, which knows unstable alone; the options that select it."""
    for folder in ("state/lists/partial", "cache/archives/partial", "sources", "log"):
        os.makedirs(os.path.join(root, folder))
    with open(os.path.join(root, "status"), "wb"):
        pass
    with open("/etc/os-release", encoding="utf-8") as file:
        release = dict(re.findall(r'^(\w+)="?([^"\n]*)', file.read(), re.MULTILINE))
    suite = release.get("VERSION_CODENAME")
    if release.get("ID") != "debian" or not suite:
        raise Skip("this machine is no Debian")
    sources = {"list": [], "sources": []}
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        kind = path.rpartition(".")[2]
        if kind in sources and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                sources[kind] += (unstable_lines if kind == "list" else unstable_stanzas)(file.read(), suite)
    if not any(sources.values()):
        raise Skip(f"no source of apt here has the suite {suite}")
    for kind, entries in sources.items():
        with open(os.path.join(root, "sources", f"unstable.{kind}"), "w", encoding="utf-8") as file:
            file.write("\n\n".join(entries) + "\n")
    chosen = {"Dir::State": f"{root}/state", "Dir::State::status": f"{root}/status",
              "Dir::Cache": f"{root}/cache", "Dir::Log": f"{root}/log",
              "Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": f"{root}/sources",
              "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": "/dev/null",
              "APT::Default-Release": "unstable", "APT::Install-Recommends": "false",
              "Acquire::Languages": "none", "Acquire::Retries": "1", "Acquire::http::Timeout": "20",
              "Acquire::https::Timeout": "20"}
    return [word for key, value in chosen.items() for word in ("-o", f"{key}={value}")]


def unstable_lines(text, suite):
    """The lines `deb [options] URI suite components` of that suite, for unstable."""
    form = re.compile(r"(deb\s+(?:\[[^]]*\]\s+)?\S+\s+)" + re.escape(suite) + r"(\s.*)")
    found = (form.fullmatch(line.strip()) for line in text.splitlines())
    return [match.expand(r"\1unstable\2") for match in found if match]


def unstable_stanzas(text, suite):
    """The stanzas of the form deb822 that have the suite, for unstable."""
    stanzas = []
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        # A field goes on in lines that begin with white space.
        fields = dict(re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE))
        if ("deb" in fields.get("Types", "").split() and suite in fields.get("Suites", "").split()
                and fields.get("Enabled", "yes").strip() == "yes"):
            fields.update(Types=" deb", Suites=" unstable")
            stanzas.append("\n".join(f"{key}:{value}" for key, value in fields.items()))
    return stanzas


# ---- a real client ----

CAPABILITIES = 0x008FA685  # 4.1, protocol, PLUGIN_AUTH, SECURE_CONNECTION, TRANSACTIONS; no database
SSL = 0x800


class Client:
    """One connection, packet by packet; inside TLS after start_tls()."""

    def __init__(self, address, port, source=None, bound=30):
        self.socket = socket.create_connection((address, port), bound, (source, 0) if source else None)
        self.stream = self.socket.makefile("rwb")
        try:
            self.greeting = self.read()
        except BaseException:
            self.close()
            raise
        self.refusal = error_of(self.greeting) if self.greeting[0] == 0xff else None
        if not self.refusal:
            after = self.greeting.index(0, 1) + 1
            self.capabilities = int.from_bytes(self.greeting[after + 13:after + 15]
                                               + self.greeting[after + 18:after + 20], "little")
            self.salt = self.greeting[after + 4:after + 12] + self.greeting[after + 31:after + 43]
            self.plugin = self.greeting[after + 44:].rstrip(b"\0").decode()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.stream.close()
        self.socket.close()

    def read(self):
        """The next packet's payload."""
        payload, self.sequence = read_packet(self.stream)
        return payload

    def write(self, payload, sequence=None):
        """Sends a packet, by default with the number that follows the last one."""
        self.sequence = (self.sequence + 1) % 256 if sequence is None else sequence
        write_packet(self.stream, self.sequence, payload)

    def request_tls(self):
        self.write(struct.pack("<IIB23x", CAPABILITIES | SSL, 1 << 24, 45))

    def start_tls(self, context=None):
        """SSLRequest and the handshake, without verification unless a context is given."""
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.request_tls()
        self.socket = context.wrap_socket(self.socket)
        self.stream = self.socket.makefile("rwb")

    @property
    def inside_tls(self):
        return isinstance(self.socket, ssl.SSLSocket)

    def log_in(self, user, proof, plugin):
        """Sends the login packet; the payload of what the server says to it."""
        capabilities = CAPABILITIES | (SSL if self.inside_tls else 0)
        self.write(struct.pack("<IIB23x", capabilities, 1 << 24, 45) + user.encode() + b"\0"
                   + bytes([len(proof)]) + proof + plugin.encode() + b"\0")
        return self.read()


def login(address, port, user, password, source=None, bound=30):
    """Logs in as a real client does, then COM_QUIT. None, or (code, message) of the refusal."""
    with Client(address, port, source, bound) as client:
        if client.refusal:
            return client.refusal
        if client.capabilities & SSL:
            client.start_tls()
        payload = client.log_in(user, proof_for(client, client.plugin, password, client.salt),
                                client.plugin)
        if payload[0] == 0xfe:  # AuthSwitchRequest
            plugin, salt = payload[1:].split(b"\0", 1)
            client.write(proof_for(client, plugin.decode(), password, salt[:20]))
            payload = client.read()
        if payload == b"\x01\x04":  # full authentication
            client.write(clear(client, password))
            payload = client.read()
        if payload == b"\x01\x03":  # the proof was right
            payload = client.read()
        if payload[0] == 0xff:
            return error_of(payload)
        if payload[0] != 0:
            raise Failure(f"neither OK nor ERR to a login: {payload[:40]!r}")
        client.write(b"\x01", 0)
        return None


def proof_for(client, plugin, password, salt):
    """The first answer to that plugin's question."""
    if plugin == "sha256_password":
        return clear(client, password)
    return (native_proof if plugin == "mysql_native_password" else caching_sha2_proof)(password, salt)


def clear(client, password):
    if not client.inside_tls:
        raise Failure("this login needs TLS here")
    return password.encode() + b"\0"


def caching_sha2_proof(password, salt):
    """SHA256(password) xor SHA256(SHA256(SHA256(password)) + salt); empty without a password."""
    if not password:
        return b""
    once = hashlib.sha256(password.encode()).digest()
    mask = hashlib.sha256(hashlib.sha256(once).digest() + salt).digest()
    return bytes(a ^ b for a, b in zip(once, mask))
