"""The texts of candidates, for rerankers that read them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_server.core.protocols import ChunkStore
from rag_server.core.retrieval import Candidate


def read(chunks: ChunkStore, candidates: Sequence[Candidate]) -> list[tuple[Candidate, str]]:
    """Candidates whose chunk is set, with title and text as one; those purged meanwhile are
    left out."""
    present = list(_present(chunks, candidates))
    return [(each, _text(each)) for each in present]


def _present(chunks: ChunkStore, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    found = chunks.read([each.row for each in candidates if each.chunk is None])
    for each in candidates:
        if each.chunk is not None:
            yield each
        elif each.row in found:
            yield replace(each, chunk=found[each.row])


def _text(candidate: Candidate) -> str:
    chunk = candidate.chunk
    assert chunk is not None
    return f"{chunk.title}\n{chunk.text}" if chunk.title else chunk.text
