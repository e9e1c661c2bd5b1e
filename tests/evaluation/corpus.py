"""The documents of a set, in a collection of the server."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag_client import Collection, Document, IngestProgress, RagClient
from tests.evaluation.datasets.raw import Text
from tests.evaluation.progress import Advance

COLLECTION = "eval"
# The contract's limit for the id of a document.
_LONGEST_ID = 512


@dataclass(frozen=True, slots=True)
class Stored:
    """A collection that holds a set; `ids` are those of the set by the server's."""

    collection: Collection
    ids: Mapping[str, str]
    notes: Sequence[str]


def store(
    rag: RagClient, documents: Sequence[Text], advance: Advance, *, token_vectors: bool
) -> Stored:
    """Have the collection hold exactly these documents; what is there is not embedded again.
    A document that the server refuses is told in the notes."""
    keeping = f"{rag.server_info().embedder.name}+tokens" if token_vectors else ""
    rag.collections.create(COLLECTION, embedder=keeping, exist_ok=True)
    ids = {_stored_id(each.id): each.id for each in documents}

    def progressed(progress: IngestProgress) -> None:
        advance(progress.documents)

    result = rag.documents.ingest(COLLECTION, _sent(documents), on_progress=progressed)
    refused = Counter(type(each.error).__name__ for each in result.failed)
    notes = [f"{count:,} documents were refused ({why})" for why, count in refused.items()]
    _remove_others(rag, ids, len(documents) - len(result.failed))
    return Stored(rag.collections.get(COLLECTION), ids, notes)


def _sent(documents: Sequence[Text]) -> Iterator[Document]:
    for each in documents:
        yield Document(_stored_id(each.id), each.text, title=each.title)


def _stored_id(name: str) -> str:
    """`name`, or for one that the contract does not allow a hash of it."""
    encoded = name.encode(errors="surrogatepass")
    if name.isprintable() and len(encoded) <= _LONGEST_ID:
        return name
    return hashlib.sha256(encoded).hexdigest()


def _remove_others(rag: RagClient, ids: Mapping[str, str], expected: int) -> None:
    """What an earlier run stored and the set no longer has."""
    if rag.collections.get(COLLECTION).document_count != expected:
        others = [each.id for each in rag.documents.list(COLLECTION) if each.id not in ids]
        rag.documents.delete(COLLECTION, others)
