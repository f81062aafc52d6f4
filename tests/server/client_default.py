"""Whether libmariadb is asked without being told to: about one target, and not about several."""

import contextlib

from client_slow import GOOD
from harness import expect_equal, run_program
from login_suite import environment, suite
from login_steps import USER
from scripted import Server

# Options, targets ({}: a server of its own), standard input, and whether libmariadb is asked about each.
DEFAULTS = [
    ("one target, for people", [], ["{}"], "", True),
    ("one target, as JSON", ["-o", "json"], ["{}"], "", True),
    ("-q: nobody reads it, and the exit code is the same", ["-q"], ["{}"], "", True),
    ("a list of one target", ["-f", "-"], [], "{}\n", True),
    ("two targets", [], ["{}", "{}"], "", False),
    ("a list of two targets", ["-f", "-"], [], "{}\n{}\n", False),
    ("two targets and --client", ["--client"], ["{}", "{}"], "", True),
    ("one target and --no-client", ["--no-client"], ["{}"], "", False),
    ("--client, and later --no-client", ["--client", "--no-client"], ["{}"], "", False),
]


def default(options, targets, stdin, asked):
    count = len(targets) or stdin.count("{}")
    with contextlib.ExitStack() as held:
        servers = [held.enter_context(Server(*GOOD))
                   for _ in range(count)]
        at = [server.target for server in servers]
        words = [text.format(place) for text, place in zip(targets, at)]
        run = run_program([suite.program, "-u", USER, "-t", "4", *options, *words], 6,
                          stdin.format(*at).encode() if stdin else b"", environment())
        expect_equal("exit code", run.exit_code, 0, str(run))
        expect_equal("connections", [len(server.peers) for server in servers], [1 + asked] * count, str(run))


for title, options, *rest in DEFAULTS:
    suite.add(f"whether libmariadb is asked by itself: {title}", default, options, *rest)
