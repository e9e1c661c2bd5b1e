from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rag_server.core.backups import Backup, Scope
from rag_server.core.content import ContentType
from rag_server.core.documents import NewChunk, NewDocument, Passage
from rag_server.core.values import Span
from rag_server.stores.backup.backups import Backups
from rag_server.stores.backup.target import Target
from rag_server.stores.backup.vault import Vault
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from tests.bench import corpus
from tests.bench.estimate import median, ratio
from tests.bench.figure import Bound, Figure
from tests.bench.library import CHUNKS, COLLECTION
from tests.bench.report import Report
from tests.bench.rounds import interleaved
from tests.embedders import HashingEmbedder

_TENANT = "default"
_CHANGED = CHUNKS // 100
_MIB = 1 << 20


@pytest.fixture
def catalog(filled_copy: Path) -> Iterator[SqlCatalog]:
    catalog = open_catalog(filled_copy)
    yield catalog
    catalog.close()


def test_storage_incremental_bytes_ratio_and_incremental_time_over_allowed(
    benchmark: BenchmarkFixture, report: Report, catalog: SqlCatalog, tmp_path: Path
) -> None:
    """10,000 documents of one chunk, of which every hundredth changes after the base."""
    backups = Backups(catalog, Vault(Target(str(tmp_path / "backups"))))
    base = backups.create(Scope())
    collection = catalog.collections.get(_TENANT, COLLECTION)
    catalog.documents.write(collection, [_changed(number) for number in range(_CHANGED)])
    made: dict[str, Backup] = {}

    def seconds(name: str, parent: Backup | None) -> float:
        started = perf_counter()
        made[name] = backups.create(Scope(), parent=parent)
        return perf_counter() - started

    samples = interleaved(
        benchmark,
        {
            "full": lambda _: seconds("full", None),
            "incremental": lambda _: seconds("incremental", base),
        },
        rounds=7,
        warmup=1,
    )
    allowed = [0.1 * full + 0.2 for full in samples["full"]]
    report.add(
        Figure(
            "incremental_bytes_ratio",
            made["incremental"].size / made["full"].size,
            bound=Bound(at_most=0.05),
        ),
        Figure.of(
            "incremental_time_over_allowed",
            ratio(samples["incremental"], allowed),
            Bound(at_most=1.0),
        ),
        Figure.of("backup_full_s", median(samples["full"])),
        Figure.of("backup_incremental_s", median(samples["incremental"])),
        Figure("backup_full_mib", made["full"].size / _MIB),
    )


def _changed(number: int) -> NewDocument:
    text = corpus.passage(CHUNKS + number)
    whole = Span(0, len(text.encode()))
    (embedding,) = HashingEmbedder().embed_passages([Passage("", text, (whole,))])
    chunk = NewChunk(
        id=f"changed-{number}",
        ordinal=0,
        span=whole,
        text=text,
        tokens=60,
        sentences=(whole,),
        key=f"changed-{number}".encode(),
        embedding=embedding,
    )
    # Far apart, so that the ranges of live rows are as many as they can be.
    return NewDocument(
        id=f"record-{number * 100 + 1:05}",
        text=text,
        content_type=ContentType.PLAIN,
        title="",
        metadata={},
        fingerprint=text.encode(),
        recipe=b"changed",
        chunks=[chunk],
    )
