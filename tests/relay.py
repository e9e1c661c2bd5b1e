"""A TCP relay in front of a server, which can be slow, refuse, or speak TLS."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65_536


class Relay:
    """Relays connections to `target` on this machine. `delay`: seconds before each stretch
    of an answer; `refusing`: connections are closed as soon as they are made; `seen`: what
    callers sent, as they sent it."""

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self.target = target
        self.delay = 0.0
        self.refusing = False
        self.seen = bytearray()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def drop(self) -> None:
        """Cut all connections."""
        while self._open:
            _shut(self._open.pop())

    def close(self) -> None:
        """Stop listening and cut all connections."""
        _shut(self._listener)
        self.drop()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                if self.refusing:
                    _shut(caller)
                else:
                    threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        self._open.append(caller)
        with suppress(OSError):
            if self._tls is not None:
                caller = self._tls.wrap_socket(caller, server_side=True)
                self._open.append(caller)
            server = socket.create_connection(("127.0.0.1", self.target))
            self._open.append(server)
            threading.Thread(target=self._answer, args=(server, caller), daemon=True).start()
            while data := caller.recv(_CHUNK):
                self.seen += data
                server.sendall(data)
            _shut(server)
        _shut(caller)

    def _answer(self, server: socket.socket, caller: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(_CHUNK):
                time.sleep(self.delay)
                caller.sendall(data)
        _shut(caller)
        _shut(server)


@contextmanager
def relay(target: int, tls: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """A relay for the time of the context."""
    made = Relay(target, tls)
    try:
        yield made
    finally:
        made.close()


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
