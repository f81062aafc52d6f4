"""OceanBase's doubles themselves: their greetings beside the samples, login names, statements, limits.

Cases of oceanbase_test.py.
"""

import pathlib
import re

from oceanbase_suite import made, suite
from oceanbase import RIGHT, direct, through
from oceanbase_greeting import CONSTANT_SALT, OBSERVER_4, PROXY_31, PROXY_40, PROXY_43, greeting
from oceanbase_login import Name, read_name
from oceanbase_endings import NATIVE, expect_closed
from harness import Failure, expect_equal
from mysql import SSL, Client, native_proof  # of tests/live
from packets import obproxy_greeting, observer_greeting, packet

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "data" / "packets" / "packets.txt"


# ---- greetings ----

def sample(name):
    """The bytes of a sample; its comments are left out."""
    text = SAMPLES.read_text(encoding="ascii")
    found = re.search(rf"^\[{re.escape(name)}\] opening\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise Failure(f"no sample {name}")
    return bytes.fromhex("".join(line.partition("#")[0] for line in found[1].splitlines()))


def salt_of(bytes_of_greeting):
    behind = bytes_of_greeting.index(0, 5) + 1
    return bytes_of_greeting[behind + 4:behind + 12] + bytes_of_greeting[behind + 31:behind + 43]


def same_greeting(name, profile, number, tls, version):
    wanted = sample(name)
    payload = greeting(profile, number, salt_of(wanted), tls)
    if version:
        payload = payload.replace(profile.version, version, 1)
    expect_equal("greeting", packet(0, payload).hex(), wanted.hex())


for wanted_sample, its_profile, its_number, its_tls, its_version in (
        ("obproxy-4.3", PROXY_43, 5, False, None), ("obproxy-3.1", PROXY_31, 5, False, None),
        ("obproxy-4.3-scramble", PROXY_43, 9, True, b"5.7.25-OceanBase-v4.2.1.0"),
        ("observer-4", OBSERVER_4, 5, False, None)):
    suite.add(f"the double's greeting is the sample {wanted_sample}", same_greeting, wanted_sample, its_profile,
              its_number, its_tls, its_version)


@suite.case
def scripted_greetings():
    """The greetings of the scripted servers are the doubles'."""
    salt = b"0123456789abcdefghij"
    expect_equal("OBProxy", obproxy_greeting(thread=5), packet(0, greeting(PROXY_43, 5, CONSTANT_SALT, False)))
    expect_equal("observer", observer_greeting(thread=0x80100005, salt=salt),
                 packet(0, greeting(OBSERVER_4, 5, salt, False)))


def heard_greetings(scene, tls=False):
    """Two connections to the same: capabilities, salt and thread of each."""
    with scene.start(made.context("good") if tls else None) as there:
        for _ in range(2):
            with Client("127.0.0.1", there.port) as client:
                behind = client.greeting.index(0, 1) + 1
                yield client, int.from_bytes(client.greeting[behind:behind + 4], "little")


def greeting_facts(scene, tls, capabilities, salt, top_bit):
    (first, thread), (second, other) = heard_greetings(scene, tls)
    expect_equal("capabilities", (first.capabilities, second.capabilities), (capabilities,) * 2)
    expect_equal("the salt is the same twice", first.salt == second.salt, salt is not None)
    expect_equal("the salt is the constant", first.salt == CONSTANT_SALT, salt is not None)
    expect_equal("top bits of the threads", (thread >> 31, other >> 31), (top_bit,) * 2)
    expect_equal("threads differ", thread != other, True)


for title, its_scene, its_capabilities, its_salt, its_bit in (
        ("OBProxy 4.3", through(), 0x009FF7DF, CONSTANT_SALT, 0),
        ("OBProxy 4.0", through(proxy={"profile": PROXY_40}), 0x009FF7DF, CONSTANT_SALT, 0),
        ("OBProxy 3.1", through(proxy={"profile": PROXY_31}), 0x0098F7DF, CONSTANT_SALT, 0),
        ("OBProxy with enable_proxy_scramble", through(scramble=True), 0x009FF7DF, None, 0),
        ("observer", direct(), 0x3098F7DF, None, 1)):
    suite.add(f"greetings of {title}", greeting_facts, its_scene, False, its_capabilities, its_salt, its_bit)
    suite.add(f"greetings of {title} with TLS", greeting_facts, its_scene, True, its_capabilities | SSL, its_salt,
              its_bit)

# ---- names ----

for text, name in (
        ("app", Name("app")),
        ("app@shop", Name("app", "shop")),
        ("app#ob1", Name("app", None, "ob1")),
        ("app@shop#ob1", Name("app", "shop", "ob1")),
        ("app@shop#ob1:7", Name("app", "shop", "ob1", "7")),
        ("ob1:shop:app", Name("app", "shop", "ob1")),
        ("ob1-shop-app", Name("app", "shop", "ob1")),
        ("ob1.shop.app", Name("app", "shop", "ob1")),
        ("a-b-c", Name("c", "b", "a")),
        ("a-b", Name("a-b")),
        ("a-b.c", Name("a-b.c")),
        ("ob1:shop:an-app-of-ours", Name("an-app-of-ours", "shop", "ob1")),
        ("a-b-c@shop", Name("a-b-c", "shop")),
        ("root@proxysys", Name("root", "proxysys"))):
    suite.add(f"the login name {text}", lambda text, name: expect_equal(text, read_name(text), name), text, name)


# ---- statements, limits ----

def log_in(there, name="app@shop"):
    client = Client("127.0.0.1", there.port)
    return client, client.log_in(name, native_proof(RIGHT, client.salt), NATIVE)


def code_of(payload):
    return int.from_bytes(payload[1:3], "little") if payload[0] == 0xFF else payload[0]


def statement(scene, text, first_byte):
    with scene.start() as there:
        client, reply = log_in(there)
        with client:
            expect_equal("login", code_of(reply), 0)
            client.write(b"\x03" + text, 0)
            expect_equal("answer", (code_of(client.read()), client.sequence), (first_byte, 1))


suite.add("SELECT proxy_version() is answered by the proxy", statement, through(), b"SELECT proxy_version()", 1)
suite.add("SELECT proxy_version() is nothing to an observer", statement, direct(), b"SELECT proxy_version()", 1064)
suite.add("a statement is answered by the observer behind the proxy", statement, through(), b"SELECT 1 FROM DUAL", 1)
suite.add("an observer's error comes through the proxy", statement, through(), b"DROP TABLE t", 1064)


def second_session(scene, code):
    """One session is allowed: the next login gets the code, until the first has left."""
    with scene.start() as there:
        client, reply = log_in(there)
        expect_equal("the first", code_of(reply), 0)
        other, reply = log_in(there)
        other.close()
        expect_equal("the second", code_of(reply), code)
        client.write(b"\x01", 0)
        expect_closed(client, (0, 2))
        client.close()
        client, reply = log_in(there)
        client.close()
        expect_equal("the third", code_of(reply), 0)


for its_title, its_scene, its_code in (
        ("client_max_connections of the proxy", through(most_clients=1), 1203),
        ("the tenant's limit at the proxy", through(most_of_tenant=1), 1040),
        ("the tenant's limit at an observer", direct(tenant={"most_sessions": 1}), 1040),
        ("the user's limit at an observer", direct(user={"most_sessions": 1}), 1226)):
    suite.add(f"{its_title} counts sessions", second_session, its_scene, its_code)
