"""One stream of documents: assemble within credits -> skip what is known -> prepare -> commit in
groups -> answer. Nothing of it outlives the stream but what was committed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any, TypeVar

from rag_server.core.assembly import Assembly
from rag_server.core.call import Call
from rag_server.core.documents import Collection, Outcome
from rag_server.core.errors import Exhausted
from rag_server.core.frames import Answer, Answered, Credits, Draining, Event, Frame, Item
from rag_server.core.ingest import Changed, IngestPath
from rag_server.core.preparation import Prepared
from rag_server.core.tokens import consistency_token

T = TypeVar("T")

# Items looked up at a time.
_CHECKED = 256
# Documents that are prepared at the same time.
_PARALLELISM = 4
# A commit with its addition to the index costs as much as an embedding or two. So documents
# wait for others that are being embedded, until there are so many of them or of their chunks,
# or the first has waited so long.
_GROUP = 64
_GROUP_CHUNKS = 64
_GATHER_SECONDS = 5.0
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What streams may hold: `streams` of them, each what `credits` pay for. An item may take
    `item_seconds`; a stream on which nothing happens for `idle_seconds` is ended."""

    streams: int
    credits: Credits
    max_item_bytes: int
    item_seconds: float
    idle_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """An item that only lacks its commit."""

    number: int
    prepared: Prepared
    collection: Collection


class IngestSession:
    """A reader, a checker, a task for each document that is prepared and a committer. All live
    on the event loop and leave what they have done for `events`."""

    def __init__(
        self, path: IngestPath, limits: StreamLimits, collection: Collection, call: Call
    ) -> None:
        self._path = path
        self._limits = limits
        self._collection = collection
        self._revision = collection.revision
        self._call = call
        self._assembly = Assembly(limits.credits, limits.max_item_bytes)
        self._arrived: list[Item] = []
        # Items that have arrived and are not answered, and the documents under way: a second
        # version of one must not be compared with what is about to be replaced.
        self._unanswered = 0
        self._ids: set[str] = set()
        self._places = asyncio.Semaphore(_PARALLELISM)
        self._preparing: set[asyncio.Task[None]] = set()
        self._ready: list[_Ready] = []
        self._answers: list[Answer] = []
        self._reader: asyncio.Task[None] | None = None
        self._read = self._draining = self._told = False
        self._error: BaseException | None = None
        self._checkable, self._progress, self._news = (asyncio.Event() for _ in range(3))

    @asynccontextmanager
    async def working(self, frames: AsyncIterator[Sequence[Frame]]) -> AsyncIterator[None]:
        """While it lasts there are `events`; it ends all work."""
        self._reader = self._start(self._take_all(frames))
        lasting = [self._reader, self._start(self._check_all()), self._start(self._commit_all())]
        if self._draining:
            self._reader.cancel()
        try:
            yield
        finally:
            tasks = [*lasting, *self._preparing]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def events(self) -> Sequence[Event]:
        """What has happened since the last call; empty once all is done. Raises what ended
        the work."""
        while True:
            if self._error is not None:
                raise self._error
            events = self._happened()
            if events or (not self._unanswered and (self._read or self._draining)):
                return events
            self._news.clear()
            try:
                async with asyncio.timeout(self._limits.idle_seconds):
                    await self._news.wait()
            except TimeoutError:
                if not self._unanswered:
                    self.drain()

    def drain(self) -> None:
        """Take no further items, and drop those whose work has not begun."""
        self._draining = True
        if self._reader is not None:
            self._reader.cancel()
        self._unanswered -= len(self._arrived)
        self._arrived.clear()
        self._news.set()

    def _happened(self) -> Sequence[Event]:
        events: list[Event] = []
        if self._draining and not self._told:
            self._told = True
            events.append(Draining())
        if self._answers:
            answers, self._answers = self._answers, []
            for answer in answers:
                self._assembly.settle(answer.number)
            token = consistency_token(self._collection.id, self._revision)
            events.append(Answered(answers, self._revision, token))
            self._call.telemetry.reached("stream.answered")
        if granted := self._assembly.grant():
            events.append(granted)
        return events

    async def _take_all(self, frames: AsyncIterator[Sequence[Frame]]) -> None:
        async for some in frames:
            self._take(self._assembly.take(some))
        self._take(self._assembly.finish())
        self._read = True
        self._news.set()

    def _take(self, results: Iterable[Item | Answer]) -> None:
        for each in results:
            if isinstance(each, Item):
                self._unanswered += 1
                self._arrived.append(each)
            else:
                self._answers.append(each)
        self._checkable.set()
        self._news.set()

    async def _check_all(self) -> None:
        while True:
            items = self._checkables()
            if items:
                await self._check(items)
            else:
                self._checkable.clear()
                await self._checkable.wait()

    def _checkables(self) -> Sequence[Item]:
        """The next items, up to one whose document is under way."""
        count = 0
        for item in self._arrived[:_CHECKED]:
            if item.document.id in self._ids:
                break
            self._ids.add(item.document.id)
            count += 1
        items = self._arrived[:count]
        del self._arrived[:count]
        return items

    async def _check(self, items: Sequence[Item]) -> None:
        name, documents = self._collection.name, [each.document for each in items]
        collection, checked = await self._insist(
            lambda call: self._path.check(name, documents, call)
        )
        self._revision = max(self._revision, collection.revision)
        for item, each in zip(items, checked, strict=True):
            if isinstance(each, Outcome):
                self._answer(item.number, each)
            else:
                task = self._start(self._prepare(item.number, each, collection))
                self._preparing.add(task)
                task.add_done_callback(self._prepared)

    async def _prepare(self, number: int, changed: Changed, collection: Collection) -> None:
        async with self._places:
            if self._draining:
                self._unanswered -= 1
                return
            done = await self._insist(lambda call: self._path.prepare(collection, changed, call))
        if isinstance(done, Outcome):
            self._answer(number, done)
        else:
            self._ready.append(_Ready(number, done, collection))

    def _prepared(self, task: "asyncio.Task[None]") -> None:
        self._preparing.discard(task)
        self._progress.set()
        self._news.set()

    async def _commit_all(self) -> None:
        while True:
            await self._until(lambda: bool(self._ready))
            with suppress(TimeoutError):
                async with asyncio.timeout(_GATHER_SECONDS):
                    await self._until(lambda: self._plenty or not self._preparing)
            await self._commit(self._next_group())

    @property
    def _plenty(self) -> bool:
        """Whether a commit is worth its cost."""
        chunks = sum(len(each.prepared.document.chunks) for each in self._ready)
        return chunks >= _GROUP_CHUNKS or len(self._ready) >= _GROUP

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            self._progress.clear()
            await self._progress.wait()

    def _next_group(self) -> Sequence[_Ready]:
        """The first that are ready, of one generation."""
        generation = self._ready[0].collection.generation
        same = takewhile(lambda each: each.collection.generation == generation, self._ready)
        group = list(islice(same, _GROUP))
        del self._ready[: len(group)]
        return group

    async def _commit(self, group: Sequence[_Ready]) -> None:
        collection, prepared = group[0].collection, [each.prepared for each in group]
        commit = await self._insist(lambda call: self._path.commit(collection, prepared, call))
        self._revision = max(self._revision, commit.revision)
        for each, kind in zip(group, commit.kinds, strict=True):
            self._answer(each.number, each.prepared.outcome(kind))

    def _answer(self, number: int, outcome: Outcome) -> None:
        self._answers.append(Answer(number, outcome))
        self._ids.discard(outcome.document_id)
        self._unanswered -= 1
        self._checkable.set()
        self._news.set()

    async def _insist(self, work: Callable[[Call], Awaitable[T]]) -> T:
        """The result of `work`, which waits its turn where a pool is full: the sender has
        nowhere to go either."""
        while True:
            try:
                return await work(self._call.within(self._limits.item_seconds))
            except Exhausted as error:
                if error.retry_after_ms is None:
                    raise
                await asyncio.sleep(min(_LONGEST_PAUSE, error.retry_after_ms / 1_000))

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._error = self._error or error
            self._news.set()
