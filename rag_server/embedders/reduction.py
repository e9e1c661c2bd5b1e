"""Token vectors made small enough to be stored.

A random orthogonal projection keeps cosines of all pairs about as they are (Johnson and
Lindenstrauss) and needs no data to be fitted to. Measured against others in docs/adr/0024.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

_DIMENSIONS = 96
_SEED = 384
_INT8 = 127.0
# Changes whenever reduced vectors may change.
REDUCTION = f"tokens-orthogonal-{_DIMENSIONS}-{_SEED}"


def reduced(tokens: NDArray[np.float32]) -> NDArray[np.int8]:
    """int8 (t, 96): unit vectors times 127 in the directions of the projections of float32
    (t, d), d >= 96; zero where that is."""
    projected = tokens @ _projection(tokens.shape[1])
    lengths = np.sqrt(np.einsum("tk,tk->t", projected, projected))[:, None]
    units = np.divide(projected, lengths, out=projected, where=lengths > 0.0)
    scaled: NDArray[np.int8] = np.rint(units * _INT8).astype(np.int8)
    return scaled


@cache
def _projection(dimension: int) -> NDArray[np.float32]:
    """float32 (d, 96) with orthonormal columns, the same on every machine up to rounding."""
    drawn = np.random.default_rng(_SEED).standard_normal((dimension, _DIMENSIONS))
    columns, upper = np.linalg.qr(drawn)
    # Which sign a column has is the library's choice.
    return np.ascontiguousarray(columns * np.sign(np.diag(upper)), np.float32)
