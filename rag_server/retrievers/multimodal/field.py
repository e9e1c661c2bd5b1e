"""The chunks at which the nearest vectors of a field stand."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.content import Modality
from rag_server.core.documents import Vector
from rag_server.core.protocols import FieldIndex, FieldStore, Place, Search
from rag_server.core.retrieval import Candidate
from rag_server.retrievers.visibility import Visibility

# How many times more vectors are asked for where too many of them stood at the same chunks.
_WIDER = 4


@dataclass(frozen=True, slots=True)
class FieldSearch:
    """Exact, over the documents of what is visible and passes the filter."""

    visibility: Visibility
    fields: FieldStore
    index: FieldIndex

    def ranked(
        self, search: Search, modality: Modality, vector: Vector, call: Call
    ) -> list[Candidate]:
        """At most `search.limit` candidates by the cosine of their nearest vector, best first."""
        documents = self._documents(search, call)
        if search.among is not None:
            given = {each.chunk_id for each in search.among}
            found = self._nearest(search, modality, vector, documents, None, call)
            best = [each for each in self._best(search, found) if each.chunk_id in given]
        else:
            best = self._enough(search, modality, vector, documents, call)
        best.sort(key=lambda each: (-each.score, each.chunk_id))
        return best[: search.limit]

    def _enough(
        self,
        search: Search,
        modality: Modality,
        vector: Vector,
        documents: NDArray[np.int64],
        call: Call,
    ) -> list[Candidate]:
        """As many chunks as are wanted, if there are: several vectors may stand at one."""
        wanted = search.limit
        while True:
            found = self._nearest(search, modality, vector, documents, wanted, call)
            best = self._best(search, found)
            if len(best) >= search.limit or len(found) < wanted:
                return best
            wanted *= _WIDER

    def _nearest(
        self,
        search: Search,
        modality: Modality,
        vector: Vector,
        documents: NDArray[np.int64],
        limit: int | None,
        call: Call,
    ) -> list[tuple[int, int, float]]:
        found = self.index.nearest(search.view, modality, vector, documents, limit, call.deadline)
        call.narrow(modality.lower(), len(found), "nearest vectors of the field, scored exactly")
        return found

    def _documents(self, search: Search, call: Call) -> NDArray[np.int64]:
        if search.among is not None:
            return self.fields.documents_of([each.row for each in search.among])
        visible = self.visibility.of(search.view, search.filter, call).documents()
        if visible is None:
            return self.fields.visible(search.view)
        if search.filter is not None:
            call.narrow("filtered", len(visible), "documents that pass the filter")
        return np.fromiter(visible, np.int64, len(visible))

    def _best(self, search: Search, found: Sequence[tuple[int, int, float]]) -> list[Candidate]:
        """Each chunk once, with the best that is at it."""
        places: dict[int, list[Place]] = {}
        documents = list({document for document, _, _ in found})
        for place in self.fields.places(search.view, documents):
            places.setdefault(place.document, []).append(place)
        ends = {document: [each.span.end for each in own] for document, own in places.items()}
        best: dict[str, Candidate] = {}
        for document, start, score in found:
            if document in places:
                place = _at(places[document], ends[document], start)
                best.setdefault(place.chunk_id, Candidate(place.row, place.chunk_id, score))
        return list(best.values())


def _at(places: Sequence[Place], ends: Sequence[int], start: int) -> Place:
    """The first chunk that reaches beyond a byte; chunks leave out white space. Their `ends`
    ascend."""
    return places[min(bisect_right(ends, start), len(places) - 1)]
