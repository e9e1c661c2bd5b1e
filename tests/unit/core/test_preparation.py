"""Long documents and shared texts."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from rag_server.core.call import Call, Deadline
from rag_server.core.chunking import RecursiveChunking
from rag_server.core.content import ContentType, Mark, Modality, Parsed
from rag_server.core.documents import Document, Embedding, Passage
from rag_server.core.field_vectors import TableVectors
from rag_server.core.preparation import Preparation
from rag_server.core.principal import ANONYMOUS, Principal, Role
from rag_server.ingestion.chunkers import CHUNKERS
from rag_server.ingestion.parsers import PARSERS
from rag_server.resilience.pool import BoundedPool
from tests.embedders import HashingEmbedder


class Plain:
    """Text as it is, under a title that is far too long; pages begin at form feeds."""

    async def parse(self, document: Document, call: Call) -> Parsed:
        text = str(document.content)
        starts = [0, *(i + 1 for i, each in enumerate(text) if each == "\f")]
        marks = tuple(Mark(start, page) for page, start in enumerate(starts, start=1))
        return Parsed(text, "é" * 5_000, marks)


class Remembered:
    """Embeddings of everything embedded so far."""

    def __init__(self) -> None:
        self.stored: dict[bytes, Embedding] = {}

    def known(self, keys: Sequence[bytes]) -> dict[bytes, Embedding]:
        return {key: self.stored[key] for key in keys if key in self.stored}


class Counting(HashingEmbedder):
    def __init__(self) -> None:
        self.passages = 0

    def embed_passages(self, passages: Sequence[Passage]) -> list[Embedding]:
        self.passages += len(passages)
        return super().embed_passages(passages)


@pytest.fixture
def pool() -> Iterator[BoundedPool]:
    made = BoundedPool("write", 2, 8)
    yield made
    made.close(wait=True)


def a_preparation(pool: BoundedPool, embeddings: Remembered) -> Preparation:
    embedder = Counting()
    return Preparation(
        parsing=Plain(),
        chunker=CHUNKERS[RecursiveChunking](RecursiveChunking(64), embedder.token_offsets),
        embedder=embedder,
        embeddings=embeddings,
        writes=pool,
    )


def a_call(tenant: str = "default") -> Call:
    return Call(Principal(tenant, frozenset(Role)), Deadline(60.0))


async def test_a_document_may_have_more_chunks_than_the_pool_has_places(pool: BoundedPool) -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "More words follow here. " * 12 for n in range(400))
    prepared = await a_preparation(pool, Remembered()).prepare(
        Document("long", text), b"f", Call(ANONYMOUS, Deadline(60.0))
    )
    assert len(prepared.document.chunks) == prepared.embedded > 300


async def test_titles_are_cut_at_a_character(pool: BoundedPool) -> None:
    prepared = await a_preparation(pool, Remembered()).prepare(
        Document("a", "Text."), b"f", a_call()
    )
    assert prepared.document.title == "é" * 512


async def test_what_one_tenant_embedded_is_new_to_another(pool: BoundedPool) -> None:
    embeddings = Remembered()
    preparation = a_preparation(pool, embeddings)
    document = Document("a", "The salary is 70,000.")
    first = await preparation.prepare(document, b"f", a_call("acme"))
    embeddings.stored = {chunk.key: chunk.embedding for chunk in first.document.chunks}
    again = await preparation.prepare(document, b"f", a_call("acme"))
    other = await preparation.prepare(document, b"f", a_call("rival"))
    assert (first.embedded, again.embedded, other.embedded) == (1, 0, 1)


async def test_no_chunk_reaches_over_the_end_of_a_page(pool: BoundedPool) -> None:
    text = "One sentence. Another is long.\fLast. "
    prepared = await a_preparation(pool, Remembered()).prepare(Document("a", text), b"f", a_call())
    chunks = prepared.document.chunks
    assert [(each.page, each.text) for each in chunks] == [
        (1, "One sentence. Another is long."),
        (2, "Last."),
    ]


class Markdown:
    """As the server reads it."""

    async def parse(self, document: Document, call: Call) -> Parsed:
        return PARSERS[ContentType.MARKDOWN].parse(str(document.content).encode())


async def test_an_unchanged_table_is_not_embedded_again(pool: BoundedPool) -> None:
    embeddings, counting = Remembered(), Counting()
    preparation = Preparation(
        parsing=Markdown(),
        chunker=CHUNKERS[RecursiveChunking](RecursiveChunking(64), counting.token_offsets),
        embedder=HashingEmbedder(),
        embeddings=embeddings,
        writes=pool,
        fields=[TableVectors(counting)],
    )
    kind = ContentType.MARKDOWN
    tables = ["| a | b |\n|---|---|\n| 1 | 2 |", "| c | d |\n|---|---|\n| 3 | 4 |"]

    async def embedded(text: str, tenant: str = "acme") -> tuple[int, int]:
        """How many of how many vectors were made anew."""
        before = counting.passages
        prepared = await preparation.prepare(Document("a", text, kind), b"f", a_call(tenant))
        new = prepared.document.vectors
        for each in new:
            assert each.modality is Modality.TABLE
            assert any(t.endswith(each.span.of(text.encode()).decode()) for t in tables)
            embeddings.stored[each.key] = Embedding(each.vector, np.zeros((0, 384), np.int8))
        return counting.passages - before, len(new)

    text = "# T\n\n" + "\n\n".join(tables)
    assert await embedded(text) == (2, 2)
    assert await embedded(text + "\n\nAnd a word more.") == (0, 2)
    tables[1] = tables[1].replace("4", "5")
    assert await embedded("# T\n\n" + "\n\n".join(tables)) == (1, 2)
    assert await embedded(text.replace("4", "5"), "rival") == (2, 2)


async def test_a_document_changes_with_the_model_of_its_tables(pool: BoundedPool) -> None:
    plain = a_preparation(pool, Remembered())
    with_tables = Preparation(
        parsing=Markdown(),
        chunker=CHUNKERS[RecursiveChunking](RecursiveChunking(64), HashingEmbedder().token_offsets),
        embedder=HashingEmbedder(),
        embeddings=Remembered(),
        writes=pool,
        fields=[TableVectors(HashingEmbedder())],
    )
    for kind, same in ((ContentType.PLAIN, True), (ContentType.MARKDOWN, False)):
        document = Document("a", "x", kind)
        assert (plain.fingerprint(document) == with_tables.fingerprint(document)) is same
