"""A TCP proxy that cuts connections at what a server says."""

import socket
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self


class TcpProxy:
    """Passes bytes on between its own port of 127.0.0.1 and another one."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._marker: bytes | None = None
        self._refuse_after = self._refusing = False
        self.cuts = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def cut_at(self, marker: bytes, *, refuse: bool = False) -> None:
        """Cut the connection on which the server says `marker` next, instead of passing that
        on; with `refuse` all others, too, and let nobody in until `accept`."""
        self._marker, self._refuse_after = marker, refuse

    def accept(self) -> None:
        """Let connections in again."""
        self._refusing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._refusing = True
        _close(self._listening)
        self._close_all()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self._refusing:
                    _close(client)
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                Thread(target=self._pass_on, args=(client, server, False), daemon=True).start()
                Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, watched: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if watched and self._marker is not None and self._marker in data:
                    self._cut()
                    break
                sink.sendall(data)
        _close(source)
        _close(sink)

    def _cut(self) -> None:
        self._marker = None
        self.cuts += 1
        self._refusing = self._refuse_after
        if self._refusing:
            self._close_all()

    def _close_all(self) -> None:
        for each in self._open:
            _close(each)


def _close(connection: socket.socket) -> None:
    # Wakes whoever reads from it, which closing alone does not.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
