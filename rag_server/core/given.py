"""Texts that a caller brings, as candidates: what rerankers want to know of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.documents import Embedding, Passage, StoredChunk, Vector
from rag_server.core.errors import DeadlineExceeded, Reason
from rag_server.core.question import AskedQuestion, PassageEncoder
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate
from rag_server.core.values import Span

# Texts after which their pace says something of those to come.
_SAMPLE = 8


@dataclass(frozen=True, slots=True)
class GivenText:
    """A text of the caller's own; `id` only means something to the caller."""

    id: str
    text: str
    title: str = ""


class GivenTexts:
    """Implements `Contents`; a candidate's row is the place of its text. Texts are embedded when
    a vector is first wanted, as the stage "embed"."""

    def __init__(self, texts: Sequence[GivenText], encoder: PassageEncoder, call: Call) -> None:
        self._texts = texts
        self._encoder = encoder
        self._call = call
        self._embedded: list[Embedding] = []

    def as_given(self) -> list[Candidate]:
        """In the order given, which is all that is known: 1 for the first of n, 1/n for the
        last."""
        count = len(self._texts)
        pairs = ((each, (count - each.row) / count) for each in self._candidates())
        return ranked("given", pairs, count)

    def by_cosine(self, question: AskedQuestion) -> list[Candidate]:
        """By the cosine of their vectors with the question's. Raises DeadlineExceeded."""
        vector = question.vector()
        cosines = np.stack([each.vector for each in self._embeddings()]) @ vector
        return ranked("dense", zip(self._candidates(), cosines.tolist(), strict=True), len(cosines))

    def read(self, rows: Sequence[int]) -> dict[int, StoredChunk]:
        """The texts by row."""
        return {row: _chunk(row, self._texts[row]) for row in rows}

    def vectors_of(self, rows: Sequence[int]) -> dict[int, Vector]:
        """Unit float32 (d,) by row. Raises DeadlineExceeded."""
        embedded = self._embeddings()
        return {row: embedded[row].vector for row in rows}

    def token_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        """int8 (t, k) as in Embedding, by row; none where the embedder keeps none. Raises
        DeadlineExceeded."""
        embedded = self._embeddings()
        pairs = ((row, embedded[row].tokens) for row in rows)
        return {row: tokens for row, tokens in pairs if tokens is not None}

    def _candidates(self) -> list[Candidate]:
        return [Candidate(row, each.id, 0.0) for row, each in enumerate(self._texts)]

    def _embeddings(self) -> list[Embedding]:
        if not self._embedded:
            with self._call.stage("embed"):
                self._embedded = self._embed()
            self._call.usage.text_embeddings += len(self._embedded)
        return self._embedded

    def _embed(self) -> list[Embedding]:
        """One by one, so that a call whose time does not suffice takes no more of it."""
        began, embedded = perf_counter(), list[Embedding]()
        for each in self._texts:
            self._check(len(embedded), perf_counter() - began)
            embedded += self._encoder.embeddings([Passage(each.title, each.text, ())])
        return embedded

    def _check(self, done: int, seconds: float) -> None:
        """Raise DeadlineExceeded where those that are left take longer than there is time."""
        pace = seconds / done if done >= _SAMPLE else 0.0
        if self._call.deadline.remaining() <= pace * (len(self._texts) - done):
            raise DeadlineExceeded(
                "embedding the texts takes more time than the call has: send fewer or shorter ones",
                Reason.DEADLINE_EXCEEDED,
                {"stage": "embed"},
            )


def _chunk(row: int, given: GivenText) -> StoredChunk:
    size = len(given.text.encode())
    return StoredChunk(row, given.id, given.id, row, Span(0, size), given.text, 0, given.title, {})
