#!/usr/bin/env python3
"""Throughput of the probe beside a floor, and memory for each target in flight.

    bench.py OBPROBE FLOOR RESPONDER [--runs N]

Floor and probe run in turns against the same responder on loopback, so that what else the machine
does falls on both; the ratio is that of the fastest runs. Each target is an address of its own
(127.1.0.1 and up): to one address the probe makes at most 10 connections a second.
"""

import argparse
import contextlib
import ipaddress
import resource
import subprocess
import sys
import tempfile
import time

IN_FLIGHT = 256
BOUND = 120  # seconds for one run


class Responder:
    def __init__(self, program, *arguments):
        self.command = [program, *arguments]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def targets_file(count, port):
    first = int(ipaddress.IPv4Address("127.1.0.1"))
    file = tempfile.NamedTemporaryFile("w", suffix=".targets")
    for i in range(count):
        file.write(f"{ipaddress.IPv4Address(first + i)}:{port}\n")
    file.flush()
    return file


def timed(command):
    """Seconds by the clock, and the exit code."""
    begin = time.monotonic()
    code = subprocess.run(command, stdout=subprocess.DEVNULL, timeout=BOUND, check=False).returncode
    return time.monotonic() - begin, code


def peak_memory(command):
    """The most resident KiB of a process that waits for a while (VmHWM: ru_maxrss would count what
    this interpreter had when it forked), and the exit code."""
    peak = 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        with contextlib.suppress(OSError):
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        peak = max(peak, int(line.split()[1]))
        time.sleep(0.05)
    return peak, process.returncode


def throughput(options, count):
    floor, probe = [], []
    with Responder(options.responder) as server, targets_file(count, server.port) as file:
        for _ in range(options.runs):
            seconds, code = timed([options.floor, str(server.port), str(count), str(IN_FLIGHT)])
            assert code == 0, "the floor failed"
            floor.append(seconds)
            seconds, code = timed([options.obprobe, "-f", file.name, "-q", "-j", str(IN_FLIGHT)])
            assert code == 0, f"the probe ended with {code}"
            probe.append(seconds)
    ratio = min(floor) / min(probe)
    print(f"{count:>6} targets   floor {count / min(floor):>7.0f}/s   "
          f"obprobe {count / min(probe):>7.0f}/s   ratio {ratio:.2f}")


def memory(options, count):
    """Peak resident memory with all targets connected and silent, against one target."""
    with Responder(options.responder, "silent") as server:
        with targets_file(1, server.port) as file:
            base, _ = peak_memory([options.obprobe, "-f", file.name, "-q", "-t", "3.5"])
        with targets_file(count, server.port) as file:
            full, code = peak_memory([options.obprobe, "-f", file.name, "-q", "-t", "3.5",
                                      "-j", str(count)])
    assert code == 15, f"a silent server is timed-out, not {code}"
    print(f"{count:>6} in flight   {(full - base) * 1024 / count:.0f} bytes for each")


def main():
    parser = argparse.ArgumentParser()
    for name in ("obprobe", "floor", "responder"):
        parser.add_argument(name)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    throughput(options, 1000)
    throughput(options, 10000)
    most = min(10000, hard - 200)
    memory(options, most)
    return 0


if __name__ == "__main__":
    sys.exit(main())
