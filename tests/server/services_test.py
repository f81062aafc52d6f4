#!/usr/bin/env python3
"""What answers where a database was expected: real services from Debian's packages, each started as an
ordinary user on a free loopback port in a temporary folder; and doubles, labelled so, of what cannot be had.

Usage: services_test.py PATH_TO_OBPROBE [--full] [--only TEXT] [--jobs N]
"""

import contextlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import (LATE, PROCESS_START, Failure, Process, Skip, Suite, as_ordinary_user,
                     expect, expect_equal, find_program, free_port, obprobe, ordinary_folder, ordinary_ids,
                     run_program, services)
from packets import error, greeting
from scripted import Server, answer, close, hear_login, hold, pause, say

START = 30       # seconds for a service to come up
TIMEOUT = 6      # of each probe: behind the blind login (3 s) and one more question
AT_ONCE = 0.5

suite = Suite("services", sys.argv, jobs=4)  # few: the services' own start must not delay the probes


# ---- real services: each a context manager that yields the port ----

@contextlib.contextmanager
def service(argv, files=(), port=None, prepare=()):
    """Starts `argv` with {port} and {folder} filled in, after writing files and running commands."""
    port = port or free_port()
    with ordinary_folder() as folder:
        facts = {"port": port, "folder": folder}
        for name, text in files:
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text % facts)
            os.chown(os.path.join(folder, name), *ordinary_ids())  # vsftpd insists
        for command in prepare:
            done = run_program(as_ordinary_user(filled(command, facts)), bound=START)
            if done.exit_code != 0:
                raise Failure(f"cannot prepare: {done}")
        with Process(as_ordinary_user(filled(argv, facts)), log=os.path.join(folder, "log")) as process:
            process.wait_for(lambda: listens(port), START)
            yield port


def filled(argv, facts):
    return [find_program(argv[0]), *(argument % facts for argument in argv[1:])]


def listens(port):
    """Whether the port is bound, without connecting: some services serve one client only."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
                   for line in table.readlines()[1:])


def certificate():
    return ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", "2",
            "-keyout", "%(folder)s/key.pem", "-out", "%(folder)s/cert.pem"]


def openssh():
    return service(["sshd", "-D", "-e", "-f", "%(folder)s/conf"],
                   [("conf", "Port %(port)d\nListenAddress 127.0.0.1\nHostKey %(folder)s/key\n"
                             "UsePAM no\nPidFile none\n")],
                   prepare=[["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "%(folder)s/key"]])


NGINX = ("daemon off;\nmaster_process off;\npid %(folder)s/pid;\nerror_log stderr;\n"
         "events {}\n")
NGINX_TEMP = "".join(f"{kind}_temp_path %(folder)s/{kind};\n"
                     for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


def nginx(configuration, prepare=()):
    return service(["nginx", "-p", "%(folder)s", "-c", "%(folder)s/conf", "-e", "stderr"],
                   [("conf", configuration)], prepare=prepare)


def nginx_http():
    return nginx(NGINX + "http {\naccess_log off;\n" + NGINX_TEMP
                 + "server { listen 127.0.0.1:%(port)d; }\n}\n")


def nginx_https():
    return nginx(NGINX + "http {\naccess_log off;\n" + NGINX_TEMP + "server { listen 127.0.0.1:%(port)d ssl;\n"
                 "ssl_certificate %(folder)s/cert.pem; ssl_certificate_key %(folder)s/key.pem; }\n}\n",
                 [certificate()])


def nginx_stream():
    """A TCP proxy whose backend refuses."""
    module = "/usr/lib/nginx/modules/ngx_stream_module.so"
    if not os.path.exists(module):
        raise Skip("libnginx-mod-stream is not installed")
    return nginx(f"load_module {module};\n" + NGINX + "stream { server { listen 127.0.0.1:%(port)d;\n"
                 f"proxy_pass 127.0.0.1:{free_port()}; }} }}\n")


def postgresql():
    """Debian keeps the server out of PATH."""
    folder = next((os.path.dirname(os.path.join(base, "postgres"))
                   for base, _, names in os.walk("/usr/lib/postgresql") if "postgres" in names), None)
    if not folder:
        raise Skip("postgresql is not installed")
    return service([f"{folder}/postgres", "-D", "%(folder)s/data", "-p", "%(port)d", "-h", "127.0.0.1",
                    "-k", "%(folder)s"],
                   prepare=[[f"{folder}/initdb", "-A", "trust", "-N", "-D", "%(folder)s/data"]])


def redis():
    return service(["redis-server", "--port", "%(port)d", "--bind", "127.0.0.1", "--save", "",
                    "--dir", "%(folder)s"])


def memcached():
    return service(["memcached", "-l", "127.0.0.1", "-p", "%(port)d", "-U", "0", "-m", "8"])


def mosquitto():
    return service(["mosquitto", "-c", "%(folder)s/conf"],
                   [("conf", "listener %(port)d 127.0.0.1\nallow_anonymous true\n")])


def vsftpd():
    return service(["vsftpd", "%(folder)s/conf"],
                   [("conf", "listen=YES\nlisten_address=127.0.0.1\nlisten_port=%(port)d\nbackground=NO\n"
                             "run_as_launching_user=YES\nanonymous_enable=YES\nseccomp_sandbox=NO\n"
                             "secure_chroot_dir=%(folder)s\nanon_root=%(folder)s\n")])


def openssl_server():
    return service(["openssl", "s_server", "-accept", "127.0.0.1:%(port)d", "-key", "%(folder)s/key.pem",
                    "-cert", "%(folder)s/cert.pem", "-www"], prepare=[certificate()])


def stunnel():
    return service(["stunnel4", "%(folder)s/conf"],
                   [("conf", "foreground = yes\npid =\ncert = %(folder)s/cert.pem\nkey = %(folder)s/key.pem\n"
                             f"[db]\naccept = 127.0.0.1:%(port)d\nconnect = 127.0.0.1:{free_port()}\n")],
                   prepare=[certificate()])


def haproxy(backend, front=""):
    return service(["haproxy", "-db", "-f", "%(folder)s/conf"],
                   [("conf", "defaults\nmode tcp\ntimeout connect 5s\ntimeout client 60s\n"
                             "timeout server 60s\nretries 1\nfrontend f\nbind 127.0.0.1:%(port)d\n"
                             f"{front}\ndefault_backend b\nbackend b\n{backend}\n")])


def haproxy_without_server():
    return haproxy("")


def haproxy_backend_down():
    return haproxy(f"server s 127.0.0.1:{free_port()} disabled")


def haproxy_dead_backend():
    return haproxy(f"server s 127.0.0.1:{free_port()}")


def haproxy_reject():
    return haproxy("", "tcp-request connection reject")


@contextlib.contextmanager
def haproxy_healthy():
    script = [say(greeting()), hear_login, answer(error(1045, "28000")), close]
    with Server(script) as server, haproxy(f"server s {server.target}") as port:
        yield port
    if server.complaints:
        raise Failure(f"the server behind the balancer complains: {server.complaints}")


def socat_echo():
    return service(["socat", "TCP4-LISTEN:%(port)d,bind=127.0.0.1,reuseaddr,fork", "PIPE"])


# ---- doubles ----

@contextlib.contextmanager
def double(*script):
    with Server(list(script), same=True) as server:
        yield server.port


def mongodb():
    """Waits for a message whose length the login does not complete."""
    return double(hold())


def oceanbase_rpc():
    """Port 2882 never speaks first and does not answer what is no RPC packet."""
    return double(hold())


def mysqlx():
    """The server hello of an X plugin: a notice frame of type 5."""
    return double(say(bytes.fromhex("050000000b08051a00")), hold())


def smtp():
    return double(say(b"220 mail.example ESMTP Postfix (Debian/GNU)\r\n"), hold())


def smtp_or_ftp():
    """A banner that says nothing about which of the two it is."""
    return double(say(b"220 ready\r\n"), hold())


def smtp_late():
    """Postfix with postscreen, or a slow banner: it comes after 1 s."""
    return double(pause(1), say(b"220 mail.example ESMTP Postfix (Debian/GNU)\r\n"), hold())


# ---- the table ----

def check(start, cause, named, confidence, seconds):
    with start() as port:
        run = obprobe(suite.program, ["-t", str(TIMEOUT), f"127.0.0.1:{port}"],
                      bound=seconds + LATE + PROCESS_START)
    expect(run.report, cause, confidence)
    expect_equal("exit code", run.exit_code, run.report["exit_code"], str(run))
    expect_equal("services", services(run.report), set(named.split()), str(run))
    if run.report["seconds"] > seconds + (LATE if seconds == TIMEOUT else 0):
        raise Failure(f"named only after {run.report['seconds']} s, {seconds} s allowed; {run}")


def row(name, start, cause, named="", confidence=None, seconds=TIMEOUT):
    """named: the services that the evidence leaves. seconds: a bound on the verdict, where it is known
    before the deadline."""
    suite.add(name, check, start, cause, named, confidence, seconds)


NOT_MYSQL = "protocol.not-mysql"
SILENT = "timed-out.greeting"
SILENT_ONES = "redis mongodb oceanbase-rpc"  # what waits for the rest of a message
CLOSED = "protocol.closed-before-greeting"
BY_LOGIN = 3 + AT_ONCE  # named by the reaction to the blind login
BY_QUESTION = BY_LOGIN + 1  # by the answer to one more question, behind one more wait for a greeting

row("OpenSSH names itself at once", openssh, NOT_MYSQL, "ssh", "certain", AT_ONCE)
row("vsftpd names itself at once", vsftpd, NOT_MYSQL, "ftp", "certain", AT_ONCE)
row("nginx, HTTP: known by its answer to the blind login", nginx_http, NOT_MYSQL, "http", "certain", BY_LOGIN)
row("nginx, HTTPS: known by its answer to one more question", nginx_https, NOT_MYSQL, "http", "certain",
    BY_QUESTION)
row("PostgreSQL: known by its answer to an SSLRequest", postgresql, NOT_MYSQL, "postgresql", "certain", BY_QUESTION)
row("Redis stays silent: one of a set", redis, SILENT, SILENT_ONES)
row("memcached: known by its answer to the blind login", memcached, NOT_MYSQL, "memcached", "certain", BY_LOGIN)
row("mosquitto resets, and does not speak TLS: possibly MQTT", mosquitto, "protocol.reset-before-greeting",
    "mqtt", "possible", BY_QUESTION)
row("openssl s_server closes, and is not PostgreSQL: possibly TLS", openssl_server, CLOSED, "tls", "possible",
    BY_QUESTION)
row("stunnel: known by its answer to a ClientHello", stunnel, NOT_MYSQL, "tls", "certain", BY_QUESTION)
row("socat, echo: known by the login coming back", socat_echo, NOT_MYSQL, "echo", "certain", BY_LOGIN)

row("haproxy without a server", haproxy_without_server, CLOSED, seconds=AT_ONCE)
row("haproxy, server down", haproxy_backend_down, CLOSED, seconds=AT_ONCE)
row("haproxy, server that refuses: closed after its retry", haproxy_dead_backend, CLOSED, seconds=1 + AT_ONCE)
row("haproxy, connection reject", haproxy_reject, "protocol.reset-before-greeting", seconds=AT_ONCE)
row("haproxy in front of a database: ready", haproxy_healthy, "ready.handshake", seconds=AT_ONCE)
row("nginx stream, server that refuses", nginx_stream, CLOSED, seconds=AT_ONCE)

row("double: MongoDB waits: one of a set", mongodb, SILENT, SILENT_ONES)
row("double: OceanBase's RPC port waits: one of a set", oceanbase_rpc, SILENT, SILENT_ONES)
row("double: MySQL's X protocol names itself at once", mysqlx, NOT_MYSQL, "mysqlx", "certain", AT_ONCE)
row("double: SMTP names itself at once", smtp, NOT_MYSQL, "smtp", "certain", AT_ONCE)
row("double: SMTP after 1 s", smtp_late, NOT_MYSQL, "smtp", "certain", 1 + AT_ONCE)
row("double: a 220 that can be SMTP or FTP names both", smtp_or_ftp, NOT_MYSQL, "smtp ftp", "likely", AT_ONCE)

if __name__ == "__main__":
    sys.exit(suite.run())
