"""The floor of every RPC: a bare echo server, and channels made the way the SDK makes them."""

import threading
from collections.abc import Callable
from typing import Any

import grpc
import uvloop

from rag_client._channel import Connection

METHOD = "/bench.Echo/Echo"


class EchoServer:
    """A unary method on grpc.aio and uvloop that answers with `size` bytes, nothing else."""

    def __init__(self, size: int) -> None:
        self._reply = bytes(size)
        self._bound = threading.Event()
        self._port = 0
        threading.Thread(target=lambda: uvloop.run(self._serve()), daemon=True).start()
        self._bound.wait()

    def port(self) -> int:
        """Where it listens, on loopback."""
        return self._port

    async def _serve(self) -> None:
        server = grpc.aio.server()
        handler: Any = grpc.unary_unary_rpc_method_handler(self._answer)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler}),)
        )
        self._port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        self._bound.set()
        await server.wait_for_termination()

    async def _answer(self, _request: bytes, _context: object) -> bytes:
        return self._reply


def echo_method(address: str) -> Callable[..., bytes]:
    """The echo over a blocking channel."""
    return grpc.insecure_channel(address, Connection(address).options()).unary_unary(METHOD)


def aio_channel(address: str) -> grpc.aio.Channel:
    """An asyncio channel to the echo server."""
    return grpc.aio.insecure_channel(address, Connection(address).options())
