"""What the suites of the command line share: targets that listen in silence, and what is said of slips."""

import contextlib
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Failure, expect_equal, free_port, run_program

BOUND = 5
SECRET = "s3cret"


@contextlib.contextmanager
def listener():
    """Connections are completed by the kernel, and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(BOUND)
        yield server


def target_of(server):
    return f"127.0.0.1:{server.getsockname()[1]}"


def expect_untouched(server):
    """A connection made before would be waiting here."""
    server.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        server.accept()
        raise Failure("a connection was made")


def fill(texts, server):
    refused, other = free_port(), free_port()
    names = {"live": target_of(server), "silent": target_of(server), "refused": f"127.0.0.1:{refused}",
             "other": f"127.0.0.1:{other}", "refused_port": refused}
    return [re.sub(r"\{(\w+)\}", lambda found: str(names[found[1]]), text) for text in texts]


def expect_single_line(run, pattern):
    lines = run.stderr.decode().splitlines()
    if len(lines) != 1 or not lines[0].startswith("obprobe: ") or not re.search(pattern, lines[0]):
        raise Failure(f"not one line with {pattern!r}: {run}")
    if re.search(r"[\x00-\x1f\x7f]", lines[0]):
        raise Failure(f"control characters: {run}")


def expect_refused(run, pattern):
    """Exit 2, one line, and no password in it."""
    expect_equal("the exit code", run.exit_code, 2, run)
    expect_equal("standard output", run.stdout, b"", run)
    expect_single_line(run, pattern)
    if SECRET in run.stderr.decode():
        raise Failure(f"the password is told: {run}")


def bad_input(program, arguments, stdin, pattern):
    """Refused, and nothing is sent: {live} in the arguments is a target that sees no connection."""
    with listener() as server:
        words = fill(arguments, server)
        text = fill([stdin or ""], server)[0].encode()
        expect_refused(run_program([program, *words], BOUND, text), pattern)
        expect_untouched(server)
