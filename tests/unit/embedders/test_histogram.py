"""Pictures are told apart by their colours and edges, whatever their size, light and crop."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from rag_server.core.documents import Vector
from rag_server.embedders.histogram import HistogramEmbedder
from tests.pictures import SCENES, Picture, cropped, darker, drawn

EMBEDDER = HistogramEmbedder()


def embedded(picture: Picture) -> Vector:
    return EMBEDDER.embed_image(np.asarray(picture))


def larger(picture: Picture) -> Picture:
    return picture.resize((picture.width * 2, picture.height * 2))


def smaller(picture: Picture) -> Picture:
    return picture.resize((picture.width // 5, picture.height // 5))


def stretched(picture: Picture) -> Picture:
    return picture.resize((picture.width, picture.height * 2))


@pytest.mark.parametrize("change", [larger, smaller, stretched, cropped, darker])
def test_a_changed_picture_is_nearest_to_itself(change: Callable[[Picture], Picture]) -> None:
    kept = {scene: embedded(drawn(scene)) for scene in SCENES}
    for scene in SCENES:
        asked = embedded(change(drawn(scene)))
        assert max(kept, key=lambda each: float(kept[each] @ asked)) == scene


@pytest.mark.parametrize(("height", "width"), [*product((1, 3, 64, 65, 512), repeat=2)])
def test_every_size_gives_a_unit_vector(height: int, width: int) -> None:
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)
    vector = EMBEDDER.embed_image(image)
    assert vector.shape == (EMBEDDER.dimension,)
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_a_picture_of_nothing_has_a_vector_too(level: int) -> None:
    vector = EMBEDDER.embed_image(np.full((20, 30, 3), level, np.uint8))
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)


def test_equal_pictures_have_equal_vectors() -> None:
    assert np.array_equal(embedded(drawn("forest")), embedded(drawn("forest")))
