"""OceanBase's usual ports: what the program says of one by its number, where nobody greets.

The ports are the real ones, on loopback addresses of their own, so that they are free.
"""

import contextlib
import socket

from double import BACKLOG
from harness import LATE, PROCESS_START, expect, expect_equal, obprobe
from oceanbase_suite import suite
from scripted import Server, close

RPC, OBPROXY = 2882, 2883
# Who listens there by default, as the advice has it; all of them speak something else than SQL.
NO_SQL = {2882: "RPC port of an OceanBase observer", 2884: "Prometheus", 2885: "RPC port for OBKV",
          2886: "obshell", 2983: "binlog service", 8088: "obagent", 8089: "obagent"}
SILENCE = 2   # seconds of the deadline


@contextlib.contextmanager
def closed(_host, _port):
    yield


@contextlib.contextmanager
def silent(host, port):
    """The kernel completes the connections, and nobody accepts them."""
    with socket.create_server((host, port), backlog=BACKLOG):
        yield


def hanging_up(host, port):
    return Server([close], host=host, port=port)


def check(number, port, listener, cause, circumstance, advice):
    host = f"127.28.{port % 256}.{number}"
    with listener(host, port):
        run = obprobe(suite.program, ["-t", str(SILENCE), f"{host}:{port}"], bound=SILENCE + LATE + PROCESS_START)
    expect(run.report, cause)
    expect_equal("circumstance", run.report.get("circumstance"), circumstance, str(run))
    first = run.report["advice"][0]
    expect_equal(f"{advice!r} in the first advice, {first!r}", advice in first, True, str(run))


for port, who in NO_SQL.items():
    suite.add(f"port {port}, refused", check, 1, port, closed, "refused.no-listener", "loopback.nothing-listens", who)
    if port != RPC:
        suite.add(f"port {port}, silent", check, 2, port, silent, "timed-out.greeting", None, who)
suite.add("port 2882, silent", check, 2, RPC, silent, "timed-out.greeting", "observer.rpc-port",
          "2881 on the observer, 2883 through an OBProxy")
suite.add("port 2883, silent", check, 2, OBPROXY, silent, "timed-out.greeting", "obproxy.silent", "Recv-Q")
suite.add("port 2883, refused", check, 1, OBPROXY, closed, "refused.no-listener",
          "loopback.nothing-listens", "ss -ltnp")
suite.add("port 2883, closed without a byte", check, 3, OBPROXY, hanging_up, "protocol.closed-before-greeting",
          "obproxy.closed-before-greeting", "If there is such a list")
