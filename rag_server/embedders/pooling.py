"""From a model's token vectors to the vectors of a passage and of its sentences."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag_server.core.documents import Vector
from rag_server.core.values import Span

_INT8_SCALE = 127.0


def mean_unit(tokens: NDArray[np.float32]) -> Vector:
    """Unit float32 (d,) in the direction of the mean of token vectors (t, d), t >= 1."""
    total: Vector = np.add.reduce(tokens, axis=0)
    # The length of the mean cancels out, so the sum does.
    total /= np.sqrt(total.dot(total))
    return total


def sentence_vectors(
    tokens: NDArray[np.float32], starts: NDArray[np.int64], sentences: Sequence[Span]
) -> NDArray[np.int8]:
    """int8 (n, d): one unit vector times 127 per sentence, the mean of its token vectors.

    `tokens` is (t, d), `starts` (t,) the byte where each token begins, in the
    text of `sentences` (n spans, ascending, disjoint). A sentence without a
    token, e.g. beyond the model's window, is all zero.
    """
    begins = np.fromiter((each.start for each in sentences), np.int64, len(sentences))
    ends = np.fromiter((each.end for each in sentences), np.int64, len(sentences))
    members = (starts >= begins[:, None]) & (starts < ends[:, None])
    sums = members.astype(np.float32) @ tokens
    lengths = np.sqrt(np.einsum("nd,nd->n", sums, sums))[:, None]
    units = np.divide(sums, lengths, out=sums, where=lengths > 0.0)
    scaled: NDArray[np.int8] = np.rint(units * _INT8_SCALE).astype(np.int8)
    return scaled
