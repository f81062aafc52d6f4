"""A relay in front of a server that lets the first connection through whole and cuts the second one off."""

import contextlib
import socket
import threading

BOUND = 20  # seconds of any wait


class CutRelay:
    """Connects to 127.0.0.1:port from the address `source`; where="greeting": the second connection ends behind the
    server's greeting, "connect": before it. Both sides of it see the end at once.

        with CutRelay(server.port, "127.0.9.1", "greeting") as relay: … probe relay.port …
    """

    def __init__(self, port, source, where):
        self.target = port
        self.source = source
        self.where = where
        self.threads = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(BOUND)

    def _start(self, function, *arguments):
        self.threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self.threads[-1].start()

    def _accept(self):
        with contextlib.suppress(OSError):
            for number in range(10):
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target), BOUND, (self.source, 0))
                client.settimeout(BOUND)
                if number == 0:
                    self._start(self._pass_on, client, server)
                    self._start(self._pass_on, server, client)
                else:
                    self._cut(client, server)

    def _pass_on(self, of, to):
        with contextlib.suppress(OSError):
            while data := of.recv(65536):
                to.sendall(data)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)

    def _cut(self, client, server):
        if self.where == "greeting":
            client.sendall(server.recv(4096))
            client.recv(4096)
        client.close()
        server.close()
