"""Searches chunks, returns their parents or documents."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_server.core.call import Call
from rag_server.core.documents import Relative, StoredChunk, View
from rag_server.core.protocols import ChunkReader, ChunkStore, Retriever, Search
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import Expansion, ParentDocumentSpec
from rag_server.core.values import Span
from rag_server.retrievers.parent_document.family import Family, families, family_id, window

# Children that are searched for at first, for each parent wanted and at least, and at most.
_EACH = 4
_LEAST = 50
_MOST = 4_000
_WIDENING = 4

Child = tuple[Candidate, StoredChunk]


class ParentDocumentRetriever:
    """Keeps what its children said: score of the best, stages, and which spans were found."""

    def __init__(self, chunks: ChunkStore, reader: ChunkReader, base: Retriever) -> None:
        """`base` retrieves as any spec says."""
        self._chunks = chunks
        self._reader = reader
        self._base = base

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit` and `parent_k`, best first."""
        spec = search.spec
        assert isinstance(spec, ParentDocumentSpec)
        wanted = min(spec.parent_k or search.limit, search.limit)
        found = self._found(search, spec, wanted, call)
        best = sorted(found, key=lambda each: (-each.score(spec.mean_of), each.best.chunk_id))
        call.narrow("parents", len(best), "that the chunks stand in")
        with call.stage("parents"):
            expanded = list(self._expanded(search.view, best[:wanted], spec))
        return ranked("parent_document", ((each, each.score) for each in expanded), search.limit)

    def _found(
        self, search: Search, spec: ParentDocumentSpec, wanted: int, call: Call
    ) -> list[Family]:
        """Families of at least so many parents, unless there are no more chunks, or too many."""
        fetch = spec.child_k or max(_LEAST, _EACH * wanted)
        while True:
            asked = replace(search, spec=spec.base, limit=fetch)
            children = self._base.retrieve(asked, call)
            found = families(self._read(children), spec.expansion)
            if len(found) >= wanted or len(children) < fetch or fetch >= _MOST:
                return found
            fetch = min(_WIDENING * fetch, _MOST)

    def _read(self, children: Sequence[Candidate]) -> list[Child]:
        read = self._chunks.read([each.row for each in children if each.chunk is None])
        pairs = [(each, each.chunk or read.get(each.row)) for each in children]
        # What a collector removed meanwhile is left out.
        return [(each, chunk) for each, chunk in pairs if chunk is not None]

    def _expanded(
        self, view: View, some: Sequence[Family], spec: ParentDocumentSpec
    ) -> Iterator[Candidate]:
        whole = spec.expansion is Expansion.DOCUMENT
        relatives = self._chunks.relatives(view, [each.best.row for each in some], whole=whole)
        for family in some:
            members = relatives.get(family.best.row, ())
            if len(members) <= 1 or not _takes_over(family, members, spec):
                yield from (replace(each, chunk=chunk) for each, chunk in family.children)
            else:
                yield self._parent(view, family, members, spec)

    def _parent(
        self,
        view: View,
        family: Family,
        members: Sequence[Relative],
        spec: ParentDocumentSpec,
    ) -> Candidate:
        found = {each.row for each, _ in family.children}
        kept = members[window(members, family.best.row, found, spec.max_tokens)]
        span = _span(family.chunk, kept, len(kept) == len(members))
        text = self._reader.text(view, family.chunk.document_id, span).decode()
        chunk = replace(
            family.chunk,
            id=family_id(members),
            ordinal=kept[0].ordinal,
            span=span,
            text=text,
            tokens=sum(each.tokens for each in kept),
            parent=None,
        )
        return replace(
            family.best,
            chunk_id=chunk.id,
            score=family.score(spec.mean_of),
            chunk=chunk,
            members=tuple(kept),
            matched=_joined([each.span for each in kept if each.row in found]),
        )


def _takes_over(family: Family, members: Sequence[Relative], spec: ParentDocumentSpec) -> bool:
    """Whether a parent takes the place of its children."""
    if spec.expansion is not Expansion.AUTO_MERGE:
        return True
    return len(family.children) > spec.merge_ratio * len(members)


def _span(child: StoredChunk, kept: Sequence[Relative], complete: bool) -> Span:
    """A whole parent has a span of its own, which may be wider than its chunks'."""
    if complete and child.parent is not None and kept[0].parent == kept[-1].parent:
        return child.parent
    return Span(kept[0].span.start, max(each.span.end for each in kept))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same bytes without overlaps; `spans` ascend."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
