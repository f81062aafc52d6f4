"""What OceanBase's doubles make of a login: its packet, its name, its proof; and the packets that answer it.

Source-derived: built from facts read in the sources of oceanbase/obproxy (4.3, 3.1), oceanbase/seekdb and
oceanbase/oceanbase, never captured.
"""

import hashlib
import struct
from dataclasses import dataclass, field

from double import Gone
from oceanbase_greeting import NATIVE, SSL
from packets import CONNECT_ATTRS, CONNECT_WITH_DB, EOF, PLUGIN_AUTH, PROTOCOL_41, Complaint, Fields, counted, error

SSL_REQUEST_LENGTH = 32   # of the payload: with its header 36 bytes, all that is read before TLS
PROOF_LENGTH = 20
HIDDEN_ADDRESS = "xxx.xxx.xxx.xxx"
PROXYSYS = "proxysys"     # oceanbase/obproxy 4.3: the tenant of the proxy's own users


# ---- the packet ----

@dataclass
class Login:
    name: str
    proof: bytes
    plugin: bytes
    capabilities: int
    database: str = None
    attributes: dict = field(default_factory=dict)

    @property
    def with_password(self):
        return "YES" if self.proof else "NO"


def read_login(payload, offered, secured):
    """HandshakeResponse41. Gone when it is malformed; what stands behind its last field is overlooked."""
    try:
        return read_fields(Fields(payload), offered, secured)
    except (Complaint, UnicodeDecodeError) as wrong:
        raise Gone(f"a malformed login: {wrong}") from wrong


def read_fields(fields, offered, secured):
    capabilities = int.from_bytes(fields.take(4), "little")
    fields.take(4 + 1 + 23)
    if not capabilities & PROTOCOL_41 or bool(capabilities & SSL) != secured:
        raise Complaint(f"capabilities {capabilities:#x}")  # seekdb: inside TLS CLIENT_SSL must be there again
    both = capabilities & offered
    login = Login(fields.until_nul().decode(), fields.counted(), NATIVE, capabilities)
    if both & CONNECT_WITH_DB:
        login.database = fields.until_nul().decode()
    if both & PLUGIN_AUTH:
        login.plugin = fields.until_nul()
    if both & CONNECT_ATTRS:
        attributes = Fields(fields.counted())
        while attributes.rest:
            name = attributes.counted()
            login.attributes[name] = attributes.counted()
    return login


def write_login(login, capabilities):
    """The same from the other side, for a connection in clear."""
    head = struct.pack("<IIB23x", capabilities | PROTOCOL_41, 1 << 24, 46)
    text = head + login.name.encode() + b"\0" + counted(login.proof)
    if capabilities & CONNECT_WITH_DB:
        text += login.database.encode() + b"\0"
    text += login.plugin + b"\0"
    if capabilities & CONNECT_ATTRS:
        text += counted(b"".join(counted(name) + counted(value) for name, value in login.attributes.items()))
    return text


def hear_login(wire, offered, context, seconds):
    """The login within so many seconds, behind TLS where the client asks for it and it is configured."""
    end = wire.within(seconds)
    payload = wire.packet(end)
    if context and len(payload) == SSL_REQUEST_LENGTH and int.from_bytes(payload[:4], "little") & SSL:
        wire.start_tls(context, end)
        payload = wire.packet(end)
    return read_login(payload, offered, wire.secured)


# ---- the proof ----

def stored(password):
    """What a server keeps of a password; nothing of the empty one."""
    return hashlib.sha1(hashlib.sha1(password.encode()).digest()).digest() if password else b""


def proves(proof, salt, kept):
    """Whether the proof is of the password that was kept: mysql_native_password, as a server checks it."""
    if not kept or len(proof) != PROOF_LENGTH:
        return not kept and not proof
    mask = hashlib.sha1(salt + kept).digest()
    once = bytes(a ^ b for a, b in zip(proof, mask))
    return hashlib.sha1(once).digest() == kept


def switch_to_native(wire, login, salt, seconds):
    """oceanbase/seekdb: only clients that announce another plugin are asked, and exactly 20 bytes will do."""
    if login.plugin == NATIVE:
        return
    wire.send(b"\xfe" + NATIVE + b"\0" + salt + b"\0")
    login.proof = wire.packet(wire.within(seconds))
    if len(login.proof) != PROOF_LENGTH:
        raise Gone(f"{len(login.proof)} bytes answer an AuthSwitchRequest")


# ---- the name ----

@dataclass(frozen=True)
class Name:
    """user[@tenant][#cluster[:id]]; None is what was not said."""
    user: str
    tenant: str = None
    cluster: str = None
    cluster_id: str = None


def read_name(text, separators=":-."):
    """oceanbase/obproxy 4.3. The user a-b-c is b's c of cluster a: with a separator there twice, that is."""
    if "@" not in text and "#" not in text:
        for separator in separators:
            if text.count(separator) >= 2:
                cluster, tenant, user = text.split(separator, 2)
                return Name(user, tenant, cluster)
    head, _, cluster = text.partition("#")
    user, _, tenant = head.partition("@")
    cluster, _, number = cluster.partition(":")
    return Name(user, tenant or None, cluster or None, number or None)


# ---- answers ----

class Refused(Exception):
    """The login ends with this ERR, and a close."""

    def __init__(self, code, sqlstate, message):
        super().__init__(code, message)
        self.code = code
        self.payload = error(code, sqlstate, message.encode())


def access_denied(user, address, login):
    """1045 with 42000, where MySQL has 28000: oceanbase/obproxy 4.3 and oceanbase/seekdb alike."""
    said = f"Access denied for user '{user}'@'{address}' (using password: {login.with_password})"
    return Refused(1045, "42000", said)


def send_value(wire, name, value):
    """A result set of one row with one text, to a client without DEPRECATE_EOF, which nobody here offers."""
    column = (counted(b"def") + bytes(3) + counted(name) + counted(b"")
              + struct.pack("<BHIBHB2x", 12, 46, 4 * len(value), 0xFD, 0, 0))
    for payload in (b"\x01", column, EOF, counted(value), EOF):
        wire.send(payload)
