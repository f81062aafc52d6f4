"""Certificates of every kind that a verdict tells apart, made by the openssl command in a second.

    with Certificates("db.example.test") as made:
        made.options("expired")        --ssl-ca, --ssl-cert, --ssl-key for a MariaDB or MySQL server
        made["good"], made.key         paths of a certificate, and of the key that all of them share
        made["ca"], made["other"]      two certification authorities that do not know each other
        made["intermediate"]           the one between ca and the two kinds …chain
        made.crl                       revocation list of ca: names `revoked` alone

Servers (KINDS has the table): good, wrong-name, name-only, ip-only, expired, not-yet-valid, revoked,
unknown-ca, self-signed, chain (leaf and intermediate in its file), broken-chain (leaf alone). Clients:
client, client-unknown-ca, client-expired. Keys are RSA 2048 bits, which TLS 1.0 can use as well. All
files belong to the ordinary user that servers run as, the keys are readable to that user alone.

The parameters are the names that `good` and its like are for, in the order of its subjectAltName; the
first is also the common name (but for ip-only). They are for the address 127.0.0.1 too (addresses=…).
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Failure, find_program, ordinary_folder, ordinary_ids, run_program

BOUND = 60  # seconds for one run of openssl; 0.3 for a key at worst where nothing else runs

VALID = ("20200101000000Z", "20991231235959Z")
EXPIRED = ("20200101000000Z", "20210101000000Z")
FUTURE = ("20900101000000Z", "20991231235959Z")

# Kind: who signs it, from when to when, which alternative names (NAMES), for what.
KINDS = {
    "intermediate": ("ca", VALID, None, "authority"),
    "good": ("ca", VALID, "both", "server"),
    "wrong-name": ("ca", VALID, "wrong", "server"),
    "name-only": ("ca", VALID, "names", "server"),
    "ip-only": ("ca", VALID, "addresses", "server"),
    "expired": ("ca", EXPIRED, "both", "server"),
    "not-yet-valid": ("ca", FUTURE, "both", "server"),
    "revoked": ("ca", VALID, "both", "server"),
    "unknown-ca": ("other", VALID, "both", "server"),
    "broken-chain": ("intermediate", VALID, "both", "server"),
    "client": ("ca", VALID, None, "client"),
    "client-unknown-ca": ("other", VALID, None, "client"),
    "client-expired": ("ca", EXPIRED, None, "client"),
}
WRONG = "DNS:elsewhere.example.test"

AUTHORITY = """
[{name}]
certificate = {folder}/{name}.pem
private_key = {folder}/{name}.key
database = {folder}/{name}.index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
default_crl_days = 3650
policy = anything
"""
COMMON = """
[anything]
commonName = supplied
[req]
distinguished_name = anything
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""
LEAF = """
[{purpose}-{names}]
basicConstraints = CA:FALSE
keyUsage = digitalSignature,keyEncipherment
extendedKeyUsage = {purpose}Auth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Certificates:
    """A folder of them; it goes with the end of the with block."""

    def __init__(self, *names, addresses=("127.0.0.1",)):
        self.name = names[0] if names else "localhost"
        dns = [f"DNS:{name}" for name in names]
        ips = [f"IP:{address}" for address in addresses]
        self.alternatives = {"both": ",".join(dns + ips), "names": ",".join(dns) or "DNS:localhost",
                             "addresses": ",".join(ips), "wrong": WRONG}

    def __enter__(self):
        self.openssl = find_program("openssl")
        self.context = ordinary_folder()
        self.folder = self.context.__enter__()
        try:
            self._make()
        except BaseException:
            self.context.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *exception):
        self.context.__exit__(*exception)

    def __getitem__(self, kind):
        """Path of that certificate."""
        path = self.path(f"{kind}.pem")
        if not os.path.exists(path):
            raise KeyError(kind)
        return path

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def key(self):
        return self.path("leaf.key")

    @property
    def crl(self):
        return self.path("ca.crl")

    def options(self, kind, authority="ca"):
        """What makes a server show that certificate, and trust clients of that authority."""
        return [f"--ssl-ca={self[authority]}", f"--ssl-cert={self[kind]}", f"--ssl-key={self.key}"]

    def _make(self):
        self._write("openssl.cnf", self._configuration())
        for name in ("ca", "other", "intermediate", "leaf"):
            self._run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                      "-out", self.path(f"{name}.key"))
            self._run("req", "-new", "-config", self.path("openssl.cnf"), "-subj", f"/CN={name}",
                      "-key", self.path(f"{name}.key"), "-out", self.path(f"{name}.csr"))
            self._write(f"{name}.index", "")
        for name in ("ca", "other"):
            self._sign(name, name, VALID, "authority", f"/CN=obprobe test {name}", "-selfsign")
        for kind, (authority, dates, names, purpose) in KINDS.items():
            extensions = purpose if purpose == "authority" else f"{purpose}-{names}"
            # Without a DNS name in subjectAltName some verifiers take the common name for one.
            named = purpose == "server" and names != "addresses"
            subject = f"/CN={self.name}" if named else f"/CN=obprobe test {kind}"
            self._sign(kind, authority, dates, extensions, subject)
        self._run("req", "-x509", "-new", "-config", self.path("openssl.cnf"), "-key", self.key,
                  "-subj", f"/CN={self.name}", "-days", "3650", "-extensions", "self-signed",
                  "-out", self.path("self-signed.pem"))
        self._write("chain.pem", self._read("broken-chain.pem") + self._read("intermediate.pem"))
        self._authority("ca", "-revoke", self["revoked"])
        self._authority("ca", "-gencrl", "-out", self.crl)
        for name in os.listdir(self.folder):
            os.chown(self.path(name), *ordinary_ids())
            os.chmod(self.path(name), 0o600 if name.endswith(".key") else 0o644)

    def _configuration(self):
        text = COMMON + "".join(AUTHORITY.format(name=name, folder=self.folder)
                                for name in ("ca", "other", "intermediate"))
        for purpose, names in sorted({(kind[3], str(kind[2])) for kind in KINDS.values()}):
            if purpose != "authority":
                text += LEAF.format(purpose=purpose, names=names)
                if names in self.alternatives:
                    text += f"subjectAltName = {self.alternatives[names]}\n"
        return text + ("[self-signed]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n"
                       f"subjectAltName = {self.alternatives['both']}\n")

    def _sign(self, kind, authority, dates, extensions, subject, *options):
        request = kind if os.path.exists(self.path(f"{kind}.csr")) else "leaf"
        self._authority(authority, "-notext", "-in", self.path(f"{request}.csr"), "-subj", subject,
                        "-startdate", dates[0], "-enddate", dates[1], "-extensions", extensions,
                        "-out", self.path(f"{kind}.pem"), *options)

    def _authority(self, name, *arguments):
        self._run("ca", "-config", self.path("openssl.cnf"), "-name", name, "-batch", *arguments)

    def _run(self, *arguments):
        run = run_program([self.openssl, *arguments], bound=BOUND)
        if run.exit_code != 0:
            raise Failure(f"no certificate: {run}")

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def _read(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()
