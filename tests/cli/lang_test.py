#!/usr/bin/env python3
"""The language of what is said: --lang, the locale, and what stays English.

Usage: lang_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]
"""

import json
import os
import re
import sys
import tempfile

from support import BOUND, bad_input, expect_refused
from harness import Failure, Suite, expect_equal, free_port, run_program

CHINESE = re.compile("[\u4e00-\u9fff]")
ZH, EN, GERMAN = "zh_CN.UTF-8", "en_US.UTF-8", "de_DE.UTF-8"

# A name, the environment, --lang or None; whether people, and whether scripts, then read Chinese.
LANGUAGES = [
    ("no locale at all", {}, None, False, False),
    ("LANG=zh_CN.UTF-8", {"LANG": ZH}, None, True, False),
    ("LANG=zh", {"LANG": "zh"}, None, True, False),
    ("LANG=en_US.UTF-8", {"LANG": EN}, None, False, False),
    ("LANG=C", {"LANG": "C"}, None, False, False),
    ("LC_MESSAGES comes before LANG", {"LC_MESSAGES": ZH, "LANG": EN}, None, True, False),
    ("LC_MESSAGES comes before LANG, English", {"LC_MESSAGES": EN, "LANG": ZH}, None, False, False),
    ("LC_ALL comes before LC_MESSAGES", {"LC_ALL": ZH, "LC_MESSAGES": EN, "LANG": EN}, None, True, False),
    ("LC_ALL comes before all, English", {"LC_ALL": "C", "LC_MESSAGES": ZH, "LANG": ZH}, None, False, False),
    ("empty variables are none", {"LC_ALL": "", "LC_MESSAGES": "", "LANG": ZH}, None, True, False),
    ("another language is English", {"LC_ALL": GERMAN, "LANG": ZH}, None, False, False),
    ("LC_CTYPE says nothing", {"LC_CTYPE": ZH, "LANG": EN}, None, False, False),
    ("--lang=zh", {}, "zh", True, True),
    ("--lang=zh comes before the locale", {"LC_ALL": EN}, "zh", True, True),
    ("--lang=en comes before the locale", {"LC_ALL": ZH}, "en", False, False),
]

# What cannot be: the arguments behind a target, and what is said.
BAD = [
    ("--lang=xx", ["--lang=xx"], r"option '--lang': 'xx' is not one of en, zh$"),
    ("--lang=ZH", ["--lang=ZH"], r"option '--lang': 'ZH' is not one of en, zh$"),
    ("--lang=zh_CN", ["--lang=zh_CN"], r"'zh_CN' is not one of en, zh$"),
    ("--lang without a value", ["--lang", "-v"], r"option '--lang' needs a value \(LANG\)"),
    ("--lang with an empty value", ["--lang="], r"option '--lang': its value is empty"),
]

suite = Suite("language", sys.argv)


def run(arguments, environment=None):
    return run_program([suite.program, *arguments], BOUND, environment={**os.environ, **(environment or {})})


def lines(arguments, environment=None):
    return run(arguments, environment).stdout.decode().splitlines()


def refused():
    return f"127.0.0.1:{free_port()}"


def expect_chinese(what, text, wanted):
    if bool(CHINESE.search(text)) != wanted:
        raise Failure(f"{what} is {'not ' if wanted else ''}Chinese: {text}")


def language(environment, option, people, scripts):
    arguments = [refused(), *([f"--lang={option}"] if option else [])]
    expect_chinese("the human format", "\n".join(lines(arguments, environment)[1:]), people)
    expect_chinese("JSON", "\n".join(lines([*arguments, "-o", "json"], environment)), scripts)


for row in LANGUAGES:
    suite.add(row[0], language, *row[1:])
for row in BAD:
    suite.add(row[0], bad_input, suite.program, ["{live}", *row[1]], None, row[2])


@suite.case
def verdict_line_is_the_same():
    """The verdict line is the same in both languages."""
    target = refused()
    english, chinese = lines([target, "--lang=en"]), lines([target, "--lang=zh"])
    expect_equal("the verdict line", chinese[0], english[0])
    expect_equal("the number of lines", len(chinese), len(english))
    if any(line == other for line, other in zip(english[1:], chinese[1:])):
        raise Failure(f"a line is the same: {english} {chinese}")


def identifiers(value):
    """A report without its sentences, and without what is measured anew in each run."""
    said = {"summary", "advice", "text", "rule", "drivers", "explanation", "category_meaning", "source"}
    measured = {"seconds", "time", "rtt_seconds", "source_address"}
    if isinstance(value, dict):
        return {key: identifiers(item) for key, item in value.items() if key not in said | measured}
    return [identifiers(item) for item in value] if isinstance(value, list) else value


@suite.case
def identifiers_are_the_same():
    """JSON has the same keys and identifiers in both languages."""
    target = refused()
    english = run([target, "-o", "json", "--lang=en"]).report
    chinese = run([target, "-o", "json", "--lang=zh"]).report
    expect_equal("the report", identifiers(chinese), identifiers(english))
    expect_chinese("the summary", chinese["summary"], True)
    for item in chinese["advice"]:
        expect_chinese("an item of advice", item, True)


@suite.case
def causes_are_listed_in_both():
    """--list-causes speaks both, and JSON English by default."""
    english = lines(["--list-causes"])
    chinese = lines(["--list-causes"], {"LANG": ZH})
    ids = [line for line in english if re.fullmatch(r"  [a-z-]+\.[a-z-]+", line)]
    expect_equal("the identifiers", [line for line in chinese if line in ids], ids)
    for line in chinese:
        if line not in ids:
            expect_chinese("a line", line, True)
    rows = [json.loads(line) for line in lines(["--list-causes", "-o", "json"], {"LANG": ZH})]
    expect_chinese("JSON", json.dumps(rows, ensure_ascii=False), False)
    rows_zh = [json.loads(line) for line in lines(["--list-causes", "-o", "json", "--lang=zh"])]
    expect_equal("the rows", identifiers(rows_zh), identifiers(rows))
    for row in rows_zh:
        for key in ("summary", "explanation", "category_meaning"):
            expect_chinese(key, row[key], True)


@suite.case
def help_and_errors_stay_english():
    """--help, --version, errors and warnings are English in a Chinese locale."""
    for arguments in (["--help"], ["--version", "-v"], ["--trace"], [], ["127.0.0.1:1", "--lang=yy"]):
        told = run(arguments, {"LC_ALL": ZH})
        expect_chinese("what is said", (told.stdout + told.stderr).decode(), False)
    warned = run([refused(), "--until=connect", "--lang=zh"])
    expect_chinese("the warning", warned.stderr.decode(), False)


@suite.case
def what_is_understood():
    """--no-probe speaks both."""
    expect_chinese("--no-probe", "\n".join(lines(["--no-probe", "db1,db2", "--lang=en"])), False)
    expect_chinese("--no-probe", "\n".join(lines(["--no-probe", "-u", "app", "db1", "--lang=zh"])), True)
    both = [lines(["--no-probe", "jdbc:mysql://db1,db2/shop", f"--lang={name}"]) for name in ("en", "zh")]
    expect_equal("the number of lines", len(both[1]), len(both[0]))


@suite.case
def count_of_targets():
    """The count behind several targets is said in both."""
    targets = [refused(), refused()]
    expect_equal("the last line", lines([*targets, "--lang=en"])[-1], "0 of 2 targets ready")
    expect_equal("the last line", lines([*targets, "--lang=zh"])[-1], "2 个目标中有 0 个就绪")


def with_file(text, arguments, environment=None):
    with tempfile.NamedTemporaryFile("w", suffix=".cnf", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        return run([f"--defaults-file={file.name}", *arguments], environment)


@suite.case
def option_file():
    """lang may stand in an option file, behind the command line and before the locale."""
    target = refused()
    told = with_file("[obprobe]\nlang=zh\n", [target], {"LANG": EN})
    expect_chinese("the human format", told.stdout.decode(), True)
    told = with_file("[obprobe]\nlang=zh\n", [target, "--lang=en"], {"LANG": ZH})
    expect_chinese("the human format", told.stdout.decode(), False)
    told = with_file("[obprobe]\nlang=en\n", [target], {"LANG": ZH})
    expect_chinese("the human format", told.stdout.decode(), False)
    expect_refused(with_file("[obprobe]\nlang=fr\n", [target]), r"line 2: .*'fr' is not one of en, zh")


if __name__ == "__main__":
    sys.exit(suite.run())
