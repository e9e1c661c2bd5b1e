"""An object that lives in a process of its own, so that it shares no interpreter lock."""

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

_JOIN_SECONDS = 10.0


class Remote(Generic[T]):
    """Makes `make(*arguments)` in a new process, waits for it and calls its methods there.

    Methods, arguments and results travel by pickle; times must be taken over there. Used
    by one thread, in a `with` block at whose end the process ends.
    """

    def __init__(self, make: Callable[..., T], *arguments: Any) -> None:
        # A fork would copy the channels and threads that are already here.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_host, args=(theirs, make, arguments), daemon=True)
        self._process.start()
        theirs.close()
        self._receive()

    def call(self, method: Callable[Concatenate[T, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of the object's `method`, named through its class. Raises RuntimeError
        with the other side's traceback."""
        self._connection.send((method, args, kwargs))
        result: R = self._receive()
        return result

    def _receive(self) -> Any:
        result, error = self._connection.recv()
        if error:
            raise RuntimeError(f"in the process of its own:\n{error}")
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._process.join(_JOIN_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _host(connection: Connection, make: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    subject, error = _attempt(make, arguments, {})
    connection.send((None, error))
    while not error:
        try:
            method, args, kwargs = connection.recv()
        except EOFError:
            return
        connection.send(_attempt(method, (subject, *args), kwargs))


def _attempt(
    work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, str]:
    try:
        return work(*args, **kwargs), ""
    except Exception:
        return None, traceback.format_exc()
