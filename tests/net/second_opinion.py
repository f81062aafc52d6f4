"""What libmariadb says of the network's faults: kept in tests/data/libmariadb_network.tsv, for the document
that tests/server/differential_test.py writes. obprobe's causes are those that the table of faults promises.
"""

import os
import shutil
import subprocess

from differential_document import NETWORK_FILE, Measured, file_text
from faults import ROWS, words
from harness import Failure, Skip
from packets import NOBODY
from support import database
from topology import PORT, Topology

FAMILY = 4
BOUND = 30  # seconds; libmariadb gives up before
SHORT, LONG = 2, 5
# What the kernel finds out 3.1 s after the first SYN: libmariadb's text depends on its patience.
FOUND_LATE = ("unreachable.neighbour", "unreachable.host", "unreachable.behind-target", "local.link-down")


class SecondOpinion:
    """Adds cases for each row, and one that compares them with the file, or writes it."""

    def __init__(self, suite):
        built = os.path.join(os.path.dirname(suite.program), "tests", "libmariadb-says")
        self.says = shutil.copy(built, "/run/libmariadb-says")  # where an ordinary user can execute it
        self.update = suite.update
        self.rows = [row for row in ROWS if FAMILY in row.families]
        self.found = {}
        for row in self.rows:
            suite.add(f"libmariadb: {row.name}", self.measure, row)
        suite.add("libmariadb: tests/data/libmariadb_network.tsv is what was measured", self.compare, alone=True)

    def measure(self, row):
        answers = [self.ask(row, row.name, SHORT)]
        if "(110)" in answers[0].text and answers[0].cause in FOUND_LATE:
            answers.append(self.ask(row, f"{row.name}, {LONG} s to connect", LONG))
        self.found[row] = answers

    def ask(self, row, name, seconds):
        with Topology() as net:
            if row.listening:
                database(net, FAMILY)
            row.arrange(net, FAMILY)
            command = net.command("client", [self.says, f"--timeout={seconds}", words(FAMILY)[row.target], str(PORT),
                                             NOBODY, ""])
            done = subprocess.run(command, capture_output=True, timeout=BOUND, check=True)
        code, state, text = done.stdout.decode().rstrip("\n").split("\t")
        return Measured("", name, row.of(row.cause, FAMILY), int(code), state, text, False)

    def compare(self):
        if len(self.found) < len(self.rows):
            raise Skip(f"only {len(self.found)} of {len(self.rows)} faults were measured")
        text = file_text(answer for row in self.rows for answer in self.found[row])
        if self.update:
            NETWORK_FILE.write_text(text, encoding="utf-8")
        elif text != NETWORK_FILE.read_text(encoding="utf-8"):
            raise Failure(f"stale, write it with --update; measured:\n{text}")
