"""Messages over a socket: a head of JSON and a body of bytes. Never pickle: the other end may
have been taken over by what it parses."""

import json
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any

_LENGTHS = struct.Struct("!IQ")
_LARGEST_HEAD = 32 * 2**20

# Seconds until `TimeoutError` is looked at again; None: for ever. May raise.
Patience = Callable[[], float | None]


class Channel:
    """One end of a socket pair. Raises EOFError or OSError once the other end is gone, and
    ValueError for what is no message."""

    def __init__(self, own: socket.socket) -> None:
        self._socket = own

    def send(self, head: Mapping[str, Any], body: bytes, patience: Patience) -> None:
        """One message."""
        encoded = json.dumps(head).encode()
        for part in (_LENGTHS.pack(len(encoded), len(body)) + encoded, body):
            self._write(memoryview(part), patience)

    def receive(self, largest_body: int, patience: Patience) -> tuple[Any, bytes]:
        """One message with a body of at most `largest_body` bytes."""
        of_head, of_body = _LENGTHS.unpack(self._read(_LENGTHS.size, patience))
        if of_head > _LARGEST_HEAD or of_body > largest_body:
            raise ValueError("the message is too large")
        head = json.loads(self._read(of_head, patience))
        return head, bytes(self._read(of_body, patience))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _write(self, rest: memoryview, patience: Patience) -> None:
        while rest:
            self._socket.settimeout(patience())
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError:
                continue

    def _read(self, size: int, patience: Patience) -> bytearray:
        buffer, count = bytearray(size), 0
        while count < size:
            self._socket.settimeout(patience())
            try:
                got = self._socket.recv_into(memoryview(buffer)[count:])
            except TimeoutError:
                continue
            if not got:
                raise EOFError
            count += got
        return buffer
