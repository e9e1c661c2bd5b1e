"""Late fusion of what the vector fields of a collection say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag_server.core.call import Call
from rag_server.core.content import Modality
from rag_server.core.documents import Vector, VectorField
from rag_server.core.errors import PreconditionFailed, Reason, Unavailable
from rag_server.core.field_vectors import rgb
from rag_server.core.pipeline import known_embedder
from rag_server.core.protocols import (
    ImageEmbedder,
    Retriever,
    Search,
    WordedImageEmbedder,
)
from rag_server.core.question import AskedQuestion, Encoder
from rag_server.core.retrieval import Candidate, DegradationKind
from rag_server.core.specs import ConvexSpec, DenseSpec, MultimodalSpec, WeightedFieldSpec
from rag_server.retrievers.fusion import Ranking, best, fuse, pooled
from rag_server.retrievers.multimodal.field import FieldSearch


@dataclass(frozen=True, slots=True)
class _Served:
    """A field that can be searched, and what it gives, best first. `vector`: what it was searched
    with; None: the text of the question, by another strategy."""

    spec: WeightedFieldSpec
    vector: Vector | None
    given: Sequence[Candidate]


class MultimodalRetriever:
    """Searches the fields one after the other. A field that the collection or the question
    does not have is left out, which the funnel says."""

    def __init__(
        self,
        base: Retriever,
        field: FieldSearch,
        embedders: Mapping[str, ImageEmbedder],
        encoders: Mapping[str, Encoder],
    ) -> None:
        """`base` retrieves as any spec says; `embedders` of images and `encoders` of questions by
        the names of models."""
        self._base = base
        self._field = field
        self._embedders = embedders
        self._encoders = encoders

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit`, best fused score first, each with what the fields said. Raises
        PreconditionFailed where no field can be searched or the server lacks a field's model."""
        spec = search.spec
        assert isinstance(spec, MultimodalSpec)
        wider = replace(search, limit=max(spec.depth, search.limit))
        served = list(self._served(spec, wider, call))
        pool = pooled(each.given for each in served)
        fused = fuse([self._ranking(each, pool, spec, wider, call) for each in served], spec.fusion)
        call.narrow("fused", len(fused), "given by some field")
        return best("multimodal", [each.given for each in served], fused, search.limit)

    def _served(self, spec: MultimodalSpec, search: Search, call: Call) -> Iterator[_Served]:
        served, failed = False, None
        for each in spec.fields:
            try:
                found = self._searched(each, spec, search, call)
            except Unavailable as error:
                failed = error
                call.degrade(DegradationKind.RETRIEVER_SKIPPED, "search", str(error))
                continue
            if found is not None:
                served = True
                yield found
        if served:
            return
        raise failed or PreconditionFailed(
            "no field of the pipeline can be searched: the collection lacks it, or the question "
            "neither says nor shows what it needs",
            Reason.FIELD_MISSING,
        )

    def _searched(
        self, each: WeightedFieldSpec, spec: MultimodalSpec, search: Search, call: Call
    ) -> _Served | None:
        stage = each.field.lower()
        if each.field is Modality.TEXT:
            if not _has_words(each, search, call):
                return None
            vector = None
            found = self._base.retrieve(replace(search, spec=spec.base), call)
        else:
            vector = self._vector(each, search, call)
            if vector is None:
                return None
            found = self._field.ranked(search, each.field, vector, call)
        staged = [one.staged(stage, one.score, rank) for rank, one in enumerate(found, 1)]
        return _Served(each, vector, staged)

    def _vector(self, each: WeightedFieldSpec, search: Search, call: Call) -> Vector | None:
        """What to search a field with, if anything."""
        field = next((one for one in search.fields if one.modality is each.field), None)
        if field is None:
            _left_out(each, "the collection has no such field", call)
            return None
        if each.field is Modality.TABLE:
            return self._worded(field, search, call) if _has_words(each, search, call) else None
        embedder = known_embedder(field.embedder, self._embedders)
        with call.stage("embed"):
            if search.image is not None:
                return embedder.embed_image(rgb(search.image))
            if isinstance(embedder, WordedImageEmbedder):
                return embedder.embed_text(search.question.text)
        _left_out(each, "the question shows no image", call)
        return None

    def _worded(self, field: VectorField, search: Search, call: Call) -> Vector:
        """The question as the field's model reads it."""
        # That of the chunks is another after a reindexing with another one.
        if field.embedder == search.embedder:
            return search.question.vector()
        encoder = known_embedder(field.embedder, self._encoders)
        return AskedQuestion(search.question.text, encoder, call).vector()

    def _ranking(
        self,
        served: _Served,
        pool: Mapping[str, Candidate],
        spec: MultimodalSpec,
        search: Search,
        call: Call,
    ) -> Ranking:
        scores = {each.chunk_id: each.score for each in served.given}
        missing = [each for key, each in pool.items() if key not in scores]
        others: Sequence[Candidate] = ()
        if missing and isinstance(spec.fusion, ConvexSpec):
            asked = replace(search, among=missing, limit=len(missing))
            others = self._scored(served, spec, asked, call)
        return Ranking(served.spec.weight, scores, {each.chunk_id: each.score for each in others})

    def _scored(
        self, served: _Served, spec: MultimodalSpec, asked: Search, call: Call
    ) -> Sequence[Candidate]:
        """What a field says of chunks that only others gave, where that costs little."""
        if served.vector is not None:
            return self._field.ranked(asked, served.spec.field, served.vector, call)
        if isinstance(spec.base, DenseSpec):
            return self._base.retrieve(replace(asked, spec=spec.base), call)
        return ()


def _has_words(each: WeightedFieldSpec, search: Search, call: Call) -> bool:
    if search.question.text.strip():
        return True
    _left_out(each, "the question has no words", call)
    return False


def _left_out(each: WeightedFieldSpec, why: str, call: Call) -> None:
    call.narrow(each.field.lower(), 0, f"left out: {why}")
