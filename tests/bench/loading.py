"""Clients and floors of the storage benchmarks; each lives in a process of its own."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter, process_time

from rag_client import Document, IngestResult, RagClient
from rag_server.core.chunking import RecursiveChunking
from rag_server.core.content import ContentType
from rag_server.core.documents import Passage
from rag_server.embedders import EMBEDDERS
from rag_server.ingestion.chunkers import CHUNKERS
from rag_server.resilience.priority import give_way
from rag_server.settings import Settings
from tests.bench import corpus

# As of the server: threads of its pool of writes, and chunks that one job embeds.
THREADS = 2
_GROUP = 3
_FILLING = f"<!-- {'x' * 1_000} -->\n"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one ingest did, and the seconds it took as its client saw it."""

    seconds: float
    result: IngestResult


class Loader:
    """Sends documents over streams."""

    def __init__(self, address: str, collection: str) -> None:
        self._rag = RagClient(address)
        self._collection = collection

    def records(self, count: int) -> Loaded:
        """Small documents, the same each time."""
        return self._ingest(
            Document(f"record-{number:05}", corpus.passage(number), title=f"Record {number}")
            for number in range(count)
        )

    def pages(self, numbers: range) -> Loaded:
        """Pages of prose of about five chunks, one for each number."""
        return self._ingest(Document(f"page-{each}", corpus.page(each)) for each in numbers)

    def files(self, numbers: range, size: int) -> Loaded:
        """HTML of `size` bytes in which little is to be seen, one for each number."""
        return self._ingest(_file(each, size) for each in numbers)

    def _ingest(self, documents: Iterator[Document]) -> Loaded:
        began = perf_counter()
        result = self._rag.documents.ingest(self._collection, documents)
        return Loaded(perf_counter() - began, result.raise_for_failures())


def _file(number: int, size: int) -> Document:
    visible = f"<p>{corpus.passage(number)}</p>"
    filling = _FILLING * ((size - len(visible)) // len(_FILLING))
    return Document(f"file-{number}", filling + visible, content_type="html")


class BareEmbedder:
    """The shipped model over the chunks of pages, as many threads and texts at a time as in the
    server, and nothing else."""

    def __init__(self) -> None:
        settings = Settings()
        self._model = EMBEDDERS["minilm"](settings.data.cache_directory)
        spec = RecursiveChunking(settings.chunking.max_tokens)
        self._chunker = CHUNKERS[type(spec)](spec, self._model.token_offsets)
        self._pool = ThreadPoolExecutor(THREADS, initializer=give_way)

    def rate(self, numbers: range) -> float:
        """Chunks per CPU-second over the pages of `numbers`, whose cutting does not count."""
        groups = [group for number in numbers for group in self._groups(corpus.page(number))]
        began = process_time()
        embedded = sum(map(len, self._pool.map(self._model.embed_passages, groups)))
        return embedded / (process_time() - began)

    def _groups(self, text: str) -> Sequence[Sequence[Passage]]:
        encoded = text.encode()
        passages = [
            Passage("", piece.span.of(encoded).decode(), piece.sentences)
            for piece in self._chunker.chunk(text, ContentType.PLAIN, "")
        ]
        return [passages[at : at + _GROUP] for at in range(0, len(passages), _GROUP)]
