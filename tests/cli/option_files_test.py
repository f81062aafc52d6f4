#!/usr/bin/env python3
"""Option files: as MySQL's and MariaDB's own readers have them, and what becomes of them.

Usage: option_files_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

READ: a file's text, and what its [client] groups give, as `my_print_defaults` and libmariadb must have it,
too. Where libmariadb disagrees the row names what it makes of the key: it does not end values at '#', and
takes quotes off that do not belong together.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile

from support import BOUND, expect_single_line, listener, target_of
from harness import Failure, Suite, expect_equal, run_program

SECRET = "s3cret"

# name, text, entries, what libmariadb has instead
READ = [
    ("plain", "[client]\nuser=app\nport=3307\n", ["user=app", "port=3307"], {}),
    ("white space", "[client]\n  user =  app  \n\thost\t=\tdb1\t\n", ["user=app", "host=db1"], {}),
    ("CRLF", "[client]\r\nuser=app\r\n", ["user=app"], {}),
    ("comments", "# a\n; b\n[client]\n # c\n ; d\nuser=app\n", ["user=app"], {}),
    ("comment behind a value", "[client]\nuser=app # the one\n", ["user=app"], {"user": "app # the one"}),
    ("'#' in a value", "[client]\npassword=ab#cd\n", ["password=ab"], {"password": "ab#cd"}),
    ("'#' in quotes", '[client]\npassword="ab#cd"\nuser=\'a#b\'\n', ["password=ab#cd", "user=a#b"], {}),
    ("'#' escaped outside of quotes", "[client]\npassword=a\\#b\n", ["password=a\\"], {"password": "a\\#b"}),
    ("quotes", "[client]\nuser=\"a b\"\ndatabase=' c '\n", ["user=a b", "database= c "], {}),
    ("quotes in the middle", "[client]\nuser=a\"b\"\n", ['user=a"b"'], {}),
    ("a quote of two kinds", "[client]\nuser=\"a'\n", ["user=\"a'"], {"user": "a"}),
    ("a single quote", '[client]\nuser="\n', ['user="'], {"user": ""}),
    ("a quote left open", '[client]\nuser="a b\n', ['user="a b'], {"user": "a b"}),
    ("empty in quotes", '[client]\npassword=""\n', ["password="], {}),
    ("quotes escaped", '[client]\nuser="a\\"b"\n', ['user=a"b'], {}),
    ("escapes", "[client]\nuser=a\\sb\\\\c\\xd\\'e\\\"f\n", ["user=a b\\c\\xd'e\"f"], {}),
    ("escaped line end", "[client]\nuser=a\\nb\n", ["user=a\\nb"], {}),
    ("backslash at the end", "[client]\nuser=a\\\n", ["user=a\\"], {}),
    ("no value", "[client]\nuser\nport=1\n", ["user", "port=1"], {}),
    ("empty value", "[client]\nuser=\n", ["user="], {}),
    ("'=' in a value", "[client]\npassword=a=b\n", ["password=a=b"], {}),
    ("underscores", "[client]\nssl_ca=/x\n", ["ssl-ca=/x"], {}),
    ("loose-", "[client]\nloose-foo=1\nuser=a\n", ["loose-foo=1", "user=a"], {}),
    ("all groups", "[client]\nuser=a\n[client-server]\nuser=b\n[client-mariadb]\nuser=c\n",
     ["user=a", "user=b", "user=c"], {}),
    ("other groups", "[mysqld]\nuser=x\n[clients]\nuser=y\n[client]\nuser=a\n[mysql]\nuser=z\n", ["user=a"], {}),
    ("white space in a group", "[client ]\nuser=a\n", ["user=a"], {}),
    ("behind a group", "[client] # x\nuser=a\n", ["user=a"], {}),
    ("groups in upper case", "[Client]\nuser=a\n[CLIENT-SERVER]\nport=1\n", ["user=a", "port=1"],
     {"user": "", "port": ""}),
    ("white space in front of a group's name", "[ client]\nuser=a\n", [], {}),
    ("an unknown directive", "[client]\n!exclude x\nuser=a\n", ["user=a"], {}),
    ("the last one counts", "[client]\nuser=a\nuser=b\n", ["user=a", "user=b"], {}),
    ("nothing", "", [], {}),
    ("a comment alone", "# [client]\n#user=a\n", [], {}),
    ("UTF-8", "[client]\nuser=b\u00fccher\n", ["user=b\u00fccher"], {}),
]

# name, files (the first is read), entries; {dir} is their folder
INCLUDED = [
    ("!include", {"a": "[client]\nuser=a\n!include {dir}/b\nport=1\n", "b": "[client]\nuser=b\n"},
     ["user=a", "user=b", "port=1"]),
    ("!includedir in the order of names",
     {"a": "!includedir {dir}/d\n", "d/2.cnf": "[client]\nuser=2\n", "d/1.cnf": "[client]\nuser=1\n",
      "d/3.txt": "[client]\nuser=3\n"}, ["user=1", "user=2"]),
    ("the including group goes on", {"a": "[client]\n!include {dir}/b\nport=1\n", "b": "[mysqld]\nuser=b\n"},
     ["port=1"]),
    ("an include of an include", {"a": "!include {dir}/b\n", "b": "!include {dir}/c\n", "c": "[client]\nuser=c\n"},
     ["user=c"]),
]

# name, text, what is said
REFUSED = [
    ("an option without a group", "user=a\n", r"/a: line 1: an option before the first \[group\]"),
    ("a group without its end", "[client\nuser=a\n", r"/a: line 1: a group without its '\]'"),
    ("!include of nothing", "[client]\n!include {dir}/none\n", r"/none: No such file .*, included by .*/a, line 2"),
    ("!includedir of nothing", "!includedir {dir}/none\n", r"/none: No such file .*, included by .*/a, line 1"),
    ("!include without a path", "!include\n", r"/a: line 1: nothing to include"),
    ("a long line", "[client]\nuser=" + "x" * 5000 + "\n", r"/a: line 2: longer than 4096 bytes"),
    ("NUL bytes", "[client]\nuser=a\0b\n", r"/a: line 2: a NUL byte"),
    ("an include of itself ends", "!include {dir}/a\n", r"no target"),
    ("an unknown option", "[obprobe]\nspam=1\n", r"/a: line 2: unknown option 'spam'"),
    ("a mistyped option", "[obprobe]\ntimout=1\n", r"/a: line 2: unknown option 'timout'; did you mean timeout\?"),
    ("an option without its value", "[obprobe]\ntimeout\n", r"/a: line 2: option 'timeout' needs a value \(SEC\)"),
    ("a bad value", "[obprobe]\ntimeout=never\n", r"/a: line 2: option 'timeout': 'never' is not a number"),
    ("a bad port", "[client]\nport=0\n", r"/a: line 2: option 'port': port 0 is not between"),
    ("neither on nor off", "[obprobe]\nordered=maybe\n", r"/a: line 2: option 'ordered': 'maybe' is neither"),
    ("not built", "[obprobe]\ntrace\n", r"/a: line 2: option 'trace' is not built yet"),
    ("an answer in place of a probe", "[obprobe]\nhelp\n", r"/a: line 2: option 'help' belongs on the command line"),
    ("no probe at all", "[obprobe]\nno-probe\n", r"option 'no-probe' belongs on the command line"),
    ("a file in a file", "[obprobe]\ndefaults-file=/x\n", r"option 'defaults-file' belongs on the command line"),
    ("a long password", "[client]\npassword=" + "x" * 1100 + "\n", r"a password of more than 1024 bytes"),
    ("two targets", "[obprobe]\nhost=db1\nsocket=/s\n", r"-S is a target of its own"),
]

# name, [obprobe] and [client] of the file, arguments, keys of the report; None: the key is absent
MEANT = [
    ("a host of the file is the target", "[client]\nhost=db1\n", [], {"host": "db1", "port": 2883}),
    ("and has the port beside it", "[client]\nhost=db1\nport=3307\n", [], {"host": "db1", "port": 3307}),
    ("which -P overrides", "[client]\nhost=db1\nport=3307\n", ["-P", "1"], {"port": 1}),
    ("a target has not", "[client]\nhost=db1\nport=3307\n", ["db2"], {"host": "db2", "port": 2883}),
    ("but that of [obprobe]", "[obprobe]\nport=3307\n", ["db2"], {"host": "db2", "port": 3307}),
    ("a target's own port counts", "[obprobe]\nport=3307\n", ["db2:1"], {"port": 1}),
    ("so does its scheme's", "[obprobe]\nport=3307\n", ["mysql://db2"], {"port": 3306}),
    ("-P before the scheme's", "[obprobe]\nport=3307\n", ["mysql://db2", "-P", "1"], {"port": 1}),
    ("a host of [obprobe]", "[obprobe]\nhost=db1:5\n", [], {"host": "db1", "port": 5}),
    ("a URL as host", "[obprobe]\nhost=mysql://db1/shop\n", [], {"host": "db1", "port": 3306, "database": "shop"}),
    ("a socket of [obprobe]", "[obprobe]\nsocket=/s\n", [], {"socket": "/s"}),
    ("a socket of [client] is no target", "[client]\nsocket=/s\n", ["db1"], {"host": "db1", "socket": None}),
    ("user and database", "[client]\nuser=app\ndatabase=shop\n", ["db1"],
     {"user": "app", "database": "shop", "login": "anonymous"}),
    ("-u and -D before them", "[client]\nuser=app\ndatabase=shop\n", ["db1", "-u", "b", "-D", "c"],
     {"user": "b", "database": "c"}),
    ("a URL's before all", "[client]\nuser=app\n", ["mysql://x@db1/y", "-u", "b", "-D", "c"],
     {"user": "x", "database": "y"}),
    ("a password", f"[client]\nuser=app\npassword={SECRET}\n", ["db1"], {"login": "credentials", "user": "app"}),
    ("an empty password is one", "[client]\npassword=\"\"\n", ["db1", "-u", "app"], {"login": "credentials"}),
    ("--anonymous", f"[client]\npassword={SECRET}\n", ["db1", "--anonymous"], {"login": "anonymous"}),
    ("anonymous in the file", f"[client]\npassword={SECRET}\n[obprobe]\nanonymous\n", ["db1"], {"login": "anonymous"}),
    ("TLS", "[client]\nssl-mode=REQUIRED\ntls_version=TLSv1.3\n", ["db1"],
     {"ssl_mode": "required", "tls_version": "TLSv1.3"}),
    ("ssl", "[client]\nssl\n", ["db1"], {"ssl_mode": "required"}),
    ("ssl=1", "[client]\nssl=1\n", ["db1"], {"ssl_mode": "required"}),
    ("ssl=0", "[client]\nssl=0\n", ["db1"], {"ssl_mode": "disabled"}),
    ("skip-ssl", "[client]\nskip-ssl\n", ["db1"], {"ssl_mode": "disabled"}),
    ("skip_ssl=0", "[client]\nskip_ssl=0\n", ["db1"], {"ssl_mode": "preferred"}),
    ("disable-ssl", "[client]\ndisable-ssl\n", ["db1"], {"ssl_mode": "disabled"}),
    ("ssl-verify-server-cert", "[client]\nssl-verify-server-cert\n", ["db1"], {"ssl_mode": "verify-identity"}),
    ("skip-ssl-verify-server-cert", "[client]\nskip-ssl-verify-server-cert\n", ["db1"], {"ssl_mode": "preferred"}),
    ("--ssl-mode before the file's", "[client]\nssl-mode=REQUIRED\n", ["db1", "--ssl-mode=disabled"],
     {"ssl_mode": "disabled"}),
    ("a URL's mode before all", "[client]\nssl-mode=REQUIRED\n", ["mysql://db1?ssl-mode=disabled"],
     {"ssl_mode": "disabled"}),
    ("connect-timeout", "[client]\nconnect-timeout=3\n", ["db1"], {"connect_timeout": 3, "timeout": 20}),
    ("connect-timeout=0", "[client]\nconnect-timeout=0\n", ["db1"], {"connect_timeout": 5}),
    ("times of [obprobe]", "[obprobe]\ntimeout=7\nconnect_timeout=2.5\n", ["db1"],
     {"connect_timeout": 2.5, "timeout": 7}),
    ("-t before them", "[obprobe]\ntimeout=7\n", ["db1", "-t", "9"], {"timeout": 9}),
    ("a URL's time is shorter", "[obprobe]\ntimeout=7\n", ["jdbc:mysql://db1?socketTimeout=2000"], {"timeout": 2}),
    ("a time that is stated limits it", "[obprobe]\ntimeout=7\n", ["jdbc:mysql://db1?socketTimeout=60000"],
     {"timeout": 7}),
    ("a time that is not stated does not", "[client]\nconnect-timeout=2\n",
     ["jdbc:mysql://db1?connectTimeout=60000&socketTimeout=60000"], {"connect_timeout": 60, "timeout": 60}),
    ("unknown keys of clients", "[client]\ndefault-character-set=utf8\nspam\n", ["db1"], {"host": "db1"}),
    ("loose-", "[obprobe]\nloose-spam=1\nloose-timeout=7\n", ["db1"], {"timeout": 7}),
    ("a flag that is off", "[obprobe]\nget-server-public-key=off\n", ["db1"], {"get_server_public_key": None}),
    ("a flag that is on", "[obprobe]\nget-server-public-key=ON\n", ["db1"], {"get_server_public_key": True}),
    ("--no-defaults", "[client]\nuser=app\n", ["db1", "--no-defaults"], {"user": None}),
    ("the suffix's groups", "[client]\nuser=a\n[client_x]\nuser=b\n[obprobe_x]\nport=9\n",
     ["db1", "--defaults-group-suffix=_x"], {"user": "b", "port": 9}),
    ("without the suffix", "[client]\nuser=a\n[client_x]\nuser=b\n", ["db1"], {"user": "a"}),
]


@contextlib.contextmanager
def files_of(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text.replace("{dir}", folder))
        yield folder


def beside(program, name):
    return os.path.join(os.path.dirname(program), "tests", name)


def output_of(argv):
    environment = {**os.environ, "HOME": "/nonexistent"}
    run = subprocess.run(argv, capture_output=True, timeout=BOUND, env=environment, check=False)
    if run.returncode:
        raise Failure(f"{argv}: exit {run.returncode}: {run.stderr!r}")
    return run.stdout.decode()


def printed_defaults(path):
    """my_print_defaults, which leaves line ends and the names as they are."""
    text = output_of(["my_print_defaults", f"--defaults-file={path}", "client", "client-server", "client-mariadb"])
    entries = []
    for line in text.split("\n--"):
        if line.strip("\n"):
            name, equals, value = line.removeprefix("--").removesuffix("\n").partition("=")
            entries.append(name.replace("_", "-") + equals + value.replace("\n", "\\n"))
    return entries


def last_values(entries):
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def read(program, text, entries, other):
    with files_of({"a": text}) as folder:
        path = os.path.join(folder, "a")
        ours = output_of([beside(program, "option-file-print"), path]).splitlines()
        expect_equal("what is read", ours, entries)
        expect_equal("what my_print_defaults reads", printed_defaults(path), entries)
        theirs = dict(line.split("=", 1)
                      for line in output_of([beside(program, "option-file-libmariadb"), path]).splitlines())
        known = {key: value for key, value in last_values(entries).items()
                 if key in ("host", "user", "password", "database", "port", "ssl-ca") and value}
        wanted = {key: value for key, value in {**known, **other}.items() if value}
        expect_equal("what libmariadb reads", {key: theirs.get(key) for key in wanted}, wanted)


def included(program, files, entries):
    with files_of(files) as folder:
        path = os.path.join(folder, next(iter(files)))
        ours = output_of([beside(program, "option-file-print"), path]).splitlines()
        expect_equal("what is read", ours, entries)
        expect_equal("what my_print_defaults reads", printed_defaults(path), entries)


def refused(program, text, pattern):
    with files_of({"a": text}) as folder:
        run = run_program([program, "-q", f"--defaults-file={folder}/a"], BOUND)
        expect_equal("the exit code", run.exit_code, 2, run)
        expect_equal("standard output", run.stdout, b"", run)
        expect_single_line(run, pattern)


def meant(program, text, arguments, keys):
    with files_of({"a": text}) as folder:
        run = run_program([program, "-q", "--no-probe", "-o", "json", f"--defaults-file={folder}/a", *arguments],
                          BOUND)
        expect_equal("the exit code", run.exit_code, 0, run)
        if SECRET in run.stdout.decode() + run.stderr.decode():
            raise Failure(f"the password is told: {run}")
        report = json.loads(run.stdout)
        expect_equal("the report", {key: report.get(key) for key in keys}, keys, run)


def places(program):
    """Later files override: /etc/my.cnf, /etc/mysql/my.cnf, the extra file, ~/.my.cnf."""
    order = {"etc/my.cnf": "1", "etc/mysql/my.cnf": "2", "extra": "3", "home/.my.cnf": "4"}
    with files_of({name: f"[client]\nuser={user}\n" for name, user in order.items()}) as folder:
        environment = {**os.environ, "OBPROBE_TEST_ETC": f"{folder}/etc", "HOME": f"{folder}/home"}
        for name, user in reversed(order.items()):
            extra = [f"--defaults-extra-file={folder}/extra"] if os.path.exists(f"{folder}/extra") else []
            run = run_program([program, "--no-probe", "-o", "json", *extra, "db1"], BOUND, environment=environment)
            expect_equal("the user", json.loads(run.stdout).get("user"), user, run)
            os.unlink(os.path.join(folder, name))
        run = run_program([program, "--no-probe", "-o", "json", "db1"], BOUND, environment=environment)
        expect_equal("the user", json.loads(run.stdout).get("user"), None, run)


def world_writable(program):
    with files_of({"a": "[client]\nuser=app\n"}) as folder:
        os.chmod(f"{folder}/a", 0o666)
        run = run_program([program, "--no-probe", "-o", "json", f"--defaults-file={folder}/a", "db1"], BOUND)
        expect_single_line(run, r"warning: .*/a: others can write it: ignored")
        expect_equal("the user", json.loads(run.stdout).get("user"), None, run)


def unreadable(program):
    """A file that is named and cannot be read is exit 2; one that is no file, too."""
    with files_of({"d/x": ""}) as folder:
        os.mkfifo(f"{folder}/fifo")
        for option in ("--defaults-file", "--defaults-extra-file"):
            for name, words in (("none", "No such file"), ("d", "not a regular file"), ("fifo", "not a regular file"),
                                ("d/x/y", "Not a directory")):
                run = run_program([program, f"{option}={folder}/{name}", "db1"], BOUND)
                expect_equal("the exit code", run.exit_code, 2, run)
                expect_single_line(run, words)


def odd_default_files(program):
    """The usual places are passed over when they are no files, with a warning."""
    with files_of({"etc/mysql/my.cnf": "[client]\nuser=app\n"}) as folder:
        os.mkfifo(f"{folder}/etc/my.cnf")
        environment = {**os.environ, "OBPROBE_TEST_ETC": f"{folder}/etc"}
        run = run_program([program, "--no-probe", "-o", "json", "db1"], BOUND, environment=environment)
        expect_single_line(run, r"warning: .*/etc/my.cnf: not a regular file: ignored")
        expect_equal("the user", json.loads(run.stdout).get("user"), "app", run)


def help_reads_none(program):
    run = run_program([program, "--help", "--defaults-file=/nonexistent"], BOUND)
    expect_equal("the exit code", run.exit_code, 0, run)


def cut_password(program):
    with files_of({"a": f"[client]\npassword=ab#{SECRET}\n"}) as folder:
        run = run_program([program, "--no-probe", f"--defaults-file={folder}/a", "db1"], BOUND)
        expect_single_line(run, r"warning: .*/a: line 2: '#' begins a comment in the value of 'password'")
        if SECRET in run.stderr.decode():
            raise Failure(f"the password is told: {run}")


def password_of_clients_and_lists(program):
    """The password of [client] is not for the targets of -f, that of [obprobe] is."""
    for group, logins in (("client", ["credentials", "anonymous"]), ("obprobe", ["credentials", "credentials"])):
        with files_of({"a": f"[{group}]\npassword={SECRET}\n", "list": "db2\n"}) as folder:
            run = run_program([program, "--no-probe", "-o", "json", "-u", "app", f"--defaults-file={folder}/a", "db1",
                               "-f", f"{folder}/list"], BOUND)
            found = [json.loads(line)["login"] for line in run.stdout.splitlines()]
            expect_equal(f"the logins with [{group}]", found, logins, run)
            if group == "client":
                expect_single_line(run, "warning: the password of an option file's group for all clients")


def prompt_of_a_file(program):
    """`password` without a value asks, and without a terminal is refused."""
    with files_of({"a": "[client]\nuser=app\npassword\n"}) as folder, listener() as server:
        run = run_program(["setsid", "-w", program, f"--defaults-file={folder}/a", target_of(server)], BOUND)
        expect_equal("the exit code", run.exit_code, 2, run)
        expect_single_line(run, "no terminal to ask for the password on")


def what_others_read(program):
    """-v says once what is there and not read."""
    with files_of({"home/.mylogin.cnf": "x", "a": "[client]\nsocket=/s\n"}) as folder:
        environment = {**os.environ, "HOME": f"{folder}/home", "MYSQL_HOST": "h", "MYSQL_TCP_PORT": "1"}
        arguments = ["--no-probe", f"--defaults-file={folder}/a", "db1", "db2"]
        run = run_program([program, *arguments], BOUND, environment=environment)
        expect_equal("standard error", run.stderr, b"", run)
        run = run_program([program, "-v", *arguments], BOUND, environment=environment)
        lines = run.stderr.decode().splitlines()
        for words in ("MYSQL_HOST is set, and is not read", "MYSQL_TCP_PORT is set, and is not read",
                      ".mylogin.cnf is there, and is not read", f"{folder}/a: line 2: 'socket' is ignored"):
            expect_equal(words, sum(words in line for line in lines), 1, run)


def main():
    suite = Suite("option files", sys.argv, jobs=4)
    program = suite.program
    for name, text, entries, other in READ:
        suite.add(f"read: {name}", read, program, text, entries, other)
    for name, files, entries in INCLUDED:
        suite.add(f"read: {name}", included, program, files, entries)
    for name, text, pattern in REFUSED:
        suite.add(f"refused: {name}", refused, program, text, pattern)
    for name, text, arguments, keys in MEANT:
        suite.add(f"meant: {name}", meant, program, text, arguments, keys)
    for function in (places, world_writable, unreadable, odd_default_files, help_reads_none, cut_password,
                     password_of_clients_and_lists, prompt_of_a_file, what_others_read):
        suite.add(function.__name__.replace("_", " "), function, program)
    sys.exit(suite.run())


if __name__ == "__main__":
    main()
