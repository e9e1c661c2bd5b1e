"""Hits with the sentences that an answer is made of and checked against."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from rag_server.core.documents import NO_SENTENCES, Sentences, Vector
from rag_server.core.protocols import ChunkStore
from rag_server.core.retrieval import NO_NEARNESS, Hit
from rag_server.core.values import Span

# Row of a chunk, and how many bytes into the hit it begins.
_Place = tuple[int, int]


def with_sentences(chunks: ChunkStore, hits: Sequence[Hit], vector: Vector) -> list[Hit]:
    """The same hits with their sentences, and how near the question, unit float32 (d,), is to
    what each stands in."""
    rows = [row for hit in hits for row, _ in _places(hit)]
    sentences = chunks.sentences(rows)
    nearness = {row: float(own @ vector) for row, own in chunks.vectors_of(rows).items()}
    return [_with_sentences(hit, sentences, nearness) for hit in hits]


def _with_sentences(
    hit: Hit, sentences: Mapping[int, Sentences], nearness: Mapping[int, float]
) -> Hit:
    spans: list[Span] = []
    vectors, near = [NO_SENTENCES.vectors], [NO_NEARNESS]
    for row, start in _places(hit):
        own = sentences.get(row, NO_SENTENCES)
        if own.spans:
            spans += [span.shift(start) for span in own.spans]
            vectors.append(own.vectors)
            near.append(np.full(len(own.spans), nearness.get(row, 0.0), np.float32))
    # An empty matrix has no width to join by.
    joined = np.concatenate(vectors[1:]) if vectors[1:] else NO_SENTENCES.vectors
    return replace(hit, sentences=Sentences(tuple(spans), joined), nearness=np.concatenate(near))


def _places(hit: Hit) -> Iterator[_Place]:
    if not hit.members:
        yield hit.chunk.row, 0
    last = 0
    for member in hit.members:
        # Of chunks that overlap the later ones repeat sentences.
        if member.span.start >= last:
            yield member.row, member.span.start - hit.chunk.span.start
            last = member.span.end
