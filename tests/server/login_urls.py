"""Logins that stand in the targets themselves: URLs with users and passwords of their own, on scripted servers."""

from urllib.parse import quote

from harness import LATE, PROCESS_START, expect, expect_equal, obprobe
from login_suite import ANSWERED, DENIED, DENY, PASSWORD, PLAIN, READY, USER, environment, judge_output, suite
from login_steps import hear_app
from scripted import Server, answer, close, hear_login, pause, say


def url(*servers, user=USER, password=PASSWORD, scheme="mysql", rest="/"):
    hosts = ",".join(server.target for server in servers)
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{hosts}{rest}"


def run(arguments, bound, output="json"):
    """Of targets that say all by themselves."""
    without = {name: value for name, value in environment().items() if name != "MYSQL_PWD"}
    found = obprobe(suite.program, arguments, bound=bound + PROCESS_START, output=output, environment=without)
    judge_output(found, PASSWORD)
    return found


@suite.case
def answer_behind_the_verdict():
    """What answers a URL's login behind the verdict is still heard out under the URL's own terms."""
    for end in ([answer(DENIED), close], ANSWERED):
        with Server([say(PLAIN), hear_app, pause(1.08), *end], [close]) as server:
            found = run(["-t", "1", url(server)], 1 + LATE)
        expect(found.report, "timed-out.login", login="credentials", user=USER)
        expect_equal("exit code", found.exit_code, found.report["exit_code"], str(found))
