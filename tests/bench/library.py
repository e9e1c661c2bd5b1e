"""The data directory of the retrieval benchmarks: 10,000 chunks in one collection."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop

from rag_client import AsyncRagClient, Document
from rag_server.app import running
from rag_server.core.documents import Embedding, Passage, Vector
from rag_server.core.protocols import Embedder
from rag_server.embedders import EMBEDDERS
from rag_server.settings import Settings
from tests.bench import corpus
from tests.embedders import HashingEmbedder

COLLECTION = "bench"
CHUNKS = 10_000

_KNOWN = Document(
    id="quokka",
    title="Quokka",
    text="The quokka is a small marsupial that lives on Rottnest Island.",
)
KNOWN_ID = _KNOWN.id
KNOWN_QUESTION = "On which island does the quokka live?"


class FillingEmbedder:
    """Passes for the shipped model, so that the collection can be queried with it, but
    draws its vectors from a hash; only the known document is really embedded."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self._hashing = HashingEmbedder()
        self.name = model.name
        self.fingerprint = self._hashing.fingerprint
        self.dimension = model.dimension
        self.max_tokens = model.max_tokens

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """The model's own."""
        return self._model.token_offsets(text)

    def embed_query(self, text: str) -> Vector:
        """The model's own."""
        return self._model.embed_query(text)

    def embed_passages(self, passages: Sequence[Passage]) -> list[Embedding]:
        """Hashed, but for the known document."""
        return [
            (self._model if passage.title == _KNOWN.title else self._hashing).embed_passages(
                [passage]
            )[0]
            for passage in passages
        ]


class Filler:
    """Makes the data directory, over the wire like everybody else."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def fill(self) -> None:
        """Returns when all is stored and indexed, and the server has ended."""
        uvloop.run(_fill(self._data_dir))


async def _fill(data_dir: Path) -> None:
    settings = Settings.model_validate(
        {
            "server": {"port": 0},
            "sidecar": {"enabled": False},
            "data": {"directory": data_dir},
            "logging": {"level": "error"},
        }
    )
    model = EMBEDDERS["minilm"](settings.data.cache_directory)
    async with (
        running(settings, embedder=FillingEmbedder(model)) as ports,
        AsyncRagClient(f"127.0.0.1:{ports.grpc}") as rag,
    ):
        await rag.collections.create(COLLECTION)
        result = await rag.documents.upsert(COLLECTION, _documents())
        chunks = sum(each.chunk_count for each in result.raise_for_failures().outcomes)
        if chunks != CHUNKS:
            raise RuntimeError(f"the collection has {chunks} chunks instead of {CHUNKS}")
        await _indexed(rag)


def _documents() -> Iterator[Document]:
    yield _KNOWN
    for number in range(1, CHUNKS):
        yield Document(
            id=f"record-{number:05}",
            title=f"Record {number}",
            text=corpus.passage(number),
            metadata={"number": number, "parity": "even" if number % 2 == 0 else "odd"},
        )


async def _indexed(rag: AsyncRagClient) -> None:
    """Wait until the vector index has applied everything: until no tail is scanned."""
    while True:
        found = await rag.retrieve(COLLECTION, KNOWN_QUESTION, explain=True, timeout=120)
        if all(step.step != "tail" for step in found.funnel):
            return
