"""Reindexing: the next generation of a collection, built beside the one that serves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic, sleep
from typing import Any

from rag_server.core.chunking import ChunkingSpec, decode_chunking, encode_chunking
from rag_server.core.collector import Following, remove_part
from rag_server.core.documents import (
    Build,
    Collection,
    GenerationSettings,
    Unbuilt,
    View,
)
from rag_server.core.errors import NotFound, Reason
from rag_server.core.jobs import JobWork
from rag_server.core.preparation import Preparation
from rag_server.core.protocols import Catalog, VectorIndex
from rag_server.core.telemetry import Telemetry
from rag_server.core.throttle import Throttle

KIND = "reindex"

# Documents, and chunks, that share a commit: what a crash costs.
_BATCH = 16
_BATCH_CHUNKS = 500
# Seconds between two looks at how far the index is.
_GLANCE = 0.05


@dataclass(frozen=True, slots=True)
class Reindexing:
    """What is asked for; what is None or left out (of the fields of IndexSettings): as it is."""

    chunking: ChunkingSpec | None = None
    index: Mapping[str, int] = field(default_factory=dict)
    embedder: str | None = None
    throttle: Throttle = field(default_factory=Throttle)

    def applied_to(self, settings: GenerationSettings) -> GenerationSettings:
        """The settings of the next generation."""
        return GenerationSettings(
            self.embedder or settings.embedder,
            self.chunking or settings.chunking,
            replace(settings.index, **self.index),
            settings.fields,
        )

    def encoded(self) -> Mapping[str, Any]:
        """As the spec of a job; equal for equal requests."""
        fields = {
            "chunking": self.chunking and encode_chunking(self.chunking),
            "index": dict(self.index) or None,
            "embedder": self.embedder,
            "share": self.throttle.share,
            "documents_per_second": self.throttle.per_second,
        }
        return {name: value for name, value in fields.items() if value is not None}

    @classmethod
    def decoded(cls, spec: Mapping[str, Any]) -> "Reindexing":
        """What was `encoded`."""
        return cls(
            decode_chunking(spec["chunking"]) if "chunking" in spec else None,
            spec.get("index", {}),
            spec.get("embedder"),
            Throttle(spec["share"], spec.get("documents_per_second")),
        )


@dataclass(slots=True)
class _Target:
    """What is being built, and how far it is: `revision` is the newest that was committed."""

    collection: Collection
    generation: int
    preparation: Preparation
    throttle: Throttle
    revision: int
    done: int = 0
    total: int = 0

    def view(self, revision: int) -> View:
        return View(self.collection.id, self.generation, revision)


class Reindexer:
    """Implements `JobHandler`. Writers know nothing of it: what they write meanwhile is found
    missing and built, until a swap proves in its own transaction that nothing is missing."""

    kind = KIND

    def __init__(
        self,
        catalog: Catalog,
        index: VectorIndex,
        following: Following,
        preparation: Callable[[GenerationSettings], Preparation],
        telemetry: Telemetry,
        tail: int,
    ) -> None:
        """`tail`: chunks not yet in the index that a read scores exactly."""
        self._catalog = catalog
        self._index = index
        self._following = following
        self._preparation = preparation
        self._telemetry = telemetry
        self._tail = tail

    def run(self, work: JobWork) -> Mapping[str, Any]:
        """Generation, revision of the swap, and number of documents."""
        target = self._target(work)
        if target.collection.generation != target.generation:
            left, target.total = self._left(target)
            target.done = target.total - left
            self._build_all(target, work)
        return {
            "generation": target.generation,
            "revision": target.revision,
            "documents": target.total,
        }

    def undo(self, work: JobWork) -> None:
        """Remove what was built, unless it serves."""
        try:
            collection = self._collection(work)
        except NotFound:
            # Its generations went with it.
            return
        generation = work.checkpoint.get("generation") or self._catalog.generations.building(
            collection
        )
        if generation is not None:
            self._remove(collection.id, generation)

    def _target(self, work: JobWork) -> _Target:
        collection = self._collection(work)
        asked = Reindexing.decoded(work.job.spec)
        generation = work.checkpoint.get("generation") or self._begin(collection, asked, work)
        if collection.generation == generation:
            settings = collection.settings
        else:
            settings = self._catalog.collections.settings(View(collection.id, generation, 0))
        preparation, revision = self._preparation(settings), collection.revision
        return _Target(collection, generation, preparation, asked.throttle, revision)

    def _collection(self, work: JobWork) -> Collection:
        """The collection; another of the same name is none."""
        collection = self._catalog.collections.get(work.job.tenant or "", work.job.collection)
        if work.checkpoint.get("collection", collection.id) != collection.id:
            message = "the collection was deleted"
            raise NotFound(message, Reason.COLLECTION_NOT_FOUND)
        return collection

    def _begin(self, collection: Collection, asked: Reindexing, work: JobWork) -> int:
        work.check()
        settings = asked.applied_to(collection.settings)
        # Before anything is made: it may name an embedder that this server lacks.
        self._preparation(settings)
        forgotten = self._catalog.generations.building(collection)
        if forgotten is not None:
            self._remove(collection.id, forgotten)
        generation = self._catalog.generations.begin(collection, settings)
        self._telemetry.reached("reindex.begun")
        work.save({"collection": collection.id, "generation": generation})
        return generation

    def _build_all(self, target: _Target, work: JobWork) -> None:
        """Pass after pass over what is missing, until it serves."""
        after = ""
        while True:
            work.progress("build", target.done, target.total)
            documents = self._unbuilt(target, after)
            builds = self._rebuilt(target, documents, work)
            last = not after and len(documents) < _BATCH
            if last and self._swap(target, builds, work):
                return
            self._commit(target, builds, work)
            after = documents[-1].id if len(documents) == _BATCH else ""

    def _rebuilt(self, target: _Target, documents: Sequence[Unbuilt], work: JobWork) -> list[Build]:
        """Builds of the documents; where they are large, but for those committed already."""
        builds: list[Build] = []
        for document in documents:
            began = monotonic()
            tenant = target.collection.tenant
            builds.append(target.preparation.rebuild(tenant, document, work.check))
            if sum(len(build.chunks) for build in builds) >= _BATCH_CHUNKS:
                self._commit(target, builds, work)
                builds = []
            target.throttle.rest(monotonic() - began, work.check)
        return builds

    def _commit(self, target: _Target, builds: Sequence[Build], work: JobWork) -> None:
        if not builds:
            return
        generations = self._catalog.generations
        target.revision = generations.build(target.collection, target.generation, builds)
        self._telemetry.reached("reindex.batch")
        target.done = min(target.done + len(builds), target.total)
        self._following.notify(target.view(target.revision))
        work.save(work.checkpoint, further=True)

    def _swap(self, target: _Target, builds: Sequence[Build], work: JobWork) -> bool:
        self._await_index(target, work)
        self._telemetry.reached("reindex.swap")
        view = target.view(0)
        swapped = self._catalog.generations.swap(
            target.collection,
            target.generation,
            target.preparation.recipe,
            builds,
            applied=lambda: self._following.applied(view),
            tail=self._tail,
        )
        if swapped is None:
            # A try takes the writer and the collection's row: others are to have them in between.
            sleep(_GLANCE)
            return False
        target.revision = swapped
        self._telemetry.reached("reindex.swapped")
        work.progress("swap", target.total, target.total)
        self._following.notify(target.view(swapped))
        return True

    def _await_index(self, target: _Target, work: JobWork) -> None:
        """Wait until the indexes have nearly all that was built, however long they are away.
        What readers score by themselves is not waited for: writers would go on meanwhile."""
        view = target.view(target.revision)
        self._following.notify(view)
        work.check()
        while (applied := self._following.applied(view)) < target.revision:
            if self._catalog.chunks.count(view, since=applied) <= self._tail // 2:
                return
            work.progress("index", applied, target.revision)
            sleep(_GLANCE)
            work.check()

    def _unbuilt(self, target: _Target, after: str) -> list[Unbuilt]:
        recipe = target.preparation.recipe
        generations = self._catalog.generations
        return generations.unbuilt(target.collection, target.generation, recipe, after, _BATCH)

    def _left(self, target: _Target) -> tuple[int, int]:
        recipe = target.preparation.recipe
        return self._catalog.generations.left(target.collection, target.generation, recipe)

    def _remove(self, collection_id: int, generation: int) -> None:
        if self._catalog.generations.abandon(collection_id, generation):
            view = View(collection_id, generation, 0)
            remove_part(view, self._following, self._index)
            self._catalog.generations.forget(view)
