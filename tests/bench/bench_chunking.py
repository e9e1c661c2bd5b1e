"""What each chunker reaches, and how fast it is. Quality needs EVAL_DATA."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from rag_server.core.chunking import (
    ChunkingSpec,
    CodeChunking,
    HierarchicalChunking,
    MarkdownChunking,
    RecursiveChunking,
    SentenceChunking,
)
from rag_server.core.documents import Passage, Piece
from rag_server.core.protocols import Chunker, Embedder
from rag_server.core.values import Span
from rag_server.embedders import EMBEDDERS
from rag_server.ingestion.chunkers import CHUNKERS
from rag_server.settings import Settings
from tests.bench import corpus
from tests.bench.estimate import median
from tests.bench.figure import Figure, LeftOut
from tests.bench.passages import Asked, Passages, Source, data_directory, functions, prose, sections
from tests.bench.report import Report
from tests.bench.rounds import Sample, interleaved

STRATEGIES: Mapping[str, ChunkingSpec] = {
    "recursive": RecursiveChunking(),
    "sentence": SentenceChunking(),
    "overlap": SentenceChunking(overlap=1),
    "markdown": MarkdownChunking(),
    "code": CodeChunking(),
    "hierarchical": HierarchicalChunking(),
}
SETS: Mapping[str, Callable[[Path], Passages]] = {
    "prose": prose,
    "sections": sections,
    "code": lambda _: functions(),
}
# The strategies that have something to say to each set.
_COMPARED = {
    "prose": ("recursive", "sentence", "overlap", "hierarchical"),
    "sections": ("recursive", "sentence", "markdown", "hierarchical"),
    "code": ("recursive", "sentence", "code"),
}
_FOUND_IN = 5
# Tokens of an answer that one chunk of 200 could hold.
_FITTING = 190
# White space that an answer may begin with, which no piece does.
_INDENT = 12
_ROUNDS = 5


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return EMBEDDERS["minilm"](Settings().data.cache_directory)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A piece of document number `source`."""

    source: int
    piece: Piece
    text: str


def _cuts(chunker: Chunker, sources: list[Source]) -> Iterator[_Cut]:
    for number, source in enumerate(sources):
        encoded = source.text.encode()
        hints = (source.hint,)
        for piece in chunker.chunk(source.text, source.content_type, source.title, hints):
            yield _Cut(number, piece, piece.span.of(encoded).decode())


def _vectors(embedder: Embedder, sources: list[Source], cuts: list[_Cut]) -> NDArray[np.float32]:
    passages = [Passage(sources[cut.source].title, cut.text, cut.piece.sentences) for cut in cuts]
    return np.stack([embedder.embed_passages([each])[0].vector for each in passages])


def _answers(found: Span, answer: Span) -> bool:
    """Whether most of the shorter of the two lies in the other."""
    shared = min(found.end, answer.end) - max(found.start, answer.start)
    return 2 * shared > min(found.end - found.start, answer.end - answer.start)


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(
    ("kind", "strategy"), [(kind, each) for kind in SETS for each in _COMPARED[kind]]
)
def test_chunking_recall(report: Report, embedder: Embedder, kind: str, strategy: str) -> None:
    prefix = f"chunking_{kind}_{strategy}"
    data = data_directory()
    if data is None:
        report.add(LeftOut(f"{prefix}_recall_at_1", "EVAL_DATA names no directory"))
        return
    passages, spec = SETS[kind](data), STRATEGIES[strategy]
    cuts = list(_cuts(CHUNKERS[type(spec)](spec, embedder.token_offsets), passages.sources))
    vectors = _vectors(embedder, passages.sources, cuts)
    short = [asked for asked in passages.asked if _fits(embedder, passages, asked)]
    found = [_found(embedder, vectors, cuts, asked) for asked in passages.asked]
    report.add(
        Figure(f"{prefix}_recall_at_1", _share(each[0].answers for each in found)),
        Figure(f"{prefix}_recall_at_5", _share(any(e.answers for e in each) for each in found)),
        Figure(f"{prefix}_tokens_of_5", _share(sum(e.tokens for e in each) for each in found)),
        Figure(f"{prefix}_chunks", len(cuts)),
        Figure(f"{prefix}_whole", _share(_is_whole(cuts, asked) for asked in short)),
    )
    if isinstance(spec, HierarchicalChunking):
        around = _share(each[0].parent_answers for each in found)
        report.add(Figure(f"{prefix}_parent_recall_at_1", around))


@dataclass(frozen=True, slots=True)
class _Found:
    """A piece that was found: whether it, or its parent, answers the question."""

    answers: bool
    parent_answers: bool
    tokens: int


def _found(
    embedder: Embedder, vectors: NDArray[np.float32], cuts: list[_Cut], asked: Asked
) -> list[_Found]:
    best = np.argsort(-(vectors @ embedder.embed_query(asked.question)))[:_FOUND_IN]
    found = []
    for cut in (cuts[each] for each in best):
        answers, around = (
            cut.source == asked.source and _answers(span, asked.answer)
            for span in (cut.piece.span, cut.piece.parent or cut.piece.span)
        )
        found.append(_Found(answers, around, cut.piece.tokens))
    return found


def _fits(embedder: Embedder, passages: Passages, asked: Asked) -> bool:
    answer = asked.answer.of(passages.sources[asked.source].text.encode()).decode()
    return len(embedder.token_offsets(answer)) < _FITTING


def _is_whole(cuts: list[_Cut], asked: Asked) -> bool:
    """Whether one piece, or its parent, holds all of the answer."""
    spans = (cut.piece.parent or cut.piece.span for cut in cuts if cut.source == asked.source)
    return any(
        span.start <= asked.answer.start + _INDENT and asked.answer.end <= span.end + 1
        for span in spans
    )


def _share(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


@pytest.mark.parametrize("kind", ["prose", "code"])
def test_chunking_mb_per_s(
    benchmark: BenchmarkFixture, report: Report, embedder: Embedder, kind: str
) -> None:
    if kind == "code":
        sources = functions().sources
    else:
        sources = [Source(text) for _, text in corpus.documents()]
    megabytes = sum(len(source.text.encode()) for source in sources) / 1e6
    runs = {
        name: _timed(CHUNKERS[type(spec)](spec, embedder.token_offsets), sources)
        for name, spec in STRATEGIES.items()
    }
    samples = interleaved(benchmark, runs, rounds=_ROUNDS, warmup=1)
    for name, seconds in samples.items():
        rate = megabytes / median(seconds).value
        report.add(Figure(f"chunking_{kind}_{name}_mb_per_s", rate))


def _timed(chunker: Chunker, sources: list[Source]) -> Sample:
    def sample(_: int) -> float:
        started = perf_counter()
        for source in sources:
            chunker.chunk(source.text, source.content_type, source.title, (source.hint,))
        return perf_counter() - started

    return sample
