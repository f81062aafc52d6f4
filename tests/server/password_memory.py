"""What may be in the memory of a program that keeps the password of login_steps.py for a later login."""

import hashlib

from harness import Failure, expect_equal
from login_steps import OTHER_SALT, PASSWORD, mix
from memory import where_it_is
from packets import SALT


def judge_memory(pid):
    """One copy, which goes into no core dump, and nothing that was computed from it."""
    text = PASSWORD.encode()
    if where_it_is(pid, b"8.0.36") == (0, 0):
        raise Failure("not even the server's version is found: the search is blind")
    expect_equal("copies of the password that a dump holds, and others", where_it_is(pid, text), (0, 1))
    sha1, sha256 = hashlib.sha1(text).digest(), hashlib.sha256(text).digest()
    for what, left in (("the first half of the password", text[:8]), ("the second half", text[8:]), ("SHA1", sha1),
                       ("SHA1 twice", hashlib.sha1(sha1).digest()), ("SHA256", sha256),
                       ("SHA256 twice", hashlib.sha256(sha256).digest()),
                       ("the password under the salt", mix(text, SALT)),
                       ("the password under a salt", mix(text, OTHER_SALT))):
        dumped, left_out = where_it_is(pid, left)
        if dumped or left_out > 1:
            raise Failure(f"{what} stands {dumped} times in memory that a dump holds, {left_out} times in other")
