"""Self-query retrieval: what the question says about metadata narrows the search."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Protocol

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import View
from rag_server.core.filters import Filter, conjunction, matches
from rag_server.core.metadata_schema import CollectionSchema, MetadataSchema
from rag_server.core.protocols import ChunkStore, Retriever, Search, Understander
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate, DegradationKind
from rag_server.core.schema_check import problems
from rag_server.core.specs import SelfQuerySpec, UnderstanderKind
from rag_server.core.understanding import Clause, Fate, Understanding
from rag_server.core.values import Metadata

_STAGE = "understand"
# Where hits may be moved, so many more are looked at than are wanted.
_WIDER = 2


class Schemas(Protocol):
    """Knows what the metadata of collections means."""

    def of(self, view: View, hidden: Filter | None, deadline: Deadline) -> CollectionSchema:
        """As the holder of a key with the mandatory filter `hidden` may know it."""
        ...


class SelfQueryRetriever:
    """Searches with its base and the filters that were understood. Where nothing passes, the
    least certain ones are given up, one after the other; the search's own filter never is."""

    def __init__(
        self,
        chunks: ChunkStore,
        base: Retriever,
        schemas: Schemas,
        understanders: Mapping[UnderstanderKind, Understander],
    ) -> None:
        """`base` retrieves as any spec says."""
        self._chunks = chunks
        self._base = base
        self._schemas = schemas
        self._understanders = understanders

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit` candidates of the base, those that boosts fit moved up."""
        spec = search.spec
        assert isinstance(spec, SelfQuerySpec)
        with call.stage(_STAGE):
            understood = self._understood(search, spec, call)
        found, understood = self._found(search, spec, understood, call)
        call.understanding = understood
        ranked = self._boosted(found, spec, understood)
        if spec.sort and understood.sort is not None:
            return self._sorted(ranked, search.limit, understood)
        return ranked[: search.limit]

    def _understood(self, search: Search, spec: SelfQuerySpec, call: Call) -> Understanding:
        known = self._schemas.of(search.view, call.principal.filter, call.deadline)
        schema = known.effective()
        today = date.fromisoformat(spec.today) if spec.today else datetime.now(UTC).date()
        understander = self._understanders[spec.understander]
        found = understander.understand(search.question.text, schema, today, spec.threshold, call)
        return _valid(found, schema, call)

    def _found(
        self, search: Search, spec: SelfQuerySpec, understood: Understanding, call: Call
    ) -> tuple[list[Candidate], Understanding]:
        relaxed = 0
        while True:
            found = self._base.retrieve(self._narrowed(search, spec, understood), call)
            weakest = _weakest(understood.clauses)
            if found or weakest is None:
                break
            understood = _given_up(understood, weakest)
            relaxed += 1
        if relaxed:
            detail = f"nothing passed: {relaxed} of the conditions understood were given up"
            call.degrade(DegradationKind.FILTER_RELAXED, "search", detail)
        return found, understood

    def _narrowed(self, search: Search, spec: SelfQuerySpec, understood: Understanding) -> Search:
        question = search.question
        if spec.rewrite and understood.query != question.text:
            question = question.reworded(understood.query)
        moved = _boosts(understood) or (spec.sort and understood.sort)
        return replace(
            search,
            spec=spec.base,
            question=question,
            filter=conjunction(search.filter, understood.filter),
            limit=search.limit * _WIDER if moved else search.limit,
        )

    def _boosted(
        self, found: list[Candidate], spec: SelfQuerySpec, understood: Understanding
    ) -> list[Candidate]:
        boosts = _boosts(understood)
        if not (boosts and found and spec.boost):
            return found
        scores = [each.score for each in found]
        most = (max(scores) - min(scores)) * spec.boost
        metadata = self._metadata(found)
        raised = ((each, each.score + most * _share(boosts, metadata[each.row])) for each in found)
        return ranked("self_query", raised, len(found))

    def _sorted(
        self, found: Sequence[Candidate], limit: int, understood: Understanding
    ) -> list[Candidate]:
        """In the order asked for; documents without the field come last, as they were. Scores
        become those of the order, since hits are in the order of their scores."""
        sort = understood.sort
        assert sort is not None
        metadata = self._metadata(found)
        having = [each for each in found if sort.field in metadata[each.row]]
        values: Any = {each.row: metadata[each.row][sort.field] for each in having}
        having.sort(key=lambda each: values[each.row], reverse=sort.descending)
        known = {each.row for each in having}
        ordered = [*having, *(each for each in found if each.row not in known)]
        kept = ordered[: min(limit, understood.limit or limit)]
        return [each.staged("sort", 1.0 / rank, rank) for rank, each in enumerate(kept, 1)]

    def _metadata(self, found: Sequence[Candidate]) -> dict[int, Metadata]:
        read = self._chunks.read([each.row for each in found if each.chunk is None])
        chunks = ((each.row, each.chunk or read.get(each.row)) for each in found)
        return {row: chunk.metadata if chunk else {} for row, chunk in chunks}


def _valid(understood: Understanding, schema: MetadataSchema, call: Call) -> Understanding:
    """With the clauses dropped that the schema has no meaning for."""
    clauses = []
    for each in understood.clauses:
        wrong = problems(each.filter, schema)
        if wrong:
            call.degrade(
                DegradationKind.FILTER_DROPPED,
                _STAGE,
                "a condition that was understood does not fit the metadata schema",
            )
            each = replace(each, fate=Fate.DROPPED, reason=wrong[0].description)
        clauses.append(each)
    return replace(understood, clauses=tuple(clauses))


def _boosts(understood: Understanding) -> list[Clause]:
    return [each for each in understood.clauses if each.fate is Fate.BOOST]


def _share(boosts: Sequence[Clause], metadata: Metadata) -> float:
    """0 to 1: how much of the boosts the document fits."""
    fitting = (each.confidence for each in boosts if matches(each.filter, metadata))
    return sum(fitting) / len(boosts)


def _weakest(clauses: Sequence[Clause]) -> int | None:
    """Place of the least certain filter, of several the last."""
    places = [at for at, each in enumerate(clauses) if each.fate is Fate.FILTER]
    return min(places, key=lambda at: (clauses[at].confidence, -at), default=None)


def _given_up(understood: Understanding, at: int) -> Understanding:
    clauses = list(understood.clauses)
    clauses[at] = replace(clauses[at], fate=Fate.RELAXED, reason="nothing passed it")
    return replace(understood, clauses=tuple(clauses))
