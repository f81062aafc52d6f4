"""Steps of servers that know a password: each proof is held against it."""

import functools
import hashlib
import os
import struct
import subprocess
import tempfile

from harness import find_program, run_program
from packets import Complaint, auth_switch, result_set
from scripted import answer, hear_answer, say, take_login

USER, PASSWORD = "app", "k7#Vx!q2Zr0mWp5b"
NATIVE, CACHING_SHA2, SHA256 = b"mysql_native_password", b"caching_sha2_password", b"sha256_password"
CLEAR, DIALOG = b"mysql_clear_password", b"dialog"
OTHER_SALT = bytes(range(33, 53))


# ---- proofs ----

def mix(text, mask):
    return bytes(byte ^ mask[index % len(mask)] for index, byte in enumerate(text))


def scramble(plugin, password, salt):
    """What proves the password to native and caching_sha2; nothing for an empty one."""
    if not password:
        return b""
    if plugin == CACHING_SHA2:
        once = hashlib.sha256(password.encode()).digest()
        return mix(once, hashlib.sha256(hashlib.sha256(once).digest() + salt).digest())
    once = hashlib.sha1(password.encode()).digest()
    return mix(once, hashlib.sha1(salt + hashlib.sha1(once).digest()).digest())


def secrets(password, salts):
    """What must never come in clear: the password, its parts, what servers store of it, masks of it."""
    text = password.encode()
    sha1, sha256 = hashlib.sha1(text).digest(), hashlib.sha256(text).digest()
    found = {"the password": text, "its first half": text[:len(text) // 2],
             "its second half": text[len(text) // 2:], "SHA1": sha1, "SHA1 twice": hashlib.sha1(sha1).digest(),
             "SHA256": sha256, "SHA256 twice": hashlib.sha256(sha256).digest()}
    found.update({f"{name} in hexadecimal": value.hex().encode() for name, value in found.items()})
    found.update({"the password under the salt": mix(text, salt) for salt in salts})
    return found


# ---- keys ----

@functools.cache
def keys():
    """A folder with RSA keys of several sizes and one of another kind; NAME.pub is what a server sends."""
    folder = tempfile.TemporaryDirectory(prefix="obprobe-test-")
    openssl = find_program("openssl")
    for name, *how in (("2048", "RSA", "rsa_keygen_bits:2048"), ("1024", "RSA", "rsa_keygen_bits:1024"),
                       ("512", "RSA", "rsa_keygen_bits:512"), ("ec", "EC", "ec_paramgen_curve:P-256")):
        path = os.path.join(folder.name, name)
        run_program([openssl, "genpkey", "-algorithm", how[0], "-pkeyopt", how[1], "-out", path], bound=60)
        run_program([openssl, "pkey", "-in", path, "-pubout", "-out", path + ".pub"], bound=60)
    return folder


def key_path(name):
    return os.path.join(keys().name, name)


def say_key(name="2048"):
    """The public key as AuthMoreData."""
    def step(peer):
        with open(key_path(name + ".pub"), "rb") as file:
            answer(b"\x01" + file.read())(peer)
    return step


def decrypt(cipher):
    command = [find_program("openssl"), "pkeyutl", "-decrypt", "-inkey", key_path("2048"),
               "-pkeyopt", "rsa_padding_mode:oaep"]
    return subprocess.run(command, input=cipher, capture_output=True, check=False, timeout=30).stdout


# ---- steps ----

def hear_user(user=USER, password=PASSWORD, database=None, plugin=None):
    """The login of that user, with the proof that its plugin wants of the password."""
    def step(peer):
        login = take_login(peer, user, database)
        named = login.get("plugin", NATIVE)
        if plugin is not None and named != plugin:
            raise Complaint(f"the login names the plugin {named!r}, not {plugin!r}")
        if named not in (NATIVE, CACHING_SHA2):
            raise Complaint(f"the login names the plugin {named!r}, which proves nothing there")
        if login["proof"] != scramble(named, password, peer.salt):
            raise Complaint(f"not the proof of the password: {login['proof'].hex()}")
    return step


hear_app = hear_user()


def switch(plugin, salt=OTHER_SALT):
    def step(peer):
        peer.salt = salt
        answer(auth_switch(plugin, salt))(peer)
    return step


def hear_exactly(wanted, what):
    """One packet in sequence with that payload; a function of the connection gives it."""
    def step(peer):
        expected = (peer.sequence + 1) % 256
        payload = peer.take_packet(what)
        if peer.sequence != expected:
            raise Complaint(f"{what} with sequence {peer.sequence}, not {expected}")
        right = wanted(peer) if callable(wanted) else wanted
        if payload != right:
            raise Complaint(f"{what} is {payload[:80]!r}, not {right!r}")
    return step


def hear_proof(plugin, password=PASSWORD):
    return hear_exactly(lambda peer: scramble(plugin, password, peer.salt), "the proof")


def hear_password(password=PASSWORD):
    """The password itself, with its NUL: only where nobody else listens."""
    return hear_exactly(password.encode() + b"\0", "the password")


def hear_encrypted(password=PASSWORD):
    """The password and its NUL under the salt, encrypted for the server's key."""
    def step(peer):
        wanted = (peer.sequence + 1) % 256
        payload = peer.take_packet("the encrypted password")
        if peer.sequence != wanted or len(payload) != 256:
            raise Complaint(f"an encrypted password of {len(payload)} bytes, sequence {peer.sequence}")
        if mix(decrypt(payload), peer.salt) != password.encode() + b"\0":
            raise Complaint("what is encrypted is not the password")
    return step


def hear_harmless(*lengths):
    """An answer that proves nothing and does not count: so many zeros."""
    def step(peer):
        hear_answer(lengths)(peer)
        if any(peer.heard_last):
            raise Complaint(f"not only zeros: {peer.heard_last!r}")
    return step


ask_caching_sha2_key = hear_exactly(b"\x02", "the request of the key")
ask_sha256_key = hear_exactly(b"\x01", "the request of the key")


def hear_statement(peer):
    payload = peer.take_packet("the statement")
    if peer.sequence != 0 or payload != b"\x03SELECT 1 FROM DUAL":
        raise Complaint(f"the statement is {payload!r} with sequence {peer.sequence}")


say_row = say(result_set())


def statement_error(code, state):
    text = b"\xff" + struct.pack("<H", code) + b"#" + state.encode() + b"what the server says"
    return answer(text, 1)
