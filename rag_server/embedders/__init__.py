"""Models that turn text into unit vectors. May import core, text and resilience."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rag_server.core.protocols import Embedder


def _minilm(cache_dir: Path) -> Embedder:
    # Imported here: onnxruntime costs time that a command without a model saves.
    from rag_server.embedders.minilm import load_minilm

    return load_minilm(cache_dir)


# Name in the settings -> loader; the argument is the directory for what is kept between starts.
EMBEDDERS: Mapping[str, Callable[[Path], Embedder]] = {"minilm": _minilm}
