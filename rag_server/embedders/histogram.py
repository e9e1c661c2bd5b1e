"""Images by what colours they have and which way their edges run; needs no model."""

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import Vector

_SIDE = 64
_COLOUR_BINS = 6
_CELLS = 4
_ORIENTATIONS = 8
# Below this, of 255, what differs is noise of a codec.
_NOISE = 4.0

Plane = NDArray[np.float64]


class HistogramEmbedder:
    """Histograms of chromaticity, of the whole image and of its quarters (colour indexing: Swain
    and Ballard, IJCV 1991; red and green divided by the sum, so that brightness cancels out),
    beside histograms of oriented gradients over 4 x 4 cells (Dalal and Triggs, CVPR 2005), both
    under square roots, so that the cosine compares distributions (Arandjelovic and Zisserman,
    CVPR 2012). Finds the same picture in another size, light or crop; knows no things."""

    name = "histogram-1"
    fingerprint = "histogram-1"
    dimension = 5 * _COLOUR_BINS**2 + _CELLS**2 * _ORIENTATIONS

    def embed_image(self, image: NDArray[np.uint8]) -> Vector:
        """Unit float32 (308,)."""
        small = _resampled(image)
        parts = (_colours(small), _edges(small.mean(axis=2)))
        vector = np.concatenate([_unit(np.sqrt(part)) for part in parts])
        return _unit(vector).astype(np.float32)


def _resampled(image: NDArray[np.uint8]) -> Plane:
    """float64 (64, 64, 3): means over equal areas, or the nearest pixel where there are fewer."""
    rows, columns = (_edges_of(side) for side in image.shape[:2])
    summed = np.add.reduceat(image.astype(np.float64), rows, axis=0)
    summed = np.add.reduceat(summed, columns, axis=1)
    counts = np.outer(_counts(rows, image.shape[0]), _counts(columns, image.shape[1]))
    means = summed / counts[:, :, np.newaxis]
    picked = [np.arange(_SIDE) * side // _SIDE for side in means.shape[:2]]
    return means[np.ix_(*picked)]


def _edges_of(side: int) -> NDArray[np.int64]:
    """Where each of at most 64 equal stretches of a side begins."""
    stretches = min(side, _SIDE)
    return np.arange(stretches) * side // stretches


def _counts(starts: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    return np.diff(np.append(starts, side))


def _colours(image: Plane) -> Plane:
    """(180,): of the whole, then of each quarter, each of which sums to one."""
    # Black has no colour: it counts as grey.
    sums = image.sum(axis=2, keepdims=True)
    shares = np.where(sums > _NOISE, image / np.maximum(sums, 1.0), 1 / 3)
    half = _SIDE // 2
    quarters = [shares[y : y + half, x : x + half] for y in (0, half) for x in (0, half)]
    return np.concatenate([_shares_of_bins(each) for each in (shares, *quarters)])


def _shares_of_bins(shares: Plane) -> Plane:
    """(36,): red by green, each pixel shared out between the bins around it."""
    # Colours lie around the middle: a root spreads them.
    points = np.sqrt(shares[:, :, :2].reshape(-1, 2)) * (_COLOUR_BINS - 1)
    low = np.minimum(points.astype(np.int64), _COLOUR_BINS - 2)
    rest = points - low
    bins = np.zeros((_COLOUR_BINS, _COLOUR_BINS))
    for red in (0, 1):
        for green in (0, 1):
            weight = np.abs(1 - red - rest[:, 0]) * np.abs(1 - green - rest[:, 1])
            np.add.at(bins, (low[:, 0] + red, low[:, 1] + green), weight)
    return bins.ravel() / len(points)


def _edges(grey: Plane) -> Plane:
    """(128,): strength of the gradients by cell and direction, in shares of all."""
    down, right = np.gradient(grey)
    strength = np.hypot(down, right)
    strength[strength < _NOISE] = 0.0
    turn = np.arctan2(down, right) / np.pi * _ORIENTATIONS
    low = np.floor(turn).astype(np.int64)
    cells = np.arange(_SIDE) * _CELLS // _SIDE
    bins = np.zeros((_CELLS, _CELLS, _ORIENTATIONS))
    where = np.broadcast_arrays(cells[:, np.newaxis], cells[np.newaxis, :])
    for step, weight in ((0, 1 - (turn - low)), (1, turn - low)):
        np.add.at(bins, (*where, (low + step) % _ORIENTATIONS), strength * weight)
    total = bins.sum()
    return bins.ravel() / (total or 1.0)


def _unit(vector: Plane) -> Plane:
    return vector / (np.linalg.norm(vector) or 1.0)
