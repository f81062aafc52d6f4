"""What the suites share that drive the built program from outside (standard library only).

    suite = Suite("scripted servers", sys.argv, jobs=16)
                                        PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N] [--update]
    suite.add("name that says what is promised", function, *arguments)
    @suite.case                                     the same; named by the function's first sentence
    sys.exit(suite.run())

A case is a function that returns, or raises Failure (any exception is one) or Skip(reason). Cases run
side by side on threads; those added with alone=True run one at a time, after the others. The last line
printed is "N passed, N failed, N skipped"; run() returns 1 when a case failed, else 0.

    run = obprobe(suite.program, ["-t", "4", "127.0.0.1:2883"], bound=4.7)
    run.exit_code, run.stdout, run.stderr, run.seconds, run.reports (the JSON objects), run.report
    expect(run.report, cause="ready.handshake", notes=["slow-greeting"])

obprobe() adds "-o json" and runs the program at most `bound` seconds: a longer run is ended and a Failure.
wait_until(condition, bound, what) polls a condition; Process starts, waits for and ends one process;
as_ordinary_user(argv) and ordinary_folder() serve what refuses to run as root.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import traceback

# The promised bound on a verdict behind its deadline, and what starting the process may add to it.
LATE = 0.2
PROCESS_START = 0.5

# Ports for servers that bind their own: above those that a test names, each given once.
LOWEST_PORT, TRIES = 10000, 200
GIVEN_PORTS = set()

# The program speaks the language of its environment, and tests read English.
for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
    os.environ.pop(variable, None)


class Failure(AssertionError):
    """The program broke a promise."""


class Skip(Exception):
    """The case cannot run here; its text is the reason."""


class Run:
    """One finished run of the program."""

    def __init__(self, argv, exit_code, stdout, stderr, seconds):
        self.argv = argv
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr
        self.seconds = seconds

    @property
    def reports(self):
        """All JSON objects of the standard output, one a line."""
        try:
            return [json.loads(line) for line in self.stdout.split(b"\n") if line.strip()]
        except ValueError as error:
            raise Failure(f"no JSON ({error}): {self}") from error

    @property
    def report(self):
        """The only JSON object."""
        reports = self.reports
        if len(reports) != 1:
            raise Failure(f"{len(reports)} reports instead of 1: {self}")
        return reports[0]

    def __str__(self):
        return (f"{' '.join(self.argv)} -> exit {self.exit_code} after {self.seconds:.2f} s\n"
                f"stdout: {self.stdout[-2000:]!r}\nstderr: {self.stderr[-2000:]!r}")


def without_option_files(environment=None):
    """The environment, in which the option files of this machine and its user are not found."""
    clean = {"OBPROBE_TEST_ETC": "/nonexistent", **(os.environ if environment is None else environment)}
    if clean.get("HOME") == os.environ.get("HOME"):
        clean["HOME"] = "/nonexistent"
    return clean


def with_suppressions(environment):
    """The same, in which the sanitizers overlook what is in foreign libraries: lsan.supp and tsan.supp say what."""
    folder = os.path.dirname(os.path.abspath(__file__))
    return {"LSAN_OPTIONS": f"suppressions={folder}/lsan.supp:print_suppressions=0",
            "TSAN_OPTIONS": f"suppressions={folder}/tsan.supp:atexit_sleep_ms=0", **environment}


def run_program(argv, bound, stdin=b"", environment=None, prefix=()):
    """Runs any program to its end; more than `bound` seconds is a Failure (and ends it)."""
    begin = time.monotonic()
    command = [*prefix, *argv]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=with_suppressions(without_option_files(environment))) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=bound + 20)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
        run = Run(command, process.returncode, stdout, stderr, time.monotonic() - begin)
    if run.seconds > bound:
        raise Failure(f"took {run.seconds:.2f} s, {bound:.2f} s allowed: {run}")
    if b"Sanitizer" in run.stderr or b"runtime error:" in run.stderr or run.exit_code < 0:
        raise Failure(f"the program crashed: {run}")
    return run


def obprobe(program, arguments, bound, stdin=b"", environment=None, prefix=(), output="json", client=False):
    """Runs the program with `-o json` (another format with `output`, none with None). libmariadb's login, which
    is made by default, stays away unless it is what the case is about."""
    chosen = (["-o", output] if output else []) + (["--client"] if client else ["--no-client"])
    return run_program([program, *chosen, *arguments], bound, stdin, environment, prefix)


def expect_equal(what, found, wanted, context=""):
    if found != wanted:
        raise Failure(f"{what} is {found!r}, not {wanted!r}; {context}")


def expect(report, cause=None, confidence=None, alternatives=(), notes=None, without_notes=(), **keys):
    """Holds a report against promises.

    cause: one identifier, or a tuple of those that are right. alternatives: must be among the report's.
    notes: exactly these ids, in any order (None: not looked at). without_notes: none of these.
    keys: top-level keys with their value, e.g. server_cost="log", exit_code=16, ready=False.
    """
    text = json.dumps(report)
    causes = (cause,) if isinstance(cause, str) else cause
    if causes and report.get("cause") not in causes:
        raise Failure(f"cause is {report.get('cause')!r}, not {' or '.join(causes)}; {text}")
    if confidence:
        expect_equal("confidence", report.get("confidence"), confidence, text)
    missing = set(alternatives) - set(report.get("alternatives", []))
    if missing:
        raise Failure(f"alternatives lack {sorted(missing)}; {text}")
    found = sorted(note["id"] for note in report.get("notes", []))
    if notes is not None:
        expect_equal("notes", found, sorted(notes), text)
    if set(without_notes) & set(found):
        raise Failure(f"notes have {sorted(set(without_notes) & set(found))}; {text}")
    for key, value in keys.items():
        expect_equal(key, report.get(key), value, text)


def evidence(report, address=0):
    """The evidence of one address of a report, {} where there is none."""
    addresses = report.get("addresses", [])
    return addresses[address].get("evidence", {}) if addresses else {}


def services(report):
    """The services that the evidence names, as a set."""
    found = evidence(report)
    named = {found["service"]} if "service" in found else set()
    return named | set(found.get("services", []))


def wait_until(condition, bound, what):
    """The condition's first true value; a Failure naming `what` when there is none in time."""
    end = time.monotonic() + bound
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {bound} s in vain for {what}")
        time.sleep(0.02)


def accepts(port, host="127.0.0.1"):
    """Whether something listens there. A condition for wait_until()."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def connections_ports_begin():
    """The first of the ports that the kernel gives to connections."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        return int(file.read().split()[0])


def free_port(host="127.0.0.1", kind=socket.SOCK_STREAM):
    """A port that was free a moment ago, and that no connection gets before its server does: it is below theirs."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(TRIES):
        port = random.randrange(LOWEST_PORT, connections_ports_begin())
        with socket.socket(family, kind) as probe, contextlib.suppress(OSError):
            if port not in GIVEN_PORTS:
                probe.bind((host, port))
                GIVEN_PORTS.add(port)
                return port
    raise Failure(f"no free port in {TRIES} tries")


def ordinary_ids():
    """uid and gid of whom servers run as: nobody when we are root, else ourselves."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def as_ordinary_user(argv):
    """The command as an ordinary user: unchanged unless we are root."""
    if os.getuid() != 0:
        return list(argv)
    uid, gid = ordinary_ids()
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *argv]


@contextlib.contextmanager
def ordinary_folder():
    """A temporary folder that belongs to the ordinary user, removed at the end."""
    folder = tempfile.mkdtemp(prefix="obprobe-test-")
    try:
        os.chown(folder, *ordinary_ids())
        os.chmod(folder, 0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_program(name):
    """Its path, also where only root's PATH has it; Skip when it is not installed."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if not path:
        raise Skip(f"{name} is not installed")
    return path


class Process:
    """One child, started at once, ended by its pid when the block is left.

        with Process(["nginx", …]) as server: server.wait_for(lambda: accepts(port), 10)
    """

    def __init__(self, argv, log=None, environment=None):
        self.log = open(log, "wb") if log else subprocess.DEVNULL
        self.name = argv[0]
        self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.log,
                                      stderr=self.log, env=environment, start_new_session=True)

    @property
    def pid(self):
        return self.child.pid

    def wait_for(self, condition, bound):
        """Waits for the condition; the end of the child is a Failure at once."""
        def ready():
            if self.child.poll() is not None:
                raise Failure(f"ended with {self.child.returncode}")
            return condition()
        try:
            return wait_until(ready, bound, self.name)
        except Failure as failure:
            raise Failure(f"{failure}: {self.words()}") from failure

    def words(self):
        """The end of what it printed."""
        if self.log is subprocess.DEVNULL:
            return ""
        with open(self.log.name, "rb") as log:
            return log.read()[-1500:].decode(errors="replace")

    def stop(self, number=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.send_signal(number)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        if self.log is not subprocess.DEVNULL:
            self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()


class Suite:
    """A table of cases; see the module's text."""

    def __init__(self, title, argv, jobs=16):
        # A shell's background job ignores SIGINT, and so would the program, as it should.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        parser = argparse.ArgumentParser(prog=argv[0])
        parser.add_argument("program", metavar="PATH_TO_OBPROBE")
        parser.add_argument("--full", action="store_true", help="the long set")
        parser.add_argument("--only", default="", help="cases whose name contains this text")
        parser.add_argument("--jobs", type=int, default=jobs, help="cases side by side")
        parser.add_argument("--update", action="store_true", help="write what the suite generates, if anything")
        options = parser.parse_args(argv[1:])
        self.title = title
        self.program = os.path.abspath(options.program)
        self.full = options.full
        self.only = options.only
        self.jobs = options.jobs
        self.update = options.update
        self.cases = []
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.lock = threading.Lock()

    def add(self, name, function, *arguments, alone=False):
        if self.only in name:
            self.cases.append((name, function, arguments, alone))

    def case(self, function):
        """Decorator: adds a function; the first sentence of its text is the case's name."""
        self.add(function.__doc__.split("\n", maxsplit=1)[0].rstrip("."), function)
        return function

    def run(self):
        """Runs all cases, prints one line each and the counts; 0, or 1 when one failed."""
        if not os.access(self.program, os.X_OK):
            print(f"{self.program}: cannot be executed")
            return 1
        print(f"# {self.title}: {len(self.cases)} cases", flush=True)
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(self._run_case, [case for case in self.cases if not case[3]]))
        for case in self.cases:
            if case[3]:
                self._run_case(case)
        print(", ".join(f"{count} {word}" for word, count in self.counts.items()))
        return 1 if self.counts["failed"] else 0

    def _run_case(self, case):
        name, function, arguments, _ = case
        begin = time.monotonic()
        try:
            function(*arguments)
            word, reason = "passed", ""
        except Skip as skip:
            word, reason = "skipped", str(skip)
        except Failure as failure:
            word, reason = "failed", str(failure)
        except Exception:  # a defect of the test itself: shown whole, counted as failed
            word, reason = "failed", traceback.format_exc()
        seconds = time.monotonic() - begin
        with self.lock:
            self.counts[word] += 1
            text = "\n".join(f"         {line}" for line in reason.splitlines())
            print(f"{word:7}  {name} ({seconds:.1f} s)" + (f"\n{text}" if text else ""), flush=True)
