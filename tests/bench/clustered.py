"""Data directories with many chunks, made through the catalog with vectors that stand around those
of real sentences, and kept under build/ between runs."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from rag_server.composition.index import open_index
from rag_server.core.content import ContentType
from rag_server.core.documents import (
    Collection,
    Embedding,
    GenerationSettings,
    NewChunk,
    NewDocument,
)
from rag_server.core.values import Span
from rag_server.core.vector_applier import VectorApplier
from rag_server.embedders import EMBEDDERS
from rag_server.settings import Settings
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from tests.bench import corpus
from tests.bench.results import ROOT

COLLECTION = "bench"
# Another one where what is made changes.
_VERSION = 2
_COMMIT = 2_000
_THEMES = 1_000
# How far vectors stand from their theme: neighbours have a cosine of about .67.
_SPREAD = 0.7
_DONE = "made.json"

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clustered:
    """`directory` of a server; `bare` is a copy for who does without one. `vectors`: float32
    (n, d), of the documents `d0`, `d1` and so on."""

    directory: Path
    bare: Path

    @property
    def vectors(self) -> Matrix:
        """Read from the disk as they are used."""
        read: Matrix = np.load(self.directory.parent / "vectors.npy", mmap_mode="r")
        return read


def clustered(count: int) -> Clustered:
    """That of so many chunks, made where it is not there."""
    home = ROOT / "build" / "bench" / f"clustered-{count}"
    made = Clustered(home / "data", home / "bare")
    stamp = {"version": _VERSION, "count": count}
    done = home / _DONE
    if not done.is_file() or json.loads(done.read_text()) != stamp:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        with Progress() as progress:
            _make(made.directory, count, progress)
        shutil.copytree(made.directory, made.bare)
        done.write_text(json.dumps(stamp))
    return made


def _make(directory: Path, count: int, progress: Progress) -> None:
    settings = Settings.model_validate({"data": {"directory": directory}})
    model = EMBEDDERS[settings.embedder.name](settings.data.cache_directory)
    themes = np.stack([model.embed_query(each) for each in corpus.sentences()[:_THEMES]])
    catalog = open_catalog(directory)
    collection = catalog.collections.create(
        "default", COLLECTION, "", GenerationSettings(model.name)
    )
    vectors = np.lib.format.open_memmap(
        directory.parent / "vectors.npy", "w+", np.float32, (count, themes.shape[1])
    )
    task = progress.add_task(f"{count:,} chunks: catalog", total=count)
    for start in range(0, count, _COMMIT):
        size = min(_COMMIT, count - start)
        vectors[start : start + size] = _around(themes, start, size)
        catalog.documents.write(collection, list(_documents(start, vectors[start : start + size])))
        progress.advance(task, size)
    vectors.flush()
    _index(settings, catalog, collection, count, progress)
    catalog.close()


def _around(themes: Matrix, seed: int, count: int) -> Matrix:
    drawn = np.random.default_rng(seed)
    noise = drawn.standard_normal((count, themes.shape[1]), np.float32) / themes.shape[1] ** 0.5
    vectors = themes[drawn.integers(len(themes), size=count)] + _SPREAD * noise
    unit: Matrix = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _documents(start: int, vectors: Matrix) -> Iterator[NewDocument]:
    parts = np.random.default_rng(start + 1).integers(1_000, size=len(vectors)).tolist()
    for number, (vector, permille) in enumerate(zip(vectors, parts, strict=True), start):
        text = corpus.passage(number)
        digest = sha256(f"{number}".encode())
        chunk = NewChunk(
            id=digest.hexdigest(),
            ordinal=0,
            span=Span(0, len(text)),
            text=text,
            tokens=90,
            sentences=(Span(0, len(text)),),
            key=digest.digest(),
            embedding=Embedding(vector, (vector[np.newaxis] * 127).astype(np.int8)),
        )
        metadata = {
            "number": number,
            "permille": permille,
            "percent": permille // 10,
            "half": permille < 500,
        }
        title = f"Record {number}"
        yield NewDocument(
            f"d{number}",
            text,
            ContentType.PLAIN,
            title,
            metadata,
            digest.digest(),
            b"bench",
            [chunk],
        )


def _index(
    settings: Settings, catalog: SqlCatalog, collection: Collection, count: int, progress: Progress
) -> None:
    index = open_index(settings, catalog.identity)
    index.refresh()
    applier, applied = VectorApplier(catalog, index), 0
    view = catalog.collections.get("default", collection.name).view
    task = progress.add_task(f"{count:,} chunks: vector index", total=view.revision)
    while applied < view.revision:
        applied = applier.follow(view, applied)
        progress.update(task, completed=applied)
    index.close()
