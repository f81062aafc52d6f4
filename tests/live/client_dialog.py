"""Plugins of MariaDB's other packages, a PAM of the tests' own, and a terminal that must stay untouched."""

import contextlib
import fcntl
import glob
import json
import os
import pty
import select
import stat
import subprocess
import termios

from harness import Failure, Skip, ordinary_folder

SERVICE = "obprobe-test"


def plugin_folder(file):
    """The folder of the server's plugins, MARIADB_SERVER_PLUGINS; Skip where the file is not there."""
    folder = os.environ.get("MARIADB_SERVER_PLUGINS", "/usr/lib/mysql/plugin")
    if not os.path.exists(os.path.join(folder, file)):
        raise Skip(f"{file} is not in {folder} (or another MARIADB_SERVER_PLUGINS)")
    return folder


@contextlib.contextmanager
def in_own_pam(password):
    """In front of a command: PAM's service obprobe-test lets everybody in who has that password."""
    if os.getuid() != 0:
        raise Skip("an own /etc/pam.d needs root")
    if not glob.glob("/usr/lib/*/security/pam_exec.so") + glob.glob("/lib/*/security/pam_exec.so"):
        raise Skip("PAM has no pam_exec.so here")
    with ordinary_folder() as folder:
        script, services = os.path.join(folder, "check"), os.path.join(folder, "pam.d")
        with open(script, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n[ \"$(tr -d '\\000')\" = '{password}' ]\n")
        os.chmod(script, stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        os.mkdir(services)
        with open(os.path.join(services, SERVICE), "w", encoding="ascii") as file:
            file.write(f"auth required pam_exec.so expose_authtok {script}\naccount required pam_permit.so\n")
        prefix = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/pam.d && exec "$@"', services]
        if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0:
            raise Skip("mount namespaces are not permitted here")
        yield prefix


def under_terminal(command, bound, environment):
    """Runs it with a terminal that nobody types at; the report. Whatever is written there is a Failure."""
    master, slave = pty.openpty()
    try:
        before = termios.tcgetattr(slave)
        with subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                              start_new_session=True,
                              preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) as process:
            try:
                output, errors = process.communicate(timeout=bound)
            except subprocess.TimeoutExpired as late:
                raise Failure(f"{command} does not end: it may wait for the terminal") from late
            finally:
                process.kill()
        if select.select([master], [], [], 0)[0]:
            raise Failure(f"written to the terminal: {os.read(master, 1000)!r}")
        if termios.tcgetattr(slave) != before:
            raise Failure("the terminal was changed")
        return json.loads(output)
    except ValueError as error:
        raise Failure(f"no JSON: {output!r} {errors!r}") from error
    finally:
        os.close(master)
        os.close(slave)
