"""The situations of docs/connection-refused.md: what is arranged in a fresh topology before the commands of that
document run there. SITUATIONS names them as the document does.
"""

from cases import resolver_files
from harness import Process, Skip, find_program
from mariadb import NameServer
from packets import error, obproxy_greeting
from scripted import Server, answer, close, hear_login, hold, say
from topology import PORT, address, run

SERVER = address("server", 4)
HOSTS = f"127.0.0.1 localhost\n{SERVER} db1.example\n{address('99', 4, 3)} db2.example\n"
FILES = {"hosts": HOSTS, "nsswitch.conf": "hosts: files\n"}  # in the client's /etc
RPC_PORT, MQTT_PORT = 2882, 1883

OBPROXY = [say(obproxy_greeting()), hear_login,
           answer(error(1045, "42000", b"Access denied for user 'obprobe_nobody'@'xxx.xxx.xxx.xxx' "
                                       b"(using password: NO)")), close]


def nobody(_net):
    """The machines are there, and nothing listens on them."""


def listening(script, port=PORT, host=SERVER):
    return lambda net: net.enter("server", Server(script, host=host, port=port, same=True))


def both(*parts):
    def arrange(net):
        for part in parts:
            part(net)
    return arrange


def rule(*target, equivalent):
    """By iptables, whose list the page asks for. Where it is missing nftables does the same to the same packets:
    then the list is not shown either."""
    def arrange(net):
        try:
            iptables = find_program("iptables")
        except Skip:
            net.filter("server", "input", f"tcp dport {PORT} {equivalent}")
        else:
            run(["ip", "netns", "exec", net.names["server"], iptables, "-A", "INPUT", "-p", "tcp", "--dport",
                 str(PORT), "-j", *target])
    return arrange


def filtered(node, hook, text):
    return lambda net: net.filter(node, hook, text)


def name_server(net):
    net.enter("server", NameServer(SERVER, answer=True))


def broker(net):
    """A real mosquitto, which does not know that a database is expected there."""
    folder = f"/run/broker-{net.names['server']}"
    with open(folder, "w", encoding="ascii") as file:
        file.write(f"listener {MQTT_PORT} {SERVER}\nallow_anonymous true\n")
    command = net.command("server", [find_program("mosquitto"), "-c", folder])
    process = net.stack.enter_context(Process(command))
    process.wait_for(lambda: f"{SERVER}:{MQTT_PORT} " in sockets(net), 20)


def sockets(net):
    """What listens on the server, found out without a connection."""
    return run(["ip", "netns", "exec", net.names["server"], "ss", "-Hltn"])


database = listening(OBPROXY)

SITUATIONS = {
    "no-listener": nobody,
    "echo-dropped": both(database, filtered("server", "input", "icmp type echo-request drop")),
    "host-down": nobody,
    "host-down-and-nobody-says-so": filtered("r2", "output", "icmp type destination-unreachable drop"),
    "loopback-only": listening(OBPROXY, host="127.0.0.1"),
    "rule-resets": both(database, rule("REJECT", "--reject-with", "tcp-reset", equivalent="reject with tcp reset")),
    "rule-rejects": both(database, rule("REJECT", equivalent="reject")),
    "rule-allows": both(database, rule("ACCEPT", equivalent="accept"), rule("REJECT", equivalent="reject")),
    "router-rejects": both(database, filtered("r2", "forward", f"tcp dport {PORT} reject with icmp admin-prohibited")),
    "rule-drops": both(database, rule("DROP", equivalent="drop")),
    "router-drops": both(database, rule("ACCEPT", equivalent="accept"),
                         filtered("r2", "forward", f"tcp dport {PORT} drop")),
    "rule-of-nftables": both(database, filtered("server", "input", f"tcp dport {PORT} counter reject")),
    "wrong-name": both(database, name_server),
    "wrong-address": database,
    "rpc-port": both(database, listening([hold()], port=RPC_PORT)),
    "mqtt-port": both(database, broker),
    "two-ports": database,
    "ready": database,
    "versions": nobody,  # of the tools
}

# Where the client's /etc is another one.
OTHER_FILES = {"wrong-name": {**resolver_files(SERVER), "hosts": HOSTS}}
