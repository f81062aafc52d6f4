#!/usr/bin/env python3
"""Logins of the probe on a real MariaDB beside a floor and the client that people put into scripts.

    login_bench.py OBPROBE LOGIN_FLOOR [--runs N] [--count N]

All take turns against the same server on loopback; the ratio is that of the fastest runs. The probe's
targets are addresses of their own (127.1.0.1 and up), the others use 127.0.0.1. The peer is
`mariadb -e 'SELECT 1'`, 16 at a time by xargs.
"""

import argparse
import os
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), folder)
                for folder in ("..", "../live")]
from bench import targets_file, timed
from certificates import Certificates
from harness import find_program
from mariadb import MariaDB

USER, PASSWORD = "app", "a password"
AT_ONCE = 16


def best(runs, command, wanted):
    seconds = []
    for _ in range(runs):
        took, code = timed(command)
        assert code == wanted, f"{command[0]} ended with {code}"
        seconds.append(took)
    return min(seconds)


def peer(server, count, *arguments):
    words = " ".join([find_program("mariadb"), "--no-defaults", "-h127.0.0.1", f"-P{server.port}",
                      f"-u{USER}", *arguments])
    return ["sh", "-c", f"seq {count} | MYSQL_PWD='{PASSWORD}' xargs -P {AT_ONCE} -I{{}} {words}"]


def compare(options, server, title, tls):
    count = options.count
    with targets_file(count, server.port) as file:
        probe = best(options.runs, ["env", f"MYSQL_PWD={PASSWORD}", options.obprobe, "-q", "-u", USER,
                                    f"--ssl-mode={'required' if tls else 'disabled'}",
                                    "-f", file.name], 0)
    floor = best(options.runs, [options.floor, str(server.port), str(count), str(AT_ONCE), USER,
                                PASSWORD, *([] if tls else ["plain"])], 0)
    print(f"{count:>6} logins {title:5}  floor {count / floor:>6.0f}/s   obprobe "
          f"{count / probe:>6.0f}/s   ratio {floor / probe:.2f}", flush=True)
    took = best(1, peer(server, count, "--ssl" if tls else "--skip-ssl", "-e", "'SELECT 1'"), 0)
    print(f"{count:>6} logins {title:5}  mariadb -e {count / took:>6.0f}/s   "
          f"obprobe is {took / probe:.1f} times as fast", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("obprobe")
    parser.add_argument("floor")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--count", type=int, default=500)
    options = parser.parse_args()
    with Certificates("db.example.test") as made, \
            MariaDB("--max-connections=1000", *made.options("good"), bind="0.0.0.0") as server:
        server.sql(f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'")
        compare(options, server, "clear", False)
        compare(options, server, "TLS", True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
