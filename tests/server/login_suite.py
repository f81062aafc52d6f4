"""What the tables of scripted logins share: a row, how it is judged, and that nothing secret is heard.

A row says: a name, the server's script, the cause. By default the program logs in as `app` with the
password of login_steps.py, once with -o json and once, where no deadline is waited for, with -vv; there is
one connection; nobody complains; and neither what the server heard nor what the program says holds the
password, or what servers store of it. `sent` is how often the password may, and must, be heard inside TLS
or over a socket. With `client`, a dictionary of facts, libmariadb logs in behind it, and is met by `later`.
"""

import contextlib
import ctypes
import os
import subprocess
import sys

import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import (LATE, PROCESS_START, Failure, Skip, Suite, expect, expect_equal, obprobe, ordinary_folder)
from login_steps import OTHER_SALT, PASSWORD, USER, hear_statement, key_path, say_row, secrets
from packets import OK, SALT, Complaint, error, greeting, obproxy_greeting, observer_greeting
from promises import EXIT_CODES, expect_facts
from scripted import Server, answer, close, hear_quit
from tls_steps import NAME, TLS_OFFERED, judge_secrecy, made

AT_ONCE = (0, 1.0)  # a TLS handshake, and the system's CA store, for eight at a time on a busy machine
READY = "ready.login"
PLAIN, SHA2 = greeting(), greeting(plugin=b"caching_sha2_password")
TLS, TLS_SHA2 = greeting(capabilities=TLS_OFFERED), greeting(capabilities=TLS_OFFERED, plugin=b"caching_sha2_password")
OBPROXY, OBSERVER = obproxy_greeting(), observer_greeting()
SALTS = {SALT, OTHER_SALT, b"aaaaaaaabbbbbbbbbbbb"}

DENIED = error(1045, "28000", b"Access denied for user 'app'@'localhost' (using password: YES)")
DENY = [answer(DENIED), close]
ANSWERED = [answer(OK), hear_statement, say_row, hear_quit, close]

CLONE_NEWNET = 0x40000000
OFF_LOOPBACK = "192.0.2.1"  # of the loopback interface of a namespace

suite = Suite("scripted logins", sys.argv, jobs=8)
searched = {"connections": 0, "bytes": 0, "outputs": 0}
searching = threading.Lock()


def row(name, script, cause, options=("-t", "4"), **promises):
    suite.add(name, check_row, script, cause, options, promises)


# ---- a run ----

def filled(options):
    """Paths in place of {ca}, {crl}, {client} …; {key:2048} is what a server with that RSA key publishes."""
    words = {name: made.path(f"{name}.pem") for name in ("ca", "other", "client", "client-unknown-ca")}
    words.update({"crl": made.path("ca.crl"), "private": made.path("leaf.key")})
    found = []
    for option in options:
        for word, path in words.items():
            option = option.replace(f"{{{word}}}", path)
        if "{key:" in option:
            size = option.partition("{key:")[2].partition("}")[0]
            option = option.replace(f"{{key:{size}}}", key_path(f"{size}.pub"))
        found.append(option)
    return found


def environment(password=PASSWORD):
    """With the password; and as the system's CA store one authority that signed nothing here, read at once."""
    return {**os.environ, "MYSQL_PWD": password, "SSL_CERT_FILE": made.path("other.pem")}


def log_in(arguments, bound, password=PASSWORD, user=USER, output="json", prefix=(), **keywords):
    """One run with these credentials, within `bound` seconds and the start of a process."""
    words = ["-u", user] if user else []
    words += ["-vv"] if output == "human" else []
    run = obprobe(suite.program, [*words, *filled(arguments)], bound=bound + PROCESS_START, output=output,
                  environment=environment(password), prefix=prefix, **keywords)
    judge_output(run, password)
    return run


@contextlib.contextmanager
def socket_path():
    with ordinary_folder() as folder:
        os.chmod(folder, 0o755)
        yield os.path.join(folder, "mysql.sock")


# ---- what is heard and said ----

def search(text, where, password):
    if not password:
        return
    for name, secret in secrets(password, SALTS).items():
        if secret in text:
            raise Failure(f"{where} holds {name}: {text[:400]!r}")


def judge_output(run, password):
    search(run.stdout, "standard output", password)
    search(run.stderr, "standard error", password)
    with searching:
        searched["outputs"] += 1


def judge_peer(peer, password, sent, is_socket):
    """What came to this connection, in clear and inside TLS or over a socket."""
    with searching:
        searched["connections"] += 1
        searched["bytes"] += len(peer.heard)
    hidden = peer.heard if is_socket else peer.inside
    search(b"" if is_socket else peer.heard, "what the server heard in clear", password)
    if sent:
        hidden = hidden.replace(password.encode() + b"\0", b"")
    search(hidden, "what the server heard inside", password)
    judge_secrecy(peer)


def judge_server(server, password, sent, run):
    if server.complaints:
        raise Failure(f"the server complains: {server.complaints}; {run}")
    try:
        for peer in server.peers:
            judge_peer(peer, password, sent, server.path is not None)
    except Complaint as complaint:
        raise Failure(f"{complaint}; {run}") from complaint
    if not password:
        return
    times = sum((peer.heard if server.path else peer.inside).count(password.encode()) for peer in server.peers)
    expect_equal("times that the password was heard", times, sent, str(run))


# ---- a row ----

def in_a_namespace(function):
    """Runs it on a thread of its own network namespace, whose loopback interface has another address."""
    if os.getuid() != 0:
        raise Skip("network namespaces are root's")
    failed = []

    def body():
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
                raise Skip("network namespaces are not permitted here")
            for words in ("link set lo up", f"address add {OFF_LOOPBACK}/32 dev lo"):
                subprocess.run(["ip", *words.split()], check=True)
            function()
        except BaseException as failure:  # told to the case's own thread
            failed.append(failure)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def check_row(script, cause, options, promises):
    within = promises.get("within", AT_ONCE)
    outputs = ["json", "human"] if within == AT_ONCE or suite.full else ["json"]
    for output in outputs:
        if promises.get("off_loopback"):
            in_a_namespace(lambda output=output: check_run(script, cause, options, dict(promises), output))
        else:
            check_run(script, cause, options, dict(promises), output)


def check_run(script, cause, options, promises, output):
    within = promises.pop("within", AT_ONCE)
    credentials = {"password": promises.pop("password", PASSWORD), "user": promises.pop("user", USER)}
    connections, sent = promises.pop("connections", 1), promises.pop("sent", 0)
    server_side, host = promises.pop("server_side", None), promises.pop("host", "127.0.0.1")
    host = OFF_LOOPBACK if promises.pop("off_loopback", False) else host
    by_name, second = promises.pop("by_name", False), promises.pop("client", None)
    facts = {key: promises.pop(key) for key in ("error", "server", "first_bytes", "facts", "tls") if key in promises}
    with socket_path() if promises.pop("over_socket", False) else contextlib.nullcontext() as path:
        with Server(script, promises.pop("later", (close,)), host, path=path) as server:
            target = f"{NAME}:{server.port}" if by_name else server.target
            run = log_in([*options, target], within[1] + LATE, output=output, client=second is not None, **credentials)
    judge_server(server, credentials["password"], sent, run)
    expect_equal("connections", len(server.peers), connections, str(run))
    if server_side:
        server_side(server)
    if output == "json":
        judge_report(run, cause, within, facts, promises)
        expect_client(run.report, second or {})
    else:
        judge_first_line(run, (cause,) if isinstance(cause, str) else cause)


def judge_first_line(run, causes):
    line = run.stdout.split(b"\n", 1)[0].decode()
    if not any(f"  {cause} (" in line for cause in causes):
        raise Failure(f"the first line names none of {causes}: {run}")


def expect_client(report, promised):
    """What libmariadb's login came to; a function holds a text against more than equality."""
    for key, value in promised.items():
        found = report.get("client", {}).get(key)
        if not (value(found) if callable(value) else found == value):
            raise Failure(f"client.{key} is {found!r}; {report}")


def judge_report(run, cause, within, facts, promises):
    report = run.report
    expect(report, cause, **promises)
    expect_equal("exit code", run.exit_code, EXIT_CODES[report["category"]], str(run))
    if not within[0] <= report["seconds"] <= within[1]:
        raise Failure(f"verdict after {report['seconds']} s, not within {within}: {run}")
    expect_facts(report, **facts)
