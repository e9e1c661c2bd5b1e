"""One part of the lexical index: the words of one generation of a collection."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic

import numpy as np
import tantivy

from rag_server.core.documents import ChunkWords
from rag_server.core.protocols import RankedRows
from rag_server.core.telemetry import Telemetry
from rag_server.indexes.lexical import layout
from rag_server.indexes.lexical.analysis import Terms
from rag_server.indexes.lexical.tail import Counts, bm25

# Memory of a writer, in bytes, beyond which it makes a segment of what it has.
_WRITER_BYTES = 32_000_000
# A writer that has done nothing for so many seconds is let go, once it has merged segments.
_IDLE_SECONDS = 5.0


class Damaged(Exception):
    """tantivy could not do what it was told: files are missing, damaged, or cannot be
    written."""


@contextmanager
def guarded() -> Iterator[None]:
    """Around tantivy: whatever it raises, as Damaged. On bytes that it has not written it may
    panic, which is no Exception."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise Damaged from error


@dataclass(frozen=True, slots=True)
class _State:
    """What a part says of itself, in the commit that it belongs to."""

    catalog: str
    layout: int
    applied: int


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What one commit holds: searches see one and the same."""

    searcher: tantivy.Searcher
    applied: int
    _sums: dict[str, float] = field(default_factory=dict)

    def total(self, field: str) -> float:
        """Sum of a field over all documents; walks all of them once."""
        if field not in self._sums:
            asked = {"sum": {"sum": {"field": field}}}
            found = self.searcher.aggregate(tantivy.Query.all_query(), asked)
            self._sums[field] = found["sum"]["value"] or 0.0
        return self._sums[field]


class Part:
    """Searches may run beside anything; changes come from one thread. Methods raise Damaged."""

    def __init__(self, index: tantivy.Index, path: Path, catalog: str, applied: int) -> None:
        self._index = index
        self.path = path
        self._catalog = catalog
        self._writer: tantivy.IndexWriter | None = None
        self._written_at = 0.0
        self._snapshot = _Snapshot(index.searcher(), applied)

    @classmethod
    def create(cls, path: Path, catalog: str) -> "Part":
        """An empty one at revision 0, in a directory that is not there."""
        with guarded():
            path.mkdir(parents=True)
            return cls(layout.create(path), path, catalog, 0)

    @classmethod
    def open(cls, path: Path, catalog: str) -> "Part":
        """What is in a directory. Raises Damaged also where that belongs to another catalog, or
        has terms of another kind."""
        with guarded():
            index = layout.load(path)
            state = _state_of(index.searcher())
            if (state.catalog, state.layout) != (catalog, layout.LAYOUT):
                raise ValueError("a part of another catalog or layout")
            return cls(index, path, catalog, state.applied)

    @property
    def applied(self) -> int:
        """Revision up to which the feed is applied."""
        return self._snapshot.applied

    def apply(self, chunks: Sequence[ChunkWords], upto: int, telemetry: Telemetry) -> None:
        """Add chunks and the revision in one commit; those that are there are replaced. Reaches
        "lexical.begin", "lexical.inside" (written, not committed) and "lexical.done"."""
        telemetry.reached("lexical.begin")
        fresh = self._snapshot.searcher.num_docs == 0
        with self._writing() as writer:
            for chunk in chunks:
                # Of an empty part nothing is replaced, unless it is named twice.
                if not fresh:
                    writer.delete_documents_by_term(layout.ID, chunk.chunk_id)
                writer.add_document(layout.document(chunk))
            self._commit(writer, max(upto, self.applied), telemetry)
        telemetry.reached("lexical.done")

    def remove(self, ids: Sequence[str], telemetry: Telemetry) -> None:
        """Remove chunks; unknown ids are fine."""
        with self._writing() as writer:
            for chunk_id in ids:
                writer.delete_documents_by_term(layout.ID, chunk_id)
            self._commit(writer, self.applied, telemetry)

    def _commit(self, writer: tantivy.IndexWriter, applied: int, telemetry: Telemetry) -> None:
        state = json.dumps(asdict(_State(self._catalog, layout.LAYOUT, applied)))
        writer.delete_documents_by_term(layout.ID, layout.STATE_ID)
        writer.add_document(layout.state_document(state.encode()))
        telemetry.reached("lexical.inside")
        writer.commit()
        self._index.reload()
        self._snapshot = _Snapshot(self._index.searcher(), applied)

    @contextmanager
    def _writing(self) -> Iterator[tantivy.IndexWriter]:
        """A writer, kept while there is work. One that failed is of no use any more."""
        try:
            with guarded():
                if self._writer is None:
                    self._writer = self._index.writer(_WRITER_BYTES, 1)
                yield self._writer
        except Damaged:
            self._writer = None
            raise
        self._written_at = monotonic()

    def rest(self) -> None:
        """Let go of a writer that has nothing to do, after what it merges."""
        if self._writer is not None and monotonic() > self._written_at + _IDLE_SECONDS:
            idle, self._writer = self._writer, None
            with guarded():
                idle.wait_merging_threads()

    def close(self) -> None:
        """Let go of the writer; what it merges is merged another time."""
        self._writer = None

    def search(self, query: tantivy.Query, limit: int) -> list[tuple[str, float]]:
        """Up to `limit` (chunk id, score), best first."""
        now = self._snapshot
        with guarded():
            hits = now.searcher.search(query, limit, count=False).hits
            return [(_id_of(now.searcher, address), score) for score, address in hits]

    def rank(self, query: tantivy.Query, limit: int) -> RankedRows:
        """The same by rows."""
        now = self._snapshot
        with guarded():
            hits = now.searcher.search(query, limit, count=False).hits
            addresses = [address for _, address in hits]
            rows = now.searcher.fast_field_values(layout.ROW, addresses)
            scores = np.array([score for score, _ in hits], np.float64)
            return RankedRows(np.array(rows, np.int64), scores, now.applied)

    def score(self, question: Terms, texts: Sequence[Terms], bigram_weight: float) -> list[float]:
        """Scores of texts that the part may not have."""
        with guarded():
            words = self._counts(layout.WORDS, layout.LENGTH)
            pairs = self._counts(layout.PAIRS, layout.PAIR_LENGTH)
        return score_beside(question, texts, bigram_weight, words, pairs)

    def ids(self) -> list[str]:
        """Ids of all chunks, in any order."""
        searcher = self._snapshot.searcher
        with guarded():
            everything = tantivy.Query.all_query()
            hits = searcher.search(everything, max(1, searcher.num_docs), count=False).hits
            ids = [_id_of(searcher, address) for _, address in hits]
        return [each for each in ids if each != layout.STATE_ID]

    def __len__(self) -> int:
        """Number of chunks."""
        return max(0, self._snapshot.searcher.num_docs - 1)

    def _counts(self, field: str, length: str) -> Counts:
        now = self._snapshot
        searcher = now.searcher
        return Counts(
            searcher.num_docs, now.total(length), lambda term: searcher.doc_freq(field, term)
        )


def score_beside(
    question: Terms, texts: Sequence[Terms], bigram_weight: float, words: Counts, pairs: Counts
) -> list[float]:
    """The sum of both fields' scores for each text."""
    by_words = bm25(question.words, [text.words for text in texts], words)
    by_pairs = bm25(question.pairs, [text.pairs for text in texts], pairs)
    return [word + bigram_weight * pair for word, pair in zip(by_words, by_pairs, strict=True)]


def _id_of(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> str:
    return str(searcher.doc(address).get_first(layout.ID))


def _state_of(searcher: tantivy.Searcher) -> _State:
    ((_, address),) = searcher.search(layout.by_id([layout.STATE_ID]), 1).hits
    stored = searcher.doc(address).get_first(layout.STATE)
    assert stored is not None
    return _State(**json.loads(bytes(stored)))
