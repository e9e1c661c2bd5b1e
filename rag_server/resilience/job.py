"""One piece of work on its way from the event loop to a thread and back."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar, cast

from rag_server.core.call import Deadline

T = TypeVar("T")


class Job(Generic[T]):
    """Work with its deadline and the context variables of the caller. Made on the event loop.
    `done`: there is a result or an error."""

    __slots__ = ("_context", "_deadline", "_ended", "_error", "_loop", "_value", "_work", "done")

    def __init__(self, work: Callable[[], T], deadline: Deadline) -> None:
        self._work = work
        self._deadline = deadline
        self._context = copy_context()
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        # A Future of its own would cost a lock and a condition on every call.
        self._value: T | None = None
        self._error: BaseException | None = None
        self.done = False

    async def wait(self) -> None:
        """Return when the work has ended, was dropped, or the deadline has passed."""
        timer = self._loop.call_later(self._deadline.remaining(), self._wake)
        try:
            await self._ended
        except asyncio.CancelledError:
            self._deadline.cancel()
            raise
        finally:
            timer.cancel()

    def perform(self, stage: str) -> None:
        """Do the work in the current thread, unless its time is up; `notify` ends the wait."""
        try:
            self._deadline.check(stage)
            self._value = self._context.run(self._work)
        except BaseException as error:
            self._error = error
        self.done = True

    def notify(self) -> None:
        """End the wait, from any thread; a job that was not performed stays undone."""
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            # The loop was closed before an abandoned job ended: nobody waits.
            return

    def result(self) -> T:
        """What the work returned or raised, once it is `done`."""
        if self._error is not None:
            raise self._error
        return cast("T", self._value)

    def _wake(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)
