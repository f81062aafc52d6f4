#!/usr/bin/env python3
"""A second opinion on every scripted server: obprobe's cause beside what libmariadb says of the same one.

Usage: differential_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N] [--update]

Prints both side by side, and holds docs/libmariadb.md, and the table of probe/render/libmariadb_texts.def,
against what was measured; --update writes the document. What libmariadb says of the network's faults is
measured by tests/net/net_test.py, which needs root, and read from its file. --full asks real services too,
which are printed and not written. libmariadb-says is looked for in the folder tests beside obprobe.
"""

import difflib
import os
import pathlib
import re
import ssl
import subprocess
import sys

# The first of these also makes the harness importable.
from differential_rows import LEFT_OUT, NETWORK, SECTIONS, real_services, scripted_situations
from differential_document import Measured, document, is_own, read_file, said
from harness import Failure, Skip, Suite, obprobe, run_program
from login_steps import keys
from login_suite import environment, filled
import login_suite
from tls_steps import made

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "docs" / "libmariadb.md"
TEXTS = ROOT / "probe" / "render" / "libmariadb_texts.def"
BOUND = 40  # seconds for obprobe; its promises are held by the suites that own the rows
HANGS = 8   # seconds after which libmariadb, whose waits are of 2 s, is given up

suite = Suite("libmariadb differential", sys.argv)
SAYS = os.path.join(os.path.dirname(suite.program), "tests", "libmariadb-says")
found = {}  # of each situation, what was measured
services = {}


# ---- one situation ----

def ask_obprobe(situation, variables):
    with situation.start() as (host, port):
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        user = ["-u", situation.user] if situation.user else []
        report = obprobe(suite.program, [*user, *situation.options, target], BOUND, environment=variables).report
    if situation.causes and report["cause"] not in situation.causes:
        raise Failure(f"obprobe says {report['cause']}, not {' or '.join(situation.causes)}")
    return report


def wants_tls(situation, report):
    """Where obprobe used it, or was told to."""
    used = any(address.get("evidence", {}).get("ssl_request_sent") for address in report["addresses"])
    return used or situation.option("--ssl-mode") in ("required", "verify-ca", "verify-identity")


def ask_libmariadb(situation, tls, variables):
    """code, SQLSTATE, text, and whether anything was asked on the terminal; it has none to ask on."""
    with situation.start() as (host, port):
        try:
            done = subprocess.run([SAYS, *situation.libmariadb_words(host, port, tls)], stdin=subprocess.DEVNULL,
                                  capture_output=True, env=variables, start_new_session=True, timeout=HANGS,
                                  check=True)
        except subprocess.TimeoutExpired:
            return None, None, f"hangs: ended after {HANGS} s", False
    code, state, text = done.stdout.decode(errors="backslashreplace").rstrip("\n").split("\t", 2)
    return int(code), state, text, bool(done.stderr)


def measure(situation, results):
    situation.options = filled(situation.options)
    variables = environment(situation.password) if situation.user else dict(os.environ)
    report = ask_obprobe(situation, variables)
    variables.pop("MYSQL_PWD", None)
    said_there = ask_libmariadb(situation, wants_tls(situation, report), variables)
    results[situation] = Measured(situation.section, situation.name, report["cause"], *said_there)


situations = scripted_situations()
for each in situations:
    suite.add(each.name, measure, each, found)
others = real_services() if suite.full else []
for each in others:
    suite.add(f"real service: {each.name}", measure, each, services)


# ---- what comes of it ----

def results():
    """All that was measured, here and in the network's suite, in the order of the tables."""
    if suite.only:
        raise Skip("not all situations were asked for")
    unknown = set(LEFT_OUT) - {case[0] for case in login_suite.suite.cases}
    if unknown:
        raise Failure(f"no such row to leave out: {unknown}")
    if len(found) < len(situations):
        raise Skip(f"only {len(found)} of {len(situations)} situations were measured")
    return [*read_file(NETWORK), *[found[situation] for situation in situations]]


def print_side_by_side():
    """Both, side by side"""
    rows = [*read_file(NETWORK), *found.values(), *services.values()]
    for measured in sorted(rows, key=lambda measured: (measured.section, measured.name)):
        print(f"    {measured.name[:70]:70}  {measured.cause:32}  {said(measured)}")


def minor(version):
    return ".".join(version.split(".")[:2])


def versions():
    """Of what makes the texts. A patch alone does not make the document stale."""
    library = run_program([SAYS, "--version"], bound=10).stdout.decode().strip()
    return f"libmariadb {minor(library)} and OpenSSL {minor(ssl.OPENSSL_VERSION.split()[1])}."


def written_document():
    """Skips what other versions of the libraries said otherwise."""
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    if text and versions() not in text:
        raise Skip(f"{DOCUMENT.name} was written with other versions than {versions()}")
    return text


def document_is_fresh():
    """docs/libmariadb.md is what was measured"""
    text = document(results(), SECTIONS, versions(), LEFT_OUT)
    if suite.update:
        DOCUMENT.write_text(text, encoding="utf-8")
    written = written_document()
    if written != text:
        lines = difflib.unified_diff(written.splitlines(), text.splitlines(), "written", "measured", "", "", 0, "")
        raise Failure("stale, write it with --update:\n" + "\n".join(list(lines)[:60]))


# ---- the table of the program ----

STRING = r'"(?:[^"\\]|\\.)*"'
ROW = re.compile(rf"^LIBMARIADB_TEXT\((\d+), ({STRING}),((?:\s*{STRING})+),(\s*NULL|(?:\s*{STRING})+)\)$",
                 re.MULTILINE)


def literal(source):
    """The text of string literals one behind the other."""
    return "".join(part[1:-1].replace('\\"', '"') for part in re.findall(STRING, source))


def texts():
    """The rows: code, fragment, causes."""
    source = TEXTS.read_text(encoding="utf-8")
    rows = [(int(code), literal(fragment), set(literal(named).split()))
            for code, fragment, named, _ in ROW.findall(source)]
    if len(rows) != len(re.findall(r"^LIBMARIADB_TEXT\(", source, re.MULTILINE)):
        raise Failure("a row cannot be read")
    return rows


def first_match(rows, measured):
    """As the program finds it."""
    return next((row for row in rows if row[0] == measured.code and row[1] in measured.text), None)


def table_names_what_was_measured():
    """Each row of libmariadb_texts.def names the causes that were measured under its text"""
    written_document()
    rows, wrong = texts(), []
    behind = {id(row): set() for row in rows}
    for measured in results():
        behind.get(id(first_match(rows, measured)), set()).add(measured.cause)
    for row in rows:
        code, fragment, named = row
        causes = behind[id(row)]
        if causes != named:
            wrong.append(f"{code} {fragment!r}: measured, not named {sorted(causes - named)}; "
                         f"named, not measured {sorted(named - causes)}")
    if wrong:
        raise Failure("\n".join(wrong))


def conflated_texts_have_a_row():
    """Each of the library's own texts that stood for several causes has a row of libmariadb_texts.def"""
    written_document()
    rows, behind = texts(), {}
    for measured in filter(is_own, results()):
        if measured.code and not first_match(rows, measured):
            behind.setdefault(said(measured), set()).add(measured.cause)
    missing = {text: sorted(causes) for text, causes in behind.items() if len(causes) > 1}
    if missing:
        raise Failure(f"no row: {missing}")


for function in (print_side_by_side, document_is_fresh, table_names_what_was_measured, conflated_texts_have_a_row):
    suite.add(function.__doc__, function, alone=True)

if __name__ == "__main__":
    with made, keys():
        sys.exit(suite.run())
