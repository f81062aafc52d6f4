#!/usr/bin/env python3
"""That the check of the translation sees what it is for: each row spoils a copy of the catalogue.

Usage: translations_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]
"""

import os
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import Failure, Suite, expect_equal, run_program

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHECK = str(ROOT / "scripts" / "translations")
CATALOGUE = ROOT / "po" / "zh_CN.po"
BOUND = 60

# The entry of one text: its comments, msgid and msgstr, and the empty line behind.
ENTRY = r"(?m)^(?:#.*\n)*msgid \"The TLS handshake failed\.\"\nmsgstr \"[^\"]+\"\n\n"
FORMAT = r"(msgid \"libmariadb %s logged in too\.\"\nmsgstr \"[^\"]*)%s"

# A name, what is replaced and by what, and what is then said.
SPOILED = [
    ("a text without an entry", ENTRY, "", "The TLS handshake failed."),
    ("an empty translation", r"(msgid \"The TLS handshake failed\.\"\nmsgstr )\"[^\"]+\"", r'\1""',
     "The TLS handshake failed."),
    ("a fuzzy translation", r"(?=msgid \"The TLS handshake failed\.\"\n)", "#, fuzzy\n", "fuzzy"),
    ("an obsolete entry", r"\Z", '\n#~ msgid "What was said once."\n#~ msgstr "曾经的文字。"\n', "What was said once."),
    ("an entry of no text", r"\Z", '\nmsgid "What is said nowhere."\nmsgstr "没有的文字。"\n', "What is said nowhere."),
    ("a conversion of another type", FORMAT, r"\1%d", "for argument 1 are not the same"),
    ("a conversion that is missing", FORMAT, r"\1", "does not match"),
    ("no catalogue at all", r"(?s)\A.*\Z", "msgid", "spoiled.po"),
]

suite = Suite("translations", sys.argv, jobs=2)


def check(text):
    """The check's run over a catalogue of that text."""
    with tempfile.TemporaryDirectory(prefix="obprobe-test-") as folder:
        path = pathlib.Path(folder) / "spoiled.po"
        path.write_text(text, encoding="utf-8")
        return run_program([CHECK, "--check", str(path)], BOUND)


@suite.case
def everything_is_translated():
    """The catalogue is complete and as the command leaves it."""
    run = run_program([CHECK, "--check"], BOUND)
    expect_equal("the exit code", run.exit_code, 0, run)


def spoiled(pattern, replacement, words):
    text = CATALOGUE.read_text(encoding="utf-8")
    bad = re.sub(pattern, replacement, text, count=1)
    if bad == text:
        raise Failure(f"nothing was spoiled by {pattern}")
    run = check(bad)
    expect_equal("the exit code", run.exit_code, 1, run)
    if words not in (run.stdout + run.stderr).decode():
        raise Failure(f"{words!r} is not said: {run}")


for row in SPOILED:
    suite.add(row[0], spoiled, *row[1:])

if __name__ == "__main__":
    sys.exit(suite.run())
