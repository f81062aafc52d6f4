#!/usr/bin/env python3
"""The command line from outside: bad input, output, signals.

Usage: cli_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

A row of BAD says: a name, the arguments, standard input, and what the single line on standard error holds.
For every row the exit code is 2, standard output is empty, and nothing was sent: {live} in the arguments is
a target that listens, and sees no connection. A row of RUNS says: a name, the arguments, the exit code.
"""

import contextlib
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time

from support import (BOUND, SECRET, bad_input, expect_single_line, expect_untouched, fill, listener,
                     target_of)
from harness import (LATE, PROCESS_START, Failure, Skip, Suite, as_ordinary_user, expect_equal, free_port,
                     run_program, wait_until)

LONG = "x" * 300

BAD = [
    # ---- no target, no host, no port ----
    ("no target", [], None, r"no target: .*--help"),
    ("options alone", ["-v", "-o", "json"], None, r"no target"),
    ("-h without host", ["{live}", "-h"], None, r"'-h' needs a value \(HOST\); for help: --help"),
    ("-h takes no option for a host", ["{live}", "-h", "-v"], None, r"'-h' needs a value"),
    ("-h and a target", ["-h", "127.0.0.1", "{live}"], None, r"-h and a target exclude each other"),
    ("-h and a port", ["-h", "127.0.0.1", "2883"], None, r"for a port: -P 2883"),
    ("empty host", ["{live}", ""], None, r"'': the host is empty"),
    ("port alone", ["{live}", ":2883"], None, r"':2883': the host is empty"),
    ("-h with an empty host", ["-h", ""], None, r"'-h': its value is empty"),
    ("port 0", ["{live}", "db1:0"], None, r"'db1:0': port 0 is not between 1 and 65535"),
    ("port 70000", ["{live}", "db1:70000"], None, r"port 70000 is not between"),
    ("port no number", ["{live}", "db1:mysql"], None, r"port 'mysql' is not a number"),
    ("-P 0", ["{live}", "-P", "0"], None, r"option '-P': port 0 is not between"),
    ("-P 70000", ["{live}", "-P", "70000"], None, r"option '-P': port 70000 is not between"),
    ("HOST PORT with port 70000", ["127.0.0.1", "70000"], None, r"port 70000 is not between"),
    ("HOST:PORT PORT", ["{live}", "3306"], None, r"two ports"),
    ("bare number", ["60"], None, r"'60': a number is not a host; for a port write HOST:60"),
    ("bare number behind a target", ["{live}", "db2", "60"], None, r"'60': a number is not a host"),
    ("decimal number", ["{live}", "0.5"], None, r"'0.5': a number is not a host"),
    ("a long option behind one dash", ["-help"], None, r"'-help': did you mean --help\?"),
    ("octal address", ["{live}", "010.0.0.1"], None, r"not an IPv4 address"),
    # ---- other slips ----
    ("slash at the end", ["{live}", "db1:2883/"], None, r"did you mean db1:2883\?"),
    ("host and port in one word", ["{live}", "db1 2883"], None, r"did you mean db1:2883\?"),
    ("IPv6 and port without brackets", ["{live}", "1:2:3:4:5:6:7:8:2883"], None,
     r"did you mean \[1:2:3:4:5:6:7:8\]:2883\?"),
    ("host name in brackets", ["{live}", "[db1]:2883"], None, r"did you mean db1:2883\?"),
    ("bracket not closed", ["{live}", "[::1"], None, r"'\]' is missing"),
    ("control character", ["{live}", "db\n\x1b[2J1"], None, r"a control character"),
    ("overlong host", ["{live}", LONG], None, r"300 bytes; at most 255"),
    ("comma", ["{live}", "db1,db2"], None, r"cannot contain ','"),
    # ---- forms that are not built yet: no password is repeated ----
    ("mysql URL", ["{live}", f"mysql://u:{SECRET}@h:x/d"], None, r"'mysql://u:\*\*\*@h:' <-- here: a port"),
    ("jdbc URL", ["{live}", f"jdbc:mysql://h/a/b?password={SECRET}"], None, r"'jdbc:mysql://h/a/' <-- here"),
    ("Go data source name", ["{live}", f"u:{SECRET}@tcp(h:x)/d"], None, r"<-- here: a port from 1"),
    ("user@host", ["{live}", f"u:{SECRET}@h"], None, r"a user .* belongs to a URL"),
    # ---- unix sockets ----
    ("-S and a target", ["-S", "/x", "{live}"], None, r"-S is a target of its own"),
    ("-S and -h", ["-S", "/x", "-h", "127.0.0.1"], None, r"-S is a target of its own"),
    ("-S and a list", ["-S", "/x", "-f", "-"], "{live}\n", r"-S is a target of its own"),
    ("-S with a long path", ["-S", "/" + "x" * 107], None, r"option '-S': .* 108 bytes; at most 107"),
    ("-S with a control character", ["-S", "/tmp/\x1bx"], None, r"option '-S': .* a control character"),
    ("-S without a path", ["-S", ""], None, r"option '-S': its value is empty"),
    ("a folder as a socket", ["{live}", "/tmp/"], None, r"'/tmp/': a folder is no socket"),
    ("a socket and a port", ["/tmp/x.sock", "2883"], None, r"'/tmp/x.sock': a socket has no port"),
    ("long path in a list", ["-f", "-"], "{live}\n/" + "x" * 107 + "\n", r"line 2: .* 108 bytes"),
    # ---- options ----
    ("unknown option", ["{live}", "--frobnicate"], None, r"unknown option '--frobnicate'"),
    ("unknown letter", ["{live}", "-x"], None, r"unknown option '-x'"),
    ("mistyped option", ["{live}", "--timeot=3"], None, r"did you mean --timeout\?"),
    ("abbreviated option", ["{live}", "--time=3"], None, r"'--time'; did you mean --timeout\?"),
    ("value for a flag", ["{live}", "--any=1"], None, r"'--any' takes no value"),
    ("--trace", ["{live}", "--trace"], None, r"option '--trace' is not built yet"),
    ("--wait", ["{live}", "--wait=60"], None, r"option '--wait' is not built yet"),
    ("an option file that is not there", ["{live}", "--defaults-file=/x.cnf"], None, r"/x.cnf: No such file"),
    ("mistyped --password", ["{live}", f"--passwrod={SECRET}"], None, r"unknown option '--passwrod'"),
    ("-h in front of -p", ["-h", f"-p{SECRET}"], None, r"'-h' needs a value"),
    ("-o nagios", ["{live}", "-o", "nagios"], None, r"format 'nagios' is not built yet"),
    ("-o xml", ["{live}", "-o", "xml"], None, r"'xml' is not one of human, json"),
    ("-t 0", ["{live}", "-t", "0"], None, r"option '-t': '0' is not a number of seconds"),
    ("-t -1", ["{live}", "-t", "-1"], None, r"option '-t': '-1' is not"),
    ("-t inf", ["{live}", "-t", "inf"], None, r"option '-t': 'inf' is not"),
    ("-t 1e9", ["{live}", "-t", "1e9"], None, r"option '-t': '1e9' is not"),
    ("--connect-timeout=soon", ["{live}", "--connect-timeout=soon"], None, r"'soon' is not"),
    ("-j 0", ["{live}", "-j", "0"], None, r"option '-j': '0' is not a number from 1"),
    ("--rate=fast", ["{live}", "--rate=fast"], None, r"option '--rate': 'fast' is not"),
    ("--until=tls", ["{live}", "--until=tls"], None, r"not one of connect, greeting, login"),
    ("--color=yes", ["{live}", "--color=yes"], None, r"not one of auto, always, never"),
    ("--bind-address=lo", ["{live}", "--bind-address=lo"], None, r"'lo' is not an IPv4 or IPv6"),
    ("--bind-address of the other family", ["{live}", "-6", "--bind-address=127.0.0.1"], None,
     r"is an IPv4 address, and -6"),
    ("--list-causes and a target", ["--list-causes", "{live}"], None, r"takes no target"),
    # ---- lists of targets ----
    ("empty list", ["{live}", "-f", "-"], "", r"standard input: no target in this list"),
    ("list of comments", ["{live}", "-f", "-"], "# a\n\n  # b\r\n", r"no target in this list"),
    ("bad line", ["-f", "-"], "{live}\n\ndb1:70000\n", r"standard input: line 3: .*port 70000"),
    ("bad last line without newline", ["-f", "-"], "{live}\n60", r"line 2: '60': a number"),
    ("URL with password in a list", ["-f", "-"], f"{{live}}\nmysql://u:{SECRET}@h:x\n",
     r"line 2: 'mysql://u:\*\*\*@h:' <-- here"),
    ("HOST PORT in a list", ["-f", "-"], "{live}\ndb1 2883\n", r"line 2: .*did you mean db1:2883\?"),
    ("'#' without white space", ["-f", "-"], "db1#x\n{live}\n", r"line 1: .*cannot contain '#'"),
    ("binary list", ["-f", "-"], "{live}\n\0\1\2\n", r"binary"),
    ("overlong line", ["-f", "-"], "{live}\n" + " " * 5000 + "\n", r"line 2: longer than 4096"),
    ("two lists", ["-f", "-", "-f", "/dev/null"], "{live}\n", r"only one list"),
    ("list that does not exist", ["{live}", "-f", "/nonexistent/list"], None,
     r"/nonexistent/list: No such file"),
    ("list that is a folder", ["{live}", "-f", "/"], None, r"/: Is a directory"),
    ("list that is a device", ["{live}", "-f", "/dev/zero"], None, r"/dev/zero: binary"),
    # ---- output that cannot be ----
    ("--output in no folder", ["{live}", "--output", "/nonexistent/x"], None, r"/nonexistent/x: No such"),
    ("--output on a folder", ["{live}", "--output", "/tmp"], None, r"/tmp: Is a directory"),
]

# {refused} and {other} are targets that refuse, {silent} accepts and says nothing, {live} likewise.
RUNS = [
    ("refused", ["{refused}"], 13),
    ("HOST PORT", ["127.0.0.1", "{refused_port}"], 13),
    ("-h and -P", ["-h", "127.0.0.1", "-P", "{refused_port}"], 13),
    ("bare IPv6 and -P", ["::1", "-P", "{refused_port}"], 13),
    ("IPv6 with scope", ["[::1%25lo]:{refused_port}", "-4"], 10),
    ("two that refuse", ["{refused}", "{other}"], 13),
    ("different failures", ["{refused}", "{silent}", "-t", "0.4"], 20),
    ("one ready, one not", ["--until=connect", "-q", "{live}", "{refused}"], 13),
    ("one ready, one not, --any", ["--until=connect", "-q", "--any", "{live}", "{refused}"], 0),
    ("none ready, --any", ["--any", "{refused}", "{other}"], 13),
    ("--exit-zero", ["--exit-zero", "{refused}"], 0),
    ("--exit-zero, different failures", ["--exit-zero", "{refused}", "{silent}", "-t", "0.4"], 0),
    ("--exit-zero, usage", ["--exit-zero", "--frobnicate"], 2),
    ("--total-timeout", ["--total-timeout=0.4", "{silent}"], 15),
    ("--help", ["--help"], 0),
    ("-?", ["-?"], 0),
    ("--version", ["--version"], 0),
    ("-V behind others", ["-v", "-V"], 0),
    ("--list-causes", ["--list-causes"], 0),
    ("--list-causes in json", ["--list-causes", "-o", "json"], 0),
]


# ---- bad input ----

def a_connection_would_be_seen(program):
    """The proof of all 'nothing was sent': without the bad input there is a connection."""
    with listener() as server:
        run_program([program, "-t", "0.3", target_of(server)], BOUND)
        server.accept()[0].close()


def unreadable_list(program):
    with tempfile.TemporaryDirectory() as folder, listener() as server:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "list")
        with open(path, "w", encoding="ascii") as file:
            file.write(target_of(server) + "\n")
        os.chmod(path, 0)
        run = run_program(as_ordinary_user([program, "-f", path]), BOUND)
        expect_equal("the exit code", run.exit_code, 2, run)
        expect_single_line(run, rf"{path}: Permission denied")
        expect_untouched(server)


def long_list_with_a_bad_end(program):
    """100,000 lines are checked before the first is probed, in well under a second."""
    with listener() as server:
        text = f"{target_of(server)}\n" * 100000 + "60\n"
        run = run_program([program, "-f", "-"], 1, text.encode())
        expect_equal("the exit code", run.exit_code, 2, run)
        expect_single_line(run, r"line 100001: '60'")
        expect_untouched(server)


# ---- runs ----

def need_ipv6():
    try:
        free_port("::1")
    except OSError as error:
        raise Skip("this machine has no ::1") from error


def exit_code(program, arguments, code):
    if "::1" in arguments[0]:
        need_ipv6()
    with listener() as server:
        run = run_program([program, *fill(arguments, server)], BOUND)
        expect_equal("the exit code", run.exit_code, code, run)


def help_fits(program):
    run = run_program([program, "--help"], BOUND)
    lines = run.stdout.decode().splitlines()
    widest = max(map(len, lines))
    if widest > 80 or len(lines) < 20 or run.stderr:
        raise Failure(f"{widest} columns: {run}")


def version(program):
    expect_equal("--version", run_program([program, "-V"], BOUND).stdout, b"obprobe 0.1.0\n")
    for words in (["--version", "-v"], ["-v", "-V"], ["-vV"], ["-V", "nonsense", "-v"]):
        first, second, *_ = run_program([program, *words], BOUND).stdout.decode().splitlines()
        expect_equal("the first line", first, "obprobe 0.1.0")
        if not re.fullmatch(r"libmariadb \d+\.\d+\.\d+ \(.*LGPL 2\.1 or later.*\)", second):
            raise Failure(f"{words}: {second}")


def reports(run):
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


def targets_in_order(program):
    """The command line first, then the list, whose lines are numbered; --ordered keeps that order
    although the first needs longest."""
    with listener() as server:
        silent, *refused = fill(["{silent}", "{refused}", "{other}"], server)
        arguments = [program, "-o", "json", "-t", "0.5", "-f", "-", silent]
        stdin = f"\ufeff# two of them\r\n\r\n{refused[0]} # one\r\n\t{refused[1]}".encode()
        ordered = reports(run_program([*arguments, "--ordered"], BOUND, stdin))
        expect_equal("--ordered", [report["input"] for report in ordered], [silent, *refused])
        expect_equal("lines", [report.get("line") for report in ordered], [None, 3, 4])
        free = reports(run_program(arguments, BOUND, stdin))
        expect_equal("the last without --ordered", free[-1]["input"], silent)


def quiet(program):
    with listener() as server:
        for words, code in ((["{refused}"], 13), (["--until=connect", "{live}"], 0),
                            (["-o", "json", "{refused}"], 13)):
            run = run_program([program, "-q", *fill(words, server)], BOUND)
            expect_equal("exit code and texts", (run.exit_code, run.stdout, run.stderr), (code, b"", b""))


def until_warns(program):
    with listener() as server:
        for stage in "connect", "greeting":
            run = run_program([program, f"--until={stage}", "-t", "0.4", target_of(server)], BOUND)
            expect_single_line(run, f"warning: --until={stage} .* can count against this host")
        run = run_program([program, "--until=login", "-t", "0.4", target_of(server)], BOUND)
        expect_equal("standard error", run.stderr, b"", run)


IN_VAIN = (
    (["{refused}"], True),
    (["-uapp", "{refused}"], True),
    (["--anonymous", "-uapp", "-ppw", "{refused}"], True),
    (["-uapp", "-ppw", "--until=login", "{refused}"], False),
    (["mysql://app:pw@{refused}/"], False),
    (["-q", "{refused}"], False),
)


def client_in_vain(program):
    with listener() as server:
        for words, warned in IN_VAIN:
            run = run_program([program, "--no-defaults", "--client", *fill(words, server)], BOUND)
            if warned:
                expect_single_line(run, "warning: --client has no effect")
            else:
                expect_equal(f"standard error of {words}", run.stderr, b"", run)


# ---- standard streams ----

def redirected(program, redirection, arguments):
    return run_program(["sh", "-c", f'exec "$0" "$@" {redirection}', program, *arguments], BOUND)


def output_fails(program, redirection, pattern, arguments):
    with listener() as server:
        run = redirected(program, redirection, fill(arguments, server))
        expect_equal("the exit code", run.exit_code, 1, run)
        expect_single_line(run, pattern)


def streams_closed(program):
    """No socket becomes a standard stream; what is not needed is not missed."""
    with listener() as server:
        words = fill(["{refused}"], server)
        for redirection, arguments, code in (("<&-", words, 13), ("2>&-", words, 13),
                                             (">&-", ["-q", *words], 13), (">&- 2>&-", words, 1),
                                             ("<&- >&- 2>&-", ["-q", *words], 13)):
            run = redirected(program, redirection, arguments)
            expect_equal(f"the exit code with {redirection}", run.exit_code, code, run)
        run = redirected(program, "<&-", ["-f", "-"])
        expect_equal("the exit code", run.exit_code, 2, run)


def reader_gone(program):
    """EPIPE: one line, exit 1, and no death by SIGPIPE."""
    with listener() as server:
        child = subprocess.Popen([program, "-t", "0.3", target_of(server)], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        child.stdout.close()
        stderr = child.stderr.read().decode()
        child.stderr.close()
        expect_equal("the exit code", child.wait(BOUND), 1, stderr)
        expect_equal("standard error", stderr, "obprobe: standard output: Broken pipe\n")


def unread(pipe):
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


def slow_reader(program):
    """A pager that is not read holds up no probe: none of them runs into its time."""
    count = 2000
    targets = "".join(f"127.1.{i // 250}.{1 + i % 250}:1\n" for i in range(count))
    with subprocess.Popen([program, "-f", "-", "-o", "json", "-t", "2", "-j", "100"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdin.write(targets.encode())
        child.stdin.close()
        wait_until(lambda: unread(child.stdout) > 60000, BOUND, "a full pipe")
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(2.5)  # longer than any target's time
            raise Failure("the program ended although nobody reads")
        found = [json.loads(line)["cause"] for line in child.stdout]
        expect_equal("the exit code", child.wait(BOUND), 13)
    expect_equal("the causes", (len(found), set(found)), (count, {"refused.no-listener"}))


# ---- signals ----

@contextlib.contextmanager
def held(program, arguments, server, prefix=(), **popen):
    """A run whose connection to the silent server is made."""
    child = subprocess.Popen([*prefix, program, *arguments, target_of(server)], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, **popen)
    try:
        connection = server.accept()[0]
        yield child
        connection.close()
    finally:
        child.kill()
        child.communicate()


def ended(child, pid, number):
    """What the child printed after the signal, in time."""
    begin = time.monotonic()
    os.kill(pid, number)
    stdout, stderr = child.communicate(timeout=BOUND)
    seconds = time.monotonic() - begin
    if seconds > LATE + PROCESS_START:
        raise Failure(f"ended {seconds:.2f} s after the signal")
    expect_equal("standard error", stderr, b"")
    return stdout


def signalled(program, number, code):
    """What is known is printed: the finished target and the one in flight."""
    with listener() as server:
        refused = fill(["{refused}"], server)[0]
        with held(program, ["-o", "json", refused], server) as child:
            stdout = ended(child, child.pid, number)
            expect_equal("the exit code", child.returncode, code)
            found = {json.loads(line)["input"] for line in stdout.splitlines()}
            expect_equal("the reports", found, {refused, target_of(server)})


def signalled_with_a_list(program):
    """A long list is left off at once; held back results come out."""
    with listener() as server:
        arguments = ["-o", "json", "--ordered", "-j", "1", "-f", "-"]
        stdin = "".join(f"127.0.1.{i}:1\n" for i in range(1, 200)).encode()
        with tempfile.TemporaryFile() as file:
            file.write(stdin)
            file.seek(0)
            with held(program, arguments, server, stdin=file) as child:
                stdout = ended(child, child.pid, signal.SIGTERM)
                expect_equal("the exit code", child.returncode, 143)
                expect_equal("the reports", len(stdout.splitlines()), 1)


def ignored_signal_stays_ignored(program):
    """nohup and the shell's background jobs."""
    with listener() as server:
        prefix = ["sh", "-c", "trap '' INT; exec \"$0\" \"$@\""]
        with held(program, ["-o", "json", "-t", "1"], server, prefix) as child:
            os.kill(child.pid, signal.SIGINT)
            stdout = child.communicate(timeout=BOUND)[0]
            expect_equal("the exit code", child.returncode, 15)
            expect_equal("the cause", json.loads(stdout)["cause"], "timed-out.greeting")


def as_first_process(program):
    """PID 1 of a container."""
    unshare = shutil.which("unshare")
    prefix = [unshare or "unshare", "--pid", "--fork"]
    if not unshare or subprocess.run([*prefix, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        raise Skip("no PID namespace can be made here")
    with listener() as server, held(program, ["-o", "json"], server, prefix) as child:
        with open(f"/proc/{child.pid}/task/{child.pid}/children", encoding="ascii") as children:
            inside = int(children.read().split()[0])
        stdout = ended(child, inside, signal.SIGTERM)
        expect_equal("the exit code", child.returncode, 143)
        expect_equal("the reports", len(stdout.splitlines()), 1)


# ---- --output ----

def output_appears_whole(program):
    """Neither a half file nor a left-over, and the old text until the new one is complete."""
    with tempfile.TemporaryDirectory() as folder, listener() as server:
        path = os.path.join(folder, "result.json")
        with open(path, "w", encoding="ascii") as file:
            file.write("old")
        os.chmod(path, 0o640)
        refused = fill(["{refused}"], server)[0]
        with held(program, ["-t", "1", "-o", "json", "--output", path, refused], server) as child:
            with open(path, encoding="ascii") as file:
                expect_equal("the file while the run goes on", file.read(), "old")
            stdout = child.communicate(timeout=BOUND)[0]
            expect_equal("exit code and standard output", (child.returncode, stdout), (20, b""))
        with open(path, encoding="ascii") as file:
            expect_equal("the reports in the file", len([json.loads(line) for line in file]), 2)
        expect_equal("the folder", os.listdir(folder), ["result.json"])
        expect_equal("the mode", stat.S_IMODE(os.stat(path).st_mode), 0o640)


def output_when_signalled(program):
    with tempfile.TemporaryDirectory() as folder, listener() as server:
        path = os.path.join(folder, "result.json")
        with held(program, ["-o", "json", "--output", path], server) as child:
            expect_equal("standard output", ended(child, child.pid, signal.SIGTERM), b"")
            expect_equal("the exit code", child.returncode, 143)
        with open(path, encoding="ascii") as file:
            expect_equal("the target in the file", json.loads(file.read())["input"], target_of(server))
        expect_equal("the folder", os.listdir(folder), ["result.json"])


def output_not_left_behind(program):
    """Killed by a usage error found late: neither the file nor a temporary one."""
    with tempfile.TemporaryDirectory() as folder, listener() as server:
        path = os.path.join(folder, "result")
        run = run_program([program, "--output", path, "-f", "-"], BOUND, b"60\n")
        expect_equal("the exit code", run.exit_code, 2, run)
        expect_equal("the folder", os.listdir(folder), [])
        expect_untouched(server)


def output_through_a_link(program):
    with tempfile.TemporaryDirectory() as folder, listener() as server:
        real, link = os.path.join(folder, "real"), os.path.join(folder, "link")
        with open(real, "w", encoding="ascii"):
            pass
        os.symlink("real", link)
        run_program([program, "--output", link, *fill(["{refused}"], server)], BOUND)
        if not os.path.islink(link) or os.path.getsize(real) == 0:
            raise Failure("the link was replaced, or its target not written")


def output_on_a_device(program):
    """A device is written to and stays one."""
    with listener() as server:
        words = fill(["{refused}"], server)
        run = run_program([program, "--output", "/dev/full", *words], BOUND)
        expect_equal("the exit code", run.exit_code, 1, run)
        expect_single_line(run, "/dev/full: No space left on device")
        run = run_program([program, "--output", "/dev/null", *words], BOUND)
        expect_equal("the exit code", run.exit_code, 13, run)
        expect_equal("/dev/null is a device", stat.S_ISCHR(os.stat("/dev/null").st_mode), True)


# ---- terminals ----

def on_terminal(program, arguments, environment, columns=100):
    """The text that a terminal of that width gets."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stdout=slave,
                          env={**kept, "TERM": "xterm", **environment}) as child:
        os.close(slave)
        text = b""
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while chunk := os.read(master, 65536):
                text += chunk
        child.wait(BOUND)
    os.close(master)
    return text.decode()


def color(program, arguments, environment, wanted):
    with listener() as server:
        text = on_terminal(program, [*arguments, *fill(["{refused}"], server)], environment)
        if "REFUSED" not in text:
            raise Failure(f"no verdict: {text!r}")
        expect_equal("colour", "\x1b[" in text, wanted, text)


def color_in_a_pipe(program):
    with listener() as server:
        words = fill(["{refused}"], server)
        for option, wanted in ((["--color=auto"], False), ([], False), (["--color=always"], True)):
            run = run_program([program, *option, *words], BOUND)
            expect_equal(f"colour with {option}", b"\x1b[" in run.stdout, wanted, run)


def narrow_terminal(program):
    with listener() as server:
        text = on_terminal(program, ["-v", *fill(["{refused}"], server)], {"NO_COLOR": "1"}, 60)
        for line in text.replace("\r\n", "\n").splitlines():
            if len(line) > 60 and len(line.split()) > 1:
                raise Failure(f"{len(line)} columns: {line!r}")


# ---- the suite ----

def duplicates(program):
    """A target that stands in a list several times is probed once, and reported for each line."""
    with listener() as server:
        target = target_of(server)
        other = f"127.0.0.1:{free_port()}"
        lines = f"{target}\n# x\n{other}\n{target}\nmysql://{target}/\n{other}\n{target}\n"
        run = run_program([program, "--until=connect", "-q", "--ordered", "-o", "json", "--output", "/dev/stdout",
                           "-f", "-"], BOUND, lines.encode())
        found = [(report["line"], report["input"], report["category"]) for report in run.reports]
        ready, refused = "ready", "refused"
        expect_equal("the reports", found,
                     [(1, target, ready), (3, other, refused), (4, target, ready), (5, f"mysql://{target}/", ready),
                      (6, other, refused), (7, target, ready)], run)
        connections = 0
        server.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                server.accept()[0].close()
                connections += 1
        expect_equal("the connections", connections, 1, run)


def main():
    suite = Suite("command line", sys.argv)
    program = suite.program
    suite.add("bad input: the connection that must not be would be seen", a_connection_would_be_seen, program)
    for name, arguments, stdin, pattern in BAD:
        suite.add(f"bad input: {name}", bad_input, program, arguments, stdin, pattern)
    suite.add("bad input: unreadable list", unreadable_list, program)
    suite.add("bad input: last of 100,000 lines", long_list_with_a_bad_end, program, alone=True)
    for name, arguments, code in RUNS:
        suite.add(f"exit code: {name}", exit_code, program, arguments, code)
    suite.add("--help fits 80 columns", help_fits, program)
    suite.add("--version", version, program)
    suite.add("targets in order", targets_in_order, program)
    suite.add("-q", quiet, program)
    suite.add("--until warns", until_warns, program)
    suite.add("--client without a login warns", client_in_vain, program)
    for name, redirection, pattern in (("closed", ">&-", "standard output: Bad file descriptor"),
                                       ("full", ">/dev/full", "standard output: No space left")):
        for answer in ["{refused}"], ["-o", "json", "{refused}"], ["--help"], ["-V"], ["--list-causes"]:
            suite.add(f"standard output {name}: {' '.join(answer)}", output_fails, program, redirection,
                      pattern, answer)
    suite.add("standard streams closed", streams_closed, program)
    suite.add("reader gone", reader_gone, program)
    suite.add("slow reader", slow_reader, program, alone=True)
    suite.add("SIGINT", signalled, program, signal.SIGINT, 130)
    suite.add("SIGTERM", signalled, program, signal.SIGTERM, 143)
    suite.add("SIGTERM with a list", signalled_with_a_list, program)
    suite.add("duplicates of a list", duplicates, program)
    suite.add("SIGTERM as PID 1", as_first_process, program)
    suite.add("SIGINT ignored from the start", ignored_signal_stays_ignored, program)
    suite.add("--output appears whole", output_appears_whole, program)
    suite.add("--output when signalled", output_when_signalled, program)
    suite.add("--output leaves nothing behind", output_not_left_behind, program)
    suite.add("--output through a symbolic link", output_through_a_link, program)
    suite.add("--output on a device", output_on_a_device, program)
    for name, arguments, environment, wanted in (
            ("terminal", [], {}, True), ("NO_COLOR", [], {"NO_COLOR": "1"}, False),
            ("NO_COLOR empty", [], {"NO_COLOR": ""}, True), ("TERM=dumb", [], {"TERM": "dumb"}, False),
            ("--color=never", ["--color=never"], {}, False),
            ("--color=always, NO_COLOR", ["--color=always"], {"NO_COLOR": "1"}, True)):
        suite.add(f"colour: {name}", color, program, arguments, environment, wanted)
    suite.add("colour: pipe", color_in_a_pipe, program)
    suite.add("terminal of 60 columns", narrow_terminal, program)
    sys.exit(suite.run())


if __name__ == "__main__":
    main()
