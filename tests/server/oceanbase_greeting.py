"""The greetings of OceanBase's two components, field by field.

Source-derived: built from facts read in the sources of oceanbase/obproxy (4.3, 4.0, 3.1), oceanbase/seekdb and
oceanbase/oceanbase, never captured. Each field names the source that it was read in.
"""

import os
import struct
from dataclasses import dataclass

SSL = 0x800
CONSTANT_SALT = b"a" * 8 + b"b" * 12  # oceanbase/obproxy 4.3 and 3.1: unless enable_proxy_scramble
NATIVE = b"mysql_native_password"


@dataclass(frozen=True)
class Profile:
    """What a component of one version says about itself."""
    version: bytes
    capabilities: int
    charset: int
    thread_bits: int


PROXY_43 = Profile(
    version=b"5.6.25",           # oceanbase/obproxy 4.3: the default, it can be configured
    capabilities=0x009FF7DF,     # oceanbase/obproxy 4.3: with MULTI_STATEMENTS
    charset=46,                  # oceanbase/obproxy 4.3: utf8mb4_bin
    thread_bits=0)               # oceanbase/obproxy 4.3: the top bit is never set
PROXY_40 = Profile(
    version=b"5.6.25",           # oceanbase/obproxy 4.0
    capabilities=0x009FF7DF,     # oceanbase/obproxy 4.0: as every 4.x
    charset=83,                  # oceanbase/obproxy 4.0: utf8_bin, as before it
    thread_bits=0)               # oceanbase/obproxy 4.0
PROXY_31 = Profile(
    version=b"5.6.25",           # oceanbase/obproxy 3.1
    capabilities=0x0098F7DF,     # oceanbase/obproxy 3.1: without MULTI_STATEMENTS
    charset=83,                  # oceanbase/obproxy 3.1: utf8_bin
    thread_bits=0)               # oceanbase/obproxy 3.1
OBSERVER_4 = Profile(
    version=b"5.7.25",           # oceanbase/oceanbase: the default, it can be configured
    capabilities=0x3098F7DF,     # oceanbase/oceanbase: bit 28 hidden row id, bit 29 LOB locator
    charset=46,                  # oceanbase/oceanbase: utf8mb4_bin
    thread_bits=0x80100000)      # oceanbase/seekdb: the top bit is always set; the others are a sample's
SEEKDB = Profile(
    version=b"5.7.25",           # oceanbase/seekdb
    capabilities=0x309CF7DF,     # oceanbase/seekdb
    charset=46,                  # oceanbase/seekdb
    thread_bits=0x80100000)      # oceanbase/seekdb


def greeting(profile, number, salt, tls):
    """The payload. number: which connection of the server it is. Comments: both are oceanbase/obproxy 4.3 and 3.1, and
    oceanbase/seekdb."""
    capabilities = profile.capabilities | (SSL if tls else 0)   # both: only where TLS is configured
    return (b"\x0a"                                             # both: protocol 10
            + profile.version + b"\0"
            + struct.pack("<I", profile.thread_bits | number)
            + salt[:8] + b"\0"
            + struct.pack("<H", capabilities & 0xFFFF)
            + bytes([profile.charset])
            + struct.pack("<H", 0)                              # both: status 0, where MySQL has autocommit
            + struct.pack("<H", capabilities >> 16)
            + bytes([len(salt) + 1])                            # both: 21
            + bytes(10)                                         # both: reserved
            + salt[8:] + b"\0"
            + NATIVE + b"\0")                                   # both: no other plugin is known


def random_salt():
    """oceanbase/seekdb, and oceanbase/obproxy with enable_proxy_scramble: random, and never a NUL."""
    return bytes(33 + byte % 94 for byte in os.urandom(20))


def read_greeting(payload):
    """Capabilities and salt of anybody's greeting."""
    behind = payload.index(0, 1) + 1
    capabilities = int.from_bytes(payload[behind + 13:behind + 15] + payload[behind + 18:behind + 20], "little")
    return capabilities, payload[behind + 4:behind + 12] + payload[behind + 31:behind + 43]
