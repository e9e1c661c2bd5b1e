"""The texts of candidates, for rerankers that read them."""

from collections.abc import Iterator
from dataclasses import replace

from rag_server.core.protocols import Reranking
from rag_server.core.retrieval import Candidate


def read(reranking: Reranking) -> list[tuple[Candidate, str]]:
    """Candidates whose chunk is set, with title and text as one; those purged meanwhile are
    left out."""
    present = list(_present(reranking))
    return [(each, _text(each)) for each in present]


def _present(reranking: Reranking) -> Iterator[Candidate]:
    unread = [each.row for each in reranking.candidates if each.chunk is None]
    found = reranking.contents.read(unread)
    for each in reranking.candidates:
        if each.chunk is not None:
            yield each
        elif each.row in found:
            yield replace(each, chunk=found[each.row])


def _text(candidate: Candidate) -> str:
    chunk = candidate.chunk
    assert chunk is not None
    return f"{chunk.title}\n{chunk.text}" if chunk.title else chunk.text
