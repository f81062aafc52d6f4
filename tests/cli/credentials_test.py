#!/usr/bin/env python3
"""Credentials from outside: how a password is given, what is refused, and that nothing shows it.

Usage: credentials_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]

A row of BAD is as in cli_test.py. A row of FILES says: a name, what the password file holds, its mode, the
one line on standard error (None: nothing is said), and the exit code: 2 when it is refused, 13 when the target
was probed, which refuses.
"""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

from support import (BOUND, SECRET, bad_input, expect_refused, expect_single_line, expect_untouched, fill,
                     listener, target_of)
from harness import Failure, Skip, Suite, as_ordinary_user, expect_equal, ordinary_folder, run_program, wait_until
from memory import is_sanitized, where_it_is

NO_WORD = r"a word behind -p is not the password"

BAD = [
    # ---- passwords that were meant otherwise ----
    ("-p SECRET HOST", ["-p", SECRET, "{live}"], None, NO_WORD),
    ("--password SECRET HOST", ["--password", SECRET, "{live}"], None, NO_WORD),
    ("HOST -p SECRET", ["{live}", "-u", "app", "-p", SECRET], None, NO_WORD),
    ("-h HOST -p SECRET", ["-h", "127.0.0.1", "-p", SECRET], None, NO_WORD),
    ("-S PATH -p SECRET", ["-S", "/x", "-p", SECRET], None, NO_WORD),
    ("-p SECRET and a list", ["-p", SECRET, "-f", "-"], "{live}\n", NO_WORD),
    ("-p SECRET alone, which is no host", ["-p", f"{SECRET}!"], None, r"what stands behind -p is no target"),
    ("-password=SECRET", ["{live}", f"-password={SECRET}"], None, r"did you mean --password\?"),
    # ---- two ways at once ----
    ("-pX and --password-file", ["{live}", f"-p{SECRET}", "--password-file=f"], None,
     r"--password and --password-file exclude each other"),
    ("-p and --password-fd", ["{live}", "-p", "--password-fd=3"], None,
     r"--password and --password-fd exclude"),
    ("--password-file and --password-fd", ["{live}", "--password-file=f", "--password-fd=3"], None,
     r"--password-file and --password-fd exclude"),
    ("password and list from standard input", ["--password-fd=0", "-f", "-"], "{live}\n",
     r"both read standard input"),
    # ---- what cannot be read ----
    ("no password file", ["{live}", "--password-file=/nonexistent/x"], None, r"/nonexistent/x: No such file"),
    ("a folder", ["{live}", "--password-file=/"], None, r"/: Is a directory"),
    ("a device", ["{live}", "--password-file=/dev/zero"], None, r"/dev/zero: others can write"),
    ("a descriptor that is not open", ["{live}", "--password-fd=999"], None, r"fd 999: Bad file descriptor"),
    ("no descriptor", ["{live}", "--password-fd=three"], None, r"'three' is not a number"),
    ("two lines", ["{live}", "--password-fd=0"], f"{SECRET}\n{SECRET}\n", r"fd 0: more than one line"),
    ("a NUL byte", ["{live}", "--password-fd=0"], f"{SECRET}\0", r"fd 0: .* a NUL byte"),
    ("a long password", ["{live}", "--password-fd=0"], "x" * 1025, r"fd 0: more than the 1024 bytes"),
    ("a long password in argv", ["{live}", "-p" + "x" * 1025], None, r"'--password': .* more than 1024 bytes"),
    # ---- bounds ----
    ("a long user", ["{live}", "-u", "x" * 512], None, r"option '-u': longer than 511 bytes"),
    ("a long database", ["{live}", "-D", "x" * 256], None, r"option '-D': longer than 255 bytes"),
    ("--max-rejections 0", ["{live}", "--max-rejections=0"], None, r"'0' is not a number from 1 to 1000"),
    # ---- TLS ----
    ("--ssl-mode", ["{live}", "--ssl-mode=on"], None, r"'on' is not one of disabled, preferred, required"),
    ("--ssl-key alone", ["{live}", "--ssl-key=k"], None, r"--ssl-key without --ssl-cert"),
    ("--tls-expiry-days", ["{live}", "--tls-expiry-days=soon"], None, r"'soon' is not WARN or WARN,CRIT"),
]

FILES = [
    ("one line", f"{SECRET}\n", 0o600, None, 13),
    ("no line end", SECRET, 0o400, None, 13),
    ("CR LF", f"{SECRET}\r\n", 0o600, None, 13),
    ("empty", "", 0o600, None, 13),
    ("readable for the group", SECRET, 0o640, r"warning: .*: others can read .*0640", 13),
    ("readable for others", SECRET, 0o604, r"warning: .*: others can read .*0604", 13),
    ("writable for the group", SECRET, 0o620, r"others can write .*0620", 2),
    ("writable for others", SECRET, 0o602, r"others can write .*0602", 2),
    ("two lines", f"{SECRET}\n{SECRET}", 0o600, r"more than one line", 2),
    ("a line and a blank one", f"{SECRET}\n\n", 0o600, r"more than one line", 2),
    ("NUL bytes", f"{SECRET}\0", 0o600, r"a NUL byte", 2),
    ("long", "x" * 1025, 0o600, r"more than the 1024 bytes", 2),
]


@contextlib.contextmanager
def password_file(text=SECRET, mode=0o600):
    with ordinary_folder() as folder:
        path = os.path.join(folder, "password")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        shutil.chown(path, *("nobody", "nogroup") if os.getuid() == 0 else (os.getuid(), os.getgid()))
        os.chmod(path, mode)
        yield path


def files(program, text, mode, pattern, code):
    with password_file(text, mode) as path, listener() as server:
        words = [program, "-u", "app", "--password-file", path, *fill(["{refused}"], server)]
        run = run_program(words, BOUND)
        expect_equal("the exit code", run.exit_code, code, run)
        if pattern:
            expect_single_line(run, f"{path}: " if code == 2 else "warning: ")
            expect_single_line(run, pattern)
        elif run.stderr:
            raise Failure(f"not silent: {run}")
        if code != 2:
            expect_equal("standard error of -q", run_program([*words, "-q"], BOUND).stderr, b"")


def file_of_another_user(program):
    with password_file() as path:
        os.chmod(path, 0)
        run = run_program(as_ordinary_user([program, "--password-file", path, "127.0.0.1"]), BOUND)
        expect_refused(run, f"{path}: Permission denied")


def file_from_a_process(program):
    """As an undumpable process of an ordinary user opens /dev/fd/63."""
    with listener() as server:
        script = f'"$0" "$@" --password-file <(printf {SECRET})'
        words = as_ordinary_user(["bash", "-c", script, program, *fill(["{refused}"], server)])
        run = run_program(words, BOUND)
        expect_equal("exit code and standard error", (run.exit_code, run.stderr), (13, b""), run)


def anonymous_reads_no_password(program):
    """Neither file nor prompt; the syntax is checked all the same."""
    with listener() as server:
        refused = fill(["{refused}"], server)
        for words in ["-p"], ["--password-file=/nonexistent"], ["--password-fd=999"], [f"-p{SECRET}"]:
            run = run_program([program, "--anonymous", *words, *refused], BOUND)
            expect_equal(f"the exit code with {words}", run.exit_code, 13, run)
        run = run_program([program, "--anonymous", "--password-fd=x", *refused], BOUND)
        expect_refused(run, r"'x' is not a number")


# ---- the prompt ----

class Terminal:
    """A terminal, and the program on it: what it shows, and what is typed."""

    def __init__(self, arguments, stdin="/dev/null", prefix=()):
        self.master, self.slave = os.openpty()
        # the first terminal that a session's leader opens becomes its controlling one
        script = 'exec 9<>"$0" 9>&-; file=$1; shift; exec "$@" <"$file"'
        self.child = subprocess.Popen([*prefix, "sh", "-c", script, os.ttyname(self.slave), stdin, *arguments],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      start_new_session=True)
        self.shown = b""

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.shown += os.read(self.master, 4096)
        return self.shown.decode()

    def wait_for(self, text):
        wait_until(lambda: text in self.read(), BOUND, f"{text!r} on the terminal")

    def type(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def end(self):
        """Exit code, standard output and error."""
        stdout, stderr = self.child.communicate(timeout=BOUND)
        self.read()
        return self.child.returncode, stdout.decode(), stderr.decode()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.child.poll() is None:
            self.child.kill()
            self.child.communicate()
        os.close(self.master)
        os.close(self.slave)


def prompt_names(program, arguments, stdin, question):
    """What is asked, without echo, and with standard input being something else."""
    with listener() as server, tempfile.NamedTemporaryFile("w") as file:
        *words, stdin, question = fill([program, "-t", "0.3", *arguments, stdin, question], server)
        file.write(stdin)
        file.flush()
        with Terminal(words, file.name) as terminal:
            terminal.wait_for(question)
            expect_equal("the echo while it is asked", terminal.echoes(), False)
            expect_untouched(server)
            terminal.type(f"{SECRET}\n")
            code, stdout, stderr = terminal.end()
            expect_equal("exit code and standard error", (code in (13, 15, 20), stderr), (True, ""), stdout)
            expect_equal("the terminal", terminal.shown.decode(), f"{question}\r\n")
            expect_equal("the echo afterwards", terminal.echoes(), True)


def prompt_names_whoever_runs_it(program):
    with listener() as server:
        words = as_ordinary_user([program, "-p", *fill(["{refused}"], server)])
        name = subprocess.run(as_ordinary_user(["id", "-un"]), check=True, capture_output=True).stdout.decode()
        # the terminal is opened before the rights are given up
        with Terminal(words) as terminal:
            terminal.wait_for(f"Password of {name.strip()} for ")
            terminal.type("\n")
            expect_equal("the exit code", terminal.end()[0], 13)


def prompt_ends(program, typed, number, code, pattern):
    """The terminal is as before, and nothing was sent."""
    with listener() as server, Terminal([program, "-u", "app", "-p", target_of(server)]) as terminal:
        terminal.wait_for("Password of app")
        if typed:
            terminal.type(typed)
        if number:
            terminal.child.send_signal(number)
        found, stdout, stderr = terminal.end()
        expect_equal("exit code and standard output", (found, stdout), (code, ""), stderr)
        if not re.fullmatch(pattern, stderr):
            raise Failure(f"standard error: {stderr!r}")
        expect_equal("the echo", terminal.echoes(), True)
        expect_untouched(server)


def prompt_is_not_stopped(program):
    """^Z would leave the shell a terminal without echo."""
    with listener() as server, Terminal([program, "-u", "app", "-p", *fill(["{refused}"], server)]) as terminal:
        terminal.wait_for("Password of app")
        terminal.type("\x1a")
        time.sleep(0.2)
        terminal.type(f"{SECRET}\n")
        expect_equal("the exit code", terminal.end()[0], 13)


def typed_ahead_is_dropped(program):
    """What was typed before the question was not its answer: it is neither read nor left over."""
    with listener() as server, tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "list")
        os.mkfifo(fifo)
        with Terminal([program, "-u", "app", "-p", "-f", fifo]) as terminal:
            terminal.type("early\n")
            terminal.wait_for("early")  # its echo: it has arrived, and is not on its way to the question
            with open(fifo, "w", encoding="ascii") as file:
                file.write(fill(["{refused}\n"], server)[0])
            terminal.wait_for("Password of app")
            time.sleep(0.2)
            expect_equal("the end", terminal.child.poll(), None)
            terminal.type(f"{SECRET}\n")
            expect_equal("the exit code", terminal.end()[0], 13)


def no_terminal(program):
    with listener() as server:
        child = subprocess.run([program, "-p", target_of(server)], check=False, timeout=BOUND,
                               stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True)
        expect_equal("the exit code", child.returncode, 2)
        if not re.fullmatch(r"obprobe: option '-p': no terminal .*\n", child.stderr.decode()):
            raise Failure(f"standard error: {child.stderr!r}")
        expect_untouched(server)


def terminal_as_file_is_refused(program):
    """It would show what is typed."""
    with listener() as server:
        for words in ["--password-file=/dev/tty"], ["--password-fd=0"]:
            with Terminal([program, *words, target_of(server)], "/dev/tty") as terminal:
                code, _, stderr = terminal.end()
                expect_equal("the exit code", code, 2, stderr)
                if "to be asked for the password: -p" not in stderr:
                    raise Failure(f"standard error: {stderr!r}")
        expect_untouched(server)


# ---- what shows a password ----

@contextlib.contextmanager
def started(command, **popen):
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **popen)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


@contextlib.contextmanager
def given_in_argv(program, words, option):
    with started([*program, option, *words]) as child:
        yield child


@contextlib.contextmanager
def given_in_environment(program, words):
    with started([*program, *words], env={**os.environ, "MYSQL_PWD": SECRET}) as child:
        yield child


@contextlib.contextmanager
def given_in_a_file(program, words):
    with password_file() as path, started([*program, "--password-file", path, *words]) as child:
        yield child


@contextlib.contextmanager
def given_by_descriptor(program, words):
    end, other = os.pipe()
    os.write(other, SECRET.encode())
    os.close(other)
    with started([*program, f"--password-fd={end}", *words], pass_fds=[end]) as child:
        os.close(end)
        yield child


@contextlib.contextmanager
def given_on_standard_input(program, words):
    with started([*program, "--password-fd=0", *words], stdin=subprocess.PIPE) as child:
        child.stdin.write(f"{SECRET}\n".encode())
        child.stdin.close()
        child.stdin = None
        yield child


@contextlib.contextmanager
def given_at_the_prompt(program, words):
    with Terminal([*program, "-p", *words]) as terminal:
        terminal.wait_for("Password of app")
        terminal.type(f"{SECRET}\n")
        yield terminal.child


@contextlib.contextmanager
def given_in_the_target(program, words, text):
    """The target itself has it, and whoever logs in."""
    with started([*program, text.replace("TARGET", words[-1])]) as child:
        yield child


@contextlib.contextmanager
def given_in_a_list(program, words):
    with password_file(f"mysql://app:{SECRET}@{words[-1]}/shop\n") as path:
        with started([*program, "-f", path]) as child:
            yield child


@contextlib.contextmanager
def given_in_an_option_file(program, words):
    with password_file(f"[client]\nuser=app\npassword=\"{SECRET}\"\n") as path:
        with started([*program, f"--defaults-file={path}", words[-1]]) as child:
            yield child


VECTOR = 16  # bytes

WAYS = [
    ("-pX", given_in_argv, f"-p{SECRET}"),
    ("-vpX", given_in_argv, f"-vp{SECRET}"),
    ("--password=X", given_in_argv, f"--password={SECRET}"),
    ("MYSQL_PWD", given_in_environment),
    ("--password-file", given_in_a_file),
    ("--password-fd", given_by_descriptor),
    ("--password-fd 0", given_on_standard_input),
    ("the prompt", given_at_the_prompt),
    ("an option file", given_in_an_option_file),
]

# Here the text that it stands in is kept, in protected memory, as long as there are targets in it.
KEPT = [
    ("a URL", given_in_the_target, f"mysql://app:{SECRET}@TARGET/shop"),
    ("a JDBC URL", given_in_the_target, f"jdbc:mysql://TARGET/shop?user=app&password={SECRET}"),
    ("a data source name", given_in_the_target, f"app:{SECRET}@tcp(TARGET)/shop"),
    ("-h and a URL", given_in_the_target, f"--host=mysql://app:{SECRET}@TARGET/shop"),
    ("a list", given_in_a_list),
]


def shown_nowhere(program, copies, given, *arguments):
    """While the program waits for a server: not in argv, environment, or memory that a dump holds."""
    if os.getuid() != 0:
        raise Skip("the memory of an undumpable process is root's")
    for padding in range(VECTOR):
        look_for_the_password(program, copies, given, arguments, padding)


def look_for_the_password(program, copies, given, arguments, padding):
    """A vector register takes in as much of the password as its place in memory lets it."""
    with listener() as server:
        moved = ["env", f"PADDING={'x' * padding}", program]
        with given(moved, ["-u", "app", target_of(server)], *arguments) as child:
            connection = server.accept()[0]
            for name in "cmdline", "environ":
                with open(f"/proc/{child.pid}/{name}", "rb") as file:
                    if SECRET.encode() in file.read():
                        raise Failure(f"it is in {name}")
            if not is_sanitized(program):  # which keeps its own copies, in terabytes of mappings
                found = where_it_is(child.pid, SECRET.encode())
                expect_equal("copies that a dump holds, and others", found, (0, copies))
            connection.close()


def argv_is_wiped_while_asked(program):
    """The prompt waits long, and an earlier -pX is in argv no more."""
    with listener() as server:
        words = [program, "-u", "app", f"-p{SECRET}", target_of(server), "-p"]
        with Terminal(words) as terminal:
            terminal.wait_for("Password of app")
            with open(f"/proc/{terminal.child.pid}/cmdline", "rb") as file:
                if SECRET.encode() in file.read():
                    raise Failure("it is in argv")


def dumps_core(command, folder):
    """Whether the kernel says so of a process that is aborted while it waits."""
    shell = ["sh", "-c", 'ulimit -c unlimited && exec "$0" "$@"', *command]
    with started(shell, cwd=folder) as child:
        wait_until(lambda: os.readlink(f"/proc/{child.pid}/exe") != os.path.realpath(shutil.which("sh")),
                   BOUND, "the program")
        time.sleep(0.3)
        os.kill(child.pid, signal.SIGABRT)
        status = os.waitpid(child.pid, 0)[1]
        child.returncode = 0
        return os.WCOREDUMP(status)


def no_core_file(program):
    with tempfile.TemporaryDirectory() as folder, listener() as server:
        if not dumps_core(["sleep", "60"], folder):
            raise Skip("no process dumps core here")
        before = os.listdir(folder)
        command = [program, f"-p{SECRET}", target_of(server)]
        expect_equal("a core dump", dumps_core(command, folder), False)
        expect_equal("the folder", os.listdir(folder), before)


def more_rights_than_the_user(program, mode):
    """AT_SECURE: refused before anything is read."""
    if os.getuid() != 0:
        raise Skip("only root makes a set-uid copy for another user")
    with ordinary_folder() as folder:
        copy = os.path.join(folder, "obprobe")
        shutil.copy(program, copy)
        shutil.chown(copy, "root", "root")
        os.chmod(copy, mode)
        if os.statvfs(folder).f_flag & os.ST_NOSUID:
            raise Skip(f"{folder} is mounted nosuid")
        if is_sanitized(program) and mode & 0o2000:
            raise Skip("LeakSanitizer does not run set-gid")
        run = run_program(as_ordinary_user([copy, "--version"]), BOUND)
        expect_equal("exit code and standard output", (run.exit_code, run.stdout), (2, b""), run)
        expect_single_line(run, "started with more rights than its user has")


def output_is_silent_about_it(program):
    """-vv, JSON and warnings of a run that ends by itself."""
    with listener() as server:
        for words in ["-vv"], ["-o", "json"]:
            run = run_program([program, *words, "-u", "app", f"-p{SECRET}", "-t", "0.4", target_of(server)],
                              BOUND)
            if SECRET.encode() in run.stdout + run.stderr:
                raise Failure(f"the password is told: {run}")


def main():
    # Run by nohup, every program here would ignore it; what is caught is the default again in a child.
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)
    suite = Suite("credentials", sys.argv)
    program = suite.program
    for name, arguments, stdin, pattern in BAD:
        suite.add(f"bad input: {name}", bad_input, program, arguments, stdin, pattern)
    for name, *row in FILES:
        suite.add(f"password file: {name}", files, program, *row)
    suite.add("password file: not readable", file_of_another_user, program)
    suite.add("password file: process substitution", file_from_a_process, program)
    suite.add("--anonymous reads no password", anonymous_reads_no_password, program)
    for name, *row in (
            ("one target", ["-u", "app", "-p", "{refused}"], "", "Password of app for {refused}: "),
            ("--password", ["-u", "app", "{live}", "--password"], "", "Password of app for {live}: "),
            ("two targets", ["-u", "a@t#c", "{refused}", "{other}", "-p"], "",
             "Password of a@t#c for {refused} (and 1 more target): "),
            ("HOST PORT", ["-u", "app", "127.0.0.1", "{refused_port}", "-p"], "",
             "Password of app for {refused}: "),
            ("IPv6", ["-u", "app", "[::1]:{refused_port}", "-p"], "",
             "Password of app for [::1]:{refused_port}: "),
            ("a list on standard input", ["-u", "app", "-p", "-f", "-"], "# x\n{refused}\n{other}\n{live}\n",
             "Password of app for {refused} (and 2 more targets): "),
            ("a control character in the user", ["-u", "a\x1bb", "-p", "{refused}"], "",
             "Password of a\\x1Bb for {refused}: ")):
        suite.add(f"prompt: {name}", prompt_names, program, *row)
    suite.add("prompt: whoever runs it", prompt_names_whoever_runs_it, program)
    for name, *row in (
            ("^C", "\x03", None, 130, r""), ("SIGINT", None, signal.SIGINT, 130, r""),
            ("SIGTERM", None, signal.SIGTERM, 143, r""), ("SIGHUP", None, signal.SIGHUP, 129, r""),
            ("^D", "\x04", None, 2, r"obprobe: option '-p': no password was typed\n"),
            ("a long line", "x" * 1025 + "\n", None, 2, r"obprobe: .*more than the 1024 bytes.*\n")):
        suite.add(f"prompt: {name}", prompt_ends, program, *row)
    suite.add("prompt: ^Z", prompt_is_not_stopped, program)
    suite.add("prompt: typed ahead", typed_ahead_is_dropped, program)
    suite.add("prompt: no terminal", no_terminal, program)
    suite.add("a terminal is no password file", terminal_as_file_is_refused, program)
    for name, *row in WAYS:
        suite.add(f"shown nowhere: {name}", shown_nowhere, program, 1, *row)
    for name, *row in KEPT:
        suite.add(f"shown nowhere: {name}", shown_nowhere, program, 2, *row)
    suite.add("shown nowhere: -pX behind which -p asks", argv_is_wiped_while_asked, program)
    suite.add("no core file", no_core_file, program)
    suite.add("set-uid", more_rights_than_the_user, program, 0o4755)
    suite.add("set-gid", more_rights_than_the_user, program, 0o2755)
    suite.add("output is silent about it", output_is_silent_about_it, program)
    sys.exit(suite.run())


if __name__ == "__main__":
    main()
