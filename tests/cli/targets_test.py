#!/usr/bin/env python3
"""What is understood of targets: every row of tests/data/targets.txt, alone and as lines of one list.

Usage: targets_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]
"""

import json
import os
import re
import sys

from support import BOUND, expect_single_line
from harness import Failure, Suite, expect_equal, run_program

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "targets.txt")
DEFAULTS = {"ssl_mode": "preferred", "timeout": 20, "connect_timeout": 5}
TEXTS = ("user", "database", "ssl_ca", "ssl_capath", "ssl_crl", "ssl_cert", "ssl_key", "ssl_cipher",
         "tls_version", "trust_store", "key_store", "server_public_key_path")
NUMBERS = ("timeout", "connect_timeout")
KEYS = {"mode", "hosts", "socket", "users", "password", "login", "input", "ignored", "ssl_mode",
        "get_server_public_key", *TEXTS, *NUMBERS}


def split_words(text):
    """`key=value` words; a value may hold blanks, up to the next key."""
    found, key = {}, None
    for word in text.split(" "):
        name, equals, value = word.partition("=")
        if equals and name in KEYS and name not in found:
            key, found[name] = name, value
        else:
            found[key] += " " + word
    return found


def read_table():
    """(text, what becomes of it or what is said against it)"""
    rows, text = [], None
    with open(TABLE, encoding="utf-8") as table:
        for line in table:
            line = line.rstrip("\n")
            if line.startswith("  "):
                rows.append((text, line.strip()))
                text = None
            elif line and not line.startswith("#"):
                text = line
    return rows


def endpoint(host):
    name = f"[{host['host']}]" if ":" in host["host"] else host["host"]
    return f"{name}:{host['port']}"


def spelt(report):
    """The report in the words of the table."""
    group = report.get("group")
    found = {"input": report["input"], "login": report["login"]}
    if group:
        found["mode"] = group["mode"]
    hosts = group["hosts"] if group else [report]
    if "socket" in report:
        found["socket"] = report["socket"]
    else:
        found["hosts"] = ",".join(endpoint(host) for host in hosts)
    if len({host.get("user") for host in hosts}) > 1:
        found["users"] = ",".join(host["user"] for host in hosts)
    found.update({key: report[key] for key in TEXTS if key in report})
    found["ssl_mode"] = report.get("ssl_mode", "")
    found.update({key: report[key] for key in NUMBERS})
    if report.get("get_server_public_key"):
        found["get_server_public_key"] = "true"
    return found


def expected(text, words):
    wanted = {**DEFAULTS, "input": text, "login": "anonymous", **split_words(words)}
    if wanted.pop("password", None) is not None:
        wanted["login"] = "credentials"
    wanted.pop("ignored", None)
    for key in NUMBERS:
        wanted[key] = float(wanted[key])
    return wanted


def expect_understood(text, words, report, context):
    found, wanted = spelt(report), expected(text, words)
    if "socket" in wanted:
        wanted["ssl_mode"] = ""
    expect_equal("what is understood", found, wanted, context)


def expect_secret(text, run):
    for secret in ("s3cretpw", "s3cretpx", "s3cret"):
        if secret in run.stdout.decode() or secret in run.stderr.decode():
            raise Failure(f"the password is told: {run}")


def good(program, text, words):
    run = run_program([program, "--no-probe", "-o", "json", text], BOUND)
    expect_secret(text, run)
    expect_equal("the exit code", run.exit_code, 0, run)
    expect_understood(text, words, json.loads(run.stdout), run)
    ignored = split_words(words).get("ignored")
    if ignored:
        expect_single_line(run, "warning: .*: " + ", ".join(ignored.split(",")) + "$")
    else:
        expect_equal("standard error", run.stderr, b"", run)


def bad(program, text, words):
    run = run_program([program, "--no-probe", "-o", "json", text], BOUND)
    expect_secret(text, run)
    expect_equal("the exit code", run.exit_code, 2, run)
    expect_equal("standard output", run.stdout, b"", run)
    line = run.stderr.decode()
    if words.endswith("$"):
        words = words.replace("$", "\n")
    if words not in line or line.count("\n") != 1:
        raise Failure(f"not one line with {words!r}: {run}")
    hint = re.search(r"; did you mean (\S+)\?$", line)
    if hint:
        again = run_program([program, "--no-probe", hint[1]], BOUND)
        expect_equal("the hint's exit code", again.exit_code, 0, again)


def as_a_list(program, rows):
    """All good rows as lines of one list, in their order, duplicates included."""
    lines = [(text, words) for text, words in rows if not words.startswith("!") and " #" not in text]
    text = "".join(f"{text}\n" for text, _ in lines).encode()
    run = run_program([program, "--no-probe", "-o", "json", "-q", "-f", "-"], BOUND, text)
    expect_secret("", run)
    expect_equal("the exit code", run.exit_code, 0, run)
    reports = [json.loads(line) for line in run.stdout.decode().splitlines()]
    expect_equal("the number of reports", len(reports), len(lines), run)
    for number, ((text, words), report) in enumerate(zip(lines, reports), 1):
        expect_equal("the line", report["line"], number, text)
        expect_understood(text, words, report, text)


def expect_rows(rows):
    if len(rows) < 150 or any(text is None for text, _ in rows):
        raise Failure(f"{len(rows)} rows, of which some have no text")


def main():
    suite = Suite("what targets mean", sys.argv, jobs=4)
    rows = read_table()
    for text, words in rows:
        if words.startswith("!"):
            suite.add(text, bad, suite.program, text, words[1:].strip())
        else:
            suite.add(text, good, suite.program, text, words)
    suite.add("all of them as a list", as_a_list, suite.program, rows)
    suite.add("the table has its rows", expect_rows, rows)
    sys.exit(suite.run())


if __name__ == "__main__":
    main()
