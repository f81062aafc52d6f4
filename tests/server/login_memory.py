"""The memory of the program while it waits for a server, after it proved the password: one copy, in memory
that is locked and goes into no core dump, and nothing that was computed from it on the way."""

import contextlib
import os
import subprocess
import threading
import time

from harness import Skip, wait_until
from login_suite import PLAIN, SHA2, TLS, TLS_SHA2, environment, filled, judge_server, socket_path, suite
from login_steps import (CACHING_SHA2, CLEAR, PASSWORD, SHA256, USER, ask_caching_sha2_key, hear_app,
                         hear_encrypted, hear_password, hear_proof, hear_statement, say_key, switch)
from memory import is_sanitized
from packets import OK, PERFORM_FULL_AUTHENTICATION
from password_memory import judge_memory
from scripted import Server, answer, hold, say
from tls_steps import NAME, start_tls

FULL = answer(PERFORM_FULL_AUTHENTICATION)
VERIFY = ("--ssl-mode=verify-identity", "--ssl-ca={ca}")


def look_into(script, options, sent, over_socket):
    if os.getuid() != 0:
        raise Skip("the memory of an undumpable process is root's")
    reached = threading.Event()
    with socket_path() if over_socket else contextlib.nullcontext() as path:
        with Server([*script, lambda peer: reached.set(), hold()], path=path) as server:
            target = path or f"{NAME}:{server.port}"
            command = [suite.program, "-4", "-u", USER, "-t", "20", *filled(options), target]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment()) as process:
                try:
                    wait_until(lambda: reached.is_set() or server.complaints, 10, "the proof")
                    time.sleep(0.2)
                    judge_memory(process.pid)
                finally:
                    process.kill()
                    process.communicate()
    judge_server(server, PASSWORD, sent, " ".join(command))


WAITS = [] if is_sanitized(suite.program) else [  # sanitizers keep copies of their own
    ("a native proof", [say(PLAIN), hear_app], (), 0, False),
    ("a proof of caching_sha2", [say(SHA2), hear_app], (), 0, False),
    ("a proof inside TLS", [say(TLS), start_tls(), hear_app], (), 0, False),
    ("an AuthSwitch and another proof", [say(PLAIN), hear_app, switch(CACHING_SHA2), hear_proof(CACHING_SHA2)], (),
     0, False),
    ("the password inside TLS", [say(TLS_SHA2), start_tls(), hear_app, FULL, hear_password()], (), 1, False),
    ("the password of sha256 inside TLS", [say(TLS), start_tls(), hear_app, switch(SHA256), hear_password()], (), 1,
     False),
    ("mysql_clear_password inside verified TLS", [say(TLS), start_tls(), hear_app, switch(CLEAR), hear_password()],
     VERIFY, 1, False),
    ("mysql_clear_password over a socket", [say(PLAIN), hear_app, switch(CLEAR), hear_password()], (), 1, True),
    ("the password over a socket", [say(SHA2), hear_app, FULL, hear_password()], (), 1, True),
    ("the password encrypted by RSA",
     [say(SHA2), hear_app, FULL, ask_caching_sha2_key, say_key(), hear_encrypted()], (), 0, False),
    ("the statement", [say(PLAIN), hear_app, answer(OK), hear_statement], (), 0, False),
]
for name, proved, chosen, heard, by_socket in WAITS:
    suite.add(f"memory behind {name}: one copy of the password, in no core dump", look_into, proved, chosen, heard,
              by_socket)
