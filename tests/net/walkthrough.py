#!/usr/bin/env python3
"""docs/connection-refused.md is what happens: walkthrough.py PATH_TO_OBPROBE [--update].

Every command of that document is run again where it says, and must print what the document shows, but for the
figures that depend on the moment. --update writes the document from walkthrough.md, which has its words.

    walkthrough.md             the document without what the commands print
    situations.py              what is arranged before the commands of a situation run
    walkthrough_document.py    the document's form, and which of its figures may differ

A tool that is missing here, or is of another version than the document's, is a skip: its outputs are not compared,
and are kept by --update. Without permission to make namespaces: one counted skip.
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "server"),
                os.path.join(HERE, "..", "live")]
from harness import Failure, Skip, Suite, expect_equal, without_option_files
from net_test import prepare, refuse
from situations import FILES, OTHER_FILES, SITUATIONS
from topology import Topology
from walkthrough_document import (DOCUMENT, TEMPLATE, difference, put_together, seen, stale_text, take_apart, tidy,
                                  told)

BOUND = 30  # seconds; the longest command takes 6
FOLDER = "/run/bin"  # where an ordinary user can execute the program, whatever folder it was built in
TOOLS = ("ping", "telnet", "ss", "iptables", "nft")
VERSIONS = "versions"  # the situation in which the tools say theirs
PING_GROUPS = "0 2147483647"  # as systemd sets it: everybody may send echo requests


# ---- running commands ----

def tool_of(command):
    """The foreign tool that a command is about, "" for obprobe's own."""
    words = command.line.split()
    return next((tool for tool in TOOLS if tool in words), "")


def environment():
    sbin = os.pathsep.join((FOLDER, os.environ["PATH"], "/usr/sbin", "/sbin"))
    return {**without_option_files(), "PATH": sbin, "LC_ALL": "C"}


def is_installed(tool):
    return not tool or shutil.which(tool, path=environment()["PATH"]) is not None


def run_command(net, command):
    """What a user of that machine sees who types it."""
    shell = ["sh", "-c", command.line]
    if command.root:
        argv = ["ip", "netns", "exec", net.names[command.node], *shell]
    else:
        argv = net.command(command.node, shell, OTHER_FILES.get(command.situation, FILES))
    if tool_of(command) == "telnet":
        return on_terminal(argv)
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=environment(), timeout=BOUND, check=False)
    return done.stdout.decode()


def on_terminal(argv):
    """telnet reads from its terminal while it waits, and without one its first line is lost when it is ended."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(),
                          start_new_session=True) as process:
        os.close(theirs)
        try:
            heard = read_all(ours, time.monotonic() + BOUND)
        finally:
            process.kill()
            os.close(ours)
    # what is no text would be invisible, or do something to the reader's terminal
    return "".join(chr(byte) if 32 <= byte < 127 or byte == 10 else "." for byte in heard.replace(b"\r\n", b"\n"))


def read_all(descriptor, end):
    """Until the other side of the terminal is closed, which is an error here."""
    heard = b""
    while select.select([descriptor], [], [], max(end - time.monotonic(), 0))[0]:
        try:
            data = os.read(descriptor, 4096)
        except OSError:
            return heard
        heard += data
    raise Failure(f"still running after {BOUND} s: {heard!r}")


# ---- the suite ----

class Walkthrough:
    """Adds a case for each situation and tool, and those that look at the document as a whole."""

    def __init__(self, suite):
        self.update = suite.update
        self.template = TEMPLATE.read_text(encoding="utf-8")
        self.document = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
        self.written = take_apart(self.document)
        self.commands = list(take_apart(self.template))
        self.found = {}
        for situation in dict.fromkeys(command.situation for command in self.commands):
            suite.add(f"walk: {situation}", self.walk, situation)
        for tool in TOOLS:
            suite.add(f"walk: what {tool} says", self.compare_tool, tool, alone=True)
        suite.add("walk: the table at the end names what was seen", self.compare_table, alone=True)
        suite.add("walk: a changed word is noticed, a changed figure is not", self.notices, alone=True)
        suite.add("walk: docs/connection-refused.md", self.finish, alone=True)

    def walk(self, situation):
        """Runs the situation's commands one after the other; obprobe's are compared."""
        commands = [command for command in self.commands if command.situation == situation]
        with Topology() as net:
            net.set("client", "ipv4.ping_group_range", PING_GROUPS)
            SITUATIONS[situation](net)
            for command in commands:
                if is_installed(tool_of(command)):
                    self.found[command] = tidy(run_command(net, command))
        self.compare(command for command in commands if not tool_of(command))

    def compare(self, commands):
        """A Failure with all differences of these commands; none when the document is being written."""
        differences = [f"{command.node}: {command.line}\n{text}" for command in commands
                       if (text := difference(self.written.get(command, ""), self.found[command]))]
        if differences and not self.update:
            raise Failure("stale, write it with --update:\n" + "\n".join(differences))

    def compare_tool(self, tool):
        commands = [command for command in self.commands if tool_of(command) == tool]
        if not is_installed(tool):
            raise Skip(f"{tool} is not installed: {len(commands)} of the document's outputs were not compared")
        found = [command for command in commands if command in self.found]
        for command in found:
            if command.situation == VERSIONS and not self.update:
                self.expect_version(command)
        self.compare(found)

    def expect_version(self, command):
        here, there = self.found[command], self.written.get(command, "")
        if here != there:
            raise Skip(f"the document was written with {there!r}, and here is {here!r}")

    def outputs(self):
        """What was printed. The document's text stays where only figures differ, and where nothing could be run."""
        return {command: self.output(command) for command in self.commands}

    def output(self, command):
        written, found = self.written.get(command), self.found.get(command)
        same = written is not None and (found is None or not difference(written, found))
        return written if same else found

    def compare_table(self):
        known = {command: text for command, text in self.outputs().items() if text is not None}
        expect_equal("what the table says besides what was seen", told(self.template) - seen(known), set())
        expect_equal("what was seen and is not in the table", seen(known) - told(self.template), set())

    def notices(self):
        """The comparisons can fail: with what was just printed, changed by hand."""
        text = next(text for text in self.outputs().values() if "refused.no-listener (likely)" in (text or ""))
        for word, other in (("reset", "resets"), ("(likely)", "(certain)"), ("port 2883", "port 2884"), ("\n", "")):
            if not difference(text.replace(word, other, 1), text):
                raise Failure(f"{other!r} in place of {word!r} is not noticed in {text}")
        slower = re.sub(r"[\d.]+ ms", "987 ms", text)
        expect_equal("whether there is a figure to change", slower != text, True, text)
        expect_equal("what differs with another figure", difference(slower, text), "")
        self.notices_words()

    def notices_words(self):
        document = put_together(self.template, self.outputs())
        expect_equal("what differs in the document just made", stale_text(document, self.template), "")
        if not stale_text(document.replace("by hand", "by head", 1), self.template):
            raise Failure("a changed word of the document itself is not noticed")

    def finish(self):
        """The words are the template's; with --update the document is written."""
        outputs = self.outputs()
        missing = [command.line for command, text in outputs.items() if text is None]
        if missing:
            raise Failure(f"never run, and not in the document: {missing}")
        if self.update:
            DOCUMENT.write_text(put_together(self.template, outputs), encoding="utf-8")
        elif text := stale_text(self.document, self.template):
            raise Failure(f"stale, write it with --update:\n{text}")


def main():
    suite = Suite("a walk through a refused connection", sys.argv)
    reason = prepare()
    if reason:
        suite.only = ""
        suite.add("network namespaces", refuse, reason)
    elif os.access(suite.program, os.X_OK):
        os.makedirs(FOLDER)
        shutil.copy(suite.program, os.path.join(FOLDER, "obprobe"))
        if suite.update:  # the document shall show the figures of a machine that is not busy with all at once
            suite.jobs = 3
        Walkthrough(suite)
    return suite.run()


if __name__ == "__main__":
    sys.exit(main())
