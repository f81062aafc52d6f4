"""The memory of the program once libmariadb is done, while it waits for another server: one copy of the
password, in memory that is locked and goes into no core dump, and nothing that was computed from it."""

import subprocess
import threading
import time

from harness import wait_until
from login_suite import (ANSWERED, DENIED, PLAIN, SHA2, TLS, TLS_SHA2, environment, filled, judge_server, suite)
from login_steps import (PASSWORD, USER, ask_caching_sha2_key, hear_app, hear_encrypted, hear_password, hear_statement,
                         say_key, say_row)
from memory import is_sanitized
from packets import FAST_AUTH_SUCCESS, OK, PERFORM_FULL_AUTHENTICATION
from password_memory import judge_memory
from scripted import Server, answer, hear_quit, hold, pause, say, until_gone
from tls_steps import start_tls

FAST, FULL = answer(FAST_AUTH_SUCCESS), answer(PERFORM_FULL_AUTHENTICATION)
SERVED = [answer(OK), hear_statement, say_row, hear_quit, hold()]


def look_behind(script, second, sent):
    """Two targets: libmariadb has been at the first one, the other one holds on to its connection."""
    reached = threading.Event()
    held = [pause(0.1), say(PLAIN), hear_app, lambda peer: reached.set(), hold()]
    with Server([*script, *ANSWERED], second) as first, Server(held) as other:
        command = [suite.program, "--client", "-u", USER, "-t", "20", *filled([first.target, other.target])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
            try:
                wait_until(lambda: reached.is_set() and len(first.peers) == 2 and first.peers[1].end, 10,
                           "the end of libmariadb's login")
                time.sleep(0.2)
                judge_memory(process.pid)
            finally:
                process.kill()
                process.communicate()
    judge_server(first, PASSWORD, sent, " ".join(command))


WAITS = [] if is_sanitized(suite.program) else [  # sanitizers keep copies of their own
    ("passed by native", [say(PLAIN), hear_app], [say(PLAIN), hear_app, *SERVED], 0),
    ("passed by caching_sha2", [say(SHA2), hear_app, FAST], [say(SHA2), hear_app, FAST, *SERVED], 0),
    ("passed inside TLS", [say(TLS), start_tls(), hear_app], [say(TLS), start_tls(), hear_app, *SERVED], 0),
    ("passed by the password inside TLS", [say(TLS_SHA2), start_tls(), hear_app, FULL, hear_password()],
     [say(TLS_SHA2), start_tls(), hear_app, FULL, hear_password(), *SERVED], 2),
    ("passed by RSA", [say(SHA2), hear_app, FULL, ask_caching_sha2_key, say_key(), hear_encrypted()],
     [say(SHA2), hear_app, FULL, ask_caching_sha2_key, say_key(), hear_encrypted(), *SERVED], 0),
    ("failed by 1045", [say(PLAIN), hear_app], [say(PLAIN), hear_app, answer(DENIED), hold()], 0),
    ("failed by 1045 behind the password inside TLS", [say(TLS_SHA2), start_tls(), hear_app, FULL, hear_password()],
     [say(TLS_SHA2), start_tls(), hear_app, FULL, hear_password(), answer(DENIED), hold()], 2),
    ("failed by another certificate", [say(TLS), start_tls(), hear_app],
     [say(TLS), start_tls("wrong-name"), until_gone()], 0),
]
for name, proved, client, heard in WAITS:
    suite.add(f"memory once libmariadb {name}: one copy of the password, in no core dump", look_behind, proved, client,
              heard)
