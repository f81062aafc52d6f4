"""What the tables of scripted servers promise alike: exit codes, times, facts of the evidence."""

from harness import LATE, evidence, expect_equal

AT_ONCE = (0, 0.5)     # "in about three round trips"; the rest is room for a busy machine
FIN_WAIT = 0.2         # how long the probe leaves the closing to the server

EXIT_CODES = {"ready": 0, "name": 10, "local": 11, "unreachable": 12, "refused": 13, "filtered": 14,
              "timed-out": 15, "protocol": 16, "tls": 17, "denied": 18, "unavailable": 19, "client": 21}


def at_deadline(seconds):
    return (seconds - 0.01, seconds + LATE)


def after(seconds):
    """Within the usual time behind what the script waits for."""
    return (seconds - 0.05, seconds + AT_ONCE[1])


def expect_facts(report, error=None, server=None, first_bytes=None, service=None, facts=None, tls=None):
    """What the evidence must hold: the server's error, keys of `server`, the first bytes; any keys of the
    evidence and of `tls`, where None means that there must be none."""
    found = evidence(report)
    for key, value in (error or {}).items():
        expect_equal(f"server_error.{key}", found.get("server_error", {}).get(key), value, str(found))
    for key, value in (server or {}).items():
        expect_equal(f"server.{key}", report.get("server", {}).get(key), value, str(report))
    for key, value in (facts or {}).items():
        expect_equal(f"evidence.{key}", found.get(key), value, str(found))
    for key, value in (tls or {}).items():
        expect_equal(f"tls.{key}", report["addresses"][0].get("tls", {}).get(key), value, str(report))
    if first_bytes is not None:
        expect_equal("first_bytes", found.get("first_bytes"), first_bytes.hex(), str(found))
    if service is not None:
        expect_equal("service", found.get("service"), service, str(found))
