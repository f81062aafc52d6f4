"""TLS for scripted servers: steps that do it right, and steps that break off on the way.

TLS runs over memory, so that a step decides which bytes go out, and in which pieces. Contexts are made
from the certificates of tests/live/certificates.py; `made` holds them while the suite runs:

    with made: sys.exit(suite.run())
    [say(greeting(capabilities=TLS_OFFERED)), start_tls(), hear_login, …]      inside TLS from there on
"""

import os
import ssl
import sys
import threading

from packets import Complaint, parse_ssl_request
from scripted import hold

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))  # it has a login_test, too
from certificates import Certificates

TLS_OFFERED = 0xDFFFFFFF
HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC, APPLICATION_DATA = 22, 21, 20, 23
NAME = "localhost"


class Made:
    """Certificates for localhost and 127.0.0.1, and a context for each way to be a server."""

    def __init__(self):
        self.certificates = Certificates(NAME, addresses=("127.0.0.1", "192.0.2.1"))
        self.lock = threading.Lock()
        self.contexts = {}

    def __enter__(self):
        self.certificates.__enter__()
        return self

    def __exit__(self, *exception):
        self.certificates.__exit__(*exception)

    def path(self, name):
        return self.certificates.path(name)

    def context(self, kind, version=None, client_ca=None):
        """kind: a certificate. version: the only one. client_ca: a certificate is asked for and needed."""
        with self.lock:
            key = (kind, version, client_ca)
            if key not in self.contexts:
                self.contexts[key] = self._context(kind, version, client_ca)
            return self.contexts[key]

    def _context(self, kind, version, client_ca):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates[kind], self.certificates.key)
        if version:
            context.minimum_version = context.maximum_version = version
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.certificates[client_ca])
        return context


made = Made()


class Layer:
    """TLS as a server, over memory."""

    def __init__(self, context):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def shake(self, data):
        """Whether the handshake is done with this; what goes out is in `outgoing`."""
        self.incoming.write(data)
        try:
            self.object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def open(self, data):
        """The plaintext in what came."""
        self.incoming.write(data)
        text = b""
        try:
            while part := self.object.read(65536):
                text += part
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        except ssl.SSLError as failure:
            if "ALERT" in (failure.reason or ""):
                return text  # the client's way to end it
            raise Complaint(f"no TLS record of this session: {failure}") from failure
        return text

    def seal(self, data):
        self.object.write(data)
        return self.outgoing.read()


# ---- hearing ----

def hear_ssl_request(peer):
    payload = peer.take_packet("the SSLRequest")
    if peer.sequence != 1:
        raise Complaint(f"the SSLRequest has sequence {peer.sequence}")
    peer.secured = parse_ssl_request(payload, peer.offered)


def take_record(peer, what):
    """A whole TLS record, its header included."""
    header = peer.take(5, what)
    if header[0] not in (HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC, APPLICATION_DATA) or header[1] != 3:
        raise Complaint(f"{what}: no TLS record: {header!r}")
    return header + peer.take(int.from_bytes(header[3:], "big"), what)


def hear_client_hello(peer):
    peer.hello = take_record(peer, "the ClientHello")
    if peer.hello[0] != HANDSHAKE or peer.hello[5] != 1:
        raise Complaint(f"no ClientHello: {peer.hello[:16]!r}")


def records(data):
    """Complete TLS records of a stream, then what is left of it."""
    found = []
    while len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5], "big"):
        length = 5 + int.from_bytes(data[3:5], "big")
        found.append(data[:length])
        data = data[length:]
    return found, data


def judge_secrecy(peer):
    """Behind an SSLRequest nothing but TLS goes out, whatever became of it."""
    if peer.secured is None:
        return
    found, rest = records(peer.heard[4 + 32:])
    starts = [record[:2] for record in found] + ([rest[:2]] if rest else [])
    for start in starts:
        if not CHANGE_CIPHER_SPEC <= start[0] <= APPLICATION_DATA or start[1:2] not in (b"\x03", b""):
            raise Complaint(f"plaintext behind the SSLRequest: {start!r}")


# ---- steps ----

def start_tls(kind="good", **how):
    """The SSLRequest, and the whole handshake."""
    def step(peer):
        hear_ssl_request(peer)
        finish_tls(kind, **how)(peer)
    return step


def finish_tls(kind="good", **how):
    """The handshake behind the SSLRequest, as the server. Alerts that it gives rise to are sent, and end it."""
    def step(peer):
        layer = Layer(made.context(kind, **how))
        done = False
        while not done:
            record = take_record(peer, "the handshake")
            try:
                done = layer.shake(record)
            finally:
                peer.send_raw(layer.outgoing.read())
        peer.tls = layer
        early, peer.inbox = peer.inbox, b""
        peer.inbox = layer.open(early)
        peer.inside += peer.inbox
    return step


def refuse_in_tls(kind="good", **how):
    """The handshake, which fails here: the server's alert goes out, and the client leaves."""
    def step(peer):
        hear_ssl_request(peer)
        try:
            finish_tls(kind, **how)(peer)
        except ssl.SSLError:
            hold(2)(peer)
            return
        raise Complaint("the handshake did not fail")
    return step


def begin_tls(send, kind="good", **how):
    """Answers the ClientHello with so many records of the server's first flight, or bytes (negative)."""
    def step(peer):
        hear_ssl_request(peer)
        hear_client_hello(peer)
        layer = Layer(made.context(kind, **how))
        layer.shake(peer.hello)
        flight = layer.outgoing.read()
        peer.send_raw(b"".join(records(flight)[0][:send]) if send > 0 else flight[:-send])
    return step


def say_raw(data):
    """Bytes beside whatever TLS there is."""
    return lambda peer: peer.send_raw(data)


def say_alert(description, level=2):
    return say_raw(bytes([ALERT, 3, 3, 0, 2, level, description]))


def close_notify(peer):
    """TLS ends in order, and the connection goes on."""
    try:
        peer.tls.object.unwrap()
    except ssl.SSLWantReadError:
        pass
    peer.send_raw(peer.tls.outgoing.read())
