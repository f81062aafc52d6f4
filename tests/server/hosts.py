"""Names of the tests' own: another /etc/hosts, for one program alone."""

import contextlib
import os
import subprocess

from harness import Skip, ordinary_folder


@contextlib.contextmanager
def with_hosts(lines):
    """The prefix of a command that sees these lines as /etc/hosts; Skip where that is not permitted."""
    if os.getuid() != 0:
        raise Skip("an own /etc/hosts needs root")
    with ordinary_folder() as folder:
        hosts = os.path.join(folder, "hosts")
        with open(hosts, "w", encoding="ascii") as file:
            file.write("\n".join(["127.0.0.1 localhost", *lines, ""]))
        prefix = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
        if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0:
            raise Skip("mount namespaces are not permitted here")
        yield prefix
