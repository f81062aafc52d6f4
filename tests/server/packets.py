"""Packets of the MySQL protocol: those that servers send, and what a client's login must look like."""

import struct

# Capability flags, named as in the protocol documentation.
CONNECT_WITH_DB, PROTOCOL_41 = 0x8, 0x200
SSL, SECURE_CONNECTION = 0x800, 0x8000
PLUGIN_AUTH, CONNECT_ATTRS, PLUGIN_AUTH_LENENC = 0x80000, 0x100000, 0x200000

NOBODY = "obprobe_nobody"
SALT = b"\x11\x22\x33\x44\x55\x66\x77\x08\x19\x2a\x3b\x4c\x5d\x6e\x7f\x60\x51\x42\x33\x24"


class Complaint(Exception):
    """The client broke a rule."""


# ---- packets that servers send ----

def packet(sequence, payload):
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def greeting(version=b"8.0.36", capabilities=0xDFFFFFFF & ~SSL, plugin=b"mysql_native_password",
             salt=SALT, charset=255, status=2, thread=7, extended=0, sequence=0, protocol=10):
    """Protocol::HandshakeV10. Without PLUGIN_AUTH the length and the plugin's name are left out."""
    named = capabilities & PLUGIN_AUTH
    payload = (bytes([protocol]) + version + b"\0" + struct.pack("<I", thread) + salt[:8] + b"\0"
               + struct.pack("<HBHHB", capabilities & 0xFFFF, charset, status, capabilities >> 16,
                             len(salt) + 1 if named else 0)
               + bytes(6) + struct.pack("<I", extended) + salt[8:] + b"\0"
               + (plugin + b"\0" if named else b""))
    return packet(sequence, payload)


def short_greeting(version=b"3.23.58", capabilities=0x222C):
    """The old form: 8 bytes of salt, the lower capabilities, charset and status, no second part."""
    return packet(0, b"\x0a" + version + b"\0" + struct.pack("<I", 7) + b"abcdefgh\0"
                  + struct.pack("<HBH13x", capabilities, 8, 2))


def mariadb_greeting():
    """As MariaDB 10.11 without TLS sends it (measured)."""
    return greeting(b"5.5.5-10.11.19-MariaDB-0+deb12u1", 0x81FFF7FE, charset=8, extended=0x1D)


def obproxy_greeting(**fields):
    """Source-derived, not captured: OBProxy 4.x without enable_proxy_scramble."""
    return greeting(**{"version": b"5.6.25", "capabilities": 0x009FF7DF, "charset": 46, "status": 0,
                       "salt": b"aaaaaaaabbbbbbbbbbbb", "thread": 4711, **fields})


def observer_greeting(**fields):
    """Source-derived, not captured: an observer 4.x; its thread ids have the top bit set."""
    return greeting(**{"version": b"5.7.25", "capabilities": 0x3098F7DF, "charset": 46, "status": 0,
                       "thread": 0x80000007, **fields})


def error(code, sqlstate=None, message=b"what the server says"):
    """The payload of an ERR packet; without a SQLSTATE the marker is left out too."""
    marker = b"#" + sqlstate.encode() if sqlstate else b""
    return b"\xff" + struct.pack("<H", code) + marker + message


def auth_switch(plugin, data=b"\x0b" * 20):
    return b"\xfe" + plugin + b"\0" + data + b"\0"


OLD_SWITCH = b"\xfe"
OK = b"\x00\x00\x00\x02\x00\x00\x00"
FAST_AUTH_SUCCESS, PERFORM_FULL_AUTHENTICATION = b"\x01\x03", b"\x01\x04"
EOF = b"\xfe\0\0\x02\0"


def counted(text):
    """A text of at most 250 bytes behind its length."""
    return bytes([len(text)]) + text


def result_set(rows=1, columns=1):
    """The whole answer to SELECT 1, for a client without DEPRECATE_EOF."""
    column = (b"\x03def" + bytes(3) + counted(b"1") + counted(b"")
              + struct.pack("<BHIBHB2x", 12, 63, 1, 8, 0x81, 0))
    payloads = [bytes([columns]), *[column] * columns, EOF, *[counted(b"1") * columns] * rows, EOF]
    return b"".join(packet((number + 1) % 256, payload) for number, payload in enumerate(payloads))


# ---- what a client sends ----

class Fields:
    """Reads a payload from front to back; an end that comes too early is a complaint."""

    def __init__(self, payload):
        self.rest = payload

    def take(self, count):
        if len(self.rest) < count:
            raise Complaint(f"the login ends {count - len(self.rest)} bytes too early")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def until_nul(self):
        taken, nul, self.rest = self.rest.partition(b"\0")
        if not nul:
            raise Complaint("a text of the login lacks its NUL")
        return taken

    def length(self):
        first = self.take(1)[0]
        if first >= 0xFB:
            return int.from_bytes(self.take({0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 99)), "little")
        return first

    def counted(self):
        return self.take(self.length())


def parse_ssl_request(payload, offered):
    """Protocol::SSLRequest, the login's first 32 bytes alone: its capability flags."""
    asked = int.from_bytes(payload[:4], "little")
    if len(payload) != 32 or any(payload[9:]):
        raise Complaint(f"an SSLRequest has 32 bytes, 23 of them reserved: {payload!r}")
    if not asked & SSL or not asked & PROTOCOL_41:
        raise Complaint(f"capabilities {asked:#x} of an SSLRequest")
    judge_capabilities(asked, offered)
    return asked


def parse_login(payload, offered, secured=None, user=None, database=None):
    """Protocol::HandshakeResponse41 as the probe must send it: its fields as a dict.

    secured: inside TLS the flags of the SSLRequest. user: whose login it must be (with that database);
    None: an anonymous one. To a server that offers no PROTOCOL_41 an anonymous login is
    HandshakeResponse320: name and nothing else.
    """
    fields = Fields(payload)
    if offered is not None and not offered & PROTOCOL_41:
        asked = int.from_bytes(fields.take(5)[:2], "little")
        if asked & (PROTOCOL_41 | SSL | CONNECT_WITH_DB) or fields.rest != NOBODY.encode() + b"\0":
            raise Complaint(f"not an anonymous login of before 4.1: {payload!r}")
        return {"user": NOBODY}
    capabilities = int.from_bytes(fields.take(4), "little")
    fields.take(5)
    if any(fields.take(23)):
        raise Complaint("reserved bytes that are not zero")
    login = {"capabilities": capabilities, "user": fields.until_nul().decode()}
    if capabilities & PLUGIN_AUTH_LENENC:
        login["proof"] = fields.counted()
    elif capabilities & SECURE_CONNECTION:
        login["proof"] = fields.take(fields.take(1)[0])
    else:
        login["proof"] = fields.until_nul()
    if capabilities & CONNECT_WITH_DB:
        login["database"] = fields.until_nul().decode()
    if capabilities & PLUGIN_AUTH:
        login["plugin"] = fields.until_nul()
    if capabilities & CONNECT_ATTRS:
        attributes = Fields(fields.counted())
        login["attributes"] = {}
        while attributes.rest:
            name = attributes.counted()
            login["attributes"][name] = attributes.counted()
    judge_login(login, fields.rest, offered, secured)
    judge_name(login, user, database, secured)
    return login


def judge_capabilities(asked, offered):
    """Bit 0 is no demand: a client sets it, MariaDB does not offer it."""
    demands = SSL | CONNECT_WITH_DB | PLUGIN_AUTH | CONNECT_ATTRS | PLUGIN_AUTH_LENENC
    if offered is not None and asked & ~offered & demands:
        raise Complaint(f"asks for {asked:#x}, offered was {offered:#x}")


def judge_login(login, rest, offered, secured):
    """The rules of a login that does not count against its host."""
    asked = login["capabilities"]
    if not asked & PROTOCOL_41:
        raise Complaint(f"capabilities {asked:#x} of a login")
    if secured is None and asked & SSL:
        raise Complaint(f"capabilities {asked:#x} of a login in clear")
    if secured is not None and asked != secured:  # MySQL 9.7: bad handshake (measured)
        raise Complaint(f"capabilities {asked:#x} inside TLS, {secured:#x} in the SSLRequest")
    judge_capabilities(asked, offered)
    lengths = {b"caching_sha2_password": (0, 32)}.get(login.get("plugin"), (0, 20))
    if len(login["proof"]) not in lengths:  # other lengths count (measured)
        raise Complaint(f"a proof of {len(login['proof'])} bytes")
    if rest:
        raise Complaint(f"{len(rest)} bytes behind the end of the login: {rest[:40]!r}")
    attributes = login.get("attributes")
    if attributes is not None and not any(b"obprobe" in value for value in attributes.values()):
        raise Complaint(f"no connection attribute names the program: {attributes}")


def judge_name(login, user, database, secured):
    """Whose login it is. Flags bind an anonymous one inside TLS to name a database, an empty one."""
    if login["user"] != (user or NOBODY):
        raise Complaint(f"logs in as {login['user']!r}")
    named = login.get("database")
    if user is None and any(login["proof"]):
        raise Complaint(f"an anonymous login with a proof: {login['proof'].hex()}")
    if user is None and named is not None and (secured is None or named != ""):
        raise Complaint(f"an anonymous login for the database {named!r}")
    if user is not None and named != database:
        raise Complaint(f"logs in to {named!r}, not to {database!r}")
