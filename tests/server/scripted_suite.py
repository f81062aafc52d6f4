"""What the tables of scripted servers share: the suite, a probe, the usual greetings and answers."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import PROCESS_START, Suite, obprobe
from packets import error, greeting, mariadb_greeting, obproxy_greeting, observer_greeting
from scripted import answer, close, hear_login

READY = "ready.handshake"
MYSQL, MARIADB, OBPROXY, OBSERVER = greeting(), mariadb_greeting(), obproxy_greeting(), observer_greeting()
DENIED = error(1045, "28000", b"Access denied for user 'obprobe_nobody'@'localhost' (using password: NO)")
DENY = [hear_login, answer(DENIED), close]
NONSENSE = bytes.fromhex("9c1d6ea7f3285b90") * 8

suite = Suite("scripted servers", sys.argv)


def probe(arguments, bound, **keywords):
    """One run of the program, within `bound` seconds and the start of a process."""
    return obprobe(suite.program, arguments, bound=bound + PROCESS_START, **keywords)
