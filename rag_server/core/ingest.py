"""The write path, top to bottom: skip what is known -> prepare (parse, chunk, embed) -> one
catalog commit -> the indexes follow."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from rag_server.core.call import Call
from rag_server.core.documents import (
    Collection,
    Commit,
    Document,
    GenerationSettings,
    Known,
    Outcome,
    OutcomeKind,
    View,
)
from rag_server.core.errors import Exhausted, RagError, Reason, Unavailable
from rag_server.core.preparation import Preparation, Prepared
from rag_server.core.principal import Role
from rag_server.core.protocols import Catalog, Workers
from rag_server.core.retrieval import Timing
from rag_server.core.tokens import consistency_token

T = TypeVar("T")

# Documents of one call that are prepared at the same time.
_PARALLELISM = 4


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: outcomes in the order asked, and the token that reads can wait for."""

    outcomes: Sequence[Outcome]
    revision: int
    token: str
    timings: Sequence[Timing] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A document that is not stored as it is, and its fingerprint."""

    document: Document
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Deleted:
    """Which documents went, in the order asked."""

    ids: Sequence[str]
    revision: int
    token: str


class IngestPath:
    """Takes documents in and out of collections."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        preparation: Callable[[GenerationSettings], Preparation],
        commits: Workers,
        notify: Callable[[View], None],
    ) -> None:
        self._catalog = catalog
        self._preparation = preparation
        self._commits = commits
        self._notify = notify

    async def upsert(
        self, name: str, documents: Sequence[Document | Outcome], call: Call
    ) -> Written:
        """Write documents; an Outcome in place of a document is handed through.
        Each document becomes visible whole or not at all."""
        try:
            return await self._upsert(name, documents, call)
        except Unavailable as error:
            # Prepared for a generation that serves no more: what can be reused is stored.
            if error.reason is not Reason.GENERATION_CHANGED:
                raise
            return await self._upsert(name, documents, call)

    async def _upsert(
        self, name: str, documents: Sequence[Document | Outcome], call: Call
    ) -> Written:
        collection, checked = await self.check(name, documents, call)
        slots = asyncio.Semaphore(_PARALLELISM)

        async def prepare(each: Changed | Outcome) -> Prepared | Outcome:
            if isinstance(each, Outcome):
                return each
            async with slots:
                return await self.prepare(collection, each, call)

        prepared = await _all(map(prepare, checked))
        ready = [each for each in prepared if isinstance(each, Prepared)]
        commit = await self.commit(collection, ready, call)
        kinds = iter(commit.kinds)
        outcomes = [
            each if isinstance(each, Outcome) else each.outcome(next(kinds)) for each in prepared
        ]
        token = consistency_token(collection.id, commit.revision)
        return Written(outcomes, commit.revision, token, call.timings())

    async def delete(
        self, name: str, ids: Sequence[str], call: Call, *, dry: bool = False
    ) -> Deleted:
        """Delete documents by id; with `dry` only say which are there."""
        call.principal.require(Role.WRITER)

        def work() -> tuple[Collection, Commit]:
            collection = self._catalog.collections.get(call.principal.tenant, name)
            if dry:
                present = self._catalog.documents.known(collection.view, ids)
                kept = tuple(each for each in ids if each in present)
                return collection, Commit(collection.revision, deleted=kept)
            return collection, self._told(
                collection, self._catalog.documents.delete(collection, ids)
            )

        collection, commit = await self._commits.run(work, call.deadline)
        token = consistency_token(collection.id, commit.revision)
        return Deleted(commit.deleted, commit.revision, token)

    async def check(
        self, name: str, documents: Sequence[Document | Outcome], call: Call
    ) -> tuple[Collection, Sequence[Changed | Outcome]]:
        """The collection, and for each document whether it has to be written."""
        call.principal.require(Role.WRITER)
        ids = [each.id for each in documents if isinstance(each, Document)]

        def work() -> tuple[Collection, Sequence[Changed | Outcome]]:
            collection = self._catalog.collections.get(call.principal.tenant, name)
            known = self._catalog.documents.known(collection.view, ids)
            preparation = self._preparation(collection.settings)
            return collection, [
                _compared(each, known.get(each.id), preparation)
                if isinstance(each, Document)
                else each
                for each in documents
            ]

        return await self._commits.run(work, call.deadline)

    async def prepare(
        self, collection: Collection, changed: Changed, call: Call
    ) -> Prepared | Outcome:
        """What is to be committed of a document; FAILED where it cannot be processed. Raises
        Unavailable and Exhausted where a part is away or busy, which is no fault of it: nothing is
        written yet, and all may be repeated as it is."""
        document, preparation = changed.document, self._preparation(collection.settings)
        try:
            return await preparation.prepare(document, changed.fingerprint, call)
        except RagError as error:
            if _for_a_time(error):
                raise
            return Outcome(document.id, OutcomeKind.FAILED, error=error)
        except Exception as error:
            # A defect met by one document must not fail its neighbours.
            call.telemetry.failed("ingest", error)
            unexpected = RagError("the document could not be processed", Reason.INTERNAL)
            return Outcome(document.id, OutcomeKind.FAILED, error=unexpected)

    async def commit(
        self, collection: Collection, prepared: Sequence[Prepared], call: Call
    ) -> Commit:
        """Make documents visible in one commit, which is durable on return."""
        if not prepared:
            return Commit(collection.revision)
        own = call.fork()

        def work() -> Commit:
            with own.stage("commit"):
                documents = [each.document for each in prepared]
                return self._told(collection, self._catalog.documents.write(collection, documents))

        commit = await self._commits.run(work, call.deadline)
        call.absorb(own)
        call.telemetry.reached("ingest.committed")
        return commit

    def _told(self, collection: Collection, commit: Commit) -> Commit:
        """The commit, once the indexes know of it: in the thread that made it, since nobody
        may be waiting for it any more."""
        self._notify(replace(collection, revision=commit.revision).view)
        return commit


async def _all(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Results in order; where one raises, the others are cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    return [task.result() for task in tasks]


def _for_a_time(error: RagError) -> bool:
    """Whether a part is away or busy; a limit that is the document's own gives no time."""
    if isinstance(error, Exhausted):
        return error.retry_after_ms is not None
    return isinstance(error, Unavailable)


def _compared(
    document: Document, known: Known | None, preparation: Preparation
) -> Changed | Outcome:
    fingerprint = preparation.fingerprint(document)
    if known and (known.fingerprint, known.recipe) == (fingerprint, preparation.recipe):
        return Outcome(document.id, OutcomeKind.UNCHANGED, known.chunk_count)
    return Changed(document, fingerprint)
