"""Text of the server that is made to do harm: to a terminal, to a reader of lines, by its length."""

import json
import re

from harness import LATE, Failure, expect
from packets import error, greeting, packet
from scripted import Server, answer, close, hear_login, hold, repeat, say
from scripted_suite import DENY, MYSQL, NONSENSE, probe, suite

# Escape sequences, C1, DEL, bidirectional controls, separators, broken UTF-8.
HOSTILE = ("\x1b[2J\x1b]0;owned\x07 \x7f \x9b31m \u202etxet\u2066 \u2028\u2029 \r\n\t\x08".encode()
           + b" \xff\xfe\xc3( \xf0\x9f end")
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x80-\x9f"
                       "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def judge_hostile(run, output):
    """The server's text is shown, and nothing of it reaches the terminal raw."""
    text = run.stdout.decode() + run.stderr.decode()  # UnicodeDecodeError: invalid UTF-8 came through
    found = FORBIDDEN.search(text)
    if found or (output == "human" and "\x7f" in text):
        raise Failure(f"{found.group() if found else 'DEL'!r} reached the terminal: {run}")
    if " end" not in text:
        raise Failure(f"the server's text is not shown at all: {run}")


def hostile_text(output, options, script):
    with Server(script, same=True) as server:
        run = probe(["-t", "4", *options, server.target], 4, output=output)
    judge_hostile(run, output)
    if output == "json" and "\\u001b[2J" not in json.dumps(run.report):
        raise Failure(f"the text did not survive: {run}")


HOSTILE_SCRIPTS = [
    ("version", [say(greeting(version=HOSTILE)), *DENY], ("-v",)),
    ("message after the login",
     [say(MYSQL), hear_login, answer(error(9999, "HY000", HOSTILE)), close], ("-v",)),
    ("message in the greeting's place", [say(packet(0, error(9999, None, HOSTILE))), close], ("-v",)),
    ("plugin name", [say(greeting(plugin=HOSTILE)), *DENY], ("-v", "-v")),
]
for where, hostile_script, verbosity in HOSTILE_SCRIPTS:
    for output_format in ("human", "json"):
        suite.add(f"a hostile {where} never reaches the terminal raw ({output_format})", hostile_text,
                  output_format, verbosity, hostile_script)


@suite.case
def flood():
    """A server that never stops sending is left at once, or at the deadline at the latest."""
    with Server([repeat(200, say(NONSENSE * 1000)), hold()]) as server:
        report = probe(["-t", "2", server.target], 2 + LATE).report
    expect(report, ("protocol.not-mysql", "protocol.malformed"))
