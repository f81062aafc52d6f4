"""docs/libmariadb.md from what was measured: a list of Measured, in the order of the tables."""

import collections
import pathlib
import re

# Of the faults of the network: name, cause, code, SQLSTATE and text. Written by tests/net/net_test.py.
NETWORK_FILE = pathlib.Path(__file__).resolve().parent.parent / "data" / "libmariadb_network.tsv"

HEAD = """\
<!-- Written by tests/server/differential_test.py --update: change the tables of tests/server instead. -->
# What libmariadb says

The same faults and servers, seen by obprobe and by libmariadb, MariaDB's client library for C. They are those
of obprobe's own tests: scripted servers on loopback, each started anew for either, and a network of its own.
libmariadb is used as a plain application uses it: the blocking calls, 2 s to connect and 2 s for each read,
TLS where obprobe used TLS or was told to, one `SELECT 1`. Measured with {versions}

- Both get the same user and password, and what `--ssl-…` says. Without a password both are `obprobe_nobody`;
  a denial is then what obprobe expects: `ready.handshake`.
- The scripts were written for obprobe. A server that minds how it is spoken to goes on with libmariadb as
  far as it can.
- A server waits 0.1 s before it closes or resets, so that the client is waiting for it. A reset without that wait
  races with libmariadb, which then says 2002 (115), as for a closed port, on about every second run: also where
  a greeting came first.
- *N* stands for a number that means nothing: what an earlier call left behind, which is 0, 11 or 115 by the
  timing. The other numbers are the same on every run: 104 is a reset, 110 that the time is up, and 115 behind
  2002 any failure to connect before that. ADDRESS is the server's, NAME a plugin's; long texts are cut.
- Left out are rows over a unix socket or off loopback, those that stop at `--until`, and these:
{left_out}
"""

OWN = """
## One text, many causes

libmariadb's own texts, the causes that obprobe found behind each, and in how many situations.

"""
PASSED_ON = """
## The server's words

What a server says itself is passed on with its code. {alone} such texts stood for one cause each, these for
several:

"""
COLUMNS = "| libmariadb | causes | of obprobe | situations |\n|---|---|---|---|\n"
SIDE_BY_SIDE = "\n## {section}\n\n{intro}| situation | obprobe | libmariadb |\n|---|---|---|\n"

LONGEST = 160
NORMAL = (
    (re.compile(r"(system error: )(?:0|11|115)$"), r"\1N"),
    (re.compile(r"^(Can't connect to server \()(?:0|11|115)(\)\.)$"), r"\1N\2"),
    (re.compile(r"(?<= on ')[^']*(?=' \()"), "ADDRESS"),
    # the text ends where its buffer does
    (re.compile(r"^Plugin \S* could not be loaded: .*"), "Plugin NAME could not be loaded: …"),
    (re.compile(r"^Plugin p{100,}.*"), "Plugin NAME could not be loaded: …"),
)

# One situation: its section and name, obprobe's cause, libmariadb's code, SQLSTATE and text, and whether
# it asked something on the terminal. No code: there was no answer.
Measured = collections.namedtuple("Measured", "section name cause code sqlstate text asks")


# ---- what is measured elsewhere ----

def file_text(results):
    return "".join("\t".join((measured.name, measured.cause, str(measured.code), measured.sqlstate,
                              normal(measured.text))) + "\n" for measured in results)


def read_file(section):
    rows = [line.split("\t") for line in NETWORK_FILE.read_text(encoding="utf-8").splitlines()]
    return [Measured(section, name, cause, int(code), state, text, False) for name, cause, code, state, text in rows]


# ---- texts ----

def is_own(measured):
    """Whether the text is the library's, and not a server's that it passes on."""
    return (measured.code in (None, 0) or 2000 <= measured.code < 2100
            or "could not be loaded" in measured.text)


def normal(text):
    """Without what changes from run to run, or from machine to machine."""
    for pattern, replacement in NORMAL:
        text = pattern.sub(replacement, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def said(measured):
    if not measured.code:
        return measured.text
    state = "" if measured.sqlstate in ("HY000", "00000") else f" ({measured.sqlstate})"
    return f"{measured.code}{state}: {normal(measured.text)}"


def causes(group):
    return sorted({measured.cause for measured in group})


def by_text(results):
    """(text, what was measured under it), most causes first."""
    found = collections.defaultdict(list)
    for measured in results:
        found[said(measured)].append(measured)
    return sorted(found.items(), key=lambda item: (-len(causes(item[1])), -len(item[1]), item[0]))


# ---- Markdown ----

def markdown(text):
    """On one line, with what Markdown would take as markup made plain."""
    shown = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
    return re.sub(r"([\\`*_<>|\[\]~#&])", r"\\\1", shown)


def table_of_texts(groups):
    return COLUMNS + "".join(
        f"| {markdown(text)} | {len(causes(group))} | {', '.join(f'`{cause}`' for cause in causes(group))} "
        f"| {len(group)} |\n" for text, group in groups)


def texts(results):
    own = by_text(measured for measured in results if is_own(measured))
    passed_on = by_text(measured for measured in results if not is_own(measured))
    several = [(text, group) for text, group in passed_on if len(causes(group)) > 1]
    return (OWN + table_of_texts(own) + PASSED_ON.format(alone=len(passed_on) - len(several))
            + table_of_texts(several))


def side_by_side(results, section, intro):
    lines = [SIDE_BY_SIDE.format(section=section, intro=f"{intro}\n\n" if intro else "")]
    for measured in results:
        if measured.section == section:
            asks = " – and asks the user on the terminal" if measured.asks else ""
            lines.append(f"| {markdown(measured.name)} | `{measured.cause}` | {markdown(said(measured))}{asks} |\n")
    return "".join(lines)


def document(results, sections, versions, left_out):
    reasons = "\n".join(f"  - {markdown(name)}: {reason}" for name, reason in left_out.items())
    return (HEAD.format(versions=versions, left_out=reasons) + texts(results)
            + "".join(side_by_side(results, section, intro) for section, intro in sections.items()))
