"""What rows hold: chunks are their document's text, vectors are vectors."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, func, select

from rag_server.core.findings import Findings, Kind, Progress
from rag_server.core.values import Span
from rag_server.stores.catalog.blob import unpack_vectors
from rag_server.stores.catalog.schema import chunks, documents, embeddings

# Rows in hand at a time; a document's text can be long.
_DOCUMENTS = 100
_EMBEDDINGS = 2_000
_LENGTH_TOLERANCE = 1e-3
_FLOAT_BYTES = 4
_SPAN_BYTES = 8


def check_documents(connection: Connection, found: Findings, progress: Progress) -> None:
    """A document has the size that it says, and each chunk is the text at its span."""
    columns = (documents.c.id, documents.c.document_id, documents.c.size_bytes, documents.c.text)
    rows = _streamed(connection, select(*columns).order_by(documents.c.id), _DOCUMENTS)
    done = 0
    for some in rows:
        sized = [row.document_id for row in some if row.size_bytes != len(row.text)]
        found.note(Kind.WRONG_SIZE, "documents", sized)
        _check_chunks(connection, {row.id: row.text for row in some}, found)
        done += len(some)
        progress("documents", done)


def check_embeddings(connection: Connection, found: Findings, progress: Progress) -> None:
    """A vector has the length that it says, in components and as a vector, which is 1."""
    columns = (embeddings.c.id, embeddings.c.dimension, embeddings.c.vector)
    rows = _streamed(connection, select(*columns).order_by(embeddings.c.id), _EMBEDDINGS)
    done = 0
    for some in rows:
        wrong = [str(row.id) for row in some if not _is_unit(row.vector, row.dimension)]
        found.note(Kind.WRONG_EMBEDDING, "embeddings", wrong)
        done += len(some)
        progress("embeddings", done)


def _check_chunks(connection: Connection, texts: dict[int, bytes], found: Findings) -> None:
    query = (
        select(
            chunks.c.chunk_id,
            chunks.c.document,
            chunks.c.span_start,
            chunks.c.span_end,
            chunks.c.text,
            func.length(chunks.c.sentences).label("spans"),
            func.length(embeddings.c.sentences).label("vectors"),
            embeddings.c.dimension,
        )
        .join(embeddings, embeddings.c.id == chunks.c.embedding)
        .where(chunks.c.document.in_(texts))
    )
    for row in connection.execute(query):
        span = Span(row.span_start, row.span_end)
        if span.of(texts[row.document]) != row.text.encode():
            found.note(Kind.WRONG_TEXT, "chunks", [row.chunk_id])
        if row.spans * row.dimension != row.vectors * _SPAN_BYTES:
            found.note(Kind.WRONG_SENTENCES, "chunks", [row.chunk_id])


def _is_unit(blob: bytes, dimension: int) -> bool:
    if not dimension or len(blob) != dimension * _FLOAT_BYTES:
        return False
    length = float(np.linalg.norm(unpack_vectors([blob])))
    return abs(length - 1.0) <= _LENGTH_TOLERANCE


def _streamed(
    connection: Connection, query: Select[Any], size: int
) -> Iterator[Sequence[Row[Any]]]:
    return connection.execute(query, execution_options={"yield_per": size}).partitions()
