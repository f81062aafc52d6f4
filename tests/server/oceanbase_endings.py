"""What ends a connection to OceanBase's doubles without a word: time, malformed logins, wrong answers; and AuthSwitch.

Cases of oceanbase_test.py, by a client that does what the program never would.
"""

import contextlib
import ssl
import time

from oceanbase_suite import made, shown, suite
from oceanbase import RIGHT, SILENT, direct, through
from double import MOST_AT_A_TIME
from harness import Failure, expect_equal
from mysql import SSL, Client, caching_sha2_proof, native_proof  # of tests/live
from packets import packet

NATIVE = "mysql_native_password"


# ---- what ends a connection ----

def expect_closed(client, within):
    """The end of the stream, without a byte and without a reset, in these seconds from now."""
    begin = time.monotonic()
    client.socket.settimeout(within[1] + 1)
    rest = client.socket.recv(100)
    seconds = time.monotonic() - begin
    if rest or not within[0] <= seconds <= within[1]:
        raise Failure(f"{rest!r} after {seconds:.2f} s, not the end within {within}")


def no_login(scene, within, tls):
    with scene.start(made.context("good") if tls else None) as there:
        with Client("127.0.0.1", there.port) as client:
            if tls:
                client.start_tls()
            expect_closed(client, within)


for title, its_scene, its_times in (
        ("an OBProxy", through(), (9.5, 11)), ("an observer", direct(), (9.5, 11)),
        ("an OBProxy with less patience", through(login_seconds=0.3), (0.2, 1.5))):
    for its_tls in (False, True):
        suite.add(f"no login within its time is closed by {title}{', inside TLS' if its_tls else ''}", no_login,
                  its_scene, its_times, its_tls)
shown.add("proxy: slow")


def login_packet(capabilities, name=b"app@shop\0", proof=b"\0"):
    return capabilities.to_bytes(4, "little") + bytes(4) + bytes([46]) + bytes(23) + name + proof


PLAIN = 0x0008A205
MALFORMED = (
    ("half a login", packet(1, login_packet(PLAIN)[:30])),
    ("a name without its end", packet(1, login_packet(PLAIN, b"app", b""))),
    ("a proof shorter than it says", packet(1, login_packet(PLAIN, proof=b"\x14short"))),
    ("a wrong sequence number", packet(2, login_packet(PLAIN))),
    ("a login of before 4.1", packet(1, b"\x05\x24\0\0\0app\0")),
    ("CLIENT_SSL without TLS", packet(1, login_packet(PLAIN | SSL))),
    ("an SSLRequest where TLS is not configured", packet(1, login_packet(PLAIN | SSL)[:32])),
    ("a packet of 16 MB", b"\xff\xff\xff\x01"),
    ("HTTP", b"GET / HTTP/1.1\r\n\r\n"))


def malformed(scene, data):
    with scene.start() as there:
        with Client("127.0.0.1", there.port) as client:
            client.socket.sendall(data)
            expect_closed(client, (0, 2))
        expect_equal("logins", dict(there.entry.logins), {})


for title, bytes_sent in MALFORMED:
    suite.add(f"malformed, and closed by an OBProxy: {title}", malformed, through(), bytes_sent)
    suite.add(f"malformed, and closed by an observer: {title}", malformed, direct(), bytes_sent)


def login_without_ssl_in_tls(scene):
    with scene.start(made.context("good")) as there:
        with Client("127.0.0.1", there.port) as client:
            client.start_tls()
            client.write(login_packet(PLAIN))
            expect_closed(client, (0, 2))


def request_and_hello(scene):
    """The ClientHello in one segment with the SSLRequest: of which 36 bytes are read, the rest is TLS's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    with scene.start(made.context("good")) as there, Client("127.0.0.1", there.port) as client:
        shake(tls)
        client.socket.sendall(packet(1, login_packet(PLAIN | SSL)[:32]) + outgoing.read())
        client.socket.settimeout(5)
        for _ in range(100):
            incoming.write(client.socket.recv(65536))
            if shake(tls):
                return
        raise Failure("the handshake does not end")


def shake(tls):
    try:
        tls.do_handshake()
        return True
    except ssl.SSLWantReadError:
        return False


for title, its_scene in (("an OBProxy", through()), ("an observer", direct())):
    suite.add(f"a login inside TLS without CLIENT_SSL is closed by {title}", login_without_ssl_in_tls, its_scene)
    suite.add(f"no more than the SSLRequest is read before TLS by {title}", request_and_hello, its_scene)


# ---- AuthSwitch ----

def auth_switch(scene, tls, respond, closed):
    """A client that announces another plugin is asked for native, and has 20 bytes to say."""
    with scene.start(made.context("good") if tls else None) as there, Client("127.0.0.1", there.port) as client:
        if tls:
            client.start_tls()
        asked = client.log_in("app@shop", caching_sha2_proof(RIGHT, client.salt), "caching_sha2_password")
        plugin, salt = asked[1:].split(b"\0", 1)
        expect_equal("asked for", (asked[0], plugin.decode(), len(salt)), (0xFE, NATIVE, 21))
        if respond is not None:
            client.write(respond(native_proof(RIGHT, salt[:20])))
        if closed:
            expect_closed(client, closed)
        else:
            expect_equal("sequence of the OK", (client.read()[0], client.sequence), (0, 5 if tls else 4))


WITHOUT_PATIENCE = {"OBProxy": through(login_seconds=0.5), "observer": direct(login_seconds=0.5)}
for its_title, its_scene in (("OBProxy", through()), ("observer", direct())):
    for its_tls in (False, True):
        inside = " inside TLS" if its_tls else ""
        suite.add(f"AuthSwitch by the {its_title}{inside}: 20 bytes log in", auth_switch, its_scene, its_tls,
                  lambda proof: proof, None)
        for length in (0, 19, 21):
            suite.add(f"AuthSwitch by the {its_title}{inside}: {length} bytes are closed", auth_switch, its_scene,
                      its_tls, lambda proof, length=length: (proof + b"\0")[:length], (0, 2))
        suite.add(f"AuthSwitch by the {its_title}{inside}: silence is closed", auth_switch,
                  WITHOUT_PATIENCE[its_title], its_tls, None, (0.3, 2))


# ---- the bounds of a double ----

@suite.case
def bounded_listener():
    """A double serves so many connections at a time and closes what is more."""
    with direct().start() as there:
        clients = [Client("127.0.0.1", there.port) for _ in range(MOST_AT_A_TIME)]
        try:
            Client("127.0.0.1", there.port).close()
        except Failure as failure:
            expect_equal("one more", "end of stream" in str(failure), True)
        else:
            raise Failure("one more is greeted")
        finally:
            for client in clients:
                client.close()


def ends_at_once(tls, with_login):
    with through([SILENT]).start(made.context("good") if tls else None) as there:
        client = Client("127.0.0.1", there.port)
        if tls:
            client.start_tls()
        if with_login:
            client.socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                client.log_in("app@shop", native_proof(RIGHT, client.salt), NATIVE)
        left = time.monotonic()
    seconds = time.monotonic() - left
    client.close()
    if seconds > 2:
        raise Failure(f"{seconds:.1f} s to end")


for its_tls in (False, True):
    for title, its_login in (("a login is awaited", False), ("an observer is", True)):
        suite.add(f"a scene ends at once where {title}{', inside TLS' if its_tls else ''}", ends_at_once, its_tls,
                  its_login)
