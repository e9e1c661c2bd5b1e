"""Models that turn texts and images into unit vectors. May import core, text and resilience."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rag_server.core.protocols import Embedder, ImageEmbedder
from rag_server.embedders.histogram import HistogramEmbedder


def _minilm(cache_dir: Path) -> Embedder:
    # Imported here: onnxruntime costs time that a command without a model saves.
    from rag_server.embedders.minilm import load_minilm

    return load_minilm(cache_dir)


def _histogram(model: Path | None) -> ImageEmbedder:
    del model
    return HistogramEmbedder()


def _open_clip(model: Path | None) -> ImageEmbedder:
    # Imported here: it needs an extra.
    from rag_server.embedders.open_clip import load_open_clip

    return load_open_clip(model)


# Name in the settings -> loader; the argument is the directory for what is kept between starts.
EMBEDDERS: Mapping[str, Callable[[Path], Embedder]] = {"minilm": _minilm}

# The same for images; the argument is the directory of the model in the settings, if any.
IMAGE_EMBEDDERS: Mapping[str, Callable[[Path | None], ImageEmbedder]] = {
    "histogram": _histogram,
    "open_clip": _open_clip,
}
