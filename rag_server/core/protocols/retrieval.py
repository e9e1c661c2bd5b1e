"""What finds chunks for a question, and orders them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.content import Pixels
from rag_server.core.documents import StoredChunk, Vector, VectorField, View
from rag_server.core.filters import Filter
from rag_server.core.metadata_schema import MetadataSchema
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import RerankerSpec, RetrieverSpec
from rag_server.core.understanding import Understanding


class Question(Protocol):
    """A question with its vector, which is computed at most once."""

    @property
    def text(self) -> str: ...

    def vector(self) -> Vector:
        """Unit float32 (d,)."""
        ...


class SearchQuestion(Question, Protocol):
    """A question to a collection, of which others can be made."""

    def reworded(self, text: str) -> "SearchQuestion":
        """Another question to the same collection."""
        ...

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit float32 (n, d) of texts as the chunks of the collection are embedded."""
        ...


@runtime_checkable
class TokenQuestion(Question, Protocol):
    """A question that may have the vectors of its tokens."""

    def tokens(self) -> NDArray[np.int8] | None:
        """int8 (t, k) as in Embedding, from the same pass as the vector; None where the
        embedder of the collection keeps none."""
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """What a retriever is asked: `filter` already holds the principal's. `among`: candidates of
    the same view and filter, of which alone the answer is made; None: of all chunks. `image`:
    what the question shows, if anything; `fields`: those that the collection has; `embedder`: the
    name of that of its chunks."""

    view: View
    question: SearchQuestion
    limit: int
    filter: Filter | None
    spec: RetrieverSpec
    among: Sequence[Candidate] | None = None
    image: Pixels | None = None
    fields: tuple[VectorField, ...] = ()
    embedder: str = ""


class Understander(Protocol):
    """Reads conditions off a question."""

    def understand(
        self, question: str, schema: MetadataSchema, today: date, threshold: float, call: Call
    ) -> Understanding:
        """What becomes of clauses says `fate_of` by `threshold` (0 to 1); spans are inside the
        question. Any text is understood somehow. Raises DeadlineExceeded."""
        ...


class Retriever(Protocol):
    """Finds candidates. Returns at most `limit`, best first, all visible in the view
    and passing the filter, each chunk once. Ties are in order of chunk id."""

    def retrieve(self, search: Search, call: Call) -> list[Candidate]: ...


class PairScorer(Protocol):
    """A model that reads a question and a text together."""

    def scores(self, question: str, texts: Sequence[str], deadline: Deadline) -> list[float]:
        """How well each text answers the question, 0 to 1, in order. Raises DeadlineExceeded as
        soon as the time foreseeably does not suffice."""
        ...


class Contents(Protocol):
    """What candidates hold, by their rows: chunks of a catalog, or texts that came with the call.
    What is not there (any more) is left out."""

    def read(self, rows: Sequence[int]) -> dict[int, StoredChunk]:
        """Texts with what belongs to them."""
        ...

    def vectors_of(self, rows: Sequence[int]) -> dict[int, Vector]:
        """Unit float32 (d,), in the space of the question's."""
        ...

    def token_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        """int8 (t, k) as in Embedding."""
        ...


@dataclass(frozen=True, slots=True)
class Reranking:
    """What a reranker is asked: `candidates` best first, each once, of `contents`; `limit` at
    least 1."""

    question: Question
    contents: Contents
    candidates: Sequence[Candidate]
    limit: int
    spec: RerankerSpec


class Reranker(Protocol):
    """Orders candidates anew. Returns at most `limit` of those given, each once, best first by
    its own score, which is the candidate's from then on and is added as a stage; higher is
    better, ties are in order of chunk id. Raises Unavailable where its model is away,
    DeadlineExceeded where the time of the call does not suffice, PreconditionFailed where the
    server or the collection is not set up for it."""

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]: ...
