"""docs/connection-refused.md: its commands, what they printed, and what of that may differ from run to run.

The template and the document have the same form. In a block of ```console stand commands, and in the document
behind each what it printed; a comment in front names the situation that they run in:

    <!-- situation: rule-drops -->
    ```console
    client$ obprobe db1.example:2883; echo $?
    server# iptables -nvL INPUT
    ```
"""

import collections
import difflib
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEMPLATE = pathlib.Path(__file__).resolve().parent / "walkthrough.md"
DOCUMENT = ROOT / "docs" / "connection-refused.md"
HEAD = "<!-- Written by tests/net/walkthrough.py --update: change tests/net/walkthrough.md instead. -->"

FENCE = "```"
CONSOLE = FENCE + "console"
SITUATION = re.compile(r"<!-- situation: (\S+) -->$")
PROMPT = re.compile(r"(client|r1|r2|server)([$#]) (.+)$")
VERDICT = re.compile(r"^\S+  [A-Z-]+  ([a-z-]+\.[a-z-]+) \(", re.MULTILINE)
ROW = re.compile(r"\|.*\| (`[^|]+`) \| ([0-9, ]+) \|$")

# The node that a command runs on, as root or not, and its line; in which situation.
Command = collections.namedtuple("Command", "situation node root line")

# Figures that depend on the machine and the moment. What is zero in a list of rules stays zero: it means something.
VARYING = (
    (re.compile(r"\b\d+(?:\.\d+)?(?:/\d+\.\d+)* ?(?:us|ms|s)\b"), "TIME"),
    (re.compile(r"\b\d+ of \d+ (SYNs?|echo requests?|datagrams?)\b"), r"N of N \1"),
    (re.compile(r"\b\d+ SYNs?\b"), "N SYNs"),
    (re.compile(r"\bSYNs to port \d+"), "SYNs to port N"),
    (re.compile(r"\b\d+ packets, \d+ bytes"), "N packets, N bytes"),
    (re.compile(r"\bpackets [1-9]\d* bytes [1-9]\d*"), "packets N bytes N"),
    (re.compile(r"^ *[1-9]\d* +[1-9]\d*(?= [A-Z]+ )"), "N N"),
)


# ---- taking apart, putting together ----

def marked(text):
    """Each line with the command that it is or that printed it, None for others: (line, command, is_output)."""
    situation, command, inside = "", None, False
    for line in text.splitlines():
        if line.startswith(FENCE):
            inside, command = line == CONSOLE, None
        elif not inside:
            named = SITUATION.match(line)
            situation = named[1] if named else situation
        elif prompt := PROMPT.match(line):
            command = Command(situation, prompt[1], prompt[2] == "#", prompt[3])
            yield line, command, False
            continue
        yield line, command, command is not None


def take_apart(text):
    """What each command printed: {Command: text}, in the order of the document."""
    outputs = {}
    for line, command, is_output in marked(text):
        if is_output:
            outputs[command].append(line)
        elif command in outputs:
            raise ValueError(f"twice in one situation: {command}")
        elif command:
            outputs[command] = []
    return {command: tidy("\n".join(lines)) for command, lines in outputs.items()}


def put_together(template, outputs):
    """The document of the template and of what its commands printed; a command without output has none."""
    lines = [HEAD]
    for line, command, _ in marked(template):
        if command and lines[-1] != CONSOLE:
            lines.append("")
        lines.append(line)
        lines += (outputs.get(command) or "").splitlines() if command else []
    return "\n".join(lines) + "\n"


def tidy(text):
    """Without white space at the ends of lines and of the text, which nobody sees."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


# ---- comparing ----

def normal(text):
    """The text with a mark in place of each figure that may differ."""
    lines = text.splitlines()
    for pattern, mark in VARYING:
        lines = [pattern.sub(mark, line) for line in lines]
    return lines


def difference(written, found):
    """What differs besides such figures; "" where nothing does."""
    lines = difflib.unified_diff(normal(written), normal(found), "document", "now", lineterm="", n=0)
    return "\n".join(lines)


def stale_text(document, template):
    """What differs in the document's own words; outputs are not looked at."""
    wanted = put_together(template, take_apart(document))
    lines = difflib.unified_diff(document.splitlines(), wanted.splitlines(), "document", "template", lineterm="", n=0)
    return "\n".join(lines)


# ---- the table at the end ----

def told(template):
    """Causes with their exit codes, as the rows of the table have them: {(cause, code)}."""
    rows = [found for line in template.splitlines() if (found := ROW.match(line))]
    pairs = set()
    for row in rows:
        causes, codes = row[1].replace("`", "").split(", "), row[2].split(", ")
        pairs |= set(zip(causes, codes, strict=True))
    return pairs


def seen(outputs):
    """The same of the outputs that end with an exit code behind one verdict."""
    pairs = set()
    for output in outputs.values():
        causes, last = VERDICT.findall(output), output.rpartition("\n")[2]
        if len(causes) == 1 and last.isdigit():
            pairs.add((causes[0], last))
    return pairs
